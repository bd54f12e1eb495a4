package matching

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// similarity of two words that were aligned.
type similarity struct {
	score       float64
	reason      Reason // "" if the words are equal
	otherBearer bool   // different people may bear the two
}

// pair is words of one reading and those of the other that they match.
type pair struct {
	x, y    int // index of the first word of each
	length  int // mean of both
	initial bool
	similarity
}

// alignment is what two readings have in common.
type alignment struct {
	pairs          []pair
	restX, restY   []word // not matched, without particles
	particles      bool   // some were not matched
	lenX, lenY     int
	crossX, crossY bool // of another script
}

// maxJoined is how many words may be written as one.
const maxJoined = 4

// align matches the words of x, the shorter reading, with those of y: equal ones first, then words written together,
// then the most similar.
func align(x, y reading, kind Kind) alignment {
	al := alignment{lenX: len(x), lenY: len(y), crossX: x.script() != latinScript, crossY: y.script() != latinScript}
	usedX, usedY := make([]bool, len(x)), make([]bool, len(y))
	add := func(i, n, j, k int, s similarity, initial bool) {
		length := 0
		for d := range n {
			usedX[i+d] = true
			length += len(x[i+d].text)
		}
		for d := range k {
			usedY[j+d] = true
			length += len(y[j+d].text)
		}
		al.pairs = append(al.pairs, pair{x: i, y: j, length: length / 2, initial: initial, similarity: s})
	}
	for i, a := range x {
		for j, b := range y {
			if !usedX[i] && !usedY[j] && a.text == b.text && !(kind == Person && a.initial != b.initial) {
				add(i, 1, j, 1, similarity{score: 1}, a.initial)
			}
		}
	}
	sinitic := kind == Person && x.isChinese() && y.isChinese()
	alignJoined(x, y, usedX, usedY, sinitic, add)
	type candidate struct {
		i, j int
		s    similarity
	}
	var candidates []candidate
	for i, a := range x {
		for j, b := range y {
			if usedX[i] || usedY[j] || a.initial || b.initial {
				continue
			}
			if s := compareWords(a, b, kind, i == 0 && j == 0 && len(x) > 1, sinitic); s.score > 0 {
				candidates = append(candidates, candidate{i, j, s})
			}
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(b.s.score, a.s.score) })
	for _, c := range candidates {
		if !usedX[c.i] && !usedY[c.j] {
			add(c.i, 1, c.j, 1, c.s, false)
		}
	}
	if kind == Person {
		alignInitials(x, y, usedX, usedY, add)
	}
	for i, w := range x {
		if !usedX[i] && !w.particle {
			al.restX = append(al.restX, w)
		}
		al.particles = al.particles || !usedX[i] && w.particle
	}
	for j, w := range y {
		if !usedY[j] && !w.particle {
			al.restY = append(al.restY, w)
		}
		al.particles = al.particles || !usedY[j] && w.particle
	}
	return al
}

// alignJoined matches one word with several adjacent ones of the other side.
func alignJoined(x, y reading, usedX, usedY []bool, sinitic bool, add func(i, n, j, k int, s similarity, initial bool)) {
	for i, a := range x {
		for j := range y {
			for k := 2; k <= maxJoined && j+k <= len(y) && !usedX[i]; k++ {
				if s := joinedWords(a, y[j:j+k], usedY[j:j+k], sinitic); s.score > 0 {
					add(i, 1, j, k, s, false)
				}
			}
		}
	}
	for j, b := range y {
		for i := range x {
			for n := 2; n <= maxJoined && i+n <= len(x) && !usedY[j]; n++ {
				if s := joinedWords(b, x[i:i+n], usedX[i:i+n], sinitic); s.score > 0 {
					add(i, n, j, 1, s, false)
				}
			}
		}
	}
}

func joinedWords(a word, parts reading, used []bool, sinitic bool) similarity {
	if slices.Contains(used, true) || utf8.RuneCountInString(a.text) < 2 {
		return similarity{}
	}
	if !sinitic && a.script == latinScript && parts.script() == latinScript && japaneseInitial(a.text) != japaneseInitial(parts[0].text) {
		return similarity{} // of words that begin with different letters
	}
	runes := parts.merged()
	if runes == a.text {
		return similarity{score: 0.99, reason: Spacing}
	}
	if a.initial || len(runes) < 4 {
		return similarity{}
	}
	joined := newWord(runes, parts.script())
	if compareEastAsian(a, joined, sinitic) {
		return similarity{score: 0.94, reason: Transliterated}
	}
	if runes[0] != a.text[0] && a.script == joined.script {
		return similarity{}
	}
	if intersect(a.skeletons(), joined.skeletons()) {
		return similarity{score: 0.95, reason: Spacing}
	}
	return similarity{}
}

