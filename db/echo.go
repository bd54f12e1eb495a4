package db

import (
	"context"
	"database/sql/driver"
	"log/slog"
	"strings"
	"time"

	"github.com/ngrok/sqlmw"

	"counsel/domain"
)

// echoing makes connections that log every statement, for a developer to read along. The
// values are not logged: they are people's.
type echoing struct {
	driver.Connector
	log *slog.Logger
}

func (e echoing) Connect(ctx context.Context) (driver.Conn, error) {
	return sqlmw.Driver(onConnect{e, ctx}, echo{log: e.log}).Open("")
}

// onConnect is the driver that sqlmw wants, for one connection.
type onConnect struct {
	echoing
	ctx context.Context //nolint:containedctx // it lives as long as the call it was made for
}

func (c onConnect) Open(string) (driver.Conn, error) { return c.Connector.Connect(c.ctx) }

type echo struct {
	sqlmw.NullInterceptor
	log *slog.Logger
}

func (e echo) ConnExecContext(ctx context.Context, conn driver.ExecerContext, statement string, args []driver.NamedValue) (driver.Result, error) {
	started := time.Now()
	result, err := conn.ExecContext(ctx, statement, args)
	e.say(ctx, statement, started, err)
	return result, err
}

func (e echo) ConnQueryContext(ctx context.Context, conn driver.QueryerContext, statement string, args []driver.NamedValue) (context.Context, driver.Rows, error) {
	started := time.Now()
	rows, err := conn.QueryContext(ctx, statement, args)
	e.say(ctx, statement, started, err)
	return ctx, rows, err
}

func (e echo) say(ctx context.Context, statement string, started time.Time, err error) {
	outcome := "ok"
	if err != nil {
		outcome = string(domain.CodeOf(Error(err))) // the server's own words may quote a value
	}
	e.log.InfoContext(ctx, "sql", "statement", strings.Join(strings.Fields(statement), " "),
		"ms", float64(time.Since(started).Microseconds())/1000, "outcome", outcome)
}
