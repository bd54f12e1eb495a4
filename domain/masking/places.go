package masking

// citation is the end of a reported case that begins at token i, "Marbury v. Madison, 5
// U.S. 137", or 0. The law is public and stays readable.
func (s *scan) citation(i int) int {
	party := func(k int) int {
		for n := 0; n < 7 && s.isWord(k) && !s.tokens[k].taken && (s.tokens[k].upper || n > 0 && s.tokens[k].class&(particle|function) != 0) && !s.eq(k, "v") && !s.eq(k, "vs"); n++ {
			k++
			if s.is(k, '.') && s.isWord(k+1) && s.tokens[k+1].upper || s.is(k, '\'') || s.is(k, '-') || s.is(k, '&') {
				k++
			}
		}
		return k
	}
	if !s.tokens[i].upper {
		return 0
	}
	v := party(i)
	if v == i || !s.oneOf(v, "v", "vs") || !s.is(v+1, '.') {
		return 0
	}
	end := party(v + 2)
	if s.is(end, '.') {
		end++
	}
	if end > v+2 && s.is(end, ',') && s.isNumber(end+1) && s.isWord(end+2) && s.tokens[end+2].upper {
		return end
	}
	return 0
}

// location finds a place of the lists at token i. Law is left readable: "Delaware law",
// "the courts of England".
func (s *scan) location(i int) int {
	j := s.placeAt(i, country|state|place)
	if j == 0 {
		return 0
	}
	t := &s.tokens[i]
	if j == i+1 {
		if s.nameness(i) == noName && t.class&(country|state) == 0 || t.class&never != 0 && !s.eq(i, "uk") {
			return 0
		}
		if t.class&(country|state) == 0 || t.class&(first|last) != 0 {
			// a town's name that is also a person's: only after "in", "from" …
			if t.class&(first|last) != 0 && !(s.has(i-1, placeCue) && !s.eq(i-1, "to") && t.class&first == 0) && !(t.class&(country|state) != 0 && s.has(i-1, placeCue)) {
				if t.class&(country|state) == 0 || t.class&sure != 0 || s.nameness(i+1) == strong && s.has(i+1, last) {
					return 0
				}
			}
			if t.class&(common|rare) != 0 && t.class&(country|state) == 0 && !s.has(i-1, placeCue) {
				return 0
			}
		}
		if (t.class&common != 0 || t.end-t.start <= 3) && (t.sentence || s.lowercase) && !s.has(i-1, placeCue) {
			return 0
		}
	}
	// a longer name goes on: "Alexandria Ocasio", "Houston Analytics Inc."
	if k := s.organization(i); k > 0 {
		return k
	}
	if s.has(i, first) && j == i+1 && s.nameness(j) == strong && s.has(j, last) && !s.tokens[j].line {
		return 0
	}
	if s.legal(i, j) {
		return j
	}
	for s.isWord(j) && !s.tokens[j].line && s.nameness(j) == strong && s.tokens[j].class&(nameClasses|common|rare) == 0 {
		j++
	}
	s.add(Location, i, j)
	return j
}

func (s *scan) legal(i, j int) bool {
	for k := j; k < j+5 && s.isWord(k) && s.tokens[k].upper; k++ {
		if s.oneOf(k, "act", "code", "law", "rules", "constitution", "convention") {
			return true // "California Consumer Privacy Act"
		}
	}
	if s.oneOf(j, "law", "laws", "court", "courts", "corporation", "statute", "code", "limited", "act", "general", "rules", "revised", "supreme") || s.eq(j, "state") && s.eq(j+1, "law") {
		return true
	}
	for k := i - 1; k >= max(0, i-8); k-- {
		if s.is(k, '.') && s.tokens[k+1].sentence {
			return false
		}
		if s.oneOf(k, "law", "laws", "court", "courts", "jurisdiction", "venue", "incorporated") {
			return true
		}
	}
	return false
}

// nationality tells whether the word for a people at token i says what somebody is.
func (s *scan) nationality(i int) bool {
	t := &s.tokens[i]
	if !t.upper && !s.lowercase {
		return false
	}
	if s.oneOf(i+1, "national", "citizen", "citizenship", "nationality", "passport", "descent", "origin", "man", "woman") {
		return true
	}
	if s.has(i+1, common) && !s.has(i+1, function) {
		return false
	}
	return s.oneOf(i-1, "is", "am", "was", "i'm", "she's", "he's", "nationality") || s.is(i-1, ':') && s.eq(i-2, "nationality")
}

