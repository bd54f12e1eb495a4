package masking

import (
	"slices"
	"strings"

	"counsel/domain/citation"
	"counsel/domain/langid"
)

// Citations and references to a legal system are not personal data and stay readable.

// markLaw marks the words of citations, so that no name begins in them.
func (s *scan) markLaw() {
	s.markCitations(citation.Find(s.text))
	if strings.Contains(s.text, " v") && !s.namesOwnCase() {
		s.markCitations(citation.Captions(s.text))
	}
	s.markAuthorities()
}

// namesOwnCase reports whether the text is about a case of the writer's own, so that its caption names private parties.
func (s *scan) namesOwnCase() bool {
	for i := range s.tokens {
		t := &s.tokens[i]
		if t.cue&(ownCue|docketCue) != 0 || t.allCaps && t.end-t.start > 4 || s.oneOf(i, "i", "me", "we", "us", "client", "clients", "hearing", "docket") {
			return true
		}
	}
	return false
}

// markAuthorities marks the authorities of towns, which no list can name: "Ayuntamiento de Gijón".
func (s *scan) markAuthorities() {
	for i := 0; i < len(s.tokens); i++ {
		if s.tokens[i].cue&authorityCue == 0 {
			continue
		}
		j := i + 1
		if s.equals(j, "municipal") {
			j++
		}
		caps := s.tokens[i].allCaps
		if s.isWord(j) && (caps || !s.tokens[j].capitalized) && s.oneOf(j, "de", "di", "do", "da", "du", "of", "del", "della", "d") {
			j++
		}
		end := j
		for end < j+3 && s.isWord(end) && s.tokens[end].capitalized && !s.tokens[end].startsLine && s.tokens[end].allCaps == caps && !(caps && end > j+1) {
			end++
		}
		if end == j && !s.equals(j-1, "municipal") {
			continue
		}
		for ; i < end; i++ {
			s.tokens[i].law = true
		}
	}
}

func (s *scan) markCitations(found []citation.Citation) {
	i := 0
	for _, c := range found {
		for i < len(s.tokens) && int(s.tokens[i].end) <= c.Start {
			i++
		}
		for i < len(s.tokens) && int(s.tokens[i].start) < c.End {
			s.tokens[i].law = true
			i++
		}
	}
}

// markJurisdictions marks countries and states outside addresses, so that no name begins in them. In English, where
// nothing is about the law, they stay candidates: see locationAt.
func (s *scan) markJurisdictions() {
	for i := 0; i < len(s.tokens); i++ {
		t := &s.tokens[i]
		if t.class&(country|state|phraseStart) == 0 || t.inSpan || t.language == langid.English && !s.readsLegal() {
			continue
		}
		j := s.placeAt(i, country|state)
		if j == 0 || j == i+1 && t.class&(givenName|familyName) != 0 {
			continue
		}
		for ; i < j; i++ {
			s.tokens[i].law = true
		}
		i--
	}
}

// withoutLaw removes the spans that other rules found in citations: the number of a decision is no telephone number.
func (s *scan) withoutLaw() {
	lawful := func(span Span) bool {
		tokens := s.tokensOf(span)
		switch span.Type {
		case Literal:
			return false
		case Address, Phone, ID, Date:
			return len(tokens) > 0 && tokens[0].law
		}
		for _, t := range tokens {
			if !t.law && t.kind != otherToken {
				return false
			}
		}
		return true
	}
	s.spans = slices.DeleteFunc(s.spans, lawful)
}

// citationAt returns the end of the case citation at token i, such as "Marbury v. Madison, 5 U.S. 137",
// or 0. Published case law is not masked.
func (s *scan) citationAt(i int) int {
	party := func(k int) int {
		for n := 0; n < 7 && s.isWord(k) && !s.tokens[k].inSpan && (s.tokens[k].capitalized || n > 0 && s.tokens[k].class&(nameParticle|functionWord) != 0) && !s.equals(k, "v") && !s.equals(k, "vs"); n++ {
			k++
			if s.isSymbol(k, '.') && s.isWord(k+1) && s.tokens[k+1].capitalized || s.isSymbol(k, '\'') || s.isSymbol(k, '-') || s.isSymbol(k, '&') {
				k++
			}
		}
		return k
	}
	if !s.tokens[i].capitalized {
		return 0
	}
	v := party(i)
	if v == i || !s.oneOf(v, "v", "vs") || !s.isSymbol(v+1, '.') {
		return 0
	}
	end := party(v + 2)
	if s.isSymbol(end, '.') {
		end++
	}
	if end > v+2 && s.isSymbol(end, ',') && s.isNumber(end+1) && s.isWord(end+2) && s.tokens[end+2].capitalized {
		return end
	}
	return 0
}

// inLegalContext reports whether the place in tokens [i, j) names a legal system or a law.
func (s *scan) inLegalContext(i, j int) bool {
	for k := j; k < j+5 && s.isWord(k) && s.tokens[k].capitalized; k++ {
		if s.oneOf(k, "act", "code", "law", "rules", "constitution", "convention") {
			return true // "California Consumer Privacy Act"
		}
	}
	if s.oneOf(j, "law", "laws", "court", "courts", "corporation", "statute", "code", "limited", "act", "general", "rules", "revised", "supreme") || s.equals(j, "state") && s.equals(j+1, "law") {
		return true
	}
	for k := i - 1; k >= max(0, i-8); k-- {
		if s.isSymbol(k, '.') && s.tokens[k+1].startsSentence {
			return false
		}
		if s.oneOf(k, "law", "laws", "court", "courts", "jurisdiction", "venue", "incorporated") {
			return true
		}
	}
	return false
}
