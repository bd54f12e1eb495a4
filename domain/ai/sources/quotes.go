package sources

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// findQuote finds the first candidate that occurs in the passage and returns the page's own words for it.
func (p *Passage) findQuote(folded *foldedText, candidates []string) (string, bool) {
	for _, c := range candidates {
		for _, q := range []string{c, strings.TrimRight(c, ".,;:")} {
			q = foldText(q).text
			if countAlphanumeric(q) < minQuote {
				continue
			}
			at := strings.Index(folded.text, q)
			if at < 0 {
				continue
			}
			start, end, ok := p.masked.Original(p.start+folded.offsets[at], p.start+folded.offsets[at+len(q)])
			if ok && start < end {
				return p.page.Text[start:end], true
			}
		}
	}
	return "", false
}

func countAlphanumeric(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// foldedText is a text normalized for comparison: white space is a single blank, quotation marks are
// straight, because a model writes them as its own language does.
type foldedText struct {
	text    string
	offsets []int // for each byte of text, and for its end: the offset in the original
}

func foldText(s string) *foldedText {
	f := &foldedText{offsets: make([]int, 0, len(s)+1)}
	var b strings.Builder
	b.Grow(len(s))
	blank := true // no blank at the start
	last := 0     // end of the last character that is not blank
	for i, r := range s {
		size := utf8.RuneLen(r)
		switch {
		case unicode.IsSpace(r):
			if !blank {
				b.WriteByte(' ')
				f.offsets = append(f.offsets, i)
			}
			blank = true
			continue
		case r == '\u00ad' || r == '\u200b': // soft hyphen, zero-width space
			continue
		case strings.ContainsRune("‘’‚‛", r):
			r = '\''
		case strings.ContainsRune("“”„«»‹›", r):
			r = '"'
		}
		blank = false
		last = i + size
		for range utf8.RuneLen(r) {
			f.offsets = append(f.offsets, i)
		}
		b.WriteRune(r)
	}
	f.text = b.String()
	if blank && f.text != "" {
		f.text = f.text[:len(f.text)-1]
		f.offsets = f.offsets[:len(f.offsets)-1]
	}
	f.offsets = append(f.offsets, last)
	return f
}
