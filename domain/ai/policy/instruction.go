package policy

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxInstructions = 50
	// An unbroken run of text is looked at in windows of this many bytes, overlapping by the
	// length that an order needs.
	window, overlap = 1500, 200
)

const (
	instructionRationale = "The passage does not bind the parties. It speaks to the reader, or to a program that reads the document, and tries to steer what is said about it. It was not followed, and it lowers nothing in this review."
	hiddenRationale      = "The passage is hidden or disguised in the document (a comment, invisible or look-alike characters, spaced-out letters or an encoding) and tries to give orders to a program that reads it. It was not followed, and it lowers nothing in this review."
	overrideRationale    = "The passage holds characters that force the direction in which it is shown: what a person sees is not the order in which the letters stand, so a person and a program read different words. A contract has no use for them."
	instructionAdvice    = "Have the passage removed, ask the other side how it came into the document, and read the whole document again by hand before you rely on any automatic review of it."
)

// Instructions finds text that tries to give orders to the reader or to a program, in English,
// German, French, Spanish, Italian and Portuguese, also when it is hidden in comments, invisible
// or look-alike characters, digits for letters, spaced-out letters, entities, base64 or hexadecimal,
// and text whose direction is overridden, whatever it says. Duties of a party to follow
// instructions are not reported. At most 50 findings, in the order of the text.
func Instructions(text string) []Finding {
	spans := sentences(text)
	var found []Finding
	report := func(start, end int, confidence float64, hidden bool) {
		start, end = widen(spans, start, end)
		f := Finding{
			ClauseType: EmbeddedInstruction, Start: start, End: end, Severity: High, Confidence: confidence,
			RuleID: "embedded-instruction", Rationale: instructionRationale, Suggestion: instructionAdvice,
		}
		if hidden {
			f.RuleID, f.Rationale, f.Confidence = "hidden-instruction", hiddenRationale, max(confidence, 0.9)
		}
		found = append(found, f)
	}
	comments := commentSpans(text)
	commented := func(start, end int) bool {
		return slices.ContainsFunc(comments, func(c span) bool { return c.start <= start && end <= c.end })
	}
	folded := foldText(text)
	for _, h := range folded.hits() {
		start, end := folded.origin(h.start, h.end)
		report(start, end, h.confidence, h.spaced || disguised(text[start:end]) || commented(start, end))
	}
	if plain := unleet(text); plain != text {
		folded := foldText(plain) // byte for byte as long
		for _, h := range folded.hits() {
			if start, end := folded.origin(h.start, h.end); plain[start:end] != text[start:end] {
				report(start, end, h.confidence, true)
			}
		}
	}
	lower := lowerASCII(text)
	for _, p := range markers {
		for _, m := range p.findAll(lower) {
			report(m[0], m[1], 0.85, commented(m[0], m[1]))
		}
	}
	for _, b := range encodedSpans(text) {
		for _, decoded := range decodings(text[b.start:b.end]) {
			if len(foldText(decoded).hits()) > 0 {
				report(b.start, b.end, 0.95, true)
				break
			}
		}
	}
	for _, s := range tagSpans(text) {
		report(s.start, s.end, 0.95, true)
	}
	for _, s := range overrideSpans(text) {
		if len(foldText(reversed(text[s.start:s.end])).hits()) > 0 {
			report(s.start, s.end, 0.95, true)
			continue
		}
		start, end := widen(spans, s.start, s.end)
		found = append(found, Finding{
			ClauseType: EmbeddedInstruction, Start: start, End: end, Severity: High, Confidence: 0.9,
			RuleID: "overridden-direction", Rationale: overrideRationale, Suggestion: instructionAdvice,
		})
	}
	return merge(found)
}

// lowerASCII keeps every byte where it was, which strings.ToLower does not.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// merge makes one finding of those that overlap, with the highest confidence.
func merge(found []Finding) []Finding {
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Or(a.Start-b.Start, b.End-a.End) })
	var out []Finding
	for _, f := range found {
		if n := len(out); n > 0 && f.Start < out[n-1].End {
			last := &out[n-1]
			if f.Confidence > last.Confidence {
				f.Start, f.End = last.Start, max(last.End, f.End)
				*last = f
			}
			last.End = max(last.End, f.End)
			continue
		}
		out = append(out, f)
	}
	return out[:min(len(out), maxInstructions)]
}

// widen extends a passage to the sentences it touches, unless that would be a page of text.
func widen(spans []span, start, end int) (int, int) {
	i, _ := slices.BinarySearchFunc(spans, start, func(s span, at int) int { return cmp.Compare(s.end, at+1) })
	j := i
	for j < len(spans) && spans[j].start < end {
		j++
	}
	if i == j || spans[i].start > start || spans[j-1].end < end || spans[j-1].end-spans[i].start > 2*maxSentence {
		return start, end
	}
	return spans[i].start, spans[j-1].end
}

type hit struct {
	start, end int // bytes of the folded text
	confidence float64
	spaced     bool
}

