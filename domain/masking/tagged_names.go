package masking

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"counsel/domain/langid"
)

// taggedNameAt records the name of a person or company that the tagger found at token i, and returns its end, or 0.
func (s *scan) taggedNameAt(i int) int {
	t := &s.tokens[i]
	l := t.label
	if l != personLabel && l != companyLabel || !s.mayStartName(i) {
		return 0
	}
	if t.elision > 0 && s.isLower(int(t.start)+int(t.elision)) {
		return s.taggedNameAt(i + 1) // "L'entrepreneur Dos Santos"
	}
	j := i + 1
	for j < len(s.tokens) {
		k := s.continueName(j, l)
		if k == 0 {
			break
		}
		j = k
	}
	if t.language != langid.English && l == personLabel && s.isThing(i, j) || s.isEverydayPhrase(i, j) || l == personLabel && (s.isCommonNoun(i, j) || !s.isLikelyName(i, j)) {
		return 0
	}
	if l == companyLabel {
		if k := s.legalFormAt(j); k > 0 {
			j = k
		} else if k := s.legalFormAt(j - 1); k > j && s.tokens[j-1].end-s.tokens[j-1].start == 1 {
			j = k // "S.r.l.", of which the "S" is labeled
		}
		s.addSpan(Company, i, j)
		return j
	}
	if (t.startsSentence || s.hasClass(i+1, givenName) && s.tokens[i+1].label == personLabel && t.margin < 3*weightScale/2) && !t.allCaps && j > i+1 && t.class&(givenName|familyName) == 0 && s.info[i].traits&(isListed|isDictionary) != 0 && s.isWord(i+1) {
		i++ // "Call Donatella"
	}
	s.addSpan(Person, s.withTitles(s.withParticles(i)), j)
	return j
}

// precedesName reports whether the word at token i, is none of a name but announces it or a number:
// "Assisto Lucia", "Klempner Schuster", "Targa AB 123 CD".
func (s *scan) precedesName(i int) bool {
	t := &s.tokens[i]
	if i+1 >= len(s.tokens) || t.class&givenName != 0 || s.tokens[i+1].startsLine {
		return false
	}
	switch {
	case t.startsSentence && t.class&familyName == 0 && s.startsIdentifier(i+1), s.isSymbol(i+1, '-') && s.adjacent(i+2) && s.hasCue(i+2, acronymCue|numberCue|numberedCue):
		return true
	case t.cue&relationCue != 0 && t.class&familyName == 0 && t.language != langid.English && t.startsSentence:
		return s.isCapitalized(i+1) && s.tokens[i+1].class&familyName != 0
	case t.cue&occupationCue != 0:
		return s.isCapitalized(i+1) && !(s.isCapitalized(i-1) && !s.tokens[i-1].startsSentence) && (t.startsSentence || t.class&familyName == 0 || !t.capitalized)
	}
	return t.startsSentence && !t.allCaps && t.cue&representationCue != 0 && s.isCapitalized(i+1)
}

// startsIdentifier reports whether an identifier starts at token i.
func (s *scan) startsIdentifier(i int) bool {
	if !s.tokens[i].inSpan {
		return false
	}
	start := int(s.tokens[i].start)
	return slices.ContainsFunc(s.spans, func(span Span) bool { return span.Start == start && span.Type == ID })
}

// isLower reports whether the letter at byte at is a small one.
func (s *scan) isLower(at int) bool {
	r, _ := utf8.DecodeRuneInString(s.text[at:])
	return unicode.IsLower(r)
}

// isThing reports whether the name in tokens [i, j) is rather that of a thing: after an indefinite article ("un Erasmus"), after "van
// de" in Dutch ("van de Erasmusbrug"), or, in a question about the law, after a definite one if the tagger is not sure ("il Pei").
func (s *scan) isThing(i, j int) bool {
	t := &s.tokens[i]
	if j > i+1 || t.startsLine {
		return false
	}
	switch {
	case s.oneOf(i-1, "un", "una", "uno", "une", "een", "um", "uma", "ein", "eine", "einen", "einem", "einer"):
		return t.margin < 6*weightScale && t.class&familyName == 0
	case t.language == langid.Dutch && s.oneOf(i-1, "de", "het"):
		return t.margin < 3*weightScale && t.class&(givenName|familyName) == 0
	case t.language != langid.Portuguese && s.articleBefore(i):
		return t.margin < 2*weightScale && s.asksInGeneral()
	case s.oneOf(i-1, "con", "per", "via", "tramite", "avec", "pour", "por", "com", "mit", "über", "met", "mediante"):
		return t.margin < 2*weightScale && t.class&givenName == 0 && s.asksInGeneral()
	}
	return false
}

