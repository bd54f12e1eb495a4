package handlers_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"counsel/domain"
	"counsel/domain/backup"
	"counsel/domain/esign/evidence"
	"counsel/domain/files/filestest"
	"counsel/gen/api"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

// TestBackupUnderLoad restores a backup that was created while clients wrote and deleted, and opens the service on it: every
// document, timeline and evidence is whole, and people sign in with their passwords.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	lena := f.register("lena", domain.RoleLawyer)
	caseID := f.createCase(lena)
	sent := f.initiateSignature(lena, caseID, "ada@example.com")
	token := map[string]any{"token": f.linkSecret("ada@example.com")}
	var view api.SigningView
	f.call(nil, "POST", "/api/esign/signing/view", token).expect(200, "").decode(&view)
	f.call(nil, "POST", "/api/esign/signing/consent", map[string]any{"token": token["token"], "disclosure": view.Disclosure.Version}).expect(200, "")
	f.call(nil, "POST", "/api/esign/signing/sign", map[string]any{"token": token["token"], "signature": map[string]any{"typed": "Ada"}}).expect(200, "")
	f.waitForSignatureJobs()
	f.call(lena, "POST", "/api/ai/chat", chatBody(lena, "How long does an NDA bind me?")).expect(200, "")

	writing, done := make(chan struct{}), make(chan struct{})
	var stop atomic.Bool
	go func() {
		defer close(done)
		for i := 0; !stop.Load(); i++ {
			var d api.StoredDocument
			f.uploadToCase(lena, caseID, "note.docx", wordFile(t, fmt.Sprint("Note ", i))).expect(201, "").decode(&d)
			f.call(lena, "POST", "/api/cases/"+caseID+"/notes", map[string]any{"body": fmt.Sprint("Note ", i)}).expect(201, "")
			if i%2 == 0 {
				f.call(lena, "DELETE", "/api/docs/"+d.ID.String(), nil).expect(204, "")
			}
			if i == 5 {
				close(writing)
			}
		}
	}()
	select {
	case <-writing:
	case <-done: // a request failed
		t.FailNow()
	}
	dir := t.TempDir()
	config := backup.Config{Pool: f.db, Store: f.store, Clock: domain.SystemClock, Log: slog.New(slog.DiscardHandler)}
	source, err := backup.New(config)
	testkit.Must(t, err)
	m, err := source.Create(t.Context(), dir)
	stop.Store(true)
	<-done
	testkit.Must(t, err)

	url := testenv.NewDatabaseURL(t)
	store := filestest.NewStore(domain.SystemClock)
	config.Pool, config.Store = testenv.OpenDB(t, url), store
	target, err := backup.New(config)
	testkit.Must(t, err)
	_, err = target.Restore(t.Context(), dir)
	testkit.Must(t, err)

	restored := newFixture(t, func(c *fixtureConfig) { c.Database.URL = url })
	restored.store.Objects = store.Objects
	restored.signIn(lena, "lena@example.com", "correct horse battery")
	var documents api.StoredDocumentList
	restored.call(lena, "GET", "/api/docs?limit=100&caseId="+caseID, nil).expect(200, "").decode(&documents)
	for _, d := range documents.Items {
		var v api.Verification
		restored.call(lena, "POST", "/api/docs/"+d.ID.String()+"/verify", nil).expect(200, "").decode(&v)
		if !v.Intact {
			t.Errorf("the document %s (%s) is not intact", d.ID, d.Name)
		}
	}
	if len(documents.Items) < 4 || int64(len(documents.Items)) != m.Objects.Count {
		t.Errorf("%d documents are listed, the backup has %d", len(documents.Items), m.Objects.Count)
	}
	var timeline api.TimelineVerification
	restored.call(lena, "GET", "/api/cases/"+caseID+"/timeline/verify", nil).expect(200, "").decode(&timeline)
	if !timeline.Intact || timeline.Entries < 10 {
		t.Errorf("the timeline is %+v", timeline)
	}
	found, err := evidence.Verify(restored.call(lena, "GET", "/api/esign/"+sent.TrackingID.String()+"/evidence", nil).expect(200, "").body)
	testkit.Must(t, err)
	if !found.Sealed {
		t.Errorf("the evidence says %+v", found)
	}
	var consultations api.ConsultationList
	restored.call(lena, "GET", "/api/ai/consultations", nil).expect(200, "").decode(&consultations)
	if len(consultations.Items) != 1 || !strings.Contains(consultations.Items[0].Excerpt, "NDA") {
		t.Errorf("consultations: %+v", consultations.Items)
	}
}