// hits looks for orders in each run between two breaks.
func (f *folded) hits() []hit {
	var out []hit
	for from := 0; from < len(f.text); {
		end := len(f.text)
		if k := strings.IndexByte(f.text[from:], '.'); k >= 0 {
			end = from + k
		}
		for at := from; at < end; {
			stop := min(end, at+window)
			segment := f.text[at:stop]
			for i := range orders {
				if m, ok := orders[i].find(segment); ok {
					out = append(out, hit{start: at + m[0], end: at + m[1], confidence: orders[i].confidence})
				}
			}
			if stop == end {
				break
			}
			at = stop - overlap
		}
		from = end + 1
	}
	return append(out, f.spacedHits()...)
}

// spacedHits looks for orders in runs of single letters: "i g n o r e  a l l …".
func (f *folded) spacedHits() []hit {
	var out []hit
	var letters []byte
	var at []int
	flush := func() {
		if len(letters) >= 12 {
			joined := string(letters)
			for _, p := range squeezed {
				if p.possible(joined) {
					if m := p.re.FindStringIndex(joined); m != nil {
						out = append(out, hit{start: at[m[0]], end: at[m[1]-1] + 1, confidence: 0.9, spaced: true})
					}
				}
			}
		}
		letters, at = letters[:0], at[:0]
	}
	for i := range len(f.text) {
		c := f.text[i]
		if c == ' ' || c == ',' || c == '.' {
			continue
		}
		alone := (i == 0 || !isWordByte(f.text[i-1])) && (i+1 == len(f.text) || !isWordByte(f.text[i+1]))
		if !alone {
			flush()
			continue
		}
		letters, at = append(letters, c), append(at, i)
	}
	flush()
	return out
}

func isWordByte(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// commentSpans are the HTML comments of the text.
func commentSpans(text string) []span {
	var out []span
	for from := 0; ; {
		i := strings.Index(text[from:], "<!--")
		if i < 0 {
			return out
		}
		start := from + i
		end := len(text)
		if k := strings.Index(text[start:], "-->"); k >= 0 {
			end = start + k + 3
		}
		out = append(out, span{start, end})
		from = end
	}
}

// tagSpans are runs of Unicode tag characters, which no reader sees. Flags use up to seven.
func tagSpans(text string) []span {
	var out []span
	start, count, last := 0, 0, 0
	flush := func() {
		if count >= 8 {
			out = append(out, span{start, last})
		}
		count = 0
	}
	for i := 0; ; {
		k := strings.Index(text[i:], "\xf3\xa0") // the first bytes of U+E0000 and its block
		if k < 0 {
			break
		}
		i += k
		r, n := utf8.DecodeRuneInString(text[i:])
		if r < 0xE0000 || r > 0xE007F {
			i += n
			continue
		}
		if count == 0 || i != last {
			flush()
			start = i
		}
		count++
		i += n
		last = i
	}
	flush()
	return out
}

// overrideSpans are the passages whose direction is overridden (U+202D, U+202E) until that is
// popped or the line ends. A passage without letters, such as a telephone number copied from an
// address book, says the same in both directions of reading.
func overrideSpans(text string) []span {
	var out []span
	for i := 0; i < len(text); {
		k := strings.Index(text[i:], "\u202d")
		if l := strings.Index(text[i:], "\u202e"); k < 0 || l >= 0 && l < k {
			k = l
		}
		if k < 0 {
			break
		}
		start := i + k
		i = len(text)
		if k := strings.IndexByte(text[start:], '\n'); k >= 0 {
			i = start + k
		}
		if k := strings.Index(text[start:i], "\u202c"); k >= 0 {
			i = start + k + len("\u202c")
		}
		if strings.IndexFunc(text[start:i], unicode.IsLetter) >= 0 {
			out = append(out, span{start, i})
		}
	}
	return out
}

func reversed(s string) string {
	runes := []rune(s)
	slices.Reverse(runes)
	return string(runes)
}

// encodedSpans are runs that could be base64 or hexadecimal, lines of it joined.
func encodedSpans(text string) []span {
	var out []span
	for i := 0; i < len(text); {
		if !isBase64(text[i]) {
			i++
			continue
		}
		start, lineStart := i, i
		for i < len(text) {
			if isBase64(text[i]) {
				i++
				continue
			}
			next := i
			if text[next] == '\r' {
				next++
			}
			if next+1 >= len(text) || text[next] != '\n' || i-lineStart < 40 || !isBase64(text[next+1]) {
				break
			}
			next++
			i, lineStart = next, next
		}
		if i-start >= 24 {
			out = append(out, span{start, i})
		}
	}
	return out
}

func isBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_' || c == '='
}

var toStandard = strings.NewReplacer("-", "+", "_", "/", "\n", "", "\r", "", "=", "")

func decodings(blob string) []string {
	var out []string
	clean := toStandard.Replace(blob)
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	if raw, err := base64.RawStdEncoding.DecodeString(clean); err == nil && readable(raw) {
		out = append(out, string(raw))
	}
	if raw, err := hex.DecodeString(clean); err == nil && readable(raw) {
		out = append(out, string(raw))
	}
	return out
}

// readable: valid UTF-8 with hardly a control character.
func readable(raw []byte) bool {
	if !utf8.Valid(raw) {
		return false
	}
	control := 0
	for _, c := range raw {
		if c < ' ' && !isBlank(c) {
			control++
		}
	}
	return control*20 <= len(raw)
}
