package ai

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"counsel/domain"
	"counsel/domain/ai/clarify"
	"counsel/domain/citation"
)

func TestAnswerDecoder(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{`{"answer":"Yes.","clarifications":[]}`, "Yes."},
		{"\ufeff\n {\n \"answer\" : \"a\\n\\\"b\\\" \\u00e4 \\ud83d\\ude00 \\\\\"}", "a\n\"b\" ä 😀 \\"},
		{"```json\n{\"answer\":\"Yes.\"}\n```", "Yes."},
		{`{"clarifications":[],"answer":"Yes."}`, "Yes."},
		{`Plain **text** with {"answer":"No."}`, `Plain **text** with {"answer":"No."}`},
		{`{"result":"something else, and quite a bit longer than an opening of the schema"}`, `{"result":"something else, and quite a bit longer than an opening of the schema"}`},
		{"```\ncode\n```", "```\ncode\n```"},
		{`{"answer":"\ud83dx\u0000\q"}`, "\ufffdx\ufffd\ufffdq"},
		{`{"answer":"cut off`, "cut off"},
		{"", ""},
	} {
		if got := parseChatAnswer(c.raw).text; got != c.want {
			t.Errorf("%q: %q, want %q", c.raw, got, c.want)
		}
		for size := 1; size <= 7; size++ {
			var got strings.Builder
			d := answerDecoder{emit: func(piece string) { got.WriteString(piece) }}
			for i := 0; i < len(c.raw); i += size {
				d.Write(c.raw[i:min(i+size, len(c.raw))])
			}
			if d.Close(); got.String() != c.want {
				t.Errorf("%q in pieces of %d: %q", c.raw, size, got.String())
			}
		}
	}
}

func TestChatCitations(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	text := "😀 § 622 Abs. 1 BGB gives four weeks. See also § 1 KSchG; BGH NJW 2015, 1234 agrees."
	raw, err := json.Marshal(map[string]any{"answer": text, "clarifications": []Clarification{{"dates", "When did it begin?"}, {"weather", "Was it raining?"}}})
	if err != nil {
		t.Fatal(err)
	}
	f.model.setResponse(respondWith(string(raw)))
	q := Question{ID: domain.NewID(), UserID: f.user.UserID, Message: "Does § 622 BGB, read with § 622 Abs. 1 BGB, apply?", Context: &Context{Facts: "My lawyer mentioned § 1 KSchG."}}
	a, err := f.Chat(t.Context(), f.user, q)
	if err != nil {
		t.Fatal(err)
	}
	code := utf16.Encode([]rune(a.Text))
	var got []string
	for _, c := range a.Citations {
		if cut := string(utf16.Decode(code[c.Start:c.End])); cut != c.Text {
			t.Errorf("at its offsets: %q, not %q", cut, c.Text)
		}
		got = append(got, strings.Join([]string{c.Text, string(c.Kind), string(c.Source)}, "|"))
	}
	want := []string{"§ 622 Abs. 1 BGB|statute|question", "§ 1 KSchG|statute|context", "BGH NJW 2015, 1234|case|"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := []Clarification{{clarify.Dates, "When did it begin?"}, {clarify.Facts, "Was it raining?"}}; !reflect.DeepEqual(a.Clarifications, want) {
		t.Errorf("clarifications %v", a.Clarifications)
	}

	// What was recorded is the same, also for a repeated request.
	c, err := f.Consultation(t.Context(), f.user, a.ConsultationID)
	if err != nil || !reflect.DeepEqual(c.Citations, a.Citations) || !reflect.DeepEqual(c.Clarifications, a.Clarifications) || c.Answer != a.Text {
		t.Errorf("recorded %+v, %v", c, err)
	}
	again, err := f.Chat(t.Context(), f.user, q)
	if err != nil || !reflect.DeepEqual(again.Citations, a.Citations) || f.model.calls() != 1 {
		t.Errorf("repeated: %+v, %v", again, err)
	}
}

// TestFindCitations covers captions: a name that nothing shows to be published is checked all the same.
func TestFindCitations(t *testing.T) {
	got := findCitations("Miller v. Acme Corp. follows the Miranda warning of the Supreme Court in Roe v. Wade.", []givenText{{source: CitedInQuestion, text: "Is Roe v. Wade good law?"}})
	if len(got) != 2 || got[0].Kind != citation.Case || got[0].Verified || !got[1].Verified {
		t.Errorf("got %+v", got)
	}
}

// TestChatWithoutSchema checks that plain text is an answer, too, and that the rules still ask back.
func TestChatWithoutSchema(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.model.setResponse(respondWith("Das hängt davon ab, wo Sie wohnen und was in dem Vertrag steht, den Sie mit dem Vermieter geschlossen haben."))
	for locale, warns := range map[string]bool{"de": false, "fr": true, "": true} {
		a, err := f.Chat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "Darf mein Vermieter die Kaution behalten?", Locale: locale})
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Clarifications) != 1 || a.Clarifications[0].About != clarify.Jurisdiction || locale == "de" && !strings.Contains(a.Clarifications[0].Question, "Land") {
			t.Errorf("%s: %v", locale, a.Clarifications)
		}
		if (len(a.Warnings) == 1) != warns {
			t.Errorf("%s: warnings %q", locale, a.Warnings)
		}
	}
}

func TestStreamDecodes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	response := newControlledResponse()
	f.model.setResponse(response.respond)
	pieces, done := f.stream(t.Context(), f.user, "What is a lease of john.smith@acme-widgets.com?")
	await(t, "the call", response.began)
	for _, p := range []string{`{"answ`, `er":"First [EMA`, `IL_1]`, ` \`} {
		response.next <- p
	}
	var live string
	for !strings.Contains(live, "@") {
		live += await(t, "a piece", pieces)
	}
	for _, p := range []string{`n`, `second.","clarifications":[{"about":"facts","question":"Where is [EMAIL_1]?"}]`, `}`} {
		response.next <- p
	}
	close(response.next)
	r := await(t, "the answer", done)
	if want := "First john.smith@acme-widgets.com \nsecond."; r.err != nil || r.pieces != want || r.answer.Text != want {
		t.Errorf("%q, %+v, %v", r.pieces, r.answer, r.err)
	}
	if len(r.answer.Clarifications) != 1 || r.answer.Clarifications[0].Question != "Where is john.smith@acme-widgets.com?" {
		t.Errorf("clarifications %v", r.answer.Clarifications)
	}
}

// TestReviewCitations: a statute that only the model names gives a warning, one of the text does not.
func TestReviewCitations(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	of := finding("Governing Law", "Governed by the laws of Ireland and by § 307 BGB.", "low")
	of.Rationale = "Under § 307 BGB and Smith v. Jones, 123 F.3d 456 (9th Cir. 1998), this is void."
	f.model.setResponse(respondWith(findingsJSON(t, of)))
	a, err := f.Analyze(t.Context(), f.user, AnalysisRequest{Text: "This agreement is made in the city. Governed by the laws of Ireland and by § 307 BGB.", Policy: "vendor"})
	if err != nil {
		t.Fatal(err)
	}
	w := strings.Join(a.Warnings, "\n")
	if !strings.Contains(w, "cites Smith v. Jones, 123 F.3d 456 (9th Cir. 1998), which") || strings.Contains(w, "307") {
		t.Errorf("warnings %q", w)
	}
}
