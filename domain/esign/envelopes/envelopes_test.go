package envelopes_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/doc"
	"counsel/domain/esign/envelopes"
	accountquery "counsel/gen/query/account"
	esignquery "counsel/gen/query/esign"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fixture is an empty database.
type fixture struct {
	t    *testing.T
	pool *sql.DB
	now  time.Time
}

func newFixture(t *testing.T) *fixture {
	return &fixture{t: t, pool: testenv.DB(t), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

// request stores a signature request at a provider, without an envelope.
func (f *fixture) request(provider string) domain.ID {
	f.t.Helper()
	user, id := domain.NewID(), domain.NewID()
	testkit.Must(f.t, accountquery.New(f.pool).CreateUser(f.t.Context(), accountquery.CreateUserParams{ID: user, Email: user.String() + "@example.com", FullName: "Ada", Role: "lawyer", CreatedAt: f.now, UpdatedAt: f.now}))
	testkit.Must(f.t, esignquery.New(f.pool).CreateSignatureRequest(f.t.Context(), esignquery.CreateSignatureRequestParams{ID: id, UserID: user, DocumentID: domain.NewID(), DocumentName: "lease.pdf",
		DocumentSha256: make([]byte, 32), Workflow: "parallel", Status: "creating", ExpiresAt: f.now.AddDate(0, 0, 14), CreatedAt: f.now, ChangedAt: f.now, Head: make([]byte, 32), Provider: provider, Language: "en"}))
	return id
}

// inTx runs fn in a transaction.
func (f *fixture) inTx(fn func(tx db.Tx) error) {
	f.t.Helper()
	testkit.Must(f.t, db.WithTx(f.t.Context(), f.pool, fn))
}

// insert stores a signature request with its envelope.
func (f *fixture) insert(provider string) envelopes.Record {
	f.t.Helper()
	id := f.request(provider)
	f.inTx(func(tx db.Tx) error { return envelopes.Insert(f.t.Context(), tx, id, f.now) })
	return f.get(id)
}

func (f *fixture) get(id domain.ID) envelopes.Record {
	f.t.Helper()
	r, err := envelopes.Get(f.t.Context(), f.pool, id)
	testkit.Must(f.t, err)
	return r
}

// due counts the envelopes to be checked at a time.
func (f *fixture) due(at time.Time) int {
	f.t.Helper()
	all, err := envelopes.Due(f.t.Context(), f.pool, at, 100)
	testkit.Must(f.t, err)
	return len(all)
}

func wantCode(t *testing.T, err error, code domain.Code) {
	t.Helper()
	if err == nil || domain.CodeOf(err) != code {
		t.Errorf("error %v, want %s", err, code)
	}
}

func TestCheckAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for checks, want := range map[int]time.Duration{0: time.Minute, 1: 2 * time.Minute, 5: 32 * time.Minute, 6: time.Hour, 7: time.Hour, 1000: time.Hour} {
		if got := envelopes.CheckAfter(now, checks).Sub(now); got != want {
			t.Errorf("after %d checks: %s, want %s", checks, got, want)
		}
	}
}

func ExampleBoxes() {
	for _, b := range envelopes.Boxes(3, 12) {
		fmt.Printf("page %d, %.3f from the left, %.3f from the top\n", b.Page, b.X, b.Y)
	}
	// Output:
	// page 13, 0.120 from the left, 0.360 from the top
	// page 13, 0.520 from the left, 0.360 from the top
	// page 13, 0.120 from the left, 0.467 from the top
}

// TestSignaturePages: every signature has a box of its own on one of the added pages.
func TestSignaturePages(t *testing.T) {
	for _, tc := range []struct{ signers, pages, added int }{{0, 1, 0}, {1, 1, 1}, {10, 3, 1}, {11, 3, 2}, {20, 200, 2}, {21, 1, 3}} {
		t.Run(fmt.Sprintf("%d signers", tc.signers), func(t *testing.T) {
			headings := 0
			for _, block := range envelopes.SignaturePages(envelopes.Cover{Document: "lease.pdf"}, tc.signers).Blocks {
				if _, ok := block.(doc.Heading); ok {
					headings++
				}
			}
			if headings != tc.added {
				t.Errorf("%d pages, want %d", headings, tc.added)
			}
			boxes := envelopes.Boxes(tc.signers, tc.pages)
			if len(boxes) != tc.signers {
				t.Fatalf("%d boxes", len(boxes))
			}
			for i, b := range boxes {
				if b.Page <= tc.pages || b.Page > tc.pages+tc.added || b.X < 0 || b.Y < 0 || b.W <= 0 || b.H <= 0 || b.X+b.W > 1 || b.Y+b.H > 1 {
					t.Errorf("signer %d signs off the added pages: %+v", i+1, b)
				}
				for j, other := range boxes[:i] {
					if b.Page == other.Page && b.X < other.X+other.W && other.X < b.X+b.W && b.Y < other.Y+other.H && other.Y < b.Y+b.H {
						t.Errorf("the boxes of signers %d and %d overlap", j+1, i+1)
					}
				}
			}
		})
	}
}

// TestMove walks an envelope through its phases, and tries each transition that the table forbids.
func TestMove(t *testing.T) {
	phases := []envelopes.Phase{envelopes.Creating, envelopes.Tracking, envelopes.Downloading, envelopes.Canceling, envelopes.Done}
	f := newFixture(t)
	for _, from := range phases {
		for _, to := range phases {
			t.Run(fmt.Sprintf("%s to %s", from, to), func(t *testing.T) {
				r := f.insert("docuseal")
				_, err := f.pool.ExecContext(t.Context(), "UPDATE signature_envelopes SET state = ? WHERE request_id = ?", from, r.RequestID)
				testkit.Must(t, err)
				r = f.get(r.RequestID)
				audit := domain.NewID()
				r.EnvelopeID, r.AuditID = "e-1", &audit
				err = r.Move(t.Context(), f.pool, to, time.Time{})
				stored := f.get(r.RequestID)
				if from != to && !envelopes.Lifecycle.Allowed(from, to) {
					wantCode(t, err, domain.Conflict)
					if stored.Phase != from || r.Phase != from || stored.EnvelopeID != "" {
						t.Errorf("a refused transition stored %+v", stored)
					}
					return
				}
				testkit.Must(t, err)
				if stored.Phase != to || stored.EnvelopeID != "e-1" || stored.AuditID == nil || *stored.AuditID != audit {
					t.Errorf("stored %+v", stored)
				}
			})
		}
	}
	if n := f.due(f.now.AddDate(1, 0, 0)); n != len(phases)*len(phases)-countMoves(phases) {
		t.Errorf("%d envelopes are due, though those that moved are never checked again", n)
	}
}

// countMoves counts the transitions that TestMove makes.
func countMoves(phases []envelopes.Phase) (n int) {
	for _, from := range phases {
		for _, to := range phases {
			if from == to || envelopes.Lifecycle.Allowed(from, to) {
				n++
			}
		}
	}
	return n
}

func TestFind(t *testing.T) {
	f := newFixture(t)
	r := f.insert("docuseal")
	r.EnvelopeID = "e-1"
	testkit.Must(t, r.Move(t.Context(), f.pool, envelopes.Tracking, f.now))
	for _, tc := range []struct {
		name, provider, envelope string
		found                    bool
	}{
		{"by its id", "docuseal", "e-1", true},
		{"at another provider", "documenso", "e-1", false},
		{"by another id", "docuseal", "e-2", false},
		{"by no id", "docuseal", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id, err := envelopes.Find(t.Context(), f.pool, tc.provider, tc.envelope)
			if tc.found && (err != nil || id != r.RequestID) {
				t.Errorf("%s, %v", id, err)
			} else if !tc.found {
				wantCode(t, err, domain.NotFound)
			}
		})
	}
	_, err := envelopes.Get(t.Context(), f.pool, f.request("docuseal"))
	wantCode(t, err, domain.NotFound)
}

