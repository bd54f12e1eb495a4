package ai

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"counsel/domain"
	"counsel/domain/ai/clarify"

	"golang.org/x/text/language"
)

// Clarification is a question back to the user: without its answer, the AI's answer may not fit.
type Clarification struct {
	About    clarify.About `json:"about"`
	Question string        `json:"question"`
}

const (
	maxClarifications = 5
	maxClarification  = 500 // characters
)

// chatAnswer is the model's answer to a question: JSON of the chat schema, or plain text from a model that
// ignores the schema. Both are masked.
type chatAnswer struct {
	text           string // Markdown
	clarifications []Clarification
}

// parseChatAnswer parses what the model wrote.
func parseChatAnswer(raw string) (a chatAnswer) {
	var text strings.Builder
	d := answerDecoder{emit: func(piece string) { text.WriteString(piece) }}
	d.Write(raw)
	d.Close()
	a.text = text.String()
	var parsed struct {
		Answer         *string         `json:"answer"`
		Clarifications []Clarification `json:"clarifications"`
	}
	if start, end := strings.IndexByte(raw, '{'), strings.LastIndexByte(raw, '}'); !d.plain && start >= 0 && end > start {
		if json.Unmarshal([]byte(raw[start:end+1]), &parsed) == nil && parsed.Answer != nil {
			a.clarifications = parsed.Clarifications
		}
	}
	return a
}

// checkChatAnswer returns an error if the model's answer has no text.
func checkChatAnswer(raw string) error {
	if strings.TrimSpace(parseChatAnswer(raw).text) == "" {
		return errors.New("ai: the answer has no text")
	}
	return nil
}

// clarifications returns the model's questions, followed by those that the rules ask and the model did not.
// With documents, the place is for the documents to tell.
func clarifications(a chatAnswer, missing []clarify.About, tag language.Tag, restore func(string) string) (out []Clarification) {
	for _, c := range a.clarifications {
		switch c.About {
		case clarify.Jurisdiction, clarify.Dates, clarify.Facts:
		default:
			c.About = clarify.Facts
		}
		c.Question = domain.Truncate(strings.TrimSpace(restore(c.Question)), maxClarification)
		if c.Question != "" && len(out) < maxClarifications && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	for _, about := range missing {
		if !slices.ContainsFunc(out, func(c Clarification) bool { return c.About == about }) && len(out) < maxClarifications {
			out = append(out, Clarification{about, clarify.Question(about, tag)})
		}
	}
	return out
}

// answerDecoder extracts the answer from the model's JSON while it is written. Text that is not JSON of the
// chat schema passes through.
type answerDecoder struct {
	emit func(string)

	state   decoderState
	plain   bool   // the model wrote no JSON
	pending string // not decoded yet
}

type decoderState int

const (
	atStart  decoderState = iota // it is not known yet whether this is JSON
	inText                       // plain text
	inAnswer                     // in the string of the answer
	inObject                     // JSON that does not begin with the answer: decoded at the end
	ended                        // behind the answer
)

// answerOpening is how JSON of the chat schema begins, perhaps in a Markdown fence.
var answerOpening = regexp.MustCompile("^[\\s\ufeff]*(?:```(?:json)?\\s*)?\\{\\s*\"answer\"\\s*:\\s*\"")

// maxOpening is the length up to which a text may still begin with answerOpening.
const maxOpening = 64

// Write decodes the next piece.
func (d *answerDecoder) Write(piece string) {
	d.pending += piece
	if d.state == atStart {
		trimmed := strings.TrimLeft(d.pending, " \t\r\n\ufeff")
		opening := answerOpening.FindString(d.pending)
		switch {
		case opening != "":
			d.state, d.pending = inAnswer, d.pending[len(opening):]
		case trimmed == "" || len(d.pending) < maxOpening && (trimmed[0] == '{' || strings.HasPrefix(trimmed, "```") || strings.HasPrefix("```", trimmed) || strings.HasPrefix("\ufeff", trimmed)):
			return
		case trimmed[0] == '{':
			d.state = inObject
		default:
			d.state, d.plain = inText, true
		}
	}
	switch d.state {
	case inText:
		d.flush(len(d.pending))
	case inAnswer:
		d.decode()
	case ended:
		d.pending = ""
	}
}

// Close decodes what is left.
func (d *answerDecoder) Close() {
	switch d.state {
	case atStart, inObject:
		var parsed struct {
			Answer *string `json:"answer"`
		}
		if json.Unmarshal([]byte(strings.TrimSpace(d.pending)), &parsed) == nil && parsed.Answer != nil {
			d.emit(*parsed.Answer)
		} else {
			d.plain = true
			d.flush(len(d.pending))
		}
	}
	d.state = ended
}

func (d *answerDecoder) flush(n int) {
	if n > 0 {
		d.emit(d.pending[:n])
		d.pending = d.pending[n:]
	}
}

// decode emits as much of the JSON string as is complete.
func (d *answerDecoder) decode() {
	var out strings.Builder
	s := d.pending
	for s != "" {
		i := strings.IndexAny(s, `"\`)
		if i < 0 {
			out.WriteString(s)
			s = ""
			break
		}
		out.WriteString(s[:i])
		s = s[i:]
		if s[0] == '"' {
			d.state, s = ended, ""
			break
		}
		text, n := unescape(s)
		if n == 0 { // the rest of the escape has not arrived yet
			break
		}
		out.WriteString(text)
		s = s[n:]
	}
	d.pending = s
	if out.Len() > 0 {
		d.emit(out.String())
	}
}

var escapes = map[byte]string{'"': `"`, '\\': `\`, '/': "/", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t"}

// unescape decodes the escape at the start of s and returns its length; 0 if it is not complete. An invalid
// escape becomes U+FFFD.
func unescape(s string) (text string, n int) {
	if len(s) < 2 {
		return "", 0
	}
	if s[1] != 'u' {
		if text, ok := escapes[s[1]]; ok {
			return text, 2
		}
		return string(utf8.RuneError), 1
	}
	if len(s) < 6 {
		return "", 0
	}
	r, ok := hexRune(s)
	if !ok || r == 0 {
		return string(utf8.RuneError), 6
	}
	if !utf16.IsSurrogate(r) {
		return string(r), 6
	}
	if len(s) < 12 && strings.HasPrefix(`\u`, s[6:min(len(s), 8)]) || len(s) >= 8 && len(s) < 12 && s[6:8] == `\u` {
		return "", 0
	}
	if len(s) >= 12 && s[6:8] == `\u` {
		if low, ok := hexRune(s[6:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return string(pair), 12
			}
		}
	}
	return string(utf8.RuneError), 6
}

// hexRune parses an escape such as \u00e4.
func hexRune(s string) (rune, bool) {
	v, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(v), err == nil
}
