package policy

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Places where a document can hide text from a human reader.

// commentSpans returns the HTML comments of the text.
func commentSpans(text string) []span {
	var out []span
	for from := 0; ; {
		i := strings.Index(text[from:], "<!--")
		if i < 0 {
			return out
		}
		start := from + i
		end := len(text)
		if k := strings.Index(text[start:], "-->"); k >= 0 {
			end = start + k + 3
		}
		out = append(out, span{start, end})
		from = end
	}
}

// tagSpans returns sequences of 8 or more Unicode tag characters, which are invisible. Flag emoji use up to
// seven.
func tagSpans(text string) []span {
	var out []span
	start, count, last := 0, 0, 0
	flush := func() {
		if count >= 8 {
			out = append(out, span{start, last})
		}
		count = 0
	}
	for i := 0; ; {
		k := strings.Index(text[i:], "\xf3\xa0") // the first bytes of U+E0000 and its block
		if k < 0 {
			break
		}
		i += k
		r, n := utf8.DecodeRuneInString(text[i:])
		if r < 0xE0000 || r > 0xE007F {
			i += n
			continue
		}
		if count == 0 || i != last {
			flush()
			start = i
		}
		count++
		i += n
		last = i
	}
	flush()
	return out
}

// overrideSpans returns the passages with a direction override (U+202D, U+202E), up to the pop character
// or the end of the line. Passages without letters are harmless, such as a phone number copied from an
// address book.
func overrideSpans(text string) []span {
	var out []span
	for i := 0; i < len(text); {
		k := strings.Index(text[i:], "\u202d")
		if l := strings.Index(text[i:], "\u202e"); k < 0 || l >= 0 && l < k {
			k = l
		}
		if k < 0 {
			break
		}
		start := i + k
		i = len(text)
		if k := strings.IndexByte(text[start:], '\n'); k >= 0 {
			i = start + k
		}
		if k := strings.Index(text[start:i], "\u202c"); k >= 0 {
			i = start + k + len("\u202c")
		}
		if strings.IndexFunc(text[start:i], unicode.IsLetter) >= 0 {
			out = append(out, span{start, i})
		}
	}
	return out
}

func reverse(s string) string {
	runes := []rune(s)
	slices.Reverse(runes)
	return string(runes)
}

// encodedSpans returns sequences that may be base64 or hexadecimal, with wrapped lines joined.
func encodedSpans(text string) []span {
	var out []span
	for i := 0; i < len(text); {
		if !isBase64(text[i]) {
			i++
			continue
		}
		start, lineStart := i, i
		for i < len(text) {
			if isBase64(text[i]) {
				i++
				continue
			}
			next := i
			if text[next] == '\r' {
				next++
			}
			if next+1 >= len(text) || text[next] != '\n' || i-lineStart < 40 || !isBase64(text[next+1]) {
				break
			}
			next++
			i, lineStart = next, next
		}
		if i-start >= 24 {
			out = append(out, span{start, i})
		}
	}
	return out
}

func isBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_' || c == '='
}

var toStdBase64 = strings.NewReplacer("-", "+", "_", "/", "\n", "", "\r", "", "=", "")

// decodeBlob returns the readable texts that a blob decodes to.
func decodeBlob(blob string) []string {
	var out []string
	clean := toStdBase64.Replace(blob)
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	if raw, err := base64.RawStdEncoding.DecodeString(clean); err == nil && isText(raw) {
		out = append(out, string(raw))
	}
	if raw, err := hex.DecodeString(clean); err == nil && isText(raw) {
		out = append(out, string(raw))
	}
	return out
}

// isText reports whether raw is valid UTF-8 with few control characters.
func isText(raw []byte) bool {
	if !utf8.Valid(raw) {
		return false
	}
	control := 0
	for _, c := range raw {
		if c < ' ' && !isBlank(c) {
			control++
		}
	}
	return control*20 <= len(raw)
}
