package masking

// addresses finds postal addresses: a street, box or military mail with whatever of
// building numbers, apartment, town, state, country and postcode stands beside it.
func (s *scan) addresses() {
	cue, zip := longAgo, longAgo
	for i := 0; i < len(s.tokens); i++ {
		t := &s.tokens[i]
		if t.taken {
			continue
		}
		from, to := 0, 0
		switch {
		case t.kind == wordToken:
			c := t.class
			if c&addressCue != 0 {
				cue = i
			}
			if s.oneOf(i, "zip", "postcode", "postal", "zipcode") {
				zip = i
			}
			switch {
			case s.eq(i, "corner") && s.eq(i+1, "of"):
				from, to = s.corner(i)
			case c&military != 0:
				from, to = s.militaryMail(i)
			case s.oneOf(i, "box", "postboks", "postfach", "apartado") && s.isNumber(i+1):
				from, to = s.box(i)
			case c&street != 0 || s.hasStreetEnd(i):
				from, to = s.street(i)
			case c&unit != 0:
				if j := s.unitPart(i); j > 0 {
					from, to = i, j
				}
			}
		case t.kind == numberToken:
			if i-zip <= 4 && t.end-t.start >= 4 && s.postcode(i) > 0 {
				s.add(Address, i, s.postcode(i))
				continue
			}
			from, to = s.numbered(i, i-cue <= 8)
		}
		if to > from {
			from, to = s.grow(from, to)
			s.add(Address, from, to)
			if s.tokens[from].sentence && from > 0 {
				s.heads = append(s.heads, from)
			}
			i = to - 1
		}
	}
}

// capital tells whether token i may be a word of a name by its letters alone.
func (s *scan) capital(i int) bool {
	if !s.isWord(i) || s.tokens[i].taken {
		return false
	}
	t := &s.tokens[i]
	if s.lowercase {
		return t.class&(common|function|foreign) == 0 || t.class&(place|country|state|street) != 0 && t.class&function == 0
	}
	return t.upper
}

// hasStreetEnd tells whether token i is a one-word street name such as Hauptstraße.
func (s *scan) hasStreetEnd(i int) bool {
	t := &s.tokens[i]
	if t.class&(common|rare|function|foreign) != 0 || t.end-t.start < 6 || !(t.upper || s.lowercase) {
		return false
	}
	return s.lex.streetEnd(s.text[t.start:t.end])
}

// street finds the name and number around a street word at token i.
func (s *scan) street(i int) (from, to int) {
	t := &s.tokens[i]
	compound := t.class&street == 0
	if !compound && !t.upper && !s.lowercase && t.class&common != 0 {
		// "the street in Paris": only with a name or a number before it
		if !(s.capital(i-1) && s.tokens[i-1].class&(function|common) == 0) && !(s.isNumber(i-1) && !s.tokens[i].line && (s.capital(i+1) || s.has(i+1, particle))) {
			return 0, 0
		}
	}
	from, to = i, i+1
	// a name before it: "St Marys Avenue", "40th Street"
	words, strong := 0, compound
	for k := i - 1; k >= 0 && words < 4 && !s.tokens[k].taken && !s.tokens[k+1].line; k-- {
		p := &s.tokens[k]
		switch {
		case p.kind == wordToken && p.class&function != 0 && p.class&particle == 0:
		case s.capital(k) && !(p.sentence && p.class&common != 0 && words > 0) || p.kind == wordToken && p.class&particle != 0 && words > 0:
			if p.class&honorific != 0 {
				return 0, 0 // a person
			}
			if p.class&statute != 0 && p.class&(first|last) == 0 {
				break
			}
			words++
			if p.class&(common|rare) == 0 {
				strong = true
			}
			from = k
			continue
		case p.kind == wordToken && s.glued(k) && s.isNumber(k-1): // 40th
			from = k - 1
			k--
			strong = true
			words++
			continue
		case (p.symbol == '.' || p.symbol == '-' || p.symbol == '\'') && s.glued(k) && words < 4 && s.capital(k-1):
			continue
		}
		break
	}
	for from < i && s.isWord(from) && s.tokens[from].class&particle != 0 && s.tokens[from].class&(first|last|place) == 0 && !s.tokens[from].upper {
		from++
	}
	before := i - from
	// a name after it: "Rue de la Sarthe 421", "ul. Karpacka 69"
	k := to
	if s.is(k, '.') {
		k++
	}
	after := 0
	if before == 0 || t.class&common == 0 {
		for after < 5 && k < len(s.tokens) && !s.tokens[k].line && !s.tokens[k].taken {
			p := &s.tokens[k]
			switch {
			case s.capital(k) && p.class&unit == 0:
				after++
				if p.class&(common|rare) == 0 {
					strong = true
				}
			case p.kind == wordToken && p.class&(particle|foreign) != 0 && (s.capital(k+1) || s.has(k+1, particle|foreign)):
			case (p.symbol == '-' || p.symbol == '.' || p.symbol == '\'') && s.glued(k) && s.capital(k+1):
			case p.symbol == '.' && s.glued(k) && s.isNumber(k+1) && after > 0:
			default:
				goto named
			}
			k++
			if after > 0 && !(p.symbol == '.') {
				to = k
			}
		}
	}
named:
	numbered := s.houseNumber(&to)
	for s.isNumber(from-1) && !s.tokens[from-1].taken && !s.tokens[from].line && s.tokens[from-1].end-s.tokens[from-1].start <= 5 && !s.has(from-2, statute) {
		numbered = true
		from--
	}
	switch {
	case compound && !numbered && t.class&(first|last) != 0: // "Henrik Solberg"
		return 0, 0
	case compound, numbered && (before > 0 || after > 0):
		return from, to
	case before > 0 && (strong || !s.tokens[from].sentence):
		// a court, a close or a way is more often none of a town's
		if s.oneOf(i, "court", "close", "way", "drive", "via", "gate", "square") {
			return 0, 0
		}
		return from, to
	case after > 0 && strong && t.class&common == 0 && (t.upper || s.is(i+1, '.')):
		return from, to
	}
	return 0, 0
}

