package pdf

import "unicode"

// breakClass is the line breaking class of a character, simplified from UAX #14.
type breakClass uint8

const (
	classOther      breakClass = iota
	classSpace                 // break opportunity; dropped at the end of a line
	classGlue                  // no-break space
	classHyphen                // break opportunity after it, if between letters
	classDash                  // break opportunity after it
	classMandatory             // mandatory break
	classZeroWidth             // zero-width break opportunity
	classSoftHyphen            // break opportunity that shows a hyphen when used
)

// line is the range of characters, from start up to end, that line breaking puts on one line.
type line struct {
	start, end int
	width      int  // in font units
	hyphen     bool // broken at a soft hyphen, which becomes visible
	last       bool // last of its paragraph, or ends at a mandatory break
}

// breakLines breaks the text greedily so that no line is wider than width, the first no wider than
// first, both in font units. A word wider than a line is broken anywhere. Only spaces at the ends of
// broken lines are dropped. At least one line is returned.
func (t shapedText) breakLines(fonts [4]*font, first, width int) []line {
	lines := make([]line, 0, 1+len(t.chars)/64)
	maxWidth := first
	start := 0
	w := 0                                      // width from start up to i
	breakEnd, breakNext, breakWidth := -1, 0, 0 // last break opportunity: end of the line, start of the next, width
	breakHyphen := false                        // the opportunity is a soft hyphen
	emit := func(l line) {
		lines = append(lines, l)
		maxWidth = width
		breakEnd, breakHyphen = -1, false
	}
	skipSpaces := func(i int) int {
		for i < len(t.chars) && t.chars[i].class == classSpace {
			i++
		}
		return i
	}
	for i := 0; i < len(t.chars); i++ {
		c := t.chars[i]
		switch c.class {
		case classMandatory:
			e, ew := t.trimSpaces(start, i, w)
			emit(line{start: start, end: e, width: ew, last: true})
			start, w = i+1, 0
			continue
		case classSpace:
			if i > start && t.chars[i-1].class != classSpace { // leading spaces are intentional
				breakEnd, breakNext, breakWidth, breakHyphen = i, skipSpaces(i), w, false
			}
			w += int(c.advance)
			continue
		case classZeroWidth:
			breakEnd, breakNext, breakWidth, breakHyphen = i, i+1, w, false
			continue
		case classSoftHyphen:
			if h := fonts[t.attrs[c.attrs].style].advance('-'); w+h <= maxWidth {
				breakEnd, breakNext, breakWidth, breakHyphen = i, i+1, w+h, true
			}
			continue
		}
		if w+int(c.advance) > maxWidth && i > start {
			if breakEnd > start {
				emit(line{start: start, end: breakEnd, width: breakWidth, hyphen: breakHyphen})
				i = breakNext
			} else {
				e, ew := t.trimSpaces(start, i, w)
				emit(line{start: start, end: e, width: ew})
			}
			start, w = i, 0
			i--
			continue
		}
		w += int(c.advance)
		if c.class == classDash || c.class == classHyphen && i > start && i+1 < len(t.chars) && t.isLetter(i-1) && t.isLetter(i+1) {
			breakEnd, breakNext, breakWidth, breakHyphen = i+1, skipSpaces(i+1), w, false
		}
	}
	e, ew := t.trimSpaces(start, len(t.chars), w)
	if e > start || len(lines) == 0 {
		lines = append(lines, line{start: start, end: e, width: ew})
	}
	lines[len(lines)-1].last = true
	return lines
}

// trimSpaces drops trailing spaces from the characters start up to end, whose width is w, and returns
// the new end and width.
func (t shapedText) trimSpaces(start, end, w int) (int, int) {
	for end > start && t.chars[end-1].class == classSpace {
		end--
		w -= int(t.chars[end].advance)
	}
	return end, w
}

func (t shapedText) isLetter(i int) bool {
	c := t.chars[i]
	return c.class == classOther && unicode.IsLetter(rune(c.r))
}

// naturalWidth returns the width of the text without line wrapping (max-content) and of its widest
// word (min-content), in font units.
func (t shapedText) naturalWidth() (whole, word int) {
	w, wd := 0, 0
	for i, c := range t.chars {
		switch c.class {
		case classMandatory:
			w, wd = 0, 0
		case classSpace:
			w += int(c.advance)
			wd = 0
		default:
			w += int(c.advance)
			wd += int(c.advance)
			whole, word = max(whole, w), max(word, wd)
			if c.class == classDash || c.class == classHyphen && i > 0 && t.isLetter(i-1) {
				wd = 0
			}
		}
	}
	return whole, word
}

// run is a part of a line with the same attributes.
type run struct {
	x           float64 // from the left edge of its column, in points
	width       float64
	attrs       *spanAttrs
	codes       []uint16 // character codes in the subset of attrs.style
	wordSpacing float64  // added to each space, in points
}

// runs splits a line where its attributes change. The line starts at x; wordSpacing is added to each
// space, for justification.
func (t shapedText) runs(l line, s *shaper, x, size, wordSpacing float64) []run {
	out := make([]run, 0, 2)
	if cap(s.codeArena)-len(s.codeArena) < l.end-l.start+1 {
		s.codeArena = make([]uint16, 0, max(l.end-l.start+1, arenaBlock))
	}
	for i := l.start; i < l.end; {
		j, w, spaces, from := i, 0, 0, len(s.codeArena)
		font := s.subsets[t.attrs[t.chars[i].attrs].style]
		for j < l.end && t.chars[j].attrs == t.chars[i].attrs {
			c := t.chars[j]
			w += int(c.advance)
			if c.r != 0 { // neither classZeroWidth nor classSoftHyphen
				s.codeArena = append(s.codeArena, font.codeOf(c.r))
			}
			if c.class == classSpace || c.class == classGlue {
				spaces++
			}
			j++
		}
		r := run{x: x, attrs: &t.attrs[t.chars[i].attrs], codes: s.codeArena[from:], wordSpacing: wordSpacing}
		r.width = toPoints(w, size) + wordSpacing*float64(spaces)
		x += r.width
		out = append(out, r)
		i = j
	}
	if l.hyphen && len(out) > 0 {
		r := &out[len(out)-1]
		s.codeArena = append(s.codeArena, s.subsets[r.attrs.style].codeOf('-'))
		r.codes = s.codeArena[len(s.codeArena)-len(r.codes)-1:]
		r.width += toPoints(s.fonts[r.attrs.style].advance('-'), size)
	}
	return out
}

// toPoints converts font units to points at a font size.
func toPoints(n int, size float64) float64 { return float64(n) * size / unitsPerEm }

// toFontUnits converts points to font units at a font size, rounded down.
func toFontUnits(pt, size float64) int { return int(pt * unitsPerEm / size) }
