package policy

import (
	"cmp"
	"slices"
	"strings"
)

const (
	maxInjections = 50
	// Text without sentence breaks is searched in windows of this many bytes. They overlap by more than
	// the length of a typical match.
	searchWindow, windowOverlap = 1500, 200
)

const (
	injectionRationale  = "The passage does not bind the parties. It addresses the reader, or a program that reads the document, and tries to influence the review. It was not followed, and it does not make any other finding less severe."
	hiddenRationale     = "The passage is hidden or disguised in the document (a comment, invisible or look-alike characters, spaced-out letters or an encoding) and tries to give instructions to a program that reads it. It was not followed, and it does not make any other finding less severe."
	overrideRationale   = "The passage contains characters that override the text direction: a person sees the letters in a different order than a program reads them. A contract has no need for such characters."
	injectionSuggestion = "Have the passage removed, ask the other side how it got into the document, and read the whole document yourself before you rely on any automatic review of it."
)

// DetectInjections detects prompt injection: text that tries to instruct the reader or a program, in
// English, German, French, Spanish, Italian and Portuguese, even if it is hidden in comments, invisible
// or look-alike characters, leetspeak, spaced-out letters, entities, base64 or hexadecimal. It also
// reports any text with a direction override (bidi attack). A party's duty to follow instructions is
// not reported. It returns at most 50 findings, in text order.
func DetectInjections(text string) []Finding {
	spans := sentences(text)
	var found []Finding
	report := func(start, end int, confidence float64, hidden bool) {
		start, end = widenToSentences(spans, start, end)
		f := Finding{
			ClauseType: EmbeddedInstruction, Start: start, End: end, Severity: High, Confidence: confidence,
			RuleID: "embedded-instruction", Rationale: injectionRationale, Suggestion: injectionSuggestion,
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
	for _, h := range folded.findInjections() {
		start, end := folded.originalRange(h.start, h.end)
		report(start, end, h.confidence, h.spaced || obfuscated(text[start:end]) || commented(start, end))
	}
	if plain := decodeLeet(text); plain != text {
		folded := foldText(plain) // same length
		for _, h := range folded.findInjections() {
			if start, end := folded.originalRange(h.start, h.end); plain[start:end] != text[start:end] {
				report(start, end, h.confidence, true)
			}
		}
	}
	lower := lowerASCII(text)
	for _, p := range chatTokens {
		for _, m := range p.findAll(lower) {
			report(m[0], m[1], 0.85, commented(m[0], m[1]))
		}
	}
	for _, b := range encodedSpans(text) {
		for _, decoded := range decodeBlob(text[b.start:b.end]) {
			if len(foldText(decoded).findInjections()) > 0 {
				report(b.start, b.end, 0.95, true)
				break
			}
		}
	}
	for _, s := range tagSpans(text) {
		report(s.start, s.end, 0.95, true)
	}
	for _, s := range overrideSpans(text) {
		if len(foldText(reverse(text[s.start:s.end])).findInjections()) > 0 {
			report(s.start, s.end, 0.95, true)
			continue
		}
		start, end := widenToSentences(spans, s.start, s.end)
		found = append(found, Finding{
			ClauseType: EmbeddedInstruction, Start: start, End: end, Severity: High, Confidence: 0.9,
			RuleID: "overridden-direction", Rationale: overrideRationale, Suggestion: injectionSuggestion,
		})
	}
	return mergeOverlapping(found)
}

// lowerASCII preserves byte offsets, unlike strings.ToLower.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// mergeOverlapping combines overlapping findings into one with the highest confidence.
func mergeOverlapping(found []Finding) []Finding {
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
	return out[:min(len(out), maxInjections)]
}

// widenToSentences extends a range to whole sentences, unless that would be too long.
func widenToSentences(spans []span, start, end int) (int, int) {
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

// injectionMatch is a match in the folded text.
type injectionMatch struct {
	start, end int // bytes of the folded text
	confidence float64
	spaced     bool
}

// findInjections finds injections in each sentence.
func (f *folded) findInjections() []injectionMatch {
	var out []injectionMatch
	for from := 0; from < len(f.text); {
		end := len(f.text)
		if k := strings.IndexByte(f.text[from:], '.'); k >= 0 {
			end = from + k
		}
		for at := from; at < end; {
			stop := min(end, at+searchWindow)
			segment := f.text[at:stop]
			for i := range injectionPatterns {
				if m, ok := injectionPatterns[i].find(segment); ok {
					out = append(out, injectionMatch{start: at + m[0], end: at + m[1], confidence: injectionPatterns[i].confidence})
				}
			}
			if stop == end {
				break
			}
			at = stop - windowOverlap
		}
		from = end + 1
	}
	return append(out, f.findSpacedOut()...)
}

// findSpacedOut finds injections in sequences of single letters: "i g n o r e  a l l …".
func (f *folded) findSpacedOut() []injectionMatch {
	var out []injectionMatch
	var letters []byte
	var at []int
	flush := func() {
		if len(letters) >= 12 {
			joined := string(letters)
			for _, p := range unspacedPatterns {
				if p.mayMatch(joined) {
					if m := p.re.FindStringIndex(joined); m != nil {
						out = append(out, injectionMatch{start: at[m[0]], end: at[m[1]-1] + 1, confidence: 0.9, spaced: true})
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
