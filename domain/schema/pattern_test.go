package schema_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"counsel/domain/schema"
)

func compilePattern(tb testing.TB, pattern string) *schema.Schema {
	tb.Helper()
	raw, err := json.Marshal(map[string]string{"type": "string", "pattern": pattern})
	if err != nil {
		tb.Fatal(err)
	}
	s, err := schema.Compile("pattern", raw)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// TestPatterns compares the contract's patterns with the rules that they state, for every character up to U+FFFF.
func TestPatterns(t *testing.T) {
	accepts := map[string]func(string) bool{}
	for name, pattern := range map[string]string{"line": schema.Line, "title": schema.Title, "text": schema.Text, "body": schema.Body, "words": schema.Words} {
		s := compilePattern(t, pattern)
		accepts[name] = func(v string) bool { return s.Check(v, "") == nil }
	}
	expect := func(name, text string, want bool) {
		t.Helper()
		if accepts[name](text) != want {
			t.Errorf("%s: %+q: %v", name, text, !want)
		}
	}
	for r := rune(0); r < 0x10000; r++ {
		if r >= 0xd800 && r < 0xe000 { // halves of pairs
			continue
		}
		c := string(r)
		inside := "a" + c + "b"
		blank := strings.TrimSpace(c) == ""
		line := schema.IsLine(inside)
		control := unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r'
		expect("line", inside, line)
		expect("title", inside, line)
		expect("text", inside, !control)
		expect("body", inside, !control)
		expect("words", inside, true)
		expect("title", " "+c+" ", line && !blank)
		expect("body", "\n"+c+"\u3000", !control && !blank)
		expect("words", c, !blank)
	}
	expect("line", "", true)
	expect("text", "", true)
	for _, name := range []string{"title", "body", "words"} {
		expect(name, "", false)
		expect(name, " \u2003 ", false)
		expect(name, " \U0001f600 ", true)
	}
}

func TestEscapes(t *testing.T) {
	for pattern, texts := range map[string][2]string{
		`^\u00e9\n$`:   {"é\n", "e\n"},
		`^\\u00e9$`:    {`\u00e9`, "é"},
		`^[\u00e0-]+$`: {"à-", "á"},
	} {
		s := compilePattern(t, pattern)
		if s.Check(texts[0], "") != nil || s.Check(texts[1], "") == nil {
			t.Errorf("%s: %v, %v", pattern, s.Check(texts[0], ""), s.Check(texts[1], ""))
		}
	}
}

func BenchmarkBody(b *testing.B) {
	s := compilePattern(b, schema.Body)
	text := strings.Repeat("Die Kündigung ist wirksam. ", 10000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if s.Check(text, "") != nil {
			b.Fatal("refused")
		}
	}
}