// alignInitials matches initials with words, in order where possible, and a word of capitals such as HP with two.
func alignInitials(x, y reading, usedX, usedY []bool, add func(i, n, j, k int, s similarity, initial bool)) {
	s := similarity{score: 0.85, reason: Initial}
	for i, a := range x {
		for j, b := range y {
			if usedX[i] || usedY[j] || !a.initial && !b.initial || a.initial && b.initial && !sameInitial(a, b) {
				continue
			}
			if a.initial && sameInitial(a, b) || b.initial && sameInitial(b, a) {
				add(i, 1, j, 1, s, true)
			}
		}
	}
	for i, a := range x {
		for j := range y {
			if n := len(a.text); !usedX[i] && a.capitals && j+n <= len(y) && !slices.Contains(usedY[j:j+n], true) && isInitials(a.text, y[j:j+n]) {
				add(i, 1, j, n, s, true)
			}
		}
	}
}

func isInitials(runes string, words reading) bool {
	for i, w := range words {
		if !strings.HasPrefix(w.text, runes[i:i+1]) {
			return false
		}
	}
	return true
}

// sameInitial reports whether a, an initial, may stand for b.
func sameInitial(a, b word) bool {
	if strings.HasPrefix(b.text, a.text) {
		return true
	}
	for _, s := range a.skeletons() {
		for _, t := range b.skeletons() {
			if len(a.text) == 1 && s != "" && t != "" && s[0] == t[0] {
				return true
			}
		}
	}
	return false
}

// spells is how often the words of one pair had to be taken for a misspelling.
func (al alignment) spells() (n int) {
	for _, p := range al.pairs {
		if p.reason == Spelling && p.score < 0.95 && !p.otherBearer {
			n++
		}
	}
	return n
}

// mean is the mean similarity by letters.
func (al alignment) mean() (mean float64, reasons []Reason) {
	total := 0.0
	last := -1
	for _, p := range slices.SortedFunc(slices.Values(al.pairs), func(a, b pair) int { return cmp.Compare(a.x, b.x) }) {
		weight := float64(max(p.length, 3))
		mean, total = mean+p.score*weight, total+weight
		if p.reason != "" {
			reasons = append(reasons, p.reason)
		}
		if p.y < last {
			reasons = append(reasons, Order)
		}
		last = p.y
	}
	if al.crossX != al.crossY {
		reasons = append(reasons, Transliterated)
	}
	if total == 0 {
		return 0, nil
	}
	return mean / total, reasons
}

// scorePerson requires that every word of one name is found in the other, one of them in full.
func (al alignment) scorePerson() Match {
	missing := max(len(al.restX), len(al.restY))
	if len(al.pairs) == 0 || len(al.restX) > 0 && len(al.restY) > 0 {
		return Match{}
	}
	full, initials, weakest := 0, 0, 1.0
	for _, p := range al.pairs {
		if p.initial {
			initials++
			continue
		}
		full++
		weakest = min(weakest, p.score)
	}
	single := al.lenX == 1 && al.lenY == 1 || missing == 0 && initials == 0
	switch {
	case full == 0, full == 1 && initials == 0 && !single, full == 1 && initials > 0 && weakest < 0.94:
		return Match{}
	}
	score, reasons := al.mean()
	if initials > 0 {
		score -= 0.05
	}
	if missing > 0 {
		score -= 0.06 + 0.02*float64(min(missing, 4))
		reasons = append(reasons, MissingWord)
	}
	if al.particles {
		score -= 0.06
		reasons = append(reasons, MissingWord)
	}
	if n := al.spells(); n > 1 {
		score -= 0.06 * float64(n-1)
	}
	if full == 1 && single && weakest < 0.95 { // one word only
		score -= 0.08
	}
	if slices.ContainsFunc(al.pairs, func(p pair) bool { return p.otherBearer }) {
		score = min(score, Strong-0.01)
	}
	return Match{Score: max(score, 0), Reasons: reasons}
}

// scoreCompany requires that all words match: one more or another word is another company.
func (al alignment) scoreCompany() Match {
	if len(al.pairs) == 0 || len(al.restX) > 0 || len(al.restY) > 0 {
		return Match{}
	}
	score, reasons := al.mean()
	if n := al.spells(); n > 1 {
		score -= 0.06 * float64(n-1)
	}
	return Match{Score: max(score, 0), Reasons: reasons}
}
