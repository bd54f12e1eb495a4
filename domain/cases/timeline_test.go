package cases

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/sandbox/testkit"
)

func TestTimelineRecordsEverything(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	id := f.open(f.anna, "A case")
	f.add(id, f.bert, Viewer)
	_, err := f.Get(ctx, f.bert, id)
	testkit.Must(t, err)
	_, err = f.AddNote(ctx, f.bert, id, NewNote{Body: "not for me to write"})
	wantError(t, err, domain.Forbidden)
	_, err = f.Get(ctx, f.carl, id)
	wantError(t, err, domain.NotFound)
	f.FlushDenials(ctx)
	wantError(t, f.Authorize(ctx, f.carl, id, Action{Verb: VerbDownload, Resource: ResourceDocument}), domain.NotFound)
	f.FlushDenials(ctx)                                                                                   // the same hour: no second entry
	testkit.Must(t, f.Authorize(ctx, f.bert, id, Action{Verb: VerbDownload, Resource: ResourceDocument})) // only checks, records nothing
	testkit.Must(t, f.AuthorizeRead(ctx, f.bert, id, Action{Verb: VerbDownload, Resource: ResourceDocument, ID: &id}))

	var got []string
	for _, e := range f.entries(id) {
		who := map[domain.ID]string{f.anna.UserID: "anna", f.bert.UserID: "bert", f.carl.UserID: "carl", f.admin.UserID: "root"}[e.ActorID]
		got = append(got, strings.TrimSpace(fmt.Sprintf("%d %s %s %s %v %s", e.Seq, who, e.Verb, e.Resource, e.Refused, e.Detail)))
	}
	want := []string{
		"1 anna create case false",
		"2 root create member false role viewer",
		"3 bert read case false",
		"4 bert create note true forbidden",
		"5 carl read case true not_found",
		"6 bert download document false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("timeline\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	// A case that does not exist has no timeline to write to.
	_, err = f.Get(ctx, f.carl, domain.NewID())
	wantError(t, err, domain.NotFound)

	first, next, err := f.Timeline(ctx, f.anna, id, 5, 0)
	testkit.Must(t, err)
	rest, head, err := f.Timeline(ctx, f.anna, id, 5, next)
	testkit.Must(t, err)
	if len(first) != 5 || first[0].Seq != 7 || first[0].Resource != ResourceTimeline || len(rest) != 2 || rest[1].Seq != 1 || head != 0 {
		t.Errorf("paged %d from %d, %d to the end %d", len(first), first[0].Seq, len(rest), head)
	}
	wantError(t, f.Authorize(ctx, f.anna, id, Action{Verb: VerbCreate, Resource: ResourceTimeline}), domain.Forbidden)
}

// TestHashCoversEveryField pins the hash of one entry, so that old timelines remain verifiable, and
// checks that every field changes it.
func TestHashCoversEveryField(t *testing.T) {
	id := domain.ID{1}
	e := Entry{Seq: 7, At: time.UnixMicro(1_790_000_000_123_456).UTC(), ActorID: domain.ID{2}, Prev: make([]byte, hashSize),
		Action: Action{Verb: VerbCreate, Resource: ResourceNote, ID: &domain.ID{3}, Detail: "d"}}
	const pinned = "023011292da3c60c58608e234db224e833afe9f028e130eed1fbbee681d8b3a8"
	sum := hex.EncodeToString(e.computeHash(id))
	if sum != pinned {
		t.Errorf("the hash is %s", sum)
	}
	for name, change := range map[string]func(*Entry){
		"seq": func(e *Entry) { e.Seq++ }, "time": func(e *Entry) { e.At = e.At.Add(time.Microsecond) }, "actor": func(e *Entry) { e.ActorID[15]++ },
		"verb": func(e *Entry) { e.Verb = VerbUpdate }, "subject": func(e *Entry) { e.Resource = ResourceTask }, "id": func(e *Entry) { e.ID = nil },
		"detail": func(e *Entry) { e.Detail = "" }, "refused": func(e *Entry) { e.Refused = true }, "prev": func(e *Entry) { e.Prev = append([]byte{1}, e.Prev[1:]...) },
		"a border between fields": func(e *Entry) { e.Verb, e.Resource = "createno", "te" },
	} {
		candidate := e
		change(&candidate)
		if hex.EncodeToString(candidate.computeHash(id)) == sum {
			t.Errorf("%s is not part of the hash", name)
		}
	}
	if hex.EncodeToString(e.computeHash(domain.ID{9})) == sum {
		t.Error("the case is not part of the hash")
	}
}

// TestVerifyFindsEveryAlteration alters one column of one row at a time.
func TestVerifyFindsEveryAlteration(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	fresh := func() domain.ID {
		id := f.open(f.anna, "A case")
		for i := range 6 {
			_, err := f.AddNote(ctx, f.anna, id, NewNote{Body: fmt.Sprint(i)})
			testkit.Must(t, err)
		}
		return id // seven entries; the verification adds one
	}
	id := fresh()
	verification, err := f.Verify(ctx, f.anna, id)
	testkit.Must(t, err)
	if !verification.Intact || verification.Entries != 8 || verification.BrokenAt != 0 || hex.EncodeToString(verification.Head) != hex.EncodeToString(f.last(id).Hash) {
		t.Fatalf("before the alteration: %+v", verification)
	}
	_, err = f.Verify(ctx, f.carl, id)
	wantError(t, err, domain.NotFound)

	candidate := "UNHEX(SHA2('x', 256))"
	for name, c := range map[string]struct {
		sql []string
		at  uint64
	}{
		"time":          {[]string{"UPDATE case_timeline SET created_at = created_at + INTERVAL 1 MICROSECOND WHERE case_id = ? AND seq = 3"}, 3},
		"actor":         {[]string{"UPDATE case_timeline SET actor_id = UNHEX(REPEAT('0', 32)) WHERE case_id = ? AND seq = 3"}, 3},
		"verb":          {[]string{"UPDATE case_timeline SET verb = 'read' WHERE case_id = ? AND seq = 3"}, 3},
		"subject":       {[]string{"UPDATE case_timeline SET subject = 'task' WHERE case_id = ? AND seq = 3"}, 3},
		"subject id":    {[]string{"UPDATE case_timeline SET subject_id = NULL WHERE case_id = ? AND seq = 3"}, 3},
		"key":           {[]string{"UPDATE case_timeline SET key_id = REPEAT('k', 16) WHERE case_id = ? AND seq = 3"}, 3},
		"outcome":       {[]string{"UPDATE case_timeline SET refused = TRUE WHERE case_id = ? AND seq = 3"}, 3},
		"detail":        {[]string{"UPDATE case_timeline SET detail = 'nothing' WHERE case_id = ? AND seq = 3"}, 3},
		"prev":          {[]string{"UPDATE case_timeline SET prev_hash = " + candidate + " WHERE case_id = ? AND seq = 3"}, 3},
		"hash":          {[]string{"UPDATE case_timeline SET hash = " + candidate + " WHERE case_id = ? AND seq = 3"}, 3},
		"hash and next": {[]string{"UPDATE case_timeline SET hash = " + candidate + " WHERE case_id = ? AND seq = 3", "UPDATE case_timeline SET prev_hash = " + candidate + " WHERE case_id = ? AND seq = 4"}, 3},
		"first":         {[]string{"DELETE FROM case_timeline WHERE case_id = ? AND seq = 1"}, 1},
		"middle":        {[]string{"DELETE FROM case_timeline WHERE case_id = ? AND seq = 4"}, 4},
		"renumbered":    {[]string{"DELETE FROM case_timeline WHERE case_id = ? AND seq = 4", "UPDATE case_timeline SET seq = seq - 1 WHERE case_id = ? AND seq > 4 ORDER BY seq"}, 4},
		"two swapped": {[]string{"UPDATE case_timeline SET seq = 100 WHERE case_id = ? AND seq = 3", "UPDATE case_timeline SET seq = 3 WHERE case_id = ? AND seq = 4",
			"UPDATE case_timeline SET seq = 4 WHERE case_id = ? AND seq = 100"}, 3},
		"all but the head": {[]string{"DELETE FROM case_timeline WHERE case_id = ?"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			id := fresh()
			for _, q := range c.sql {
				_, err := f.pool.ExecContext(ctx, q, id)
				testkit.Must(t, err)
			}
			verification, err := f.Verify(ctx, f.anna, id)
			testkit.Must(t, err)
			if verification.Intact || verification.BrokenAt != c.at || verification.Entries != c.at-1 {
				t.Errorf("verification %+v, want broken at %d", verification, c.at)
			}
		})
	}

	// The last entry is deleted and the head moved back. The chain is consistent, but the head that
	// was recorded before does not match.
	id = fresh()
	last := f.last(id)
	_, err = f.pool.ExecContext(ctx, "DELETE FROM case_timeline WHERE case_id = ? AND seq = 7", id)
	testkit.Must(t, err)
	if verification, err = f.Verify(ctx, f.anna, id); err != nil || verification.Intact || verification.BrokenAt != 7 {
		t.Errorf("truncated: %+v, %v", verification, err)
	}
	if slices.ContainsFunc(f.entries(id), func(e Entry) bool { return slices.Equal(e.Hash, last.Hash) }) {
		t.Error("the deleted entry still exists")
	}

	// Entries of another case do not fit.
	a, z := fresh(), fresh()
	_, err = f.pool.ExecContext(ctx, "DELETE FROM case_timeline WHERE case_id = ?", a)
	testkit.Must(t, err)
	_, err = f.pool.ExecContext(ctx, `INSERT INTO case_timeline SELECT ?, seq, created_at, actor_id, verb, subject, subject_id, refused, detail, prev_hash, hash, key_id
		FROM case_timeline WHERE case_id = ?`, a, z)
	testkit.Must(t, err)
	if verification, err = f.Verify(ctx, f.anna, a); err != nil || verification.Intact || verification.BrokenAt != 1 {
		t.Errorf("copied from another case: %+v, %v", verification, err)
	}
}

// TestConcurrentAppends checks that concurrent appends to a case form one chain.
func TestConcurrentAppends(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	id := f.open(f.anna, "A case")
	f.add(id, f.bert, Assistant)
	const workers, each = 16, 12
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				var err error
				switch (w + i) % 4 {
				case 0:
					_, err = f.AddNote(ctx, f.bert, id, NewNote{Body: "note"})
				case 1:
					_, err = f.Get(ctx, f.anna, id)
				case 2:
					_, err = f.Update(ctx, f.anna, id, Update{Title: ptr(fmt.Sprint(w, i))})
				case 3:
					if _, err = f.Get(ctx, f.carl, id); domain.CodeOf(err) == domain.NotFound {
						err = nil
					}
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	f.FlushDenials(ctx)
	verification, err := f.Verify(ctx, f.anna, id)
	testkit.Must(t, err)
	if want := uint64(2 + workers*each*3/4 + 1 + 1); !verification.Intact || verification.Entries != want { // Carl's 48 denials are one entry
		t.Errorf("%+v, want %d entries", verification, want)
	}
}

func TestVerifyLongTimeline(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	id := f.open(f.anna, "A case")
	// Inserted as append does, but without a transaction for each.
	head := f.last(id)
	values, args := []string{}, []any{}
	for range 2 * verifyBatch {
		e := Entry{Seq: head.Seq + 1, At: head.At, ActorID: f.anna.UserID, Action: Action{Verb: VerbRead, Resource: ResourceCase}, Prev: head.Hash}
		e.Hash = e.computeHash(id)
		values = append(values, "(?,?,?,?,?,?,NULL,FALSE,'',?,?,NULL)")
		args = append(args, id, e.Seq, e.At, e.ActorID, e.Verb, e.Resource, e.Prev, e.Hash)
		head = e
	}
	_, err := f.pool.ExecContext(ctx, "INSERT INTO case_timeline VALUES "+strings.Join(values, ","), args...)
	testkit.Must(t, err)
	_, err = f.pool.ExecContext(ctx, "UPDATE case_heads SET seq = ?, hash = ? WHERE case_id = ?", head.Seq, head.Hash, id)
	testkit.Must(t, err)
	verification, err := f.Verify(ctx, f.anna, id)
	testkit.Must(t, err)
	if !verification.Intact || verification.Entries != 2*verifyBatch+2 {
		t.Errorf("%+v", verification)
	}
	_, err = f.pool.ExecContext(ctx, "UPDATE case_timeline SET detail = 'x' WHERE case_id = ? AND seq = ?", id, verifyBatch+500)
	testkit.Must(t, err)
	if verification, err = f.Verify(ctx, f.anna, id); err != nil || verification.BrokenAt != verifyBatch+500 {
		t.Errorf("%+v, %v", verification, err)
	}
}

// BenchmarkAuthorize measures the access check: one query.
func BenchmarkAuthorize(b *testing.B) {
	s := newFixture(b)
	id := s.open(s.anna, "A case")
	for b.Loop() {
		testkit.Must(b, s.Authorize(b.Context(), s.anna, id, Action{Verb: VerbRead, Resource: ResourceCase}))
	}
}

// BenchmarkRead measures the access check with its committed timeline entry.
func BenchmarkRead(b *testing.B) {
	s := newFixture(b)
	id := s.open(s.anna, "A case")
	for b.Loop() {
		testkit.Must(b, s.AuthorizeRead(b.Context(), s.anna, id, Action{Verb: VerbRead, Resource: ResourceCase}))
	}
}

// BenchmarkDecide measures the policy.
func BenchmarkDecide(b *testing.B) {
	p := domain.Principal{UserID: domain.NewID(), Role: domain.RoleLawyer}
	for b.Loop() {
		if evaluate(p, Assistant, Open, false, false, Action{Verb: VerbUpdate, Resource: ResourceDocument}) != nil {
			b.Fatal("refused")
		}
	}
}
