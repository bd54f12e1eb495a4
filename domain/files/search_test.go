package files_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/files"
	"counsel/sandbox/testkit"
)

func TestSearch(t *testing.T) {
	f := newFixture(t)
	nda := f.upload(f.ada, "nda.pdf", pdf("This agreement is confidential.\fEither party may end it by giving thirty days' written termination notice to the other."))
	f.upload(f.ada, "image.png", imageOf(t, "png", 3, 3))
	bobs := f.upload(f.bob, "lease.pdf", pdf("The tenant gives termination notice in spring."))
	if d, _ := f.Get(t.Context(), f.ada, nda.ID); d.Text != files.TextPending {
		t.Errorf("before extraction: %s", d.Text)
	}
	testkit.Must(t, f.ExtractTexts(t.Context()))
	testkit.Must(t, f.ExtractTexts(t.Context()))
	if d, _ := f.Get(t.Context(), f.ada, nda.ID); d.Text != files.TextIndexed {
		t.Errorf("after extraction: %s", d.Text)
	}

	found, err := f.Search(t.Context(), f.ada, "TERMINATION notice?", nil, 0)
	testkit.Must(t, err)
	if len(found) != 1 || found[0].DocumentID != nda.ID || found[0].Page != 2 || found[0].Name != "nda.pdf" || !strings.Contains(found[0].Snippet, "termination notice") {
		t.Fatalf("found %+v", found)
	}
	found, err = f.Search(t.Context(), f.admin, "termination", nil, 10)
	testkit.Must(t, err)
	if len(found) != 2 {
		t.Errorf("an admin finds %+v", found)
	}
	for _, words := range []string{"unicorn", `"`, `+-*()~<>@"`, "' OR 1=1 --", "a", "%", "\\"} {
		if found, err := f.Search(t.Context(), f.ada, words, nil, 10); err != nil || len(found) != 0 {
			t.Errorf("%q finds %+v, %v", words, found, err)
		}
	}
	testkit.Must(t, f.Delete(t.Context(), f.bob, bobs.ID))
	if found, err := f.Search(t.Context(), f.admin, "tenant", nil, 10); err != nil || len(found) != 0 {
		t.Errorf("a deleted file is found: %+v, %v", found, err)
	}
}

// textGenerator generates pages by Zipf's law: a few words on every page, most on very few.
type textGenerator struct {
	random *rand.Rand
	zipf   *rand.Zipf
}

func newTextGenerator(seed uint64) *textGenerator {
	r := rand.New(rand.NewPCG(seed, 1))
	return &textGenerator{r, rand.NewZipf(r, 1.2, 4, 60_000)}
}

// syllables form words that no stemmer shortens.
var syllables = strings.Fields("ka mo ru ti lo pa ne vo su di fa go hu ji be zo")

func newWord(n uint64) string {
	var b strings.Builder
	for range 5 {
		b.WriteString(syllables[n%16])
		n /= 16
	}
	return b.String() + "k"
}

func (g *textGenerator) page(length int) string {
	var b strings.Builder
	b.WriteString("The contract between the parties. ")
	for range length {
		b.WriteString(newWord(g.zipf.Uint64()))
		b.WriteByte(' ')
	}
	return b.String()
}

// insertIndexed inserts files whose texts an earlier version of the program indexed. page returns the n-th page.
func insertIndexed(t testing.TB, pool *sql.DB, owner domain.ID, caseID *domain.ID, count, pages int, page func(n int) string) {
	t.Helper()
	for d := range count {
		id := domain.NewID()
		_, err := pool.ExecContext(t.Context(), `INSERT INTO documents (id, user_id, case_id, name, content_type, kind, state, text_state, size, sha256, created_at, changed_at)
			VALUES (?, ?, ?, 'a.pdf', 'application/pdf', 'uploaded', 'stored', 'indexed', 1, REPEAT('x', 32), NOW(6), NOW(6))`, id, owner, caseID)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		var args []any
		for p := range pages {
			b.WriteString(",(?,?,?)")
			args = append(args, id, p+1, page(d*pages+p))
		}
		if _, err := pool.ExecContext(t.Context(), "INSERT INTO document_pages (document_id, page, text) VALUES "+b.String()[1:], args...); err != nil {
			t.Fatal(err)
		}
	}
}

