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
func each(t *testing.T, run func(t *testing.T, f *fixture, s *esigntest.Server)) {
	for _, kind := range []string{"docuseal", "documenso"} {
		t.Run(kind, func(t *testing.T) {
			var s *esigntest.Server
			f := newFixtureWithProvider(t, func(clock func() time.Time) envelopes.Provider {
				s = esigntest.Start(t, kind, clock)
				cfg := client.Config{URL: s.URL, APIKey: esigntest.APIKey, WebhookSecret: esigntest.WebhookSecret, Timeout: 10 * time.Second}
				p, err := client.New(kind, cfg)
				testkit.Must(t, err)
				t.Cleanup(func() { p.Close() })
				return p
			})
			run(t, f, s)
		})
	}
}

// opens matches the last call that creates an envelope; looks matches the calls that search for one.
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
func (f *fixture) polled(after time.Duration) []error {
	f.t.Helper()
	f.now = f.now.Add(after)
	testkit.Must(f.t, second(f.jobs.WorkNow(f.t.Context(), periodic("envelopes.poll"))))
	return f.runJobs()
}

func (f *fixture) latest() esign.Request {
	f.t.Helper()
	all, _, err := f.List(f.t.Context(), f.lena, esign.Filter{})
	testkit.Must(f.t, err)
	return all[0]
}

func TestProviderAnswerMissing(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, s *esigntest.Server) {
		// The envelope was created but the answer did not arrive: the envelope is found and used.
		s.AfterRequest(answering(http.StatusBadGateway, opens))
		r := f.send(esign.NewRequest{Signers: twoSigners()})
		if status, g := f.status(r); status != esign.Open || g[0] != esign.Sent || len(s.Envelopes()) != 1 {
			t.Fatalf("is %s, %s with %d envelopes", status, g, len(s.Envelopes()))
		}

		// The envelope cannot be found, either: the request fails, and the envelope is deleted when it appears.
		s.AfterRequest(answering(http.StatusBadGateway, opens, looks))
		mails := len(f.mail.mails)
		_, err := f.Initiate(t.Context(), f.lena, esign.NewRequest{DocumentID: r.DocumentID, Signers: twoSigners(), Workflow: esign.Parallel})
		wantCode(t, err, domain.Unavailable, "")
		failed := f.latest()
		if failed.Status != esign.Failed || len(f.mail.mails) != mails {
			t.Fatalf("is %s, and %d mails were sent", failed.Status, len(f.mail.mails)-mails)
		}
		if last := f.published[len(f.published)-1]; last.Type != domain.EventSignatureFailed || last.Data["trackingId"] != failed.ID {
			t.Errorf("published %+v", last)
		}
		if errs := f.polled(time.Second); len(errs) != 1 {
			t.Errorf("while the provider is down: %v", errs)
		}
		s.AfterRequest(nil)
		f.mustRunJobs()
		if got := of(s, failed); got != "cancelled" {
			t.Errorf("its envelope is %s", got)
		}
		asked := len(s.Requests())
		if errs := f.polled(48 * time.Hour); len(errs) != 0 {
			t.Error(errs)
		}
		for _, a := range s.Requests()[asked:] {
			if strings.Contains(a, "DELETE") || strings.Contains(a, "cancel") {
				t.Errorf("asked again: %s", a)
			}
		}
		if status, _ := f.status(r); status != esign.Open || of(s, r) != "open" {
			t.Errorf("the other request is %s, %s", status, of(s, r))
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
	each(t, func(t *testing.T, f *fixture, s *esigntest.Server) {
		r := f.send(esign.NewRequest{Signers: twoSigners()})
		for _, q := range []string{"UPDATE signature_requests SET status = 'creating'", "UPDATE signature_envelopes SET state = 'creating', envelope_id = ''"} {
			_, err := f.pool.ExecContext(t.Context(), q)
			testkit.Must(t, err)
		}
		if errs := f.polled(2 * time.Minute); len(errs) != 0 {
			t.Error(errs)
		}
		if status, _ := f.status(r); status != esign.Creating {
			t.Fatalf("ended too early: %s", status)
		}
		for range 3 {
			if errs := f.polled(4 * time.Minute); len(errs) != 0 {
				t.Error(errs)
			}
		}
		if status, _ := f.status(r); status != esign.Failed || of(s, r) != "cancelled" {
			t.Errorf("is %s, %s at the provider", status, of(s, r))
		}
	})
}

// Without webhooks the provider is polled, with growing intervals.
func TestProviderPolled(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, s *esigntest.Server) {
		r := f.send(esign.NewRequest{Signers: twoSigners()})
		before := len(s.Requests())
		for range 24 * 60 {
			if errs := f.polled(time.Minute); len(errs) != 0 {
				t.Fatal(errs)
			}
		}
		if n := len(s.Requests()) - before; n < 24 || n > 40 {
			t.Errorf("polled %d times in a day", n)
		}
		s.Sign(t, r.ID.String(), "ada@example.com")
		if errs := f.polled(time.Hour); len(errs) != 0 {
			t.Fatal(errs)
		}
		if _, g := f.status(r); g[0] != esign.Signed || g[1] != esign.Sent {
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
			if errs := f.polled(time.Hour); len(errs) == 0 {
				t.Error("the request failed, but nobody was notified")
			}
		}
		if status, _ := f.status(r); status != esign.Sealing {
			t.Fatalf("is %s", status)
		}
		s.BeforeRequest(nil)
		if errs := f.polled(time.Hour); len(errs) != 0 {
			t.Error(errs)
		}
		if status, _ := f.status(r); status != esign.Completed {
			t.Errorf("is %s", status)
		}
		if got := f.logKinds(r); !strings.HasSuffix(got, "signed2 completed") || strings.Count(got, "completed") != 1 {
			t.Errorf("log: %s", got)
		}
		file := f.lastMail("ada@example.com").files["lease (signed).pdf"]
		if string(file) != string(s.Envelopes()[0].Signed) {
			t.Error("a different file was sent")
		}
	})
}

