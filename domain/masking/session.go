package masking

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Session masks the texts of one request. The same value has the same placeholder in
// all of them; another wording of it (a surname alone, other case) has the same number
// and a letter of its own, so that each comes back as it was written. It belongs to one
// goroutine; Restore may be called by several once masking is done.
type Session struct {
	masker       *Masker
	placeholders map[string]string // original, led by its type, to placeholder
	originals    map[string]string // placeholder to original
	entities     map[uint64]*entity
	counts       [typeCount]int
	known        known
}

// entity is one value in all its wordings.
type entity struct {
	number   int
	wordings int
	short    bool // known by one name alone so far
	shared   bool // stands for two different people: links nothing
}

// Masked is a text with placeholders.
type Masked struct {
	Text     string
	segments []segment
}

// segment is one placeholder: where it stands and what it stands for, in bytes.
type segment struct {
	start, end         int // in Masked.Text
	origStart, origEnd int
}

// Found counts the different values masked so far, look-alikes included.
func (s *Session) Found() int { return len(s.originals) }

// Mask replaces the personal data in text, which must be an original: the placeholders of
// a text masked before would count as look-alikes. On an error nothing may be sent: the text is
// not valid UTF-8, is too long, or masking itself failed.
func (s *Session) Mask(text string) (Masked, error) {
	return s.guarded(text, func() *scan { return s.masker.find(text, s) })
}

// guarded replaces what find finds in text.
func (s *Session) guarded(text string, find func() *scan) (masked Masked, err error) {
	defer func() {
		if r := recover(); r != nil {
			// what was recovered may hold pieces of the text: only its kind is told
			masked, err = Masked{}, fmt.Errorf("%w: %T", ErrFailed, r)
		}
	}()
	if len(text) > MaxText {
		return Masked{}, ErrTooLong
	}
	if !utf8.ValidString(text) {
		return Masked{}, ErrNotUTF8
	}
	return s.replace(text, find()), nil
}

// replace puts placeholders in the place of the scan's spans, and frees the scan.
func (s *Session) replace(text string, scan *scan) Masked {
	defer scan.free()
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
		segments = append(segments, segment{start, b.Len(), span.Start, span.End})
		at = span.End
	}
	b.WriteString(text[at:])
	return Masked{Text: b.String(), segments: segments}
}

// IsPerson tells whether all of text looks like the name of a person.
func (s *Session) IsPerson(text string) bool {
	spans := s.masker.Find(text)
	return len(spans) == 1 && spans[0] == Span{Person, 0, len(text)}
}

// MaskBut is Mask, but leaves what is of type t.
func (s *Session) MaskBut(text string, t Type) (Masked, error) {
	return s.guarded(text, func() *scan {
		scan := s.masker.search(text)
		scan.spans = slices.DeleteFunc(scan.spans, func(span Span) bool { return span.Type == t })
		s.recognize(scan)
		return scan
	})
}

// MaskAs masks text as one value of type t, whatever it looks like: the caller knows what it
// is, as of a field of a form that asks for a name. It is then found in other texts too. The
// errors are those of Mask.
func (s *Session) MaskAs(text string, t Type) (Masked, error) {
	return s.guarded(text, func() *scan { return s.masker.whole(text, t, s) })
}

// placeholder is the one of this very wording, made when it is new.
func (s *Session) placeholder(scan *scan, text string, span Span) string {
	original := text[span.Start:span.End]
	key := string(rune('0'+span.Type)) + original
	if p, ok := s.placeholders[key]; ok {
		return p
	}
	if s.placeholders == nil {
		s.placeholders = make(map[string]string)
		s.originals = make(map[string]string)
		s.entities = make(map[uint64]*entity)
	}
	e := s.entity(scan, span)
	p := "[" + typeNames[span.Type] + "_" + strconv.Itoa(e.number) + letters(e.wordings) + "]"
	e.wordings++
	s.placeholders[key] = p
	s.originals[p] = strings.Clone(original)
	return p
}

// letters numbers the wordings of one value: none, B, C … Z, AA, AB …
func letters(n int) string {
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

// entity is the value this span is a wording of: the same words apart from case and
// blanks or, for a person or firm, a short name that only one known so far has.
func (s *Session) entity(scan *scan, span Span) *entity {
	salt := uint64(span.Type) << 56
	whole := uint64(0)
	tokens := scan.within(span)
	if span.Type == Literal {
		tokens = nil // look-alikes are never the same
	}
	for i := range tokens {
		if tokens[i].class&honorific != 0 || (span.Type == Person && tokens[i].symbol == '.') {
			continue
		}
		whole = chain(whole, tokens[i].hash)
	}
	if whole != 0 {
		if e := s.entities[whole^salt]; e != nil && !e.shared {
			return e
		}
	}
	var names []uint64
	if span.Type == Person {
		for i := range tokens {
			t := &tokens[i]
			if t.kind == wordToken && t.class&(honorific|particle) == 0 && t.end-t.start > 1 {
				names = append(names, t.hash^salt)
			}
		}
	}
	if span.Type == Organization && len(tokens) > 0 && shortName(&tokens[0]) {
		names = append(names, tokens[0].hash^salt)
	}
	// "Smith" after or before one "John Smith" is that person; "Mary Smith" is another
	short := len(names) == 1 && (span.Type == Person || len(tokens) == 1)
	var e *entity
	for _, n := range names {
		if known := s.entities[n]; known != nil && !known.shared && (short || known.short) {
			e = known
			break
		}
	}
	if short && e != nil {
		return e
	}
	if e != nil {
		e.short = false
	} else {
		s.counts[span.Type]++
		e = &entity{number: s.counts[span.Type], short: short}
	}
	if whole != 0 {
		s.entities[whole^salt] = e
	}
	for _, n := range names {
		if other := s.entities[n]; other == nil {
			s.entities[n] = e
		} else if other != e {
			s.entities[n] = &entity{shared: true}
		}
	}
	return e
}

// Original turns byte offsets of the masked text into those of the original. An end
// that falls inside a placeholder is widened to the whole of it. It is false for
// offsets outside the text, or when the range is only a part of one placeholder.
func (m Masked) Original(start, end int) (int, int, bool) {
	if start < 0 || end < start || end > len(m.Text) {
		return 0, 0, false
	}
	if i := m.after(start); i < len(m.segments) {
		if g := m.segments[i]; start >= g.start && end <= g.end && end-start < g.end-g.start && (start > g.start || end > start) {
			return 0, 0, false
		}
	}
	return m.offset(start, false), m.offset(end, true), true
}

// after is the index of the first placeholder that ends after offset.
func (m Masked) after(offset int) int {
	return sort.Search(len(m.segments), func(i int) bool { return m.segments[i].end > offset })
}

func (m Masked) offset(at int, isEnd bool) int {
	i := m.after(at)
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