func (f *fixture) indexAll() {
	f.t.Helper()
	for {
		more, err := f.Reindex(f.t.Context())
		testkit.Must(f.t, err)
		if !more {
			return
		}
	}
}

// rowsRead returns how many rows the server reads while fn runs on a pool of one connection.
func rowsRead(t testing.TB, pool *sql.DB, fn func()) (rows, ranges int) {
	t.Helper()
	read := func() map[string]int {
		out := map[string]int{}
		r, err := pool.QueryContext(context.WithoutCancel(t.Context()), "SHOW SESSION STATUS LIKE 'Handler_read%'")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for r.Next() {
			var name string
			var n int
			if err := r.Scan(&name, &n); err != nil {
				t.Fatal(err)
			}
			out[name] = n
		}
		if err := r.Err(); err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := read()
	fn()
	after := read()
	for name, n := range after {
		n -= before[name]
		switch name {
		case "Handler_read_key", "Handler_read_first", "Handler_read_last":
			ranges += n
		case "Handler_read_next", "Handler_read_prev", "Handler_read_rnd", "Handler_read_rnd_next":
			rows += n
		}
	}
	return rows, ranges
}

// TestSearchCost checks that a search reads one more row per 256 pages, regardless of the files of
// other users.
func TestSearchCost(t *testing.T) {
	f := newFixture(t)
	f.db.SetMaxOpenConns(1)
	testkit.Must(t, func() error {
		_, err := f.db.Exec("ALTER TABLE document_pages DROP KEY document_pages_text")
		return err
	}()) // not read by any search, and slow
	const pages = 20_000
	g := newTextGenerator(1)
	insertIndexed(t, f.db, f.ada.UserID, nil, pages/200, 200, func(n int) string {
		if s := g.page(8); n%1000 == 17 {
			return s + " indemnification"
		} else {
			return s
		}
	})
	f.indexAll()
	if _, err := f.db.Exec("ANALYZE TABLE search_scopes, search_postings, search_pages, document_pages, documents"); err != nil {
		t.Fatal(err)
	}
	const blocks = (pages + 255) / 256
	measure := func(who domain.Principal, q string, want, most int) {
		t.Helper()
		var found []files.SearchResult
		rows, ranges := rowsRead(t, f.db, func() {
			var err error
			found, err = f.Search(t.Context(), who, q, nil, 20)
			testkit.Must(t, err)
		})
		t.Logf("%q: %d pages, %d rows, %d ranges", q, len(found), rows, ranges)
		if len(found) != want || rows > most || ranges > 150 {
			t.Errorf("%q finds %d pages, reads %d rows in %d ranges; want %d, at most %d in 150", q, len(found), rows, ranges, want, most)
		}
	}
	const hits = 3 * 20 // a row each of pages, documents and texts
	measure(f.ada, "indemnification", 20, blocks+hits)
	measure(f.ada, "contract", 20, blocks+hits)
	measure(f.ada, "contracts of parties", 20, 3*blocks+hits)
	measure(f.ada, `"between the parties"`, 20, 2*blocks+hits)
	measure(f.ada, "indemnification contract "+newWord(0)+" "+newWord(1), 20, 6*blocks+hits)
	measure(f.ada, "unicorn", 0, 10)
	measure(f.admin, "contract", 20, blocks+hits)
	// Another user's search does not depend on them.
	d := f.upload(f.bob, "a.pdf", pdf("The contract."))
	testkit.Must(t, f.ExtractTexts(t.Context()))
	measure(f.bob, "contract", 1, 20)
	measure(f.bob, "indemnification", 0, 10)
	// Removing a file costs its blocks only.
	rows, _ := rowsRead(t, f.db, func() { testkit.Must(t, f.Delete(t.Context(), f.bob, d.ID)) })
	if rows > 100 {
		t.Errorf("deleting a page reads %d rows", rows)
	}
}

// TestSearchInManyCases checks that a search reads one row for each case that contains the word,
// regardless of the number of cases.
func TestSearchInManyCases(t *testing.T) {
	f := newFixture(t)
	f.db.SetMaxOpenConns(1)
	f.ada.Role = domain.RoleLawyer
	const many = 200
	for range many {
		c, err := f.cases.Create(t.Context(), f.ada, cases.NewCase{Title: "A case"})
		testkit.Must(t, err)
		insertIndexed(t, f.db, f.ada.UserID, &c.ID, 1, 2, func(int) string { return "The contract of the xylophone." })
	}
	f.indexAll()
	rows, ranges := rowsRead(t, f.db, func() {
		if n := len(search(t, f, f.ada, "xylophones")); n != 100 {
			t.Errorf("found %d", n)
		}
	})
	t.Logf("%d rows, %d ranges", rows, ranges)
	if rows > 6*many || ranges > 10*many {
		t.Errorf("%d rows in %d ranges", rows, ranges)
	}
}

// BenchmarkSearch compares a rare with a common word; ns/op of the two should be close.
func BenchmarkSearch(b *testing.B) {
	t := newFixture(b)
	g := newTextGenerator(2)
	insertIndexed(b, t.db, t.ada.UserID, nil, 100, 100, func(n int) string {
		if n%1000 == 17 {
			return g.page(200) + " indemnification"
		}
		return g.page(200)
	})
	t.indexAll()
	for name, q := range map[string]string{"rare": "indemnification", "common": "contract", "both": "indemnification contract", "phrase": `"between the parties"`} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if found, err := t.Search(b.Context(), t.ada, q, nil, 20); err != nil || len(found) == 0 {
					b.Fatal(len(found), err)
				}
			}
		})
	}
}

