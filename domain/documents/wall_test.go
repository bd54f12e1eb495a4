package documents_test

import (
	"strings"
	"testing"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/documents"
)

// TestPutOutWhileUploading: who loses a case while their file is on its way leaves nothing in it.
func TestPutOutWhileUploading(t *testing.T) {
	b := newArchive(t)
	b.ada.Role = domain.RoleLawyer
	c, err := b.cases.Create(t.Context(), b.ada, cases.NewCase{Title: "A case"})
	noErr(t, err)
	upload := func() (documents.Stored, error) {
		return b.Upload(t.Context(), b.ada, documents.NewUpload{Name: "a.pdf", Body: strings.NewReader(pdf("x")), CaseID: func() *domain.ID { return &c.ID }})
	}
	d, err := upload()
	noErr(t, err)
	b.files.after = func(call, _ string) error {
		if call == "put" {
			_, err := b.db.ExecContext(t.Context(), "DELETE FROM case_members WHERE case_id = ?", c.ID)
			return err
		}
		return nil
	}
	_, err = upload()
	wantCode(t, err, domain.NotFound)
	if b.rows() != 1 || b.files.count() != 1 {
		t.Errorf("%d rows and %d files are left", b.rows(), b.files.count())
	}
	_, err = b.Get(t.Context(), b.ada, d.ID)
	wantCode(t, err, domain.NotFound)
}

// TestDeletionInACaseOutlivesTheStore: it is done once it is in the timeline; the file goes later.
func TestDeletionInACaseOutlivesTheStore(t *testing.T) {
	b := newArchive(t)
	b.ada.Role = domain.RoleLawyer
	c, err := b.cases.Create(t.Context(), b.ada, cases.NewCase{Title: "A case"})
	noErr(t, err)
	d, err := b.Upload(t.Context(), b.ada, documents.NewUpload{Name: "a.pdf", Body: strings.NewReader(pdf("x")), CaseID: func() *domain.ID { return &c.ID }})
	noErr(t, err)
	b.files.fail = func(string, string) error { return documents.StorageUnavailable(0, nil) }
	noErr(t, b.Delete(t.Context(), b.ada, d.ID))
	_, err = b.Get(t.Context(), b.ada, d.ID)
	wantCode(t, err, domain.NotFound)
	b.files.fail = nil
	noErr(t, b.Sweep(t.Context()))
	if b.rows() != 0 || b.files.count() != 0 {
		t.Errorf("%d rows and %d files are left", b.rows(), b.files.count())
	}
}

// TestWithoutCases: where there are none, naming one is naming what is not there.
func TestWithoutCases(t *testing.T) {
	b := newArchive(t)
	b.Cases = nil
	id := domain.NewID()
	_, err := b.Upload(t.Context(), b.ada, documents.NewUpload{Name: "a.pdf", Body: strings.NewReader(pdf("x")), CaseID: func() *domain.ID { return &id }})
	wantCode(t, err, domain.NotFound)
	_, _, err = b.List(t.Context(), b.ada, documents.StoredFilter{CaseID: &id})
	wantCode(t, err, domain.NotFound)
	_, err = b.Search(t.Context(), b.ada, "word", &id, 1)
	wantCode(t, err, domain.NotFound)
	drafts := documents.NewDrafts(b.db, nil, domain.SystemClock, domain.NewID)
	_, err = drafts.Create(t.Context(), b.ada, documents.NewDraft{Title: "A", Body: "b", CaseID: &id})
	wantCode(t, err, domain.NotFound)
	_, _, err = drafts.List(t.Context(), b.ada, documents.DraftFilter{CaseID: &id})
	wantCode(t, err, domain.NotFound)
}
