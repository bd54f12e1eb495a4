package llm

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

var formats = map[string]string{
	"date": "2026-01-15", "date-time": "2026-01-15T09:30:00Z", "time": "09:30:00Z", "duration": "P30D",
	"email": "sandbox@example.com", "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
	"uri": "https://example.com/sandbox", "uuid": "0190b3a4-7c00-7000-8000-000000000000",
}

func (g *generator) text(s map[string]any, name string, h subject) (any, error) {
	least, most := countKeyword(s["minLength"], 0, maxString), countKeyword(s["maxLength"], maxString, maxString)
	if least > most || least > maxString {
		return nil, errImpossible
	}
	if f, ok := s["format"].(string); ok && formats[f] != "" {
		return formats[f], nil
	}
	if p, ok := s["pattern"].(string); ok {
		return textMatching(p, least)
	}
	t := g.words(strings.ToLower(name), h)
	if utf8.RuneCountInString(t) > most {
		t = string([]rune(t)[:most])
	}
	if n := least - utf8.RuneCountInString(t); n > 0 {
		t += strings.Repeat(" Sandbox.", n/9+1)[:n]
	}
	return t, nil
}

// words returns the text for a property with this name.
func (g *generator) words(name string, h subject) string {
	m := g.m
	is := func(names ...string) bool { return slices.Contains(names, name) }
	switch {
	case is("quote", "excerpt", "passage", "citation"):
		if m.behaviour.Mode == ModeMisquote {
			return fmt.Sprintf("The parties hereby agree to something that stands nowhere in this document (%d).", h.item+1)
		}
		if h.finding != nil {
			return h.finding.quote
		}
		if list := sentences(m.document); len(list) > 0 {
			return list[(g.next()+uint64(h.item))%uint64(len(list))] //nolint:gosec // an index
		}
		return m.document
	case h.finding != nil && is("rationale", "reason", "explanation", "description", "summary", "why"):
		return m.decorate(m.vocabulary().Finding + " " + h.finding.rationale)
	case h.finding != nil && is("suggestion", "recommendation", "advice"):
		return m.decorate(h.finding.suggestion)
	case h.clarification && is("question"):
		return m.decorate(m.vocabulary().Where)
	case h.section != nil && is("heading", "title", "name"):
		return h.section.heading
	case h.section != nil && is("body", "text", "content"):
		return m.decorate(h.body)
	case h.section != nil && is("id", "key"):
		return h.section.id
	case is("title", "heading", "name", "subject"):
		if m.title != "" {
			return m.title
		}
		return fmt.Sprintf("Sandbox %s %d", name, h.item+1)
	case is("id", "key"):
		return fmt.Sprintf("item-%d", h.item+1)
	case is("body", "text", "content", "answer", "draft", "summary"):
		return m.prose()
	}
	about := truncate(strings.Join(strings.Fields(m.question), " "), 120)
	t := fmt.Sprintf("Sandbox text %d (no real AI was asked)", h.item+1)
	if about != "" {
		t += ", about: " + about
	}
	return m.decorate(t)
}

// textMatching returns a text that matches a simple pattern and has at least the given number of characters.
func textMatching(pattern string, least int) (string, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", errImpossible
	}
	re = re.Simplify()
	for n := 0; n <= 256; n = max(1, 2*n) {
		var b strings.Builder
		if !expand(&b, re, n) {
			return "", errImpossible
		}
		if utf8.RuneCountInString(b.String()) >= least {
			return b.String(), nil
		}
	}
	return "", errImpossible
}

// expand writes a text that matches re, with n repetitions of what may repeat without limit.
func expand(b *strings.Builder, re *syntax.Regexp, n int) bool {
	if b.Len() > 1<<16 {
		return false
	}
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine:
		return true
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
		return true
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := max(re.Rune[i], ' '); r <= re.Rune[i+1]; r++ {
				if r > ' ' || re.Rune[i+1] == ' ' {
					b.WriteRune(r)
					return true
				}
			}
		}
		return false
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
		return true
	case syntax.OpCapture:
		return expand(b, re.Sub[0], n)
	case syntax.OpConcat:
		return !slices.ContainsFunc(re.Sub, func(s *syntax.Regexp) bool { return !expand(b, s, n) })
	case syntax.OpAlternate:
		return expand(b, re.Sub[n%len(re.Sub)], n)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		times := n
		if re.Op == syntax.OpPlus {
			times = max(1, n)
		} else if re.Op == syntax.OpQuest {
			times = min(1, n)
		}
		for range times {
			if !expand(b, re.Sub[0], n) {
				return false
			}
		}
		return true
	default:
		return false
	}
}
