package pdf

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/unicode/runenames"

	"counsel/domain"
	"counsel/domain/documents"
)

// kind is how a character behaves at the end of a line.
type kind uint8

const (
	solid   kind = iota
	space        // a line may end here; it then vanishes
	hard         // a space that holds its neighbours together
	hyphen       // a line may end after it, between letters
	dash         // a line may end after it
	newline      // the line ends here
	gap          // without width: a line may end here
	soft         // without width: a line may end here, with a hyphen
)

// char is one character of running text.
type char struct {
	r    uint16 // all the fonts can show lies in the basic plane
	w    uint16 // in font units
	look uint16 // into text.looks
	kind kind
}

// look is what sets a run of text apart.
type look struct {
	style style
	link  string // an address
	ref   string // an anchor of the document
}

// text is running text, ready to be broken into lines.
type text struct {
	chars []char
	looks []look
}

// faults gathers what cannot be shown, up to a number that is of use to anybody.
type faults struct {
	fields []domain.Field
	seen   map[domain.Field]bool
}

const maxFaults = 50

func (f *faults) add(source, format string, args ...any) {
	field := domain.Field{Pointer: source, Detail: fmt.Sprintf(format, args...)}
	if f.seen[field] || len(f.fields) == maxFaults {
		return
	}
	if f.seen == nil {
		f.seen = map[domain.Field]bool{}
	}
	f.seen[field] = true
	f.fields = append(f.fields, field)
}

func (f *faults) err() error {
	if len(f.fields) == 0 {
		return nil
	}
	return &domain.Error{Code: domain.Invalid, Message: "The document holds something that cannot be shown as it should be.", Fields: f.fields}
}

// scribe turns spans into text.
type scribe struct {
	faces   [4]*face
	fonts   [4]*subset
	ok      *[1 << 16]bool
	outline documents.Outline
	faults  faults
	chars   []char   // room for texts, of which turn begins anew
	codes   []uint16 // room for runs
}

func newScribe(faces [4]*face, ok *[1 << 16]bool, outline documents.Outline) *scribe {
	s := &scribe{faces: faces, ok: ok, outline: outline}
	for i, f := range faces {
		s.fonts[i] = &subset{face: f}
	}
	return s
}

// block is how many characters of room are made at a time.
const block = 1 << 14

// turn says that no text made so far is needed any more: the room is used again.
func (s *scribe) turn() { s.chars = s.chars[:0] }

// keep says that all texts made so far are needed: turn will not reach them.
func (s *scribe) keep() { s.chars = nil }

// room is a place for n characters.
func (s *scribe) room(n int) []char {
	if cap(s.chars)-len(s.chars) < n {
		s.chars = make([]char, 0, max(n, block))
	}
	at := len(s.chars)
	s.chars = s.chars[:at+n]
	return s.chars[at : at : at+n]
}

// text sets spans; extra is added to the style of each. source is the pointer of spans without
// their own.
func (s *scribe) text(spans []documents.Span, source string, extra style) text {
	var t text
	n := 0
	for _, span := range spans {
		n += len(span.Text)
		if span.Ref != "" {
			n += len(s.outline.Number(span.Ref))
		}
	}
	t.chars = s.room(n)
	for _, span := range spans {
		l := look{style: extra, link: span.Link, ref: span.Ref}
		if span.Bold {
			l.style |= bold
		}
		if span.Italic {
			l.style |= italic
		}
		at := span.Source
		if at == "" {
			at = source
		}
		if l.link != "" && !allowedLink(l.link) {
			s.faults.add(at, "the link does not begin with https://, http:// or mailto:")
		}
		words := span.Text
		if span.Ref != "" {
			words = s.outline.Number(span.Ref)
		}
		if len(t.looks) == 0 || t.looks[len(t.looks)-1] != l {
			if len(t.looks) > 1<<16-1 {
				s.faults.add(at, "the paragraph changes its style more than 65,535 times")
				return t
			}
			t.looks = append(t.looks, l)
		}
		s.add(&t, words, at)
	}
	return t
}

func allowedLink(link string) bool {
	for _, scheme := range []string{"https://", "http://", "mailto:"} {
		if len(link) > len(scheme) && strings.EqualFold(link[:len(scheme)], scheme) {
			return true
		}
	}
	return false
}

// plain sets a string in one style.
func (s *scribe) plain(words, source string, st style) text {
	return s.text([]documents.Span{{Text: words}}, source, st)
}

