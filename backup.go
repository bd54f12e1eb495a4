package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"counsel/app"
	"counsel/config"
	"counsel/db"
	"counsel/domain/backup"
)

type backupCommand struct {
	Dir string `arg:"" type:"path" help:"Folder of the backup. If it contains one, only what is new is copied."`
}

// Run creates a backup.
func (c *backupCommand) Run(ctx context.Context) error {
	return withBackups(ctx, func(s *backup.Service, pool *sql.DB) error {
		if err := db.CheckMigrated(ctx, pool); err != nil {
			return err
		}
		m, err := s.Create(ctx, c.Dir)
		return printBackup("The backup is complete", c.Dir, m, err)
	})
}

type restoreCommand struct {
	Dir string `arg:"" type:"existingdir" help:"Folder of the backup."`
}

// Run restores a backup.
func (c *restoreCommand) Run(ctx context.Context) error {
	return withBackups(ctx, func(s *backup.Service, _ *sql.DB) error {
		m, err := s.Restore(ctx, c.Dir)
		return printBackup("The backup is restored", c.Dir, m, err)
	})
}

// withBackups opens the database and the store that the settings name.
func withBackups(ctx context.Context, run func(*backup.Service, *sql.DB) error) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	if cfg.Database.URL == "" {
		return errors.New("DATABASE_URL is not set")
	}
	log := newLog(cfg)
	pool, err := db.Open(ctx, cfg.Database.URL, db.Options{ReadTimeout: 10 * time.Minute, WriteTimeout: time.Minute, Wait: db.PatientWait, Log: log}) // large tables
	if err != nil {
		return err
	}
	defer pool.Close()
	s, closeStore, err := app.OpenBackups(cfg, pool, log)
	if err != nil {
		return err
	}
	return errors.Join(run(s, pool), closeStore())
}

func printBackup(what, dir string, m backup.Manifest, err error) error {
	if err != nil {
		return err
	}
	var rows int64
	for _, t := range m.Tables {
		rows += t.Rows
	}
	_, err = fmt.Printf("%s: %s, of %s, with %d rows in %d tables and %d files of %d bytes.\n", what, dir, m.CreatedAt.Format(time.RFC3339), rows, len(m.Tables), m.Objects.Count, m.Objects.Bytes)
	return err
}
