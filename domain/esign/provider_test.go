package esign_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	client "counsel/clients/esign"
	"counsel/clients/esign/esigntest"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/esign"
	"counsel/domain/esign/envelopes"
	"counsel/sandbox/testkit"
)

// each runs a test with a stand-in of each provider.
func each(t *testing.T, run func(t *testing.T, b *fixture, s *esigntest.Server)) {
	for _, kind := range []string{"docuseal", "documenso"} {
		t.Run(kind, func(t *testing.T) {
			var s *esigntest.Server
			b := newFixtureWithProvider(t, func(clock func() time.Time) envelopes.Provider {
				s = esigntest.Start(t, kind, clock)
				cfg := client.Config{URL: s.URL, APIKey: esigntest.APIKey, WebhookSecret: esigntest.WebhookSecret, Timeout: 10 * time.Second}
				p, err := client.New(kind, cfg)
				testkit.Must(t, err)
				t.Cleanup(func() { p.Close() })
				return p
			})
			run(t, b, s)
		})
	}
}

// opens matches the last call that creates an envelope; looks matches the calls that find one.
func opens(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/submissions/pdf") || strings.HasSuffix(r.URL.Path, "/distribute")
}

func looks(r *http.Request) bool {
	return r.Method == http.MethodGet && (r.URL.Path == "/submitters" || r.URL.Path == "/api/v2/envelope")
}

func answering(status int, which ...func(*http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		for _, is := range which {
			if is(r) {
				w.WriteHeader(status)
				return true
			}
		}
		return false
	}
}

func every(*http.Request) bool { return true }

// polled advances the clock and runs the jobs that are due.
func (b *fixture) polled(after time.Duration) []error {
	b.t.Helper()
	b.now = b.now.Add(after)
	testkit.Must(b.t, second(b.jobs.WorkNow(b.t.Context(), periodic("envelopes.poll"))))
	return b.runJobs()
}

func (b *fixture) latest() esign.Request {
	b.t.Helper()
	all, _, err := b.List(b.t.Context(), b.lena, esign.Filter{})
	testkit.Must(b.t, err)
	return all[0]
}

func TestProviderAnswerLost(t *testing.T) {
	each(t, func(t *testing.T, b *fixture, s *esigntest.Server) {
		// The envelope was made, the answer is lost: it is found and taken.
		s.AfterRequest(answering(http.StatusBadGateway, opens))
		r := b.send(esign.NewRequest{Signers: twoSigners()})
		if status, g := b.status(r); status != esign.Open || g[0] != esign.Sent || len(s.Envelopes()) != 1 {
			t.Fatalf("is %s, %s with %d envelopes", status, g, len(s.Envelopes()))
		}

		// It cannot be found, either: the request failed, and the envelope goes when it turns up.
		s.AfterRequest(answering(http.StatusBadGateway, opens, looks))
		mails := len(b.mail.mails)
		_, err := b.Initiate(t.Context(), b.lena, esign.NewRequest{DocumentID: r.DocumentID, Signers: twoSigners(), Workflow: esign.Parallel})
		wantCode(t, err, domain.Unavailable, "")
		failed := b.latest()
		if failed.Status != esign.Failed || len(b.mail.mails) != mails {
			t.Fatalf("is %s, and %d mails went out", failed.Status, len(b.mail.mails)-mails)
		}
		if last := b.published[len(b.published)-1]; last.Type != domain.EventSignatureFailed || last.Data["trackingId"] != failed.ID {
			t.Errorf("published %+v", last)
		}
		if errs := b.polled(time.Second); len(errs) != 1 {
			t.Errorf("while it cannot be looked up: %v", errs)
		}
		s.AfterRequest(nil)
		b.mustRunJobs()
		if got := of(s, failed); got != "cancelled" {
			t.Errorf("its envelope is %s", got)
		}
		asked := len(s.Requests())
		if errs := b.polled(48 * time.Hour); len(errs) != 0 {
			t.Error(errs)
		}
		for _, a := range s.Requests()[asked:] {
			if strings.Contains(a, "DELETE") || strings.Contains(a, "cancel") {
				t.Errorf("asked again: %s", a)
			}
		}
		if status, _ := b.status(r); status != esign.Open || of(s, r) != "open" {
			t.Errorf("the other is %s, %s", status, of(s, r))
		}
	})
}

// of returns the status of a request's envelope at the provider; "": it has none.
func of(s *esigntest.Server, r esign.Request) string {
	for _, e := range s.Envelopes() {
		if e.ExternalID == r.ID.String() {
			return e.Status
		}
	}
	return ""
}

