package policy

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func quotes(text string, findings []Finding) map[string]string {
	m := map[string]string{}
	for _, f := range findings {
		m[f.RuleID] = text[f.Start:f.End]
	}
	return m
}

func TestReviewQuotesAreVerbatim(t *testing.T) {
	text := "🙂 Präambel – 𝔸cme & Søn.\r\n\r\n1.1 The Supplier’s liability\r\nunder this Agreement shall be “unlimited”. 🚀\r\n1.2 This Agreement\u00a0shall automatically renew for one year.\r\n"
	findings, _ := mustPolicy(t, "default").Review(text, nil, "en")
	got := quotes(text, findings)
	if want := "1.2 This Agreement\u00a0shall automatically renew for one year."; got["auto-renewal"] != want {
		t.Errorf("quote is %q, want %q", got["auto-renewal"], want)
	}
	for _, f := range findings {
		if f.Start < 0 || f.End > len(text) || f.Start >= f.End || strings.TrimSpace(text[f.Start:f.End]) != text[f.Start:f.End] {
			t.Errorf("%s has the span %d..%d", f.RuleID, f.Start, f.End)
		}
	}
}

func TestReviewFairContract(t *testing.T) {
	for _, name := range []string{"default", "vendor"} {
		findings, missing := mustPolicy(t, name).Review(fair, nil, "en")
		for _, f := range findings {
			if f.Severity != Low {
				t.Errorf("%s: %s on %q", name, f.RuleID, fair[f.Start:f.End])
			}
		}
		if name == "default" && len(missing) > 0 {
			t.Errorf("missing: %+v", missing)
		}
	}
	if found := DetectInjections(fair); len(found) > 0 {
		t.Errorf("injections found: %+v", found)
	}
}

func TestPoliciesDiffer(t *testing.T) {
	text := "The Employee shall give three months' written notice. All overtime is included in the salary. " +
		"Vendor may use and aggregate Customer data to improve its products. The obligations of confidentiality shall continue in perpetuity. " +
		"The subscription automatically renews for one year. The Processor may engage sub-processors. The Landlord may enter at any time. " +
		"Delivery dates are estimates only. The loan is repayable on demand."
	seen := map[string]bool{}
	for _, name := range mustLoad(t).Names() {
		findings, _ := mustPolicy(t, name).Review(text, nil, "en")
		var ids []string
		for _, f := range findings {
			ids = append(ids, f.RuleID)
		}
		key := strings.Join(ids, " ")
		if seen[key] {
			t.Errorf("%s has the same findings as another policy: %s", name, key)
		}
		seen[key] = true
	}
	severity := func(name string) Severity {
		findings, _ := mustPolicy(t, name).Review(text, nil, "en")
		for _, f := range findings {
			if f.RuleID == "auto-renewal" {
				return f.Severity
			}
		}
		return ""
	}
	if severity("default") != Medium || severity("vendor") != High || severity("employment") != "" {
		t.Error("the override of auto-renewal has no effect")
	}
}

func TestReviewMissing(t *testing.T) {
	p := mustPolicy(t, "default")
	long := strings.Repeat("The parties shall cooperate in good faith. ", 30)
	ids := func(text string) []string {
		_, missing := p.Review(text, nil, "en")
		var list []string
		for _, m := range missing {
			list = append(list, m.RuleID)
		}
		return list
	}
	if got := ids(long); !slices.Contains(got, "missing-confidentiality") || slices.Contains(got, "missing-data-protection") {
		t.Errorf("missing are %v", got)
	}
	if got := ids(long + "The Supplier stores personal data."); !slices.Contains(got, "missing-data-protection") {
		t.Errorf("with personal data missing are %v", got)
	}
	if got := ids(long + "The information is CONFIDENTIAL."); slices.Contains(got, "missing-confidentiality") {
		t.Errorf("with confidentiality missing are %v", got)
	}
	if got := ids("The parties shall cooperate."); len(got) > 0 {
		t.Errorf("of one sentence missing are %v", got)
	}
}

