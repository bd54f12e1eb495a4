package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/redis/rueidis"

	"counsel/clients/storage"
	"counsel/config"
	"counsel/db"
	"counsel/domain/files"
)

// infrastructure is what everything else stands on: the log, the metrics, the servers that hold data, and the port.
type infrastructure struct {
	log      *slog.Logger
	registry *prometheus.Registry
	database *sql.DB
	redis    rueidis.Client
	store    files.Store  // of files
	hasStore bool         // false: no S3 server is configured, and store rejects everything
	listener net.Listener // nil: the process only runs jobs
	url      string       // under which people reach the service; links in e-mails start with it
}

// openInfrastructure connects to the database, which must be migrated, Redis and the object store, and opens the port.
func openInfrastructure(ctx context.Context, r *runner, cfg config.Config, log *slog.Logger) (_ *infrastructure, err error) {
	i := &infrastructure{log: log, registry: prometheus.NewRegistry(), store: files.NoStore{}, url: cfg.URLs.Public}
	i.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	var options db.Options
	if cfg.Database.Echo {
		options.Echo = log
	}
	if i.database, err = db.Open(ctx, cfg.Database.URL, options); err != nil {
		return nil, err
	}
	r.onClose("database", func(context.Context) error { return i.database.Close() })
	if err = db.CheckMigrated(ctx, i.database); err != nil {
		return nil, err
	}

	if i.redis, err = db.OpenRedis(ctx, cfg.Redis.URL); err != nil {
		return nil, err
	}
	r.onClose("redis", func(context.Context) error { i.redis.Close(); return nil })

	if cfg.S3.Endpoint != "" {
		store, err := storage.New(storage.Config{
			Endpoint: cfg.S3.Endpoint, Bucket: cfg.S3.Bucket, Region: cfg.S3.Region, AccessKey: cfg.S3.AccessKey, SecretKey: cfg.S3.SecretKey,
		})
		if err != nil {
			return nil, err
		}
		i.store, i.hasStore = store, true
		r.onClose("object store", func(context.Context) error { return store.Close() })
	}

	if address := cmp.Or(cfg.HTTP.Addr, cfg.Jobs.HTTPAddr); address != "" {
		if i.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", address); err != nil {
			return nil, fmt.Errorf("HTTP_ADDR or WORK_HTTP_ADDR: %w", err)
		}
		r.onClose("listener", func(context.Context) error { _ = i.listener.Close(); return nil }) // the HTTP server has usually closed it
	}
	if cfg.HTTP.Addr != "" {
		i.url = cmp.Or(i.url, "http://"+i.listener.Addr().String())
	}
	return i, nil
}

// ready pings the database and Redis and returns their errors.
func (i *infrastructure) ready(ctx context.Context) (database, redis error) {
	done := make(chan error, 1)
	go func() { done <- i.redis.Do(ctx, i.redis.B().Ping().Build()).Error() }()
	database = i.database.PingContext(ctx)
	return database, <-done
}
