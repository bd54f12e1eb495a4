package ai

import (
	"bytes"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/sandbox/testenv"
)

func TestMaskingLists(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	admin, lawyer := addUser(t, f.db, domain.RoleAdmin), addUser(t, f.db, domain.RoleLawyer)
	empty, err := f.MaskingLists(t.Context(), lawyer)
	if err != nil || empty.Version != 0 || len(empty.Always)+len(empty.Never) > 0 || !empty.UpdatedAt.IsZero() {
		t.Fatalf("before the first change: %+v, %v", empty, err)
	}
	_, err = f.MaskingLists(t.Context(), f.user)
	wantCode(t, err, domain.Forbidden, "")
	_, err = f.ReplaceMaskingLists(t.Context(), lawyer, MaskingLists{}, nil)
	wantCode(t, err, domain.Forbidden, "")

	const question = "May the blue folder and Ingrid Halvorsen end the lease?"
	before := f.ask(t, f.user, question)
	if sent := f.model.lastRequest().Messages; !strings.Contains(sent[len(sent)-1].Text, "the blue folder and [PERSON_1]") {
		t.Fatalf("sent %v", sent)
	}
	lists := MaskingLists{Always: []MaskingEntry{{"blue folder", "COMPANY"}}, Never: []string{"Ingrid Halvorsen"}}
	zero := 0
	stored, err := f.ReplaceMaskingLists(t.Context(), admin, lists, &zero)
	if err != nil || stored.Version != 1 || stored.UpdatedBy != admin.UserID {
		t.Fatalf("%+v, %v", stored, err)
	}
	// at once, and no cached answer of before
	after := f.ask(t, f.user, question)
	sent := f.model.lastRequest().Messages
	if after.Cached || !strings.Contains(sent[len(sent)-1].Text, "the [COMPANY_1] and Ingrid Halvorsen") || after.Text != before.Text {
		t.Fatalf("after the change: %+v of %v", after, sent)
	}
	for _, operation := range []func() error{
		func() error {
			_, err := f.Analyze(t.Context(), f.user, AnalysisRequest{Text: "the blue folder pays Ingrid Halvorsen.", Policy: "default"})
			return err
		},
		func() error {
			_, inputs := nda(t, f)
			inputs["purpose"] = "Evaluating the blue folder with Ingrid Halvorsen"
			_, err := f.GenerateDocument(t.Context(), f.user, DraftRequest{Type: "nda", Inputs: inputs})
			return err
		},
	} {
		_ = operation() // the answer of the fake model does not fit; what was sent counts
		last := f.model.lastRequest().Messages
		if text := last[len(last)-1].Text; !strings.Contains(text, "[COMPANY_") || strings.Contains(text, "folder") || !strings.Contains(text, "Ingrid Halvorsen") {
			t.Errorf("sent %s", text)
		}
	}
	m, err := f.MaskText(t.Context(), "👍 BLUE FOLDER")
	if err != nil || m.Text != "👍 [COMPANY_1]" || len(m.Placeholders) != 1 || m.Placeholders[0].Start != 3 || m.Placeholders[0].End != 14 {
		t.Errorf("%+v, %v", m, err)
	}

	_, err = f.ReplaceMaskingLists(t.Context(), admin, MaskingLists{}, &zero)
	wantCode(t, err, domain.Conflict, "")
	for pointer, bad := range map[string]MaskingLists{
		"/always/0/text": {Always: []MaskingEntry{{"&&", "COMPANY"}}}, "/always/0/type": {Always: []MaskingEntry{{"folder", "EMAIL"}}},
		"/never/1": {Never: []string{"folder", strings.Repeat("a", maxListText+1)}}, "/never/0": {Never: []string{"x"}},
		"/never": {Never: make([]string, maxListEntries+1)}, "/always": {Always: make([]MaskingEntry, maxListEntries+1)},
	} {
		_, err = f.ReplaceMaskingLists(t.Context(), admin, bad, nil)
		wantCode(t, err, domain.Invalid, pointer)
	}
	_, err = f.ReplaceMaskingLists(t.Context(), admin, MaskingLists{Never: []string{strings.Repeat("a-", 50)}}, nil)
	if e, ok := errors.AsType[*domain.Error](err); !ok || len(e.Fields) != 1 || e.Fields[0].Detail != "has too many words and symbols" {
		t.Errorf("an entry of 100 words and symbols: %+v", e)
	}
	if read, err := f.MaskingLists(t.Context(), lawyer); err != nil || read.Version != 1 || len(read.Always) != 1 || len(read.Never) != 1 {
		t.Errorf("%+v, %v", read, err)
	}
}

