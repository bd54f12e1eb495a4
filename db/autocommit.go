package db

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// deadlockRetry opens connections that retry a statement outside of a transaction after a deadlock,
// since the server has rolled it back as a whole. Inside a transaction WithTx retries. So a
// background sweep that meets a request in the same index gap does not fail.
type deadlockRetry struct{ driver.Connector }

func (r deadlockRetry) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := connect(ctx, r.Connector)
	if err != nil {
		return nil, err
	}
	return &retryConn{mysqlConn: conn}, nil
}

// connect returns a connection that can be wrapped without hiding a method from database/sql.
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

// mysqlConn is every method that database/sql looks for in a connection and the driver's has.
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

// retryConn is used by one goroutine at a time, as database/sql promises.
type retryConn struct {
	mysqlConn
	inTx bool
}

func (c *retryConn) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (result driver.Result, err error) {
	if c.inTx {
		return c.mysqlConn.ExecContext(ctx, statement, args)
	}
	err = retryDeadlocks(ctx, func() error {
		result, err = c.mysqlConn.ExecContext(ctx, statement, args)
		return err
	})
	return result, err
}

func (c *retryConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.mysqlConn.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	c.inTx = true
	return retryTx{tx, c}, nil
}

type retryTx struct {
	driver.Tx
	conn *retryConn
}

func (t retryTx) Commit() error {
	t.conn.inTx = false
	return t.Tx.Commit()
}

func (t retryTx) Rollback() error {
	t.conn.inTx = false
	return t.Tx.Rollback()
}