// add appends words in the last look of t.
func (s *scribe) add(t *text, words, source string) {
	look := uint16(len(t.looks) - 1)
	f := s.faces[t.looks[look].style]
	if !norm.NFC.IsNormalString(words) {
		words = norm.NFC.String(words)
	}
	var last rune
	for i, r := range words {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(words[i:]); n == 1 {
				s.faults.add(source, "the text is not valid UTF-8")
				continue
			}
		}
		previous := last
		last = r
		k := solid
		switch r {
		case ' ':
			k = space
		case '-', '\u2010':
			k = hyphen
		case '\u2013', '\u2014':
			k = dash
		case '\n', '\u2028', '\u2029':
			if previous == '\r' {
				continue
			}
			t.chars = append(t.chars, char{look: look, kind: newline})
			continue
		case '\r':
			t.chars = append(t.chars, char{look: look, kind: newline})
			continue
		case '\t': // a tabulator has no stop to go to: it is a wide space
			for range 4 {
				t.chars = append(t.chars, char{r: ' ', w: uint16(f.width(' ')), look: look, kind: space})
			}
			continue
		case '\u00A0', '\u202F', '\u2007':
			k = hard
		case '\u200B':
			t.chars = append(t.chars, char{look: look, kind: gap})
			continue
		case '\u00AD':
			t.chars = append(t.chars, char{look: look, kind: soft})
			continue
		case '\u2060', '\uFEFF', '\u200C', '\u200D', '\uFE0E', '\uFE0F', '\u200E':
			// Joiners, selectors of a look and the left-to-right mark change nothing in scripts that
			// are drawn letter by letter from the left.
			continue
		case '\u2011':
			r = '-' // does not break
		}
		if r > 0xFFFF || !s.ok[r] {
			if unicode.Is(unicode.Zs, r) { // a space of some width: an ordinary one will do
				if k == solid {
					k = space
				}
				r = ' '
			} else {
				s.faults.add(source, "%s", why(r))
				continue
			}
		}
		t.chars = append(t.chars, char{r: uint16(r), w: uint16(f.width(r)), look: look, kind: k})
	}
}

// scripts that need more than one glyph after the other, by what they need.
var (
	rightToLeft = []*unicode.RangeTable{unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Samaritan, unicode.Mandaic, unicode.Adlam}
	shaped      = []*unicode.RangeTable{unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Thai, unicode.Lao, unicode.Tibetan, unicode.Myanmar, unicode.Khmer, unicode.Mongolian}
)

// why says what the character is and why it cannot be shown.
func why(r rune) string {
	name := fmt.Sprintf("U+%04X", r)
	if n := runenames.Name(r); n != "" {
		name += " " + n
	}
	switch {
	case unicode.In(r, rightToLeft...):
		return name + " cannot be shown: its script runs from right to left, which is not supported"
	case unicode.In(r, shaped...):
		return name + " cannot be shown: its script joins and reorders letters, which is not supported"
	case unicode.Is(unicode.M, r):
		return name + " cannot be shown: there is no single character of this letter with its mark"
	case unicode.Is(unicode.Cc, r):
		return name + " is a control character, which text may not hold"
	case unicode.Is(unicode.Cf, r):
		return name + " is an invisible character that could make the text read otherwise than it was written"
	}
	return name + " cannot be shown: the fonts of the document do not have it"
}

// line is a piece of text that stands on one line: the characters from start to end.
type line struct {
	start, end int
	width      int  // in font units
	hyphen     bool // broken at a soft hyphen: one is drawn
	last       bool // of its paragraph, or before a forced break
}

