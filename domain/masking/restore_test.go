package masking

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"counsel/domain/langid"
)

// restoreSession has the placeholders [PERSON_1], [PERSON_1B] (Mr. Miller), [PERSON_2], [COMPANY_1], [COMPANY_2],
// [ADDRESS_1] and [EMAIL_1].
func restoreSession(t testing.TB) *Session {
	s := masker().NewSession()
	for _, v := range []struct {
		text string
		t    Type
	}{
		{"John Miller", Person}, {"Mr. Miller", Person}, {"Mary Jones", Person}, {"Acme Inc.", Company}, {"Zenith GmbH", Company},
		{"12 Main Street", Address}, {"jm@miller.example", Email},
	} {
		if _, err := s.MaskAs(v.text, v.t); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// Each form that a model gives a placeholder, and what a reader gets.
var placeholderForms = []struct{ answer, want string }{
	{"[PERSON_1] must leave.", "John Miller must leave."},
	{"[person_1] must leave.", "John Miller must leave."},
	{"[Person_1] must leave.", "John Miller must leave."},
	{"[PERSON 1] must leave.", "John Miller must leave."},
	{"[Person 1] must leave.", "John Miller must leave."},
	{"[PERSON-1] must leave.", "John Miller must leave."},
	{"[PERSON1] must leave.", "John Miller must leave."},
	{"[PERSON #1] must leave.", "John Miller must leave."},
	{"[PERSON: 1] must leave.", "John Miller must leave."},
	{"[ PERSON_1 ] must leave.", "John Miller must leave."},
	{"PERSON_1 must leave.", "John Miller must leave."},
	{"person_1 must leave.", "John Miller must leave."},
	{"PERSON\\_1 must leave.", "John Miller must leave."},
	{"[PERSON\\_1] must leave.", "John Miller must leave."},
	{"\\[PERSON_1\\] must leave.", "John Miller must leave."},
	{"\\[PERSON\\_1\\] must leave.", "John Miller must leave."},
	{"<PERSON_1> must leave.", "John Miller must leave."},
	{"<PERSON_1/> must leave.", "John Miller must leave."},
	{"<<PERSON_1>> must leave.", "John Miller must leave."},
	{"\\<PERSON_1\\> must leave.", "John Miller must leave."},
	{"&lt;PERSON_1&gt; must leave.", "John Miller must leave."},
	{"&#91;PERSON_1&#93; must leave.", "John Miller must leave."},
	{"&#x5B;PERSON&#x5f;1&#x5D; must leave.", "John Miller must leave."},
	{"&lbrack;PERSON_1&rsqb; must leave.", "John Miller must leave."},
	{"&lsqb;PERSON&nbsp;1&rsqb; must leave.", "John Miller must leave."},
	{"\\u005bPERSON_1\\u005d must leave.", "John Miller must leave."},
	{"【PERSON_1】 must leave.", "John Miller must leave."},
	{"［ＰＥＲＳＯＮ＿１］ must leave.", "John Miller must leave."},
	{"[PERSON_１] must leave.", "John Miller must leave."},
	{"「PERSON_1」 must leave.", "John Miller must leave."},
	{"{PERSON_1} must leave.", "John Miller must leave."},
	{"{{PERSON_1}} must leave.", "John Miller must leave."},
	{"{{ PERSON_1 }} must leave.", "John Miller must leave."},
	{"(PERSON_1) must leave.", "(John Miller) must leave."},
	{"([PERSON_1]) must leave.", "(John Miller) must leave."},
	{"**[PERSON_1]** must leave.", "**John Miller** must leave."},
	{"**PERSON_1** must leave.", "**John Miller** must leave."},
	{"__PERSON_1__ must leave.", "__John Miller__ must leave."},
	{"_[PERSON_1]_ must leave.", "_John Miller_ must leave."},
	{"_PERSON_1_ must leave.", "_John Miller_ must leave."},
	{"[**PERSON_1**] must leave.", "**John Miller** must leave."},
	{"**\\[PERSON\\_1\\]** must leave.", "**John Miller** must leave."},
	{"`[PERSON_1]` must leave.", "`John Miller` must leave."},
	{"`PERSON_1` must leave.", "`John Miller` must leave."},
	{"\"PERSON_1\" must leave.", "\"John Miller\" must leave."},
	{"„PERSON_1“ and «PERSON_2»", "„John Miller“ and «Mary Jones»"},
	{`["PERSON_1", "PERSON_2"]`, `["John Miller", "Mary Jones"]`},
	{"[[PERSON_1]] must leave.", "[John Miller] must leave."},
	{"[PERSON_1](https://x.example) must leave.", "[John Miller](https://x.example) must leave."},
	{"[PERSON_1](#person_1) must leave.", "[John Miller](#John Miller) must leave."},
	{"[PERSON_1](see below)", "John Miller(see below)"},
	{"[PERSON_1, PERSON_2]", "John Miller, Mary Jones"},
	{"[PERSON_1 and PERSON_2]", "John Miller and Mary Jones"},
	{"[PERSON_1, PERSON_2, and COMPANY_1]", "John Miller, Mary Jones, and Acme Inc."},
	{"[PERSON_1 und PERSON_2], [PERSON_1 et PERSON_2], [PERSON_1 e PERSON_2], [PERSON_1 y PERSON_2]",
		"John Miller und Mary Jones, John Miller et Mary Jones, John Miller e Mary Jones, John Miller y Mary Jones"},
	{"[PERSON_1/PERSON_2] [PERSON_1 & PERSON_2] [PERSON_1; PERSON_2]", "John Miller/Mary Jones John Miller & Mary Jones John Miller; Mary Jones"},
	{"[PERSON_1]/[PERSON_2] PERSON_1/PERSON_2", "John Miller/Mary Jones John Miller/Mary Jones"},
	{"[Person 1, Person 2]", "John Miller, Mary Jones"},
	{"<PERSON_1, PERSON_2>", "John Miller, Mary Jones"},
	{"[" + strings.Repeat("PERSON_1, ", 12) + "PERSON_2]", "[" + strings.Repeat("John Miller, ", 12) + "Mary Jones]"},
	{"[PERSON_1]'s lease, PERSON_1's flat, PERSON_1’s, [PERSON_1's]", "John Miller's lease, John Miller's flat, John Miller’s, John Miller's"},
	{"PERSON_1s, [PERSON_1]s, [PERSON_1s], [PERSON_1]s', [PERSON_1]'", "John Millers, John Millers, John Millers, John Millers', John Miller'"},
	{"[PERSON_1B] or PERSON_1B or [person_1b] or [Person 1B] or [PERSON\\_1B]", "Mr. Miller or Mr. Miller or Mr. Miller or Mr. Miller or Mr. Miller"},
	{"[PERSON_1C] came", "John Miller came"},
	{"[PERSON_01]", "John Miller"},
	{"[PERSON\u00a01] [PER\u200bSON_1] [PERSON_\u20601] [PERSON\u00ad_1] [\u200ePERSON_1\u200f] \ufeff[PERSON_1]\ufeff PER\u00adSON_1",
		"John Miller John Miller John Miller John Miller John Miller \ufeffJohn Miller\ufeff John Miller"},
	{"[PERSON_\n1] [PERSON\n1] [\nPERSON_1\n] [PERSON_1,\n PERSON_2]", "John Miller John Miller John Miller John Miller,\n Mary Jones"},
	{"[PERSON_1 must leave. Then [PERSON_2 pays.", "John Miller must leave. Then Mary Jones pays."},
	{"[PERSON_1", "John Miller"},
	{"[PERSON_1 to sign here]", "[John Miller to sign here]"},
	{"[PERSON_1, the tenant], and others", "[John Miller, the tenant], and others"},
	{"[PERSONNE_1] [PERSONA_1] [PESSOA_1] [PERSOON_1] [NOM_1]", "John Miller John Miller John Miller John Miller John Miller"},
	{"[EMPRESA_2] [FIRMA_1] [SOCIÉTÉ_1] [SOCIE\u0301TE\u0301_1] [BEDRIJF_2] [AZIENDA_1] [SOCIETÀ_1] [UNTERNEHMEN_1] [ORGANIZATION_1] [ORG_1]",
		"Zenith GmbH Acme Inc. Acme Inc. Acme Inc. Zenith GmbH Acme Inc. Acme Inc. Acme Inc. Acme Inc. Acme Inc."},
	{"[ADRESSE_1] [DIRECCIÓN_1] [dirección 1] [INDIRIZZO_1] [ENDEREÇO_1] [ADRES_1]", strings.TrimSpace(strings.Repeat("12 Main Street ", 6))},
	{"[E-MAIL_1] [EMAIL ADDRESS 1] E-MAIL_1 [COURRIEL_1]", "jm@miller.example jm@miller.example jm@miller.example jm@miller.example"},
	{"PERSONNE_1 et SOCIÉTÉ_1", "John Miller et Acme Inc."},
	{"[PARTY_1]", "John Miller"},

	// unknown ones are never shown
	{"[PERSON_99] and PERSON_99, [person 98], \\[COMPANY\\_77\\], <EMAIL_5>, [FIRMA_9], [PERSON_99]'s", "the person and the person, the person, the company, the e-mail address, the company, the person's"},
	{"[PERSON_1, PERSON_99]", "John Miller, the person"},
	{"[PERSON_99 must leave.", "the person must leave."},

	// ordinary words
	{"person 1 of the list, Date 2, TITLE 11 of the U.S. Code, [Name], ID 5, Location 3, Person-1, PERSON 1", "person 1 of the list, Date 2, TITLE 11 of the U.S. Code, [Name], ID 5, Location 3, Person-1, PERSON 1"},
	{"[1] [x] [PERSON] [Title] [Section 2] [2020] [LIST_1] [PERSON_X] [Person_12345678901] {a} <b> &amp; \\* \\", "[1] [x] [PERSON] [Title] [Section 2] [2020] [LIST_1] [PERSON_X] [Person_12345678901] {a} <b> &amp; \\* \\"},
	{"MYPERSON_1, first_person_1, first\\_person\\_1, PERSON_1_2, PERSON_1abcd, person_1@x.example, person_1.pdf, date_7, url_3", "MYPERSON_1, first_person_1, first\\_person\\_1, PERSON_1_2, PERSON_1abcd, person_1@x.example, person_1.pdf, date_7, url_3"},
	{"Zoë 契約 👍 naïve [", "Zoë 契約 👍 naïve ["},
}

func TestRestoreDresses(t *testing.T) {
	s := restoreSession(t)
	for _, c := range placeholderForms {
		if got := s.Restore(c.answer); got != c.want {
			t.Errorf("Restore(%q)\n got %q\nwant %q", c.answer, got, c.want)
		}
		if got := s.RestoredLen(c.answer); got != len(s.Restore(c.answer)) {
			t.Errorf("RestoredLen(%q) = %d", c.answer, got)
		}
		for size := 1; size <= 3; size++ {
			if got := restoreInPieces(t, s, c.answer, func() int { return size }); got != c.want {
				t.Errorf("Restore(%q) in pieces of %d\n got %q\nwant %q", c.answer, size, got, c.want)
			}
		}
	}
}

// A user's own text that looks like a placeholder, in any form, comes back as it was.
func TestLiterals(t *testing.T) {
	for _, c := range placeholderForms {
		checkText(t, c.answer)
		checkText(t, "I am Ingrid Halvorsen. "+c.answer+" Ingrid Halvorsen(#1), Ingrid Halvorsen(https:// [PERSON_1](/x)")
	}
}

func restoreInPieces(t testing.TB, s *Session, text string, size func() int) string {
	t.Helper()
	var b strings.Builder
	valid := utf8.ValidString(text)
	r := s.Restorer(func(piece string) {
		if piece == "" {
			t.Fatal("emit got an empty piece")
		}
		if valid && !utf8.ValidString(piece) {
			t.Fatalf("a character is cut: %q", piece)
		}
		b.WriteString(piece)
	})
	for text != "" {
		n := min(size(), len(text))
		r.Write(text[:n])
		text = text[n:]
		if len(r.buffered) > maxPlaceholderLen {
			t.Fatalf("%d bytes are buffered", len(r.buffered))
		}
	}
	r.Flush()
	return b.String()
}

func TestGenericPhrases(t *testing.T) {
	for tag, want := range map[string]string{
		"": "the person, the company", "en-IE": "the person, the company", "de": "die Person, die Firma", "de_AT": "die Person, die Firma",
		"fr-CA": "la personne, la société", "es": "la persona, la empresa", "pt-BR": "a pessoa, a empresa", "it": "la persona, la società",
		"nl": "de persoon, de onderneming", "ja": "the person, the company",
	} {
		s := masker().NewSession()
		s.SetLocale(tag)
		if got := s.Restore("[PERSON_1], COMPANY_2"); got != want {
			t.Errorf("%q: %q, want %q", tag, got, want)
		}
	}
	for l := langid.English; l < langid.Count; l++ {
		for ty, phrase := range genericPhrases[l] {
			if phrase == "" || strings.Contains(phrase, "_") {
				t.Errorf("%s: no phrase for %v", l, Type(ty))
			}
		}
	}
}

// The longest placeholder that can be issued is restored, in each type.
func TestLongestPlaceholders(t *testing.T) {
	for ty, name := range typeNames {
		s := &Session{originals: map[reference]string{{Type(ty), 4294967295, 18277}: "x"}}
		if got := s.Restore("[" + name + "_4294967295" + wordingSuffix(18277) + "]"); got != "x" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

var dressPieces = []string{
	"[PERSON_1]", "PERSON_1", "person_1", "[", "]", "\\", "_", "1", "PERSON", "Person", " ", "\n", ",", " and ", "'s", "s", "B", "(", ")", "(https://x", "(#", "<", ">", "&lt;", "&gt;", "&#91;", "&",
	"{{", "}}", "**", "`", "\u200b", "\u00a0", "【", "】", "＿", "１", "\\u005b", "\\u00", "é", "x", ".", "@", "[EMAIL_1]", "EMPRESA_2", "2", "e-mail_1", "日", "/",
}

// Restoring an answer in pieces gives the same result as restoring it at once.
func FuzzRestore(f *testing.F) {
	for i, c := range placeholderForms {
		f.Add(c.answer, uint64(i))
	}
	f.Fuzz(func(t *testing.T, answer string, seed uint64) {
		s := restoreSession(t)
		want := s.Restore(answer)
		r := rand.New(rand.NewPCG(seed, 1))
		if got := restoreInPieces(t, s, answer, func() int { return 1 }); got != want {
			t.Fatalf("%q byte by byte\n got %q\nwant %q", answer, got, want)
		}
		if got := restoreInPieces(t, s, answer, func() int { return 1 + r.IntN(9) }); got != want {
			t.Fatalf("%q in pieces\n got %q\nwant %q", answer, got, want)
		}
	})
}

func TestRestoreRandomAnswers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	s := restoreSession(t)
	for range 20000 {
		var b strings.Builder
		for range 1 + r.IntN(12) {
			b.WriteString(dressPieces[r.IntN(len(dressPieces))])
		}
		want := s.Restore(b.String())
		if got := restoreInPieces(t, s, b.String(), func() int { return 1 + r.IntN(3) }); got != want {
			t.Fatalf("%q in pieces\n got %q\nwant %q", b.String(), got, want)
		}
	}
	for range 4000 {
		var b strings.Builder
		for range 1 + r.IntN(12) {
			b.WriteString(append(dressPieces, "John Smith", "Ingrid Halvorsen")[r.IntN(len(dressPieces)+2)])
		}
		checkText(t, b.String())
	}
}

func BenchmarkRestore(b *testing.B) {
	plain := strings.Repeat("The landlord must give notice of thirty days before ending the lease, and must return the deposit. ", 11)[:1024]
	answer := strings.Repeat("[PERSON_1] must give [PERSON_2] notice of thirty days before ending the lease of [ADDRESS_1] and write to [EMAIL_1]. ", 10)[:1024]
	for name, text := range map[string]string{
		"plain1KB": plain, "answer1KB": answer, "answer1MB": strings.Repeat(answer, 1024), "open1MB": strings.Repeat("[PERSON_1, ", 95000),
		"brackets1MB": strings.Repeat("[", 1<<20), "list1MB": "[" + strings.Repeat("PERSON_1, ", 100000), "entities1MB": strings.Repeat("&#91;", 200000),
		"underscores1MB": strings.Repeat("person_", 150000),
	} {
		s := restoreSession(b)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				s.Restore(text)
			}
		})
		if len(text) == 1024 {
			b.Run(fmt.Sprintf("stream/%s", name), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					r := s.Restorer(func(string) {})
					for i := 0; i < len(text); i += 4 {
						r.Write(text[i:min(len(text), i+4)])
					}
					r.Flush()
				}
			})
		}
	}
}

