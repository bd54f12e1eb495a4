package masking

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"
)

type labeledText struct {
	Text     string `json:"full_text"`
	Template int    `json:"template_id"`
	Spans    []struct {
		Type  string `json:"entity_type"`
		Start int    `json:"start_position"` // in characters
		End   int    `json:"end_position"`
	} `json:"spans"`
}

var labelTypes = map[string]Type{
	"PERSON": Person, "PREFIX": Person, "ORGANIZATION": Company, "LOCATION": Location, "ADDRESS": Address,
	"EMAIL_ADDRESS": Email, "PHONE_NUMBER": Phone, "CREDIT_CARD": CreditCard, "IBAN_CODE": IBAN,
	"US_SSN": SSN, "IP_ADDRESS": IP, "DOMAIN_NAME": URL, "DATE_TIME": Date, "US_DRIVER_LICENSE": ID,
	"TITLE": Title, "NATIONALITY": Nationality, "ID": ID,
}

// goldSpans returns the labeled spans as byte offsets.
func (l *labeledText) goldSpans() []Span {
	offsets := make([]int, 0, len(l.Text)+1)
	for i := range l.Text {
		offsets = append(offsets, i)
	}
	offsets = append(offsets, len(l.Text))
	var out []Span
	for _, s := range l.Spans {
		out = append(out, Span{labelTypes[s.Type], offsets[s.Start], offsets[s.End]})
	}
	return out
}

// typeCounts are the counts of one type. Spans match if they overlap and have the same type. Addresses and
// places count as the same type, because the labels use either for towns.
type typeCounts struct{ gold, hit, covered, found, right int }

type scorer struct {
	byType map[Type]*typeCounts
	// per word, as presidio-evaluator counts: personal or not, and with the right type
	tp, fp, fn, typedTP, typedFN int
}

func comparableType(t Type) Type {
	if t == Address {
		return Location
	}
	return t
}

func (sc *scorer) at(t Type) *typeCounts {
	if sc.byType == nil {
		sc.byType = map[Type]*typeCounts{}
	}
	if sc.byType[t] == nil {
		sc.byType[t] = &typeCounts{}
	}
	return sc.byType[t]
}

func (sc *scorer) count(text string, gold, found []Span) {
	overlap := func(a, b Span) bool { return a.Start < b.End && b.Start < a.End }
	for _, g := range gold {
		c := sc.at(g.Type)
		c.gold++
		covered, hit := false, false
		for _, f := range found {
			if overlap(g, f) {
				covered = true
				hit = hit || comparableType(f.Type) == comparableType(g.Type)
			}
		}
		if covered {
			c.covered++
		}
		if hit {
			c.hit++
		}
	}
	for _, f := range found {
		c := sc.at(f.Type)
		c.found++
		for _, g := range gold {
			if overlap(g, f) && comparableType(f.Type) == comparableType(g.Type) {
				c.right++
				break
			}
		}
	}
	typeAt := func(spans []Span, i int) (Type, bool) {
		for _, s := range spans {
			if i >= s.Start && i < s.End {
				return s.Type, true
			}
		}
		return 0, false
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !isWordRune(r) {
			i += n
			continue
		}
		g, isGold := typeAt(gold, i)
		f, isFound := typeAt(found, i)
		switch {
		case isGold && isFound:
			sc.tp++
			if comparableType(g) == comparableType(f) {
				sc.typedTP++
			} else {
				sc.typedFN++
			}
		case isGold:
			sc.fn++
			sc.typedFN++
		case isFound:
			sc.fp++
		}
		for i < len(text) {
			r, n = utf8.DecodeRuneInString(text[i:])
			if !isWordRune(r) {
				break
			}
			i += n
		}
	}
}

func isWordRune(r rune) bool { return isAlnum(byte(min(r, 127))) && r < 128 || r >= 0xc0 }

func f2(p, r float64) float64 {
	if p+r == 0 {
		return 0
	}
	return 5 * p * r / (4*p + r)
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func (sc *scorer) print(t *testing.T, title string) (untyped, typed float64) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%-14s %6s %6s %8s %9s %9s %6s\n", title, "type", "gold", "found", "masked", "recall", "precision", "F2")
	var types []int
	for ty := range sc.byType {
		types = append(types, int(ty))
	}
	sort.Ints(types)
	for _, ty := range types {
		c := sc.byType[Type(ty)]
		p, r := ratio(c.right, c.found), ratio(c.hit, c.gold)
		fmt.Fprintf(&b, "%-14s %6d %6d %8.3f %9.3f %9.3f %6.3f\n", Type(ty), c.gold, c.found, ratio(c.covered, c.gold), r, p, f2(p, r))
	}
	p, r := ratio(sc.tp, sc.tp+sc.fp), ratio(sc.tp, sc.tp+sc.fn)
	untyped = f2(p, r)
	tp, tr := ratio(sc.typedTP, sc.tp+sc.fp), ratio(sc.typedTP, sc.typedTP+sc.typedFN)
	typed = f2(tp, tr)
	fmt.Fprintf(&b, "words, masked at all: precision %.3f recall %.3f F2 %.3f\n", p, r, untyped)
	fmt.Fprintf(&b, "words, right type:    precision %.3f recall %.3f F2 %.3f\n", tp, tr, typed)
	t.Log(b.String())
	return untyped, typed
}

