package masking

import (
	"strings"
	"unicode/utf8"
)

// How much a word by itself looks like a name.
const (
	noName = iota
	weak   // an everyday word that is also a name: needs a neighbour or a cue
	strong
)

const nameClasses = first | last | place | country | state

// names finds persons, organizations and places: words that no English list knows or
// that a list of names knows, with what stands beside them.
func (s *scan) names() {
	versus := strings.Contains(s.text, " v. ") || strings.Contains(s.text, " vs. ")
	for i := 0; i < len(s.tokens); i++ {
		if s.tokens[i].taken || s.tokens[i].kind != wordToken {
			continue
		}
		if versus {
			if j := s.citation(i); j > 0 {
				i = j - 1
				continue
			}
		}
		if j := s.nameAt(i); j > i {
			i = j - 1
		}
	}
}

func (s *scan) nameAt(i int) (end int) {
	t := &s.tokens[i]
	if t.class&honorific != 0 {
		if j := s.titled(i); j > 0 {
			return j
		}
	}
	if t.class&nation != 0 && s.person(i, i+1) == noName {
		if s.nationality(i) {
			s.add(Nationality, i, i+1)
			return i + 1
		}
	}
	if t.class&(country|state|place|phrase) != 0 {
		if j := s.location(i); j > 0 {
			return j
		}
	}
	if j := s.organization(i); j > 0 {
		return j
	}
	switch s.nameness(i) {
	case noName:
		if j := s.properAfter(i); j > 0 {
			s.add(Organization, i, j)
			return j
		}
		if !s.slot(i) {
			return 0
		}
	case weak:
		if !s.slot(i) && !s.supported(i) {
			return 0
		}
	}
	j := s.extend(i)
	kind := s.kindOf(i, j)
	s.add(kind, i, j)
	if kind == Person {
		s.occupation(j)
	}
	return j
}

// nameness judges one word by its letters and the lists.
func (s *scan) nameness(i int) int {
	if !s.isWord(i) || s.tokens[i].taken {
		return noName
	}
	t := &s.tokens[i]
	c := t.class
	n := t.end - t.start
	english := c&(common|rare) != 0
	switch {
	case s.given(i):
		return weak // "Ada Lovelace" is no statute, "May Johnson" no month
	case n < 2 || c&(function|foreign|never|day|honorific|nation) != 0 && c&sure == 0:
		return noName
	case c&(orgEnd|phoneCue|idCue|nameCue|birth|unit|military) != 0 && c&(first|last|sure) == 0:
		return noName
	case s.lowercase || s.capitals:
		switch {
		case c&common != 0 && c&sure == 0 || c&particle != 0:
			return noName
		case c&(common|rare) != 0:
			if c&(sure|first) != 0 {
				return strong
			}
			return noName
		case c&nameClasses == 0 && (n < 4 || s.lowercase && !s.expected(i)):
			return noName
		}
		return strong
	case !t.upper:
		return noName
	case t.caps:
		switch {
		case s.has(i-1, placeCue) && !s.tokens[i-1].upper && c&term == 0 && (n > 3 || s.is(i+1, '-') && s.glued(i+1)) && !t.sentence:
			return strong // "from SAINT-PRIEST"
		case english && c&sure == 0, n < 5 && c&nameClasses == 0, n < 4 && c&sure == 0:
			return noName
		}
		return strong
	case c&month != 0 && c&sure == 0:
		if c&first != 0 && !t.sentence && !s.isNumber(i+1) && !s.isNumber(i-1) {
			return weak
		}
		return noName
	case c&particle != 0:
		if c&(first|last) != 0 && !english {
			return weak
		}
		return noName
	case c&sure != 0:
		if t.sentence {
			return weak
		}
		return strong
	case c&common != 0:
		if c&(first|last|place) != 0 {
			return weak
		}
		return noName
	case c&rare != 0:
		switch {
		case c&first != 0, c&(last|place) != 0 && !t.sentence:
			return strong
		case c&(last|place) != 0 || !t.sentence:
			return weak
		}
		return noName
	}
	return strong
}

// given tells whether token i is written as a given name, although by its letters alone it
// is an acronym ("Ada") or an auxiliary verb: "Will" within a sentence, or before a family name.
// In "Will Smith pay?" nobody can tell, so all of it is masked.
func (s *scan) given(i int) bool {
	t := &s.tokens[i]
	c := t.class
	return t.upper && !t.caps && !s.lowercase && !s.capitals && t.end-t.start > 2 && c&first != 0 && c&sure == 0 &&
		(c&never != 0 || c&function != 0 && (!t.sentence || s.auxiliary(i) && s.has(i+1, last) && !s.tokens[i+1].line && s.nameness(i+1) == strong))
}

