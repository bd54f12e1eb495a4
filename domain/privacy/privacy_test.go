package privacy

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/email"
	"counsel/domain/files"
	"counsel/domain/files/filestest"
	"counsel/domain/jobs"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fixture is a service with real accounts, cases, mails and jobs. Of the services that only erase, it has two
// fakes. The whole is tested through the API, see handlers.
type fixture struct {
	*Service
	t      *testing.T
	pool   *sql.DB
	now    time.Time
	first  fakeEraser
	second fakeEraser
	admin  domain.Principal
	ada    domain.Principal
}

// fakeEraser writes to the user's row, so that a rollback shows, and then fails if err is set.
type fakeEraser struct {
	err    error
	erased []domain.ID
}

func (e *fakeEraser) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	e.erased = append(e.erased, user)
	if _, err := tx.ExecContext(ctx, "UPDATE users SET full_name = 'half erased' WHERE id = ?", user); err != nil {
		return err
	}
	return e.err
}

// EraseTestData is EraseUser.
func (e *fakeEraser) EraseTestData(ctx context.Context, tx db.Tx, testAccount domain.ID) error {
	return e.EraseUser(ctx, tx, testAccount)
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, pool: testenv.DB(t), now: domain.SystemClock()}
	runtime := domain.SystemRuntime(testkit.DiscardLog())
	runtime.Clock = func() time.Time { return f.now }
	accounts, err := account.New(account.Config{Runtime: runtime, DB: f.pool, Redis: testenv.EmptyRedis(t), Secret: "a secret for tests of thirty-two bytes", Hash: account.HashConfig{Passes: 1, MemoryKiB: 64, Concurrency: 1}})
	testkit.Must(t, err)
	allCases, err := cases.New(cases.Config{Runtime: runtime, DB: f.pool, Accounts: accounts})
	testkit.Must(t, err)
	archive, err := files.New(files.Config{DB: f.pool, Store: filestest.NewStore(runtime.Clock), Runtime: runtime, Cases: allCases})
	testkit.Must(t, err)
	queue, err := jobs.New(jobs.Config{DB: f.pool, Runtime: runtime})
	testkit.Must(t, err)
	mails, err := email.New(email.Config{DB: f.pool, Runtime: runtime, Jobs: queue, Outbox: email.NewOutbox(email.OutboxConfig{Runtime: runtime, Jobs: queue}), Files: archive, Accounts: accounts,
		PublicURL: "https://counsel.example", AccountURL: "https://counsel.example/account",
		LinkSecret: func(id domain.ID) string { return id.String() }, LinkID: domain.ParseID})
	testkit.Must(t, err)
	f.Service = &Service{clock: runtime.Clock, db: f.pool, accounts: accounts, cases: allCases, email: mails, jobs: queue, erasers: []Eraser{&f.first, &f.second}}
	f.registerJobs()
	f.admin, f.ada = f.newUser("root@example.com", domain.RoleAdmin), f.newUser("ada@example.com", domain.RoleLawyer)
	return f
}

func (f *fixture) newUser(address string, role domain.Role) domain.Principal {
	f.t.Helper()
	u, err := f.accounts.Register(f.t.Context(), account.Registration{Email: address, Password: "correct horse battery staple", FullName: "Ada Lovelace"})
	testkit.Must(f.t, err)
	_, err = f.pool.ExecContext(f.t.Context(), "UPDATE users SET role = ? WHERE id = ?", role, u.ID)
	testkit.Must(f.t, err)
	return domain.Principal{UserID: u.ID, Role: role}
}

// name returns the name of an account as it is stored.
func (f *fixture) name(id domain.ID) (name string) {
	f.t.Helper()
	testkit.Must(f.t, f.pool.QueryRowContext(f.t.Context(), "SELECT full_name FROM users WHERE id = ?", id).Scan(&name))
	return name
}

// eraseJobs counts the jobs that erase what was in progress, an hour after now.
func (f *fixture) eraseJobs() (n int) {
	f.t.Helper()
	testkit.Must(f.t, f.pool.QueryRowContext(f.t.Context(), "SELECT COUNT(*) FROM jobs WHERE kind = ? AND run_at >= ?", eraseInProgressArgs{}.Kind(), f.now.Add(inProgress)).Scan(&n))
	return n
}

