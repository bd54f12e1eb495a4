package drafts

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// format formats edits as [-deleted-]{+inserted+}.
func format(edits []Edit) string {
	var b strings.Builder
	for _, c := range edits {
		switch c.Kind {
		case Delete:
			b.WriteString("[-" + c.Text + "-]")
		case Insert:
			b.WriteString("{+" + c.Text + "+}")
		default:
			b.WriteString(c.Text)
		}
	}
	return b.String()
}

func TestDiffIsReadable(t *testing.T) {
	for name, tc := range map[string]struct{ before, after, want string }{
		"a date":              {"due on 31 December 2026.", "due on 31 January 2027.", "due on 31 [-December 2026-]{+January 2027+}."},
		"a word":              {"The Supplier shall deliver.", "The Supplier shall not deliver.", "The Supplier shall{+ not+} deliver."},
		"punctuation":         {"paid, promptly", "paid promptly", "paid[-,-] promptly"},
		"a word of marks":     {"cafe\u0301 closed", "cafe closed", "[-cafe\u0301-]{+cafe+} closed"},
		"Chinese":             {"合同于三月生效", "合同于五月生效", "合同于[-三-]{+五+}月生效"},
		"a sentence more":     {"A.\n\nB.\n", "A.\n\nNew.\n\nB.\n", "A.\n{+\nNew.\n+}\nB.\n"},
		"nothing before":      {"", "x", "{+x+}"},
		"the last line end":   {"x", "x\n", "x{+\n+}"},
		"a paragraph swapped": {"alpha one\nbeta two\ngamma three\n", "beta two\nalpha one\ngamma three\n", "[-alpha one\n-]beta two\n{+alpha one\n+}gamma three\n"},
	} {
		t.Run(name, func(t *testing.T) {
			h := diffLines(tc.before, tc.after)
			if len(h) != 1 || format(h[0].Edits) != tc.want {
				for _, h := range h {
					t.Errorf("got %q, want %q", format(h.Edits), tc.want)
				}
			}
		})
	}
	if h := diffLines("same\n", "same\n"); len(h) != 0 {
		t.Errorf("hunks of equal texts: %+v", h)
	}
}

// TestDiffManyEdits checks that each changed place is an edit of its own, however many there are.
func TestDiffManyEdits(t *testing.T) {
	var before, after strings.Builder
	for i := range 400 {
		fmt.Fprintf(&before, "## %d. Clause\n\nThe party named in row %d pays the fee of that row within thirty days of the invoice.\n\n", i, i)
		fmt.Fprintf(&after, "## %d. Clause\n\nThe party named in row %d pays the fee of that row within sixty days of the invoice.\n\n", i, i)
	}
	n := 0
	for _, h := range diffLines(before.String(), after.String()) {
		for _, c := range h.Edits {
			if c.Kind != Equal {
				n++
				if c.Text != "thirty" && c.Text != "sixty" {
					t.Fatalf("changed: %q", c.Text)
				}
			}
		}
	}
	if n != 800 {
		t.Errorf("%d pieces changed, want 800", n)
	}
}

// checkRoundTrip checks that both texts can be restored from the hunks and that their positions are
// correct.
func checkRoundTrip(t testing.TB, before, after string) {
	t.Helper()
	a, b := splitLines(before), splitLines(after)
	var oldText, newText strings.Builder
	atOld, atNew := 0, 0
	for _, h := range diffLines(before, after) {
		if h.OldStart-1 < atOld || h.NewStart-1 < atNew || h.OldStart-1-atOld != h.NewStart-1-atNew {
			t.Fatalf("hunk %+v begins out of order", h)
		}
		between := strings.Join(a[atOld:h.OldStart-1], "")
		oldText.WriteString(between)
		newText.WriteString(between)
		var wasOld, isNew string
		changed := false
		for _, c := range h.Edits {
			if c.Text == "" {
				t.Fatal("a hunk without changes")
			}
			changed = changed || c.Kind != Equal
			if c.Kind != Insert {
				wasOld += c.Text
			}
			if c.Kind != Delete {
				isNew += c.Text
			}
		}
		if !changed || wasOld != strings.Join(a[h.OldStart-1:h.OldStart-1+h.OldLines], "") || isNew != strings.Join(b[h.NewStart-1:h.NewStart-1+h.NewLines], "") {
			t.Fatalf("hunk %+v is not those lines", h)
		}
		oldText.WriteString(wasOld)
		newText.WriteString(isNew)
		atOld, atNew = h.OldStart-1+h.OldLines, h.NewStart-1+h.NewLines
	}
	rest := strings.Join(a[atOld:], "")
	if oldText.String()+rest != before || newText.String()+rest != after {
		t.Fatalf("the texts are not restored: %q and %q", before, after)
	}
}

func FuzzDiff(f *testing.F) {
	f.Add("", "")
	f.Add("a\nb\n\nc", "a\nc\n\nb\n")
	f.Add("合同 e\u0301\n", "合\u00a0同\u2028e\n\n")
	f.Fuzz(func(t *testing.T, a, b string) { checkRoundTrip(t, a, b) })
}

func TestDiffRandomTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for range r.IntN(60) {
			b.WriteString([]string{"a", "b", "c", "word ", "Wort ", " ", "\n", "\n\n", ".", "é", "字"}[r.IntN(11)])
		}
		return b.String()
	}
	for range 5000 {
		checkRoundTrip(t, text(), text())
	}
}

// TestDiffWorstCase checks the time limit on texts that are expensive to compare.
func TestDiffWorstCase(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	random := func(of string) string {
		b := make([]byte, maxBody)
		for i := range b {
			b[i] = of[r.IntN(len(of))]
		}
		return string(b)
	}
	for name, pair := range map[string][2]string{
		"two letters, many lines": {random("ab\n\n"), random("ab\n\n")},
		"two words, one line":     {random("a b "), random("a b ")},
		"nothing alike":           {strings.Repeat("x ", maxBody/2), strings.Repeat("y\n", maxBody/2)},
		"all the same":            {strings.Repeat("a\n", maxBody/2), strings.Repeat("a\n", maxBody/2-1) + "b"},
		"every word once":         {random("abcdefghijklmnop "), random("abcdefghijklmnop ")},
	} {
		start := time.Now()
		checkRoundTrip(t, pair[0], pair[1])
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}
