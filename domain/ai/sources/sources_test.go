package sources

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"counsel/domain/files"
	"counsel/domain/masking"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"sentences": strings.Repeat("One sentence is here. ", 300),
		"one word":  strings.Repeat("x", 5000),
		"no blanks": strings.Repeat("法律[PERSON_12B]第一条", 400),
		"blank":     " \n\n ",
		"short":     "short",
	} {
		parts, at := Split(text, 500), 0
		for _, p := range parts {
			part := text[p[0]:p[1]]
			if strings.TrimSpace(text[at:p[0]]) != "" || p[1]-p[0] > 500 || !utf8.ValidString(part) || strings.Count(part, "[") != strings.Count(part, "]") {
				t.Errorf("%s: %q", name, part)
			}
			at = p[1]
		}
		if strings.TrimSpace(text[at:]) != "" {
			t.Errorf("%s: %q is missing", name, text[at:])
		}
	}
}

func TestResolveCitations(t *testing.T) {
	t.Parallel()
	masker, err := masking.New()
	if err != nil {
		t.Fatal(err)
	}
	session := masker.NewSession()
	var passages []Passage
	for i, text := range []string{
		"Clause 1. The “Services” are those of\n\n  Schedule A;  the fee\u00ad is EUR 4,500.",
		"My name is John Smith. I pay «on time».",
	} {
		m, err := session.Mask(text)
		if err != nil {
			t.Fatal(err)
		}
		passages = append(passages, Passage{document: files.File{Name: "x.pdf"}, page: files.Page{Number: i + 7, Text: text}, masked: m, end: len(m.Text)})
	}
	person := regexp.MustCompile(`\[PERSON_\d+\]`).FindString(passages[1].masked.Text)
	for answer, want := range map[string][]string{
		`The “"Services" are those of Schedule A” [1].`:                        {"“Services” are those of\n\n  Schedule A"},
		`“The “Services” are those of Schedule A” [1]`:                         {"The “Services” are those of\n\n  Schedule A"},
		`"those of Schedule A," [1] and „the fee is EUR 4,500“ [1]`:            {"those of\n\n  Schedule A", "the fee\u00ad is EUR 4,500"},
		`« My name is ` + person + ` » [2]`:                                    {"My name is John Smith"},
		`“I pay «on time»” [2], “I pay «on time»” [2]`:                         {"I pay «on time»"},
		`“I pay «on time».” [1, 2]`:                                            {"I pay «on time»."},
		`“I pay” says page 8 [2]`:                                              {"I pay"},
		`“on” [2] “a” [1] “,” [1]`:                                             nil,
		`[1] [2] no quotation [2], “unclosed [1]`:                              nil,
		`“i PAY «on time»” [2]`:                                                nil,
		`“I pay «on time»” ` + strings.Repeat("far away ", 40) + `[2]`:         nil,
		`“I pay` + strings.Repeat(" “x” ", 2000) + `«on time»” [2][999999][0]`: {"«on time»"},
	} {
		citations, _ := ResolveCitations(answer, passages)
		var got []string
		for _, c := range citations {
			got = append(got, c.Quote)
			if !strings.Contains(passages[c.Marker-1].page.Text, c.Quote) || c.Page != c.Marker+6 {
				t.Errorf("%q: %+v", answer, c)
			}
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("%.100q gives %q, want %q", answer, got, want)
		}
	}
}
