package citation

import (
	"bufio"
	"os"
	"regexp"
	"strings"
	"testing"
)

var marked = regexp.MustCompile(`\{(\w+):([^{}]*)\}`)

func lines(t testing.TB, name string) []string {
	file, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var out []string
	for s := bufio.NewScanner(file); s.Scan(); {
		if line := s.Text(); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

// mark writes a text with its citations in braces.
func mark(text string) string {
	var b strings.Builder
	at := 0
	for _, c := range Find(text) {
		b.WriteString(text[at:c.Start] + "{" + string(c.Kind) + ":" + text[c.Start:c.End] + "}")
		at = c.End
	}
	return b.String() + text[at:]
}

func TestRecognized(t *testing.T) {
	for _, line := range lines(t, "recognized.txt") {
		if got := mark(marked.ReplaceAllString(line, "$2")); got != line {
			t.Errorf("got  %s\nwant %s", got, line)
		}
	}
}

func TestOrdinaryText(t *testing.T) {
	for _, line := range lines(t, "ordinary.txt") {
		if got := mark(line); got != line {
			t.Error(got)
		}
	}
}

// TestCaptions checks that the name of a case is returned only where nothing says that it is published.
func TestCaptions(t *testing.T) {
	text := "Compare Miller v. Acme Corp. with Roe v. Wade and with Smith v. Jones, 123 F.3d 456 (9th Cir. 1998)."
	got := Captions(text)
	if len(got) != 1 || text[got[0].Start:got[0].End] != "Miller v. Acme Corp" {
		t.Errorf("got %v", got)
	}
}

// TestFindNames checks that names that may be anybody's are kept apart from citations.
func TestFindNames(t *testing.T) {
	for text, want := range map[string]string{
		"Can I get a Hadkinson order, and what of the Bell case?":      "Hadkinson order|Bell case",
		"¿Qué dijo en el caso Pino contra Calle? ¿Y la sentencia Paz?": "Pino contra Calle|Paz",
		"Cosa dice la sentenza Sanna?":                                 "Sanna",
		"Que dit l'affaire Rousseau contre France ?":                   "Rousseau contre France",
		"The duties after Revlon differ.":                              "Revlon",
		"He left after Miranda Jones did.":                             "",
		"In caso Maria non paghi? No caso Maria pague?":                "",
	} {
		_, names := FindNames(text)
		var got []string
		for _, c := range names {
			got = append(got, text[c.Start:c.End])
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestBrokenLines checks that a line break or a no-break space inside a citation changes nothing.
func TestBrokenLines(t *testing.T) {
	for _, text := range []string{"§\u00a0622 Abs.\n2 BGB", "410\nU.S. 113", "Donoghue\nv Stevenson [1932]\nAC 562", "Housing\u00a0Act 1988", "ROE V. WADE", "Bürgerliches\nGesetzbuch", "conseil de prud’hommes"} {
		if got := Find(text); len(got) != 1 || got[0].Start != 0 || got[0].End != len(text) {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, line := range append(lines(f, "recognized.txt"), lines(f, "ordinary.txt")...) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, c := range Find(text) {
			if c.Start < end || c.End <= c.Start || c.End > len(text) {
				t.Fatalf("%v of %d bytes", c, len(text))
			}
			end = c.End
		}
		Captions(text)
	})
}

func BenchmarkFind(b *testing.B) {
	for name, file := range map[string]string{"Legal": "recognized.txt", "Ordinary": "ordinary.txt"} {
		text := marked.ReplaceAllString(strings.Join(lines(b, file), " "), "$2")
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Find(text)
			}
		})
	}
}

func TestSource(t *testing.T) {
	for _, c := range []struct {
		text, cited string
		want        bool
	}{
		{"Es gilt § 622 Abs. 2 BGB.", "§ 622 BGB", true},
		{"Es gilt § 622 BGB.", "§ 622 Abs. 2 BGB", false},
		{"Es gilt § 622 Abs. 2 BGB.", "§ 2 BGB", false},
		{"§ 622 Absatz 2 des Bürgerlichen Gesetzbuchs", "§ 622 Abs. 2 BGB", true},
		{"Does the GDPR apply?", "Regulation (EU) 2016/679", true},
		{"See Art. 6 DSGVO.", "Article 6 GDPR", true},
		{"See Art. 6 DSGVO.", "Article 9 GDPR", false},
		{"l'article 1240 du Code civil", "C. civ., art. 1240", true},
		{"Is Roe v. Wade still law?", "Roe v. Wade", true},
		{"Is Roe v. Wade still law?", "Roe v. Wade, 410 U.S. 113 (1973)", false},
		{"Roe v. Wade, 410 U.S. 113 (1973)", "410 U.S. 113", true},
		{"Roe v. Wade, 410 U.S. 113 (1973)", "Smith v. Jones, 410 U.S. 113 (1973)", false},
		{"42 USC 1983", "42 U.S.C. § 1983", true},
		{"42 U.S.C. § 1983", "42 U.S.C. § 1985", false},
		{"Housing Act 1988", "section 21 of the Housing Act 1988", false},
		{"s 21 Housing Act 1988", "Section 21 of the Housing Act 1988", true},
		{"art. 6:162 BW", "artikel 6:162 Burgerlijk Wetboek", true},
		{"nothing at all", "GDPR", false},
	} {
		if got := NewSource(c.text).Contains(c.cited); got != c.want {
			t.Errorf("%q in %q: %t", c.cited, c.text, got)
		}
	}
}
