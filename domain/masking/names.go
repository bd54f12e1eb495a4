package masking

import (
	"math"
	"slices"

	"counsel/domain/langid"
)

// findNames finds people, companies and places: first where a certain cue introduces them, then what the tagger
// labels, then, in English, by rules over word lists, unless the tagger is sure that the word is no name.
func (s *scan) findNames() {
	for i := 0; i < len(s.tokens); i++ {
		t := &s.tokens[i]
		if t.inSpan || t.kind != wordToken || t.law {
			continue
		}
		if j := s.findNameAt(i); j > i {
			i = j - 1
		}
	}
}

// ruleMargin is by how much the tagger may prefer another word where the English rules see a name.
const ruleMargin = -4 * weightScale

// ownMargin is the same for a word that no list has as a name, in a question.
const ownMargin = -weightScale / 2

func (s *scan) findNameAt(i int) (end int) {
	t := &s.tokens[i]
	if t.language == langid.English && s.isDoctrine(i) || s.precedesName(i) {
		return 0
	}
	if t.class&honorific != 0 && !s.isDutchMay(i) {
		if j := s.afterHonorific(i); j > 0 {
			return j
		}
	}
	if j := s.initialsAt(i); j > 0 {
		return j
	}
	if j := s.afterRelation(i); j > 0 {
		return j
	}
	if j := s.ofBusiness(i); j > 0 {
		return j
	}
	if j := s.secondNameAt(i); j > 0 {
		return j
	}
	if t.language == langid.English {
		if j := s.listedNameAt(i); j > 0 {
			return j
		}
	}
	if j := s.taggedNameAt(i); j > 0 {
		return j
	}
	if j := s.givenNameAt(i); j > 0 {
		return j
	}
	if j := s.foreignScriptAt(i); j > 0 {
		return j
	}
	if t.language == langid.English || t.language == langid.Unknown {
		return 0
	}
	return s.organizationAt(i)
}

// listedNameAt finds a name at token i by the English word lists: a candidate is a word that is on a list of names
// or on no English list, and the words around it decide. The tagger may overrule it.
func (s *scan) listedNameAt(i int) (end int) {
	t := &s.tokens[i]
	if t.cue&(identityCue|referenceCue|numberedCue|acronymCue|bankCue|phoneCue|birthCue) != 0 && t.class&(givenName|certainName) == 0 {
		return 0 // a label
	}
	if s.readsLegal() && !s.nameFollows(i) && (t.label == placeLabel || t.likely == placeLabel && s.afterPreposition(i)) {
		return 0 // a jurisdiction
	}
	if t.class&demonym != 0 && s.personScore(i, i+1) == notName {
		if s.statesNationality(i) {
			s.addSpan(Nationality, i, i+1)
			return i + 1
		}
	}
	if t.class&(country|state|placeName|phraseStart) != 0 {
		if j := s.locationAt(i); j > 0 {
			return j
		}
	}
	if j := s.organizationAt(i); j > 0 {
		return j
	}
	if t.margin < s.neededMargin(i) || t.class&placeName != 0 && t.class&givenName == 0 && s.readsLegal() && s.afterPreposition(i) && !s.nameFollows(i) {
		return 0
	}
	if t.label == placeLabel && (t.class&givenName == 0 || t.class&placeName != 0 && s.equals(i-1, "in")) {
		// a place on no list
		if !s.residenceBefore(i) && !(i > 1 && s.tokens[i-1].class&functionWord != 0 && s.tokens[i-2].symbol == ',') {
			return 0
		}
		j := s.extendName(i)
		s.addSpan(Location, i, j)
		return j
	}
	switch s.nameScore(i) {
	case notName:
		if j := s.organizationByContext(i); j > 0 {
			s.addSpan(Company, i, j)
			return j
		}
		if !s.introducedAsName(i) {
			return 0
		}
	case weakName:
		if !s.introducedAsName(i) && !s.supportedByNeighbors(i) {
			return 0
		}
	}
	j := s.extendName(i)
	kind := s.classifyName(i, j)
	if kind == Person && s.isCommonNoun(i, j) || !s.isLikelyName(i, j) {
		return 0
	}
	s.addSpan(kind, i, j)
	if kind == Person {
		s.occupationAfter(j)
	}
	return j
}

