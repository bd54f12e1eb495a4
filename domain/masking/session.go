package masking

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"counsel/domain/langid"
)

// Session masks the texts of one request. The same value gets the same placeholder in all of them.
// Another wording of a value (only the surname, different case) gets the same number with its own
// letter, so that each is restored as it was written. A session belongs to one goroutine; once
// masking is done, several goroutines may call Restore.
type Session struct {
	masker       *Masker
	placeholders map[string]string // key: one character for the type, then the original
	originals    map[reference]string
	sentHosts    map[string]bool // of links in the masked texts
	language     langid.Language // of the generic phrases; English if unknown
	names        coreferences
	counts       [typeCount]int
	known        knownValues
	lists        *Lists // nil: none
}

// Masked is a text with placeholders.
type Masked struct {
	Text     string
	segments []segment
}

// segment maps one placeholder to the original text it replaced, both as byte ranges.
type segment struct {
	start, end         int // in Masked.Text
	origStart, origEnd int
	kind               Type
}

// Placeholder is a placeholder in a masked text, and the part of the original it replaced, in bytes.
type Placeholder struct {
	Text       string
	Type       Type
	Start, End int
}

// Placeholders returns the placeholders of a masked text in its order.
func (m Masked) Placeholders() []Placeholder {
	out := make([]Placeholder, len(m.segments))
	for i, g := range m.segments {
		out[i] = Placeholder{m.Text[g.start:g.end], g.kind, g.origStart, g.origEnd}
	}
	return out
}

// Found returns the number of different values masked so far, literals included.
func (s *Session) Found() int { return len(s.originals) }

// Mask replaces the personal data in text. The text must not have been masked already: its
// placeholders would be masked as literals. After an error (ErrNotUTF8, ErrTooLong, ErrFailed)
// nothing of the text may be sent.
func (s *Session) Mask(text string) (Masked, error) {
	return s.maskSafely(text, func() *scan { return s.masker.scanInSession(text, s) })
}

// maskSafely replaces the spans that find returns. A panic becomes ErrFailed.
func (s *Session) maskSafely(text string, find func() *scan) (masked Masked, err error) {
	defer func() {
		if r := recover(); r != nil {
			// the panic value may contain parts of the text, so only its type is reported
			masked, err = Masked{}, fmt.Errorf("%w: %T", ErrFailed, r)
		}
	}()
	if len(text) > MaxText {
		return Masked{}, ErrTooLong
	}
	if !utf8.ValidString(text) {
		return Masked{}, ErrNotUTF8
	}
	return s.substitute(text, find())
}

// substitute substitutes placeholders for the spans and releases the scan. Between placeholders, what is left of
// the text may look like one more ("PERSON_1" before a name that was masked); it is masked as well.
func (s *Session) substitute(text string, scan *scan) (Masked, error) {
	defer scan.release()
	for range maxSubstitutions {
		m := s.replaceSpans(text, scan)
		before := len(scan.spans)
		if before == 0 && len(scan.layout.edits) == 0 {
			return m, nil
		}
		m.findMisread(func(span Span) { scan.spans = append(scan.spans, span) })
		if len(scan.spans) == before {
			s.rememberHosts(m.Text)
			return m, nil
		}
		scan.mergeSpans()
	}
	return Masked{}, ErrFailed
}

// One more is rarely needed; each can reveal a few look-alikes.
const maxSubstitutions = 16

func (s *Session) replaceSpans(text string, scan *scan) Masked {
	if len(scan.spans) == 0 {
		return Masked{Text: text}
	}
	var b strings.Builder
	b.Grow(len(text) + 8*len(scan.spans))
	segments := make([]segment, 0, len(scan.spans))
	at := 0
	for _, span := range scan.spans {
		b.WriteString(text[at:span.Start])
		start := b.Len()
		b.WriteString(s.placeholder(scan, text, span))
		segments = append(segments, segment{start, b.Len(), span.Start, span.End, span.Type})
		at = span.End
	}
	b.WriteString(text[at:])
	return Masked{Text: b.String(), segments: segments}
}

