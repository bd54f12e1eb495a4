package llm

import (
	"regexp"
	"strings"
	"unicode"
)

// reasoningTag opens the reasoning that some models write before their answer.
var reasoningTag = regexp.MustCompile(`^\s*<(think|thinking|thought|reasoning)>`)

// reasoningFilter removes from a stream what is not part of the answer: reasoning before it, a byte order
// mark, control characters.
type reasoningFilter struct {
	started      bool   // the answer itself has started
	hadReasoning bool   // reasoning came before it
	buffered     string // the beginning, until it is known whether it is reasoning
}

// write adds a chunk and returns the text of the answer that is certain so far and was not returned before.
func (c *reasoningFilter) write(piece string) string {
	if c.started {
		return dropControlCharacters(piece)
	}
	c.buffered += strings.TrimPrefix(piece, "\ufeff")
	m := reasoningTag.FindStringSubmatch(c.buffered)
	switch {
	case m == nil && maybeReasoningTag(c.buffered):
		return ""
	case m == nil:
		c.started = true
	default:
		_, rest, ended := strings.Cut(c.buffered, "</"+m[1]+">")
		if !ended {
			return ""
		}
		c.hadReasoning, c.buffered = true, ""
		return c.write(rest) // more reasoning may follow
	}
	return c.flush()
}

// flush returns the buffered text as part of the answer.
func (c *reasoningFilter) flush() string {
	out := c.buffered
	if c.buffered = ""; c.hadReasoning {
		out = strings.TrimLeftFunc(out, unicode.IsSpace)
	}
	return dropControlCharacters(out)
}

// close returns the remaining text at the end of the stream. Reasoning that was never closed is not an answer.
func (c *reasoningFilter) close() string {
	if c.started || reasoningTag.MatchString(c.buffered) {
		return ""
	}
	return c.flush()
}

// maybeReasoningTag reports whether s is a prefix of a tag that opens reasoning.
func maybeReasoningTag(s string) bool {
	s = strings.TrimLeftFunc(s, unicode.IsSpace)
	if s == "" {
		return true
	}
	for _, tag := range []string{"<think>", "<thinking>", "<thought>", "<reasoning>"} {
		if strings.HasPrefix(tag, s) {
			return true
		}
	}
	return false
}

// stripReasoning returns the answer within the text of a complete response. Some servers put the opening
// tag into the prompt, so that only the closing tag is present.
func stripReasoning(s string) string {
	if i := strings.Index(s, "</think>"); i >= 0 && !strings.Contains(s[:i], "<think>") {
		s = strings.TrimLeftFunc(s[i+len("</think>"):], unicode.IsSpace)
	}
	var c reasoningFilter
	text := c.write(s)
	return text + c.close()
}

// dropControlCharacters drops control characters, which would otherwise reach terminals and documents.
func dropControlCharacters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return -1
		}
		return r
	}, s)
}