// houseNumber takes a number that ends a street: "12", "12b", "19.", "8-10".
func (s *scan) houseNumber(to *int) bool {
	k := *to
	if !s.isNumber(k) || s.tokens[k].taken || s.tokens[k].line || s.tokens[k].end-s.tokens[k].start > 4 {
		return false
	}
	k++
	if s.isWord(k) && s.glued(k) && s.tokens[k].end-s.tokens[k].start == 1 {
		k++
	} else if (s.is(k, '-') || s.is(k, '/')) && s.glued(k) && s.glued(k+1) && s.isNumber(k+1) {
		k += 2
	}
	*to = k
	return true
}

// numbered finds an address that begins with its building number.
func (s *scan) numbered(i int, cued bool) (from, to int) {
	if s.tokens[i].end-s.tokens[i].start > 5 || s.glued(i) && (s.tokens[i-1].kind != otherToken || s.is(i-1, '.')) ||
		s.has(i-1, statute|month) || s.is(i-1, '$') || s.is(i-1, '#') || s.is(i-2, '#') {
		return 0, 0
	}
	k := i + 1
	if s.is(k, '-') || s.is(k, '/') {
		if !s.glued(k) || !s.isNumber(k+1) {
			return 0, 0
		}
		k += 2
	}
	two := false
	if s.isNumber(k) && !s.tokens[k].line && s.tokens[k].blank && s.tokens[k].end-s.tokens[k].start <= 4 {
		two = true
		k++
	}
	if s.isWord(k) && s.glued(k) && !s.ordinal(k) {
		if s.tokens[k].end-s.tokens[k].start > 1 {
			return 0, 0
		}
		k++
	}
	if s.lowercase && (two || cued) {
		// "95 199 beach road": without capitals, everyday words may name a street
		for m := k; m < k+4 && s.isWord(m) && !s.tokens[m].line && !s.has(m, function); m++ {
			if m > k && s.has(m, street) && !s.oneOf(m, "court", "close", "way", "drive", "gate") {
				to = m + 1
				s.houseNumber(&to)
				return i, to
			}
		}
	}
	start, words, unknown := k, 0, false
	if s.ordinal(k) {
		k++
	}
	for words < 7 && k < len(s.tokens) && !s.tokens[k].taken && !(s.tokens[k].line) {
		t := &s.tokens[k]
		if t.kind == wordToken {
			if t.class&unit != 0 && s.unitPart(k) > 0 || t.class&month != 0 && words == 0 {
				break
			}
			if (t.class&street != 0 && (t.upper || s.lowercase || t.class&common == 0 || words == 0) || s.hasStreetEnd(k)) && t.class&unit == 0 {
				a, b := s.street(k)
				if b > a && a <= i+1 {
					return i, b
				}
			}
			if !s.capital(k) && t.class&(particle|foreign) == 0 && (t.class&(common|rare|function) != 0 || words == 0) {
				break
			}
			words++
			if t.class&(common|rare|never|foreign) == 0 || t.class&sure != 0 {
				unknown = true
			}
			k++
			continue
		}
		if (t.symbol == '.' || t.symbol == '-' || t.symbol == '\'') && s.glued(k) && (s.capital(k + 1)) {
			k++
			continue
		}
		break
	}
	if words == 0 || !(unknown || cued && two) {
		return 0, 0
	}
	end := k
	numbered := s.houseNumber(&end)
	if s.is(end, '.') && s.unitPart(end+1) > 0 {
		end++
	}
	next := end
	for s.is(next, ',') {
		next++
	}
	unitNext := s.has(next, unit) && s.unitPart(next) > 0
	lineNext := next < len(s.tokens) && s.tokens[next].line
	switch {
	case numbered, unitNext, two, cued && unknown, unknown && lineNext && s.tokens[i].sentence, s.tokens[i].line && start == i+1 && words <= 3 && lineNext:
		return i, end
	}
	return 0, 0
}

