package masking

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// However an item is set, it is masked like the plain one.
func TestLayoutHidesNothing(t *testing.T) {
	inside := func(s, mark string) string { // into each word
		words := strings.Split(s, " ")
		for i, w := range words {
			if r := []rune(w); len(r) > 3 {
				words[i] = string(r[:2]) + mark + string(r[2:])
			}
		}
		return strings.Join(words, " ")
	}
	for name, set := range map[string]func(string) string{
		"line end":         func(s string) string { return strings.ReplaceAll(s, " ", "\n") },
		"CRLF":             func(s string) string { return strings.ReplaceAll(s, " ", "\r\n") },
		"first line end":   func(s string) string { return strings.Replace(s, " ", "\n", 1) },
		"indented":         func(s string) string { return strings.Replace(s, " ", "\n    ", 1) },
		"quoted":           func(s string) string { return strings.Replace(s, " ", "\n> ", 1) },
		"no-break space":   func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") },
		"HTML space":       func(s string) string { return strings.ReplaceAll(s, " ", "&nbsp;") },
		"two spaces":       func(s string) string { return strings.ReplaceAll(s, " ", "  ") },
		"soft hyphen":      func(s string) string { return inside(s, "\u00ad") },
		"zero width space": func(s string) string { return inside(s, "\u200b") },
		"joiner":           func(s string) string { return inside(s, "\u2060") },
		"byte order mark":  func(s string) string { return "\ufeff" + s },
		"direction marks":  func(s string) string { return "\u202a" + s + "\u202c" },
		"decomposed":       norm.NFD.String,
		"bold":             func(s string) string { return "**" + s + "**" },
		"bold first word":  func(s string) string { return "**" + strings.Replace(s, " ", "** ", 1) },
		"HTML bold":        func(s string) string { return "<b>" + strings.Replace(s, " ", "</b> ", 1) },
		"full width": func(s string) string {
			return strings.Map(func(r rune) rune {
				if r > ' ' && r < 0x7f {
					return r + 0xfee0
				}
				return r
			}, s)
		},
	} {
		for _, c := range [][2]string{
			{"The tenant is called ", "John Miller"},
			{"Der Mieter heißt ", "Jürgen Müller"},
			{"The tenant lives at ", "12 Baker Street"},
			{"Please pay it to the account ", "DE89 3704 0044 0532 0130 00"},
			{"You may call me on ", "+44 20 7946 0958"},
			{"You may write to me at ", "john.miller@example.com"},
			{"My national insurance number is ", "AB 12 34 56 C"},
			{"Meine Steuer-ID lautet ", "86 095 742 719"},
			{"I paid with the card ", "4111 1111 1111 1111"},
			{"I was born on ", "12 May 1978"},
		} {
			rest := " as the contract says."
			if strings.Contains(c[0], "lautet") || strings.Contains(c[0], "heißt") {
				rest = " laut unserem Vertrag."
			}
			text := c[0] + set(c[1]) + rest
			m := mask(t, masker().NewSession(), text)
			left := strings.Trim(strings.TrimSuffix(strings.TrimPrefix(m.Text, c[0]), rest), "*\ufeff\u202a\u202c")
			left = strings.TrimPrefix(left, "<b>")
			if !strings.HasPrefix(left, "[") || strings.Index(left, "]") != len(left)-1 {
				t.Errorf("%s: %q became %q", name, text, m.Text)
			}
		}
	}
}