// auxiliary tells whether token i is a verb that begins a question and also a given name.
func (s *scan) auxiliary(i int) bool { return s.oneOf(i, "will", "may") }

// expected tells whether a word that no list knows is a name rather than a slip of the
// pen, in a text without capitals: where one may stand, or beside one.
func (s *scan) expected(i int) bool {
	if s.has(i-1, placeCue|nameCue|speech|addressCue|birth|honorific|particle) || s.has(i+1, speech|orgEnd) || s.is(i-1, ',') || s.is(i+1, ',') {
		return true
	}
	if i == 0 || s.tokens[i].line || s.is(i+1, '\'') || s.oneOf(i-1, "is", "by", "with", "and") {
		return true
	}
	for k := s.tokens[i].start; k < s.tokens[i].end; k++ {
		if s.text[k] >= utf8.RuneSelf {
			return true // accents are no slip
		}
	}
	known := func(k int) bool { return s.has(k, nameClasses) && !s.has(k, common|rare|function) }
	return known(i-1) || known(i+1)
}

// person is the best nameness of tokens [i, j) when they may name a person.
func (s *scan) person(i, j int) int {
	best := noName
	for k := i; k < j; k++ {
		if s.has(k, first|last) {
			best = max(best, s.nameness(k))
		}
	}
	return best
}

// titled finds a person after a form of address: "Mr. Smith", "Dr. Anna de Vries".
func (s *scan) titled(i int) int {
	t := &s.tokens[i]
	if !t.upper && !s.lowercase {
		return 0
	}
	k := i + 1
	if s.is(k, '.') && s.glued(k) {
		k++
	}
	if s.has(k, honorific) && s.open(k) && s.is(k+1, '.') { // "Prof. Dr."
		k += 2
	}
	if !s.isWord(k) || s.tokens[k].taken || s.tokens[k].line || s.tokens[k].class&(function|foreign) != 0 && s.tokens[k].class&particle == 0 && !s.tokens[k].upper {
		return 0
	}
	next := &s.tokens[k]
	if !next.upper && !s.lowercase && next.class&particle == 0 {
		return 0
	}
	// "Sir", "Judge", "Don" and the like are words of their own as well
	certain := s.is(i+1, '.') || s.oneOf(i, "mr", "mrs", "ms", "miss", "dr")
	if !certain && s.nameness(k) < strong {
		return 0
	}
	if s.lowercase && s.eq(i, "miss") && s.nameness(k) < strong {
		return 0
	}
	j := s.extend(k)
	s.add(Person, i, j)
	s.occupation(j)
	return j
}

// slot tells whether the text says that a name stands at token i.
func (s *scan) slot(i int) bool {
	t := &s.tokens[i]
	if t.class&(function|foreign|never|day) != 0 && t.class&sure == 0 && !s.given(i) || t.end-t.start < 2 {
		return false
	}
	if !t.upper && !s.lowercase {
		return false
	}
	p := i - 1
	if s.is(p, '"') || s.is(p, '\'') {
		p--
	}
	switch {
	case s.oneOf(p, "is", "was") || s.is(p, ':') || s.is(p, '?') || s.eq(p, "name"):
		// "my name is", "Name:", "What's your name?"; a line of a form gives its whole
		// value
		for k := p; k >= max(0, p-3); k-- {
			if s.oneOf(k, "name", "surname", "forename", "names") {
				return !s.lowercase || s.tokens[i].class&common == 0 || t.class&(first|last) != 0 || s.is(p, ':')
			}
		}
		if s.is(p, ':') {
			return s.oneOf(p-1, "user", "attn", "attention", "signed") || s.eq(p-1, "by") && t.class&common == 0
		}
	case s.oneOf(p, "named", "called", "surnamed", "née", "nicknamed"):
		return t.class&common == 0 || t.class&(first|last) != 0
	case s.oneOf(p, "me", "him", "her") && s.oneOf(p-1, "call", "calls", "called", "named"):
		return t.class&common == 0 || t.class&(first|last) != 0
	case s.oneOf(p, "dear", "hi", "hello", "hey") && (s.is(i+1, ',') || s.is(i+1, '!') || s.is(i+1, '.') || t.class&(first|last) != 0):
		return t.class&common == 0 || t.class&(first|last) != 0
	}
	return false
}

