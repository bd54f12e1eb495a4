package llm

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
)

// thought opens what some models think aloud in front of their answer.
var thought = regexp.MustCompile(`^\s*<(think|thinking|thought|reasoning)>`)

// cleaner leaves out of an answer, piece by piece, what is no part of it: thoughts in front of it, a
// byte order mark, control characters.
type cleaner struct {
	begun   bool   // the answer itself has begun
	thought bool   // there was one in front of it
	held    string // the beginning, until it is known whether it is a thought
}

// write returns what of the answer is certain with one more piece.
func (c *cleaner) write(piece string) string {
	if c.begun {
		return printable(piece)
	}
	c.held += strings.TrimPrefix(piece, "\ufeff")
	m := thought.FindStringSubmatch(c.held)
	switch {
	case m == nil && maybeThought(c.held):
		return ""
	case m == nil:
		c.begun = true
	default:
		_, rest, ended := strings.Cut(c.held, "</"+m[1]+">")
		if !ended {
			return ""
		}
		c.thought, c.held = true, ""
		return c.write(rest) // another one may follow
	}
	return c.rest()
}

// rest returns what was held as a part of the answer.
func (c *cleaner) rest() string {
	out := c.held
	if c.held = ""; c.thought {
		out = strings.TrimLeftFunc(out, unicode.IsSpace)
	}
	return printable(out)
}

// end returns what is left once the answer has ended. A thought without an end is no answer.
func (c *cleaner) end() string {
	if c.begun || thought.MatchString(c.held) {
		return ""
	}
	return c.rest()
}

// maybeThought reports whether s could become a thought's tag.
func maybeThought(s string) bool {
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

// answerText is the answer within the text of a whole completion. Some servers put the tag that opens a
// thought into the prompt, so that only its end is there.
func answerText(s string) string {
	if i := strings.Index(s, "</think>"); i >= 0 && !strings.Contains(s[:i], "<think>") {
		s = strings.TrimLeftFunc(s[i+len("</think>"):], unicode.IsSpace)
	}
	var c cleaner
	text := c.write(s)
	return text + c.end()
}

// printable drops control characters, which would reach terminals and documents.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return -1
		}
		return r
	}, s)
}

// maxStarts bounds how many places are tried where JSON might begin.
const maxStarts = 64

// jsonText is the JSON document within an answer that was to be nothing else: some models put it into
// a fenced block, or sentences around it, or a comma too many into it. The answer as it is when there
// is none.
func jsonText(s string) string {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\u00a0", " "))
	if json.Valid([]byte(s)) {
		return s
	}
	best := ""
	for rest, tries := s, 0; tries < maxStarts; tries++ {
		i := strings.IndexByte(rest, '{')
		if i < 0 {
			break
		}
		rest = rest[i:]
		object := balanced(rest)
		for _, candidate := range []string{object, trailingComma.ReplaceAllString(object, "$1")} {
			if len(candidate) > len(best) && json.Valid([]byte(candidate)) {
				best = candidate
			}
		}
		rest = rest[max(1, len(object)):]
	}
	if best == "" {
		return s
	}
	return best
}

var trailingComma = regexp.MustCompile(`,(\s*[}\]])`)

// balanced is s up to the brace that closes its first one; "" if none does.
func balanced(s string) string {
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return s[:i+1]
			}
		}
	}
	return ""
}
