package masking

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"counsel/domain/citation"
	"counsel/domain/langid"
)

// scan is the state of searching one text.
type scan struct {
	lex    *lexicon
	cues   *cues
	layout layout
	text   string // while it is searched, without typography
	tokens []token
	spans  []Span
	// the writer uses no capitals, so a missing capital means nothing
	lowercaseText bool
	// the writer uses only capitals, so a capital means nothing
	uppercaseText bool
	// the last keyword of each kind
	lastKeyword keywords
	lastCue     [32]int // the last token with each cue
	lastCard    int     // the end of the last card number
	tagger      *tagger
	publicNames publicNames
	// by token: for the tagger and the language
	info     []featureInfo
	evidence []*langid.Scores
	ahead    []langid.Scores
	// a Bloom filter of the words written without a capital
	lowerWords [1024]uint64
	// set by readsLegal
	legal, legalKnown bool
	lastAddress       int                 // the last word that announces an address
	captions          []citation.Citation // which may be of the own case
	general           answer              // whether the text asks in general, see asksInGeneral
	aboutLaw          answer              // see asksAboutLaw
	aboutTrade        answer              // see asksAboutTrade
	byForm            int                 // how many of them are known by their form alone
	lastBirth         int                 // the end of the last date of birth
	// first tokens of the addresses at the start of a line
	addressStarts []int
	table         table // its slices are reused
}

// keywords holds the token index of the last keyword of each kind, notSeen if there was none: a number
// shortly after "passport" is likely an identifier.
type keywords struct{ id, phone, card, birth, contract int }

// notSeen is far enough before the text to be near no token.
const notSeen = -1000

var scans = sync.Pool{New: func() any { return new(scan) }}

// release returns the scan to the pool without the text.
func (s *scan) release() {
	if cap(s.tokens) > 1<<16 {
		s.tokens, s.spans, s.layout = nil, nil, layout{} // do not retain the memory of one huge text
	}
	s.text = ""
	s.tokens = s.tokens[:0]
	s.spans = s.spans[:0]
	scans.Put(s)
}

// Find returns the personal data in text, sorted and without overlaps; nil if the text is not valid
// UTF-8.
func (m *Masker) Find(text string) []Span {
	if !utf8.ValidString(text) {
		return nil
	}
	s := m.scanInSession(text, &Session{masker: m})
	defer s.release()
	return slices.Clone(s.spans)
}

// scanInSession returns a scan with its spans, including the values the session knows from other texts. What
// is found becomes known to the session.
func (m *Masker) scanInSession(text string, session *Session) *scan {
	s := m.scanText(text)
	session.complete(s)
	return s
}

// scanText returns a scan with the spans that the text alone reveals.
func (m *Masker) scanText(text string) *scan {
	s := m.scanToTag(text)
	s.tag()
	s.separateGenitives()
	s.findInvertedNames()
	s.findNames()
	s.findAddressees()
	s.withoutLaw()
	s.unmarkOwnCaptions()
	s.mergeSpans()
	s.joinNames()
	s.restoreLayout(text)
	return s
}

// scanToTag returns a scan in which everything is found but names.
func (m *Masker) scanToTag(text string) *scan {
	s := scans.Get().(*scan)
	s.read(m, text)
	s.spans = s.spans[:0]
	s.addressStarts = s.addressStarts[:0]
	s.detectCasing()
	s.findLiterals()
	s.legalKnown, s.general, s.aboutLaw, s.aboutTrade = false, unknown, unknown, unknown
	s.detectLanguages()
	s.markLaw()
	s.findStructured()
	s.findAssignedCodes()
	s.markJurisdictions()
	s.findCompanies()
	s.findAddresses()
	s.prepareFeatures()
	return s
}

// read flattens text and splits it into tokens.
func (s *scan) read(m *Masker, text string) {
	s.lex, s.cues, s.tagger, s.publicNames, s.layout.words = m.lex, m.cues, m.tagger, m.public, m.cues
	s.text = s.layout.flatten(text)
	s.tokens = m.lex.tokenize(s.tokens[:0], s.text)
	for i := range s.tokens {
		if t := &s.tokens[i]; t.kind == wordToken {
			t.cue = m.cues.of(t.hash)
			if t.cue == 0 && t.end-t.start > 3 {
				t.cue = m.cues.elided(s.text[t.start:t.end])
			}
		}
	}
}

// restoreLayout moves tokens and spans from the flat text to the original.
func (s *scan) restoreLayout(text string) {
	s.text = text
	if len(s.layout.edits) == 0 {
		return
	}
	c := cursor{edits: s.layout.edits}
	for i := range s.tokens {
		t := &s.tokens[i]
		t.start, t.end = c.span(t.start, t.end)
	}
	last := 0
	for i := range s.spans {
		span := &s.spans[i]
		start, end := s.layout.span(span.Start, span.End)
		span.Start, span.End = max(start, last), max(end, last)
		last = span.End
	}
	s.spans = slices.DeleteFunc(s.spans, func(span Span) bool { return span.Start >= span.End })
}

