package masking

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A line end is hard between items (entries of a list, lines of an address, a signature or a form, cells of a table,
// paragraphs) and soft inside running text, where it means no more than a blank. A hyphen at a soft line end either
// belongs to the word or only divides it.

// minFullLine is the length from which a line may be one that was broken because it was full.
const minFullLine = 40

// lineBreak ends the line at text[i:to] and skips the prefix of the next one.
func (l *layout) lineBreak(i, to int) int {
	if l.text[i] == '\r' && to < len(l.text) && l.text[to] == '\n' {
		to++
	}
	l.joinLines()
	to = l.skipLinePrefix(to)
	if len(bytes.TrimSpace(l.flat[l.lineStart:])) == 0 {
		l.width = 0
	}
	l.width = max(l.width, len(l.flat)-l.lineStart)
	l.replace("\n", i, to)
	l.previous, l.lineStart, l.divided = l.lineStart, len(l.flat), strings.HasSuffix(l.text[:i], "\u00ad")
	return to
}

// skipLinePrefix returns the offset after the quote marks ("> > ") at the start of the line at text[i].
func (l *layout) skipLinePrefix(i int) int {
	from := i
	for j := i; j < len(l.text); j++ {
		switch l.text[j] {
		case ' ':
			continue
		case '>':
			i = j + 1
			if i < len(l.text) && l.text[i] == ' ' {
				i++
			}
			continue
		}
		break
	}
	if i > from && from == 0 {
		l.edits = append(l.edits, edit{0, 0, 0, int32(i)})
	}
	return i
}

// joinLines decides about the line end before the line that has just been read.
func (l *layout) joinLines() {
	joined := l.joined
	l.joined = false
	if l.previous < 0 {
		return
	}
	a, b := l.lineStart-1, l.lineStart
	for a > l.previous && isBlank(l.flat[a-1]) {
		a--
	}
	for b < len(l.flat) && isBlank(l.flat[b]) {
		b++
	}
	if a == l.previous || b == len(l.flat) {
		return
	}
	previous, next := bytes.TrimLeft(l.flat[l.previous:a], " \t"), l.flat[b:]
	cut, blank := l.lineEnd(previous, next, joined)
	switch {
	case blank:
		l.cut(a, b, " ")
	case cut >= 0:
		l.cut(a-cut, b, "")
	}
	l.joined = blank || cut >= 0
}

// lineEnd returns what becomes of a line end: a blank, or nothing (then cut is the number of bytes before it that
// disappear with it), or cut is -1 and it stays.
func (l *layout) lineEnd(previous, next []byte, joined bool) (cut int, blank bool) {
	last, first := previous[len(previous)-1], next[0]
	word := lastField(previous)
	switch {
	case l.divided:
		return 0, false
	case last == '-' && len(previous) > 1 && isWordByte(previous[len(previous)-2]):
		before, _ := utf8.DecodeLastRune(previous[:len(previous)-1])
		r, _ := utf8.DecodeRune(next)
		switch {
		case unicode.IsLetter(before) && unicode.IsLower(r):
			if l.words.ofBytes(firstWord(next))&connector != 0 {
				return 0, true // "Miet- und"
			}
			return 1, false
		case unicode.IsLetter(before) && unicode.IsUpper(r), isDigit(first):
			return 0, false
		}
	case first == '@' && isWordByte(last) && bytes.IndexByte(firstField(next), '.') > 0,
		isWordByte(first) && last == '@',
		isWordByte(first) && strings.IndexByte("/_=&?%", last) >= 0 && (bytes.Contains(word, []byte("://")) || bytes.HasPrefix(word, []byte("www.")) || bytes.IndexByte(word, '@') > 0),
		isWordByte(first) && strings.IndexByte("._-", last) >= 0 && bytes.IndexByte(firstField(next), '@') > 0 && bytes.IndexByte(word, '@') < 0,
		last == '.' && bytes.IndexByte(word, '@') > 0 && bytes.IndexByte(word[bytes.IndexByte(word, '@'):len(word)-1], '.') < 0 && l.words.ofBytes(firstWord(next))&topDomain != 0:
		return 0, false // an address of mail or web
	}
	if l.continues(previous, next, joined) {
		return 0, true
	}
	return -1, false
}

// continues reports whether the next line continues the sentence of the previous one. Joined says that the previous line
// itself continues a sentence: then it may be a single name or number.
func (l *layout) continues(previous, next []byte, joined bool) bool {
	if isColumn(previous) || isColumn(next) || isListItem(next) || isLabel(next) || areRecords(previous, next) || previous[0] == '#' {
		return false
	}
	ended := bytes.TrimRight(previous, "\"')]»”’")
	if len(ended) == 0 {
		return false
	}
	switch ended[len(ended)-1] {
	case '!', '?', ':', ';':
		return false
	case '.':
		word := firstWord(ended[lastFieldStart(ended):])
		if len(word) > 1 && l.words.ofBytes(word)&abbreviation == 0 || len(word) == 0 {
			return false
		}
	}
	line := l.readLine(previous)
	if joined && bytes.IndexByte(previous, ' ') < 0 {
		line.prose, line.unfinished = true, true
	}
	r, _ := utf8.DecodeRune(next)
	switch {
	case line.closing:
		return false
	case unicode.IsLower(r):
		return true
	case l.words.ofBytes(firstWord(next))&opener != 0 && unicode.IsUpper(r):
		return l.isFull(previous, next) && line.prose && line.unfinished
	case !line.prose:
		return false
	}
	return line.unfinished || l.isFull(previous, next)
}

// isFull reports whether the first word of the next line had no room in the previous one.
func (l *layout) isFull(previous, next []byte) bool {
	width := max(l.width, len(previous), len(next))
	return len(previous) >= minFullLine && len(previous)+1+len(firstField(next)) > width
}

// line is what the words of a line tell about its end.
type line struct {
	prose      bool // running text: it has words that are not part of names
	unfinished bool // it ends with a capitalized word, a number, a comma or a word that needs another
	closing    bool // it closes a letter: a signature follows
}

func (l *layout) readLine(text []byte) (out line) {
	upperCase := bytes.IndexFunc(text, unicode.IsLower) < 0
	n := 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if !unicode.IsLetter(r) && !isDigit(text[0]) {
			if r != ' ' {
				out.unfinished = r == ',' || r == '&' || r == '/' || out.unfinished && (r == '.' || r == '-')
			}
			text = text[size:]
			continue
		}
		word := firstWord(text)
		if len(word) == 0 {
			out.unfinished = true // a number
			for len(text) > 0 && isAlnum(text[0]) {
				text = text[1:]
			}
			continue
		}
		text = text[len(word):]
		n++
		c := l.words.ofBytes(word)
		lower := unicode.IsLower(r)
		out.closing = out.closing || c&closing != 0
		out.prose = out.prose || lower && len(word) > 1 && c&particle == 0 || upperCase && n > 1 && c&(connector|opener) != 0
		out.unfinished = !lower && n > 1 || c&(connector|particle|abbreviation) != 0
	}
	return out
}

