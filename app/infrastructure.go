package app

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/redis/rueidis"

	"counsel/config"
	"counsel/db"
	"counsel/domain/account"
	"counsel/domain/files"
	"counsel/domain/jobs"
)

// Infrastructure is what everything else stands on: the log, the metrics, the servers that hold data, and the port.
type Infrastructure struct {
	Log      *slog.Logger
	Registry *prometheus.Registry
	Database *sql.DB
	Redis    rueidis.Client
	Store    files.Store // of files
	HasStore bool        // false: no S3 server is configured, and store rejects everything
	URL      string      // under which people reach the service; links in e-mails start with it
	Tuning   Tuning
	listener net.Listener // nil: the process only runs jobs
}

// Tuning is costs and intervals that tests lower. A zero field is what production takes.
type Tuning struct {
	PasswordHash account.HashConfig
	Jobs         jobs.Timing
	MailBackoff  []time.Duration
}

// openInfrastructure connects to the database, which must be migrated, Redis and the object store, and opens the port.
func openInfrastructure(ctx context.Context, r *Runner, cfg config.Config, log *slog.Logger) (_ *Infrastructure, err error) {
	r.step("infrastructure")
	i := &Infrastructure{Log: log, Registry: prometheus.NewRegistry(), Store: files.NoStore{}, URL: cfg.URLs.Public}
	i.Registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newBuildInfo(CurrentVersion()))

	options := db.Options{Wait: db.PatientWait, Log: log}
	if cfg.Database.Echo {
		options.Echo = log
	}
	if i.Database, err = db.Open(ctx, cfg.Database.URL, options); err != nil {
		return nil, err
	}
	i.Registry.MustRegister(collectors.NewDBStatsCollector(i.Database, "counsel"))
	r.onClose("database", func(context.Context) error { return i.Database.Close() })
	if err = db.CheckMigrated(ctx, i.Database); err != nil {
		return nil, err
	}

	if i.Redis, err = db.OpenRedis(ctx, cfg.Redis.URL); err != nil {
		return nil, err
	}
	r.onClose("redis", func(context.Context) error { i.Redis.Close(); return nil })

	if cfg.S3.Endpoint != "" {
		store, err := openStore(cfg.S3)
		if err != nil {
			return nil, err
		}
		i.Store, i.HasStore = store, true
		r.onClose("object store", func(context.Context) error { return store.Close() })
	}

	if address := cmp.Or(cfg.HTTP.Addr, cfg.Jobs.HTTPAddr); address != "" {
		if i.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", address); err != nil {
			return nil, AddressError(address, err)
		}
		r.onClose("listener", func(context.Context) error { _ = i.listener.Close(); return nil }) // the HTTP server has usually closed it
	}
	if cfg.HTTP.Addr != "" {
		scheme := "http://"
		if cfg.HTTP.CertificateFile != "" {
			scheme = "https://"
		}
		i.URL = cmp.Or(i.URL, scheme+i.listener.Addr().String())
	}
	return i, nil
}

// AddressError says how to repair that the service cannot listen on an address.
func AddressError(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("another program already listens on %s: stop it, or set HTTP_ADDR (for work, WORK_HTTP_ADDR) to another address; with port 0 the system chooses a free one", address)
	}
	return fmt.Errorf("HTTP_ADDR or WORK_HTTP_ADDR: %w", err)
}

// ready pings the database and Redis and returns their errors.
func (i *Infrastructure) ready(ctx context.Context) (database, redis error) {
	done := make(chan error, 1)
	go func() { done <- i.Redis.Do(ctx, i.Redis.B().Ping().Build()).Error() }()
	database = i.Database.PingContext(ctx)
	return database, <-done
}
