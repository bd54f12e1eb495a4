package masking

import (
	"strings"

	"counsel/domain/langid"
)

// legalForms mark the capitalized words before them as the name of a company, in lower case and without full stops.
var legalForms = []string{
	"inc", "llc", "llp", "ltd", "corp", "gmbh", "plc", "ag", "bv", "nv", "sarl", "srl", "spa", "oy", "ab", "aps", "pty", "incorporated", "kft", "ltda", "kg",
	"limited", "corporation", "co", "sa", "sas", "asa", "lp", "as", "se",
	"ohg", "kgaa", "ug", "ev", "eg", "ek", "gbr", "partg", "mbh", "sasu", "eurl", "sci", "snc", "sca", "scea", "selarl", "scp", "me", "sl", "slu", "sau", "sll", "slne",
	"scoop", "scop", "scic", "gie", "aie", "dac", "cic", "cio", "ulc", "clg", "doo", "ehf", "uab", "sro", "zrt", "nyrt", "sàrl", "sab", "sapi", "mbb", "src", "lda", "eireli", "sgps", "epp", "vof", "cv", "sprl", "bvba", "vzw", "asbl", "scrl", "sapa", "srls", "scarl", "ss", "pllc", "pte", "pvt", "unipessoal",
}

var legalFormSet = func() map[string]bool {
	set := map[string]bool{}
	for _, f := range legalForms {
		set[f] = true
	}
	return set
}()

// findCompanies finds companies by their legal form: "Énergies du Littoral SAS", "Inversiones Peñalara, S.A.".
func (s *scan) findCompanies() {
	if s.lowercaseText {
		s.findLowercaseCompanies()
		return
	}
	for j := 0; j < len(s.tokens); j++ {
		t := &s.tokens[j]
		if from := s.companyIntroduced(j); from >= 0 {
			if end := s.companyAfter(from); end > 0 {
				s.addSpan(Company, s.numeralBefore(min(from, s.companyWordStart(j, from))), end)
				j = end - 1
				continue
			}
		}
		if i := s.tradeEndsName(j); i < j && !s.hasLegalForm(j) {
			s.addSpan(Company, i, j+1)
			continue
		}
		if t.inSpan || t.kind != wordToken && !(t.symbol == '&' && s.hasCue(j+1, partnersCue)) || j == 0 || t.startsLine || t.law || !t.capitalized && t.symbol != '&' && (t.class&orgSuffix == 0 || s.equals(j, "limited")) && !(t.end-t.start == 1 && s.isSymbol(j+1, '.')) {
			continue
		}
		end := s.legalFormAt(j)
		if end == 0 {
			continue
		}
		if i := s.companyStart(j); i < j && !s.isKindOfCompany(i, j) {
			s.addSpan(Company, i, end)
			j = end - 1
		}
	}
}

// isKindOfCompany reports whether the words between tokens i and j and the legal form at j name no company but a kind:
// "a Texas LLC", "a German GmbH", "SRL e SRLS".
func (s *scan) isKindOfCompany(i, j int) bool {
	for k := i; k < j; k++ {
		t := &s.tokens[k]
		if t.kind != wordToken || t.class&(country|state|demonym) == 0 && t.cue&nameConnector == 0 && s.legalFormAt(k) == 0 {
			return false
		}
	}
	return true
}

// findLowercaseCompanies finds companies in a text without capitals by the legal forms that are no words: "tamarind foods ltd".
func (s *scan) findLowercaseCompanies() {
	for j := range s.tokens {
		t := &s.tokens[j]
		if t.kind != wordToken || t.class&orgSuffix == 0 && t.end-t.start != 1 && t.end-t.start != 4 {
			continue
		}
		if t.inSpan || !s.oneOf(j, "ltd", "inc", "llc", "llp", "plc", "gmbh", "sarl", "sasu", "ltda", "srl", "pty", "ohg", "kft", "bv", "b") || s.equals(j, "b") && !(s.isSymbol(j+1, '.') && s.equals(j+2, "v") && s.adjacent(j+2)) {
			continue
		}
		from := j
		for n := 0; n < 3 && from > 0 && s.isWord(from-1) && !s.tokens[from-1].inSpan && !s.tokens[from].startsLine; n++ {
			if t := &s.tokens[from-1]; t.class&(functionWord|definedTerm|jobWord) != 0 || t.cue&(connector|companyCue|relationCue|ownCue) != 0 || t.rank > frequentScore {
				break
			}
			from--
		}
		if from == j {
			continue
		}
		end := j + 1
		if s.equals(j, "b") {
			end = j + 3
		}
		if s.isSymbol(end, '.') && s.adjacent(end) && end < len(s.tokens)-1 {
			end++
		}
		s.addSpan(Company, from, end)
	}
}