func TestProviderEnds(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, s *esigntest.Server) {
		ctx := t.Context()
		ended := func(r esign.Request, want esign.Status, there string) {
			t.Helper()
			if status, _ := f.status(r); status != want || of(s, r) != there {
				t.Errorf("is %s, %s at the provider; not %s, %s", status, of(s, r), want, there)
			}
		}

		// In a case, the timeline records it.
		legalCase, err := f.cases.Create(ctx, f.lena, cases.NewCase{Title: "Lease"})
		testkit.Must(t, err)
		r := f.send(esign.NewRequest{DocumentID: f.upload(contract(t, 1), &legalCase.ID).ID, Signers: twoSigners()})
		s.Decline(t, r.ID.String(), "ada@example.com", "Not\x00 my house")
		if errs := f.polled(time.Hour); len(errs) != 0 {
			t.Error(errs)
		}
		ended(r, esign.Declined, "declined")
		if got, err := f.Get(ctx, f.lena, r.ID); err != nil || got.Signers[0].Reason != "Not my house" {
			t.Errorf("%+v, %v", got, err)
		}
		if !strings.Contains(f.lastMail("lena@firm.example").text, "Not my house") {
			t.Error("the sender was not told the reason")
		}
		entries, _, err := f.cases.Timeline(ctx, f.lena, legalCase.ID, 100, 0)
		testkit.Must(t, err)
		text := ""
		for _, e := range entries {
			text += string(e.Resource) + " " + e.Detail + "; "
		}
		if !strings.Contains(text, "declined at "+s.Name) {
			t.Errorf("the timeline says: %s", text)
		}

		// Withdrawn by the sender while the provider is down: the envelope is canceled later.
		r = f.send(esign.NewRequest{Signers: twoSigners()})
		s.BeforeRequest(answering(http.StatusServiceUnavailable, every))
		_, err = f.Cancel(ctx, f.lena, r.ID)
		testkit.Must(t, err)
		ended(r, esign.Cancelled, "open")
		f.runJobs()
		s.BeforeRequest(nil)
		f.mustRunJobs()
		ended(r, esign.Cancelled, "cancelled")

		// Removed at the provider.
		r = f.send(esign.NewRequest{Signers: twoSigners()})
		s.UpdateEnvelope(t, r.ID.String(), func(e *esigntest.Envelope) { e.Status = "cancelled" })
		if errs := f.polled(time.Hour); len(errs) != 0 {
			t.Error(errs)
		}
		ended(r, esign.Cancelled, "cancelled")

		// Everyone signed just before the end, without a webhook: neither expiry nor withdrawal may undo it.
		for i, end := range []func(r esign.Request){
			func(r esign.Request) { f.now = r.ExpiresAt.Add(time.Second); f.sweep() },
			func(r esign.Request) {
				_, err := f.Cancel(ctx, f.lena, r.ID)
				wantCode(t, err, domain.Conflict, "")
			},
		} {
			r = f.send(esign.NewRequest{Signers: twoSigners(), ExpiresAt: f.now.Add(2 * time.Hour)})
			s.Sign(t, r.ID.String(), "ada@example.com")
			s.Sign(t, r.ID.String(), "grace@example.com")
			end(r)
			f.mustRunJobs()
			if status, _ := f.status(r); status != esign.Completed {
				t.Errorf("%d: is %s", i, status)
			}
		}
		r = f.send(esign.NewRequest{Signers: twoSigners(), ExpiresAt: f.now.Add(2 * time.Hour)})
		f.now = r.ExpiresAt.Add(time.Second)
		f.sweep()
		f.mustRunJobs()
		ended(r, esign.Expired, "cancelled")
		if strings.Contains(f.logs.String(), "example.com") {
			t.Errorf("an address is in the log: %s", f.logs)
		}
	})
}

