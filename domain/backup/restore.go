package backup

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"counsel/db"
	"counsel/domain/files"
)

// uploads is how many files are stored concurrently.
const uploads = 4

// Restore loads the backup in dir into an empty database and an empty bucket. It resumes a Restore that was interrupted.
func (s *Service) Restore(ctx context.Context, dir string) (Manifest, error) {
	m, err := ReadManifest(dir)
	if err == nil {
		err = s.restore(ctx, dir, m)
	}
	if err != nil {
		return m, fmt.Errorf("restore: %w", err)
	}
	return m, nil
}

func (s *Service) restore(ctx context.Context, dir string, m Manifest) error {
	if err := s.checkKeys(m); err != nil {
		return err
	}
	if err := db.BeginRestore(ctx, s.Pool, m.Migrations); err != nil {
		return err
	}
	if err := s.restoreObjects(ctx, dir, m); err != nil {
		return err
	}
	for _, t := range m.Tables {
		if err := s.restoreTable(ctx, filepath.Join(dir, m.Rows, t.Name+".sql.gz"), t); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	return db.EndRestore(ctx, s.Pool)
}

// checkKeys rejects a service whose keys are not those of the backup: it could not read its data.
func (s *Service) checkKeys(m Manifest) error {
	present, err := s.fingerprints()
	if err != nil {
		return err
	}
	var differ []string
	for name, fingerprint := range m.Keys {
		if present[name] != fingerprint {
			differ = append(differ, name)
		}
	}
	if len(differ) == 0 {
		return nil
	}
	slices.Sort(differ)
	return fmt.Errorf("%s: not the value that the service had at the time of the backup (see the manifest's fingerprints)", strings.Join(differ, ", "))
}

func (s *Service) restoreObjects(ctx context.Context, dir string, m Manifest) error {
	var objects []files.StoredObject
	known := map[string]int64{}
	err := readGzip(filepath.Join(dir, m.Rows, objectsName), m.Objects.SHA256, func(line []byte) error {
		var o files.StoredObject
		if err := json.Unmarshal(line, &o); err != nil {
			return err
		}
		objects = append(objects, o)
		known[o.Key] = o.Size
		return nil
	})
	if err != nil {
		return err
	}
	if len(objects) == 0 {
		return nil
	}
	stored := map[string]bool{}
	for after := ""; ; {
		page, err := s.Store.List(ctx, "", after, objectBatch)
		if err != nil {
			return err
		}
		for _, o := range page {
			size, ok := known[o.Key]
			if !ok {
				return fmt.Errorf("the bucket contains %s, which is not part of the backup: restore into an empty one", o.Key)
			}
			stored[o.Key] = size == o.Size
			after = o.Key
		}
		if len(page) < objectBatch {
			break
		}
	}
	objects = slices.DeleteFunc(objects, func(o files.StoredObject) bool { return stored[o.Key] })
	return s.upload(ctx, dir, objects)
}

// upload stores files, several concurrently.
func (s *Service) upload(ctx context.Context, dir string, objects []files.StoredObject) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := make(chan files.StoredObject)
	errs := make(chan error, uploads)
	var workers sync.WaitGroup
	for range uploads {
		workers.Go(func() {
			for o := range queue {
				if err := s.uploadObject(ctx, dir, o); err != nil {
					errs <- fmt.Errorf("%s: %w", o.Key, err)
					cancel()
					return
				}
			}
		})
	}
	var err error
feed:
	for i, o := range objects {
		select {
		case queue <- o:
		case <-ctx.Done():
			err = ctx.Err()
			break feed
		}
		if (i+1)%1000 == 0 {
			s.Log.Info("files are stored", "done", i+1, "total", len(objects))
		}
	}
	close(queue)
	workers.Wait()
	close(errs)
	if first, ok := <-errs; ok {
		return first
	}
	return err
}

func (s *Service) uploadObject(ctx context.Context, dir string, o files.StoredObject) error {
	path, err := objectPath(dir, o.Key)
	if err != nil {
		return err
	}
	f, err := os.Open(path) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	defer f.Close()
	// The store compares the bytes with the checksum.
	return s.Store.Put(ctx, o.Key, files.Object{Body: f, Size: o.Size, SHA256: o.SHA256, ContentType: o.ContentType})
}

// restoreTable loads a table. Its rows replace those that migrations or an interrupted Restore wrote.
func (s *Service) restoreTable(ctx context.Context, path string, t Table) error {
	var n int64
	err := db.WithoutForeignKeys(ctx, s.Pool, func(tx db.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+quoteName(t.Name)); err != nil { //nolint:gosec // quoted
			return err
		}
		err := readGzip(path, t.SHA256, func(line []byte) error {
			_, err := tx.ExecContext(ctx, string(line))
			return err
		})
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+quoteName(t.Name)).Scan(&n) //nolint:gosec // quoted
	})
	if err == nil && n != t.Rows {
		err = fmt.Errorf("%d rows of %d were restored", n, t.Rows)
	}
	if err == nil {
		s.Log.Info("table is restored", "table", t.Name, "rows", n)
	}
	return err
}
