package masking

import "slices"

// Lists are words that a firm always or never masks, compiled by Masker.CompileLists. They are immutable and
// safe for concurrent use.
//
// A listed value matches as whole words, in any case, spacing and typography. Always wins over never, and
// never wins over detection. An identifier, such as an e-mail address, is only left unmasked by an entry that is
// exactly that identifier; a name or address also if all its words are listed, apart from titles and legal forms.
type Lists struct {
	always, never knownValues
}

// ListEntry is a value that is always masked, as type Type.
type ListEntry struct {
	Text string
	Type Type
}

// CompileLists compiles lists of values that Listable accepts; it ignores others.
func (m *Masker) CompileLists(always []ListEntry, never []string) *Lists {
	lists := &Lists{}
	for _, e := range always {
		m.withTokens(e.Text, func(tokens []token) { lists.always.add(tokens, knownEnd|uint8(e.Type)) })
	}
	for _, text := range never {
		m.withTokens(text, func(tokens []token) { lists.never.add(tokens, knownEnd) })
	}
	return lists
}

// Listable reports whether a value can be an entry of a list: it has a letter or digit and is not too long.
func (m *Masker) Listable(text string) bool {
	ok := false
	m.withTokens(text, func(tokens []token) {
		ok = len(tokens) <= maxKnownTokens && slices.ContainsFunc(tokens, func(t token) bool { return t.kind != otherToken })
	})
	return ok
}

// ListableLength reports whether a value is short enough for an entry of a list. Each word, number and symbol counts.
func (m *Masker) ListableLength(text string) bool {
	s := scans.Get().(*scan)
	defer s.release()
	s.read(m, text)
	return len(s.tokens) <= maxKnownTokens
}

func (m *Masker) withTokens(text string, use func([]token)) {
	s := scans.Get().(*scan)
	s.read(m, text)
	if len(s.tokens) > 0 && len(s.tokens) <= maxKnownTokens {
		use(s.tokens)
	}
	s.release()
}

// UseLists applies a firm's lists to the texts of the session. Call it before the first text.
func (s *Session) UseLists(lists *Lists) { s.lists = lists }

// complete adds the values that the firm's lists and the other texts of the session contain, and removes those
// that are never masked.
func (s *Session) complete(scan *scan) {
	s.lists.apply(scan)
	s.findKnown(scan)
	s.lists.apply(scan) // a known value may be part of what is never masked
}

func (l *Lists) apply(scan *scan) {
	if l == nil {
		return
	}
	if len(l.never.values) > 0 && len(scan.spans) > 0 {
		l.unmask(scan)
	}
	if len(l.always.values) == 0 {
		return
	}
	before := len(scan.spans)
	for i := range scan.tokens { // entries may overlap
		if end, v := l.always.longest(scan, i); end > 0 && !scan.allInSpans(i, end) {
			scan.addSpan(Type(v&knownType), i, end)
		}
	}
	if len(scan.spans) > before {
		scan.mergeSpans()
	}
}

// unmask removes the spans that the never list covers.
func (l *Lists) unmask(scan *scan) {
	var listed []Span
	for i := 0; i < len(scan.tokens); {
		end, _ := l.never.longest(scan, i)
		if end == 0 {
			i++
			continue
		}
		listed = append(listed, Span{Start: int(scan.tokens[i].start), End: int(scan.tokens[end-1].end)})
		i = end
	}
	if len(listed) == 0 {
		return
	}
	scan.spans = slices.DeleteFunc(scan.spans, func(span Span) bool {
		if span.Type == Literal {
			return false
		}
		at, exact := slices.BinarySearchFunc(listed, span.Start, func(r Span, start int) int { return r.Start - start })
		exact = exact && listed[at].End == span.End
		tokens := scan.tokensOf(span)
		if !exact && !(isDescriptive(span.Type) && covers(listed[max(0, at-1):], tokens)) {
			return false
		}
		for i := range tokens {
			tokens[i].inSpan = false
		}
		return true
	})
}

// isDescriptive reports whether values of type t are names in the widest sense rather than identifiers.
func isDescriptive(t Type) bool {
	switch t {
	case Person, Company, Location, Address, Title, Nationality:
		return true
	}
	return false
}

// covers reports whether every word of tokens is in one of the ranges, which are sorted, or is a title, a legal
// form or a function word in small letters. At least one word is in a range.
func covers(ranges []Span, tokens []token) bool {
	any := false
	for i := range tokens {
		t := &tokens[i]
		for len(ranges) > 0 && ranges[0].End <= int(t.start) {
			ranges = ranges[1:]
		}
		switch {
		case len(ranges) > 0 && ranges[0].Start <= int(t.start):
			any = true
		case t.kind != otherToken && t.class&(honorific|orgSuffix) == 0 && (t.class&functionWord == 0 || t.capitalized):
			return false // "Will" in "Will Alder" is a name
		}
	}
	return any
}
