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
	known, names := citation.FindNames(s.text)
	s.markCitations(known)
	s.captions = append(s.captions[:0], names...)
	s.byForm = len(names)
	if len(names) > 0 && !s.namesOwnCase(names) {
		s.markCitations(names)
	}
	for _, c := range known {
		if c.Kind == citation.Case && s.hasParties(c) {
			s.captions = append(s.captions, c)
		}
	}
	s.markAuthorities()
	s.markTerms()
	s.markAgreements()
	s.markInstitutions()
	s.markPublicNames()
}

// namesOwnCase reports whether the text is about a case of the writer's own, so that the names in it are of private
// parties. They are unless the text asks something.
func (s *scan) namesOwnCase(names []citation.Citation) bool {
	if !strings.Contains(s.text, "?") && !s.asksToExplain() {
		return true
	}
	next := 0 // the caption that the token may announce or belong to
	for i := range s.tokens {
		t := &s.tokens[i]
		for next < len(names) && names[next].End <= int(t.start) {
			next++
		}
		announces := next < len(names) && names[next].Start < int(t.end)+20 // "the Bell case", "affaire X contre Y"
		if t.cue&docketCue != 0 && !announces || t.cue&ownCue != 0 || t.allCaps && !t.law && t.end-t.start > 4 && s.isInCapitals(i) ||
			t.language == langid.English && s.oneOf(i, "i") || s.oneOf(i, "me", "we", "us", "client", "clients", "hearing", "docket", "ich", "mich", "mir", "wir", "uns", "je", "j", "moi", "nous",
			"yo", "puedo", "tengo", "soy", "eu", "posso", "tenho", "sou", "io", "ho", "ik", "mij", "wij") {
			return true
		}
	}
	return false
}

// asksToExplain reports whether one of the first words asks for an explanation: "Please explain offer and acceptance."
func (s *scan) asksToExplain() bool {
	for i := range min(8, len(s.tokens)) {
		if s.oneOf(i, "explain", "summarize", "summarise", "describe", "compare", "erkläre", "erklären", "expliquez", "explique", "explica", "spiega", "spiegami", "riassumi", "elenca", "leg") {
			return true
		}
	}
	return false
}

// isInCapitals reports whether the word in capitals at token i is a name's or stands beside another, as in a caption: an acronym is
// not.
func (s *scan) isInCapitals(i int) bool {
	if s.uppercaseText {
		return false
	}
	return s.tokens[i].class&(givenName|familyName) != 0 || s.isWord(i-1) && s.tokens[i-1].allCaps || s.isWord(i+1) && s.tokens[i+1].allCaps
}

// termEnds end the name of an authority, a benefit or a law in English.
var termEnds = []string{
	"council", "court", "tribunal", "commission", "authority", "agency", "board", "department", "ministry", "ombudsman", "police", "constabulary", "parliament", "assembly",
	"convention", "accord", "directive", "treaty", "protocol", "framework", "act", "bill", "allowance", "benefit", "credit", "scheme", "programme", "visa", "permit", "tax", "doctrine", "injunction",
}

