package masking

import "counsel/domain/langid"

// everydayTraits are those of words that a relation or a trade does not turn into a name.
const everydayTraits = isListed | isDictionary | isCompound | isPlace | isCountry | isTerm | isHonorific | isOrgSuffix | isCalendar

// afterRelation finds a person at token i after a relation or role: "my nephew Zeca", "lo skipper Tore", "unser
// Hausmeister Kurt", "el dueño, Suso Rial,". The name must be a listed given name or a word of no dictionary: "meine Frau Rechtsanwältin".
func (s *scan) afterRelation(i int) int {
	t := &s.tokens[i]
	if s.lowercaseText && t.rank == 0 && (t.class&(givenName|familyName) != 0 && t.class&commonWord == 0 || t.label == personLabel && t.margin > 5*weightScale) && t.class&functionWord == 0 && s.info[i].traits&isDictionary == 0 &&
		s.isWord(i-1) && s.tokens[i-1].cue&relationCue != 0 && s.oneOf(i-2, possessives...) {
		j := s.extendName(i)
		s.addSpan(Person, i, j) // "meu marido wellington"
		return j
	}
	relation := i - 1
	comma := s.isSymbol(relation, ',')
	if comma {
		relation--
	}
	if relation < 0 || !t.capitalized || t.startsLine || !t.afterBlank || t.law {
		return 0
	}
	signs := comma && s.tokens[relation].cue&closing != 0 // "Groetjes, Hanneke"
	if !signs && s.tokens[relation].cue&(relationCue|occupationCue) == 0 || !s.mayBeNamed(i) && (comma || !s.isOwnRelation(i) && !s.isTradesman(i)) {
		return 0
	}
	j := i + 1
	for j < len(s.tokens) {
		if k := s.continueName(j, personLabel); k > 0 {
			j = k
			continue
		}
		next := &s.tokens[j]
		if next.kind != wordToken || !next.capitalized || next.inSpan || next.startsLine || next.law || !s.mayBeNamed(j) && next.class&familyName == 0 {
			break
		}
		j++
	}
	switch {
	case signs && j < len(s.tokens) && !s.tokens[j].startsLine && !s.isSymbol(j, '.'), comma && !signs && !s.isSymbol(j, ','):
		return 0
	}
	s.addSpan(Person, i, j)
	return j
}

var possessives = []string{
	"my", "your", "his", "her", "our", "their", "mijn", "zijn", "haar", "onze", "mon", "ma", "son", "sa", "notre", "leur", "mi", "tu", "su", "nuestro", "nuestra",
	"mio", "mia", "suo", "sua", "nostro", "nostra", "meu", "minha", "seu", "nosso", "nossa",
}

// isOwnRelation reports whether the word at token i is the name of somebody's relation, although it is an everyday word:
// "my aunt Dot". German writes such words with a capital anyway.
func (s *scan) isOwnRelation(i int) bool {
	t := &s.tokens[i]
	kin := s.oneOf(i-2, "a", "o", "la", "el", "lo", "il") && t.class&(familyName|givenName) != 0 && s.tokens[i-1].cue&occupationCue == 0
	return t.language != langid.German && (kin || s.oneOf(i-2, possessives...)) && !s.tokens[i-1].capitalized && !t.allCaps && t.end-t.start > 2 && !s.isCapitalized(i+1) &&
		t.class&(functionWord|definedTerm|legalReference|neverName|idKeyword|honorific|jobWord|month|weekday|country|state|demonym|placeName) == 0 && t.cue == 0 && t.rank <= frequentScore
}

// isTradesman reports whether the everyday word at token i is the family name of the tradesman or neighbor before it: "El
// fontanero Blanco me inundó el baño". A verb follows it.
func (s *scan) isTradesman(i int) bool {
	t := &s.tokens[i]
	if s.tokens[i-1].cue&occupationCue == 0 || t.class&(familyName|givenName) == 0 || t.allCaps || t.end-t.start < 3 || i+1 >= len(s.tokens) || s.isCapitalized(i+1) ||
		t.class&(definedTerm|legalReference) != 0 && t.language != langid.German || t.class&(idKeyword|month|weekday|country|state|demonym|functionWord) != 0 || t.cue&(lawCue|courtCue|relationCue|occupationCue) != 0 || t.rank > frequentScore && t.language == langid.German {
		return false
	}
	return s.isSymbol(i+1, ',') || s.isWord(i+1) && s.tokens[i+1].class&nameParticle == 0 && s.tokens[i+1].cue&nameConnector == 0
}

