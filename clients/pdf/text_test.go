package pdf_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"counsel/clients/pdf"
	"counsel/domain"
	d "counsel/domain/doc"
)

func TestUnsupportedCharactersAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"fine 😀":           "U+1F600 GRINNING FACE",
		"👩‍👧":              "U+1F469 WOMAN",
		"مرحبا":            "U+0645 ARABIC LETTER MEEM cannot be shown: its script runs from right to left",
		"שלום":             "U+05E9 HEBREW LETTER SHIN cannot be shown: its script runs from right to left",
		"हिन्दी":           "U+0939 DEVANAGARI LETTER HA cannot be shown: its script joins",
		"สวัสดี":           "U+0E2A THAI CHARACTER SO SUA",
		"中文":               "U+4E2D",
		"かな":               "U+304B HIRAGANA LETTER KA",
		"한국":               "U+D55C",
		"q\u0302":          "U+0302 COMBINING CIRCUMFLEX ACCENT cannot be shown: Unicode has no precomposed character",
		"\u0301a":          "U+0301 COMBINING ACUTE ACCENT",
		"null \x00":        "U+0000",
		"bell \a":          "is a control character",
		"escape \x1b[2J":   "U+001B",
		"next line \u0085": "is a control character",
		"over \u202Eride":  "U+202E RIGHT-TO-LEFT OVERRIDE is an invisible character",
		"isolate \u2067":   "U+2067",
		"tag \U000E0041":   "U+E0041",
		"private \uE000":   "U+E000",
		"\U0010FFFF":       "U+10FFFF",
		"bad \xff bytes":   "not valid UTF-8",
		"\uFFFD":           "U+FFFD",
		"𝒳":                "U+1D4B3",
		"Ꭰ":                "U+13A0",
	} {
		for where, doc := range map[string]d.Document{
			"paragraph": document(d.Paragraph{Source: "/a", Text: []d.Span{{Text: "ok "}, {Text: text, Bold: true, Source: "/data/name"}}}),
			"heading":   document(d.Heading{Level: 1, Source: "/data/name", Text: plainSpans(text)}),
			"clause":    document(d.Clause{Depth: 1, Source: "/data/name", Title: plainSpans(text)}),
			"item":      document(d.List{Source: "/data/name", Items: []d.Item{{Blocks: []d.Block{d.Paragraph{Text: plainSpans(text)}}}}}),
			"cell":      document(d.Table{Columns: make([]d.Column, 1), Rows: [][]d.Cell{{{Source: "/data/name", Text: plainSpans(text)}}}}),
			"party":     document(d.SignatureBlock{Parties: []d.Party{{Source: "/data/name", Name: text}}}),
			"label":     document(d.Clause{Depth: 1, Number: text, Source: "/data/name"}),
			"header":    {Header: d.RunningText{Left: text, Source: "/data/name"}},
			"watermark": {Meta: d.Meta{Source: "/data/name"}, Watermark: text},
		} {
			e := renderInvalid(t, doc)
			if e.Fields[0].Pointer != "/data/name" || !strings.Contains(e.Fields[0].Detail, want) {
				t.Errorf("%q in a %s: %v, want %q", text, where, e.Fields, want)
			}
		}
	}
	e := renderInvalid(t, document(d.Paragraph{Text: []d.Span{{Text: "😀😀 中", Source: "/one"}, {Text: "😀", Source: "/two"}}}))
	if len(e.Fields) != 3 {
		t.Errorf("%d errors, want one for each character and field: %v", len(e.Fields), e.Fields)
	}
	e = renderInvalid(t, document(paragraph(func() (s string) {
		for r := rune(0x4E00); r < 0x4F00; r++ {
			s += string(r)
		}
		return s
	}())))
	if len(e.Fields) != 50 {
		t.Errorf("%d errors, want 50", len(e.Fields))
	}
}

func TestSupportedCharacters(t *testing.T) {
	for text, want := range map[string]string{
		"Съешь же ещё этих мягких французских булок":             "",
		"Ґанок, їжак, Љубав, ҐЄІЇ":                               "",
		"Ξεσκεπάζω την ψυχοφθόρα βδελυγμία, ἀρχὴ ᾧ":              "",
		"Nguyễn Thị Hồng Ánh ở Đường Điện Biên Phủ ữ ặ":          "",
		"Zażółć gęślą jaźń Příliš žluťoučký kůň ıİğŞ":            "",
		"§ 12 ¶ € £ ¥ © ® ™ † ‡ ½ × ÷ ± № “q” ‘s’ «g» „u” … – —": "",
		"e\u0301 o\u0308 u\u031B\u0303":                          "é ö ữ", // composed by NFC
		"A\u030Angstro\u0308m":                                   "Ångström",
		"one\u200Bword":                                          "oneword",
		"zero\u200Dwidth\u200C\uFEFFjoin\u2060ers":               "zerowidthjoiners",
		"©\uFE0F\u200E kept":                                     "© kept",
		"soft\u00ADhyphen":                                       "softhyphen",
		"non\u2011breaking":                                      "non-breaking",
		"tab\tstop":                                              "tab stop",
		"a\u3000b\u2003c":                                        "a b c",
		"line\r\nbreak\rand\u2028more\n":                         "line break and more",
		"(parentheses) and \\backslash) \\r":                     "",
	} {
		if want == "" {
			want = text
		}
		want = strings.ReplaceAll(want, "u\u031B\u0303", "ữ")
		var doc d.Document
		for _, s := range []d.Span{{}, {Bold: true}, {Italic: true}, {Bold: true, Italic: true}} {
			s.Text = text
			doc.Blocks = append(doc.Blocks, d.Paragraph{Text: []d.Span{s}})
		}
		got := strings.Join(extractWords(t, render(t, doc)), " ")
		if want := strings.Join([]string{want, want, want, want}, " "); got != want {
			t.Errorf("%q reads %q, want %q", text, got, want)
		}
	}
}

