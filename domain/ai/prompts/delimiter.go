package prompts

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Defenses against prompt injection: user values are quoted, documents are delimited.

// jsonString is a user's value in a template. It prints as a JSON string on one line.
type jsonString string

func (d jsonString) String() string { return quote(string(d)) }

// quote returns s as a JSON string.
func quote(s string) string {
	text, err := dataJSON(s, "")
	if err != nil {
		return `""`
	}
	return text
}

// dataJSON encodes a user's data as JSON. It escapes < and >, so that no value can contain the delimiter
// that closes the block around it, but not &, which stays readable.
func dataJSON(v any, indent string) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return "", err
	}
	return escapeAngles.Replace(strings.TrimSuffix(b.String(), "\n")), nil
}

var escapeAngles = strings.NewReplacer("<", `\u003c`, ">", `\u003e`)

// quoteValues returns v with every string replaced by a datum.
func quoteValues(v any) any {
	switch v := v.(type) {
	case string:
		return jsonString(v)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = quoteValues(e)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for k, e := range v {
			object[k] = quoteValues(e)
		}
		return object
	}
	return v
}

// writeDocument writes a text between delimiters.
func writeDocument(b *strings.Builder, tag, text string) {
	fmt.Fprintf(b, "<%s>\n%s\n</%s>", tag, text, tag)
}

// documentTag returns the name of the delimiters around the texts: "document", unless a text contains
// something that resembles such a delimiter. In that case the name includes a digest of the texts, which
// no text can forge because it would have to contain its own digest. The texts are not changed, so that
// quotes stay verbatim.
func documentTag(texts ...string) string {
	folded := make([]string, len(texts))
	clash := false
	for i, t := range texts {
		folded[i] = foldDelimiters(t)
		clash = clash || strings.Contains(folded[i], "<document") || strings.Contains(folded[i], "</document")
	}
	if !clash {
		return "document"
	}
	for n := 0; ; n++ {
		h := sha256.New()
		fmt.Fprintf(h, "%d", n)
		for _, t := range texts {
			fmt.Fprintf(h, ":%d:%s", len(t), t)
		}
		tag := "document-" + hex.EncodeToString(h.Sum(nil)[:8])
		found := false
		for _, f := range folded {
			found = found || strings.Contains(f, tag)
		}
		if !found {
			return tag
		}
	}
}

// foldDelimiters normalizes look-alikes of a delimiter: width, case, spaces, invisible characters.
func foldDelimiters(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Cf, r):
			return -1
		case r == '‹', r == '〈', r == '⟨':
			return '<'
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}
