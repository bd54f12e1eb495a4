package files_test

import (
	"context"
	"fmt"
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

// syllables form words that no stemmer shortens.
var syllables = strings.Fields("ka mo ru ti lo pa ne vo su di fa go hu ji be zo")

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
