package handlers_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/esign"
	"counsel/domain/esign/evidence"
	"counsel/domain/files"
	"counsel/gen/api"
	aiquery "counsel/gen/query/ai"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

// TestExport: the export contains everything of a person and nothing of others.
func TestExport(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleClient)
	path := "/api/users/" + bob.ID.String() + "/export"

	var empty api.UserExport
	f.call(bob, "GET", path, nil).expect(200, "").decode(&empty)
	if empty.User.Email != "bob@example.com" || len(empty.Consultations)+len(empty.Drafts)+len(empty.Cases) != 0 {
		t.Errorf("the copy of a new account: %+v", empty)
	}

	var c, other api.Case
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "Another"}).expect(201, "").decode(&other)
	root := "/api/cases/" + c.ID.String()
	f.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "assistant"}).expect(201, "")
	for _, who := range []*user{ada, bob} {
		f.call(who, "POST", root+"/notes", map[string]any{"body": "a note of " + who.FullName}).expect(201, "")
		f.call(who, "POST", root+"/tasks", map[string]any{"title": "a task of " + who.FullName}).expect(201, "")
		for _, inCase := range []bool{false, true} {
			q := chatBody(who, "a question of "+who.FullName)
			if inCase {
				q["context"] = map[string]any{"caseId": c.ID}
			}
			f.call(who, "POST", "/api/ai/chat", q).expect(200, "")
		}
		var d api.Draft
		f.call(who, "POST", "/api/drafts", map[string]any{"title": "Notice", "body": "the first draft of " + who.FullName}).expect(201, "").decode(&d)
		f.upload(who, "of "+who.FullName+".pdf", smallPDF(700)).expect(201, "")
		f.call(who, "PATCH", "/api/drafts/"+d.ID.String(), map[string]any{"version": 1, "body": "the second draft of " + who.FullName}).expect(200, "")
	}

	for _, who := range []*user{bob, f.admin()} {
		var x api.UserExport
		a := f.call(who, "GET", path, nil).expect(200, "")
		a.decode(&x)
		if len(x.Consultations) != 1 || len(x.Drafts) != 1 || len(x.Documents) != 1 || x.Documents[0].Name != "of bob.pdf" || len(x.Drafts[0].Versions) != 2 || len(x.Cases) != 1 {
			t.Fatalf("copied %s", a.body)
		}
		in := x.Cases[0]
		if in.CaseID != c.ID || in.Role != api.CaseRoleAssistant || len(in.Notes) != 1 || len(in.Tasks) != 1 || len(in.Consultations) != 1 {
			t.Errorf("the case has %+v", in)
		}
		if strings.Contains(string(a.body), " of ada") || strings.Contains(string(a.body), other.ID.String()) {
			t.Errorf("it contains data of another user: %s", a.body)
		}
		if a.header.Get("Cache-Control") != "no-store" {
			t.Error("a cache may store the copy")
		}
	}
	f.call(ada, "GET", path, nil).expect(403, "forbidden")
	f.call(f.admin(), "GET", "/api/users/"+domain.NewID().String()+"/export", nil).expect(404, "not_found")

	var page api.CaseTimeline
	f.call(ada, "GET", root+"/timeline?limit=100", nil).expect(200, "").decode(&page)
	n := 0
	for _, e := range page.Items {
		if e.Verb == "download" && e.Subject == "member" && *e.SubjectID == bob.ID {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d copies are in the timeline, want 2", n)
	}

	// What they contributed to a case is exported only while they are members.
	f.call(ada, "DELETE", root+"/members/"+bob.ID.String(), nil).expect(204, "")
	a := f.call(bob, "GET", path, nil).expect(200, "")
	if strings.Contains(string(a.body), c.ID.String()) {
		t.Errorf("a case is in the copy after leaving it: %s", a.body)
	}
}

