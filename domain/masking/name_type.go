package masking

// classifyName classifies the name in tokens [i, j).
func (s *scan) classifyName(i, j int) Type {
	given, family, camel := false, false, false
	for k := i; k < j; k++ {
		c := s.tokens[k].class
		given = given || c&givenName != 0
		family = family || c&familyName != 0
		camel = camel || s.tokens[k].camelCase && c&(givenName|familyName) == 0
	}
	p := i - 1
	if s.equals(p, "the") {
		p--
	}
	switch {
	case s.hasClass(j-1, orgSuffix) && j-i > 1:
		return Company
	case !given && (s.equals(i-1, "from") && s.oneOf(i-2, "is", "was") || s.equals(j, "office") || s.equals(i-1, "of") && s.equals(i-2, "address") ||
		s.oneOf(i-1, "at", "became") || s.oneOf(j, "invested", "acquired") || s.equals(j, "is") && s.equals(j+1, "a") && s.isNumber(j+2) || s.equals(j, "is") && s.equals(j+1, "the") && s.equals(j+2, "brainchild")):
		return Company
	case s.hasClass(p, speechVerb) || s.hasClass(j, speechVerb):
		return Person
	case given && (family || j-i > 1):
		return Person
	case s.hasClass(p, placeKeyword) && !given && !s.equals(p, "to"):
		return Location
	case given || family:
		return Person
	case camel || s.oneOf(p, "at", "for"):
		return Company
	case s.hasClass(i, placeName):
		return Location
	}
	return Person
}

// occupationAfter masks an occupation after a name, as in "Jane Roe, the dairy scientist," or on the line
// below the name. i is the token after the name.
func (s *scan) occupationAfter(i int) {
	if s.readsLegal() {
		return // "Seller" below a name is a role, not an occupation
	}
	from := i
	switch {
	case s.isSymbol(i, ',') && s.equals(i+1, "the"):
		from = i + 2
	case i < len(s.tokens) && s.tokens[i].startsLine && !s.tokens[i].startsParagraph:
	default:
		return
	}
	line := from == i
	found := false
	j := from
	for n := 0; n < 12 && j < len(s.tokens) && !s.tokens[j].inSpan && (j == from || !s.tokens[j].startsLine); n++ {
		t := &s.tokens[j]
		if t.kind == numberToken || t.kind == otherToken && !(line && (t.symbol == ',' || t.symbol == '/' || t.symbol == '(' || t.symbol == ')')) {
			break
		}
		found = found || t.class&jobWord != 0
		j++
	}
	end := j == len(s.tokens) || s.tokens[j].startsLine || !line && s.isSymbol(j, ',')
	if found && end && j-from >= 2 {
		s.addSpan(Title, from, j)
	}
}