// TestPostpone: of several servers that find an envelope due, one checks it.
func TestPostpone(t *testing.T) {
	f := newFixture(t)
	r := f.insert("docuseal")
	if n := f.due(f.now.Add(envelopes.CreateTimeout - time.Second)); n != 0 {
		t.Errorf("%d envelopes are due before the timeout", n)
	}
	at := f.now.Add(envelopes.CreateTimeout)
	if n := f.due(at); n != 1 {
		t.Fatalf("%d envelopes are due after the timeout", n)
	}
	for i, want := range []bool{true, false} {
		f.inTx(func(tx db.Tx) error {
			ok, err := r.Postpone(t.Context(), tx, at)
			if ok != want {
				t.Errorf("server %d postponed: %t", i+1, ok)
			}
			return err
		})
	}
	next := envelopes.CheckAfter(at, 1)
	if f.due(next.Add(-time.Second)) != 0 || f.due(next) != 1 {
		t.Errorf("the next check is not at %s", next)
	}
}

// TestEvents: an event is stored once, logged once, and remembered for its retention.
func TestEvents(t *testing.T) {
	f := newFixture(t)
	r := f.insert("docuseal")
	add := func(id string, at time.Time, wantNew bool) {
		t.Helper()
		f.inTx(func(tx db.Tx) error {
			isNew, err := envelopes.AddEvent(t.Context(), tx, envelopes.ReceivedEvent{Provider: "docuseal", ID: id, RequestID: r.RequestID, Kind: envelopes.EventViewed,
				Signer: 1, At: at, Address: "192.0.2.7", Agent: "Phone/1.0", Reason: "-"}, f.now)
			if isNew != wantNew {
				t.Errorf("event %s is new: %t", id, isNew)
			}
			return err
		})
	}
	pending := func(want ...string) []envelopes.ReceivedEvent {
		t.Helper()
		all, err := envelopes.PendingEvents(t.Context(), f.pool, r.RequestID)
		testkit.Must(t, err)
		var got []string
		for _, e := range all {
			got = append(got, e.ID)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("pending %v, want %v", got, want)
		}
		return all
	}
	add("later", f.now.Add(time.Minute), true)
	add("earlier", f.now, true)
	add("later", f.now, false)
	all := pending("earlier", "later")
	if e := all[0]; e.Address != "192.0.2.7" || e.Signer != 1 || !e.At.Equal(f.now) || e.Kind != envelopes.EventViewed {
		t.Errorf("stored as %+v", e)
	}
	f.inTx(func(tx db.Tx) error { return all[0].MarkLogged(t.Context(), tx) })
	pending("later")
	var details int
	testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM signature_hints WHERE address <> ''").Scan(&details))
	if details != 1 {
		t.Errorf("%d events have an address, want that of the pending one", details)
	}
	add("earlier", f.now, false) // logged, but still recognized

	for _, tc := range []struct {
		name  string
		after time.Duration
		left  int
	}{{"within the retention", envelopes.Retention, 2}, {"after the retention", envelopes.Retention + time.Second, 0}} {
		testkit.Must(t, envelopes.PruneEvents(t.Context(), f.pool, f.now.Add(tc.after)))
		var n int
		testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM signature_hints").Scan(&n))
		if n != tc.left {
			t.Errorf("%s: %d events, want %d", tc.name, n, tc.left)
		}
	}
}