// TestExportSignatures: the export contains the requests that a person sent and, once their address is
// confirmed, what is stored about them as a signer. Erasure withdraws open requests and keeps the evidence of
// signed ones.
func TestExportSignatures(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	lena, ada := f.register("lena", domain.RoleLawyer), f.register("ada", domain.RoleClient)
	copied := func(who *user) (x api.UserExport) {
		t.Helper()
		f.call(who, "GET", "/api/users/"+who.ID.String()+"/export", nil).expect(200, "").decode(&x)
		return x
	}
	sent := f.initiateSignature(lena, "", "ada@example.com", "eve@example.com")
	signing := func(what string, body map[string]any) {
		t.Helper()
		body["token"] = f.linkSecret("ada@example.com")
		f.call(nil, "POST", "/api/esign/signing/"+what, body, "User-Agent", "Phone/1.0").expect(200, "")
	}
	signing("view", map[string]any{})
	signing("consent", map[string]any{"disclosure": esign.Disclosure})
	signing("sign", map[string]any{"signature": map[string]any{"typed": "Ada Lovelace"}})
	var c api.Case
	f.call(lena, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	inCase := f.initiateSignature(lena, c.ID.String(), "grace@example.com")

	x := copied(lena)
	if len(x.SignatureRequests) != 1 || x.SignatureRequests[0].TrackingID != sent.TrackingID || len(x.Signatures) != 0 || len(x.Cases) != 1 || len(x.Cases[0].SignatureRequests) != 1 || x.Cases[0].SignatureRequests[0].TrackingID != inCase.TrackingID {
		t.Errorf("the copy of the sender: %+v, %+v, %+v", x.SignatureRequests, x.Signatures, x.Cases)
	}
	if x := copied(ada); len(x.Signatures) != 0 {
		t.Errorf("before the address is verified: %+v", x.Signatures)
	}
	f.verifyEmail("ada@example.com")
	if x = copied(ada); len(x.Signatures) != 1 || len(x.SignatureRequests) != 0 {
		t.Fatalf("the copy of the signer: %+v, %+v", x.Signatures, x.SignatureRequests)
	}
	if record := x.Signatures[0]; record.TrackingID != sent.TrackingID || record.SenderName != "lena" || *record.Signature.Typed != "Ada Lovelace" || *record.Disclosure != esign.Disclosure || len(record.Events) != 5 || *record.Events[2].UserAgent != "Phone/1.0" {
		t.Errorf("the copy of the signer: %+v", record)
	}
	raw, err := json.Marshal(x)
	testkit.Must(t, err)
	if strings.Contains(string(raw), "eve@example.com") {
		t.Errorf("it names another signer: %s", raw)
	}

	f.call(ada, "DELETE", "/api/users/"+ada.ID.String(), nil).expect(204, "")
	f.call(lena, "POST", "/api/esign/"+inCase.TrackingID.String()+"/cancel", nil).expect(200, "")
	f.call(lena, "PATCH", "/api/cases/"+c.ID.String(), map[string]any{"status": "closed"}).expect(200, "")
	f.call(lena, "DELETE", "/api/cases/"+c.ID.String(), nil).expect(204, "")
	f.call(lena, "DELETE", "/api/users/"+lena.ID.String(), nil).expect(204, "")
	admin := f.admin()
	var r api.SignatureRequest
	f.call(admin, "GET", "/api/esign/"+sent.TrackingID.String(), nil).expect(200, "").decode(&r)
	if r.Status != api.SignatureStatusCancelled {
		t.Errorf("is %s", r.Status)
	}
	found, err := evidence.Verify(f.call(admin, "GET", "/api/esign/"+sent.TrackingID.String()+"/evidence", nil).expect(200, "").body)
	testkit.Must(t, err)
	if !strings.Contains(found.Signers[0], "ada@example.com") {
		t.Errorf("the evidence says %+v", found)
	}
}

func TestErase(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob, eve := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleClient), f.register("eve", domain.RoleClient)
	admin := f.admin()
	var c api.Case
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	f.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "assistant"}).expect(201, "")
	f.call(bob, "POST", root+"/notes", map[string]any{"body": "stays"}).expect(201, "")
	f.call(ada, "POST", root+"/tasks", map[string]any{"title": "Answer", "assigneeId": bob.ID}).expect(201, "")
	f.call(bob, "POST", "/api/ai/chat", chatBody(bob, "What may I do?")).expect(200, "")
	f.call(bob, "POST", "/api/drafts", map[string]any{"title": "Mine", "body": "text"}).expect(201, "")
	f.upload(bob, "mine.pdf", smallPDF(700)).expect(201, "")
	path := "/api/users/" + bob.ID.String()

	f.call(ada, "DELETE", path, nil).expect(403, "forbidden")
	f.call(admin, "DELETE", "/api/users/"+domain.NewID().String(), nil).expect(404, "not_found")
	f.call(ada, "DELETE", "/api/users/"+ada.ID.String(), nil).expect(409, "case_owner")
	f.call(admin, "DELETE", "/api/users/"+admin.ID.String(), nil).expect(409, "conflict")

	// A legal hold covers members, contributors and parties.
	f.call(ada, "POST", root+"/parties", map[string]any{"kind": "person", "side": "client", "name": "Eve", "email": "EVE@example.com"}).expect(201, "")
	f.call(ada, "PATCH", root, map[string]any{"legalHold": true}).expect(200, "")
	f.call(bob, "DELETE", path, nil).expect(409, "legal_hold")
	f.call(admin, "DELETE", path, nil).expect(409, "legal_hold")
	f.call(eve, "DELETE", "/api/users/"+eve.ID.String(), nil).expect(409, "legal_hold")
	f.call(ada, "DELETE", root+"/members/"+bob.ID.String(), nil).expect(204, "")
	f.call(bob, "DELETE", path, nil).expect(409, "legal_hold")
	var before api.UserExport
	f.call(bob, "GET", path+"/export", nil).expect(200, "").decode(&before)
	if before.User != bob.User || len(before.Consultations) != 1 || len(before.Drafts) != 1 || len(before.Documents) != 1 {
		t.Errorf("refused, but rows changed: %+v", before)
	}
	f.call(ada, "PATCH", root, map[string]any{"legalHold": false}).expect(200, "")
	f.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "assistant"}).expect(201, "")

	f.call(bob, "DELETE", path, nil).expect(204, "")
	f.call(bob, "GET", "/api/auth/me", nil).expect(401, "unauthenticated")
	f.call(nil, "POST", "/api/auth/login", map[string]string{"email": "bob@example.com", "password": "correct horse battery"}).expect(401, "unauthenticated")
	var after api.UserExport
	a := f.call(admin, "GET", path+"/export", nil).expect(200, "")
	a.decode(&after)
	if strings.Contains(string(a.body), "bob") || !after.User.Disabled || len(after.Consultations)+len(after.Drafts)+len(after.Documents)+len(after.Cases) != 0 {
		t.Errorf("data of the erased user remains: %s", a.body)
	}
	f.call(nil, "POST", "/api/auth/login", map[string]string{"email": after.User.Email, "password": "-"}).expect(401, "unauthenticated")

	var members api.CaseMemberList
	var notes api.CaseNoteList
	var tasks api.CaseTaskList
	var v api.TimelineVerification
	f.call(ada, "GET", root+"/members", nil).expect(200, "").decode(&members)
	f.call(ada, "GET", root+"/notes", nil).expect(200, "").decode(&notes)
	f.call(ada, "GET", root+"/tasks", nil).expect(200, "").decode(&tasks)
	f.call(ada, "GET", root+"/timeline/verify", nil).expect(200, "").decode(&v)
	if len(members.Items) != 1 || len(notes.Items) != 1 || tasks.Items[0].AssigneeID != nil || !v.Intact {
		t.Errorf("the case: %+v, %+v, %+v, %+v", members, notes, tasks, v)
	}
	// The address can be registered again.
	f.call(nil, "POST", "/api/auth/register", map[string]string{"email": "bob@example.com", "password": "correct horse battery", "fullName": "Bob"}).expect(http.StatusCreated, "")
}