// lines breaks the text so that no line is wider than width font units; first is that of the first
// line. A word wider than a line is broken anywhere. No character is lost but spaces at the ends
// of broken lines.
func (t text) lines(faces [4]*face, first, width int) []line {
	lines := make([]line, 0, 1+len(t.chars)/64)
	limit := first
	start := 0
	w := 0                    // from start to i
	end, next, at := -1, 0, 0 // the last place to break: the line's end, where the next begins, width
	dashed := false           // that place is a soft hyphen
	emit := func(l line) {
		lines = append(lines, l)
		limit = width
		end, dashed = -1, false
	}
	skipSpaces := func(i int) int {
		for i < len(t.chars) && t.chars[i].kind == space {
			i++
		}
		return i
	}
	for i := 0; i < len(t.chars); i++ {
		c := t.chars[i]
		switch c.kind {
		case newline:
			e, ew := t.trim(start, i, w)
			emit(line{start: start, end: e, width: ew, last: true})
			start, w = i+1, 0
			continue
		case space:
			if i > start && t.chars[i-1].kind != space { // spaces that a line begins with are meant
				end, next, at, dashed = i, skipSpaces(i), w, false
			}
			w += int(c.w)
			continue
		case gap:
			end, next, at, dashed = i, i+1, w, false
			continue
		case soft:
			if h := faces[t.looks[c.look].style].width('-'); w+h <= limit {
				end, next, at, dashed = i, i+1, w+h, true
			}
			continue
		}
		if w+int(c.w) > limit && i > start {
			if end > start {
				emit(line{start: start, end: end, width: at, hyphen: dashed})
				i = next
			} else {
				e, ew := t.trim(start, i, w)
				emit(line{start: start, end: e, width: ew})
			}
			start, w = i, 0
			i--
			continue
		}
		w += int(c.w)
		if c.kind == dash || c.kind == hyphen && i > start && i+1 < len(t.chars) && t.letter(i-1) && t.letter(i+1) {
			end, next, at, dashed = i+1, skipSpaces(i+1), w, false
		}
	}
	e, ew := t.trim(start, len(t.chars), w)
	if e > start || len(lines) == 0 {
		lines = append(lines, line{start: start, end: e, width: ew})
	}
	lines[len(lines)-1].last = true
	return lines
}

// trim takes the spaces off the end of the characters from start to end, which are w wide.
func (t text) trim(start, end, w int) (int, int) {
	for end > start && t.chars[end-1].kind == space {
		end--
		w -= int(t.chars[end].w)
	}
	return end, w
}

func (t text) letter(i int) bool {
	c := t.chars[i]
	return c.kind == solid && unicode.IsLetter(rune(c.r))
}

// natural is how wide the text is on lines as long as it likes, and its widest word, in font units.
func (t text) natural() (whole, word int) {
	w, wd := 0, 0
	for i, c := range t.chars {
		switch c.kind {
		case newline:
			w, wd = 0, 0
		case space:
			w += int(c.w)
			wd = 0
		default:
			w += int(c.w)
			wd += int(c.w)
			whole, word = max(whole, w), max(word, wd)
			if c.kind == dash || c.kind == hyphen && i > 0 && t.letter(i-1) {
				wd = 0
			}
		}
	}
	return whole, word
}

// run is a piece of a line in one look.
type run struct {
	x     float64 // from the left edge of its column, in points
	width float64
	look  *look
	codes []uint16 // of the characters in the font of the look
	room  float64  // added to each space, in points
}

// runs cuts a line into its looks. x is where it starts; room is added to each space.
func (t text) runs(l line, s *scribe, x, size, room float64) []run {
	out := make([]run, 0, 2)
	if cap(s.codes)-len(s.codes) < l.end-l.start+1 {
		s.codes = make([]uint16, 0, max(l.end-l.start+1, block))
	}
	for i := l.start; i < l.end; {
		j, w, spaces, from := i, 0, 0, len(s.codes)
		font := s.fonts[t.looks[t.chars[i].look].style]
		for j < l.end && t.chars[j].look == t.chars[i].look {
			c := t.chars[j]
			w += int(c.w)
			if c.r != 0 { // neither gap nor soft
				s.codes = append(s.codes, font.code(c.r))
			}
			if c.kind == space || c.kind == hard {
				spaces++
			}
			j++
		}
		r := run{x: x, look: &t.looks[t.chars[i].look], codes: s.codes[from:], room: room}
		r.width = points(w, size) + room*float64(spaces)
		x += r.width
		out = append(out, r)
		i = j
	}
	if l.hyphen && len(out) > 0 {
		r := &out[len(out)-1]
		s.codes = append(s.codes, s.fonts[r.look.style].code('-'))
		r.codes = s.codes[len(s.codes)-len(r.codes)-1:]
		r.width += points(s.faces[r.look.style].width('-'), size)
	}
	return out
}

// points is what n font units are at a size of type.
func points(n int, size float64) float64 { return float64(n) * size / upem }

// units is the opposite, rounded down.
func units(pt, size float64) int { return int(pt * upem / size) }