// companyIntroduced returns the token after a word that introduces the name of a company at token j ("société", "Firma",
// "SARL"), or that token if it starts the name ("Bakkerij"), or -1.
func (s *scan) companyIntroduced(j int) int {
	t := &s.tokens[j]
	switch {
	case t.inSpan || t.law || j+1 >= len(s.tokens) || s.tokens[j+1].startsLine:
		return -1
	case t.cue&companyCue != 0 && (!t.capitalized || s.oneOf(j, "firma", "stichting", "vereniging")):
		return j + 1
	case t.cue&tradeCue != 0 && s.tradeStartsName(j), t.cue&organizationCue != 0 && t.capitalized && s.organizationStartsName(j):
		return j
	case s.equals(j, "f") && t.capitalized && s.isSymbol(j+1, '.') && s.equals(j+2, "lli") && s.adjacent(j+2):
		return j // "F.lli Goi"
	case s.equals(j, "fa") && s.isSymbol(j+1, '.') && t.capitalized:
		return j + 2
	case t.allCaps && !s.inCapitals(j) && (s.oneOf(j, "sarl", "sasu", "eurl", "selarl") || t.language == langid.French && s.oneOf(j, "sas", "sci", "snc", "sa", "scp", "scea")):
		if t.cue&nameConnector == 0 && s.isWord(j+1) && s.tokens[j+1].cue&nameConnector != 0 && !s.tokens[j+1].capitalized {
			return j + 2
		}
		return j + 1
	}
	return -1
}

// organizationStartsName reports whether a name follows the kind of organization at token j: "Fundación Ríos Claros".
func (s *scan) organizationStartsName(j int) bool {
	k := j + 1
	if s.isSymbol(k, '.') {
		k++
	}
	if !s.tokens[j].startsLine && s.isCapitalized(j-1) && s.hasLegalForm(j) {
		return false // the name starts before it
	}
	if s.tokens[j].law || s.isWord(k) && !s.tokens[k].capitalized && s.tokens[k].cue&nameConnector != 0 {
		return false // "Asociación de Vecinos"
	}
	return s.isCapitalized(k) && !s.tokens[k].law && !s.tokens[k].startsLine && s.tokens[k].class&(definedTerm|honorific|legalReference) == 0 && s.tokens[k].allCaps == (s.tokens[j].allCaps && s.tokens[k].allCaps)
}

// numeralBefore returns the start of a digit and capital before the name of a company at token i, "3V Impianti".
func (s *scan) numeralBefore(i int) int {
	if s.isWord(i-1) && s.tokens[i-1].allCaps == (s.tokens[i-1].end-s.tokens[i-1].start > 1) && s.tokens[i-1].capitalized && s.isNumber(i-2) && s.adjacent(i-1) && !s.tokens[i].startsLine && !s.tokens[i-2].inSpan {
		return i - 2
	}
	return i
}

// companyWordStart returns the start of the name of a company before token from: a foundation is called one in its name.
func (s *scan) companyWordStart(j, from int) int {
	if s.tokens[j].capitalized && !s.equals(j, "firma") && !s.equals(j, "fa") {
		return j
	}
	return from
}