func search(t *testing.T, f *fixture, who domain.Principal, q string) (names []string) {
	t.Helper()
	results, err := f.Search(t.Context(), who, q, nil, 100)
	testkit.Must(t, err)
	for _, p := range results {
		names = append(names, p.Name)
	}
	return names
}

func (f *fixture) uploadTo(who domain.Principal, caseID *domain.ID, name, text string) files.File {
	f.t.Helper()
	d, err := f.Upload(f.t.Context(), who, files.UploadRequest{Name: name, Body: strings.NewReader(pdf(text)), CaseID: func() *domain.ID { return caseID }})
	testkit.Must(f.t, err)
	return d
}

func (f *fixture) count(query string, args ...any) (n int) {
	f.t.Helper()
	testkit.Must(f.t, f.db.QueryRowContext(f.t.Context(), query, args...).Scan(&n))
	return n
}

// TestSearchAccess checks that a search reveals nothing about files that the caller may not read.
func TestSearchAccess(t *testing.T) {
	f := newFixture(t)
	f.ada.Role, f.bob.Role = domain.RoleLawyer, domain.RoleLawyer
	open := func(title string) *domain.ID {
		c, err := f.cases.Create(t.Context(), f.ada, cases.NewCase{Title: title})
		testkit.Must(t, err)
		return &c.ID
	}
	shared, secret, deleted := open("Shared"), open("Secret"), open("Gone")
	_, err := f.db.Exec("INSERT INTO case_members (case_id, user_id, role, created_at) VALUES (?, ?, 'lawyer', NOW(6))", shared, f.bob.UserID)
	testkit.Must(t, err)
	own := f.uploadTo(f.ada, nil, "own.pdf", "A xylophone of Ada's.")
	f.uploadTo(f.ada, shared, "shared.pdf", "The xylophones of the case.")
	f.uploadTo(f.bob, shared, "bobs.pdf", "Bob's xylophone in the case.")
	f.uploadTo(f.ada, secret, "secret.pdf", "A secret xylophone.")
	f.uploadTo(f.ada, deleted, "gone.pdf", "A xylophone that is gone.")
	f.uploadTo(f.bob, nil, "bob.pdf", "Bob's drum, and a xylophone. A drum and a drum.")
	testkit.Must(t, f.ExtractTexts(t.Context()))
	testkit.Must(t, f.cases.Delete(t.Context(), f.ada, *deleted))
	check := func(who domain.Principal, want ...string) {
		t.Helper()
		got := search(t, f, who, "xylophone")
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("found %q, want %q", got, want)
		}
	}
	check(f.ada, "bobs.pdf", "own.pdf", "secret.pdf", "shared.pdf")
	check(f.bob, "bob.pdf", "bobs.pdf", "shared.pdf")
	check(f.admin, "bob.pdf", "bobs.pdf", "own.pdf", "secret.pdf", "shared.pdf")
	if p, err := f.Search(t.Context(), f.bob, "xylophone", shared, 10); err != nil || len(p) != 2 {
		t.Errorf("in the case: %+v, %v", p, err)
	}
	_, err = f.Search(t.Context(), f.bob, "xylophone", secret, 10)
	wantCode(t, err, domain.NotFound)
	_, err = f.Search(t.Context(), f.admin, "xylophone", deleted, 10)
	wantCode(t, err, domain.NotFound)
	unknown := domain.NewID()
	_, err = f.Search(t.Context(), f.bob, "xylophone", &unknown, 10)
	wantCode(t, err, domain.NotFound)
	_, err = f.Search(t.Context(), f.bob, "xylophone", &f.ada.UserID, 10) // the index knows it, but not as a case
	wantCode(t, err, domain.NotFound)
	for _, q := range []string{"xylophone secret", `"secret xylophone"`, "secret"} {
		if got := search(t, f, f.bob, q); slices.Contains(got, "secret.pdf") {
			t.Errorf("%s finds %q", q, got)
		}
	}

	// How rare a word is elsewhere does not affect the ranking.
	before := search(t, f, f.bob, "xylophone drum")
	for i := range 30 {
		f.uploadTo(f.ada, nil, fmt.Sprint(i, ".pdf"), "drum drum drum")
	}
	testkit.Must(t, f.ExtractTexts(t.Context()))
	if after := search(t, f, f.bob, "xylophone drum"); !slices.Equal(after, before) {
		t.Errorf("in the order %q, and then %q", before, after)
	}

	// A corrupt index reveals nothing.
	_, err = f.db.Exec(`UPDATE search_pages SET document_id = ? WHERE document_id IN (SELECT id FROM documents WHERE name IN ('bob.pdf', 'bobs.pdf'))`, own.ID)
	testkit.Must(t, err)
	check(f.bob, "shared.pdf")

	// A former member finds nothing in the case, not even their own files.
	_, err = f.db.Exec("DELETE FROM case_members WHERE user_id = ?", f.bob.UserID)
	testkit.Must(t, err)
	check(f.bob)
}