func TestReviewIsBoundedAndDeterministic(t *testing.T) {
	var b strings.Builder
	for _, e := range examples(t) {
		for range 20 {
			b.WriteString(e.text + " ")
		}
	}
	text := b.String()
	p := mustPolicy(t, "default")
	findings, missing := p.Review(text, nil, "en")
	if len(findings) != maxFindings {
		t.Errorf("%d findings", len(findings))
	}
	if !slices.IsSortedFunc(findings, func(a, b Finding) int { return a.Start - b.Start }) {
		t.Error("not in text order")
	}
	perRule := map[string]int{}
	for _, f := range findings {
		perRule[f.RuleID]++
		if perRule[f.RuleID] > maxPerRule {
			t.Fatalf("%s more than %d times", f.RuleID, maxPerRule)
		}
	}
	if perRule["unlimited-liability"] != maxPerRule {
		t.Error("a finding of high severity is missing")
	}
	repeated, missingRepeated := p.Review(text, nil, "en")
	if !reflect.DeepEqual(findings, repeated) || !reflect.DeepEqual(missing, missingRepeated) {
		t.Error("a repeated review differs")
	}
}

func TestReviewUnusualTexts(t *testing.T) {
	for _, text := range []string{"", " \n\n ", ".", "...", "1.", "\xff\xfe", strings.Repeat("(", 5000), strings.Repeat("a", 10000), strings.Repeat("ü", 5000), "\x00liability\x00 shall be unlimited"} {
		for _, name := range mustLoad(t).Names() {
			findings, _ := mustPolicy(t, name).Review(text, nil, "en")
			for _, f := range findings {
				_ = text[f.Start:f.End]
			}
		}
	}
}

func TestRisk(t *testing.T) {
	f := func(s Severity, c float64) Finding {
		return Finding{ClauseType: "Insurance", Severity: s, Confidence: c}
	}
	m := func(s Severity) Missing { return Missing{Severity: s} }
	for _, c := range []struct {
		name     string
		findings []Finding
		missing  []Missing
		want     Severity
	}{
		{"nothing", nil, nil, Low},
		{"one low", []Finding{f(Low, 1)}, nil, Low},
		{"three low", []Finding{f(Low, 1), f(Low, 1), f(Low, 1)}, nil, Medium},
		{"medium", []Finding{f(Medium, 0.5)}, nil, Medium},
		{"unsure medium", []Finding{f(Medium, 0.4)}, nil, Low},
		{"four medium", []Finding{f(Medium, 0.5), f(Medium, 0.5), f(Medium, 0.5), f(Medium, 0.5)}, nil, High},
		{"unsure high", []Finding{f(High, 0.5)}, nil, Medium},
		{"high", []Finding{f(High, 0.6)}, nil, High},
		{"injection rated low", []Finding{{ClauseType: EmbeddedInstruction, Severity: Low, Confidence: 0.9}}, nil, High},
		{"missing low", nil, []Missing{m(Low), m(Low), m(Low)}, Low},
		{"missing three medium", nil, []Missing{m(Medium), m(Medium), m(Medium)}, Medium},
		{"missing high", nil, []Missing{m(High)}, Medium},
	} {
		if got := Risk(c.findings, c.missing); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		injection := Finding{ClauseType: EmbeddedInstruction, Severity: High, Confidence: 0.9}
		if got := Risk(append(slices.Clone(c.findings), injection), c.missing); got != High {
			t.Errorf("%s with an injection: %s", c.name, got)
		}
		for _, s := range []Severity{Low, Medium, High} {
			if more := Risk(append(slices.Clone(c.findings), f(s, 0.1)), append(slices.Clone(c.missing), m(s))); more.rank() < c.want.rank() {
				t.Errorf("%s: one more finding lowers it to %s", c.name, more)
			}
		}
	}
}

