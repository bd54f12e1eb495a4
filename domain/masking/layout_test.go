package masking

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// What stands in the text between two items, and what does not.
func TestFlatten(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// line ends inside running text
		{"The tenant is John\nMiller, of Leeds.", "The tenant is John Miller, of Leeds."},
		{"The tenant is John\r\nMiller, of Leeds.", "The tenant is John Miller, of Leeds."},
		{"The tenant lives at 12 Baker\nStreet, London.", "The tenant lives at 12 Baker Street, London."},
		{"Der Mieter ist Herr\nMüller aus Köln.", "Der Mieter ist Herr Müller aus Köln."},
		{"El inquilino es Juan\nPérez García.", "El inquilino es Juan Pérez García."},
		{"call +44 20 7946\n0958 please", "call +44 20 7946 0958 please"},
		{"I was told by Mr.\nMiller to leave.", "I was told by Mr. Miller to leave."},
		{"THE TENANT IS JOHN\nMILLER OF LEEDS", "THE TENANT IS JOHN MILLER OF LEEDS"},
		{"> The tenant is John\n> Miller, of Leeds.", "The tenant is John Miller, of Leeds."},
		{"> > The tenant is John\n> > Miller, of Leeds.", "The tenant is John Miller, of Leeds."},
		{"    The tenant is John\n    Miller, of Leeds.", "    The tenant is John Miller, of Leeds."},
		// hyphens at a line end
		{"The tenant is Wilhelmina Fern-\ndale of Leeds.", "The tenant is Wilhelmina Ferndale of Leeds."},
		{"Mr Fairweather-\nSmythe sells.", "Mr Fairweather-Smythe sells."},
		{"Wilhelmina Fern\u00ad\ndale", "Wilhelmina Ferndale"},
		{"die Miet-\nund Nebenkosten", "die Miet- und Nebenkosten"},
		{"call 020-7946-\n0958", "call 020-7946-0958"},
		// addresses of mail and web
		{"Write to john.miller@\nexample.com or", "Write to john.miller@example.com or"},
		{"Write to john.miller\n@example.com or", "Write to john.miller@example.com or"},
		{"Write to john.\nmiller@example.com or", "Write to john.miller@example.com or"},
		{"Write to john.miller@example.\ncom or", "Write to john.miller@example.com or"},
		{"see https://example.com/\npath now", "see https://example.com/path now"},
		{"Write to john.miller@example.com.\nThen wait.", "Write to john.miller@example.com.\nThen wait."},
		// separate items
		{"John Miller\nMary Baker", "John Miller\nMary Baker"},
		{"The lease ended.\nJohn Miller left.", "The lease ended.\nJohn Miller left."},
		{"Tenant: John Miller\nLandlord: Mary Baker", "Tenant: John Miller\nLandlord: Mary Baker"},
		{"Name John Miller\nStreet Baker Street", "Name John Miller\nStreet Baker Street"},
		{"the parties are John\n- Mary Baker", "the parties are John\n- Mary Baker"},
		{"the parties are John\n2. Mary Baker", "the parties are John\n2. Mary Baker"},
		{"the parties are John\n(b) Mary Baker", "the parties are John\n(b) Mary Baker"},
		{"the parties are John\n\nMary Baker", "the parties are John\n\nMary Baker"},
		{"Yours sincerely\nJohn Miller", "Yours sincerely\nJohn Miller"},
		{"Mit freundlichen Grüßen\nHans Müller", "Mit freundlichen Grüßen\nHans Müller"},
		{"Hans Müller\nHauptstraße 5\n10115 Berlin", "Hans Müller\nHauptstraße 5\n10115 Berlin"},
		{"Notice of Termination\nWill the tenant pay?", "Notice of Termination\nWill the tenant pay?"},
		{"Governing Law\nEnglish law applies.", "Governing Law\nEnglish law applies."},
		{"he is my landlord\nJohn Miller is his name", "he is my landlord\nJohn Miller is his name"},
		// what nobody sees
		{"Jo\u200bhn Mil\u2060ler\ufeff", "John Miller"},
		{"Fern\u00addale", "Ferndale"},
		{"\u202aJohn\u202c Mu\u0308ller", "John Müller"},
		{"Ｊｏｈｎ ０２０７", "John 0207"},
		{"٠٢٠ and 𝐉𝐨𝐡𝐧, ﬁle", "020 and John, file"},
		{"John\u00a0Miller, 020\u20117946\u20130958", "John Miller, 020-7946-0958"},
		{"Jean\u2013Luc", "Jean\u2013Luc"},
		// markup
		{"**John** Miller, __Mary__ _Baker_, *Al*, ***Bo***", "John Miller, Mary Baker, Al, Bo"},
		{"Jo**hn** `Miller` ~~Baker~~", "John Miller Baker"},
		{"john_miller and 2*3, a * b, Mieter*innen, ____ , x ~ y", "john_miller and 2*3, a * b, Mieter*innen, ____ , x ~ y"},
		{"* John\n* Mary", "* John\n* Mary"},
		{"<b>John</b> Miller<br>Mary <a href=x>", "John Miller\nMary <a href=x>"},
		{"| Name | John Miller |", "\t Name \t John Miller \t"},
		{"a||b|c", "a||b|c"},
		{"John&nbsp;Miller, john&#64;x.com, j&amp;#64;x.com, R&amp;D, AT&T, &unknown;", "John Miller, john@x.com, j@x.com, R&D, AT&T, &unknown;"},
		{`john\_miller@x.com`, "john_miller@x.com"},
		{"[PERSON_1] [PERSON_]", "[PERSON_1] [PERSON_]"},
	} {
		l := &layout{words: masker().cues}
		got := l.flatten(c.text)
		if got != c.want {
			t.Errorf("flatten(%q)\n got %q\nwant %q", c.text, got, c.want)
		}
		checkLayout(t, l, c.text, got)
	}
}

// checkLayout checks that each character of the flat text maps to its own part of the original, in order.
func checkLayout(t *testing.T, l *layout, text, flat string) {
	t.Helper()
	last := 0
	for at := 0; at < len(flat); {
		_, n := utf8.DecodeRuneInString(flat[at:])
		from, to := l.span(at, at+n)
		if from < last && !(from < to && to == last) || to < from || to > len(text) {
			t.Fatalf("span(%d, %d) = %d, %d after %d: %q, flat %q", at, at+n, from, to, last, text, flat)
		}
		if s := text[from:to]; s == "" || !utf8.ValidString(s) {
			t.Fatalf("span(%d, %d) = %q of %q, flat %q", at, at+n, s, text, flat)
		}
		last, at = to, at+n
	}
}

func TestFlattenRandomTexts(t *testing.T) {
	parts := append([]string{
		"\r\n", "\n> ", "-\n", "\u00ad", "\u200b", "u\u0308", "\u0308", "Ｊ", "**", "_", "|", "| ", "&nbsp;", "&amp;#64;", "<b>", "<br>",
		"\u2028", "ﬁ", "\\_", "\t", "   ", "@\n", "\u2011", "\f", "Fern-\ndale", "is\n", " a\n  b ",
	}, pieces...)
	r := rand.New(rand.NewPCG(3, 4))
	for range 4000 {
		var b strings.Builder
		for range r.IntN(14) {
			b.WriteString(parts[r.IntN(len(parts))])
			if r.IntN(3) == 0 {
				b.WriteByte(' ')
			}
		}
		text := b.String()
		l := &layout{words: masker().cues}
		checkLayout(t, l, text, l.flatten(text))
		checkText(t, text)
	}
}
