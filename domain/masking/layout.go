package masking

import (
	"html"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A layout is a text without its typography: characters nobody sees, markup, quote prefixes, full-width letters and
// the line ends of running text are removed or replaced by what they stand for, so that every rule finds a name
// or a number however it is set. Every offset of the flat text maps back to the original.
type layout struct {
	text  string // the original
	flat  []byte
	edits []edit
	// the line under construction
	lineStart int  // in flat
	width     int  // of the longest line of this paragraph
	previous  int  // start of the line before in flat, -1 if there is none
	divided   bool // the line before ends with a soft hyphen
	joined    bool // the line before continues the one before it
	words     *cues
}

// edit says that flat[at:at+n] stands for text[from:to]. Everything between two edits is unchanged.
type edit struct{ at, n, from, to int32 }

// typographic marks the first bytes of whatever flatten may change.
var typographic = func() (set [256]bool) {
	for _, c := range "\n\r\t\f\v*_`~|&<\\" {
		set[c] = true
	}
	// the first bytes of: U+00A0 and U+00AD; combining marks; Arabic marks and digits; general punctuation; ideographic
	// space; ligatures, full-width forms and U+FEFF; mathematical letters
	for _, c := range []byte{0xc2, 0xcc, 0xcd, 0xd8, 0xd9, 0xdb, 0xe1, 0xe2, 0xe3, 0xef, 0xf0} {
		set[c] = true
	}
	return set
}()

// flatten returns the flat text and its edits. A text without typography is returned as it is. The slices of l are
// reused.
func (l *layout) flatten(text string) string {
	l.edits = l.edits[:0]
	first := 0
	for first < len(text) && !typographic[text[first]] {
		first++
	}
	if first == len(text) && !strings.HasPrefix(text, ">") {
		return text
	}
	l.text, l.flat = text, l.flat[:0]
	l.lineStart, l.width, l.previous, l.divided, l.joined = 0, 0, -1, false, false
	i := l.skipLinePrefix(0)
	for i < len(text) {
		j := i
		for j < len(text) && !typographic[text[j]] {
			j++
		}
		l.flat = append(l.flat, text[i:j]...)
		if j == len(text) {
			break
		}
		i = l.character(j)
	}
	l.joinLines()
	l.text = ""
	return string(l.flat)
}

// replace records that s stands for text[from:to] and returns to.
func (l *layout) replace(s string, from, to int) int {
	if len(s) != to-from || s != l.text[from:to] {
		l.edits = append(l.edits, edit{int32(len(l.flat)), int32(len(s)), int32(from), int32(to)})
	}
	l.flat = append(l.flat, s...)
	return to
}

// character reads the character at text[i], whose first byte is typographic, and returns the offset after it.
func (l *layout) character(i int) int {
	c := l.text[i]
	switch c {
	case '\n', '\r', '\f', '\v':
		return l.lineBreak(i, i+1)
	case '*', '_', '`', '~':
		return l.emphasis(i)
	case '|':
		if l.inTable(i) {
			return l.replace("\t", i, i+1)
		}
	case '&':
		return l.entity(i)
	case '<':
		return l.tag(i)
	case '\\':
		// an escaped character of an address: "john\_miller"
		if i+2 < len(l.text) && i > 0 && isAlnum(l.text[i-1]) && strings.IndexByte("_@.-+", l.text[i+1]) >= 0 && isAlnum(l.text[i+2]) {
			l.replace("", i, i+1)
			return l.replace(l.text[i+1:i+2], i+1, i+2)
		}
	}
	if c < utf8.RuneSelf {
		l.flat = append(l.flat, c)
		return i + 1
	}
	return l.unicode(i)
}

// unicode replaces a character beyond ASCII by what it stands for.
func (l *layout) unicode(i int) int {
	r, n := utf8.DecodeRuneInString(l.text[i:])
	switch {
	case isInvisible(r):
		return l.replace("", i, i+n)
	case r == 0x85 || r == 0x2028 || r == 0x2029:
		return l.lineBreak(i, i+n)
	case r == 0xa0 || r >= 0x2000 && r <= 0x200a || r == 0x202f || r == 0x205f || r == 0x3000 || r == 0x1680:
		return l.replace(" ", i, i+n)
	case r == 0x2010 || r == 0x2011 || r == 0x2012 || r == 0x2212 || r == 0xfe63:
		return l.replace("-", i, i+n)
	case r == 0x2013 && i > 0 && isDigit(l.text[i-1]) && i+n < len(l.text) && isDigit(l.text[i+n]):
		return l.replace("-", i, i+n) // between digits
	case r >= 0xff01 && r <= 0xff5e:
		return l.replace(string(r-0xfee0), i, i+n)
	case r >= 0x660 && r <= 0x669:
		return l.replace(string('0'+r-0x660), i, i+n)
	case r >= 0x6f0 && r <= 0x6f9:
		return l.replace(string('0'+r-0x6f0), i, i+n)
	case r >= 0xfb00 && r <= 0xfb06 || r >= 0x1d400 && r <= 0x1d7ff:
		return l.replace(norm.NFKC.String(l.text[i:i+n]), i, i+n)
	case unicode.Is(unicode.Mn, r):
		return l.combine(i, n)
	}
	l.flat = append(l.flat, l.text[i:i+n]...)
	return i + n
}

// isInvisible reports whether r is seen by nobody: soft hyphens, zero-width and direction marks.
func isInvisible(r rune) bool {
	switch {
	case r == 0xad, r == 0x61c, r == 0x34f, r == 0x180e, r == 0xfeff, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e,
		r >= 0x2060 && r <= 0x206f, r >= 0xfe00 && r <= 0xfe0f:
		return true
	}
	return false
}

// combine composes the letter before text[i] with the mark of n bytes there.
func (l *layout) combine(i, n int) int {
	base, size := utf8.DecodeLastRune(l.flat[l.lineStart:])
	if size == 0 || !unicode.IsLetter(base) {
		l.flat = append(l.flat, l.text[i:i+n]...)
		return i + n
	}
	composed := norm.NFC.String(string(base) + l.text[i:i+n])
	last := len(l.edits) - 1
	if utf8.RuneCountInString(composed) > 1 || last >= 0 && l.edits[last].n > int32(size) && int(l.edits[last].at+l.edits[last].n) == len(l.flat) {
		l.flat = append(l.flat, l.text[i:i+n]...)
		return i + n
	}
	at := len(l.flat) - size
	from, _ := l.span(at, len(l.flat))
	for len(l.edits) > 0 && int(l.edits[len(l.edits)-1].at) >= at && l.edits[len(l.edits)-1].n > 0 {
		l.edits = l.edits[:len(l.edits)-1]
	}
	l.flat = l.flat[:at]
	return l.replace(composed, from, i+n)
}

// emphasis removes Markdown's delimiters around a word or inside it. It keeps what is text: "2*3", "a_b", "* item", "____".
func (l *layout) emphasis(i int) int {
	c := l.text[i]
	j := i + 1
	for j < len(l.text) && l.text[j] == c {
		j++
	}
	before, after := byte(' '), byte(' ')
	if i > 0 {
		before = l.text[i-1]
	}
	if j < len(l.text) {
		after = l.text[j]
	}
	word := func(c byte) bool { return isAlnum(c) || c >= utf8.RuneSelf }
	left := isBlank(before) || !word(before)
	right := isBlank(after) || !word(after)
	opens := !isBlank(after) && left
	closes := !isBlank(before) && right && strings.IndexByte("([{", before) < 0
	remove := j-i <= 3 && (opens || closes || !left && !right) && strings.IndexByte(`@/\`, before) < 0 && strings.IndexByte("@/", after) < 0
	switch c {
	case '*':
		remove = remove && (left || right || j-i >= 2 && !isDigit(before))
	case '_':
		remove = remove && (left || right) && before != '.' && after != '.' && before != '[' && after != ']'
	case '~':
		remove = remove && j-i == 2
	}
	if remove {
		return l.replace("", i, j)
	}
	l.flat = append(l.flat, l.text[i:j]...)
	return j
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// inTable reports whether the '|' at text[i] separates the cells of a table: it starts its line or has blanks around.
func (l *layout) inTable(i int) bool {
	line := l.flat[l.lineStart:]
	return len(strings.TrimLeft(string(line[:min(len(line), 4)]), " ")) == 0 || line[0] == '\t' ||
		i > 0 && isBlank(l.text[i-1]) && (i+1 == len(l.text) || isBlank(l.text[i+1]))
}

// entity decodes an HTML entity, also one that was encoded twice.
func (l *layout) entity(i int) int {
	end := strings.IndexByte(l.text[i:min(len(l.text), i+32)], ';')
	if end < 2 {
		l.flat = append(l.flat, '&')
		return i + 1
	}
	to := i + end + 1
	if strings.HasPrefix(l.text[i:], "&amp;") {
		if more := strings.IndexByte(l.text[to:min(len(l.text), to+12)], ';'); more > 0 && html.UnescapeString("&"+l.text[to:to+more+1]) != "&"+l.text[to:to+more+1] {
			to += more + 1
		}
	}
	decoded := html.UnescapeString(html.UnescapeString(l.text[i:to]))
	r, n := utf8.DecodeRuneInString(decoded)
	switch {
	case decoded == l.text[i:to] || n != len(decoded) || r == utf8.RuneError:
		l.flat = append(l.flat, '&')
		return i + 1
	case isInvisible(r):
		decoded = ""
	case unicode.IsSpace(r):
		decoded = " "
	}
	return l.replace(decoded, i, to)
}

// tag removes an HTML tag without attributes, which hides no text. A tag that ends a line or a cell becomes a line end.
func (l *layout) tag(i int) int {
	end := strings.IndexByte(l.text[i:min(len(l.text), i+12)], '>')
	if end > 1 {
		switch strings.ToLower(strings.Trim(l.text[i+1:i+end], "/ ")) {
		case "b", "i", "u", "s", "em", "strong", "span", "mark", "small", "sup", "sub", "font", "code", "wbr":
			return l.replace("", i, i+end+1)
		case "td", "th":
			return l.replace("\t", i, i+end+1)
		case "br", "p", "div", "li", "tr", "h1", "h2", "h3":
			return l.lineBreak(i, i+end+1)
		}
	}
	l.flat = append(l.flat, '<')
	return i + 1
}

// span returns the bytes of the original that flat[start:end] stands for.
func (l *layout) span(start, end int) (from, to int) {
	if len(l.edits) == 0 {
		return start, end
	}
	from, to = start, end
	if i := l.editsBefore(start + 1); i > 0 {
		if e := l.edits[i-1]; start < int(e.at+e.n) {
			from = int(e.from)
		} else {
			from = int(e.to) + start - int(e.at+e.n)
		}
	}
	if i := l.editsBefore(end); i > 0 {
		if e := l.edits[i-1]; end < int(e.at+e.n) {
			to = int(e.to)
		} else {
			to = int(e.to) + end - int(e.at+e.n)
		}
	}
	return from, to
}

// editsBefore returns the number of edits that start before an offset of the flat text.
func (l *layout) editsBefore(at int) int {
	return sort.Search(len(l.edits), func(i int) bool { return int(l.edits[i].at) >= at })
}

// cursor maps ranges of the flat text in ascending order.
type cursor struct {
	edits      []edit
	start, end int // edits before the last range's start and end
}

// span is layout.span for a range after the last one.
func (c *cursor) span(start, end int32) (from, to int32) {
	from, to = start, end
	for c.start < len(c.edits) && c.edits[c.start].at <= start {
		c.start++
	}
	if c.start > 0 {
		if e := c.edits[c.start-1]; start < e.at+e.n {
			from = e.from
		} else {
			from = e.to + start - e.at - e.n
		}
	}
	for c.end < len(c.edits) && c.edits[c.end].at < end {
		c.end++
	}
	if c.end > 0 {
		if e := c.edits[c.end-1]; end < e.at+e.n {
			to = e.to
		} else {
			to = e.to + end - e.at - e.n
		}
	}
	return from, to
}
