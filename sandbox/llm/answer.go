package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"
	"unicode/utf8"
)

// completion is an answer before it is encoded.
type completion struct {
	id, text, finish string
	seed             uint64
	prompt, output   int // tokens
}

func (a completion) usage() map[string]any {
	return map[string]any{"prompt_tokens": a.prompt, "completion_tokens": a.output, "total_tokens": a.prompt + a.output}
}

// countTokens estimates the number of tokens: one for four characters.
func countTokens(s string) int { return (utf8.RuneCountInString(s) + 3) / 4 }

// material is the content of a request from which the answer is made.
type material struct {
	system, user string
	document     string         // between the document tags, else the last user message
	question     string         // the last user message without documents
	passages     []passage      // numbered passages to cite
	inputs       map[string]any // of a draft
	title        string         // of a draft
	schemaName   string
	seed         uint64
	behaviour    Behaviour
}

// passage is a numbered part of a document.
type passage struct {
	number, text string
}

var (
	localeLine   = regexp.MustCompile("locale `([a-z]{2})")
	openingLine  = regexp.MustCompile(`(?m)^<((?:document|inputs)(?:-[0-9a-f]+)?)>\r?\n`)
	passageLine  = regexp.MustCompile(`(?m)^Passage ([0-9]+), from page [^\n]*:\n\z`)
	placeholders = regexp.MustCompile(`\[[A-Z][A-Z_]*_[0-9]+\]`)
	questionLine = "The question:\n"
)

func (s *Server) answer(c chatRequest, b Behaviour) (completion, error) {
	m := material{behaviour: b}
	h := fnv.New64a()
	a := completion{finish: "stop"}
	for _, msg := range c.Messages {
		text := string(msg.Content)
		switch msg.Role {
		case "system", "developer":
			m.system += text + "\n"
		case "user":
			m.user = text
		case "assistant":
		default:
			return a, fmt.Errorf("unknown role %q", msg.Role)
		}
		fmt.Fprintf(h, "%d:%s", len(text), text)
		a.prompt += countTokens(text) + 4
	}
	m.seed = h.Sum64()
	m.parse()

	var err error
	switch f := c.ResponseFormat; f.Type {
	case "", "text":
		a.text = m.prose()
	case "json_object":
		if !strings.Contains(strings.ToLower(m.system+m.user), "json") {
			return a, errors.New("'messages' must contain the word 'json' to use response_format json_object")
		}
		a.text, err = s.instance(json.RawMessage(`{"type":"object","properties":{"answer":{"type":"string"}},"required":["answer"]}`), false, m)
	case "json_schema":
		if f.JSONSchema.Name == "" || len(f.JSONSchema.Schema) == 0 {
			return a, errors.New("response_format.json_schema needs a name and a schema")
		}
		m.schemaName = f.JSONSchema.Name
		a.text, err = s.instance(f.JSONSchema.Schema, f.JSONSchema.Strict, m)
	default:
		err = fmt.Errorf("unknown response_format %q", f.Type)
	}
	if err != nil {
		return a, err
	}
	structured := c.ResponseFormat.Type != "" && c.ResponseFormat.Type != "text"
	switch {
	case b.Mode == ModeRefuseSchema && structured:
		return a, errors.New("response_format is not supported by this model")
	case b.Mode == ModeIgnoreSchema && structured:
		a.text = m.prose()
	case b.Mode == ModeWrongSchema && structured:
		a.text = `{"sandbox": "This does not fit the schema."}`
	case b.Mode == ModeLength:
		a.text, a.finish = firstHalf(a.text), "length"
	case b.Mode == ModeContentFilter:
		a.text, a.finish = firstHalf(a.text), "content_filter"
	}
	limit := c.MaxCompletionTokens
	if limit == 0 {
		limit = c.MaxTokens
	}
	if r := []rune(a.text); limit > 0 && len(r) > 4*limit {
		a.text, a.finish = string(r[:4*limit]), "length"
	}
	a.seed = m.seed
	a.id = fmt.Sprintf("chatcmpl-sandbox-%016x", m.seed)
	a.output = countTokens(a.text)
	return a, nil
}

func firstHalf(s string) string {
	r := []rune(s)
	return string(r[:len(r)/2])
}

// parse splits the last user message into its parts.
func (m *material) parse() {
	rest := m.user
	var question strings.Builder
	for {
		at := openingLine.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		name := rest[at[2]:at[3]]
		inside, after, closed := strings.Cut(rest[at[1]:], "\n</"+name+">")
		if !closed {
			break
		}
		question.WriteString(rest[:at[0]])
		if n := passageLine.FindStringSubmatch(rest[:at[0]]); n != nil {
			m.passages = append(m.passages, passage{n[1], inside})
			rest = after
			continue
		}
		if strings.HasPrefix(name, "inputs") {
			m.parseInputs(inside)
		} else if m.document == "" {
			m.document = inside
		}
		rest = after
	}
	question.WriteString(rest)
	m.question = question.String()
	if _, q, ok := strings.Cut(m.question, questionLine); ok {
		m.question = q
	}
	m.question = strings.TrimSpace(m.question)
	if m.document == "" {
		m.document = m.user
	}
}

func (m *material) parseInputs(raw string) {
	d := json.NewDecoder(bytes.NewReader([]byte(raw)))
	d.UseNumber()
	var v map[string]any
	if d.Decode(&v) != nil {
		return
	}
	m.title, _ = v["workingTitle"].(string)
	if in, ok := v["inputs"].(map[string]any); ok {
		m.inputs = in
		return
	}
	delete(v, "workingTitle")
	m.inputs = v
}

// words converts partyA and party_a to "party A" and "party a".
func words(key string) string {
	var b strings.Builder
	for i, r := range key {
		switch {
		case r == '_' || r == '-':
			b.WriteByte(' ')
			continue
		case i > 0 && 'A' <= r && r <= 'Z':
			b.WriteByte(' ')
			if i+1 < len(key) && 'a' <= key[i+1] && key[i+1] <= 'z' {
				r += 'a' - 'A'
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// decorate adds what ModeInvent adds to every text.
func (m *material) decorate(s string) string {
	if m.behaviour.Mode == ModeInvent {
		return s + " Please also ask [PERSON_97] at [EMAIL_98] and [ORG_99]."
	}
	return s
}

// truncate shortens s to at most n runes without splitting a placeholder.
func truncate(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	short := string(r[:n])
	if open := strings.LastIndexByte(short, '['); open >= 0 && !strings.Contains(short[open:], "]") {
		short = short[:open]
	}
	return strings.TrimSpace(short) + " …"
}

func pick[T any](seed uint64, from []T) T { return from[seed%uint64(len(from))] }
