package domain_test

import (
	"fmt"
	"testing"
	"unicode/utf8"

	"counsel/domain"
)

func ExampleTruncate() {
	fmt.Println(domain.Truncate("Müller & Söhne", 6))
	// Output: Müller
}

func ExampleTruncateBytes() {
	fmt.Printf("%q %q\n", domain.TruncateBytes("Müller", 2), domain.TruncateBytes("Müller", 3))
	// Output: "M" "Mü"
}

func ExampleAbbreviate() {
	fmt.Println(domain.Abbreviate("Schuldrecht", 20))
	fmt.Println(domain.Abbreviate("Schuldrechtsmodernisierungsgesetz", 12))
	// Output:
	// Schuldrecht
	// Schuldrecht…
}

func FuzzTruncate(f *testing.F) {
	f.Add("", 0)
	f.Add("é日本😀", 3)
	f.Add("\xff\xfe", 1)
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = min(max(n, 1), 100)
		if got := utf8.RuneCountInString(domain.Truncate(s, n)); got != min(n, utf8.RuneCountInString(s)) {
			t.Errorf("Truncate(%q, %d) has %d characters", s, n, got)
		}
		if got := utf8.RuneCountInString(domain.Abbreviate(s, n)); got != min(n, utf8.RuneCountInString(s)) {
			t.Errorf("Abbreviate(%q, %d) has %d characters", s, n, got)
		}
		if got := domain.TruncateBytes(s, n); len(got) > n || utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("TruncateBytes(%q, %d) = %q", s, n, got)
		}
	})
}