// ofBusiness finds the person whose small business stands before token i: "Trabalhei na empresa do João", "the workshop of".
func (s *scan) ofBusiness(i int) int {
	t, k := &s.tokens[i], i-1
	if k < 1 || !t.capitalized || t.allCaps || t.startsLine || t.law || !s.oneOf(k, "de", "do", "da", "di", "del", "della", "of", "von", "van", "d") || s.tokens[k-1].cue&businessCue == 0 {
		return 0
	}
	if t.class&(country|state|demonym|placeName|definedTerm|neverName|month|weekday|legalReference) != 0 && t.class&givenName == 0 || t.cue&authorityCue != 0 {
		return 0
	}
	article := s.oneOf(k, "do", "da") && t.class&(commonWord|functionWord|placeName) == 0 && s.info[i].traits&(isListed|isDictionary|isTerm|isOrgSuffix) == 0
	if !article && !(t.label == personLabel && t.margin >= 3*weightScale) && (t.class&givenName == 0 || t.class&placeName != 0 && t.margin < 0) {
		return 0
	}
	j := s.extendName(i)
	s.addSpan(Person, i, j)
	return j
}

// mayBeNamed reports whether the word at token i is a listed given name or a word that no list explains.
func (s *scan) mayBeNamed(i int) bool {
	t, traits := &s.tokens[i], s.info[i].traits
	switch {
	case t.end-t.start < 2, t.class&(neverName|idKeyword|honorific|month|weekday) != 0, t.cue&(acronymCue|relationCue|courtCue|authorityCue) != 0:
		return false
	case t.allCaps && (t.class&givenName == 0 || s.inCapitals(i)):
		return false // "mio fratello INPS"
	case t.label == personLabel && t.margin > 2*weightScale && traits&isTerm == 0:
		return true // "my grandson Kit"
	case t.rank > frequentScore || t.class&functionWord != 0:
		return false
	case t.class&givenName != 0:
		return traits&(isTerm|isCompound|isSeenLower) == 0
	case t.language == langid.Unknown:
		return t.label == personLabel
	case t.language != langid.German && t.rank == 0 && t.margin > -weightScale:
		return traits&(everydayTraits&^isDictionary|isSeenLower) == 0 // a form of a verb: "lo skipper Tore"
	}
	return traits&(everydayTraits|isSeenLower) == 0
}

// tradeStartsName reports whether the trade at token j starts the name of a business: "Bakkerij de Boer", "Restaurant Le
// Petit Nice", but not "Restaurant Manager".
func (s *scan) tradeStartsName(j int) bool {
	t, k := &s.tokens[j], j+1
	if !t.capitalized || t.elision > 0 && s.isLower(int(t.start)+int(t.elision)) {
		return false
	}
	if !t.startsLine && s.isCapitalized(j-1) && (t.allCaps && s.tokens[j-1].allCaps || s.hasLegalForm(j)) {
		return false // the name starts before it: "Gestión Inmobiliaria Ebro, S.L."
	}
	if s.isWord(k) && !s.tokens[k].capitalized && s.tokens[k].cue&nameConnector != 0 && !s.oneOf(k, "y", "e", "et", "und", "and", "en") {
		k++
	}
	if k > j+1 && s.oneOf(k-1, "von", "van") && s.hasClass(k, givenName) && t.cue&businessCue != 0 {
		return false // "Das Restaurant von Luigi"
	}
	if s.oneOf(k, "zum", "zur") && s.isCapitalized(k+1) {
		return true // "Gasthof Zum Hirschen"
	}
	if !s.isCapitalized(k) || s.tokens[k].inSpan || s.tokens[k].startsLine || s.tokens[k].allCaps != t.allCaps {
		return false
	}
	next := &s.tokens[k]
	if next.class&(definedTerm|jobWord|legalReference|honorific|idKeyword|neverName|weekday) != 0 && next.class&familyName == 0 || next.cue&relationCue != 0 {
		return false
	}
	// "the Hotel Agreement"
	everyday := next.class&(givenName|familyName|placeName) == 0 && s.traits(next)&everydayTraits != 0
	return !everyday || s.isSymbol(j-1, ':') || !t.startsSentence && next.language != langid.German && !s.readsLikeContract()
}

