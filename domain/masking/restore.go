package masking

import (
	"strings"
	"unicode/utf8"
)

// Restore replaces the session's placeholders with their originals. A placeholder that was never
// issued becomes a generic phrase such as "the person".
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

// RestoredLen returns the length of Restore's result in bytes, without building it.
func (s *Session) RestoredLen(text string) (n int) {
	if len(s.originals) == 0 {
		return len(text)
	}
	s.restore(text, true, func(piece string) { n += len(piece) })
	return n
}

// restore emits text with its placeholders replaced. It returns the unfinished placeholder at the end
// of text, if any; with last set there is none.
func (s *Session) restore(text string, last bool, emit func(string)) (rest string) {
	for {
		i := strings.IndexByte(text, '[')
		if i < 0 {
			if text != "" {
				emit(text)
			}
			return ""
		}
		n, t, state := parsePlaceholder(text[i:])
		switch {
		case state == isPlaceholder:
			if i > 0 {
				emit(text[:i])
			}
			emit(s.original(text[i:i+n], t))
			text = text[i+n:]
		case state == incomplete && !last:
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

// Restorer restores a text that arrives in pieces. It buffers at most one possible placeholder and one
// incomplete character. It belongs to one goroutine.
type Restorer struct {
	session  *Session
	emit     func(string)
	buffered string
}

// Restorer returns a Restorer for one streamed text. Write and Flush call emit with the restored
// pieces, in order and never empty.
func (s *Session) Restorer(emit func(string)) *Restorer {
	return &Restorer{session: s, emit: emit}
}

// Write adds the next piece of the text.
func (r *Restorer) Write(chunk string) {
	if chunk == "" {
		return
	}
	text := chunk
	if r.buffered != "" {
		text = r.buffered + chunk
	}
	cut := len(text) - incompleteBytes(text)
	rest := r.session.restore(text[:cut], false, r.emit)
	r.buffered = rest + text[cut:]
}

// Flush ends the text and emits what is still buffered.
func (r *Restorer) Flush() {
	tail := r.buffered
	r.buffered = ""
	r.session.restore(tail, true, r.emit)
}

// incompleteBytes returns the number of bytes of an incomplete character at the end of s.
func incompleteBytes(s string) int {
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
