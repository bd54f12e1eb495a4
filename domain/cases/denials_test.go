package cases

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

// statements returns a service on the same database whose SQL statements are recorded.
func (f *fixture) statements(url string) (*Service, func() []string) {
	f.t.Helper()
	var log testkit.Log
	pool, err := db.Open(f.t.Context(), url, db.Options{Echo: slog.New(slog.NewTextHandler(&log, nil))})
	testkit.Must(f.t, err)
	f.t.Cleanup(func() { pool.Close() })
	seen := 0
	return f.service(pool, f.clock), func() (all []string) {
		text := log.String()
		for line := range strings.Lines(text[seen:]) {
			_, statement, _ := strings.Cut(line, "statement=")
			statement, _, _ = strings.Cut(statement, " ms=")
			all = append(all, statement)
		}
		seen = len(text)
		return all
	}
}

// TestNonMembersLearnNothing checks that a request for a case runs the same statements whether the
// case is hidden from the caller or does not exist, and that none of them locks or writes.
func TestNonMembersLearnNothing(t *testing.T) {
	url := testenv.SchemaURL(t)
	f := newFixtureOn(t, url)
	s, statements := f.statements(url)
	ctx := t.Context()
	id := f.open(f.anna, "A case")
	for name, ask := range map[string]func(domain.ID) error{
		"read": func(id domain.ID) error { _, err := s.Get(ctx, f.carl, id); return err },
		"authorize": func(id domain.ID) error {
			return s.Authorize(ctx, f.carl, id, Action{Verb: VerbCreate, Resource: ResourceDocument})
		},
		"note": func(id domain.ID) error { _, err := s.AddNote(ctx, f.carl, id, NewNote{Body: "x"}); return err },
		"member": func(id domain.ID) error {
			_, err := s.AddMember(ctx, f.carl, id, NewMember{UserID: &f.bert.UserID, Role: Viewer})
			return err
		},
		"invite": func(id domain.ID) error {
			_, err := s.AddMember(ctx, f.ella, id, NewMember{Email: "bert@example.com", Role: Viewer})
			return err
		},
		"role": func(id domain.ID) error { _, err := s.UpdateMember(ctx, f.carl, id, f.anna.UserID, Viewer); return err },
		"party": func(id domain.ID) error {
			_, err := s.AddParty(ctx, f.carl, id, NewParty{Kind: PartyPerson, Side: SideClient, Name: "x"})
			return err
		},
		"timeline": func(id domain.ID) error { _, _, err := s.Timeline(ctx, f.carl, id, 0, 0); return err },
		"delete":   func(id domain.ID) error { return s.Delete(ctx, f.carl, id) },
	} {
		wantError(t, ask(domain.NewID()), domain.NotFound)
		absent := statements()
		wantError(t, ask(id), domain.NotFound)
		if hidden := statements(); !slices.Equal(absent, hidden) || len(absent) == 0 {
			t.Errorf("%s: statements for an absent case\n%s\nfor a hidden case\n%s", name, strings.Join(absent, "\n"), strings.Join(hidden, "\n"))
		}
	}
	if n := len(f.entries(id)); n != 1 {
		t.Errorf("%d entries before denials are flushed", n)
	}
}

// TestDenialsAreLoggedHourly checks that the attempts of one caller are one entry per hour, however
// many servers there are.
func TestDenialsAreLoggedHourly(t *testing.T) {
	f := newFixture(t)
	now := domain.SystemClock()
	clock := func() time.Time { return now }
	serverA, serverB := f.service(f.pool, clock), f.service(f.pool, clock)
	ctx := t.Context()
	id := f.open(f.anna, "A case")
	count := func() (n int) {
		for _, e := range f.entries(id) {
			if e.Refused {
				n++
			}
		}
		return n
	}
	try := func(p domain.Principal) {
		for range 50 {
			for _, s := range []*Service{serverA, serverB} {
				_, err := s.Get(ctx, p, id)
				wantError(t, err, domain.NotFound)
			}
		}
		serverA.FlushDenials(ctx)
		serverB.FlushDenials(ctx)
	}
	try(f.carl)
	if n := count(); n != 1 {
		t.Errorf("%d entries for a hundred attempts", n)
	}
	try(f.dora)
	if n := count(); n != 2 {
		t.Errorf("%d entries for two callers", n)
	}
	now = now.Add(time.Hour)
	try(f.carl)
	if n := count(); n != 3 {
		t.Errorf("%d entries an hour later", n)
	}
	if verification, err := f.Verify(ctx, f.anna, id); err != nil || !verification.Intact {
		t.Errorf("%+v, %v", verification, err)
	}

	// RunDenialLog records them while it runs, and the remaining ones when it ends.
	now = now.Add(time.Hour)
	ending, head := context.WithCancel(ctx)
	var running sync.WaitGroup
	_, err := serverA.Get(ctx, f.carl, id)
	wantError(t, err, domain.NotFound)
	head()
	running.Go(func() { serverA.RunDenialLog(ending) })
	running.Wait()
	if n := count(); n != 4 {
		t.Errorf("%d entries after the end", n)
	}
	// A full queue drops denials; no request waits.
	now = now.Add(time.Hour)
	for range denialQueueSize + 10 {
		serverA.denials.add(denial{domain.NewID(), f.carl.UserID, domain.ID{}, Action{Verb: VerbRead, Resource: ResourceCase}})
	}
	if n := len(serverA.denials.queue); n != denialQueueSize {
		t.Errorf("%d are queued", n)
	}
}