// TestDelete deletes the envelope and events of one request only, or nothing if the transaction fails.
func TestDelete(t *testing.T) {
	f := newFixture(t)
	deleted, other := f.insert("docuseal"), f.insert("docuseal")
	for i, r := range []envelopes.Record{deleted, other} {
		f.inTx(func(tx db.Tx) error {
			_, err := envelopes.AddEvent(t.Context(), tx, envelopes.ReceivedEvent{Provider: "docuseal", ID: fmt.Sprint(i), RequestID: r.RequestID, Kind: envelopes.EventOther, At: f.now}, f.now)
			return err
		})
	}
	err := db.WithTx(t.Context(), f.pool, func(tx db.Tx) error {
		testkit.Must(t, envelopes.Delete(t.Context(), tx, deleted.RequestID))
		return context.Canceled
	})
	if err == nil {
		t.Fatal("the transaction did not fail")
	}
	f.get(deleted.RequestID)
	f.inTx(func(tx db.Tx) error { return envelopes.Delete(t.Context(), tx, deleted.RequestID) })
	_, err = envelopes.Get(t.Context(), f.pool, deleted.RequestID)
	wantCode(t, err, domain.NotFound)
	f.get(other.RequestID)
	for id, want := range map[domain.ID]int{deleted.RequestID: 0, other.RequestID: 1} {
		if all, err := envelopes.PendingEvents(t.Context(), f.pool, id); err != nil || len(all) != want {
			t.Errorf("%d events, %v, want %d", len(all), err, want)
		}
	}
}
