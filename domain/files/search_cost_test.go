package files_test

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/files"
	"counsel/sandbox/testkit"
)

// textGenerator generates pages by Zipf's law: a few words on every page, most on very few.
type textGenerator struct {
	random *rand.Rand
	zipf   *rand.Zipf
}

func newTextGenerator(seed uint64) *textGenerator {
	r := rand.New(rand.NewPCG(seed, 1))
	return &textGenerator{r, rand.NewZipf(r, 1.2, 4, 60_000)}
}

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