// TestEverySupportedCharacterRoundTrips checks that no two-byte code is damaged by string escapes.
func TestEverySupportedCharacterRoundTrips(t *testing.T) {
	engine := newEngine(t)
	var all []string
	for r := rune(0x21); r < 0x2200; r++ {
		var b bytes.Buffer
		if err := engine.Render(t.Context(), document(paragraph(string(r))), &b); err != nil {
			continue
		}
		switch {
		case r >= 0x2000 && r <= 0x200F, r == 0xA0, r == 0xAD, r >= 0x2028 && r <= 0x2029, r == 0x202F, r == 0x205F, r == 0x2060, r == 0x2011, r == 0x1680, r == 0x0378:
			continue // spaces and invisible characters
		}
		all = append(all, norm.NFC.String(string(r)))
	}
	if len(all) < 1000 {
		t.Fatalf("the fonts support only %d characters", len(all))
	}
	var spans []d.Span
	for _, c := range all {
		spans = append(spans, d.Span{Text: "x" + c + "x "})
	}
	got := extractWords(t, render(t, document(d.Paragraph{Text: spans})))
	for i, c := range all {
		if want := "x" + c + "x"; i >= len(got) || got[i] != want {
			t.Fatalf("character %d %+q reads %+q", i, want, got[min(i, len(got)-1)])
		}
	}
}

func TestLineBreaking(t *testing.T) {
	lines := func(text string) []string {
		file := render(t, document(d.Table{Columns: []d.Column{{Width: 1}, {Width: 4}}, Rows: [][]d.Cell{{{Text: plainSpans(text)}, {}}}}))
		return strings.Split(strings.TrimSpace(runTool(t, file, "pdftotext", "-raw", "FILE", "-")), "\n")
	}
	for text, want := range map[string]string{
		"Rindfleischetikettierungsüberwachung":              "Rindfleischetikettieru|ngsüberwachung",
		"Rindfleisch\u00ADetikettierungs\u00ADgesetz":       "Rindfleisch-|etikettierungsgesetz",
		"one two three four five six":                       "one two three four|five six",
		"Müller-Lüdenscheidt-Schmidt":                       "Müller-|Lüdenscheidt-|Schmidt",
		"in the year 2020-2024-01":                          "in the year|2020-2024-01",
		"pay EUR\u00A0100.000,00\u00A0or\u00A0so today":     "pay|EUR 100.000,00 or s|o today",
		"one     two      three       four        five six": "",
		"a\nb\n\nc": "a|b|c",
	} {
		got := strings.Join(lines(text), "|")
		if want == "" {
			if strings.Join(strings.Fields(strings.ReplaceAll(got, "|", " ")), " ") != strings.Join(strings.Fields(text), " ") {
				t.Errorf("%q became %q", text, got)
			}
			continue
		}
		if got != want {
			t.Errorf("%q breaks into %q, want %q", text, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", " ", "a b", "\u00AD", "\u200B\u200B", "x\u00AD\u00ADy -- z", "\n\n", "a\t\tb  \n c", "😀", "e\u0301", "\xff", strings.Repeat("i ", 300), strings.Repeat("-", 300), "—\u2014 –"} {
		f.Add(s, uint8(0))
	}
	e, err := pdf.New(pdf.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, words string, shape uint8) {
		span := d.Span{Text: words, Bold: shape&1 != 0, Italic: shape&2 != 0, Source: "/words"}
		doc := document(
			d.Heading{Level: 1 + int(shape%6), Text: []d.Span{span}},
			d.Paragraph{Align: d.Align(shape % 4), Text: []d.Span{span, {Text: "x"}, span}},
			d.Clause{Depth: 1, Number: words, Text: []d.Span{span}},
			d.Table{Columns: make([]d.Column, 1+shape%8), Rows: [][]d.Cell{append([]d.Cell{{Text: []d.Span{span}}}, make([]d.Cell, shape%8)...)}},
		)
		err := e.Render(t.Context(), doc, &bytes.Buffer{})
		var de *domain.Error
		if err != nil && (!errors.As(err, &de) || de.Code != domain.Invalid || len(de.Fields) == 0) {
			t.Errorf("error %v, want Invalid with fields", err)
		}
	})
}