// markTerms marks the capitalized words before such an end: "Westminster City Council", "Jobseeker's Allowance". A given name ends
// the term: "Ask Anna Council".
func (s *scan) markTerms() {
	if !s.readsLegal() && !s.asksInGeneral() {
		return
	}
	for j := 1; j < len(s.tokens); j++ {
		t := &s.tokens[j]
		if t.language != langid.English || !t.capitalized || s.uppercaseText || t.startsLine || !s.oneOf(j, termEnds...) || s.isCapitalized(j+1) && s.hasClass(j+1, orgSuffix) {
			continue
		}
		i := j
		for n := 0; n < 4 && i > 0 && !s.tokens[i].startsLine; n++ {
			k := i - 1
			if s.equals(k, "s") && s.isSymbol(k-1, '\'') {
				k -= 2
			}
			if !s.isCapitalized(k) || s.tokens[k].inSpan || s.tokens[k].startsSentence && n > 0 && s.tokens[k].class&functionWord != 0 ||
				s.tokens[k].class&honorific != 0 || s.tokens[k].class&givenName != 0 && s.tokens[k].class&(commonWord|demonym|country|state) == 0 && !(s.hasClass(k, placeName) && s.oneOf(j, "council", "police")) {
				break
			}
			i = k
		}
		for ; i < j; i++ {
			s.tokens[i].law = s.tokens[i].law || s.isWord(i)
		}
	}
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

// markInstitutions marks schools, hospitals and the like, which are often named after a person: "liceo Manzoni", "St Thomas'
// Hospital", "Goethe-Gymnasium". Kings and popes are marked by their numeral: "Henry VIII clauses".
func (s *scan) markInstitutions() {
	for i := range s.tokens {
		t := &s.tokens[i]
		if t.kind != wordToken {
			continue
		}
		if t.allCaps && !s.uppercaseText && isRomanNumeral(s.text[t.start:t.end]) && s.hasClass(i-1, givenName) && s.isCapitalized(i-1) && !s.isCapitalized(i-2) && !s.isCapitalized(i+1) {
			s.tokens[i-1].law, t.law = true, true
		}
		if t.language == langid.English && s.oneOf(i, "lord", "lady", "baroness", "justice") && t.capitalized && s.oneOf(i-1, "did", "why") && s.asksInGeneral() && s.isCapitalized(i+1) && !s.isCapitalized(i+2) && s.tokens[i+1].class&givenName == 0 {
			t.law, s.tokens[i+1].law = true, true // "What did Lord Leveson recommend?"
		}
		if t.cue&institutionCue == 0 {
			continue
		}
		first, end := i, i
		switch t.language {
		case langid.English, langid.Dutch, langid.German:
			if !t.capitalized && !(s.equals(i-1, "s") && s.isSymbol(i-2, '\'') && s.oneOf(i-4, "st", "saint")) || s.uppercaseText {
				continue
			}
			for n := 0; n < 4 && !s.tokens[first].startsLine; n++ {
				k := first - 1
				switch {
				case s.isSymbol(k, '-') || s.isSymbol(k, '\'') || s.isSymbol(k, '.'):
					k--
				case s.equals(k, "s") && s.isSymbol(k-1, '\''):
					k -= 2
				}
				if !s.isCapitalized(k) || s.tokens[k].startsSentence && s.tokens[k].class&functionWord != 0 || s.tokens[k].class&honorific != 0 && !s.oneOf(k, "st", "sint") || s.tokens[k].rank > frequentScore {
					break
				}
				first = k
			}
		default:
			for end < i+3 && s.isCapitalized(end+1) && !s.tokens[end+1].startsLine && s.tokens[end+1].class&honorific == 0 {
				end++
			}
			if end > i && s.isOfCompany(i, end+1) {
				continue
			}
		}
		for ; first <= end; first++ {
			s.tokens[first].law = s.tokens[first].law || s.isWord(first)
		}
	}
}

// isRomanNumeral reports whether a word is a small Roman numeral from II on.
func isRomanNumeral(word string) bool {
	switch word {
	case "II", "III", "IV", "VI", "VII", "VIII", "IX", "XI", "XII", "XIII", "XIV", "XV", "XVI":
		return true
	}
	return false
}

// markAgreements marks the trade of a collective agreement: "CCNL Logistica, Trasporto Merci", "CAO Metaal en Techniek".
func (s *scan) markAgreements() {
	for i := range s.tokens {
		if !s.oneOf(i, "ccnl", "cao", "syntec") && !(s.oneOf(i, "collettivo", "colectivo", "collective", "coletiva") && s.oneOf(i-1, "contratto", "convenio", "convention", "convenção")) {
			continue
		}
		for j := i + 1; j < i+9 && j < len(s.tokens) && !s.tokens[j].startsLine; j++ {
			switch {
			case s.isCapitalized(j) && s.tokens[j].class&honorific == 0:
				s.tokens[j].law = true
			case s.isCapitalized(j+1) && (s.oneOf(j, "e", "ed", "en", "y", "et", "de", "del", "di", "per", "da", "do", "des", "du") || j > i+1 && s.isSymbol(j, ',')):
			default:
				j = len(s.tokens)
			}
		}
	}
}

func (s *scan) markCitations(found []citation.Citation) {
	i := 0
	for _, c := range found {
		for i < len(s.tokens) && int(s.tokens[i].end) <= c.Start {
			i++
		}
		if c.Kind == citation.Case && s.afterGivenName(i) || c.Kind == citation.Doctrine && (s.afterGivenName(i) || s.beginsWithGivenName(i)) {
			continue
		}
		for first := i; i < len(s.tokens) && int(s.tokens[i].start) < c.End && !(i > first && s.tokens[i].startsLine); i++ {
			s.tokens[i].law = true // not on the next line of a letter or a form: a name may start there
		}
	}
}

// afterGivenName reports whether the name at token i is a person's: "Herr Lüth", "Anna Revlon".
func (s *scan) afterGivenName(i int) bool {
	k := i - 1
	if s.isSymbol(k, '.') {
		k--
	}
	if k == i-1 && s.isDutchMay(k) {
		return false
	}
	return s.isWord(k) && i < len(s.tokens) && s.tokens[i].afterBlank && !s.tokens[i].startsLine && !s.tokens[k].law && s.tokens[k].capitalized &&
		s.tokens[k].class&(givenName|honorific) != 0 && (s.tokens[k].class&honorific != 0 || k == i-1 && s.tokens[k].class&(commonWord|functionWord|rareWord) == 0)
}

// isDutchMay reports whether token i is "Mag" in Dutch, which asks whether one may; it is no Austrian title.
func (s *scan) isDutchMay(i int) bool {
	return s.equals(i, "mag") && s.tokens[i].language == langid.Dutch && s.tokens[i].startsSentence && !s.isSymbol(i+1, '.')
}

// beginsWithGivenName reports whether the capitalized words from token i are a full name: "Jane Roe test".
func (s *scan) beginsWithGivenName(i int) bool {
	return s.hasClass(i, givenName) && s.tokens[i].class&(commonWord|familyName) == 0 && s.isWord(i+1) && s.tokens[i+1].capitalized
}

// unmarkOwnCaptions masks the parties of a caption that the text names elsewhere as persons or companies: the case is the
// writer's own. Of a published decision, it must name all parties.
func (s *scan) unmarkOwnCaptions() {
	if len(s.captions) == 0 || len(s.spans) == 0 {
		return
	}
	named := map[uint64]Type{}
	for _, span := range s.spans {
		if span.Type == Person || span.Type == Company {
			for _, t := range s.tokensOf(span) {
				if t.kind == wordToken && t.end-t.start > 1 && t.class&(nameParticle|functionWord|honorific) == 0 {
					named[t.hash] = span.Type
				}
			}
		}
	}
	for n, c := range s.captions {
		parties := s.parties(c)
		known := 0
		for _, p := range parties {
			if slices.ContainsFunc(s.tokens[p[0]:p[1]], func(t token) bool { _, ok := named[t.hash]; return ok }) {
				known++
			}
		}
		if known == len(parties) || known > 0 && n < s.byForm {
			for _, p := range parties {
				s.maskParty(p[0], p[1], named)
			}
		}
	}
}

// parties returns the token ranges of the parties in a caption.
func (s *scan) parties(c citation.Citation) (out [][2]int) {
	start := s.firstToken(c.Start)
	i := start
	for ; i < len(s.tokens) && int(s.tokens[i].start) < c.End; i++ {
		if isVersus(s.text[s.tokens[i].start:s.tokens[i].end]) {
			out = append(out, [2]int{start, i})
			start = i + 1
		}
	}
	return append(out, [2]int{start, i})
}

// maskParty masks the name that has a named word, or the first words if they are marked as law and no country.
func (s *scan) maskParty(start, end int, named map[uint64]Type) {
	for at := start; at < end; at++ {
		kind, ok := named[s.tokens[at].hash]
		if !ok && (at > start || !s.tokens[at].law || !s.isCapitalized(at) || s.tokens[at].class&(country|state) != 0) {
			continue
		}
		if !ok && slices.ContainsFunc(s.tokens[start:end], func(t token) bool { _, ok := named[t.hash]; return ok }) {
			continue
		}
		from, to := at, at+1
		for from > start && s.isCapitalized(from-1) {
			from--
		}
		for to < end && s.isCapitalized(to) {
			to++
		}
		s.spans = append(s.spans, Span{kind, int(s.tokens[from].start), int(s.tokens[to-1].end)})
		return
	}
}

// firstToken returns the token that begins at or after byte at.
func (s *scan) firstToken(at int) int {
	i, _ := slices.BinarySearchFunc(s.tokens, at, func(t token, at int) int { return int(t.start) - at })
	return i
}

// hasParties reports whether a citation is a caption.
func (s *scan) hasParties(c citation.Citation) bool {
	for i := s.firstToken(c.Start); i < len(s.tokens) && int(s.tokens[i].start) < c.End; i++ {
		if isVersus(s.text[s.tokens[i].start:s.tokens[i].end]) {
			return true
		}
	}
	return false
}

// isVersus reports whether a word stands between the parties of a caption.
func isVersus(word string) bool {
	switch word {
	case "v", "vs", "V", "VS", "c", "contra", "contro", "contre", "gegen", "tegen", "/":
		return true
	}
	return false
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
