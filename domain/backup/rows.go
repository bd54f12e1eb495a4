package backup

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/files"
)

const (
	statementSize = 256 << 10 // bytes after which an INSERT statement ends; servers accept at least 1 MiB
	maxStatement  = 256 << 20 // bytes of a line that is accepted; a row can have several long texts
	objectBatch   = 1000
)

// column is a column of a table, and how its values become text.
type column struct {
	name   string
	binary bool // a hexadecimal literal
	number bool // as it is
}

// dump writes the rows and the list of files as of one moment.
func (s *Service) dump(ctx context.Context, dir string) (m Manifest, objects []files.StoredObject, err error) {
	m = Manifest{Format: format, CreatedAt: s.Clock()}
	m.Rows = rowsPrefix + m.CreatedAt.Format("20060102T150405.000000")
	if m.Keys, err = s.fingerprints(); err != nil {
		return m, nil, err
	}
	err = db.Snapshot(ctx, s.Pool, func(tx db.Tx) error {
		if m.Migrations, err = db.AppliedMigrations(ctx, tx); err != nil {
			return err
		}
		names, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		for _, name := range names {
			t, err := dumpTable(ctx, tx, filepath.Join(dir, m.Rows, name+".sql.gz"), name)
			if err != nil {
				return fmt.Errorf("table %s: %w", name, err)
			}
			m.Tables = append(m.Tables, t)
			s.Log.Info("table is copied", "table", name, "rows", t.Rows)
		}
		objects, err = storedObjects(ctx, tx)
		return err
	})
	if err != nil {
		return m, nil, err
	}
	m.Objects.SHA256, err = writeGzip(filepath.Join(dir, m.Rows, objectsName), func(w io.Writer) error {
		lines := json.NewEncoder(w)
		for _, o := range objects {
			m.Objects.Count++
			m.Objects.Bytes += o.Size
			if err := lines.Encode(o); err != nil {
				return err
			}
		}
		return nil
	})
	return m, objects, err
}

func storedObjects(ctx context.Context, tx db.Tx) (all []files.StoredObject, err error) {
	var after domain.ID
	for {
		page, err := files.ListStoredObjects(ctx, tx, after, objectBatch)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < objectBatch {
			return all, nil
		}
		after = page[len(page)-1].ID
	}
}

// tables returns the tables with data of the service.
func tables(ctx context.Context, tx db.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		if !excluded(name) {
			names = append(names, name)
		}
	}
	return names, rows.Err()
}

func columns(ctx context.Context, tx db.Tx, table string) ([]column, error) {
	rows, err := tx.QueryContext(ctx, `SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = ? AND COALESCE(generation_expression, '') = '' ORDER BY ordinal_position`, table)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []column
	for rows.Next() {
		var c column
		var kind string
		if err := rows.Scan(&c.name, &kind); err != nil {
			return nil, err
		}
		switch strings.ToLower(kind) {
		case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
			c.binary = true
		case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double":
			c.number = true
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// dumpTable writes a table as INSERT statements of one line each.
func dumpTable(ctx context.Context, tx db.Tx, path, table string) (t Table, err error) {
	t.Name = table
	cols, err := columns(ctx, tx, table)
	if err != nil {
		return t, err
	}
	names, values := make([]string, len(cols)), make([]string, len(cols))
	for i, c := range cols {
		names[i] = quoteName(c.name)
		switch {
		case c.binary:
			values[i] = "HEX(" + names[i] + ")"
		case c.number:
			values[i] = names[i]
		default: // times too, as the server writes them
			values[i] = "CAST(" + names[i] + " AS CHAR)"
		}
	}
	insert := "INSERT INTO " + quoteName(table) + " (" + strings.Join(names, ",") + ") VALUES "
	rows, err := tx.QueryContext(ctx, "SELECT "+strings.Join(values, ",")+" FROM "+quoteName(table)) //nolint:gosec // names of the schema, quoted
	if err != nil {
		return t, err
	}
	defer func() { _ = rows.Close() }()
	t.SHA256, err = writeGzip(path, func(w io.Writer) error {
		raw := make([]sql.RawBytes, len(cols))
		targets := make([]any, len(cols))
		for i := range raw {
			targets[i] = &raw[i]
		}
		var statement []byte
		for rows.Next() {
			if err := rows.Scan(targets...); err != nil {
				return err
			}
			t.Rows++
			if len(statement) == 0 {
				statement = append(statement, insert...)
			} else {
				statement = append(statement, ',')
			}
			statement = appendRow(statement, cols, raw)
			if len(statement) >= statementSize {
				if _, err := w.Write(append(statement, ";\n"...)); err != nil {
					return err
				}
				statement = statement[:0]
			}
		}
		if err := rows.Err(); err != nil || len(statement) == 0 {
			return err
		}
		_, err := w.Write(append(statement, ";\n"...))
		return err
	})
	return t, err
}

func appendRow(statement []byte, cols []column, values []sql.RawBytes) []byte {
	statement = append(statement, '(')
	for i, value := range values {
		if i > 0 {
			statement = append(statement, ',')
		}
		switch {
		case value == nil:
			statement = append(statement, "NULL"...)
		case cols[i].number:
			statement = append(statement, value...)
		case cols[i].binary && len(value) > 0:
			statement = append(append(statement, "0x"...), value...)
		default:
			statement = appendQuoted(statement, value)
		}
	}
	return append(statement, ')')
}

// appendQuoted appends a string literal without line ends.
func appendQuoted(statement, text []byte) []byte {
	statement = append(statement, '\'')
	for _, b := range text {
		switch b {
		case 0:
			statement = append(statement, `\0`...)
		case '\n':
			statement = append(statement, `\n`...)
		case '\r':
			statement = append(statement, `\r`...)
		case 0x1a:
			statement = append(statement, `\Z`...)
		case '\'', '\\':
			statement = append(statement, '\\', b)
		default:
			statement = append(statement, b)
		}
	}
	return append(statement, '\'')
}

// writeGzip writes a compressed file and returns its SHA-256.
func writeGzip(path string, write func(io.Writer) error) (sum string, err error) {
	err = writeFile(path, func(w io.Writer) error {
		hash := sha256.New()
		buffer := bufio.NewWriterSize(io.MultiWriter(w, hash), 1<<20)
		compressed, err := gzip.NewWriterLevel(buffer, gzip.BestSpeed)
		if err != nil {
			return err
		}
		if err := write(compressed); err != nil {
			return err
		}
		if err := errors.Join(compressed.Close(), buffer.Flush()); err != nil {
			return err
		}
		sum = hex.EncodeToString(hash.Sum(nil))
		return nil
	})
	return sum, err
}

// readGzip verifies a compressed file and calls read for each of its lines, which end with a line feed.
func readGzip(path, sum string, read func(line []byte) error) error {
	f, err := os.Open(path) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return err
	}
	if hex.EncodeToString(hash.Sum(nil)) != sum {
		return fmt.Errorf("%s was changed since the backup", filepath.Base(path))
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	decompressed, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(decompressed)
	lines.Buffer(make([]byte, 1<<20), maxStatement)
	for lines.Scan() {
		if err := read(lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
}
