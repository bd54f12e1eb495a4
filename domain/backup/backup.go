// Package backup copies the service's data into a folder and restores it into an empty database and bucket.
//
// A backup is a folder:
//
//	manifest.json                  what it contains; it exists only when the backup is complete
//	rows-<time>/<table>.sql.gz     the rows of each table, as INSERT statements that any MySQL client can run
//	rows-<time>/objects.jsonl.gz   the files of the stored documents: key, size, SHA-256, content type
//	objects/<key>                  their bytes
//
// All rows are read in one transaction, so they are consistent with each other, while the service runs. Then the files are
// copied. A document that is deleted in between makes the rows be read once more. Files never change, so a backup into
// the same folder copies only those that are new: after an interruption, or as the next backup. The folder holds personal data
// in plain text; only its owner can read it.
//
// Restore first marks the database as incomplete, which keeps the service from starting, then stores the files and loads the
// rows; the mark goes last. An interrupted Restore is resumed by the next. Every file and table is compared with its
// checksum. Sessions are in Redis and not part of a backup: people sign in again.
//
// Create and Restore fail if the database, the store or the disk does; Restore also if the folder is incomplete or
// changed, the target is not empty, or a key of the service is not the one of the backup.
package backup

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/files"
)

// Config is what a Service works with.
type Config struct {
	Pool  *sql.DB
	Store files.Store // files.NoStore: rows only
	Keys  []Key       // on which the data depends
	Clock domain.Clock
	Log   *slog.Logger // progress
}

// Key is a secret that data was encrypted, signed or derived with. Only its fingerprint is stored.
type Key struct{ Name, Secret string }

// Service creates and restores backups.
type Service struct{ Config }

// New returns a Service.
func New(cfg Config) (*Service, error) {
	if cfg.Pool == nil || cfg.Store == nil || cfg.Clock == nil || cfg.Log == nil {
		return nil, errors.New("backup: the configuration is incomplete")
	}
	return &Service{cfg}, nil
}

// Manifest describes a backup.
type Manifest struct {
	Format     int               `json:"format"`
	CreatedAt  time.Time         `json:"createdAt"` // the rows are of this time
	Migrations []int64           `json:"migrations"`
	Rows       string            `json:"rows"` // folder
	Tables     []Table           `json:"tables"`
	Objects    Objects           `json:"objects"`
	Keys       map[string]string `json:"keys"` // fingerprints by setting
}

// Table is a file of rows.
type Table struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"` // of the compressed file
}