func (s *scan) ordinal(k int) bool {
	return s.glued(k) && s.oneOf(k, "st", "nd", "rd", "th")
}

// unitPart reads "Apt. 12", "Suite 4B" or "Unit 2451 Box 9006" and returns its end.
func (s *scan) unitPart(i int) int {
	if !s.has(i, unit) {
		return 0
	}
	k := i + 1
	for s.is(k, '.') || s.is(k, '#') || s.eq(k, "no") {
		k++
	}
	if !s.isNumber(k) || s.tokens[k].taken || s.tokens[k].line {
		return 0
	}
	if s.tokens[i].class&common != 0 && !s.tokens[i].upper && !s.lowercase {
		return 0
	}
	k++
	if s.isWord(k) && s.glued(k) && s.tokens[k].end-s.tokens[k].start == 1 {
		k++
	}
	if s.eq(k, "box") && s.isNumber(k+1) {
		k += 2
	}
	return k
}

// box reads a post-office box around the word at token i.
func (s *scan) box(i int) (from, to int) {
	from, to = i, i+2
	switch {
	case s.is(i-1, '.') && s.eq(i-2, "o"):
		from = i - 2
		if s.is(from-1, '.') {
			from--
		}
		if s.eq(from-1, "p") {
			from--
		}
	case s.eq(i-1, "po"):
		from--
	case s.tokens[i].class&street == 0:
		return 0, 0
	}
	if s.isNumber(from-1) && !s.tokens[from-1].taken && !s.tokens[from].line {
		from--
	}
	return from, to
}

// militaryMail reads "PSC 7004, Box 8380\nAPO AP 11949" from APO, FPO or DPO backwards.
func (s *scan) militaryMail(i int) (from, to int) {
	if !s.oneOf(i, "apo", "fpo", "dpo") || !s.isWord(i+1) || s.tokens[i+1].end-s.tokens[i+1].start != 2 || !s.isNumber(i+2) {
		return 0, 0
	}
	from, to = i, i+3
	for k := i - 1; k >= max(0, i-7) && !s.tokens[k].taken; k-- {
		if s.has(k, military|unit) {
			return k, to
		}
	}
	return from, to
}

// corner reads "the corner of A Street and B Street".
func (s *scan) corner(i int) (from, to int) {
	from, k := i, i+2
	if s.eq(i-1, "the") {
		from--
	}
	and := 0
	for n := 0; k < len(s.tokens) && n < 16 && !s.tokens[k].taken; n++ {
		t := &s.tokens[k]
		switch {
		case s.eq(k, "and"):
			and = k
		case and > 0 && t.class&street != 0 && (t.upper || s.lowercase) && k > and+1:
			to = k + 1
			s.houseNumber(&to)
			return from, to
		case t.kind == numberToken, s.capital(k), t.class&particle != 0, t.symbol == '.', t.symbol == '-', t.class&(street|military|unit) != 0:
		case s.lowercase && t.kind == wordToken && t.class&function == 0:
		default:
			n = 16
		}
		k++
	}
	return 0, 0
}

// grow takes the parts of an address that follow it, and a number just before it.
func (s *scan) grow(from, to int) (int, int) {
	for n := range 12 {
		k := to
		broken := false // a comma or a line break stands between
		for s.is(k, ',') || s.is(k, '>') || s.is(k, '?') && k < len(s.tokens) && s.tokens[k].line {
			broken = true
			k++
		}
		for s.is(k, '?') && broken || s.is(k, '.') && s.has(k-1, street|unit) && s.tokens[k-1].class&common == 0 {
			k++
		}
		if k >= len(s.tokens) || s.tokens[k].taken || s.tokens[k].para && n > 0 && !s.has(k, country) {
			break
		}
		t := &s.tokens[k]
		if t.line {
			broken = true
		}
		if j := s.unitPart(k); j > 0 {
			to = j
			continue
		}
		if j := s.postcode(k); j > 0 {
			to = j
			continue
		}
		if j := s.placeAt(k, country|state); j > 0 {
			to = j
			continue
		}
		if s.eq(k, "nan") {
			to = k + 1
			continue
		}
		if j := s.town(k, broken || s.has(to-2, unit) || s.has(to-3, unit), to-from > 1); j > 0 {
			to = j
			continue
		}
		break
	}
	for from > 0 && s.isNumber(from-1) && !s.tokens[from-1].taken && !s.tokens[from].line && s.tokens[from-1].end-s.tokens[from-1].start <= 5 && !s.has(from-2, statute) && !s.glued(from-1) {
		from--
	}
	return from, to
}