// isEverydayPhrase reports whether tokens [i, j) are dictionary words that no list knows as names, and the tagger is not
// sure: "ATTO DI CITAZIONE", "Arbeitsplatz".
func (s *scan) isEverydayPhrase(i, j int) bool {
	best, term := int32(0), false
	for k := i; k < j; k++ {
		t := &s.tokens[k]
		if t.kind != wordToken {
			continue
		}
		traits := s.info[k].traits
		if traits&(isGiven|isFamily) != 0 && traits&isTerm == 0 && !(t.allCaps && traits&isDictionary != 0 && (traits&isGiven == 0 || traits&isSeenLower != 0)) || traits&(isListed|isDictionary|isCompound|isPlace|isTerm) == 0 {
			return false
		}
		best, term = max(best, t.margin), term || traits&isTerm != 0
	}
	if term && j > i+1 {
		return best < 10*weightScale // "General Counsel"
	}
	if s.tokens[i].allCaps {
		return best < 6*weightScale
	}
	return best < 3*weightScale
}

// withParticles returns the start of a name at token i with the particles before it: "van der Berg". A single one may
// be an everyday word.
func (s *scan) withParticles(i int) int {
	switch {
	case s.oneOf(i-1, "der", "den", "de") && s.oneOf(i-2, "van") && !s.tokens[i-1].startsLine && s.isFree(i-2):
		return i - 2
	case s.tokens[i].language == langid.English && s.oneOf(i-1, "van", "von", "der", "del", "della", "di", "da", "dos", "al", "bin") && s.isFree(i-1) && !s.tokens[i].startsLine:
		return i - 1
	}
	return i
}

