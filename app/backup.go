package app

import (
	"cmp"
	"database/sql"
	"log/slog"

	"counsel/clients/storage"
	"counsel/config"
	"counsel/domain"
	"counsel/domain/backup"
	"counsel/domain/files"
)

// OpenBackups opens what creates and restores backups, and returns how to close its store.
func OpenBackups(cfg config.Config, pool *sql.DB, log *slog.Logger) (*backup.Service, func() error, error) {
	var store files.Store = files.NoStore{}
	closeStore := func() error { return nil }
	if cfg.S3.Endpoint != "" {
		client, err := openStore(cfg.S3)
		if err != nil {
			return nil, nil, err
		}
		store, closeStore = client, client.Close
	}
	s, err := backup.New(backup.Config{
		Pool: pool, Store: store, Clock: domain.SystemClock, Log: log.With("part", "backup"),
		// Links, stored responses and the secrets of webhooks depend on them.
		Keys: []backup.Key{{Name: "SECRET_KEY", Secret: cfg.JWT.Root()}, {Name: "WEBHOOK_KEY", Secret: cmp.Or(cfg.Webhooks.Key, cfg.JWT.Root())}},
	})
	return s, closeStore, err
}

func openStore(s config.S3) (*storage.Client, error) {
	return storage.New(storage.Config{Endpoint: s.Endpoint, Bucket: s.Bucket, Region: s.Region, AccessKey: s.AccessKey, SecretKey: s.SecretKey})
}
