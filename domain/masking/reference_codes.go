package masking

// maskReferenceCode masks a code that a word such as "contract" or "dossier" announces without a number word,
// "MRH-5521-B", and returns its end, or 0. Capitals and digits are joined in it.
func (s *scan) maskReferenceCode(i int) int {
	t := &s.tokens[i]
	if s.adjacent(i) && s.tokens[i-1].kind != otherToken || !s.near(referenceCue|numberedCue|identityCue|docketCue, i, 6) && !(t.cue&referenceCue != 0 && s.isJoinedCode(i)) || s.isReference(i) || t.law {
		return 0
	}
	end, capitals, digits, joined := i, 0, 0, false
	for end < len(s.tokens) && !s.tokens[end].inSpan && (end == i || s.adjacent(end)) && end-i < 12 {
		x := &s.tokens[end]
		switch {
		case x.kind == numberToken:
			digits += int(x.end - x.start)
		case x.kind == wordToken:
			if !x.allCaps && !(x.capitalized && x.end-x.start == 1) {
				return 0
			}
			capitals += int(x.end - x.start)
		case x.symbol == '-' || x.symbol == '/' || x.symbol == '.':
			if !s.adjacent(end+1) || s.tokens[end+1].kind == otherToken {
				goto done
			}
			joined = joined || x.symbol != '.'
		default:
			goto done
		}
		end++
	}
done:
	if capitals == 0 && end < len(s.tokens) && !s.isNumber(end) || capitals > 8 && !joined && s.mixedCodeEnd(i) == 0 {
		return 0
	}
	if digits == 0 && s.isNumber(end) && !s.tokens[end].startsLine && s.isSymbol(end+1, '/') && s.adjacent(end+1) && s.isNumber(end+2) {
		end, digits, joined = end+3, 3, true // "FT 2024/118"
	}
	if !joined || digits < 2 || capitals == 0 {
		if end = s.mixedCodeEnd(i); end == 0 || !s.near(referenceCue|numberedCue|identityCue, i, 5) {
			return 0
		}
	}
	s.addSpan(ID, i, end)
	return end
}

// isJoinedCode reports whether capitals that a hyphen or slash joins to digits are at token k: "AL-4478", "V/447".
func (s *scan) isJoinedCode(k int) bool {
	return s.isWord(k) && (s.tokens[k].allCaps || s.tokens[k].capitalized && s.tokens[k].end-s.tokens[k].start == 1) &&
		(s.isSymbol(k+1, '-') || s.isSymbol(k+1, '/') || s.isSymbol(k+1, '_')) && s.adjacent(k+1) && s.isNumber(k+2) && s.adjacent(k+2)
}

// maskBareCode masks capitals and digits at token i that no word announces but that hardly mean anything else, "TK2201998",
// "SN22X0199", "G-220199", and returns its end, or 0. Those of laws and decisions stay.
func (s *scan) maskBareCode(i int) int {
	if s.adjacent(i) && !s.isSymbol(i-1, '(') && !s.isSymbol(i-1, ':') && !s.isSymbol(i-1, '#') && !s.isQuote(i-1) {
		return 0
	}
	end := s.mixedCodeEnd(i)
	if end == 0 && s.isJoinedCode(i) {
		end = i + 3
	}
	if end == 0 || s.adjacent(end) && s.isSymbol(end, '<') || s.adjacent(end) && s.adjacent(end+1) && end+1 < len(s.tokens) && s.tokens[end].kind == otherToken && s.tokens[end+1].kind != otherToken || s.nearLaw(i) || s.isReference(i) {
		return 0
	}
	letters, digits := 0, 0
	for k := i; k < end; k++ {
		if t := &s.tokens[k]; t.kind == numberToken {
			digits += int(t.end - t.start)
		} else if t.kind == wordToken {
			letters += int(t.end - t.start)
		}
		if s.tokens[k].law {
			return 0
		}
	}
	if letters > 4 || digits < 6 && !(end-i >= 4 && digits >= 5) {
		return 0
	}
	s.addSpan(ID, i, end)
	return end
}

// nearLaw reports whether a law or court is named shortly before token i, whose numbers are public.
func (s *scan) nearLaw(i int) bool {
	for k := i; k >= max(0, i-8); k-- {
		if s.tokens[k].class&legalReference != 0 && s.tokens[k].cue&(numberCue|docketCue|referenceCue) == 0 || s.tokens[k].cue&courtCue != 0 || s.tokens[k].cue&statuteCue != 0 && s.tokens[k].cue&numberCue == 0 {
			return true
		}
	}
	return false
}

// mixedCodeEnd returns the end of capitals and digits that hang together at token k, "XK7P2Q", "LN00918273", or 0. Few letters
// before few digits may as well be the name of something: "COVID19".
func (s *scan) mixedCodeEnd(k int) int {
	letters, digits, groups, end := 0, 0, 0, k
	for end < len(s.tokens) && end-k < 16 && (end == k || s.adjacent(end)) && s.tokens[end].kind != otherToken && !s.tokens[end].inSpan {
		t := &s.tokens[end]
		if t.kind == numberToken {
			digits += int(t.end - t.start)
		} else {
			if !t.allCaps && !(t.capitalized && t.end-t.start == 1) || t.cue&(statuteCue|courtCue) != 0 && t.end-t.start > 2 {
				return 0
			}
			letters += int(t.end - t.start)
		}
		groups++
		end++
	}
	if letters == 0 || digits < 2 || letters+digits < 6 || groups < 3 && digits < 5 {
		return 0
	}
	return end
}