// neededMargin is by how much the tagger must prefer a name at token i where the English rules see one. A word that no list
// has as a name may be any brand, form or term of the law: in a question the tagger must nearly agree. See also isLikelyName.
func (s *scan) neededMargin(i int) int32 {
	t := &s.tokens[i]
	if t.class&(anyName|certainName) != 0 || !s.readsLegal() || s.nameKeywordBefore(i) || s.isWord(i+1) && s.tokens[i+1].class&(givenName|familyName) != 0 && s.tokens[i+1].capitalized {
		return ruleMargin
	}
	return ownMargin
}

// isLikelyName reports whether tokens [i, j) are a name also in a question about the law, in which most words with a capital are
// terms, authorities, places and brands: the tagger must be the surer, the less the lists know the words as names.
func (s *scan) isLikelyName(i, j int) bool {
	if s.tokens[i].language != langid.English || !s.asksInGeneral() || s.nameKeywordBefore(i) ||
		s.hasClass(j, speechVerb) && !s.tokens[j].capitalized || s.tokens[i].startsLine && i > 0 && !s.tokens[i-1].startsLine {
		return true
	}
	best, words, given, family, camel := int32(math.MinInt32), 0, false, false, false
	for k := i; k < j; k++ {
		t := &s.tokens[k]
		if t.kind != wordToken {
			continue
		}
		words++
		best = max(best, t.margin)
		given = given || t.class&givenName != 0
		family = family || t.class&(familyName|certainName) != 0
		camel = camel || t.camelCase && t.class&(givenName|familyName) == 0 && s.text[t.start+1] != '\''
	}
	needed := int32(9)
	switch {
	case !s.asksAboutLaw():
		return true
	case camel && !given && !family:
		return false
	case given && words > 1:
		needed = 2
	case given:
		needed = 3
	case family && words > 1:
		needed = 5
	case family:
		needed = 6
	}
	if family && s.namesOne() {
		needed--
	}
	return best >= needed*weightScale
}

// namesOne reports whether a pronoun speaks of one person: "if his bull escapes".
func (s *scan) namesOne() bool {
	return slices.ContainsFunc(s.tokens, func(t token) bool {
		return t.kind == wordToken && t.end-t.start <= 3 && slices.Contains([]string{"he", "she", "his", "her", "him"}, s.text[t.start:t.end])
	})
}

// isDoctrine reports whether the name at token i is that of a thing or a rule: "a Juliet balcony", "does Miranda apply".
func (s *scan) isDoctrine(i int) bool {
	t, next := &s.tokens[i], i+1
	if !t.capitalized || t.startsSentence || !s.isWord(next) && !s.isSymbol(next, '\'') || s.tokens[next].capitalized || s.tokens[next].startsLine || s.capitalBefore(i) {
		return false
	}
	if s.isSymbol(next, '\'') && s.equals(next+1, "s") && s.oneOf(next+2, "law", "rule") {
		return true
	}
	if s.oneOf(i-1, "a", "an") {
		return t.class&(country|state|honorific) == 0 && s.tokens[next].class&commonWord != 0 && s.tokens[next].class&(functionWord|speechVerb) == 0
	}
	return s.asksInGeneral() && s.oneOf(next, "apply", "applies") && !s.oneOf(next+1, "for", "to")
}

// capitalBefore reports whether a capitalized word that does not start the sentence stands before token i.
func (s *scan) capitalBefore(i int) bool {
	return s.isCapitalized(i-1) && !s.tokens[i].startsLine && !s.tokens[i-1].startsSentence
}