// companyAfter returns the end of the capitalized name at token i, after a word for a company, or 0.
func (s *scan) companyAfter(i int) int {
	j, named := i, false
	for n := 0; n < 7 && j < len(s.tokens) && !s.tokens[j].inSpan && !s.tokens[j].startsLine; n, j = n+1, j+1 {
		t := &s.tokens[j]
		if named && t.end-t.start == 1 && s.isSymbol(j+1, '.') {
			if k := s.legalFormAt(j); k > j+2 {
				return k // "Vanni S.n.c."
			}
		}
		switch {
		case t.kind == wordToken && t.capitalized && t.class&definedTerm == 0:
			named = named || !t.law
		case j > i && (t.symbol == '&' || t.symbol == '-' && s.adjacent(j)) && s.isCapitalized(j+1), j > i && t.symbol == '.' && s.equals(j-1, "lli"), j == i+1 && t.symbol == '.' && s.adjacent(j) && s.hasCue(i, organizationCue|abbreviation) && s.isCapitalized(j+1), j == i+2 && s.equals(j, "lli"), j == i+1 && t.symbol == '.' && s.equals(j+1, "lli"):
		case j > i && t.cue&nameConnector != 0 && s.isCapitalized(j+1) && !s.hasClass(j+1, honorific):
		default:
			n = 7
			j--
		}
	}
	if !named || j == i {
		return 0
	}
	if k := s.legalFormAt(j); k > 0 {
		return k
	}
	return j
}

// companyStart returns the first token of the company name before the legal form at token j, or j if there is none.
func (s *scan) companyStart(j int) int {
	start := j
	k := j - 1
	if s.isSymbol(k, ',') {
		k--
	}
	for n := 0; n < 9 && k >= 0; n, k = n+1, k-1 {
		t := &s.tokens[k]
		if t.inSpan || s.tokens[k+1].startsLine || t.law && n == 0 && !(t.kind == wordToken && (s.isCapitalized(k-1) && !s.tokens[k-1].law || s.isNumber(k-1) && s.tokens[k-1].end-s.tokens[k-1].start >= 6) && !t.startsLine) {
			break
		}
		switch {
		case t.kind == wordToken && (t.capitalized || t.camelCase):
			if t.startsSentence && t.rank > frequentScore && !s.startsFamilyName(k) || t.class&definedTerm != 0 && t.startsSentence && n > 0 {
				return start // "Die Beispielbau AG"
			}
			start = k
		case t.kind == numberToken && (!s.adjacent(k+1) || s.isSymbol(k+1, ',') || s.isCapitalized(k+1)) && t.end-t.start <= 4:
			if start < j {
				start = k
			}
		case t.kind == numberToken && start == k+1 && start < j && t.end-t.start >= 6: // "1882904 Ontario Inc."
			return k
		case (s.isQuote(k) && (s.isCapitalized(k-1) || s.isCapitalized(k+1) && s.adjacent(k+1)) || t.kind == wordToken && t.end-t.start == 1 && s.isSymbol(k-1, '\'') && s.isCapitalized(k-2)) && k > 0 && start < j:
			if s.isCapitalized(k+1) && s.adjacent(k+1) && s.isQuote(k) && !s.adjacent(k) {
				return k
			}
		case t.symbol == '&' || t.symbol == '-' && s.adjacent(k) && s.adjacent(k+1) || t.symbol == '\'' || t.symbol == '.' && k > 0 && s.tokens[k-1].end-s.tokens[k-1].start <= 3:
		case t.cue&nameConnector != 0 && k > 0 && (s.tokens[k-1].capitalized || s.isSymbol(k-2, '\'') && s.equals(k-1, "s")) && start == k+1 && !s.endsPerson(k-1):
		default:
			return s.withoutArticle(start, j)
		}
	}
	return s.withoutArticle(start, j)
}

// endsPerson reports whether the word at token k is a family name after a given name or a title: "Mr. Finch of …".
func (s *scan) endsPerson(k int) bool {
	if s.isSymbol(k-1, '.') {
		return s.hasClass(k-2, honorific) || s.isWord(k-2) && s.tokens[k-2].end-s.tokens[k-2].start == 1
	}
	return s.isWord(k-1) && s.tokens[k-1].capitalized && s.tokens[k-1].class&(givenName|honorific) != 0 && !s.tokens[k].startsLine
}