// TestDeleteFromIndex checks that nothing of a deleted file remains in the index.
func TestDeleteFromIndex(t *testing.T) {
	f := newFixture(t)
	deleted := f.uploadTo(f.ada, nil, "one.pdf", "The xylophone.\fAnd the drum.")
	f.uploadTo(f.ada, nil, "two.pdf", "A xylophone and a trombone.")
	testkit.Must(t, f.ExtractTexts(t.Context()))
	all := f.count("SELECT COUNT(*) FROM search_postings")
	testkit.Must(t, f.Delete(t.Context(), f.ada, deleted.ID))
	if got := search(t, f, f.ada, "xylophone drum"); !slices.Equal(got, []string{"two.pdf"}) {
		t.Errorf("found %q", got)
	}
	postings := f.count("SELECT COUNT(*) FROM search_postings")
	if postings >= all || postings == 0 || f.count("SELECT COUNT(*) FROM search_pages WHERE document_id = ?", deleted.ID) != 0 || f.count("SELECT MAX(LENGTH(postings)) FROM search_postings") != 2 {
		t.Errorf("%d of %d rows are left", postings, all)
	}

	// An earlier version of the program deletes files without the index; the sweep finishes that.
	_, err := f.db.Exec("DELETE FROM documents")
	testkit.Must(t, err)
	if got := search(t, f, f.ada, "xylophone"); len(got) != 0 {
		t.Errorf("found %q", got)
	}
	testkit.Must(t, f.SweepIndex(t.Context()))
	if n := f.count("SELECT (SELECT COUNT(*) FROM search_postings) + (SELECT COUNT(*) FROM search_pages)"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// TestEraseFromIndex checks that an erasure removes everything but signed files from the index.
func TestEraseFromIndex(t *testing.T) {
	f := newFixture(t)
	f.uploadTo(f.ada, nil, "own.pdf", "The xylophone.")
	signed := f.uploadTo(f.ada, nil, "signed.pdf", "A signed xylophone.")
	f.uploadTo(f.bob, nil, "bobs.pdf", "Bob's xylophone.")
	_, err := f.db.Exec("UPDATE documents SET kind = 'signed' WHERE id = ?", signed.ID)
	testkit.Must(t, err)
	testkit.Must(t, f.ExtractTexts(t.Context()))
	others := f.count("SELECT COUNT(*) FROM search_postings p JOIN search_scopes s ON s.scope = p.scope WHERE s.owner = ?", f.bob.UserID)
	testkit.Must(t, db.WithTx(t.Context(), f.db, func(tx db.Tx) error { return f.EraseUser(t.Context(), tx, f.ada.UserID) }))
	if n := f.count("SELECT COUNT(*) FROM search_postings"); n != others {
		t.Errorf("%d rows of postings, of others %d", n, others)
	}
	f.indexAll()
	if got := search(t, f, f.admin, "xylophone"); len(got) != 2 || slices.Contains(got, "own.pdf") {
		t.Errorf("found %q", got)
	}
	testkit.Must(t, f.Sweep(t.Context()))
}

// TestReindex reindexes the texts of an earlier version, although it is interrupted and runs
// several times concurrently with searches.
func TestReindex(t *testing.T) {
	f := newFixture(t)
	insertIndexed(t, f.db, f.ada.UserID, nil, 50, 3, func(n int) string { return fmt.Sprint("The xylophone number", n, " of many.") })
	if got := search(t, f, f.ada, "xylophones"); len(got) != 0 {
		t.Fatalf("found before reindexing: %q", got)
	}
	more, err := f.Reindex(t.Context())
	testkit.Must(t, err)
	if n := len(search(t, f, f.ada, "xylophones")); !more || n == 0 || n == 100 {
		t.Errorf("after some: %d, more: %v", n, more)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Reindex(ctx); err == nil {
		t.Error("it succeeds")
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				more, err := f.Reindex(t.Context())
				if err != nil {
					t.Error(err)
				}
				if !more {
					return
				}
			}
		})
	}
	wg.Wait()
	if n := f.count("SELECT COUNT(*) FROM search_pages"); n != 150 {
		t.Errorf("%d pages are indexed", n)
	}
	if n := f.count("SELECT SUM(LENGTH(postings)) FROM search_postings WHERE term = (SELECT term FROM search_postings GROUP BY term ORDER BY SUM(LENGTH(postings)) DESC LIMIT 1)"); n != 300 {
		t.Errorf("%d bytes for a word that is on each of 150 pages", n)
	}
	if n := len(search(t, f, f.ada, "xylophones")); n != 100 {
		t.Errorf("found %d", n)
	}
	// Another version of the analysis replaces the index.
	_, err = f.db.Exec("UPDATE documents SET search_version = 0 LIMIT 7")
	testkit.Must(t, err)
	f.indexAll()
	if n := f.count("SELECT COUNT(*) FROM search_pages"); n != 150 {
		t.Errorf("%d pages are indexed", n)
	}
}