// A model that was talked into it must not send personal data to a stranger's server in the address of a link.
func TestRestoreInLinks(t *testing.T) {
	s := masker().NewSession()
	mask(t, s, "I am Ingrid Halvorsen, i.halvorsen@fjordlaw.example.")
	for text, want := range map[string]string{
		"See https://evil.example/?q=[EMAIL_1] now, [PERSON_1].":          "See https://evil.example/?q=redacted now, Ingrid Halvorsen.",
		"![x](https://evil.example/p/[PERSON_1].png) Dear [PERSON_1]":     "![x](https://evil.example/p/redacted.png) Dear Ingrid Halvorsen",
		"<img src=\"HTTP://evil.example?[PERSON_1]\">[PERSON_1]":          "<img src=\"HTTP://evil.example?redacted\">Ingrid Halvorsen",
		"https://evil.example/[PERSON_9]":                                 "https://evil.example/redacted",
		"Write to mailto:[EMAIL_1] or [PERSON_1]/[EMAIL_1], see https://": "Write to mailto:i.halvorsen@fjordlaw.example or Ingrid Halvorsen/i.halvorsen@fjordlaw.example, see https://",
		"Plaintiff://[PERSON_1] and https://[PERSON_1]":                   "Plaintiff://Ingrid Halvorsen and https://Ingrid Halvorsen",
	} {
		if got := s.Restore(text); got != want {
			t.Errorf("Restore(%q)\n got %q\nwant %q", text, got, want)
		}
		if n := s.RestoredLen(text); n != len(want) {
			t.Errorf("RestoredLen(%q) = %d, want %d", text, n, len(want))
		}
		var b strings.Builder
		r := s.Restorer(func(piece string) { b.WriteString(piece) })
		for i := range len(text) {
			r.Write(text[i : i+1])
		}
		r.Flush()
		if b.String() != want {
			t.Errorf("streamed %q\n got %q\nwant %q", text, b.String(), want)
		}
	}
}