func TestSentences(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"plain":          {"One is here. Two is there! Is three?", []string{"One is here.", "Two is there!", "Is three?"}},
		"numbered":       {"1.2 The fee is 1.5 per cent. 1.3 It is due.", []string{"1.2 The fee is 1.5 per cent.", "1.3 It is due."}},
		"enumerator":     {"1. The fee is due. 2. It is paid.", []string{"1. The fee is due.", "2. It is paid."}},
		"company":        {"Acme Inc. and Foo Ltd. Partners agree. They sign.", []string{"Acme Inc. and Foo Ltd. Partners agree.", "They sign."}},
		"company at end": {"It is sold by Acme Inc. The price is due.", []string{"It is sold by Acme Inc.", "The price is due."}},
		"abbreviations":  {"Goods, e.g. Apples, see No. 5 and Sec. 4 of Dr. Who. End.", []string{"Goods, e.g. Apples, see No. 5 and Sec. 4 of Dr. Who.", "End."}},
		"initials":       {"J. R. Smith signs. He pays.", []string{"J. R. Smith signs.", "He pays."}},
		"wrapped":        {"The fee is\ndue at once.\nIt is paid.", []string{"The fee is\ndue at once.", "It is paid."}},
		"paragraphs":     {"No full stop\n\nAnother", []string{"No full stop", "Another"}},
		"list":           {"The parties agree:\n(a) to pay;\n(b) to sign;\n- to go", []string{"The parties agree:", "(a) to pay;", "(b) to sign;", "- to go"}},
		"heading":        {"LIABILITY\nThe party is liable.", []string{"LIABILITY", "The party is liable."}},
		"quotes":         {`He said "stop." Then he left.`, []string{`He said "stop."`, "Then he left."}},
		"money":          {"Pay EUR 1.000,00 by 1.1.2026 at noon. Then go.", []string{"Pay EUR 1.000,00 by 1.1.2026 at noon.", "Then go."}},
		"lower case":     {"The co. pays approx. five. Done.", []string{"The co. pays approx. five.", "Done."}},
		"crlf":           {"One.\r\n\r\nTwo", []string{"One.", "Two"}},
		"cjk":            {"合同。责任。", []string{"合同。", "责任。"}},
		"numbers only":   {"1.\n2.\n3.", nil},
	} {
		var got []string
		for _, s := range sentences(c.text) {
			got = append(got, c.text[s.start:s.end])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	long := strings.Repeat("the party shall pay and ", 400)
	for _, s := range sentences(long) {
		if s.end-s.start > maxSentence {
			t.Errorf("a sentence of %d bytes", s.end-s.start)
		}
	}
}

func FuzzReview(f *testing.F) {
	f.Add(fair)
	f.Add("1.2 The Supplier’s liability shall be unlimited. 🙂\r\n(a) x; Inc. The")
	b := mustLoad(f)
	p, _ := b.Policy("vendor")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, s := range sentences(text) {
			if s.start < last || s.end <= s.start || s.end > len(text) {
				t.Fatalf("span %v after %d", s, last)
			}
			last = s.end
		}
		findings, _ := p.Review(text, nil, "en")
		if len(findings) > maxFindings {
			t.Fatal("too many")
		}
	})
}

// megabyte returns a contract of one megabyte.
func megabyte() string { return strings.Repeat(fair, 1<<20/len(fair)+1)[:1<<20] }

func TestLongTexts(t *testing.T) {
	worst := strings.Repeat("the supplier shall not ignore any liability for all previous claims and may renew the terms at any time; ", 2000)
	for name, text := range map[string]string{"contract": megabyte()[:1<<18], "worst": worst} {
		for _, p := range []string{"default", "vendor"} {
			start := time.Now()
			mustPolicy(t, p).Review(text, nil, "en")
			// A generous limit: a slow machine stays below it, a quadratic algorithm does not.
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("%s under %s took %v", name, p, d)
			}
		}
		start := time.Now()
		DetectInjections(text)
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("Instructions on %s took %v", name, d)
		}
	}
}

func BenchmarkReviewMegabyte(b *testing.B) {
	p, text := mustPolicy(b, "vendor"), megabyte()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		p.Review(text, nil, "en")
	}
}

func BenchmarkReviewContract(b *testing.B) {
	p := mustPolicy(b, "default")
	b.SetBytes(int64(len(fair)))
	for b.Loop() {
		p.Review(fair, nil, "en")
	}
}

func BenchmarkDetectInjectionsMegabyte(b *testing.B) {
	text := megabyte()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		DetectInjections(text)
	}
}