// TestFindPages finds the words of a question in other forms.
func TestFindPages(t *testing.T) {
	f := newFixture(t)
	d := f.uploadTo(f.ada, nil, "a.pdf", "Allgemeines.\fDie Kündigungsfristen betragen drei Monate.\fSonstiges.\fLes contrats sont résiliés.\f秘密保持契約は五年後に終了する。")
	other := f.uploadTo(f.ada, nil, "b.pdf", "Die Kündigung und noch eine Kündigung.")
	testkit.Must(t, f.ExtractTexts(t.Context()))
	for question, page := range map[string]int{
		"Wie kann ich das kündigen?":              2,
		"Welche Frist gilt?":                      2,
		"Comment résilier le contrat?":            4,
		"秘密保持契約はいつ終了しますか":                         5,
		"When does it end, and what is a 契約 for?": 5,
	} {
		pages, err := f.FindPages(t.Context(), []domain.ID{d.ID}, question, 1)
		testkit.Must(t, err)
		if len(pages) != 1 || pages[0].Number != page || pages[0].DocumentID != d.ID {
			t.Errorf("%s: %+v", question, pages)
		}
	}
	pages, err := f.FindPages(t.Context(), []domain.ID{d.ID, other.ID}, "xylophone", 10)
	testkit.Must(t, err)
	if len(pages) != 4 {
		t.Errorf("without a matching page: %+v", pages)
	}
}