// endsPlainName reports whether token j is an everyday word that no list has as a name, in a text that has only small letters or
// only capitals: "boss mr henderson reads", "IS RONALD PRITCHETT LIABLE".
func (s *scan) endsPlainName(j int) bool {
	t := &s.tokens[j]
	return (s.lowercaseText || s.uppercaseText) && t.kind == wordToken && t.class&(givenName|familyName|nameParticle) == 0 && s.info[j].traits&(isListed|isDictionary) != 0
}

// nameFollows reports whether the token after i looks like the family name of a person.
func (s *scan) nameFollows(i int) bool {
	return s.isWord(i+1) && !s.tokens[i+1].startsLine && s.tokens[i+1].label == personLabel
}

// introducedAsName reports whether the text introduces token i as a name.
func (s *scan) introducedAsName(i int) bool {
	t := &s.tokens[i]
	if t.class&(functionWord|foreignWord|neverName|weekday) != 0 && t.class&certainName == 0 && !s.isGivenName(i) || t.end-t.start < 2 {
		return false
	}
	if !t.capitalized && !s.lowercaseText {
		return false
	}
	p := i - 1
	if s.isSymbol(p, '"') || s.isSymbol(p, '\'') {
		p--
	}
	switch {
	case s.oneOf(p, "is", "was") || s.isSymbol(p, ':') || s.isSymbol(p, '?') || s.equals(p, "name"):
		// "my name is", "Name:", "What's your name?"
		for k := p; k >= max(0, p-3); k-- {
			if s.oneOf(k, "name", "surname", "forename", "names") {
				return !s.lowercaseText || s.tokens[i].class&commonWord == 0 || t.class&(givenName|familyName) != 0 || s.isSymbol(p, ':')
			}
		}
		if s.isSymbol(p, ':') {
			return s.oneOf(p-1, "user", "attn", "attention", "signed") || s.equals(p-1, "by") && t.class&commonWord == 0
		}
	case s.oneOf(p, "named", "called", "surnamed", "née", "nicknamed"):
		return t.class&commonWord == 0 || t.class&(givenName|familyName) != 0
	case s.oneOf(p, "me", "him", "her") && s.oneOf(p-1, "call", "calls", "called", "named"):
		return t.class&commonWord == 0 || t.class&(givenName|familyName) != 0
	case s.oneOf(p, "dear", "hi", "hello", "hey") && (s.isSymbol(i+1, ',') || s.isSymbol(i+1, '!') || s.isSymbol(i+1, '.') || t.class&(givenName|familyName) != 0):
		return t.class&commonWord == 0 || t.class&(givenName|familyName) != 0
	}
	return false
}

