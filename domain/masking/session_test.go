package masking

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

var masker = sync.OnceValue(func() *Masker {
	m, err := New()
	if err != nil {
		panic(err)
	}
	return m
})

func mask(t testing.TB, s *Session, text string) Masked {
	t.Helper()
	m, err := s.Mask(text)
	if err != nil {
		t.Fatalf("Mask(%q): %v", text, err)
	}
	return m
}

func TestMask(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"My name is John Smith, write to john@smith.example or call +1 415 555 0132.",
			"My name is [PERSON_1], write to [EMAIL_1] or call [PHONE_1]."},
		{"John Smith sued. Mr. Smith and John Smith lost; Smith appealed.",
			"[PERSON_1] sued. [PERSON_1B] and [PERSON_1] lost; [PERSON_1C] appealed."},
		{"John Smith met Mary Smith. Smith left.", "[PERSON_1] met [PERSON_2]. [PERSON_3] left."},
		{"JOHN SMITH and John Smith", "[PERSON_1] and [PERSON_1B]"},
		{"The Buyer shall pay the Seller $1,000,000 under Section 4.2 of this Agreement.",
			"The Buyer shall pay the Seller $1,000,000 under Section 4.2 of this Agreement."},
		{"This Agreement is governed by the laws of the State of Delaware.",
			"This Agreement is governed by the laws of the State of Delaware."},
		{"Is this valid under Delaware law or Texas courts?", "Is this valid under Delaware law or Texas courts?"},
		{"Governing Law. The Effective Date is January 1, 2024.", "Governing Law. The Effective Date is January 1, 2024."},
		{"Hi [PERSON_1], I am Ingrid Halvorsen", "Hi [LITERAL_1], I am [PERSON_1]"},
		{"[[PERSON_1] [person 1] [Person-1] [PERSON_1B]", "[[LITERAL_1] [LITERAL_2] [LITERAL_3] [LITERAL_4]"},
		{"Larkspur Biotech, Inc. hired Oduya & Partners LLP. Larkspur paid.", "[COMPANY_1] hired [COMPANY_2]. [COMPANY_1B] paid."},
		{"Attn: Henrik Solberg, General Counsel\nName: Henrik Solberg        Name: Adaeze Oduya", "Attn: [PERSON_1], General Counsel\nName: [PERSON_1]        Name: [PERSON_2]"},
		{"In Marbury v. Madison, 5 U.S. 137 (1803), the court spoke.", "In Marbury v. Madison, 5 U.S. 137 (1803), the court spoke."},
		{"SSN 219-09-9999, card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00",
			"SSN [SSN_1], card [CREDIT_CARD_1], IBAN [IBAN_1]"},
		{"server 10.0.0.1 and 2001:db8::1 at https://example.com/a?b=c.", "server [IP_1] and [IP_2] at [URL_1]."},
	} {
		if got := mask(t, masker().NewSession(), c.text).Text; got != c.want {
			t.Errorf("Mask(%q)\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}

func TestSameValueInAllTexts(t *testing.T) {
	s := masker().NewSession()
	a := mask(t, s, "Please reach Ms. Nwachukwu at nwachukwu@lawfirm.example.")
	b := mask(t, s, "nwachukwu and Nwachukwu@lawfirm.example wrote again")
	if strings.Contains(strings.ToLower(b.Text), "nwachukwu") {
		t.Errorf("a known value is not masked in a later text: %q", b.Text)
	}
	for _, m := range []Masked{a, b} {
		if !strings.Contains(m.Text, "[EMAIL_1") || !strings.Contains(m.Text, "[PERSON_1") {
			t.Errorf("not linked: %q", m.Text)
		}
	}
}

// A question uses only the surname of a person whom a document names in full.
func TestSurnameBeforeFullName(t *testing.T) {
	s := masker().NewSession()
	for _, c := range [][2]string{
		{"Mr. Nwachukwu pays.", "[PERSON_1] pays."},
		{"Mr. Chidi Nwachukwu pays.", "[PERSON_1B] pays."},
		{"Mr. Nwachukwu and Ms. Ada Nwachukwu pay.", "[PERSON_1] and [PERSON_2] pay."},
		{"Ms. Ada pays.", "[PERSON_2B] pays."},
	} {
		if m := mask(t, s, c[0]); m.Text != c[1] || s.Restore(m.Text) != c[0] {
			t.Errorf("%q became %q, want %q", c[0], m.Text, c[1])
		}
	}
}

func TestRestoreUnknown(t *testing.T) {
	s := masker().NewSession()
	mask(t, s, "I am Ingrid Halvorsen")
	got := s.Restore("[PERSON_1] and [PERSON_2], [EMAIL_9], [ORG_99], [EMAIL_ADDRESS_1]; [1] [PERSON] [x]")
	want := "Ingrid Halvorsen and the person, the e-mail address, the company, the e-mail address; [1] [PERSON] [x]"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMaskFails(t *testing.T) {
	if _, err := masker().NewSession().Mask("abc\xff"); !errors.Is(err, ErrNotUTF8) {
		t.Errorf("invalid UTF-8: %v", err)
	}
	broken := (&Masker{}).NewSession()
	got, err := broken.Mask("John Smith")
	if !errors.Is(err, ErrFailed) || got.Text != "" || strings.Contains(err.Error(), "Smith") {
		t.Errorf("a panic must return ErrFailed and no text: %q, %v", got.Text, err)
	}
}

// checkText checks the invariants of masking on one text.
func checkText(t *testing.T, text string) {
	t.Helper()
	s := masker().NewSession()
	m, err := s.Mask(text)
	if !utf8.ValidString(text) {
		if err == nil {
			t.Fatalf("invalid UTF-8 was masked: %q", text)
		}
		return
	}
	if err != nil {
		t.Fatalf("Mask(%q): %v", text, err)
	}
	if got := s.Restore(m.Text); got != text {
		t.Fatalf("Restore(Mask(x)) != x\n   x %q\nmask %q\n got %q", text, m.Text, got)
	}
	repeated := mask(t, masker().NewSession(), text)
	if repeated.Text != m.Text {
		t.Fatalf("masking is not deterministic: %q, %q", m.Text, repeated.Text)
	}
	// Original maps everything outside the placeholders correctly
	at := 0
	for _, g := range append(m.segments, segment{start: len(m.Text), end: len(m.Text), origStart: len(text), origEnd: len(text)}) {
		a, b, ok := m.Original(at, g.start)
		if !ok || text[a:b] != m.Text[at:g.start] {
			t.Fatalf("Original(%d, %d) = %d, %d, %v of %q", at, g.start, a, b, ok, m.Text)
		}
		if g.end > g.start {
			if a, b, ok = m.Original(g.start, g.end); !ok || a != g.origStart || b != g.origEnd {
				t.Fatalf("Original of a placeholder: %d, %d, %v of %q", a, b, ok, m.Text)
			}
			if _, _, ok = m.Original(g.start+1, g.end-1); ok {
				t.Fatalf("Original inside a placeholder is true: %q", m.Text)
			}
		}
		at = g.end
	}
	// restoring a stream in pieces of several sizes
	for _, size := range []int{1, 2, 3, 7} {
		var b strings.Builder
		r := s.Restorer(func(p string) {
			if p == "" {
				t.Fatal("emit got an empty piece")
			}
			b.WriteString(p)
		})
		for rest := m.Text; rest != ""; {
			n := min(size, len(rest))
			r.Write(rest[:n])
			rest = rest[n:]
			if len(r.buffered) > maxPlaceholderLen {
				t.Fatalf("%d bytes are buffered", len(r.buffered))
			}
		}
		r.Flush()
		if b.String() != text {
			t.Fatalf("restored in pieces of %d: %q, want %q", size, b.String(), text)
		}
	}
	checkNothingRemains(t, s, m, text)
}

// checkNothingRemains fails if a masked value still occurs, as whole words, outside the placeholders.
func checkNothingRemains(t *testing.T, s *Session, m Masked, text string) {
	t.Helper()
	at := 0
	for i := 0; i <= len(m.segments); i++ {
		end := len(m.Text)
		if i < len(m.segments) {
			end = m.segments[i].start
		}
		rest := m.Text[at:end]
		for p, v := range s.originals {
			if p.kind == Literal || len(v) < 5 || p.kind == Person && masker().lex.lookup(masker().lex.hashWord(v))&commonWord != 0 {
				continue // an everyday word stays where it is used as one
			}
			for from := 0; ; {
				k := strings.Index(rest[from:], v)
				if k < 0 {
					break
				}
				k += from
				from = k + 1
				before, _ := utf8.DecodeLastRuneInString(rest[:k])
				after, _ := utf8.DecodeRuneInString(rest[k+len(v):])
				if !insideWord(before) && !insideWord(after) {
					t.Fatalf("%q remains in %q (of %q)", v, m.Text, text)
				}
			}
		}
		if i < len(m.segments) {
			at = m.segments[i].end
		}
	}
}

func insideWord(r rune) bool {
	return r != utf8.RuneError && (isLetter(string(r)) || r >= '0' && r <= '9' || r == '\'' || r == '’' || r >= 0x300 && r < 0x370)
}

var pieces = []string{
	"John Smith", "Smith", "john smith", "Mr. ", "[PERSON_1]", "[", "]", "[person 1]", "[PERSON_", "1]", "bob@example.com", "@",
	"4111111111111111", "219-09-9999", " ", "\n", "\n\n", ",", ". ", "is", "the ", "My name is ", "12 Main Street", "Apt. 4", "Paris",
	"Zürich", "90210", "Kowalski", "O'Brien", "’s", "é", "[EMAIL_1]", "IBAN GB33BUKB20201555555555", "10.0.0.1", "::1", "http://a.example/", "the corner of ", " and ",
	"P.O. Box 5", "+1 415 555 0132", "Acme Ltd.", "FPO AE 94560", "日本", "x", "[[", "ID_3]", "[ID_3", "Will", "will",
}

func TestMaskRandomTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		var b strings.Builder
		for range r.IntN(14) {
			b.WriteString(pieces[r.IntN(len(pieces))])
			if r.IntN(2) == 0 {
				b.WriteByte(' ')
			}
		}
		checkText(t, b.String())
	}
}

func FuzzMask(f *testing.F) {
	for _, p := range pieces {
		f.Add(p + " " + p)
	}
	f.Add("My name is John Smith [PERSON_1] of 12 Main Street\n Apt. 5\n Springfield\n Peru 12345; john@smith.example")
	f.Fuzz(func(t *testing.T, text string) { checkText(t, text) })
}

func TestOriginalWidens(t *testing.T) {
	m := mask(t, masker().NewSession(), "Pay Ingrid Halvorsen now")
	if m.Text != "Pay [PERSON_1] now" {
		t.Fatal(m.Text)
	}
	for _, c := range []struct {
		start, end, wantStart, wantEnd int
		ok                             bool
	}{
		{0, 18, 0, 24, true}, {0, 6, 0, 20, true}, {8, 18, 4, 24, true}, {4, 14, 4, 20, true}, {6, 9, 0, 0, false},
		{0, 0, 0, 0, true}, {18, 18, 24, 24, true}, {-1, 2, 0, 0, false}, {3, 2, 0, 0, false}, {0, 19, 0, 0, false},
	} {
		a, b, ok := m.Original(c.start, c.end)
		if a != c.wantStart || b != c.wantEnd || ok != c.ok {
			t.Errorf("Original(%d, %d) = %d, %d, %v", c.start, c.end, a, b, ok)
		}
	}
}

func TestConcurrentSessions(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				text := fmt.Sprintf("I am Ingrid Halvorsen%d, mail a%d@halvorsen.example, [PERSON_1]", i, i)
				s := masker().NewSession()
				m, err := s.Mask(text)
				if err != nil || s.Restore(m.Text) != text {
					t.Errorf("%q: %v", m.Text, err)
				}
			}
		})
	}
	wg.Wait()
}

