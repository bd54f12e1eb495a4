package ai

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf16"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/masking"
	query "counsel/gen/query/ai"
)

// MaskingLists are the words that the firm always or never masks.
type MaskingLists struct {
	Always    []MaskingEntry
	Never     []string
	Version   int       // 0: never replaced
	UpdatedAt time.Time // zero: never replaced
	UpdatedBy domain.ID
}

// MaskingEntry is a value that is always masked. Type is the name of a masking type.
type MaskingEntry struct {
	Text string `json:"text"`
	Type string `json:"type"`
}

// Limits of the lists.
const (
	maxListEntries = 1000
	maxListText    = 200 // characters
)

// listTypes are the types that an entry can have.
var listTypes = map[string]masking.Type{
	masking.Person.String(): masking.Person, masking.Company.String(): masking.Company, masking.Location.String(): masking.Location,
	masking.Address.String(): masking.Address, masking.ID.String(): masking.ID,
}

// MaskingLists returns the firm's masking lists. Forbidden: for clients.
func (s *Service) MaskingLists(ctx context.Context, caller domain.Principal) (MaskingLists, error) {
	if !caller.Role.Staff() && !caller.Admin() {
		return MaskingLists{}, domain.Errorf(domain.Forbidden, "Only lawyers and admins may read the masking lists.")
	}
	return s.readMaskingLists(ctx)
}

func (s *Service) readMaskingLists(ctx context.Context) (MaskingLists, error) {
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	row, err := query.New(s.db).GetMaskingLists(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return MaskingLists{}, nil
	}
	if err != nil {
		return MaskingLists{}, db.Error(err)
	}
	lists := MaskingLists{Version: int(row.Version), UpdatedAt: row.UpdatedAt, UpdatedBy: row.UpdatedBy}
	if json.Unmarshal([]byte(row.Always), &lists.Always) != nil || json.Unmarshal([]byte(row.Never), &lists.Never) != nil {
		return MaskingLists{}, &domain.Error{Code: domain.Internal, Message: "The masking lists cannot be read.", Err: errors.New("ai: the masking lists are not JSON")}
	}
	return lists, nil
}