// lawful are the columns in which data of an erased person may stay, each with its reason.
var lawful = map[string]string{
	"signature_requests.sender_name": "evidence that the signers rely on",
	"signature_signers.name":         "evidence",
	"signature_signers.email":        "evidence",
	"case_parties.name":              "the case's",
	"case_parties.email":             "the case's",
}

// TestEraseLeavesNothing searches all text columns of all tables for the erased person, after all waiting jobs
// have run.
func TestEraseLeavesNothing(t *testing.T) {
	t.Parallel()
	const mark = "quibbleworth"
	url := testenv.NewDatabaseURL(t)
	pool, err := db.Open(t.Context(), url, db.Options{})
	testkit.Must(t, err)
	t.Cleanup(func() { _ = pool.Close() })
	f := newFixture(t, func(s *fixtureConfig) { s.Database.URL = url })
	ada, erased := f.register("ada", domain.RoleLawyer), f.register(mark, domain.RoleLawyer)
	admin := f.admin()
	path := "/api/users/" + erased.ID.String()
	found := func() map[string]bool {
		t.Helper()
		rows, err := pool.QueryContext(t.Context(), `SELECT table_name, column_name FROM information_schema.columns
			WHERE table_schema = DATABASE() AND data_type IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'json', 'binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob')`)
		testkit.Must(t, err)
		defer rows.Close()
		in := map[string]bool{}
		for rows.Next() {
			var table, column string
			testkit.Must(t, rows.Scan(&table, &column))
			var n int
			testkit.Must(t, pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM `"+table+"` WHERE INSTR(LOWER(CONVERT(`"+column+"` USING utf8mb4)), ?) > 0", mark).Scan(&n))
			if n > 0 {
				in[table+"."+column] = true
			}
		}
		testkit.Must(t, rows.Err())
		return in
	}

	// Their own resources, and jobs that wait for them.
	var d api.Draft
	f.call(erased, "POST", "/api/drafts", map[string]any{"title": "Of " + mark, "body": mark}).expect(201, "").decode(&d)
	f.call(erased, "PATCH", "/api/drafts/"+d.ID.String(), map[string]any{"version": 1, "body": mark + " again"}).expect(200, "")
	f.call(erased, "POST", "/api/ai/chat", chatBody(erased, "I am "+mark+"@example.com. What may I do?")).expect(200, "")
	var file api.StoredDocument
	f.upload(erased, mark+".docx", wordFile(t, "signed by "+mark)).expect(201, "").decode(&file)
	testkit.Must(t, f.archive.ExtractTexts(t.Context()))
	nda := ndaRequest(t)
	nda["data"].(map[string]any)["partyA"].(map[string]any)["name"] = mark
	f.call(erased, "POST", "/api/docs/render-pdf", nda, "Idempotency-Key", "k").expect(200, "")
	var batch api.RenderBatchResponse
	f.call(erased, "POST", "/api/docs/render-batch", map[string]any{"items": []any{nda}}).expect(202, "").decode(&batch)
	letter := map[string]any{"to": []string{"bob@example.org"}, "cc": []string{mark + "@example.com"}, "subject": "From " + mark, "bodyText": "Yours, " + mark, "replyTo": mark + "@example.com",
		"attachments": []any{map[string]any{"filename": mark + ".docx", "docId": file.ID}}}
	f.call(erased, "POST", "/api/email/send", letter, "Idempotency-Key", "k").expect(202, "")
	letter["sendAt"] = time.Now().Add(time.Hour)
	f.call(erased, "POST", "/api/email/send", letter).expect(202, "")
	f.call(erased, "POST", "/api/webhooks", map[string]any{"url": "http://127.0.0.1:9/" + mark, "description": mark, "eventTypes": domain.EventTypes}).expect(201, "")
	f.call(erased, "POST", "/api/drafts", map[string]any{"title": "Told of", "body": "text"}).expect(201, "")
	f.call(nil, "POST", "/api/auth/password/forgot", map[string]any{"email": mark + "@example.com"}).expect(204, "")
	f.call(admin, "POST", "/api/email/suppressions", map[string]any{"address": mark + "@example.com"}).expect(201, "")
	// And resources of a case.
	var c api.Case
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	f.call(ada, "POST", root+"/members", map[string]any{"userId": erased.ID, "role": "lawyer"}).expect(201, "")
	f.call(ada, "POST", root+"/parties", map[string]any{"kind": "person", "side": "client", "name": mark, "email": mark + "@example.com"}).expect(201, "")
	f.call(erased, "POST", root+"/notes", map[string]any{"body": "stays"}).expect(201, "")
	f.initiateSignature(erased, c.ID.String(), "eve@example.org")
	before := found()
	for _, column := range []string{"users.email", "draft_versions.body", "consultations.question", "documents.name", "document_pages.text", "renderings.data",
		"jobs.payload", "emails.subject", "email_recipients.address", "email_attachments.filename", "email_suppressions.address", "webhooks.url", "account_links.email"} {
		if !before[column] {
			t.Errorf("%s has no row to erase: the test checks nothing there", column)
		}
	}

	f.call(erased, "DELETE", path, nil).expect(204, "")
	f.startJobs()
	// Their unsubscription is remembered.
	letter = map[string]any{"to": []string{mark + "@example.com"}, "subject": "To whom it may concern", "bodyText": "Hello"}
	var sent api.SendEmailResponse
	f.call(ada, "POST", "/api/email/send", letter).expect(202, "").decode(&sent)
	f.eventually("the mail to the erased", func() bool { return f.getEmail(ada, sent.ID.String()).Status == api.EmailStatusFailed })
	if e := f.getEmail(ada, sent.ID.String()); e.Recipients[0].Status != api.EmailRecipientStatusSuppressed {
		t.Errorf("%+v", e)
	}
	for _, mail := range f.mailServer.mailsTo("bob@example.org") {
		t.Errorf("a mail was sent: %s", mail.Subject)
	}
	f.call(admin, "GET", "/api/jobs/"+batch.JobID.String(), nil).expect(404, "not_found")
	// Work in progress ends later and is then deleted.
	late := domain.Principal{UserID: domain.ID(erased.ID), Role: domain.RoleLawyer}
	_, err = f.archive.Upload(t.Context(), late, files.UploadRequest{Name: mark + ".pdf", Body: bytes.NewReader(smallPDF(700)), CaseID: func() *domain.ID { return nil }})
	testkit.Must(t, err)
	testkit.Must(t, aiquery.New(pool).CreateConsultation(t.Context(), aiquery.CreateConsultationParams{ID: domain.NewID(), UserID: late.UserID, ActorID: late.UserID, Kind: "chat", Question: mark, CreatedAt: time.Now()}))
	if in := found(); !in["documents.name"] || !in["consultations.question"] {
		t.Errorf("the test checks nothing: %v", in)
	}
	_, err = pool.ExecContext(t.Context(), "UPDATE jobs SET due_at = NOW(6) WHERE kind = 'privacy.erase_in_progress'")
	testkit.Must(t, err)
	f.eventually("the second look", func() bool { in := found(); return !in["documents.name"] && !in["consultations.question"] })
	_, err = pool.ExecContext(t.Context(), "DELETE FROM emails WHERE user_id = ?", domain.ID(ada.ID)) // e-mails of others to them belong to the others
	testkit.Must(t, err)
	for column := range found() {
		if lawful[column] == "" {
			t.Errorf("data of the erased user remains in %s", column)
		}
	}
}