// scanAsOneValue returns a scan in which the entire text is one span of type t.
func (m *Masker) scanAsOneValue(text string, t Type, session *Session) *scan {
	s := scans.Get().(*scan)
	s.read(m, text)
	s.spans, s.addressStarts = s.spans[:0], s.addressStarts[:0]
	s.detectCasing()
	s.restoreLayout(text)
	if len(s.tokens) > 0 {
		s.addSpan(t, 0, len(s.tokens))
	}
	session.complete(s)
	return s
}

// findLiterals masks what would be taken for a placeholder in an answer.
func (s *scan) findLiterals() {
	i := 0
	new(placeholderScanner).find(s.text, true, func(m *placeholderMatch) {
		if m.n == 0 {
			return
		}
		s.spans = append(s.spans, Span{Literal, m.start, m.end})
		for i < len(s.tokens) && int(s.tokens[i].end) <= m.start {
			i++
		}
		for ; i < len(s.tokens) && int(s.tokens[i].start) < m.end; i++ {
			s.tokens[i].inSpan = true
		}
	})
}

// detectCasing determines how the text uses capitals and marks the first words of sentences.
func (s *scan) detectCasing() {
	uppers, lowers, mixed, inside := 0, 0, 0, 0
	casual := false // the text or "I" is written without a capital
	start := true
	for i := range s.tokens {
		t := &s.tokens[i]
		if t.startsLine {
			start = true
		}
		switch t.kind {
		case wordToken:
			t.startsSentence = start
			switch {
			case t.allCaps:
				uppers++
			case t.capitalized:
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
			t.startsSentence = start
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
	s.lowercaseText = uppers+mixed == 0 || casual && inside == 0 && uppers <= lowers/8
	s.uppercaseText = mixed+lowers == 0 || (lowers == 0 && uppers > 4)
}

// textOf returns the text of tokens [i, j).
func (s *scan) textOf(i, j int) string { return s.text[s.tokens[i].start:s.tokens[j-1].end] }

// addSpan records tokens [i, j) as a span.
func (s *scan) addSpan(t Type, i, j int) {
	for k := i; k < j; k++ {
		s.tokens[k].inSpan = true
	}
	start := int(s.tokens[i].start)
	if t == Company && s.tokens[i].elision > 0 && (s.tokens[i].startsSentence || !s.tokens[i].capitalized) {
		start += int(s.tokens[i].elision) // "L'Association Les Amis"
	}
	s.spans = append(s.spans, Span{t, start, int(s.tokens[j-1].end)})
}

// adjacent reports whether token i follows token i-1 without a blank.
func (s *scan) adjacent(i int) bool {
	return i > 0 && i < len(s.tokens) && !s.tokens[i].afterBlank && s.tokens[i].start == s.tokens[i-1].end
}

// isSymbol reports whether token i is the ASCII symbol c.
func (s *scan) isSymbol(i int, c byte) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].kind == otherToken && s.tokens[i].symbol == c
}

// hasClass reports whether token i exists and has any class in c.
func (s *scan) hasClass(i int, c class) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].class&c != 0
}

// isWord reports whether token i is a word.
func (s *scan) isWord(i int) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].kind == wordToken
}

func (s *scan) isNumber(i int) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].kind == numberToken
}

// equals reports whether token i is the word w, given in lower case.
func (s *scan) equals(i int, w string) bool {
	return s.isWord(i) && equalsWord(s.text[s.tokens[i].start:s.tokens[i].end], w)
}

// oneOf reports whether token i is one of the words, given in lower case.
func (s *scan) oneOf(i int, words ...string) bool {
	if !s.isWord(i) {
		return false
	}
	text := s.text[s.tokens[i].start:s.tokens[i].end]
	for _, w := range words {
		if equalsWord(text, w) {
			return true
		}
	}
	return false
}

// equalsWord reports whether text is the word w, given in lower case. Most words differ in length or first letter.
func equalsWord(text, w string) bool {
	return len(text) == len(w) && (text[0]|0x20 == w[0]|0x20 || w[0] >= utf8.RuneSelf) && strings.EqualFold(text, w)
}

// isFree reports whether token i exists and is in no span.
func (s *scan) isFree(i int) bool { return i >= 0 && i < len(s.tokens) && !s.tokens[i].inSpan }

func (s *scan) allInSpans(i, j int) bool {
	for ; i < j; i++ {
		if !s.tokens[i].inSpan {
			return false
		}
	}
	return true
}

// tokenFrom returns the token at or after a byte offset.
func (s *scan) tokenFrom(offset int) int {
	i, _ := slices.BinarySearchFunc(s.tokens, offset, func(t token, at int) int { return int(t.end) - 1 - at })
	return i
}

// tokensOf returns the tokens of a span.
func (s *scan) tokensOf(span Span) []token {
	i := s.tokenFrom(span.Start)
	j := i
	for j < len(s.tokens) && int(s.tokens[j].start) < span.End {
		j++
	}
	return s.tokens[i:j]
}

// mergeSpans sorts the spans and merges those that overlap. Address parts are also merged across the
// blanks and commas between them.
func (s *scan) mergeSpans() {
	if len(s.spans) < 2 {
		return
	}
	slices.SortFunc(s.spans, func(a, b Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	merged := s.spans[:1]
	for _, span := range s.spans[1:] {
		last := &merged[len(merged)-1]
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
			merged = append(merged, span)
		}
	}
	s.spans = merged
}
