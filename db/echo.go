package db

import (
	"context"
	"database/sql/driver"
	"log/slog"
	"strings"
	"time"

	"counsel/domain"
)

// echoConnector opens connections that log every statement, for development. Values are not logged:
// they are personal data.
type echoConnector struct {
	driver.Connector
	log *slog.Logger
}

func (e echoConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := connect(ctx, e.Connector)
	if err != nil {
		return nil, err
	}
	return &echoingConn{conn, e.log}, nil
}

type echoingConn struct {
	mysqlConn
	log *slog.Logger
}

func (c *echoingConn) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	started := time.Now()
	result, err := c.mysqlConn.ExecContext(ctx, statement, args)
	c.echo(ctx, statement, started, err)
	return result, err
}

func (c *echoingConn) QueryContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	started := time.Now()
	rows, err := c.mysqlConn.QueryContext(ctx, statement, args)
	c.echo(ctx, statement, started, err)
	return rows, err
}

func (c *echoingConn) echo(ctx context.Context, statement string, started time.Time, err error) {
	outcome := "ok"
	if err != nil {
		outcome = string(domain.CodeOf(Error(err))) // the server's message may quote a value
	}
	c.log.InfoContext(ctx, "sql", "statement", strings.Join(strings.Fields(statement), " "),
		"ms", float64(time.Since(started).Microseconds())/1000, "outcome", outcome)
}