// supportedByNeighbors reports whether the neighbors of an everyday word at token i show that it is a person.
func (s *scan) supportedByNeighbors(i int) bool {
	t := &s.tokens[i]
	if t.class&(givenName|familyName|certainName) == 0 {
		return false
	}
	// before a family name or an initial: "Will Kowalski", "Grace B. Lee"
	if t.class&(givenName|certainName) != 0 {
		if s.nameScore(i+1) == strongName && !s.tokens[i+1].startsLine && s.tokens[i+1].class&(familyName|commonWord|rareWord) != commonWord {
			return true
		}
		if s.isWord(i+1) && s.tokens[i+1].capitalized && s.tokens[i+1].end-s.tokens[i+1].start == 1 && s.isSymbol(i+2, '.') && s.nameScore(i+3) > notName {
			return true
		}
		if s.hasClass(i+1, nameParticle) && s.nameScore(i+2) == strongName || s.hasClass(i+2, nameParticle) && s.hasClass(i+1, nameParticle) && s.nameScore(i+3) == strongName {
			return true
		}
		// two such words, "Grace Hill", but not two words of a heading
		if s.nameScore(i+1) == weakName && s.hasClass(i+1, givenName|familyName|certainName) && !s.tokens[i+1].startsLine && s.pairStandsAlone(i) {
			return true
		}
	}
	if t.class&(definedTerm|month) != 0 && t.class&certainName == 0 {
		return false
	}
	if s.hasClass(i+1, speechVerb) && t.class&(givenName|familyName|certainName) != 0 && !s.tokens[i+1].capitalized {
		return true
	}
	if s.hasClass(i-1, speechVerb) && !s.tokens[i-1].capitalized && t.class&(givenName|familyName|certainName) != 0 && i > 0 && !t.startsSentence {
		return true
	}
	// a list of names: "Kovalev, Lee and Ball"
	if s.besideNameInList(i, -1) || s.besideNameInList(i, 1) {
		return true
	}
	if t.startsSentence && t.class&neverName != 0 && s.isGivenName(i) {
		// "Mac is my landlord", "Mac and I": not a computer
		return s.oneOf(i+1, "is", "was", "has", "had", "will", "can", "would", "did") || s.isSymbol(i+1, '\'') || s.equals(i+1, "and") && s.equals(i+2, "i")
	}
	if t.class&certainName != 0 && t.startsSentence {
		next := i + 1
		if s.isSymbol(next, '\'') || s.isSymbol(next, ',') {
			return true
		}
		return s.hasClass(next, speechVerb) || s.oneOf(next, "is", "was", "has", "had", "and", "will", "can", "would", "did")
	}
	// in the middle of a sentence, capitalized and without an article
	if t.startsSentence || s.lowercaseText || s.uppercaseText || t.allCaps || s.hasClass(i+1, commonWord) && s.tokens[i+1].capitalized {
		return false
	}
	if s.isWord(i - 1) {
		p := &s.tokens[i-1]
		if p.capitalized || s.oneOf(i-1, "the", "this", "a", "an", "of", "such", "any", "each", "its", "all", "other", "no") {
			return false
		}
		return !s.readsLikeContract() && !t.startsLine
	}
	return false
}

// pairStandsAlone reports whether the two everyday words at token i, both also names, are complete: what
// follows does not continue a heading or a defined term.
func (s *scan) pairStandsAlone(i int) bool {
	continues := s.hasClass(i+2, commonWord) && !s.tokens[i+2].startsLine
	switch {
	case s.tokens[i].startsSentence:
		return continues && !s.tokens[i+2].capitalized && s.hasClass(i+1, givenName) && !s.readsLikeContract()
	case s.readsLikeContract() || !s.hasClass(i+1, givenName) || s.oneOf(i-1, "the", "this", "a", "an", "such", "any", "each", "its", "all", "no"):
		return !continues
	}
	return !continues || !s.tokens[i+2].capitalized
}

// readsLikeContract reports whether the text reads like a contract, in which defined terms are capitalized.
func (s *scan) readsLikeContract() bool { return s.lastKeyword.contract >= 0 }

// besideNameInList reports whether token i is next to a name in a list: separated by "and", "&" or a comma, in
// the direction of step.
func (s *scan) besideNameInList(i, step int) bool {
	k := i + step
	if !(s.isSymbol(k, ',') || s.equals(k, "and") || s.isSymbol(k, '&')) {
		return false
	}
	k += step
	if s.equals(k, "and") {
		k += step
	}
	if !s.isWord(k) {
		return false
	}
	t := &s.tokens[k]
	if t.inSpan {
		return t.capitalized && t.class&(givenName|familyName) != 0 && t.class&(country|state) == 0
	}
	return s.nameScore(k) == strongName && t.class&(givenName|familyName) != 0 && t.class&(country|state) == 0
}

