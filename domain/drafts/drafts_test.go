package drafts

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	accountquery "counsel/gen/query/account"
	"counsel/sandbox/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

func addUser(t testing.TB, pool *sql.DB, role domain.Role) domain.Principal {
	t.Helper()
	id, now := domain.NewID(), domain.SystemClock()
	if err := accountquery.New(pool).CreateUser(t.Context(), accountquery.CreateUserParams{
		ID: id, Email: id.String() + "@example.com", FullName: "Test", Role: string(role), PasswordHash: "-", CreatedAt: now, UpdatedAt: now,
	}); err != nil {
		t.Fatal(err)
	}
	return domain.Principal{UserID: id, Role: role}
}

func wantCode(t testing.TB, err error, code domain.Code, pointers ...string) {
	t.Helper()
	if err == nil || domain.CodeOf(err) != code {
		t.Fatalf("error %v, want code %s", err, code)
	}
	if len(pointers) == 0 {
		return
	}
	var got []string
	for _, f := range err.(*domain.Error).Fields {
		got = append(got, f.Pointer)
	}
	if fmt.Sprint(got) != fmt.Sprint(pointers) {
		t.Fatalf("fields %q, want %q", got, pointers)
	}
}

func ptr[T any](v T) *T { return &v }

type fixture struct {
	*Service
	client, lawyer, admin domain.Principal
	now                   time.Time
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	pool := testenv.DB(t)
	f := &fixture{now: domain.SystemClock()}
	var err error
	f.Service, err = New(Config{DB: pool, Runtime: domain.Runtime{Clock: func() time.Time { return f.now }, NewID: domain.NewID}})
	if err != nil {
		t.Fatal(err)
	}
	f.client, f.lawyer, f.admin = addUser(t, pool, domain.RoleClient), addUser(t, pool, domain.RoleLawyer), addUser(t, pool, domain.RoleAdmin)
	return f
}

func (f *fixture) create(t testing.TB, who domain.Principal, body string) Draft {
	t.Helper()
	d, err := f.Create(t.Context(), who, NewDraft{Title: "Notice", Body: body, Type: "nda", Locale: "en-IE"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestVersions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	d := f.create(t, f.client, "one\r\ntwo\rthree")
	if d.Body != "one\ntwo\nthree" || d.Status != Drafted || d.Version != 1 || d.Origin != Written || d.QualityScore != nil || d.Locale != "en-IE" {
		t.Fatalf("created %+v", d)
	}
	created := f.now
	f.now = f.now.Add(time.Minute)
	d, err := f.Update(t.Context(), f.client, d.ID, Update{Version: 1, Body: ptr("one\nTWO\nthree"), Note: "Louder"})
	if err != nil || d.Version != 2 || d.Body != "one\nTWO\nthree" || d.Title != "Notice" || !d.UpdatedAt.Equal(f.now) || !d.CreatedAt.Equal(created) {
		t.Fatalf("edited %+v, %v", d, err)
	}
	same, err := f.Update(t.Context(), f.client, d.ID, Update{Version: 2, Body: ptr(d.Body), Title: ptr(" Notice ")})
	if err != nil || same.Version != 2 {
		t.Errorf("an edit that changes nothing created version %d, %v", same.Version, err)
	}
	if _, err := f.Update(t.Context(), f.admin, d.ID, Update{Version: 2, Title: ptr("Last notice")}); err != nil {
		t.Fatal(err)
	}
	first, err := f.Version(t.Context(), f.client, d.ID, 1)
	if err != nil || first.Body != "one\ntwo\nthree" || first.Title != "Notice" || !first.CreatedAt.Equal(created) {
		t.Errorf("version 1 is %+v, %v", first, err)
	}
	page, next, err := f.Versions(t.Context(), f.client, d.ID, 2, 0)
	if err != nil || len(page) != 2 || next != 2 || page[0].Version != 3 || page[0].AuthorID != f.admin.UserID || page[1].Note != "Louder" {
		t.Errorf("versions %+v, next %d, %v", page, next, err)
	}
	page, next, err = f.Versions(t.Context(), f.client, d.ID, 2, next)
	if err != nil || len(page) != 1 || next != 0 || page[0].Version != 1 {
		t.Errorf("second page %+v, next %d, %v", page, next, err)
	}
	_, err = f.Version(t.Context(), f.client, d.ID, 4)
	wantCode(t, err, domain.NotFound)
	c, err := f.Compare(t.Context(), f.client, d.ID, 1, 3)
	if err != nil || c.Inserted != 1 || c.Deleted != 1 || len(c.Hunks) != 1 || len(c.Title) < 2 {
		t.Errorf("compared %+v, %v", c, err)
	}
	_, err = f.Compare(t.Context(), f.client, d.ID, 1, 9)
	wantCode(t, err, domain.NotFound)
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	move := func(who domain.Principal, d Draft, to Status) (Draft, error) {
		return f.Update(t.Context(), who, d.ID, Update{Version: d.Version, Status: &to})
	}
	own := f.create(t, f.client, "text")
	_, err := move(f.client, own, Reviewed)
	wantCode(t, err, domain.Forbidden)
	if own, err = move(f.client, own, Drafted); err != nil {
		t.Errorf("moving to the current case: %v", err)
	}

	d := f.create(t, f.lawyer, "text")
	_, err = move(f.lawyer, d, Final)
	wantCode(t, err, domain.Conflict)
	if d, err = move(f.lawyer, d, Reviewed); err != nil || d.Status != Reviewed || *d.ReviewedBy != f.lawyer.UserID || !d.ReviewedAt.Equal(f.now) {
		t.Fatalf("reviewed %+v, %v", d, err)
	}
	if d, err = move(f.lawyer, d, Drafted); err != nil || d.ReviewedBy != nil || d.ReviewedAt != nil {
		t.Fatalf("returned to drafted: %+v, %v", d, err)
	}
	if d, err = move(f.admin, d, Reviewed); err != nil {
		t.Fatal(err)
	}
	if d, err = f.Update(t.Context(), f.lawyer, d.ID, Update{Version: 1, Body: ptr("other text")}); err != nil || d.Status != Drafted || d.ReviewedBy != nil {
		t.Fatalf("an edited draft is still reviewed: %+v, %v", d, err)
	}
	// A draft can be edited and reviewed in one update, but not edited and made final.
	if d, err = f.Update(t.Context(), f.lawyer, d.ID, Update{Version: 2, Body: ptr("third text"), Status: ptr(Reviewed)}); err != nil || d.Status != Reviewed || d.Version != 3 {
		t.Fatalf("edited and reviewed %+v, %v", d, err)
	}
	_, err = f.Update(t.Context(), f.lawyer, d.ID, Update{Version: 3, Body: ptr("fourth text"), Status: ptr(Final)})
	wantCode(t, err, domain.Conflict)
	if d, err = move(f.lawyer, d, Final); err != nil || *d.FinalizedBy != f.lawyer.UserID || d.FinalizedAt == nil || d.ReviewedBy == nil {
		t.Fatalf("final %+v, %v", d, err)
	}
	for _, who := range []domain.Principal{f.lawyer, f.admin} {
		_, err = f.Update(t.Context(), who, d.ID, Update{Version: 3, Body: ptr("too late")})
		wantCode(t, err, domain.Conflict)
		_, err = move(who, d, Drafted)
		wantCode(t, err, domain.Conflict)
		wantCode(t, f.Delete(t.Context(), who, d.ID), domain.Conflict)
	}
	if same, err := move(f.lawyer, d, Final); err != nil || same.Version != 3 {
		t.Errorf("making a final draft final: %v", err)
	}
	wantCode(t, f.Delete(t.Context(), f.lawyer, own.ID), domain.NotFound)
	if err := f.Delete(t.Context(), f.client, own.ID); err != nil {
		t.Fatal(err)
	}
	_, err = f.Get(t.Context(), f.client, own.ID)
	wantCode(t, err, domain.NotFound)
	var n int
	if err := f.pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM draft_versions WHERE draft_id = ?", own.ID).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d versions are left, %v", n, err)
	}
}

