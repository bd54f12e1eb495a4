// Package db connects to MySQL (or MariaDB, TiDB) and Redis, migrates the schema, runs transactions
// and maps the failures of both servers to the domain's errors.
//
// Both clients reconnect by themselves. While MySQL is down every query fails with
// domain.Unavailable. While Redis is down every command fails at once with ErrRedisDown, so that
// callers can continue without it.
package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"counsel/domain/retry"

	"github.com/go-sql-driver/mysql"
)

// Options of a pool. A zero field takes the default.
type Options struct {
	MaxConns     int           // maximum of open connections; 24
	DialTimeout  time.Duration // 2 s
	ReadTimeout  time.Duration // of one statement; 15 s
	WriteTimeout time.Duration // 5 s
	Echo         *slog.Logger  // logs every statement without its values; nil: off
	Wait         time.Duration // how long Open waits for the server; 10 s
	Log          *slog.Logger  // logs every few seconds that Open waits; nil: off
}

// PatientWait is how long a process in production waits for its database, which may be restarting or start later.
const PatientWait = 10 * time.Minute

const waitLogInterval = 5 * time.Second

// sqlMode makes the server reject invalid values instead of adjusting them.
const sqlMode = "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"

// Open returns a pool for the database of a URL
//
//	mysql://user:password@host:port/name?tls=true
//	mysql://user:password@/name?socket=/path/to/mysqld.sock
//
// or by a DSN of go-sql-driver/mysql. Parameters are those of that driver. It waits for the
// server for Options.Wait, or until ctx is done, and fails at once when the server
// refuses the user or does not know the database. No error holds the password.
func Open(ctx context.Context, rawURL string, o Options) (*sql.DB, error) {
	cfg, err := parse(rawURL)
	if err != nil {
		return nil, err
	}
	cfg.Timeout = cmp.Or(o.DialTimeout, 2*time.Second)
	cfg.ReadTimeout = cmp.Or(o.ReadTimeout, 15*time.Second)
	cfg.WriteTimeout = cmp.Or(o.WriteTimeout, 5*time.Second)
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("database settings: %w", err)
	}
	connector = deadlockRetry{connector}
	if o.Echo != nil {
		connector = echoConnector{connector, o.Echo}
	}
	pool := sql.OpenDB(connector)
	conns := cmp.Or(o.MaxConns, 24)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(2 * time.Minute)
	pool.SetConnMaxLifetime(30 * time.Minute)

	ctx, cancel := context.WithTimeout(ctx, cmp.Or(o.Wait, 10*time.Second))
	defer cancel()
	if err := awaitServer(ctx, pool, cmp.Or(o.Log, slog.New(slog.DiscardHandler))); err != nil {
		return nil, errors.Join(unreachable(err), pool.Close())
	}
	return pool, nil
}

func unreachable(err error) error {
	if _, answered := errors.AsType[*mysql.MySQLError](err); answered {
		return fmt.Errorf("DATABASE_URL: the database refuses the connection: %w", err)
	}
	return fmt.Errorf("DATABASE_URL: the database does not answer: %w", err)
}

// awaitServer pings until the server answers, rejects the connection, or ctx is done.
func awaitServer(ctx context.Context, pool *sql.DB, log *slog.Logger) error {
	var last error
	logged := time.Now()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := pool.PingContext(ctx)
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = err // the previous failure says more than the end of ctx
		}
		if me, ok := errors.AsType[*mysql.MySQLError](err); ok && !transient(me.Number) {
			return err
		}
		if time.Since(logged) > waitLogInterval {
			log.Warn("waiting for the database", "error", err)
			logged = time.Now()
		}
		if !retry.Wait(ctx, wait) {
			return last
		}
	}
}

func parse(raw string) (*mysql.Config, error) {
	bad := errors.New("DATABASE_URL is neither mysql://user:password@host:port/name nor a DSN")
	if raw == "" {
		return nil, bad
	}
	var cfg *mysql.Config
	if !strings.HasPrefix(raw, "mysql://") {
		var err error
		if cfg, err = mysql.ParseDSN(raw); err != nil {
			return nil, bad // the driver's message may quote the password
		}
	} else {
		u, err := url.Parse(raw)
		if err != nil {
			return nil, bad
		}
		q := u.Query()
		socket := q.Get("socket")
		q.Del("socket")
		if cfg, err = mysql.ParseDSN("/?" + q.Encode()); err != nil {
			return nil, fmt.Errorf("DATABASE_URL has a parameter that cannot be read: %w", err)
		}
		if u.User != nil {
			cfg.User = u.User.Username()
			cfg.Passwd, _ = u.User.Password()
		}
		cfg.DBName = strings.TrimPrefix(u.Path, "/")
		switch {
		case socket != "":
			cfg.Net, cfg.Addr = "unix", socket
		case u.Hostname() != "":
			cfg.Net, cfg.Addr = "tcp", u.Host
			if u.Port() == "" {
				cfg.Addr += ":3306"
			}
		default:
			return nil, bad
		}
	}
	if cfg.DBName == "" {
		return nil, errors.New("DATABASE_URL names no database")
	}

	cfg.ParseTime = true
	cfg.Loc = time.UTC
	cfg.InterpolateParams = true // one round trip for each query
	cfg.ClientFoundRows = true
	cfg.RejectReadOnly = true // after a failover, leave the old primary
	cfg.MultiStatements = false
	cfg.AllowAllFiles = false
	if err := cfg.Apply(mysql.Charset("utf8mb4", "utf8mb4_unicode_ci")); err != nil {
		return nil, fmt.Errorf("database settings: %w", err)
	}
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	// Only TiDB reads this comment. Elsewhere the plain reads of a transaction see what was committed before the
	// first of them, including everything that the holder of a lock committed; on TiDB, what was committed before
	// the transaction began. There, each statement must see the latest commit.
	cfg.Params["/*T! transaction_isolation = 'READ-COMMITTED', */ sql_mode"] = "'" + sqlMode + "'"
	cfg.Params["time_zone"] = "'+00:00'"
	if cfg.Params["innodb_lock_wait_timeout"] == "" {
		cfg.Params["innodb_lock_wait_timeout"] = "5"
	}
	cfg.Logger = &mysql.NopLogger{} // its messages are also returned as errors
	return cfg, nil
}
