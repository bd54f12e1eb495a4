package pdf

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/unicode/runenames"

	"counsel/domain/doc"
)

// shaper measures spans: it checks every character and looks up its advance width. Only scripts
// that need no shaping beyond one glyph per character are supported.
type shaper struct {
	fonts     [4]*font
	subsets   [4]*subset
	supported *[1 << 16]bool
	outline   doc.Outline
	errs      fieldErrors
	arena     []char   // shared backing array of shapedText.chars
	codeArena []uint16 // shared backing array of run.codes
}

// char is one measured character.
type char struct {
	r       uint16 // everything the fonts cover is in the Basic Multilingual Plane
	advance uint16 // in font units
	attrs   uint16 // index into shapedText.attrs
	class   breakClass
}

// spanAttrs are the style and link of a run of text.
type spanAttrs struct {
	style  style
	uri    string // external link target
	anchor string // link target within the document
}

// shapedText is measured text, ready for line breaking.
type shapedText struct {
	chars []char
	attrs []spanAttrs
}

func newShaper(fonts [4]*font, supported *[1 << 16]bool, outline doc.Outline) *shaper {
	s := &shaper{fonts: fonts, supported: supported, outline: outline}
	for i, f := range fonts {
		s.subsets[i] = &subset{font: f}
	}
	return s
}

// arenaBlock is the number of elements an arena allocates at a time.
const arenaBlock = 1 << 14

// resetArena reuses the arena: every text shaped since the last retainArena becomes invalid.
func (s *shaper) resetArena() { s.arena = s.arena[:0] }

// retainArena keeps all texts shaped so far valid across later calls of resetArena.
func (s *shaper) retainArena() { s.arena = nil }

// allocChars returns an empty slice of capacity n from the arena.
func (s *shaper) allocChars(n int) []char {
	if cap(s.arena)-len(s.arena) < n {
		s.arena = make([]char, 0, max(n, arenaBlock))
	}
	at := len(s.arena)
	s.arena = s.arena[:at+n]
	return s.arena[at : at : at+n]
}

// shape measures spans. extra is added to the style of each span. source is the JSON pointer that
// errors name for spans without their own. Errors are collected in s.errs.
func (s *shaper) shape(spans []doc.Span, source string, extra style) shapedText {
	var t shapedText
	n := 0
	for _, span := range spans {
		n += len(span.Text)
		if span.Ref != "" {
			n += len(s.outline.Number(span.Ref))
		}
	}
	t.chars = s.allocChars(n)
	for _, span := range spans {
		l := spanAttrs{style: extra, uri: span.Link, anchor: span.Ref}
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
		if l.uri != "" && !allowedLink(l.uri) {
			s.errs.add(at, "the link must begin with https://, http:// or mailto:")
		}
		content := span.Text
		if span.Ref != "" {
			content = s.outline.Number(span.Ref)
		}
		if len(t.attrs) == 0 || t.attrs[len(t.attrs)-1] != l {
			if len(t.attrs) > 1<<16-1 {
				s.errs.add(at, "the paragraph has more than 65,535 style changes")
				return t
			}
			t.attrs = append(t.attrs, l)
		}
		s.appendRunes(&t, content, at)
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

// shapeString measures a string in one style.
func (s *shaper) shapeString(content, source string, st style) shapedText {
	return s.shape([]doc.Span{{Text: content}}, source, st)
}

// appendRunes appends content with the last attributes of t, composed to NFC.
func (s *shaper) appendRunes(t *shapedText, content, source string) {
	attrs := uint16(len(t.attrs) - 1)
	font := s.fonts[t.attrs[attrs].style]
	if !norm.NFC.IsNormalString(content) {
		content = norm.NFC.String(content)
	}
	var last rune
	for i, r := range content {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(content[i:]); n == 1 {
				s.errs.add(source, "the text is not valid UTF-8")
				continue
			}
		}
		previous := last
		last = r
		class := classOther
		switch r {
		case ' ':
			class = classSpace
		case '-', '\u2010':
			class = classHyphen
		case '\u2013', '\u2014':
			class = classDash
		case '\n', '\u2028', '\u2029':
			if previous == '\r' {
				continue
			}
			t.chars = append(t.chars, char{attrs: attrs, class: classMandatory})
			continue
		case '\r':
			t.chars = append(t.chars, char{attrs: attrs, class: classMandatory})
			continue
		case '\t': // there are no tab stops: a tab is four spaces
			for range 4 {
				t.chars = append(t.chars, char{r: ' ', advance: uint16(font.advance(' ')), attrs: attrs, class: classSpace})
			}
			continue
		case '\u00A0', '\u202F', '\u2007':
			class = classGlue
		case '\u200B':
			t.chars = append(t.chars, char{attrs: attrs, class: classZeroWidth})
			continue
		case '\u00AD':
			t.chars = append(t.chars, char{attrs: attrs, class: classSoftHyphen})
			continue
		case '\u2060', '\uFEFF', '\u200C', '\u200D', '\uFE0E', '\uFE0F', '\u200E':
			// Joiners, variation selectors and the left-to-right mark have no effect in the supported
			// scripts.
			continue
		case '\u2011':
			r = '-' // no-break hyphen
		}
		if r > 0xFFFF || !s.supported[r] {
			if unicode.Is(unicode.Zs, r) { // a space of another width becomes an ordinary one
				if class == classOther {
					class = classSpace
				}
				r = ' '
			} else {
				s.errs.add(source, "%s", unsupportedReason(r))
				continue
			}
		}
		t.chars = append(t.chars, char{r: uint16(r), advance: uint16(font.advance(r)), attrs: attrs, class: class})
	}
}

// Unsupported scripts, by the reason.
var (
	rightToLeft  = []*unicode.RangeTable{unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Samaritan, unicode.Mandaic, unicode.Adlam}
	needsShaping = []*unicode.RangeTable{unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Thai, unicode.Lao, unicode.Tibetan, unicode.Myanmar, unicode.Khmer, unicode.Mongolian}
)

// unsupportedReason names the character and explains why it is not supported.
func unsupportedReason(r rune) string {
	name := fmt.Sprintf("U+%04X", r)
	if n := runenames.Name(r); n != "" {
		name += " " + n
	}
	switch {
	case unicode.In(r, rightToLeft...):
		return name + " cannot be shown: its script runs from right to left, which is not supported"
	case unicode.In(r, needsShaping...):
		return name + " cannot be shown: its script joins and reorders letters, which is not supported"
	case unicode.Is(unicode.M, r):
		return name + " cannot be shown: Unicode has no precomposed character for this letter and mark"
	case unicode.Is(unicode.Cc, r):
		return name + " is a control character, which is not allowed in text"
	case unicode.Is(unicode.Cf, r):
		return name + " is an invisible character that could change how the text reads"
	}
	return name + " cannot be shown: the fonts of the document do not contain it"
}