// TestAccess checks that a draft does not exist for users without access.
func TestAccess(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	d := f.create(t, f.client, "text")
	for name, id := range map[string]domain.ID{"another's": d.ID, "absent": domain.NewID()} {
		for action, do := range map[string]func() error{
			"get":      func() error { _, err := f.Get(t.Context(), f.lawyer, id); return err },
			"update":   func() error { _, err := f.Update(t.Context(), f.lawyer, id, Update{Version: 1}); return err },
			"delete":   func() error { return f.Delete(t.Context(), f.lawyer, id) },
			"versions": func() error { _, _, err := f.Versions(t.Context(), f.lawyer, id, 0, 0); return err },
			"version":  func() error { _, err := f.Version(t.Context(), f.lawyer, id, 1); return err },
			"compare":  func() error { _, err := f.Compare(t.Context(), f.lawyer, id, 1, 1); return err },
		} {
			err := do()
			if domain.CodeOf(err) != domain.NotFound || err.(*domain.Error).Message != "There is no such draft." {
				t.Errorf("%s %s: %v", action, name, err)
			}
		}
	}
	if _, err := f.Get(t.Context(), f.admin, d.ID); err != nil {
		t.Error(err)
	}
	_, _, err := f.List(t.Context(), f.lawyer, Filter{UserID: &f.client.UserID})
	wantCode(t, err, domain.Forbidden)
}

