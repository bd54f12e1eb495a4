// Package sanctions reads the lists of sanctions that the operator downloads into a folder: the European Union's
// consolidated list (XML), the UK Sanctions List (XML or CSV) or OFSI's consolidated list (CSV), and OFAC's SDN list (XML). It
// implements registry.Lists.
//
// The content tells which list a file is, not its name. Of two files with the same list the newer one counts. Files are
// parsed as streams, with limits, and read again when they change. A file that is damaged, or much shorter than
// before, never replaces the list that was read; that is logged as an error.
package sanctions

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"counsel/domain"
	"counsel/domain/registry"
)

// Limits.
const (
	maxFiles   = 50
	maxSize    = 512 << 20 // bytes of a file; the largest list has about 30 MB
	maxEntries = 500_000
	maxNames   = 500 // of an entry
	maxText    = 500 // bytes of a name or another value
	minShare   = 2   // a list with fewer than 1/2 of its former entries is taken for damaged
)

// checkEvery is how often the folder is looked at.
const checkEvery = 30 * time.Second

// Config configures a Folder.
type Config struct {
	Dir      string
	Log      *slog.Logger                           // nil: discarded
	Clock    domain.Clock                           // nil: the real one
	OnReload func(list registry.ListName, size int) // called when a list was read, and with size -1 when a file was rejected
}

// Folder is a folder with lists. It is safe for concurrent use.
type Folder struct {
	cfg Config

	mu        sync.Mutex
	checkedAt time.Time
	files     map[string]fileState
	lists     map[registry.ListName]*current
}

// fileState is a file as it was when it was read.
type fileState struct {
	modified time.Time
	size     int64
}

type current struct {
	*registry.List
	modified time.Time
}

var _ registry.Lists = (*Folder)(nil)

// New checks that the folder exists. Nothing is read yet.
func New(cfg Config) (*Folder, error) {
	info, err := os.Stat(cfg.Dir)
	if err != nil || !info.IsDir() {
		return nil, errors.New("sanctions: the folder cannot be read")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = domain.SystemClock
	}
	if cfg.OnReload == nil {
		cfg.OnReload = func(registry.ListName, int) {}
	}
	return &Folder{cfg: cfg, files: map[string]fileState{}, lists: map[registry.ListName]*current{}}, nil
}

// Lists returns the lists, after it has read files that are new or have changed.
func (f *Folder) Lists(ctx context.Context) ([]*registry.List, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.cfg.Clock(); f.checkedAt.IsZero() || now.Sub(f.checkedAt) >= checkEvery {
		f.reload(ctx)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		f.checkedAt = now
	}
	var all []*registry.List
	for _, name := range registry.ListNames {
		if l := f.lists[name]; l != nil {
			all = append(all, l.List)
		}
	}
	if len(all) == 0 {
		return nil, registry.ErrUnavailable(checkEvery, errors.New("sanctions: there is no list"))
	}
	return all, nil
}

func (f *Folder) reload(ctx context.Context) {
	entries, err := os.ReadDir(f.cfg.Dir)
	if err != nil {
		f.cfg.Log.ErrorContext(ctx, "the folder of sanctions lists cannot be read; the lists that were read stay in use", "error", err.Error())
		return
	}
	n := 0
	for _, e := range entries {
		extension := strings.ToLower(filepath.Ext(e.Name()))
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || extension != ".xml" && extension != ".csv" {
			continue
		}
		if n++; n > maxFiles {
			f.cfg.Log.ErrorContext(ctx, "the folder of sanctions lists has too many files", "limit", maxFiles)
			return
		}
		state := fileState{info.ModTime(), info.Size()}
		if f.files[e.Name()] == state {
			continue
		}
		if err := f.load(ctx, e.Name(), state); err != nil {
			if ctx.Err() != nil {
				return
			}
			f.cfg.Log.ErrorContext(ctx, "a sanctions list was rejected; the list that was read before stays in use", "file", e.Name(), "error", err.Error())
			f.cfg.OnReload("", -1)
		}
		f.files[e.Name()] = state
	}
}

