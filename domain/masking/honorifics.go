package masking

import "counsel/domain/langid"

// afterHonorific finds a person after an honorific or a title: "Mr. Smith", "Frau Dr. Klein", "l'avv. Fedele Bruno",
// "la marquise de Merteuil". The title is part of what is masked.
func (s *scan) afterHonorific(i int) int {
	t := &s.tokens[i]
	if t.language == langid.English && !t.capitalized && !s.lowercaseText {
		return 0
	}
	k, dotted := i+1, false
	if s.isSymbol(k, '.') && s.adjacent(k) {
		k, dotted = k+1, true
	}
	for n := 0; n < 3 && s.hasClass(k, honorific) && s.isFree(k) && !s.tokens[k].startsLine; n++ { // "Prof. Dr."
		k++
		if s.isSymbol(k, '.') && s.adjacent(k) {
			k, dotted = k+1, true
		}
	}
	if !s.isWord(k) || s.tokens[k].inSpan || s.tokens[k].law {
		return 0
	}
	next := &s.tokens[k]
	if next.startsLine {
		return s.addressedTo(i, k)
	}
	p := k // a particle: "el marqués de Valdeazores"
	for n := 0; n < 3 && s.hasClass(p, nameParticle) && !s.tokens[p].capitalized; n++ {
		p++
	}
	if p > k && !(s.isWord(p) && s.tokens[p].capitalized && !s.tokens[p].startsLine && s.mayFollowTitle(p)) {
		return 0
	}
	if next.language == langid.French && s.oneOf(k, "le", "la") && !next.capitalized {
		return 0 // "Monsieur le Procureur"
	}
	if p == k && !s.mayFollowTitle(k) {
		return 0
	}
	// "Sir", "Judge" and "Don" are also ordinary words
	certain := dotted || s.oneOf(i, "mr", "mrs", "ms", "miss", "dr", "herr", "herrn", "frau", "mme", "mlle", "monsieur", "señor", "señora", "senhor", "senhora", "signor", "signora", "doña", "mevrouw", "meneer", "heer", "dhr", "mevr")
	if !certain && s.nameScore(p) < strongName && s.tokens[p].label != personLabel {
		return 0
	}
	if s.lowercaseText && s.equals(i, "miss") && s.nameScore(k) < strongName {
		return 0
	}
	j := s.extendName(p)
	if t.cue&nobility != 0 && s.hasClass(j, nameParticle) && !s.tokens[j].startsLine && s.isCapitalized(j+1) {
		j += 2 // "il conte Ranieri di Montauto"
	}
	s.addSpan(Person, i, j)
	s.occupationAfter(j)
	return j
}

// isTitle reports whether token k is a title, also after an elided article: "l'avv.".
func (s *scan) isTitle(k int) bool {
	if s.hasClass(k, honorific) {
		return true
	}
	if !s.isWord(k) {
		return false
	}
	word := s.text[s.tokens[k].start:s.tokens[k].end]
	return len(word) > 2 && lower(word[0]) == 'l' && word[1] == '\'' && s.lex.lookup(s.lex.hashWord(word[2:]))&honorific != 0
}

// mayFollowTitle reports whether token k can be the name after a title, rather than an office: "Frau Richterin".
func (s *scan) mayFollowTitle(k int) bool {
	t := &s.tokens[k]
	named := t.class&(givenName|familyName) != 0
	switch {
	case t.class&definedTerm != 0 && t.label != personLabel && (t.allCaps || !named):
		return false // an office: "SENHOR DOUTOR JUIZ"
	case s.lowercaseText:
		return t.rank <= functionScore && t.class&(functionWord|nameParticle) == 0
	case t.language == langid.English:
		return (t.capitalized || s.lowercaseText) && (t.class&(functionWord|foreignWord) == 0 || t.capitalized)
	case !t.capitalized:
		return named && (t.rank == 0 || t.label == personLabel)
	case t.rank > frequentScore && !named:
		return false
	}
	return t.label == personLabel || named || t.margin > ruleMargin || s.info[k].traits&(isListed|isDictionary|isCompound) == 0
}