const chatMessage = "Hello, my name is Ingrid Halvorsen and I live at 12 Main Street, Springfield. My landlord Mr. Kowalski " +
	"wants to end the lease early and keeps the deposit of $2,400. Can he do that under the contract, and what notice do I " +
	"have to be given? You can reach me at ingrid.h@example.com or 415-555-0132."

// benchTexts are typical texts and texts that would make a backtracking matcher slow.
func benchTexts() map[string]string {
	long := strings.Repeat(chatMessage+"\n\n"+strings.ReplaceAll(chatMessage, "Ingrid", "Astrid")+"\n", 1700)
	var mails strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&mails, "user%d.name@mail%d.example.com, ", i, i%977)
	}
	plain := strings.Repeat("what notice must a landlord give before he ends a lease? ", 6)[:300]
	return map[string]string{
		"chat300B": chatMessage, "plain300B": plain, "letter1MB": long, "mails800KB": mails.String(),
		"digits1MB": strings.Repeat("1 ", 500_000), "at1MB": strings.Repeat("a@", 500_000), "dots1MB": strings.Repeat("a.", 500_000),
		"colons1MB": strings.Repeat("a:", 500_000), "brackets1MB": strings.Repeat("[PERSON_", 125_000),
		"names1MB": strings.Repeat("Kowalski ", 110_000), "corners1MB": strings.Repeat("the corner of ", 70_000),
		"streets1MB": strings.Repeat("Main Street, ", 80_000), "houses1MB": strings.Repeat("1 Kowal ", 125_000),
		"titles1MB": strings.Repeat("Dr. ", 250_000), "particles1MB": strings.Repeat("rue de ", 150_000), "commas1MB": strings.Repeat("1 Kowal 2,,,,,,", 60_000),
	}
}