// findMisread calls found with each part of the original that Restore would not leave as it is.
func (m Masked) findMisread(found func(Span)) {
	i := 0
	new(placeholderScanner).find(m.Text, true, func(p *placeholderMatch) {
		for i < len(m.segments) && m.segments[i].end <= p.start {
			i++
		}
		issued := i < len(m.segments) && m.segments[i].start == p.start && m.segments[i].end == p.end
		start, end := p.start, max(p.end, p.mentions[0].end)
		switch {
		case issued && !p.link:
			return
		case issued:
			start, end = p.end, p.end+1 // the parenthesis that would make it a link
		}
		if a, b, ok := m.Original(start, end); ok {
			found(Span{Literal, a, b})
		}
	})
}

// IsPerson reports whether the whole text looks like a person's name.
func (s *Session) IsPerson(text string) bool {
	spans := s.masker.Find(text)
	return len(spans) == 1 && spans[0] == Span{Person, 0, len(text)}
}

// MaskExcept is Mask without the spans of type t. Except Location, it also leaves listed places that look like a
// person: London is a surname, too.
func (s *Session) MaskExcept(text string, t Type) (Masked, error) {
	return s.maskSafely(text, func() *scan {
		scan := s.masker.scanText(text)
		scan.spans = slices.DeleteFunc(scan.spans, func(span Span) bool { return span.Type == t || t == Location && scan.isListedPlace(span) })
		s.complete(scan)
		return scan
	})
}

// MaskAs masks the whole text as one value of type t, regardless of what it looks like, for example
// the content of a form field that asks for a name. Later texts of the session are searched for the
// value too. It returns the same errors as Mask.
func (s *Session) MaskAs(text string, t Type) (Masked, error) {
	return s.maskSafely(text, func() *scan { return s.masker.scanAsOneValue(text, t, s) })
}

// placeholder returns the placeholder for the exact wording of the span and issues one if needed.
func (s *Session) placeholder(scan *scan, text string, span Span) string {
	original := text[span.Start:span.End]
	key := string(rune('0'+span.Type)) + original
	if p, ok := s.placeholders[key]; ok {
		return p
	}
	if s.placeholders == nil {
		s.placeholders = make(map[string]string)
		s.originals = make(map[reference]string)
	}
	e := s.entity(scan, span)
	p := "[" + typeNames[span.Type] + "_" + strconv.Itoa(e.number) + wordingSuffix(e.wordings) + "]"
	s.originals[reference{span.Type, uint64(e.number), uint64(e.wordings)}] = strings.Clone(original)
	e.wordings++
	s.placeholders[key] = p
	return p
}

// wordingSuffix returns the suffix of the nth wording of a value: "", B, C … Z, AA, AB …
func wordingSuffix(n int) string {
	if n == 0 {
		return ""
	}
	n++
	s := ""
	for n > 0 {
		n--
		s = string(rune('A'+n%26)) + s
		n /= 26
	}
	return s
}

// Original converts a byte range of the masked text to one of the original. An offset inside a
// placeholder is widened to the whole placeholder. ok is false if the range is out of bounds or
// covers only part of a single placeholder.
func (m Masked) Original(start, end int) (origStart, origEnd int, ok bool) {
	if start < 0 || end < start || end > len(m.Text) {
		return 0, 0, false
	}
	if i := m.segmentAfter(start); i < len(m.segments) {
		if g := m.segments[i]; start >= g.start && end <= g.end && end-start < g.end-g.start && (start > g.start || end > start) {
			return 0, 0, false
		}
	}
	return m.originalOffset(start, false), m.originalOffset(end, true), true
}

// segmentAfter returns the index of the first placeholder that ends after offset.
func (m Masked) segmentAfter(offset int) int {
	return sort.Search(len(m.segments), func(i int) bool { return m.segments[i].end > offset })
}

func (m Masked) originalOffset(at int, isEnd bool) int {
	i := m.segmentAfter(at)
	if i < len(m.segments) && at > m.segments[i].start {
		if isEnd {
			return m.segments[i].origEnd
		}
		return m.segments[i].origStart
	}
	if i == 0 {
		return at
	}
	return m.segments[i-1].origEnd + at - m.segments[i-1].end
}
