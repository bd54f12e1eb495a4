package masking

import (
	"strings"
	"unicode/utf8"
)

// Restore puts the session's originals back in the place of their placeholders. What
// looks like a placeholder but was never given out becomes a generic word.
func (s *Session) Restore(text string) string {
	i := strings.IndexByte(text, '[')
	if i < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text) + 64)
	b.WriteString(text[:i])
	s.restore(text[i:], true, func(piece string) { b.WriteString(piece) })
	return b.String()
}

// RestoredLen is how many bytes Restore would return.
func (s *Session) RestoredLen(text string) (n int) {
	if len(s.originals) == 0 {
		return len(text)
	}
	s.restore(text, true, func(piece string) { n += len(piece) })
	return n
}

// restore emits text with its placeholders replaced and returns the tail that may yet
// become a placeholder; with last set there is none.
func (s *Session) restore(text string, last bool, emit func(string)) (rest string) {
	for {
		i := strings.IndexByte(text, '[')
		if i < 0 {
			if text != "" {
				emit(text)
			}
			return ""
		}
		n, t, state := look(text[i:])
		switch {
		case state == lookYes:
			if i > 0 {
				emit(text[:i])
			}
			emit(s.original(text[i:i+n], t))
			text = text[i+n:]
		case state == lookMore && !last:
			if i > 0 {
				emit(text[:i])
			}
			return text[i:]
		default:
			emit(text[:i+1])
			text = text[i+1:]
		}
	}
}

func (s *Session) original(placeholder string, t Type) string {
	if v, ok := s.originals[placeholder]; ok {
		return v
	}
	return genericNames[t]
}

// Restorer restores a text that arrives in pieces. It holds back at most one possible
// placeholder and one unfinished character. It belongs to one goroutine.
type Restorer struct {
	session *Session
	emit    func(string)
	held    string
}

// Restorer starts the restoring of one streamed text. emit gets the pieces in order, in
// the goroutine of Write and Flush, none of them empty.
func (s *Session) Restorer(emit func(string)) *Restorer {
	return &Restorer{session: s, emit: emit}
}

// Write takes the next piece of the text.
func (r *Restorer) Write(chunk string) {
	if chunk == "" {
		return
	}
	text := chunk
	if r.held != "" {
		text = r.held + chunk
	}
	cut := len(text) - unfinished(text)
	rest := r.session.restore(text[:cut], false, r.emit)
	r.held = rest + text[cut:]
}

// Flush ends the text and emits what was held back.
func (r *Restorer) Flush() {
	held := r.held
	r.held = ""
	r.session.restore(held, true, r.emit)
}

// unfinished counts the bytes at the end of s that begin a character not yet whole.
func unfinished(s string) int {
	for n := 1; n <= utf8.UTFMax-1 && n <= len(s); n++ {
		c := s[len(s)-n]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRuneInString(s[len(s)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}