// addressedTo finds the person on the line below a title that stands alone: "Herrn" and "Paul Winter" in an address.
func (s *scan) addressedTo(i, k int) int {
	if i > 0 && !s.tokens[i].startsLine {
		return 0
	}
	j := k
	for ; j < len(s.tokens) && (j == k || !s.tokens[j].startsLine); j++ {
		t := &s.tokens[j]
		if j-k >= 6 || t.inSpan || t.kind == numberToken || t.kind == wordToken && !t.capitalized && t.class&nameParticle == 0 {
			return 0
		}
	}
	if j-k < 2 {
		return 0
	}
	s.addSpan(Person, k, j)
	return j
}

// withTitles returns the start of a name at token i with the titles before it.
func (s *scan) withTitles(i int) int {
	for i > 0 && !s.tokens[i].startsLine {
		k := i - 1
		if s.isSymbol(k, '.') && s.adjacent(k) {
			k--
		} else if s.tokens[k].language == langid.English {
			return i
		}
		if !s.isTitle(k) || !s.isFree(k) {
			return i
		}
		i = k
	}
	return i
}

// personBefore reports whether the words before token i say that a person follows.
func (s *scan) personBefore(i int) bool {
	for k := i - 1; k >= max(0, i-2) && !s.tokens[k+1].startsLine; k-- {
		if s.oneOf(k, "minor", "child", "son", "daughter", "witness", "victim", "kind", "sohn", "tochter", "zeuge", "zeugin", "minderjährige", "mineur", "mineure",
			"enfant", "fils", "fille", "témoin", "menor", "hijo", "hija", "testigo", "filho", "filha", "testemunha", "minore", "figlio", "figlia", "teste", "minderjarige",
			"zoon", "dochter", "getuige", "kläger", "klägerin", "applicant", "appellant", "recorrente", "ricorrente") {
			return true
		}
		if s.isWord(k) {
			return false
		}
	}
	return false
}

// initialsAt finds a name that starts with initials at token i: "T. Cheung", "I.M. Brouwer".
func (s *scan) initialsAt(i int) int {
	k := i
	for n := 0; n < 4 && s.isWord(k) && s.isFree(k) && s.tokens[k].capitalized && s.tokens[k].end-s.tokens[k].start == 1 && s.isSymbol(k+1, '.') && s.adjacent(k+1); n++ {
		k += 2
	}
	if k > i && s.personBefore(i) && !(s.isWord(k) && s.tokens[k].capitalized && !s.tokens[k].startsLine && s.tokens[k].rank == 0) {
		s.addSpan(Person, i, k) // "the minor A.B."
		return k
	}
	if k == i || s.isWord(k) && s.tokens[k].cue&(acronymCue|identityCue|bankCue) != 0 && s.tokens[k].allCaps {
		return 0 // "P. IVA"
	}
	if k == i+4 && s.tokens[i+2].afterBlank && s.isSymbol(k, ',') {
		s.addSpan(Person, i, k) // "B. K., a member of the board"
		return k
	}
	p := k
	for n := 0; n < 3 && s.hasClass(p, nameParticle) && !s.tokens[p].capitalized && !s.tokens[p].startsLine; n++ {
		p++
	}
	if !s.isFree(p) || !s.isWord(p) || s.tokens[p].startsLine || !s.tokens[p].afterBlank || !s.tokens[p].capitalized || s.tokens[p].law || s.tokens[p].end-s.tokens[p].start < 2 {
		return 0
	}
	t := &s.tokens[p]
	if t.rank > frequentScore && t.class&familyName == 0 || s.tokens[i].startsLine && k == i+2 && s.oneOf(i, "i", "v", "x") {
		return 0 // a numeral
	}
	named := t.label == personLabel || t.class&familyName != 0 && t.rank == 0 || t.margin > ruleMargin && t.rank == 0 && s.info[p].traits&isDictionary == 0
	// "A. Facts" is a heading
	if !named || s.tokens[i].startsLine && t.label != personLabel && s.info[p].traits&(isDictionary|isListed) != 0 || t.class&(country|state|definedTerm|legalReference) != 0 && t.label != personLabel {
		return 0
	}
	j := s.extendName(p)
	s.addSpan(Person, s.withTitles(i), j)
	return j
}