func readLabeled(t testing.TB, path string) []labeledText {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("no labeled text: %v", err)
	}
	var all []labeledText
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func piiPath() string {
	if p := os.Getenv("PII_DATA"); p != "" {
		return p
	}
	return filepath.Join("..", "..", "..", "shared", "data", "pii-train.json")
}

// halfOf splits the texts by template, so that the halves share no sentences.
func halfOf(l *labeledText) int { return (l.Template * 2654435761 >> 7) & 1 }

func TestMeasure(t *testing.T) {
	all := readLabeled(t, piiPath())
	m := newMasker(t)
	var halves [2]scorer
	var whole scorer
	show := os.Getenv("PII_SHOW")
	for i := range all {
		l := &all[i]
		gold, found := l.goldSpans(), m.Find(l.Text)
		halves[halfOf(l)].count(l.Text, gold, found)
		whole.count(l.Text, gold, found)
		if show != "" && halfOf(l) == 0 {
			printMisses(l, gold, found, show)
		}
	}
	halves[0].print(t, "first half (by template)")
	halves[1].print(t, "second half (by template)")
	untyped, typed := whole.print(t, "all")
	for _, ty := range []Type{Email, Phone, CreditCard, IBAN, SSN, IP, URL} {
		c := whole.at(ty)
		if r := ratio(c.hit, c.gold); r < 0.99 {
			t.Errorf("%s: recall %.3f < 0.99", ty, r)
		}
		if p := ratio(c.right, c.found); p < 0.95 {
			t.Errorf("%s: precision %.3f < 0.95", ty, p)
		}
	}
	if untyped < 0.90 || typed < 0.85 {
		t.Errorf("F2 %.3f and typed %.3f: want 0.90 and 0.85", untyped, typed)
	}
}

func printMisses(l *labeledText, gold, found []Span, want string) {
	for _, g := range gold {
		hit := false
		for _, f := range found {
			hit = hit || f.Start < g.End && g.Start < f.End
		}
		if !hit && (want == "miss" || want == g.Type.String()) {
			fmt.Printf("MISS %s %q in %.160q\n", g.Type, l.Text[g.Start:g.End], l.Text)
		}
	}
	for _, f := range found {
		hit := false
		for _, g := range gold {
			hit = hit || f.Start < g.End && g.Start < f.End
		}
		if !hit && (want == "extra" || want == f.Type.String()) {
			fmt.Printf("EXTRA %s %q in %.160q\n", f.Type, l.Text[f.Start:f.End], l.Text)
		}
	}
}

func newMasker(t testing.TB) *Masker {
	t.Helper()
	m, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var markTypes = map[byte]Type{
	'P': Person, 'O': Company, 'L': Location, 'A': Address, 'E': Email, 'T': Phone, 'C': CreditCard,
	'I': IBAN, 'S': SSN, 'N': IP, 'U': URL, 'D': Date, 'X': ID, 'Y': Nationality,
}

// parseMarked parses one line of testdata/sentences.txt.
func parseMarked(t *testing.T, line string) (string, []Span) {
	var b strings.Builder
	var gold []Span
	for {
		i := strings.IndexByte(line, '{')
		if i < 0 {
			b.WriteString(line)
			return b.String(), gold
		}
		j := strings.IndexByte(line, '}')
		ty, ok := markTypes[line[i+1]]
		if j < i || !ok {
			t.Fatalf("bad mark in %q", line)
		}
		b.WriteString(line[:i])
		start := b.Len()
		b.WriteString(line[i+3 : j])
		gold = append(gold, Span{ty, start, b.Len()})
		line = line[j+1:]
	}
}

func TestMeasureOwn(t *testing.T) {
	data, err := os.ReadFile("testdata/sentences.txt")
	if err != nil {
		t.Fatal(err)
	}
	var sc scorer
	n := 0
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		n++
		text, gold := parseMarked(t, line)
		found := masker().Find(text)
		sc.count(text, gold, found)
		if os.Getenv("PII_SHOW") != "" {
			printMisses(&labeledText{Text: text}, gold, found, "miss")
			printMisses(&labeledText{Text: text}, gold, found, "extra")
		}
	}
	untyped, typed := sc.print(t, fmt.Sprintf("%d own sentences", n))
	if n < 120 || untyped < 0.93 || typed < 0.88 {
		t.Errorf("%d sentences, F2 %.3f, typed %.3f", n, untyped, typed)
	}
	if p := ratio(sc.tp, sc.tp+sc.fp); p < 0.93 {
		t.Errorf("precision %.3f: contracts must stay readable", p)
	}
}