// postcode reads a postcode at token k: "90210", "90210-1234", "1234 AB", "SW1A 1AA".
func (s *scan) postcode(k int) int {
	t := &s.tokens[k]
	n := t.end - t.start
	if t.kind == numberToken && n >= 4 && n <= 6 {
		k++
		if s.is(k, '-') && s.glued(k) && s.isNumber(k+1) && s.glued(k+1) {
			return k + 2
		}
		if n == 4 && s.isWord(k) && s.tokens[k].caps && s.tokens[k].end-s.tokens[k].start == 2 && !s.tokens[k].line {
			return k + 1
		}
		return k
	}
	if t.kind == numberToken && n == 3 && s.isNumber(k+1) && s.tokens[k+1].blank && !s.tokens[k+1].line && s.tokens[k+1].end-s.tokens[k+1].start == 2 {
		return k + 2 // 110 00
	}
	// British and Canadian: letters and digits, a blank, letters and digits
	if t.kind == wordToken && (t.caps || n == 1 && t.upper) && n <= 2 && s.isNumber(k+1) && s.glued(k+1) {
		j := k + 2
		for j < len(s.tokens) && s.glued(j) && s.tokens[j].kind != otherToken && s.tokens[j].end-s.tokens[j].start == 1 {
			j++
		}
		for m := 0; m < 4 && j < len(s.tokens) && s.tokens[j].kind != otherToken && (m > 0 && s.glued(j) || m == 0 && s.tokens[j].blank && !s.tokens[j].line && s.isNumber(j)) && s.tokens[j].end-s.tokens[j].start <= 2; m++ {
			j++
		}
		if j > k+2 {
			return j
		}
	}
	return 0
}

// placeAt is the end of the longest place of class c in the lists at token i, or 0.
func (s *scan) placeAt(i int, c class) int {
	if !s.open(i) || !s.isWord(i) {
		return 0
	}
	t := &s.tokens[i]
	if !t.upper && !s.lowercase {
		return 0
	}
	end := 0
	if t.class&c != 0 {
		end = i + 1
	}
	if t.class&phrase == 0 {
		return end
	}
	h := t.hash
	for k, n := i+1, 0; k < len(s.tokens) && n < 7; k, n = k+1, n+1 {
		p := &s.tokens[k]
		if p.taken || p.line {
			break
		}
		if p.kind == otherToken {
			if p.symbol != '-' && p.symbol != '.' && p.symbol != '\'' || !s.glued(k) {
				break
			}
			continue
		}
		h = chain(h, p.hash)
		found := s.lex.find(h)
		if found&c != 0 {
			end = k + 1
		}
		if found&phrase == 0 {
			break
		}
	}
	return end
}

// town reads the name of a town inside an address at token k.
func (s *scan) town(k int, broken, sure bool) int {
	if j := s.placeAt(k, place); j > 0 && (broken || s.tokens[k].class&(common|function) == 0) {
		k2 := s.townRest(j)
		return k2
	}
	if !broken || !sure {
		if !(s.capital(k) && s.tokens[k].class&(common|rare|function|never) == 0) {
			return 0
		}
	}
	j, strange := k, false
	for n := 0; n < 5 && j < len(s.tokens) && !s.tokens[j].taken && (j == k || !s.tokens[j].line); n++ {
		t := &s.tokens[j]
		switch {
		case t.kind == wordToken && t.class&particle != 0 && (s.capital(j+1) || s.lowercase && s.isWord(j+1)):
		case s.capital(j) && t.class&(unit|phoneCue) == 0:
			if t.class&(common|rare) == 0 || t.class&place != 0 {
				strange = true
			}
		case (t.symbol == '-' || t.symbol == '.' || t.symbol == '\'') && s.glued(j) && s.capital(j+1):
		default:
			n = 5
			continue
		}
		j++
	}
	if j == k || s.is(j, ':') {
		return 0 // "Attn:" begins the next line of a form
	}
	// everyday words are a town only when a postcode or a country comes after them
	if !strange {
		next := j
		for s.is(next, ',') {
			next++
		}
		if next >= len(s.tokens) || s.postcode(next) == 0 && s.placeAt(next, country|state) == 0 || s.lowercase && j-k > 2 {
			return 0
		}
	}
	return j
}

// townRest takes a last capital letter or two of a town or state: "København K", "AB".
func (s *scan) townRest(j int) int {
	for j < len(s.tokens) && s.isWord(j) && !s.tokens[j].line && !s.tokens[j].taken && s.tokens[j].end-s.tokens[j].start <= 2 && s.tokens[j].upper && s.tokens[j].class&function == 0 && !(s.isNumber(j+1) && s.glued(j+1)) {
		j++
	}
	return j
}
