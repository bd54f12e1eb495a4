package masking

import official "counsel/domain/masking/identifiers"

// maskCardNumber masks a card number at the start of the sequence and returns its end, or 0.
func (s *scan) maskCardNumber(d *digitSequence) int {
	if d.total < 13 || d.plus {
		return 0
	}
	total := 0
	for g := range d.n {
		if g > 0 && d.seps[g] != ' ' && d.seps[g] != '-' {
			return 0
		}
		total += d.groups[g]
		if total > 19 {
			return 0
		}
		if total < 13 || g+1 < d.n && d.seps[g+1] == '-' {
			continue
		}
		first := s.text[s.tokens[d.first[0]].start]
		if first >= '2' && first <= '6' && official.Luhn(s.textOf(d.first[0], d.first[g]+1)) {
			j := d.first[g] + 1
			s.addSpan(CreditCard, d.first[0], j)
			s.lastCard = j
			return j
		}
	}
	return 0
}

// maskExpiry masks the month in which a card expires, "12/27", at token k and returns its end, or 0.
func (s *scan) maskExpiry(k int) int {
	if !s.isNumber(k) || s.tokens[k].end-s.tokens[k].start > 2 || !s.isNumber(k+2) || s.intValue(k) > 12 {
		return 0
	}
	if !s.isSymbol(k+1, '/') && !s.isSymbol(k+1, '-') || s.tokens[k+2].end-s.tokens[k+2].start == 3 || s.isSymbol(k+3, '/') {
		return 0
	}
	s.addSpan(CreditCard, k, k+3)
	return k + 3
}