// Objects is the list of files.
type Objects struct {
	Count  int64  `json:"count"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of the compressed list
}

const (
	format       = 1
	manifestName = "manifest.json"
	objectsName  = "objects.jsonl.gz"
	objectsDir   = "objects"
	rowsPrefix   = "rows-"
	dirMode      = 0o700
	fileMode     = 0o600
)

// snapshotAttempts bounds how often rows are read because a document was deleted before its file was copied.
const snapshotAttempts = 5

var errDeleted = errors.New("a document was deleted during the backup")

// Create writes a backup to dir, which is created if it does not exist.
func (s *Service) Create(ctx context.Context, dir string) (Manifest, error) {
	if err := os.MkdirAll(filepath.Join(dir, objectsDir), dirMode); err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	for attempt := 1; ; attempt++ {
		m, objects, err := s.dump(ctx, dir)
		if err == nil {
			err = s.copyObjects(ctx, dir, objects)
		}
		if errors.Is(err, errDeleted) && attempt < snapshotAttempts {
			continue
		}
		if err != nil {
			return Manifest{}, fmt.Errorf("backup: %w", err)
		}
		if err := writeManifest(dir, m); err != nil {
			return Manifest{}, fmt.Errorf("backup: %w", err)
		}
		if err := prune(dir, m, objects); err != nil {
			return Manifest{}, fmt.Errorf("backup: old files: %w", err)
		}
		return m, nil
	}
}

// fingerprints returns what identifies the keys without revealing them.
func (s *Service) fingerprints() (map[string]string, error) {
	all := map[string]string{}
	for _, key := range s.Keys {
		if key.Secret == "" {
			continue
		}
		sum, err := hkdf.Key(sha256.New, []byte(key.Secret), nil, "counsel backup fingerprint "+key.Name, 8)
		if err != nil {
			return nil, fmt.Errorf("fingerprint of %s: %w", key.Name, err)
		}
		all[key.Name] = hex.EncodeToString(sum)
	}
	return all, nil
}

// copyObjects copies the files that dir lacks.
func (s *Service) copyObjects(ctx context.Context, dir string, objects []files.StoredObject) error {
	for i, o := range objects {
		path, err := objectPath(dir, o.Key)
		if err != nil {
			return err
		}
		if info, err := os.Stat(path); err == nil && info.Size() == o.Size {
			continue // complete, since files are renamed when they are
		}
		if err := s.copyObject(ctx, path, o); err != nil {
			return fmt.Errorf("%s: %w", o.Key, err)
		}
		if (i+1)%1000 == 0 {
			s.Log.Info("files are copied", "done", i+1, "total", len(objects))
		}
	}
	return nil
}

func (s *Service) copyObject(ctx context.Context, path string, o files.StoredObject) error {
	r, err := s.Store.Get(ctx, o.Key, 0, -1)
	if domain.CodeOf(err) == domain.NotFound {
		stored, dbErr := files.IsStored(ctx, s.Pool, o.ID)
		if dbErr == nil && !stored {
			return errDeleted
		}
		return errors.Join(err, dbErr)
	}
	if err != nil {
		return err
	}
	defer r.Close()
	return writeFile(path, func(w io.Writer) error {
		hash := sha256.New()
		if _, err := io.Copy(io.MultiWriter(w, hash), r); err != nil {
			return err
		}
		if files.Checksum(hash.Sum(nil)) != o.SHA256 {
			return errors.New("the file in the store is not the one that was uploaded")
		}
		return nil
	})
}

// objectPath is the path of a file in a backup. Keys come from a database or a backup, so they are checked.
func objectPath(dir, key string) (string, error) {
	if !filepath.IsLocal(key) || strings.Contains(key, `\`) {
		return "", fmt.Errorf("the key %q is no path", key)
	}
	return filepath.Join(dir, objectsDir, filepath.FromSlash(key)), nil
}

// writeFile writes a file that is complete or absent, also after a crash.
func writeFile(path string, write func(io.Writer) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, fileMode) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func writeManifest(dir string, m Manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, manifestName), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// ReadManifest reads the manifest of a backup.
func ReadManifest(dir string) (m Manifest, err error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestName)) //nolint:gosec // the operator names the folder
	if errors.Is(err, os.ErrNotExist) {
		return m, fmt.Errorf("%s contains no complete backup", dir)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestName, err)
	}
	if m.Format != format {
		return m, fmt.Errorf("the backup has format %d, this program reads %d", m.Format, format)
	}
	if !filepath.IsLocal(m.Rows) {
		return m, fmt.Errorf("%s: rows is no folder of the backup", manifestName)
	}
	return m, nil
}

// prune removes what earlier backups left in dir: their rows, and files of documents that were deleted since.
func prune(dir string, m Manifest, objects []files.StoredObject) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), rowsPrefix) && e.Name() != m.Rows {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	current := make(map[string]bool, len(objects))
	for _, o := range objects {
		path, err := objectPath(dir, o.Key)
		if err != nil {
			return err
		}
		current[path] = true
	}
	return filepath.WalkDir(filepath.Join(dir, objectsDir), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || current[path] {
			return err
		}
		return os.Remove(path) //nolint:gosec // only its owner can write to the folder
	})
}

// excluded tables are not copied: migrations write them.
func excluded(table string) bool {
	for _, name := range append([]string{db.RestoreMark}, db.MigrationTables...) {
		if table == name {
			return true
		}
	}
	return false
}
