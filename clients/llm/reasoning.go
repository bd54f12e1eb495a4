package llm

import (
	"strings"
	"unicode"
)

// reasoningTags surround the reasoning that some models write into the text of their answer. Words that an answer may
// contain, such as <reasoning>, count only before it.
var reasoningTags = []struct {
	open, end string
	anywhere  bool
}{
	{"<think>", "</think>", true},
	{"<thinking>", "</thinking>", true},
	{"[think]", "[/think]", true},
	{"<seed:think>", "</seed:think>", true},
	{"◁think▷", "◁/think▷", true},
	{"<thought>", "</thought>", false},
	{"<reasoning>", "</reasoning>", false},
	{"<reason>", "</reason>", false},
	{"<analysis>", "</analysis>", false},
}

// unopenedEnd ends reasoning whose opening tag was part of the prompt.
const unopenedEnd = "</think>"

// reasoningFilter removes from a stream what is not part of the answer: reasoning, a byte order mark before it, control
// characters. Tags may be split between chunks.
type reasoningFilter struct {
	unopened bool // the answer is expected to start with reasoning that has a closing tag only
	leaked   bool // such a closing tag came after text was returned, which was reasoning

	started      bool            // the answer itself has started
	hadReasoning bool            // reasoning came before it
	inside       string          // closing tag of the current reasoning, or ""
	held         string          // received, but not yet known to be part of the answer
	expected     strings.Builder // text that is reasoning only if its closing tag comes
}

// write adds a chunk and returns the text of the answer that is certain so far and was not returned before.
func (c *reasoningFilter) write(piece string) string {
	if !c.started {
		piece = strings.TrimPrefix(piece, byteOrderMark)
	}
	c.held += piece
	var out strings.Builder
	for {
		if c.unopened && !c.started {
			c.inside = unopenedEnd
		}
		if c.inside != "" {
			i := indexFold(c.held, c.inside)
			if i < 0 {
				n := len(c.held) - partialSuffix(c.held, c.inside)
				if c.unopened {
					c.expected.WriteString(c.held[:n])
				}
				c.held = c.held[n:]
				return out.String()
			}
			c.held = c.held[i+len(c.inside):]
			c.inside, c.unopened, c.hadReasoning = "", false, true
			c.expected.Reset()
			continue
		}
		at, tag, end := c.nextTag()
		switch {
		case tag == "":
			n := len(c.held) - c.undecided()
			out.WriteString(c.answer(c.held[:n]))
			c.held = c.held[n:]
			return out.String()
		case end == "" && !c.started, c.blankBefore(at):
			c.hadReasoning = true
		default:
			c.leaked = c.leaked || end == ""
			out.WriteString(c.answer(c.held[:at]))
		}
		c.inside, c.held = end, c.held[at+len(tag):]
	}
}

// nextTag finds the first tag in held. end is the closing tag of the reasoning that it opens, "" if the tag itself is a
// closing one. tag is "" if there is none.
func (c *reasoningFilter) nextTag() (at int, tag, end string) {
	at = len(c.held)
	for _, t := range reasoningTags {
		if i := indexFold(c.held, t.open); i >= 0 && i < at && (t.anywhere || c.blankBefore(i)) {
			at, tag, end = i, t.open, t.end
		}
	}
	if i := indexFold(c.held, unopenedEnd); i >= 0 && i < at {
		return i, unopenedEnd, ""
	}
	return at, tag, end
}

// blankBefore reports whether the answer has no text before position i of held.
func (c *reasoningFilter) blankBefore(i int) bool {
	return !c.started && strings.TrimSpace(c.held[:i]) == ""
}

// undecided returns the length of the end of held that may be the start of a tag. White space before it waits as well.
func (c *reasoningFilter) undecided() int {
	n := partialSuffix(c.held, unopenedEnd)
	for _, t := range reasoningTags {
		if k := partialSuffix(c.held, t.open); k > n && (t.anywhere || c.blankBefore(len(c.held)-k)) {
			n = k
		}
	}
	if c.blankBefore(len(c.held) - n) {
		return len(c.held)
	}
	return n
}

// answer returns text as part of the answer. White space between reasoning and answer is dropped.
func (c *reasoningFilter) answer(text string) string {
	if !c.started {
		if c.hadReasoning {
			text = strings.TrimLeftFunc(text, unicode.IsSpace)
		}
		c.started = strings.TrimSpace(text) != ""
	}
	return dropControlCharacters(text)
}

// close returns the remaining text at the end of the stream. Reasoning that was never closed is not an answer.
func (c *reasoningFilter) close() string {
	if c.unclosed() {
		return ""
	}
	rest := c.expected.String() + c.held
	c.expected.Reset()
	c.held, c.inside, c.unopened = "", "", false
	return c.answer(rest)
}

// unclosed reports whether the text ends within reasoning.
func (c *reasoningFilter) unclosed() bool { return c.inside != "" && !c.unopened }

// stripReasoning returns the answer within the text of a complete response. whole is false if it ends within reasoning.
func stripReasoning(s string) (answer string, whole bool) {
	var c reasoningFilter
	answer = c.write(s)
	answer += c.close()
	return answer, !c.unclosed()
}

// indexFold is strings.Index, but ignores the case of ASCII letters in s. tag is in lower case.
func indexFold(s, tag string) int {
	for i := 0; i+len(tag) <= len(s); i++ {
		if j := strings.IndexByte(s[i:len(s)-len(tag)+1], tag[0]); j < 0 {
			return -1
		} else if i += j; equalFoldASCII(s[i:i+len(tag)], tag) {
			return i
		}
	}
	return -1
}

// partialSuffix returns the length of the longest end of s that is a start of tag, but not all of it.
func partialSuffix(s, tag string) int {
	for n := min(len(s), len(tag)-1); n > 0; n-- {
		if equalFoldASCII(s[len(s)-n:], tag[:n]) {
			return n
		}
	}
	return 0
}

// equalFoldASCII reports whether s in lower case is tag.
func equalFoldASCII(s, tag string) bool {
	for i := range len(tag) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != tag[i] {
			return false
		}
	}
	return true
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
