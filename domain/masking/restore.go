package masking

import (
	"cmp"
	"strings"

	"counsel/domain/langid"
)

// Restore replaces the session's placeholders with their originals, in whatever form the model wrote them. A
// placeholder that was never issued becomes a generic phrase, such as "the person", in the session's language.
func (s *Session) Restore(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 64)
	s.restore(text, new(placeholderScanner), true, func(piece string) { b.WriteString(piece) })
	return b.String()
}

// RestoredLen returns the length of Restore's result in bytes, without building it.
func (s *Session) RestoredLen(text string) (n int) {
	s.restore(text, new(placeholderScanner), true, func(piece string) { n += len(piece) })
	return n
}

// CountUnknown returns how many placeholders in text were never issued.
func (s *Session) CountUnknown(text string) (n int) {
	new(placeholderScanner).find(text, true, func(m *placeholderMatch) {
		for i := range m.all() {
			if one := &m.mentions[i]; m.bracketed || one.name.issued && one.upper {
				if _, ok := s.original(one, 0); !ok {
					n++
				}
			}
		}
	})
	return n
}

// restore emits text with its placeholders replaced. Unless whole is set, it returns the end of text that
// depends on what follows.
func (s *Session) restore(text string, f *placeholderScanner, whole bool, emit func(string)) (rest string) {
	at := 0
	put := func(piece string) {
		if piece != "" {
			f.link.add(piece)
			emit(piece)
		}
	}
	end := f.find(text, whole, func(m *placeholderMatch) {
		put(text[at:m.start])
		at = m.end
		if m.n == 0 {
			return
		}
		if m.link {
			put("[")
		}
		from := m.innerStart
		for i := range m.all() {
			one := &m.mentions[i]
			put(text[from:one.start])
			value, suffix := s.value(one, text, m.bracketed)
			if f.link.inside && !s.sentHosts[f.link.host] && value != text[one.start:one.end] {
				value, suffix = hiddenInLink, ""
			}
			if value != "" {
				emit(value)
			}
			put(suffix)
			from = one.end
		}
		put(text[from:m.innerEnd])
		if m.link {
			put("]")
		}
	})
	put(text[at:end])
	return text[end:]
}

// value returns what a mention stands for and what follows it, such as a plural s.
func (s *Session) value(m *mention, text string, bracketed bool) (value, suffix string) {
	suffix = text[m.suffix:m.end]
	if suffix != "s" {
		if v, ok := s.original(m, m.ref.wording); ok {
			return v, ""
		}
	}
	if v, ok := s.original(m, 0); ok {
		switch suffix {
		case "s", "n", "en", "es":
			return v, suffix
		}
		return v, "" // a wording that the model invented
	}
	if !bracketed && !(m.name.issued && m.upper) {
		return text[m.start:m.end], "" // a variable, perhaps
	}
	return genericPhrases[cmp.Or(s.language, langid.English)][m.ref.kind], ""
}

// original returns the text that a placeholder was issued for. Models call people and companies parties.
func (s *Session) original(m *mention, wording uint64) (v string, ok bool) {
	ref := reference{m.ref.kind, m.ref.number, wording}
	if v, ok = s.originals[ref]; !ok && ref.kind == Person && !m.name.issued {
		ref.kind = Company
		v, ok = s.originals[ref]
	}
	return v, ok
}

// Restorer restores a text that arrives in pieces. It buffers at most one possible placeholder with what surrounds it.
// It belongs to one goroutine.
type Restorer struct {
	session  *Session
	emit     func(string)
	buffered string
	scanner  placeholderScanner
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
	if r.buffered != "" {
		chunk = r.buffered + chunk
	}
	r.buffered = r.session.restore(chunk, &r.scanner, false, r.emit)
}

// Flush ends the text and emits what is still buffered.
func (r *Restorer) Flush() {
	rest := r.buffered
	r.buffered = ""
	r.session.restore(rest, &r.scanner, true, r.emit)
}

// hiddenInLink stands for personal data in the address of a link that a model wrote: whoever opens the link, or only shows
// an answer with such a picture, would send the data to a stranger's server.
const hiddenInLink = "redacted"

// linkTracker follows the text that a model wrote and knows whether it is inside the address of a link, past the host.
type linkTracker struct {
	run    string // since the last blank or delimiter, shortened
	inside bool
	host   string // in lower case, once inside
}

// maxLinkHost bounds what a tracker remembers: a scheme and a host.
const maxLinkHost = 280

func (l *linkTracker) add(piece string) {
	if i := strings.LastIndexAny(piece, " \t\r\n<>\"()"); i >= 0 {
		l.run, l.inside = "", false
		piece = piece[i+1:]
	}
	if l.inside || len(l.run) > maxLinkHost {
		return
	}
	l.run += piece[:min(len(piece), maxLinkHost)]
	l.host, l.inside = linkHost(l.run)
}

// linkHost returns the host of a link at the end of text, in lower case; ok is false unless the link goes on after it.
func linkHost(text string) (host string, ok bool) {
	i := strings.Index(text, "://")
	if i < 4 || !strings.HasSuffix(strings.TrimSuffix(strings.ToLower(text[:i]), "s"), "http") {
		return "", false
	}
	host, _, ok = strings.Cut(strings.NewReplacer("?", "/", "#", "/").Replace(text[i+3:]), "/")
	return strings.ToLower(host), ok && strings.Contains(host, ".")
}

// rememberHosts remembers the hosts of links that stand in a masked text: the user's own, which the model may repeat.
func (s *Session) rememberHosts(masked string) {
	for rest := masked; ; {
		i := strings.Index(rest, "://")
		if i < 0 {
			return
		}
		host, _, _ := strings.Cut(strings.NewReplacer("?", "/", "#", "/").Replace(rest[i+3:min(len(rest), i+maxLinkHost)]), "/")
		if s.sentHosts == nil {
			s.sentHosts = map[string]bool{}
		}
		s.sentHosts[strings.ToLower(host)] = true
		rest = rest[i+3:]
	}
}