// ReplaceMaskingLists replaces both lists. With version, they must still have that version: Conflict otherwise.
// Forbidden: the caller is not an admin. Invalid: /always/0/text and the like.
func (s *Service) ReplaceMaskingLists(ctx context.Context, caller domain.Principal, lists MaskingLists, version *int) (MaskingLists, error) {
	if !caller.Admin() {
		return MaskingLists{}, domain.Errorf(domain.Forbidden, "Only an admin may change the masking lists.")
	}
	if err := s.validateMaskingLists(lists); err != nil {
		return MaskingLists{}, err
	}
	always, err := json.Marshal(lists.Always)
	if err != nil {
		return MaskingLists{}, err
	}
	never, err := json.Marshal(lists.Never)
	if err != nil {
		return MaskingLists{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	lists.UpdatedAt, lists.UpdatedBy = s.clock(), caller.UserID
	err = db.WithTx(ctx, s.db, func(tx db.Tx) error {
		q := query.New(tx)
		current, err := q.LockMaskingListsVersion(ctx)
		isNew := errors.Is(err, sql.ErrNoRows)
		switch {
		case err != nil && !isNew:
			return db.Error(err)
		case version != nil && *version != int(current):
			return domain.Errorf(domain.Conflict, "The masking lists have changed. Read them again.")
		case isNew:
			err = q.CreateMaskingLists(ctx, query.CreateMaskingListsParams{Always: string(always), Never: string(never), UpdatedAt: lists.UpdatedAt, UpdatedBy: caller.UserID})
		default:
			err = q.UpdateMaskingLists(ctx, query.UpdateMaskingListsParams{Always: string(always), Never: string(never), UpdatedAt: lists.UpdatedAt, UpdatedBy: caller.UserID})
		}
		lists.Version = int(current) + 1
		return db.Error(err)
	})
	if err != nil {
		return MaskingLists{}, err
	}
	s.lists.expire()
	s.log.InfoContext(ctx, "masking lists replaced", slog.Int("version", lists.Version), // with the user_id of ctx
		slog.Int("always", len(lists.Always)), slog.Int("never", len(lists.Never)))
	return lists, nil
}

func (s *Service) validateMaskingLists(lists MaskingLists) error {
	if len(lists.Always) > maxListEntries {
		return domain.InvalidField("/always", "must have at most %d entries", maxListEntries)
	}
	if len(lists.Never) > maxListEntries {
		return domain.InvalidField("/never", "must have at most %d entries", maxListEntries)
	}
	for i, e := range lists.Always {
		pointer := "/always/" + strconv.Itoa(i)
		if _, ok := listTypes[e.Type]; !ok {
			return domain.InvalidField(pointer+"/type", "is not a type of the list")
		}
		if err := s.validateListText(e.Text, pointer+"/text"); err != nil {
			return err
		}
	}
	for i, text := range lists.Never {
		if err := s.validateListText(text, "/never/"+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) validateListText(text, pointer string) error {
	switch {
	case domain.Truncate(text, maxListText) != text:
		return domain.InvalidField(pointer, "must have at most %d characters", maxListText)
	case !s.masker.ListableLength(text):
		return domain.InvalidField(pointer, "has too many words and symbols")
	case len(strings.TrimSpace(text)) < 2 || !s.masker.Listable(text):
		return domain.InvalidField(pointer, "must have at least two characters and a letter or digit")
	}
	return nil
}

// listCache holds the compiled lists. While the database fails, the last known ones stay in use.
type listCache struct {
	loading  sync.Mutex
	compiled atomic.Pointer[compiledLists]
}

type compiledLists struct {
	lists   *masking.Lists
	version int
	until   time.Time // then they are read again
}

const (
	listsMaxAge     = 10 * time.Second
	listsRetryDelay = time.Second // after a failed read
)

// expire makes the next use read the lists again.
func (c *listCache) expire() {
	c.loading.Lock()
	defer c.loading.Unlock()
	if old := c.compiled.Load(); old != nil {
		c.compiled.Store(&compiledLists{lists: old.lists, version: old.version})
	}
}

// newSession returns a masking session with the firm's lists. Unavailable: they could never be read, so nothing
// may be sent.
func (s *Service) newSession(ctx context.Context) (*masking.Session, error) {
	lists, err := s.compiledLists(ctx)
	if err != nil {
		return nil, err
	}
	session := s.masker.NewSession()
	session.UseLists(lists)
	return session, nil
}

func (s *Service) compiledLists(ctx context.Context) (*masking.Lists, error) {
	old := s.lists.compiled.Load()
	if old != nil && s.clock().Before(old.until) {
		return old.lists, nil
	}
	if old == nil || old.until.IsZero() {
		s.lists.loading.Lock() // new lists apply at once on the server that replaced them
	} else if !s.lists.loading.TryLock() {
		return old.lists, nil
	}
	defer s.lists.loading.Unlock()
	if old = s.lists.compiled.Load(); old != nil && s.clock().Before(old.until) {
		return old.lists, nil
	}
	read, err := s.readMaskingLists(context.WithoutCancel(ctx))
	switch {
	case err != nil && old == nil:
		return nil, &domain.Error{Code: domain.Unavailable, Message: "Texts cannot be masked right now. Please try again.", RetryAfter: listsRetryDelay, Err: err}
	case err != nil:
		s.log.ErrorContext(ctx, "masking lists not read", "error", err)
		s.lists.compiled.Store(&compiledLists{old.lists, old.version, s.clock().Add(listsRetryDelay)})
		return old.lists, nil
	case old != nil && old.version == read.Version:
		s.lists.compiled.Store(&compiledLists{old.lists, old.version, s.clock().Add(listsMaxAge)})
		return old.lists, nil
	}
	always := make([]masking.ListEntry, len(read.Always))
	for i, e := range read.Always {
		always[i] = masking.ListEntry{Text: e.Text, Type: listTypes[e.Type]}
	}
	lists := s.masker.CompileLists(always, read.Never)
	s.lists.compiled.Store(&compiledLists{lists, read.Version, s.clock().Add(listsMaxAge)})
	return lists, nil
}

// MaskedText is a text as the AI would receive it.
type MaskedText struct {
	Text         string
	Placeholders []masking.Placeholder // offsets in UTF-16 code units
}

// MaskText masks a text without sending or storing it. Errors: Invalid (/text), Unavailable.
func (s *Service) MaskText(ctx context.Context, text string) (MaskedText, error) {
	session, err := s.newSession(ctx)
	if err != nil {
		return MaskedText{}, err
	}
	m, err := session.Mask(text)
	if err != nil {
		return MaskedText{}, masking.FieldError(err, "/text")
	}
	placeholders := m.Placeholders()
	at, units := 0, 0
	convert := func(offset int) int {
		for _, r := range text[at:offset] {
			units += utf16.RuneLen(r)
		}
		at = offset
		return units
	}
	for i := range placeholders {
		p := &placeholders[i]
		p.Start = convert(p.Start)
		p.End = convert(p.End)
	}
	return MaskedText{m.Text, placeholders}, nil
}
