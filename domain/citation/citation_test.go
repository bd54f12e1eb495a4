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