// supported tells whether the neighbours make a person of an everyday word at token i.
func (s *scan) supported(i int) bool {
	t := &s.tokens[i]
	if t.class&(first|last|sure) == 0 {
		return false
	}
	// before a family name or an initial: "Will Kowalski", "Grace B. Lee"
	if t.class&(first|sure) != 0 {
		if s.nameness(i+1) == strong && !s.tokens[i+1].line && s.tokens[i+1].class&(last|common|rare) != common {
			return true
		}
		if s.isWord(i+1) && s.tokens[i+1].upper && s.tokens[i+1].end-s.tokens[i+1].start == 1 && s.is(i+2, '.') && s.nameness(i+3) > noName {
			return true
		}
		if s.has(i+1, particle) && s.nameness(i+2) == strong || s.has(i+2, particle) && s.has(i+1, particle) && s.nameness(i+3) == strong {
			return true
		}
		// two such words: "Grace Hill", but no two words of a heading
		if s.nameness(i+1) == weak && s.has(i+1, first|last|sure) && !s.tokens[i+1].line && s.pairEnds(i) {
			return true
		}
	}
	if t.class&(term|month) != 0 && t.class&sure == 0 {
		return false
	}
	if s.has(i+1, speech) && t.class&(first|last|sure) != 0 && !s.tokens[i+1].upper {
		return true
	}
	if s.has(i-1, speech) && !s.tokens[i-1].upper && t.class&(first|last|sure) != 0 && i > 0 && !t.sentence {
		return true
	}
	// a list of names: "Kovalev, Lee and Ball"
	if s.listed(i, -1) || s.listed(i, 1) {
		return true
	}
	if t.sentence && t.class&never != 0 && s.given(i) {
		// "Mac is my landlord", "Mac and I": no computer
		return s.oneOf(i+1, "is", "was", "has", "had", "will", "can", "would", "did") || s.is(i+1, '\'') || s.eq(i+1, "and") && s.eq(i+2, "i")
	}
	if t.class&sure != 0 && t.sentence {
		next := i + 1
		if s.is(next, '\'') || s.is(next, ',') {
			return true
		}
		return s.has(next, speech) || s.oneOf(next, "is", "was", "has", "had", "and", "will", "can", "would", "did")
	}
	// alone in the middle of a sentence, with a capital and no article
	if t.sentence || s.lowercase || s.capitals || t.caps || s.has(i+1, common) && s.tokens[i+1].upper {
		return false
	}
	if s.isWord(i - 1) {
		p := &s.tokens[i-1]
		if p.upper || s.oneOf(i-1, "the", "this", "a", "an", "of", "such", "any", "each", "its", "all", "other", "no") {
			return false
		}
		return !s.formal() && !t.line
	}
	return false
}

// pairEnds tells whether two everyday words at token i, both of them names as well, stand alone:
// what follows does not go on with a heading or a defined term.
func (s *scan) pairEnds(i int) bool {
	goesOn := s.has(i+2, common) && !s.tokens[i+2].line
	switch {
	case s.tokens[i].sentence:
		return goesOn && !s.tokens[i+2].upper && s.has(i+1, first) && !s.formal()
	case s.formal() || !s.has(i+1, first) || s.oneOf(i-1, "the", "this", "a", "an", "such", "any", "each", "its", "all", "no"):
		return !goesOn
	}
	return !goesOn || !s.tokens[i+2].upper
}

// formal tells whether the text reads like a contract, where defined terms carry
// capitals.
func (s *scan) formal() bool { return s.cues.contract >= 0 }

// listed tells whether a name stands beside token i, in the direction of step, with "and"
// or a comma between.
func (s *scan) listed(i, step int) bool {
	k := i + step
	if !(s.is(k, ',') || s.eq(k, "and") || s.is(k, '&')) {
		return false
	}
	k += step
	if s.eq(k, "and") {
		k += step
	}
	if !s.isWord(k) {
		return false
	}
	t := &s.tokens[k]
	if t.taken {
		return t.upper && t.class&(first|last) != 0 && t.class&(country|state) == 0
	}
	return s.nameness(k) == strong && t.class&(first|last) != 0 && t.class&(country|state) == 0
}