func (f *Folder) load(ctx context.Context, name string, state fileState) error {
	if state.size > maxSize {
		return errTooLarge
	}
	file, err := os.Open(filepath.Join(f.cfg.Dir, name)) //nolint:gosec // the operator chooses the folder
	if err != nil {
		return err
	}
	defer file.Close()
	list, err := Parse(ctx, io.LimitReader(file, maxSize))
	if err != nil {
		return err
	}
	previous := f.lists[list.Name]
	switch {
	case previous != nil && previous.modified.After(state.modified):
		return nil // an older file of the same list
	case previous != nil && len(list.Entries) < len(previous.Entries)/minShare:
		return fmt.Errorf("it has %d entries, before it had %d: remove the other files of this list and restart to accept it", len(list.Entries), len(previous.Entries))
	}
	f.lists[list.Name] = &current{list, state.modified}
	f.cfg.Log.InfoContext(ctx, "sanctions list read", "list", string(list.Name), "entries", len(list.Entries), "published", list.PublishedOn)
	f.cfg.OnReload(list.Name, len(list.Entries))
	return nil
}

var (
	errTooLarge  = errors.New("it is too large")
	errFormat    = errors.New("it is none of the known lists")
	errEmpty     = errors.New("it has no entries")
	errTruncated = errors.New("it is damaged or incomplete")
)

// Parse reads a list. It fails if the list is of an unknown format, damaged, empty or too large.
func Parse(ctx context.Context, r io.Reader) (*registry.List, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	start, err := b.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	start = bytes.TrimPrefix(start, []byte("\ufeff"))
	p := &parser{ctx: ctx, list: &registry.List{}}
	if bytes.HasPrefix(bytes.TrimSpace(start), []byte("<")) {
		err = p.readXML(b)
	} else {
		err = p.readCSV(b)
	}
	if err != nil {
		return nil, err
	}
	if len(p.list.Entries) == 0 {
		return nil, errEmpty
	}
	return p.list, nil
}

// parser collects the entries of a list.
type parser struct {
	ctx    context.Context
	list   *registry.List
	byID   map[string]int // of a CSV, in which each name is a line
	damage int            // entries without an id or a name
}

// add adds an entry, or fails if there are too many.
func (p *parser) add(e registry.ListEntry) error {
	if e.ID == "" || len(e.Names) == 0 {
		p.damage++
		if p.damage > 100+len(p.list.Entries)/10 {
			return errTruncated
		}
		return nil
	}
	if len(p.list.Entries) >= maxEntries {
		return errTooLarge
	}
	slices.Sort(e.BirthYears)
	e.BirthYears = slices.Compact(e.BirthYears)
	slices.Sort(e.Countries)
	e.Countries = slices.Compact(e.Countries)
	p.list.Entries = append(p.list.Entries, e)
	return p.ctx.Err()
}

// addName adds a name to an entry, strong names first: the first is the primary one.
func addName(e *registry.ListEntry, name string, weak bool) {
	name = clean(name)
	if name == "" || len(e.Names) >= maxNames || slices.ContainsFunc(e.Names, func(n registry.ListedName) bool { return n.Name == name }) {
		return
	}
	e.Names = append(e.Names, registry.ListedName{Name: name, Weak: weak})
}

func addCountry(e *registry.ListEntry, country string) {
	if country = clean(country); country != "" && len(e.Countries) < 50 {
		e.Countries = append(e.Countries, country)
	}
}

// addYears adds the years within a date of any format, such as 12/03/1961, 1961 or circa 1961-1963.
func addYears(e *registry.ListEntry, date string) {
	for _, word := range strings.FieldsFunc(date, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(word) == 4 && len(e.BirthYears) < 50 && word >= "1850" && word <= "2100" {
			year := 0
			for _, d := range word {
				year = year*10 + int(d-'0')
			}
			e.BirthYears = append(e.BirthYears, year)
		}
	}
}

// clean joins the words of a text and cuts it.
func clean(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

// day returns the day of a date in one of the formats of the lists, or "".
func day(s string) string {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateOnly, "02/01/2006", "02-Jan-2006", "2-Jan-2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return ""
}

// usDay is day for OFAC, which writes the month first.
func usDay(s string) string {
	if t, err := time.Parse("01/02/2006", strings.TrimSpace(s)); err == nil {
		return t.Format(time.DateOnly)
	}
	return day(s)
}

func joinNames(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return cmp.Compare(s, "") == 0 }), " ")
}