// withoutArticle skips what precedes the name of a company between tokens i and j: articles, and words for a company.
func (s *scan) withoutArticle(i, j int) int {
	for i < j && (s.tokens[i].rank > frequentScore && !s.tokens[i].allCaps && s.tokens[i].startsSentence && !s.startsFamilyName(i) || s.oneOf(i, "firma", "firm", "société", "sociedad", "sociedade", "società", "empresa", "gesellschaft", "contra", "contre", "contro", "gegen", "versus", "v") || s.tokens[i].kind == otherToken) {
		i++
	}
	return i
}

// startsFamilyName reports whether the word at token i is a preposition in front of a family name: "Van Rijn & Zn."
func (s *scan) startsFamilyName(i int) bool {
	return (s.oneOf(i, "van", "von", "di", "del", "dal") || s.equals(i, "de") && s.tokens[i].language == langid.Dutch) && s.isCapitalized(i+1)
}

// legalFormAt returns the end of the legal form of a company at token j, in one word or spelled with full stops
// ("S.r.l.", ", Inc.", "& Co. KG"), or 0. A short form must be written as it is used: "AG", not "Ag".
func (s *scan) legalFormAt(j int) (end int) {
	if s.isSymbol(j, '&') && s.hasCue(j+1, partnersCue) {
		if end = j + 2; s.isSymbol(end, '.') && s.adjacent(end) {
			end++
		}
		return max(end, s.legalFormAt(end)) // "Van Rijn & Zn.", "Oduya & Partners LLP"
	}
	if s.isSymbol(j, ',') || s.isSymbol(j, '&') {
		j++
	}
	if s.countyAt(j) > 0 {
		return 0
	}
	var form [12]byte
	n, dots := 0, 0
	for k := j; k < len(s.tokens) && !s.tokens[k].inSpan && !(k > j && s.tokens[k].startsLine); k++ {
		t := &s.tokens[k]
		switch {
		case t.kind == wordToken && int(t.end-t.start) <= len(form)-n && (k == j || s.adjacent(k) || dots > 0 && s.equals(k, "coop")):
			for _, c := range []byte(s.text[t.start:t.end]) {
				form[n] = lower(c)
				n++
			}
			if legalFormSet[string(form[:n])] && (n > 3 || dots > 0 || t.allCaps && !s.inCapitals(k) || s.oneOf(k, "inc", "ltd", "spa", "srl", "lda", "kft", "pty", "plc", "pte", "pvt", "dac", "cic", "mbb") || s.equals(k, "me") && t.allCaps && t.language == langid.Portuguese || s.equals(k, "co") && t.capitalized && s.isSymbol(k+1, '.')) {
				if end = k + 1; s.isSymbol(end, '.') && s.adjacent(end) && (dots > 0 || s.oneOf(k, "inc", "ltd", "ltda", "lda", "corp", "co")) {
					end++
				}
			}
		case (t.symbol == '.' || t.symbol == '/') && s.adjacent(k) && n > 0:
			dots++
		default:
			return s.afterLegalForm(end)
		}
	}
	return s.afterLegalForm(end)
}

// inCapitals reports whether another word in capitals follows, so that its capitals mean nothing: "WHERE AS OTHERS".
func (s *scan) inCapitals(k int) bool {
	return k+1 < len(s.tokens) && s.tokens[k+1].allCaps && !s.tokens[k+1].startsLine && !legalFormSet[strings.ToLower(s.text[s.tokens[k+1].start:s.tokens[k+1].end])]
}

// afterLegalForm extends a legal form by what follows it: "GmbH & Co. KG", "UG (haftungsbeschränkt)".
func (s *scan) afterLegalForm(end int) int {
	switch {
	case end == 0:
	case s.isSymbol(end, '&'):
		if k := s.legalFormAt(end); k > 0 {
			return k
		}
	case s.isSymbol(end, '(') && s.equals(end+1, "haftungsbeschränkt") && s.isSymbol(end+2, ')'):
		return end + 3
	case s.oneOf(end, "società", "societa", "sociedad", "agricola", "lda", "ltda", "kg"):
		end++
		if s.oneOf(end, "benefit", "agricola") {
			end++
		}
	case s.isSymbol(end, ',') && s.oneOf(end+1, "lda", "ltda", "inc", "llc"):
		if k := s.legalFormAt(end + 1); k > 0 {
			return k
		}
	}
	return end
}