// extend takes the words that go on with the name at token i and returns its end.
func (s *scan) extend(i int) int {
	j := i + 1
	for n := 0; n < 8 && j < len(s.tokens); n++ {
		t := &s.tokens[j]
		if t.taken || t.line {
			break
		}
		if t.kind == otherToken {
			switch {
			case t.symbol == '-' && s.glued(j) && s.glued(j+1) && s.isWord(j+1) && (s.tokens[j+1].upper || s.lowercase || s.tokens[j-1].class&common == 0):
			case t.symbol == '.' && s.glued(j) && s.tokens[j-1].end-s.tokens[j-1].start == 1 && s.nameness(j+1) > noName && !s.tokens[j+1].line:
			case t.symbol == '\'' && s.glued(j) && s.glued(j+1) && s.isWord(j+1) && s.tokens[j+1].end-s.tokens[j+1].start > 1:
			default:
				return j
			}
			j++
			if s.isWord(j) && !s.tokens[j].taken {
				j++
			}
			continue
		}
		if t.kind != wordToken {
			break
		}
		switch {
		case s.nameness(j) == strong:
			j++
			continue
		case s.nameness(j) == weak && t.class&(first|last) != 0 && s.tokens[i].class&common == 0:
			j++
			continue
		case s.nameness(j) == weak && s.tokens[j-1].class&(first|last) != 0 && t.class&(last) != 0:
			j++
			continue
		case j == i+1 && s.nameness(j) == weak && t.class&first != 0 && s.has(i, first) && s.nameness(i) == weak && s.pairEnds(i):
			j++ // "Grace Hope"
			continue
		case j == i+1 && t.upper && !t.caps && !s.lowercase && t.end-t.start > 1 && s.tokens[i].class&first != 0 && s.nameness(i) == strong &&
			t.class&(function|foreign|never|term|day|month|nation|orgEnd|statute|street|unit|honorific|speech) == 0 && !(s.isWord(j+1) && s.tokens[j+1].upper):
			j++ // a family name that is an everyday word: "John Doe"
			continue
		case t.upper && !t.caps && t.class&(first|last) != 0 && t.class&(function|foreign) != 0 && t.end-t.start <= 3 && !s.lowercase && s.nameness(j-1) == strong:
			j++ // "Nguyen Thi Mai"
			continue
		case t.upper && t.end-t.start == 1 && !s.lowercase && s.is(j+1, '.') && s.nameness(j+2) > noName && !s.tokens[j+2].line:
			j++
			continue
		case t.upper && t.end-t.start == 1 && !s.lowercase && s.nameness(j+1) == strong && !s.tokens[j+1].line:
			j++
			continue
		case t.class&particle != 0 && t.class&function == 0 || t.class&particle != 0 && s.eq(j, "do"):
			k := j + 1
			for k < j+3 && s.has(k, particle) && !s.tokens[k].line {
				k++
			}
			if s.nameness(k) == strong && !s.tokens[k].line || s.nameness(k) == weak && s.tokens[k].class&last != 0 && !s.tokens[k].line {
				j = k + 1
				continue
			}
		}
		break
	}
	// "Jr.", "MD", "III" after a name
	if s.isWord(j) && !s.tokens[j].line && s.oneOf(j, "jr", "sr", "md", "phd", "dds", "ii", "iii", "dvm", "esq") && !s.tokens[j].taken {
		j++
	}
	return j
}

// kindOf decides what the name in tokens [i, j) names.
func (s *scan) kindOf(i, j int) Type {
	given, family, camel := false, false, false
	for k := i; k < j; k++ {
		c := s.tokens[k].class
		given = given || c&first != 0
		family = family || c&last != 0
		camel = camel || s.tokens[k].camel && c&(first|last) == 0
	}
	p := i - 1
	if s.eq(p, "the") {
		p--
	}
	switch {
	case s.has(j-1, orgEnd) && j-i > 1:
		return Organization
	case !given && (s.eq(i-1, "from") && s.oneOf(i-2, "is", "was") || s.eq(j, "office") || s.eq(i-1, "of") && s.eq(i-2, "address") ||
		s.oneOf(i-1, "at", "became") || s.oneOf(j, "invested", "acquired") || s.eq(j, "is") && s.eq(j+1, "a") && s.isNumber(j+2) || s.eq(j, "is") && s.eq(j+1, "the") && s.eq(j+2, "brainchild")):
		return Organization
	case s.has(p, speech) || s.has(j, speech):
		return Person
	case given && (family || j-i > 1):
		return Person
	case s.has(p, placeCue) && !given && !s.eq(p, "to"):
		return Location
	case given || family:
		return Person
	case camel || s.oneOf(p, "at", "for"):
		return Organization
	case s.has(i, place):
		return Location
	}
	return Person
}