// A log line has each key once.
func TestMaskingListsLogLine(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := newFixture(t, func(c *Config) { c.Runtime.Log = slog.New(domain.LogHandler{Handler: slog.NewTextHandler(&log, nil)}) })
	admin := addUser(t, f.db, domain.RoleAdmin)
	ctx := domain.WithLogAttrs(t.Context(), slog.String("user_id", admin.UserID.String()))
	if _, err := f.ReplaceMaskingLists(ctx, admin, MaskingLists{}, nil); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log.String(), "user_id="); n != 1 {
		t.Errorf("user_id %d times: %s", n, &log)
	}
}

// Two admins replace the same version at once: one of them gets a conflict, also if there are no lists yet.
func TestMaskingListsConcurrently(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	admin := addUser(t, f.db, domain.RoleAdmin)
	for version := range 3 {
		var wg sync.WaitGroup
		var mu sync.Mutex
		stored := 0
		for range 4 {
			wg.Go(func() {
				_, err := f.ReplaceMaskingLists(t.Context(), admin, MaskingLists{Never: []string{"Heron " + strconv.Itoa(version)}}, &version)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					stored++
				} else if domain.CodeOf(err) != domain.Conflict {
					t.Errorf("version %d: %v", version, err)
				}
			})
		}
		wg.Wait()
		if stored != 1 {
			t.Errorf("version %d was replaced %d times", version, stored)
		}
	}
}

// Another server applies new lists within their maximum age. Without the database, the last known lists apply;
// without any, nothing is sent.
func TestMaskingListsFailClosed(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateMySQL(t)
	now := domain.SystemClock()
	var mu sync.Mutex
	f := newFixture(t, func(c *Config) {
		c.DB = testenv.OpenDB(t, server.URL)
		if err := db.Migrate(t.Context(), c.DB); err != nil {
			t.Fatal(err)
		}
		c.Runtime.Clock = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		}
	})
	advance := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	other, fresh := newFixture(t, sharing(f)), newFixture(t, sharing(f))
	admin := addUser(t, f.db, domain.RoleAdmin)
	masked := func() string {
		t.Helper()
		m, err := f.MaskText(t.Context(), "the blue folder")
		if err != nil {
			t.Fatal(err)
		}
		return m.Text
	}
	if masked() != "the blue folder" {
		t.Fatal("masked without a list")
	}
	if _, err := other.ReplaceMaskingLists(t.Context(), admin, MaskingLists{Always: []MaskingEntry{{"the blue folder", "ID"}}}, nil); err != nil {
		t.Fatal(err)
	}
	advance(listsMaxAge + time.Second)
	if got := masked(); got != "[ID_1]" {
		t.Fatalf("another server's lists do not apply: %s", got)
	}
	server.Stop()
	advance(listsMaxAge + time.Second)
	if got := masked(); got != "[ID_1]" {
		t.Fatalf("without the database: %s", got)
	}
	_, err := fresh.MaskText(t.Context(), "the blue folder")
	wantCode(t, err, domain.Unavailable, "")
	_, err = fresh.Chat(t.Context(), fresh.user, Question{UserID: fresh.user.UserID, Message: "Who is the blue folder?"})
	wantCode(t, err, domain.Unavailable, "")
	if f.model.calls() > 0 {
		t.Error("something was sent")
	}
}

// The text that was sent is part of the consultation, for answers from the cache too.
func TestConsultationMaskedText(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, question := range []string{"I am Ingrid Halvorsen. May I sue?", "I am Ingrid Halvorsen. May I sue?", "What is a lien?"} {
		a := f.ask(t, f.user, question)
		c, err := f.Consultation(t.Context(), f.user, a.ConsultationID)
		if err != nil || c.MaskedText == "" || strings.Contains(c.MaskedText, "Halvorsen") {
			t.Fatalf("%q, %v", c.MaskedText, err)
		}
		last := f.model.lastRequest().Messages
		if c.MaskedText != last[len(last)-1].Text {
			t.Errorf("%q was sent, %q recorded", last[len(last)-1].Text, c.MaskedText)
		}
	}
}

// A placeholder that was never issued becomes a phrase in the language of the answer, also in a stream.
func TestUnknownPlaceholders(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.model.setResponse(respondWith("[PERSON_7], \\[COMPANY\\_8\\] / [EMAIL_9"))
	for locale, want := range map[string]string{
		"": "the person, the company / the e-mail address", "de-AT": "die Person, die Firma / die E-Mail-Adresse",
		"fr": "la personne, la société / l’adresse électronique", "nl": "de persoon, de onderneming / het e-mailadres",
	} {
		var streamed strings.Builder
		a, err := f.StreamChat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "Who?", Locale: locale}, func(s string) { streamed.WriteString(s) })
		if err != nil || a.Text != want || streamed.String() != want {
			t.Errorf("%q: %q, streamed %q, %v", locale, a.Text, streamed.String(), err)
		}
	}
}