// A server that stopped while submitting leaves a request, and perhaps an envelope.
func TestProviderCrash(t *testing.T) {
	each(t, func(t *testing.T, b *fixture, s *esigntest.Server) {
		r := b.send(esign.NewRequest{Signers: twoSigners()})
		for _, q := range []string{"UPDATE signature_requests SET status = 'creating'", "UPDATE signature_envelopes SET state = 'creating', envelope_id = ''"} {
			_, err := b.pool.ExecContext(t.Context(), q)
			testkit.Must(t, err)
		}
		if errs := b.polled(2 * time.Minute); len(errs) != 0 {
			t.Error(errs)
		}
		if status, _ := b.status(r); status != esign.Creating {
			t.Fatalf("ended too early: %s", status)
		}
		for range 3 {
			if errs := b.polled(4 * time.Minute); len(errs) != 0 {
				t.Error(errs)
			}
		}
		if status, _ := b.status(r); status != esign.Failed || of(s, r) != "cancelled" {
			t.Errorf("is %s, %s at the provider", status, of(s, r))
		}
	})
}

// Without webhooks the provider is polled, less and less often.
func TestProviderPolled(t *testing.T) {
	each(t, func(t *testing.T, b *fixture, s *esigntest.Server) {
		r := b.send(esign.NewRequest{Signers: twoSigners()})
		before := len(s.Requests())
		for range 24 * 60 {
			if errs := b.polled(time.Minute); len(errs) != 0 {
				t.Fatal(errs)
			}
		}
		if n := len(s.Requests()) - before; n < 24 || n > 40 {
			t.Errorf("asked %d times in a day", n)
		}
		s.Sign(t, r.ID.String(), "ada@example.com")
		if errs := b.polled(time.Hour); len(errs) != 0 {
			t.Fatal(errs)
		}
		if _, g := b.status(r); g[0] != esign.Signed || g[1] != esign.Sent {
			t.Fatalf("is %s", g)
		}

		// It is completed, but its file cannot be fetched.
		s.Sign(t, r.ID.String(), "grace@example.com")
		s.BeforeRequest(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/download") || strings.HasPrefix(r.URL.Path, "/files/") {
				w.WriteHeader(http.StatusNotFound)
				return true
			}
			return false
		})
		for range 5 {
			if errs := b.polled(time.Hour); len(errs) == 0 {
				t.Error("it failed, and nobody hears")
			}
		}
		if status, _ := b.status(r); status != esign.Sealing {
			t.Fatalf("is %s", status)
		}
		s.BeforeRequest(nil)
		if errs := b.polled(time.Hour); len(errs) != 0 {
			t.Error(errs)
		}
		if status, _ := b.status(r); status != esign.Completed {
			t.Errorf("is %s", status)
		}
		if got := b.logKinds(r); !strings.HasSuffix(got, "signed2 completed") || strings.Count(got, "completed") != 1 {
			t.Errorf("log: %s", got)
		}
		file := b.lastMail("ada@example.com").files["lease (signed).pdf"]
		if string(file) != string(s.Envelopes()[0].Signed) {
			t.Error("another file was sent")
		}
	})
}

