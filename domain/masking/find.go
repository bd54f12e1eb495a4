package masking

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// scan is the work on one text.
type scan struct {
	lex    *lexicon
	text   string
	tokens []token
	spans  []Span
	// lowercase: the writer uses no capitals, so their absence says nothing
	lowercase bool
	// capitals: the writer uses nothing else, so they say nothing
	capitals bool
	// index of the last token of each kind of cue, or far before the text
	cues cues
	// first tokens of the addresses that begin a line
	heads []int
}

type cues struct{ id, phone, card, birth, contract int }

const longAgo = -1000

var scans = sync.Pool{New: func() any { return new(scan) }}

// free gives the scan back; nothing of the text stays in it.
func (s *scan) free() {
	if cap(s.tokens) > 1<<16 {
		s.tokens, s.spans = nil, nil // one huge text must not keep its memory
	}
	s.text = ""
	s.tokens = s.tokens[:0]
	s.spans = s.spans[:0]
	scans.Put(s)
}

// Find lists the personal data in text, in order and without overlaps. A text that is
// not valid UTF-8 has none that can be told.
func (m *Masker) Find(text string) []Span {
	if !utf8.ValidString(text) {
		return nil
	}
	s := m.find(text, &Session{masker: m})
	defer s.free()
	return slices.Clone(s.spans)
}

// find fills a scan's spans. What the session knows of is found wherever it stands, and
// what is found is made known to it.
func (m *Masker) find(text string, session *Session) *scan {
	s := m.search(text)
	session.recognize(s)
	return s
}

// search fills a scan's spans with what the text itself shows.
func (m *Masker) search(text string) *scan {
	s := scans.Get().(*scan)
	s.lex, s.text = m.lex, text
	s.tokens = m.lex.tokenize(s.tokens[:0], text)
	s.spans = s.spans[:0]
	s.heads = s.heads[:0]
	s.survey()
	s.structured()
	s.addresses()
	s.names()
	s.addressees()
	s.settle()
	return s
}

// whole is the scan of a text that is, from its first to its last token, one value of type t.
func (m *Masker) whole(text string, t Type, session *Session) *scan {
	s := scans.Get().(*scan)
	s.lex, s.text = m.lex, text
	s.tokens = m.lex.tokenize(s.tokens[:0], text)
	s.spans, s.heads = s.spans[:0], s.heads[:0]
	s.survey()
	if len(s.tokens) > 0 {
		s.add(t, 0, len(s.tokens))
	}
	session.recognize(s)
	return s
}

// survey sets what the whole text shows: its use of capitals and its sentences.
func (s *scan) survey() {
	uppers, lowers, mixed, inside := 0, 0, 0, 0
	casual := false // a sentence, or the word for oneself, begins without a capital
	start := true
	for i := range s.tokens {
		t := &s.tokens[i]
		if t.line {
			start = true
		}
		switch t.kind {
		case wordToken:
			t.sentence = start
			switch {
			case t.caps:
				uppers++
			case t.upper:
				if t.end-t.start > 1 {
					mixed++
				} else {
					uppers++
				}
				if !start {
					inside++
				}
			default:
				lowers++
				casual = casual || start && i == 0 || s.text[t.start] == 'i' && (t.end-t.start == 1 || strings.HasPrefix(s.text[t.start+1:], "'m") || strings.HasPrefix(s.text[t.start+1:], "’m"))
			}
			start = false
		case numberToken:
			t.sentence = start
			start = false
		default:
			switch t.symbol {
			case '.':
				// an initial or an abbreviated title does not end a sentence
				start = i == 0 || !(s.tokens[i-1].kind == wordToken &&
					(s.tokens[i-1].class&honorific != 0 || s.tokens[i-1].end-s.tokens[i-1].start == 1))
			case '!', '?', ':', '"', '>', ';':
				start = true
			}
		}
	}
	s.lowercase = uppers+mixed == 0 || casual && inside == 0 && uppers <= lowers/8
	s.capitals = mixed+lowers == 0 || (lowers == 0 && uppers > 4)
}

// str is the text of tokens [i, j).
func (s *scan) str(i, j int) string { return s.text[s.tokens[i].start:s.tokens[j-1].end] }

// add makes tokens [i, j) a span.
func (s *scan) add(t Type, i, j int) {
	for k := i; k < j; k++ {
		s.tokens[k].taken = true
	}
	s.spans = append(s.spans, Span{t, int(s.tokens[i].start), int(s.tokens[j-1].end)})
}

// glued tells whether token i follows token i-1 without a blank.
func (s *scan) glued(i int) bool {
	return i > 0 && i < len(s.tokens) && !s.tokens[i].blank && s.tokens[i].start == s.tokens[i-1].end
}

// is tells whether token i is the ASCII symbol c.
func (s *scan) is(i int, c byte) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].kind == otherToken && s.tokens[i].symbol == c
}

// has tells whether token i exists and has a class of c.
func (s *scan) has(i int, c class) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].class&c != 0
}

// isWord tells whether token i is a word.
func (s *scan) isWord(i int) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].kind == wordToken
}

func (s *scan) isNumber(i int) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].kind == numberToken
}

// eq tells whether token i is the word w, given in lower case.
func (s *scan) eq(i int, w string) bool {
	if !s.isWord(i) {
		return false
	}
	t := &s.tokens[i]
	return int(t.end-t.start) == len(w) && strings.EqualFold(s.text[t.start:t.end], w)
}

// oneOf tells whether token i is one of the words, given in lower case.
func (s *scan) oneOf(i int, words ...string) bool {
	for _, w := range words {
		if s.eq(i, w) {
			return true
		}
	}
	return false
}

// open tells whether token i exists and belongs to no span.
func (s *scan) open(i int) bool { return i >= 0 && i < len(s.tokens) && !s.tokens[i].taken }

func (s *scan) allTaken(i, j int) bool {
	for ; i < j; i++ {
		if !s.tokens[i].taken {
			return false
		}
	}
	return true
}

// within is the tokens of a span.
func (s *scan) within(span Span) []token {
	i, _ := slices.BinarySearchFunc(s.tokens, span.Start, func(t token, at int) int { return int(t.end) - 1 - at })
	j := i
	for j < len(s.tokens) && int(s.tokens[j].start) < span.End {
		j++
	}
	return s.tokens[i:j]
}

// settle orders the spans and joins those that overlap; addresses also join across the
// blanks and commas between their parts.
func (s *scan) settle() {
	if len(s.spans) < 2 {
		return
	}
	slices.SortFunc(s.spans, func(a, b Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	kept := s.spans[:1]
	for _, span := range s.spans[1:] {
		last := &kept[len(kept)-1]
		switch {
		case span.Start < last.End:
			if span.End-span.Start > last.End-last.Start {
				last.Type = span.Type
			}
			last.End = max(last.End, span.End)
		case span.Start-last.End <= 4 && last.Type == Address && (span.Type == Address || span.Type == Location) &&
			strings.Trim(s.text[last.End:span.Start], " ,\n\r\t") == "":
			last.End = span.End
		default:
			kept = append(kept, span)
		}
	}
	s.spans = kept
}