func TestProviderLarge(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, s *esigntest.Server) {
		var signers []esign.NewSigner
		for i := range 20 {
			signers = append(signers, esign.NewSigner{Name: fmt.Sprintf("Signer %d", i+1), Email: fmt.Sprintf("Signer+%d@example.com", i+1)})
		}
		original := contract(t, 200)
		r := f.send(esign.NewRequest{DocumentID: f.upload(original, nil).ID, Signers: signers, Workflow: esign.Parallel})
		e := s.Envelopes()[0]
		if !strings.HasPrefix(string(e.File), string(original)) {
			t.Fatal("the bytes of the document changed")
		}
		if info := runTool(t, e.File, "pdfinfo", "FILE"); !strings.Contains(info, "Pages:           202") {
			t.Error(info)
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
		if errs := f.polled(time.Hour); len(errs) != 0 {
			t.Error(errs)
		}
		if status, g := f.status(r); status != esign.Completed || g[19] != esign.Signed {
			t.Errorf("is %s, %s", status, g)
		}
	})
}

// A request stays with the provider that it was submitted to.
func TestProviderGone(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, s *esigntest.Server) {
		f.send(esign.NewRequest{Signers: twoSigners()})
		token := f.token("ada@example.com")
		s.BeforeRequest(answering(http.StatusServiceUnavailable, every))
		_, err := f.View(t.Context(), token, visitor)
		wantCode(t, err, domain.Unavailable, "")
		s.BeforeRequest(nil)
		v, err := f.View(t.Context(), token, visitor)
		testkit.Must(t, err)
		if !strings.HasPrefix(v.Redirect, s.URL) {
			t.Errorf("redirects to %q", v.Redirect)
		}
		_, err = f.pool.ExecContext(t.Context(), "UPDATE signature_requests SET provider = 'another'")
		testkit.Must(t, err)
		_, err = f.View(t.Context(), token, visitor)
		wantCode(t, err, domain.Unavailable, "no longer configured")
		if errs := f.polled(time.Hour); len(errs) != 1 {
			t.Errorf("no job fails: %v", errs)
		}
	})
}