func TestProviderEnds(t *testing.T) {
	each(t, func(t *testing.T, b *fixture, s *esigntest.Server) {
		ctx := t.Context()
		ended := func(r esign.Request, want esign.Status, there string) {
			t.Helper()
			if status, _ := b.status(r); status != want || of(s, r) != there {
				t.Errorf("is %s, %s at the provider; not %s, %s", status, of(s, r), want, there)
			}
		}

		// In a case, whose timeline tells of it.
		legalCase, err := b.cases.Create(ctx, b.lena, cases.NewCase{Title: "Lease"})
		testkit.Must(t, err)
		r := b.send(esign.NewRequest{DocumentID: b.upload(contract(t, 1), &legalCase.ID).ID, Signers: twoSigners()})
		s.Decline(t, r.ID.String(), "ada@example.com", "Not\x00 my house")
		if errs := b.polled(time.Hour); len(errs) != 0 {
			t.Error(errs)
		}
		ended(r, esign.Declined, "declined")
		if got, err := b.Get(ctx, b.lena, r.ID); err != nil || got.Signers[0].Reason != "Not my house" {
			t.Errorf("%+v, %v", got, err)
		}
		if !strings.Contains(b.lastMail("lena@firm.example").text, "Not my house") {
			t.Error("the sender does not learn why")
		}
		entries, _, err := b.cases.Timeline(ctx, b.lena, legalCase.ID, 100, 0)
		testkit.Must(t, err)
		text := ""
		for _, e := range entries {
			text += string(e.Resource) + " " + e.Detail + "; "
		}
		if !strings.Contains(text, "declined at "+s.Name) {
			t.Errorf("the timeline says: %s", text)
		}

		// Withdrawn by the sender, while the provider is down: it goes there later.
		r = b.send(esign.NewRequest{Signers: twoSigners()})
		s.BeforeRequest(answering(http.StatusServiceUnavailable, every))
		_, err = b.Cancel(ctx, b.lena, r.ID)
		testkit.Must(t, err)
		ended(r, esign.Cancelled, "open")
		b.runJobs()
		s.BeforeRequest(nil)
		b.mustRunJobs()
		ended(r, esign.Cancelled, "cancelled")

		// Removed at the provider.
		r = b.send(esign.NewRequest{Signers: twoSigners()})
		s.UpdateEnvelope(t, r.ID.String(), func(e *esigntest.Envelope) { e.Status = "cancelled" })
		if errs := b.polled(time.Hour); len(errs) != 0 {
			t.Error(errs)
		}
		ended(r, esign.Cancelled, "cancelled")

		// All signed in the last moment, without a webhook: neither expiry nor withdrawal may undo it.
		for i, end := range []func(r esign.Request){
			func(r esign.Request) { b.now = r.ExpiresAt.Add(time.Second); b.sweep() },
			func(r esign.Request) {
				_, err := b.Cancel(ctx, b.lena, r.ID)
				wantCode(t, err, domain.Conflict, "")
			},
		} {
			r = b.send(esign.NewRequest{Signers: twoSigners(), ExpiresAt: b.now.Add(2 * time.Hour)})
			s.Sign(t, r.ID.String(), "ada@example.com")
			s.Sign(t, r.ID.String(), "grace@example.com")
			end(r)
			b.mustRunJobs()
			if status, _ := b.status(r); status != esign.Completed {
				t.Errorf("%d: is %s", i, status)
			}
		}
		r = b.send(esign.NewRequest{Signers: twoSigners(), ExpiresAt: b.now.Add(2 * time.Hour)})
		b.now = r.ExpiresAt.Add(time.Second)
		b.sweep()
		b.mustRunJobs()
		ended(r, esign.Expired, "cancelled")
		if strings.Contains(b.logs.String(), "example.com") {
			t.Errorf("an address is in the log: %s", b.logs)
		}
	})
}

func TestProviderLarge(t *testing.T) {
	each(t, func(t *testing.T, b *fixture, s *esigntest.Server) {
		var signers []esign.NewSigner
		for i := range 20 {
			signers = append(signers, esign.NewSigner{Name: fmt.Sprintf("Signer %d", i+1), Email: fmt.Sprintf("Signer+%d@example.com", i+1)})
		}
		original := contract(t, 200)
		r := b.send(esign.NewRequest{DocumentID: b.upload(original, nil).ID, Signers: signers, Workflow: esign.Parallel})
		e := s.Envelopes()[0]
		if !strings.HasPrefix(string(e.File), string(original)) {
			t.Fatal("the document's bytes were changed")
		}
		if said := runTool(t, e.File, "pdfinfo", "FILE"); !strings.Contains(said, "Pages:           202") {
			t.Error(said)
		}
		words := runTool(t, e.File, "pdftotext", "-f", "201", "-layout", "FILE", "-")
		if strings.Count(words, "lease.pdf") != 2 || !strings.Contains(words, "Lena Lawyer") || !strings.Contains(words, "2 of 2") {
			t.Errorf("the pages for signatures say:\n%s", words)
		}
		for i, g := range e.Signers {
			if g.Page != 201+i/10 {
				t.Errorf("signer %d signs on page %d", i+1, g.Page)
			}
		}
		for _, g := range signers {
			s.Sign(t, r.ID.String(), g.Email)
		}
		if errs := b.polled(time.Hour); len(errs) != 0 {
			t.Error(errs)
		}
		if status, g := b.status(r); status != esign.Completed || g[19] != esign.Signed {
			t.Errorf("is %s, %s", status, g)
		}
	})
}

// A request stays with the provider that it was submitted to.
func TestProviderGone(t *testing.T) {
	each(t, func(t *testing.T, b *fixture, s *esigntest.Server) {
		b.send(esign.NewRequest{Signers: twoSigners()})
		token := b.token("ada@example.com")
		s.BeforeRequest(answering(http.StatusServiceUnavailable, every))
		_, err := b.View(t.Context(), token, visitor)
		wantCode(t, err, domain.Unavailable, "")
		s.BeforeRequest(nil)
		v, err := b.View(t.Context(), token, visitor)
		testkit.Must(t, err)
		if !strings.HasPrefix(v.Redirect, s.URL) {
			t.Errorf("redirects to %q", v.Redirect)
		}
		_, err = b.pool.ExecContext(t.Context(), "UPDATE signature_requests SET provider = 'another'")
		testkit.Must(t, err)
		_, err = b.View(t.Context(), token, visitor)
		wantCode(t, err, domain.Unavailable, "no longer configured")
		if errs := b.polled(time.Hour); len(errs) != 1 {
			t.Errorf("no job fails: %v", errs)
		}
	})
}