// TestNew refuses a configuration that lacks any service.
func TestNew(t *testing.T) {
	whole := reflect.TypeFor[Config]()
	for i := range whole.NumField() {
		field := whole.Field(i)
		if field.Name == "Runtime" {
			continue
		}
		t.Run("without "+field.Name, func(t *testing.T) {
			c := Config{Rendering: &fakeEraser{}, Idempotency: &fakeEraser{}}
			v := reflect.ValueOf(&c).Elem()
			for j := range whole.NumField() {
				if f := v.Field(j); f.Kind() == reflect.Pointer {
					f.Set(reflect.New(f.Type().Elem()))
				}
			}
			v.Field(i).SetZero()
			if s, err := New(c); err == nil || s != nil {
				t.Errorf("%v, %v", s, err)
			}
		})
	}
}

// TestAuthorization: people export and erase themselves, admins anyone.
func TestAuthorization(t *testing.T) {
	f := newFixture(t)
	bob, unknown := f.newUser("bob@example.com", domain.RoleLawyer), domain.NewID()
	errSink := errors.New("the sink failed")
	for _, tc := range []struct {
		name   string
		caller domain.Principal
		user   domain.ID
		code   domain.Code // "": allowed
	}{
		{"themselves", f.ada, f.ada.UserID, ""},
		{"an admin", f.admin, f.ada.UserID, ""},
		{"another user", bob, f.ada.UserID, domain.Forbidden},
		{"another user, of an unknown id", bob, unknown, domain.Forbidden},
		{"an admin, of an unknown id", f.admin, unknown, domain.NotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := f.Export(t.Context(), tc.caller, tc.user, failingSink{err: errSink, want: tc.user})
			if tc.code == "" && !errors.Is(err, errSink) || tc.code != "" && domain.CodeOf(err) != tc.code {
				t.Errorf("export: %v, want %s", err, tc.code)
			}
			if tc.code == "" {
				return // erased below
			}
			if err := f.Erase(t.Context(), tc.caller, tc.user); domain.CodeOf(err) != tc.code {
				t.Errorf("erasure: %v, want %s", err, tc.code)
			}
		})
	}
	if f.first.erased != nil {
		t.Errorf("erased %v", f.first.erased)
	}
	testkit.Must(t, f.Erase(t.Context(), bob, bob.UserID))
	testkit.Must(t, f.Erase(t.Context(), f.admin, f.ada.UserID))
	if want := []domain.ID{bob.UserID, f.ada.UserID}; !slices.Equal(f.first.erased, want) || !slices.Equal(f.second.erased, want) {
		t.Errorf("erased %v, %v, want %v", f.first.erased, f.second.erased, want)
	}
}

// failingSink fails at the account, the first part of an export. Its other methods are not called.
type failingSink struct {
	Sink
	err  error
	want domain.ID
}

func (s failingSink) User(u account.User) error {
	if u.ID != s.want {
		return errors.New("the account of another user")
	}
	return s.err
}

// TestErase: an erasure happens as a whole, or not at all.
func TestErase(t *testing.T) {
	errEraser := errors.New("the eraser failed")
	for _, tc := range []struct {
		name    string
		prepare func(*fixture)
		user    func(*fixture) domain.ID // nil: ada
		err     error
		code    domain.Code
		reason  string
	}{
		{name: "succeeds"},
		{name: "the first eraser fails", prepare: func(f *fixture) { f.first.err = errEraser }, err: errEraser},
		{name: "the last eraser fails", prepare: func(f *fixture) { f.second.err = errEraser }, err: errEraser},
		{name: "the last admin", user: func(f *fixture) domain.ID { return f.admin.UserID }, code: domain.Conflict},
		{name: "the only owner of a case", prepare: func(f *fixture) {
			_, err := f.cases.Create(f.t.Context(), f.ada, cases.NewCase{Title: "Lease"})
			testkit.Must(f.t, err)
		}, code: domain.Conflict, reason: "case_owner"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFixture(t)
			if tc.prepare != nil {
				tc.prepare(f)
			}
			user := f.ada.UserID
			if tc.user != nil {
				user = tc.user(f)
			}
			err := f.Erase(t.Context(), f.admin, user)
			if tc.err == nil && tc.code == "" {
				testkit.Must(t, err)
				if name := f.name(user); name == "Ada Lovelace" || name == "half erased" || f.eraseJobs() != 1 {
					t.Errorf("the name is %q, with %d jobs", name, f.eraseJobs())
				}
				return
			}
			if tc.err != nil && !errors.Is(err, tc.err) || tc.code != "" && domain.CodeOf(err) != tc.code {
				t.Errorf("error %v", err)
			}
			if e, ok := errors.AsType[*domain.Error](err); tc.reason != "" && (!ok || e.Reason != tc.reason) {
				t.Errorf("error %+v, want reason %s", err, tc.reason)
			}
			if name := f.name(user); name != "Ada Lovelace" || f.eraseJobs() != 0 {
				t.Errorf("the name is %q, with %d jobs", name, f.eraseJobs())
			}
		})
	}
}