// mayStartName reports whether the lists allow the word at token i to start a name that the tagger labels.
func (s *scan) mayStartName(i int) bool {
	t := &s.tokens[i]
	l := t.label
	goesOn := i+1 < len(s.tokens) && s.tokens[i+1].label == t.label && !s.tokens[i+1].startsLine
	switch {
	case t.end-t.start == 1 && s.isSymbol(i+1, '.') && s.legalFormAt(i) > i+2:
		return false // "una S.r.l."
	case t.language == langid.Unknown && !goesOn && (t.class&(givenName|familyName) == 0 || t.margin < 3*weightScale):
		return false // no guesses in other languages
	case t.end-t.start == 1 && (!t.capitalized || !goesOn && !s.isSymbol(i+1, '.') || s.isSymbol(i+1, ')')):
		return false // "B)"
	case t.class&(country|state|placeName) != 0 && t.class&(givenName|familyName) == 0 && !goesOn:
		return false
	case t.startsSentence && !goesOn && s.info[i].traits&(isListed|isDictionary) != 0 && (t.class&(givenName|familyName) == 0 || t.class&(givenName|certainName) == 0 && t.margin < s.marginOfVerb(i)):
		return false // a verb: "Chiamate"
	case t.class&placeName != 0 && !goesOn && s.afterPreposition(i) && (t.class&givenName == 0 || t.margin < 7*weightScale/2 && (s.asksInGeneral() || t.margin < 5*weightScale/2) || t.language == langid.Italian && s.asksInGeneral()):
		return false // "en Barcelona", "a Bari"
	case (t.allCaps || !t.capitalized) && (t.class&(neverName|idKeyword) != 0 || t.cue&(acronymCue|identityCue|bankCue) != 0 && t.end-t.start <= 4):
		return false // "IBAN", "NIE"
	case t.allCaps && t.end-t.start-int32(t.elision) <= 4 && (t.class&givenName == 0 || t.margin < 6*weightScale) && !goesOn && !s.uppercaseText && !(i > 0 && s.tokens[i-1].inSpan):
		return false // "ACM", "L'IMU", "TIM"
	case s.uppercaseText && !goesOn && t.class&givenName == 0 && t.margin < 6*weightScale && l == personLabel && !s.isTitle(i-1) && !s.isSymbol(i-1, '.'):
		return false // "ALS BÜRGIN"
	case t.cue&(identityCue|referenceCue|numberedCue|acronymCue|bankCue|phoneCue|birthCue|handleCue) != 0 && !goesOn && t.class&givenName == 0:
		return false // a label: "Póliza"
	case l == personLabel && !goesOn && t.language != langid.English && t.class&(givenName|familyName|certainName) == 0 && t.margin < 5*weightScale && s.asksInGeneral() && s.asksAboutTrade() &&
		!s.nameKeywordBefore(i) && s.tokens[max(i-1, 0)].startsSentence && s.tokens[max(i-1, 0)].cue&(relationCue|occupationCue) == 0:
		return false // rather a brand: "Darf Nivea so werben?"
	case t.cue&birthCue != 0 && t.startsSentence && !goesOn:
		return false // "Nació el 7 de julio"
	case t.language == langid.German && !goesOn && t.rank != 0 && s.info[i].traits&isDictionary != 0 && t.class&givenName == 0 && t.margin < weightScale && s.tokens[max(i-1, 0)].cue&(relationCue|occupationCue) == 0:
		return false // "Zimmer gekündigt"
	case s.isSymbol(i+1, ':') && (t.startsSentence || i > 0 && s.tokens[i-1].startsLine && s.tokens[i-1].kind == otherToken) && t.class&(givenName|familyName) == 0 && s.info[i].traits&(isListed|isDictionary|isCompound) != 0,
		s.isSymbol(i+1, ':') && s.isNumber(i+2) && t.class&givenName == 0:
		return false // a caption: "Uren: 20"
	case s.isSymbol(i-1, ':') && s.oneOf(i-2, "ort", "stadt", "place", "town", "city", "lieu", "ville", "lugar", "ciudad", "local", "cidade", "luogo", "città", "plaats"):
		return false // the field of a place
	case t.language == langid.English && t.class&neverName != 0 && t.startsSentence && !goesOn:
		return false // "Mac and Windows"
	case t.class&honorific != 0 && t.class&familyName == 0 && !goesOn:
		return false
	case goesOn && t.class&givenName != 0 && t.margin > 5*weightScale && s.hasClass(i+1, givenName|familyName) && s.tokens[i+1].rank == 0:
		return true // "Li Wei"
	case t.rank > frequentScore && !(goesOn && t.class&nameParticle != 0 && !t.startsSentence && !t.allCaps):
		return false // "Il", "Die", "Will", but "La Tour"
	case t.class&functionWord != 0 && t.language == langid.English && !goesOn:
		return false
	case t.class&(givenName|familyName|certainName) != 0:
		return t.class&definedTerm == 0 || t.margin > 2*weightScale || t.allCaps
	}
	if !goesOn && t.label == personLabel && t.margin < weightScale && !t.allCaps {
		return false // a single word that no list knows
	}
	return t.class&(neverName|idKeyword|cardKeyword|phoneKeyword|definedTerm|functionWord) == 0
}

// marginOfVerb is by how much the tagger must prefer a family name to another word at the start of a sentence. In a report, a
// small word follows it: "Russo non paga".
func (s *scan) marginOfVerb(i int) int32 {
	if !s.asksInGeneral() && s.isWord(i+1) && !s.tokens[i+1].capitalized && !s.tokens[i+1].startsLine && s.tokens[i+1].class&nameParticle == 0 && s.tokens[i+1].cue&nameConnector == 0 {
		return 2 * weightScale
	}
	return 3 * weightScale
}

// afterPreposition reports whether a preposition of place stands before token i.
func (s *scan) afterPreposition(i int) bool {
	return s.oneOf(i-1, "in", "at", "of", "near", "aus", "nach", "à", "de", "en", "a", "di", "da", "te", "em", "do", "bei") || s.hasClass(i-1, placeKeyword) && !s.tokens[i-1].capitalized
}

