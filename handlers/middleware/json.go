package middleware

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-openapi/jsonpointer"

	"counsel/domain"
	"counsel/handlers/problem"
)

// maxDepth is how deep arrays and objects of a body may nest.
const maxDepth = 64

// jsonScan is what is known of a JSON text before it is parsed.
type jsonScan struct {
	colons        int  // between names and values
	depth         int  // of nested arrays and objects
	loneSurrogate bool // half of a surrogate pair stands alone; parsing would replace it silently
}

func scanJSON(body []byte) (s jsonScan) {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			if high, ok := codeUnit(body[i:]); ok && high >= 0xd800 && high < 0xe000 {
				low, ok := codeUnit(body[min(i+6, len(body)):])
				if high >= 0xdc00 || !ok || low < 0xdc00 || low >= 0xe000 {
					s.loneSurrogate = true
				} else {
					i += 6
				}
			}
			i++
		case quoted:
		case c == ':':
			s.colons++
		case c == '{' || c == '[':
			depth++
			s.depth = max(s.depth, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return s
}

// codeUnit reads the UTF-16 code unit of an escape such as \u00e9 at the start of text.
func codeUnit(text []byte) (unit uint64, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return unit, err == nil
}

// countMembers counts the members of all objects in v. A JSON text with more colons than that
// names a member twice.
func countMembers(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		n = len(v)
		for _, e := range v {
			n += countMembers(e)
		}
	case []any:
		for _, e := range v {
			n += countMembers(e)
		}
	}
	return n
}

// replacedFields names the texts into which parsing put a replacement character.
func replacedFields(fields []domain.Field, pointer string, v any) []domain.Field {
	if len(fields) >= problem.MaxFieldErrors {
		return fields
	}
	switch v := v.(type) {
	case string:
		if strings.ContainsRune(v, utf8.RuneError) {
			fields = append(fields, domain.Field{Pointer: pointer, Detail: "holds half of a surrogate pair"})
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if strings.ContainsRune(name, utf8.RuneError) {
				fields = append(fields, domain.Field{Pointer: pointer, Detail: "has a name that holds half of a surrogate pair"})
			}
			fields = replacedFields(fields, pointer+"/"+jsonpointer.Escape(name), v[name])
		}
	case []any:
		for i, e := range v {
			fields = replacedFields(fields, pointer+"/"+strconv.Itoa(i), e)
		}
	}
	return fields
}
