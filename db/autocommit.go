package db

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// rerunning makes connections that run a statement outside of a transaction again when it lost to
// others: the server has taken it back as a whole. Inside of one that is for WithTx to do. So a
// sweep that meets a request in the same gap of an index does not fail for it.
type rerunning struct{ driver.Connector }

func (r rerunning) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := connect(ctx, r.Connector)
	if err != nil {
		return nil, err
	}
	return &rerunningConn{mysqlConn: conn}, nil
}

// connect returns a connection that can be wrapped without database/sql missing a method of it.
func connect(ctx context.Context, c driver.Connector) (mysqlConn, error) {
	conn, err := c.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(mysqlConn)
	if !ok {
		return nil, fmt.Errorf("database: a connection of the driver lacks a method: %T", conn)
	}
	return whole, nil
}

// mysqlConn is all that database/sql looks for in a connection and that the driver's has.
type mysqlConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// rerunningConn is used by one goroutine at a time, as database/sql promises.
type rerunningConn struct {
	mysqlConn
	inTx bool
}

func (c *rerunningConn) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (result driver.Result, err error) {
	if c.inTx {
		return c.mysqlConn.ExecContext(ctx, statement, args)
	}
	err = retry(ctx, func() error {
		result, err = c.mysqlConn.ExecContext(ctx, statement, args)
		return err
	})
	return result, err
}

func (c *rerunningConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.mysqlConn.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	c.inTx = true
	return rerunningTx{tx, c}, nil
}

type rerunningTx struct {
	driver.Tx
	conn *rerunningConn
}

func (t rerunningTx) Commit() error {
	t.conn.inTx = false
	return t.Tx.Commit()
}

func (t rerunningTx) Rollback() error {
	t.conn.inTx = false
	return t.Tx.Rollback()
}