// hasLegalForm reports whether the capitalized words from token j on end with a legal form.
func (s *scan) hasLegalForm(j int) bool {
	for ; s.isCapitalized(j) || s.isSymbol(j, ',') || s.isSymbol(j, '&'); j++ {
		if s.legalFormAt(j) > 0 {
			return true
		}
	}
	return false
}

// tradeEndsName returns the first token of the name of a business that ends with the trade at token j, or j: "Bluebell
// Roofing".
func (s *scan) tradeEndsName(j int) int {
	t := &s.tokens[j]
	if t.cue&tradeEndCue == 0 || !t.capitalized {
		return j
	}
	i, named := j, false
	for n := 0; n < 4 && i > 0 && !s.tokens[i].startsLine; n++ {
		before := &s.tokens[i-1]
		if before.symbol == '&' && s.isCapitalized(i-2) {
			i--
			continue
		}
		if !s.isCapitalized(i-1) || before.law || before.allCaps != t.allCaps || before.rank > frequentScore || before.class&(functionWord|definedTerm|honorific|month|weekday) != 0 {
			break
		}
		named = named || before.class&(givenName|familyName|placeName) != 0 || s.traits(before)&everydayTraits == 0
		i--
	}
	stands := i > 0 && t.language == langid.English && s.isWord(i-1) && !s.tokens[i].startsLine && !s.oneOf(i-1, "the", "this", "of", "any", "all") && !s.readsLikeContract()
	if !named && !stands {
		return j
	}
	return i
}

// secondNames introduce another name of the person before them.
var secondNames = []string{"alias", "aka", "vulgo", "dit", "dite", "detto", "detta", "dito", "dita", "genannt", "genaamd", "ved", "vedova", "viuda", "vda", "viúva", "weduwe", "veuve"}

// secondNameAt finds another name of the person before it at token i: "Elvira Neri ved. Conti", "Klein alias Hotte".
func (s *scan) secondNameAt(i int) int {
	if i < 2 || !s.isCapitalized(i) || s.tokens[i].startsLine || s.tokens[i].law || s.tokens[i].rank > frequentScore {
		return 0
	}
	k := i - 1
	if s.isSymbol(k, '.') || s.oneOf(k, "de") {
		k--
	}
	if k < 1 || !s.oneOf(k, secondNames...) || !(s.tokens[k-1].inSpan || k > 1 && s.isSymbol(k-1, ',') && s.tokens[k-2].inSpan) {
		return 0
	}
	j := i + 1
	for j < i+3 && s.isCapitalized(j) && !s.tokens[j].startsLine && !s.tokens[j].law {
		j++
	}
	s.addSpan(Person, i, j)
	return j
}

// givenNameAt finds a listed given name in the middle of a sentence that the tagger alone is not sure of: "ho sentito
// Carmela". In English the word lists decide; German writes every noun with a capital.
func (s *scan) givenNameAt(i int) int {
	t := &s.tokens[i]
	if i == 0 || t.class&givenName == 0 || t.rank != 0 || !t.capitalized || t.allCaps || t.startsSentence || !t.afterBlank {
		return 0
	}
	before := &s.tokens[i-1]
	if t.language == langid.Portuguese && s.oneOf(i-1, "a", "o", "da", "do", "à", "ao", "na", "no") && !s.isCapitalized(i+1) && !t.startsLine && !t.law &&
		t.class&(familyName|country|state|demonym|placeName|definedTerm|neverName|month|weekday|commonWord) == 0 && s.traits(t)&(isDictionary|isListed|isSeenLower) == 0 {
		s.addSpan(Person, i, i+1)
		return i + 1 // "A Lurdes deixou-me a casa": people have an article
	}
	if t.margin < -2*weightScale {
		return 0
	}
	if t.language == langid.French || t.language == langid.German || t.language == langid.English || t.language == langid.Unknown || before.kind != wordToken || before.capitalized || s.isCapitalized(i+1) || s.afterPreposition(i) {
		return 0
	}
	if t.class&(country|state|demonym|placeName|definedTerm|legalReference|neverName|month|weekday) != 0 || s.info[i].traits&isSeenLower != 0 {
		return 0
	}
	s.addSpan(Person, i, i+1)
	return i + 1
}
