package llm

import (
	"encoding/json"
	"regexp"
	"strings"
)

// maxStarts limits the number of positions at which extractJSON looks for an object.
const maxStarts = 64

// extractJSON returns the JSON document within an answer that should be only JSON. Some models put it in a
// fenced code block, write sentences around it, or add trailing commas. Without a document it returns s trimmed.
func extractJSON(s string) string {
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
		object := firstObject(rest)
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

// firstObject returns s up to the brace that closes its first one, or "" if none does.
func firstObject(s string) string {
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