// extendName returns the end of the name that starts at token i.
func (s *scan) extendName(i int) int {
	j := i + 1
	for n := 0; n < 8 && j < len(s.tokens); n++ {
		t := &s.tokens[j]
		if t.inSpan || t.startsLine {
			break
		}
		if t.kind == otherToken {
			switch {
			case t.symbol == '-' && s.adjacent(j) && s.adjacent(j+1) && s.isWord(j+1) && (s.tokens[j+1].capitalized || s.lowercaseText || s.tokens[j-1].class&commonWord == 0):
			case t.symbol == '.' && s.adjacent(j) && s.tokens[j-1].end-s.tokens[j-1].start == 1 && s.nameScore(j+1) > notName && !s.tokens[j+1].startsLine:
			case t.symbol == '\'' && s.adjacent(j) && s.adjacent(j+1) && s.isWord(j+1) && s.tokens[j+1].end-s.tokens[j+1].start > 1:
			default:
				return j
			}
			j++
			if s.isWord(j) && !s.tokens[j].inSpan {
				j++
			}
			continue
		}
		if k := s.joinedSurname(j); k > 0 {
			j = k
			continue
		}
		if s.isConjunction(j) {
			break
		}
		if t.kind != wordToken || t.margin < ruleMargin || t.law {
			break
		}
		if s.endsPlainName(j) {
			break
		}
		switch {
		case t.label == personLabel:
			j++
			continue
		case t.allCaps && s.tokens[j-1].allCaps && s.tokens[j-1].label == personLabel && s.endsCapitals(j):
			j++ // "MARGARET ELLEN DAY"
			continue
		case t.language != langid.English && t.rank != 0 && t.class&nameParticle == 0:
		case s.nameScore(j) == strongName:
			j++
			continue
		case s.nameScore(j) == weakName && t.class&(givenName|familyName) != 0 && s.tokens[i].class&commonWord == 0:
			j++
			continue
		case s.nameScore(j) == weakName && s.tokens[j-1].class&(givenName|familyName) != 0 && t.class&(familyName) != 0:
			j++
			continue
		case j == i+1 && s.nameScore(j) == weakName && t.class&givenName != 0 && s.hasClass(i, givenName) && s.nameScore(i) == weakName && s.pairStandsAlone(i):
			j++ // "Grace Hope"
			continue
		case j == i+1 && t.capitalized && !t.allCaps && !s.lowercaseText && t.end-t.start > 1 && s.tokens[i].class&givenName != 0 && s.nameScore(i) == strongName &&
			t.class&(functionWord|foreignWord|neverName|definedTerm|weekday|month|demonym|orgSuffix|legalReference|streetWord|unitWord|honorific|speechVerb) == 0 && !(s.isWord(j+1) && s.tokens[j+1].capitalized):
			j++ // an everyday word as a family name: "John Doe"
			continue
		case t.capitalized && !t.allCaps && t.class&(givenName|familyName) != 0 && t.class&(functionWord|foreignWord) != 0 && t.end-t.start <= 3 && !s.lowercaseText && s.nameScore(j-1) == strongName:
			j++ // "Nguyen Thi Mai"
			continue
		case t.capitalized && t.end-t.start == 1 && !s.lowercaseText && s.isSymbol(j+1, '.') && s.nameScore(j+2) > notName && !s.tokens[j+2].startsLine:
			j++
			continue
		case t.capitalized && t.end-t.start == 1 && !s.lowercaseText && s.nameScore(j+1) == strongName && !s.tokens[j+1].startsLine:
			j++
			continue
		case t.class&nameParticle != 0 && (t.class&functionWord == 0 || t.language != langid.English) && !s.oneOf(j, "e", "y", "et", "und", "am", "im", "an", "bei") || t.class&nameParticle != 0 && s.equals(j, "do"):
			k := j + 1
			for k < j+3 && s.hasClass(k, nameParticle) && !s.tokens[k].startsLine {
				k++
			}
			if s.isWord(k) && s.tokens[k].label == personLabel && !s.tokens[k].startsLine || s.nameScore(k) == strongName && !s.tokens[k].startsLine || s.nameScore(k) == weakName && s.tokens[k].class&familyName != 0 && !s.tokens[k].startsLine {
				j = k + 1
				continue
			}
		}
		break
	}
	// "Jr.", "MD", "III" after a name
	if s.isWord(j) && !s.tokens[j].startsLine && s.oneOf(j, "jr", "sr", "md", "phd", "dds", "ii", "iii", "dvm", "esq") && !s.tokens[j].inSpan {
		j++
	}
	return j
}