// continueName returns the end of the next part of a name with label l, which ends before token j, or 0.
func (s *scan) continueName(j int, l label) int {
	labeled := func(k int) bool {
		return s.isWord(k) && !s.tokens[k].inSpan && !s.tokens[k].startsLine && s.tokens[k].label == l
	}
	t := &s.tokens[j]
	switch {
	case l == personLabel && s.joinedSurname(j) > 0:
		return s.joinedSurname(j)
	case l == personLabel && s.isConjunction(j):
		return 0
	case s.endsPlainName(j):
		return 0
	case labeled(j):
		return j + 1
	case t.inSpan || t.startsLine:
		return 0
	case t.symbol == '.' && s.adjacent(j) && s.isWord(j-1) && (s.tokens[j-1].end-s.tokens[j-1].start <= 2 || s.tokens[j-1].class&honorific != 0) && labeled(j+1):
		return j + 2
	case l == personLabel && t.allCaps && s.tokens[j-1].allCaps && s.endsCapitals(j):
		return j + 1 // the last name of a deed: "MARGARET ELLEN DAY"
	case t.camelCase && strings.IndexByte(s.text[t.start:t.end], '\'') == 1:
		return j + 1 // "d'Artagnan"
	case (t.symbol == '-' || t.symbol == '\'') && s.adjacent(j) && s.adjacent(j+1) && s.isWord(j+1) && !s.tokens[j+1].inSpan && (s.tokens[j+1].capitalized || s.tokens[j+1].label == l):
		return j + 2
	case l == companyLabel && (t.symbol == '&' || s.oneOf(j, "and", "und", "et", "y", "e", "en")) && labeled(j+1):
		return j + 2
	case l == companyLabel && t.symbol == ',' && labeled(j+1) && s.tokens[j+1].class&orgSuffix != 0:
		return j + 2
	case t.class&nameParticle != 0 && (!t.capitalized || t.allCaps && s.tokens[j-1].allCaps):
		k := j + 1
		for k < j+3 && s.hasClass(k, nameParticle) && !s.tokens[k].startsLine {
			k++
		}
		if labeled(k) && (t.allCaps || !s.tokens[k].allCaps || s.tokens[j-1].allCaps) { // not "Heitor do SUS"
			return k + 1
		}
	}
	return 0
}

// residenceWords say that a person lives in the town after them or comes from it.
var residenceWords = []string{
	"live", "lives", "lived", "living", "reside", "resides", "resided", "residing", "resident", "born", "grew", "moved", "originally",
	"domiciled", "home", "visiting", "visited", "arrived", "from",
}

// residenceBefore reports whether one of the four words before token i says that somebody lives there.
func (s *scan) residenceBefore(i int) bool {
	for k, n := i-1, 0; k >= 0 && n < 5; k-- {
		t := &s.tokens[k]
		if t.inSpan {
			continue
		}
		n++
		if t.startsLine && k < i-1 || t.kind == otherToken && t.symbol != ',' && t.symbol != '.' {
			return false
		}
		if t.kind == wordToken && s.oneOf(k, residenceWords...) {
			return true
		}
	}
	return false
}

// endsCapitals reports whether the word at token j ends a run of capitals, as the last name in a deed does.
func (s *scan) endsCapitals(j int) bool {
	return (s.tokens[j].class&definedTerm == 0 || s.isSymbol(j+1, ',')) && !(s.isWord(j+1) && s.tokens[j+1].allCaps && !s.tokens[j+1].startsLine)
}

// foreignScriptAt records a name in a script that the passage's language does not use: "I rent from 田中太郎". A longer run
// is a quotation, not a name.
func (s *scan) foreignScriptAt(i int) int {
	if s.tokens[i].language == langid.Unknown || !s.isForeignScript(i) || s.isForeignScript(i-1) {
		return 0
	}
	j := i + 1
	for s.isForeignScript(j) && !s.tokens[j].startsLine {
		j++
	}
	if j-i > 4 || s.tokens[j-1].end-s.tokens[i].start > 60 {
		return 0
	}
	s.addSpan(Person, i, j)
	return j
}

// isForeignScript reports whether token i is a word in another script than Latin, with a capital if the script has any.
func (s *scan) isForeignScript(i int) bool {
	if !s.isWord(i) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.tokens[i].start:])
	return r >= 0x370 && r != 'ª' && !unicode.IsLower(r) && !unicode.Is(unicode.Latin, r)
}