func TestList(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	older, newer, three := f.create(t, f.lawyer, "1"), f.create(t, f.lawyer, "2"), f.create(t, f.lawyer, "3")
	if _, err := f.Update(t.Context(), f.lawyer, newer.ID, Update{Version: 1, Title: ptr("Second"), Status: ptr(Reviewed)}); err != nil {
		t.Fatal(err)
	}
	page, next, err := f.List(t.Context(), f.lawyer, Filter{Limit: 2})
	if err != nil || len(page) != 2 || page[0].ID != three.ID || page[1].Title != "Second" || next == nil || *next != newer.ID {
		t.Fatalf("first page %+v, %v", page, err)
	}
	page, next, err = f.List(t.Context(), f.lawyer, Filter{Limit: 2, Cursor: next})
	if err != nil || len(page) != 1 || page[0].ID != older.ID || next != nil {
		t.Errorf("last page %+v, %v", page, err)
	}
	if page, _, err = f.List(t.Context(), f.lawyer, Filter{Status: Reviewed}); err != nil || len(page) != 1 || page[0].ID != newer.ID {
		t.Errorf("reviewed %+v, %v", page, err)
	}
	if page, _, err = f.List(t.Context(), f.lawyer, Filter{Type: "will"}); err != nil || len(page) != 0 {
		t.Errorf("of no type %+v, %v", page, err)
	}
	if page, _, err = f.List(t.Context(), f.admin, Filter{UserID: &f.lawyer.UserID}); err != nil || len(page) != 3 {
		t.Errorf("the admin sees %+v, %v", page, err)
	}
	if page, _, err = f.List(t.Context(), f.admin, Filter{Limit: 1, Cursor: &newer.ID}); err != nil || len(page) != 1 {
		t.Errorf("the admin lists %+v, %v", page, err)
	}
}

// TestUpdateRace checks that exactly one of several concurrent edits of a version succeeds.
func TestUpdateRace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	d := f.create(t, f.client, "text")
	const n = 8
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, errs[i] = f.Update(t.Context(), f.client, d.ID, Update{Version: 1, Body: ptr(fmt.Sprint("text ", i))})
		})
	}
	wg.Wait()
	succeeded := 0
	for _, err := range errs {
		if err == nil {
			succeeded++
		} else {
			wantCode(t, err, domain.Conflict)
		}
	}
	if now, err := f.Get(t.Context(), f.client, d.ID); succeeded != 1 || err != nil || now.Version != 2 {
		t.Errorf("%d edits succeeded, version %d, %v", succeeded, now.Version, err)
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, tc := range map[string]struct {
		draft   NewDraft
		pointer []string
	}{
		"blank":     {NewDraft{Title: " ", Body: "\n\t"}, []string{"/title", "/body"}},
		"two lines": {NewDraft{Title: "a\nb", Body: "x"}, []string{"/title"}},
		"long":      {NewDraft{Title: strings.Repeat("ä", maxTitle+1), Body: strings.Repeat("ä", maxBody+1)}, []string{"/title", "/body"}},
		"a NUL":     {NewDraft{Title: "t", Body: "a\x00b"}, []string{"/body"}},
		"an escape": {NewDraft{Title: "t\x1b[2J", Body: "a\x1b[2J"}, []string{"/title", "/body"}},
		"no UTF-8":  {NewDraft{Title: "t", Body: "a\xffb"}, []string{"/body"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.Create(t.Context(), f.client, tc.draft)
			wantCode(t, err, domain.Invalid, tc.pointer...)
		})
	}
	longest := f.create(t, f.client, strings.Repeat("ä", maxBody))
	if longest.Body != strings.Repeat("ä", maxBody) {
		t.Error("the longest text was not stored completely")
	}
	_, err := f.Update(t.Context(), f.client, longest.ID, Update{Version: 1, Note: "a\x07", Title: ptr(""), Body: ptr("")})
	wantCode(t, err, domain.Invalid, "/note", "/title", "/body")

	if _, err := f.pool.ExecContext(t.Context(), "UPDATE draft_versions SET version = ? WHERE draft_id = ?", maxVersions, longest.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := f.pool.ExecContext(t.Context(), "UPDATE drafts SET version = ? WHERE id = ?", maxVersions, longest.ID); err != nil {
		t.Fatal(err)
	}
	_, err = f.Update(t.Context(), f.client, longest.ID, Update{Version: maxVersions, Body: ptr("one more")})
	wantCode(t, err, domain.Conflict)
}

// TestDatabaseDown checks that operations fail without a database, but not with NotFound.
func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	d := f.create(t, f.client, "text")
	f.pool.Close()
	for name, do := range map[string]func() error{
		"create":  func() error { _, err := f.Create(t.Context(), f.client, NewDraft{Title: "t", Body: "b"}); return err },
		"get":     func() error { _, err := f.Get(t.Context(), f.client, d.ID); return err },
		"list":    func() error { _, _, err := f.List(t.Context(), f.client, Filter{}); return err },
		"update":  func() error { _, err := f.Update(t.Context(), f.client, d.ID, Update{Version: 1}); return err },
		"compare": func() error { _, err := f.Compare(t.Context(), f.client, d.ID, 1, 1); return err },
	} {
		if err := do(); err == nil || domain.CodeOf(err) == domain.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWithoutCases checks that a service without cases knows no case.
func TestWithoutCases(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := domain.NewID()
	_, err := f.Create(t.Context(), f.client, NewDraft{Title: "A", Body: "b", CaseID: &id})
	wantCode(t, err, domain.NotFound)
	_, _, err = f.List(t.Context(), f.client, Filter{CaseID: &id})
	wantCode(t, err, domain.NotFound)
}
