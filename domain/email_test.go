package domain

import (
	"strings"
	"testing"
)

func TestParseEmail(t *testing.T) {
	for given, want := range map[string][3]string{ // Unicode, ASCII, key
		"ada@example.com":           {"ada@example.com", "ada@example.com", "ada@example.com"},
		"Ada.L@Example.COM":         {"Ada.L@example.com", "Ada.L@example.com", "ada.l@example.com"},
		"a@müller.example":          {"a@müller.example", "a@xn--mller-kva.example", "a@xn--mller-kva.example"},
		"a@MU\u0308LLER.example":    {"a@müller.example", "a@xn--mller-kva.example", "a@xn--mller-kva.example"},
		"a@xn--mller-kva.example":   {"a@müller.example", "a@xn--mller-kva.example", "a@xn--mller-kva.example"},
		"a@例え。テスト":                  {"a@例え.テスト", "a@xn--r8jz45g.xn--zckzah", "a@xn--r8jz45g.xn--zckzah"},
		"a@straße.example":          {"a@straße.example", "a@xn--strae-oqa.example", "a@xn--strae-oqa.example"},
		"Ju\u0308rgen@example.com":  {"Jürgen@example.com", "Jürgen@example.com", "jürgen@example.com"},
		"иван@почта.рф":             {"иван@почта.рф", "иван@xn--80a1acny.xn--p1ai", "иван@xn--80a1acny.xn--p1ai"},
		"ada+cases@sub.example.com": {"ada+cases@sub.example.com", "ada+cases@sub.example.com", "ada+cases@sub.example.com"},
		"o'neil@localhost":          {"o'neil@localhost", "o'neil@localhost", "o'neil@localhost"},
	} {
		a, err := ParseEmail(given)
		if got := [3]string{a.String(), a.ASCII(), a.Key()}; err != nil || got != want {
			t.Errorf("%q: %q, %v", given, got, err)
		}
		if EmailKey(want[0]) != want[2] || EmailUnicode(want[1]) != want[0] || EmailASCII(want[0]) != want[1] {
			t.Errorf("%q does not survive a round trip", given)
		}
	}
	for _, given := range []string{"", "ada", "@example.com", "ada@", "ada@@example.com", "Ada <ada@example.com>", "<ada@example.com>", "ada@example.com ", " ada@example.com", "a da@example.com",
		`"ada"@example.com`, `"a da"@example.com`, "ada@example.com\r\nBcc: eve@example.com", "ada@[192.0.2.1]", "ada@a_b.example", "ada@-a.example", "ada@a..b", "ada@example.com.", "ada@a。。b", "ada@example。",
		"ada@xn--a.example", "ada@xn--mller-kva1.example", "ada@p\u0430ypal.example", "ada@xn--pypal-4ve.example", "ada@a\u200db.example", "a\u202eda@example.com", "a\u200bda@example.com", "\xffda@example.com",
		".ada@example.com", "ada.@example.com", "a..da@example.com", "ada@exa mple.com", "ada@" + strings.Repeat("a", 64) + ".example", strings.Repeat("a", 65) + "@example.com", strings.Repeat("ü", 33) + "@example.com",
		"a@" + strings.Repeat("abcdefgh.", 28) + "example", "a@" + strings.Repeat("ü.", 60) + "example", "ada(comment)@example.com", "ada@example.com, bob@example.com", "group: ada@example.com;"} {
		if a, err := ParseEmail(given); err == nil {
			t.Errorf("%q was accepted as %q", given, a)
		}
	}
	if EmailKey("No Address") != "no address" || EmailUnicode("x") != "x" || EmailASCII("x") != "x" {
		t.Error("an invalid address was changed")
	}
}
