package masking

// isPhone reports whether the sequence is a phone number: by a word beside it, or by a form that nothing else has.
func (s *scan) isPhone(d *digitSequence) bool {
	if d.total < 6 || d.total > 16 || d.n > 8 {
		return false
	}
	i := d.from
	cued := s.near(phoneCue, i, 6) || s.hasClass(d.to, phoneKeyword) || s.isSymbol(d.to, '-') && s.hasClass(d.to+1, phoneKeyword)
	if s.adjacent(i) && (s.isSymbol(i-1, '-') || s.isSymbol(i-1, '.')) && s.isNumber(i-2) {
		return false // the rest of a longer number
	}
	if s.isSymbol(d.to, '/') && s.adjacent(d.to) || s.isSymbol(i-1, '/') && s.adjacent(i) || s.isSymbol(i-1, '#') {
		return false
	}
	if (d.total < 7 || d.n == 2 && !d.paren && !d.plus && s.isCapitalized(d.to)) && s.isWord(d.to) && !s.tokens[d.to].startsLine && !s.hasClass(d.to, phoneKeyword) {
		return false // house numbers: "58 2347 Lauzon Parkway"
	}
	if d.plus || d.ext {
		return d.total >= 7
	}
	if d.n == 2 && d.groups[0] == 4 && d.groups[1] == 4 && s.isYear(d.first[0]) && s.isYear(d.first[1]) {
		return false
	}
	for g := 1; g < d.n; g++ {
		if d.seps[g] == '/' && g > 1 {
			return false
		}
	}
	if cued {
		return d.total >= 7 || d.n > 1 && d.groups[d.n-1] >= 2 && d.total == 6
	}
	if s.isWord(i-1) && s.tokens[i-1].cue&numberCue != 0 || s.isSymbol(i-1, '.') && s.hasCue(i-2, numberCue) {
		return false
	}
	first := s.text[s.tokens[d.first[0]].start]
	switch {
	case d.n > 1 && d.groups[d.n-1] < 2 && (first != '0' || d.seps[d.n-1] != '-'):
		return false
	case first == '0':
		return d.total >= 9 && d.total <= 14 && d.groups[0] <= 5 || d.n == 1 && d.total >= 9 && d.total <= 12
	case d.n == 1:
		return false
	case d.paren && d.total >= 7:
		return d.groups[0] <= 4 && s.isSymbol(d.from, '(')
	case d.n >= 3 && d.groups[0] <= 3 && d.total >= 8:
		// "415-555-0132", "612 34 56 78", but not the thousands of an amount
		return !d.thousands() && d.groups[0] > 1 || d.total >= 10 && d.total <= 11 && d.groups[0] == 1 && first == '1' ||
			d.n == 3 && d.thousands() && d.total == 9 && d.seps[1] == ' ' && (first == '6' || first == '7' || first == '9')
	case d.n == 2 && d.seps[1] == '/':
		return d.groups[0] == 3 && d.groups[1] >= 6 && d.groups[1] <= 7 && first == '3' // Italian mobile
	case d.n == 2 && d.seps[1] == '-':
		return d.groups[0] == 3 && d.groups[1] == 4 || d.groups[0] == 5 && d.groups[1] == 4 && first == '9'
	case d.n == 2 && d.seps[1] == ' ':
		return d.groups[0] == 3 && d.groups[1] == 7 && first == '3' || d.groups[0] >= 2 && d.groups[0] <= 4 && d.groups[1] >= 4 && d.groups[1] <= 8 && d.total >= 7 && d.total <= 11 && !s.hasClass(i-1, streetWord|unitWord) && (s.tokens[i].startsLine || s.lineEndsAt(d.to))
	}
	return false
}

// thousands reports whether the groups are those of an amount: three digits each after the first.
func (d *digitSequence) thousands() bool {
	for g := 1; g < d.n; g++ {
		if d.groups[g] != 3 {
			return false
		}
	}
	return true
}