func BenchmarkMask(b *testing.B) {
	m := masker()
	for name, text := range benchTexts() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.NewSession().Mask(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Names that are everyday words, and everyday words that only look like names.
func TestEverydayNames(t *testing.T) {
	for text, want := range map[string]string{
		"my boss is Grace Hope":                 "my boss is [PERSON_1]",
		"My boss is Grace Hope and he left.":    "My boss is [PERSON_1] and he left.",
		"Grace Hope fired me.":                  "[PERSON_1] fired me.",
		"Mac is my landlord.":                   "[PERSON_1] is my landlord.",
		"Mac and I signed a lease.":             "[PERSON_1] and I signed a lease.",
		"Will Smith pay?":                       "[PERSON_1] pay?",
		"May Johnson sue?":                      "[PERSON_1] sue?",
		"Will Kowalski pay the rent?":           "[PERSON_1] pay the rent?",
		"Mac users may install it.":             "Mac users may install it.",
		"Mac and Windows computers are covered": "Mac and Windows computers are covered",
		"Will Buyer pay?":                       "Will Buyer pay?",
		"May the Tenant sublet?":                "May the Tenant sublet?",
		"Will\nSection 4 apply?":                "Will\nSection 4 apply?",
		"The Grace Period ends in May.":         "The Grace Period ends in May.",
		"The Princess Royal arrived.":           "The Princess Royal arrived.",
		"May Day is a holiday.":                 "May Day is a holiday.",
	} {
		if got := mask(t, masker().NewSession(), text).Text; got != want {
			t.Errorf("Mask(%q)\n got %q\nwant %q", text, got, want)
		}
	}
}