// TestEraseInProgress: the job an hour later erases what the user wrote meanwhile, but leaves the address alone,
// which may have a new owner.
func TestEraseInProgress(t *testing.T) {
	f := newFixture(t)
	_, err := f.email.Suppress(t.Context(), f.admin, "ada@example.com")
	testkit.Must(t, err)
	testkit.Must(t, db.WithTx(t.Context(), f.pool, func(tx db.Tx) error { return f.eraseOwned(t.Context(), tx, f.ada.UserID, "") }))
	if reason, err := f.email.WhySuppressed(t.Context(), "ada@example.com"); err != nil || reason == "" {
		t.Errorf("the suppression of the address is %q, %v", reason, err)
	}
	if !slices.Equal(f.first.erased, []domain.ID{f.ada.UserID}) || !slices.Equal(f.second.erased, f.first.erased) {
		t.Errorf("erased %v, %v", f.first.erased, f.second.erased)
	}
	if name := f.name(f.ada.UserID); name != "half erased" {
		t.Errorf("not committed: the name is %q", name)
	}
}

func TestEachItem(t *testing.T) {
	errList, errYield := errors.New("the list failed"), errors.New("the yield failed")
	for _, tc := range []struct {
		name     string
		pages    [][]int
		failPage int // position of the page that cannot be read; -1: none
		failItem int // item that is refused; 0: none
		want     []int
		err      error
	}{
		{"no item", [][]int{{}}, -1, 0, nil, nil},
		{"one page", [][]int{{1, 2}}, -1, 0, []int{1, 2}, nil},
		{"several pages", [][]int{{1, 2}, {3, 4}, {5}}, -1, 0, []int{1, 2, 3, 4, 5}, nil},
		{"an empty page in between", [][]int{{1}, {}, {2}}, -1, 0, []int{1, 2}, nil},
		{"the first page fails", [][]int{{1}}, 0, 0, nil, errList},
		{"a later page fails", [][]int{{1, 2}, {3}}, 1, 0, []int{1, 2}, errList},
		{"an item is refused", [][]int{{1, 2}, {3}}, -1, 2, []int{1, 2}, errYield},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cursors := make([]domain.ID, len(tc.pages))
			for i := range cursors {
				cursors[i] = domain.NewID()
			}
			at := 0
			list := func(cursor *domain.ID) ([]int, *domain.ID, error) {
				if (cursor == nil) != (at == 0) || cursor != nil && *cursor != cursors[at] {
					t.Errorf("page %d was read with the cursor %v", at, cursor)
				}
				if at == tc.failPage {
					return nil, nil, errList
				}
				items := tc.pages[at]
				if at++; at == len(tc.pages) {
					return items, nil, nil
				}
				return items, &cursors[at], nil
			}
			var got []int
			err := eachItem(list, func(item int) error {
				if got = append(got, item); item == tc.failItem {
					return errYield
				}
				return nil
			})
			if !errors.Is(err, tc.err) || !slices.Equal(got, tc.want) {
				t.Errorf("%v, %v, want %v, %v", got, err, tc.want, tc.err)
			}
		})
	}
}
