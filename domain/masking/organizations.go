package masking

import "counsel/domain/langid"

// organizationByContext finds an organization whose name consists of everyday words and is recognizable only
// by its context: "is from Solar Census", "the address of Pave is", "the Sap office". It returns the
// end of the name, or 0. In contracts it is stricter, because they also capitalize defined terms.
func (s *scan) organizationByContext(i int) int {
	t := &s.tokens[i]
	if !t.capitalized || t.startsSentence || s.uppercaseText || s.lowercaseText || t.class&(functionWord|foreignWord|weekday|month|neverName|demonym|honorific|definedTerm) != 0 && !(t.allCaps && t.class&(definedTerm|functionWord) == 0) {
		return 0
	}
	j := i + 1
	for j < i+5 && s.isWord(j) && !s.tokens[j].inSpan && !s.tokens[j].startsLine && (s.tokens[j].capitalized || s.equals(j, "of") && s.isWord(j+1)) {
		if s.hasClass(j, definedTerm|legalReference) {
			return 0
		}
		j++
	}
	if s.equals(j-1, "of") {
		j--
	}
	office := s.oneOf(j, "office", "offices", "headquarters", "branch")
	switch {
	case s.equals(i-1, "the") && office, s.equals(i-1, "of") && s.oneOf(i-2, "address", "headquarters", "ceo", "employee"):
		return j
	case s.readsLikeContract() || s.isSymbol(j, '-'):
		return 0
	case s.equals(i-1, "from") && s.oneOf(i-2, "is", "was", "am"):
		return j
	case t.allCaps && t.end-t.start < 3:
		return 0
	case s.equals(i-1, "at") && (s.isSymbol(j, ',') || s.equals(j, "as")), s.equals(i-1, "became"), s.equals(i-1, "joined"), s.equals(i-1, "starring"):
		return j
	}
	return 0
}

// findAddressees masks the line above an address: the person or organization it belongs to.
func (s *scan) findAddressees() {
	for _, head := range s.addressStarts {
		j := head
		for j > 0 && s.tokens[j-1].kind == otherToken && !s.tokens[j].startsLine {
			j-- // ">", "???"
		}
		if j == 0 || !s.tokens[j].startsLine {
			continue
		}
		i := j
		for i > 0 && j-i < 12 && !(i < j && s.tokens[i].startsLine) {
			i--
		}
		for i < j && s.tokens[i].kind == otherToken {
			i++
		}
		fits, open := i < j && j-i <= 8, false
		for k := i; k < j && fits; k++ {
			t := &s.tokens[k]
			open = open || !t.inSpan
			fits = t.inSpan || t.kind == numberToken || t.symbol == '&' || t.symbol == '-' || t.symbol == '\'' || t.symbol == '.' && k == j-1 ||
				t.kind == wordToken && (t.capitalized || s.lowercaseText || k > i && s.oneOf(k, "of", "and"))
		}
		// a heading is not an addressee
		if fits && open && !(s.hasClass(i, legalReference|addressKeyword) || s.tokens[i].class&definedTerm != 0 && j-i < 3) {
			s.addSpan(Company, i, j)
		}
	}
}

// organizationAt finds the name of an organization at token i and returns its end, or 0.
func (s *scan) organizationAt(i int) int {
	t := &s.tokens[i]
	if !t.capitalized && !s.lowercaseText || t.class&functionWord != 0 && s.nameScore(i) == notName || t.class&definedTerm != 0 && s.nameScore(i) < strongName && t.class&familyName == 0 || t.end-t.start < 2 {
		return 0
	}
	if s.uppercaseText && s.nameScore(i) < strongName {
		return 0
	}
	end, legalForm, soft, and := 0, false, false, 0
	strange := s.nameScore(i) == strongName
	j := i + 1
	for n := 0; n < 6 && j < len(s.tokens) && !s.tokens[j].inSpan && !s.tokens[j].startsLine; n++ {
		p := &s.tokens[j]
		switch {
		case p.symbol == '&' || s.equals(j, "and") && s.isCapitalized(j+1) || s.equals(j, "of") && s.isCapitalized(j+1):
			if p.symbol != '&' {
				and = j
			}
		case p.symbol == ',' && s.isWord(j+1) && s.isCapitalized(j+1):
		case (p.symbol == '-' || p.symbol == '\'') && s.adjacent(j) && s.adjacent(j+1):
		case p.kind == wordToken && (p.capitalized || s.lowercaseText && p.class&functionWord == 0):
			if p.class&orgSuffix != 0 && j > i {
				form := false
				for _, f := range legalForms {
					if s.equals(j, f) && (len(f) > 2 || p.allCaps && !(s.uppercaseText && s.inCapitals(j))) {
						form = true
					}
				}
				if form || !s.lowercaseText && !s.uppercaseText && p.class&functionWord == 0 {
					end, soft = j+1, true
					legalForm = legalForm || form
				}
			}
			if s.nameScore(j) == strongName {
				strange = true
			}
			// a partnership: "Jones, Mitchell and Williams"
			if and == j-1 && s.isSymbol(i+1, ',') && p.class&familyName != 0 && s.hasClass(i, familyName) && s.hasClass(i+2, familyName) && and == i+3 {
				end, legalForm = j+1, true
				n = 6
			}
		default:
			n = 6
		}
		if n < 6 {
			j++
		}
	}
	switch {
	case end == 0:
		// "Brown-Weaver": two family names
		if s.isSymbol(i+1, '-') && s.adjacent(i+1) && s.adjacent(i+2) && !s.hasClass(i, givenName) && s.hasClass(i, familyName) && s.hasClass(i+2, familyName) && !s.hasClass(i-1, givenName) && s.isCapitalized(i+2) && s.nameScore(i) > notName && s.nameScore(i+2) > notName && s.nameScore(i+3) != strongName {
			s.addSpan(Company, i, i+3)
			return i + 3
		}
		return 0
	case legalForm:
	case t.language == langid.English && s.asksAboutLaw():
		return 0 // an institution: "Westminster City Council"
	case soft && strange:
	case soft && end-i >= 2 && !t.startsSentence && !s.readsLikeContract() && s.oneOf(i-1, "from", "at", "for", "became", "joined", "with"):
	default:
		return 0
	}
	if legalForm && (end-i == 1 || end-i == 2 && t.class&(country|state|demonym) != 0) {
		return 0 // "a Delaware LLC"
	}
	if s.lowercaseText && end-i > 4 {
		return 0
	}
	if s.isSymbol(end, '.') && s.adjacent(end) && s.oneOf(end-1, "inc", "ltd", "corp", "co") {
		end++
	}
	s.addSpan(Company, i, end)
	return end
}