// isColumn reports whether the line has the gaps of columns.
func isColumn(line []byte) bool {
	return bytes.IndexByte(line, '\t') >= 0 || bytes.Contains(line, []byte("   "))
}

// areRecords reports whether both lines are records of a CSV file: they have as many semicolons, or as many commas without a
// blank after them.
func areRecords(previous, next []byte) bool {
	for _, separator := range []byte{';', ','} {
		n := bytes.Count(previous, []byte{separator})
		if n > 0 && n == bytes.Count(next, []byte{separator}) && (separator == ';' || !bytes.Contains(previous, []byte(", ")) && !bytes.HasSuffix(previous, []byte{','})) {
			return true
		}
	}
	return false
}

// isListItem reports whether the line starts with a bullet, a number or a letter of a list.
func isListItem(line []byte) bool {
	r, n := utf8.DecodeRune(line)
	if n < len(line) && line[n] == ' ' && strings.ContainsRune("-*+#•·–—▪●◦‣□☐✓", r) || r == '#' || r == '•' {
		return true
	}
	if r < utf8.RuneSelf && strings.ContainsRune("?!.,;:=/<>|~^%*", r) {
		return true // "??? 12 Main Street"
	}
	i := 0
	if line[0] == '(' {
		i++
	}
	from := i
	for i < len(line) && i-from < 4 && isAlnum(line[i]) {
		i++
	}
	if i == from || i-from > 1 && !isDigit(line[from]) && strings.Trim(string(line[from:i]), "ivxIVX") != "" {
		return false
	}
	return i+1 < len(line) && (line[i] == ')' || line[i] == '.' && line[0] != '(' && i-from <= 3) && isBlank(line[i+1])
}

// isLabel reports whether the line starts with the name of a field: "Phone:", "Date of birth:".
func isLabel(line []byte) bool {
	i := bytes.IndexByte(line[:min(len(line), 40)], ':')
	if i < 1 || i+1 < len(line) && !isBlank(line[i+1]) {
		return false
	}
	r, _ := utf8.DecodeRune(line)
	return unicode.IsUpper(r) && bytes.Count(line[:i], []byte(" ")) <= 3 && !bytes.ContainsAny(line[:i], ".,;?!")
}

func isWordByte(c byte) bool { return isAlnum(c) || c >= utf8.RuneSelf }

// firstWord returns the letters at the start of the text.
func firstWord(text []byte) []byte {
	i := 0
	for i < len(text) && i < 64 {
		r, n := utf8.DecodeRune(text[i:])
		if !unicode.IsLetter(r) {
			break
		}
		i += n
	}
	return text[:i]
}

// firstField returns the text up to the first blank.
func firstField(text []byte) []byte {
	if i := bytes.IndexAny(text, " \t\n"); i >= 0 {
		return text[:i]
	}
	return text
}

func lastFieldStart(text []byte) int { return bytes.LastIndexAny(text, " \t\n") + 1 }

func lastField(text []byte) []byte { return text[lastFieldStart(text):] }

// cut replaces flat[a:b], which is before the end of flat, by s, which is not longer.
func (l *layout) cut(a, b int, s string) {
	from, _ := l.span(a, b)
	_, to := l.span(a, b)
	if b-a == len(s) && to-from == len(s) {
		copy(l.flat[a:], s)
		return
	}
	removed := b - a - len(s)
	copy(l.flat[a:], s)
	l.flat = append(l.flat[:a+len(s)], l.flat[b:]...)
	i := sort.Search(len(l.edits), func(i int) bool { return int(l.edits[i].from) >= from })
	j := i
	for j < len(l.edits) && int(l.edits[j].to) <= to {
		j++
	}
	for k := j; k < len(l.edits); k++ {
		l.edits[k].at -= int32(removed)
	}
	l.edits = slices.Replace(l.edits, i, j, edit{int32(a), int32(len(s)), int32(from), int32(to)})
	l.lineStart = a + len(s)
}
