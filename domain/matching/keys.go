package matching

import (
	"crypto/sha256"
	"slices"
	"strings"
)

// KeyVersion is the version of the rules that compute keys. Whoever stores keys stores it too, and computes them
// again when it has grown.
const KeyVersion = 2

// maxKeys is the limit of keys of one name. Those with the end of a word, which come last, are left out first.
const maxKeys = 96

// Keys are hashes of parts of the name. Two names can match if a wanted key of one is a stored key of the other;
// exact are the wanted keys that only the same letters share. The hashes contain no text.
func (n Name) Keys() (stored, exact, similar [][]byte) {
	e, s, w := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range n.readings {
		e["letters\x00"+sortRunes(r.merged())] = true
		if n.kind == Company {
			companyKeys(r, s)
		} else {
			personKeys(r, s, w)
		}
	}
	for k := range s {
		if !strings.HasPrefix(k, "whole\x00") {
			w[k] = true
		}
	}
	exact, similar = hashes(e), hashes(w)
	return append(slices.Clone(exact), hashes(s)...), exact, similar
}

// companyKeys are the code of all words, and that with one symbol less, so that one mistake is found.
func companyKeys(r reading, stored map[string]bool) {
	var runes strings.Builder
	for _, w := range r {
		runes.WriteString(expand(w.text))
	}
	for _, code := range codes(newWord(runes.String(), r.script())) {
		deletions(code, stored)
	}
	sorted := []string{}
	for _, w := range r {
		sorted = append(sorted, codes(newWord(expand(w.text), w.script))[0])
	}
	slices.Sort(sorted)
	stored["sorted\x00"+strings.Join(sorted, " ")] = true
}

// deletions adds a code and, unless it is short, the code without each of its symbols.
func deletions(code string, stored map[string]bool) {
	stored["code\x00"+code] = true
	if len(code) < 4 {
		return
	}
	for i := range min(len(code), 16) {
		stored["code\x00"+code[:i]+code[i+1:]] = true
	}
}

// personKeys are two words, one of which may be abbreviated to its beginning or its end, where mistakes are rarely
// both. Initials are found by names with initials and by spelled-out ones, which do not find each other by them.
func personKeys(r reading, stored, wanted map[string]bool) {
	var words []keyWord
	for _, w := range r {
		if !w.particle {
			words = append(words, keyWord{codes: nameCodes(w), initial: w.initial, first: initials(w)})
		}
	}
	if len(words) == 1 {
		for _, code := range words[0].codes {
			deletions(code, stored)
		}
	}
	pairs := func(a, b keyWord) {
		for _, x := range a.codes {
			for _, y := range b.codes {
				stored["pair\x00"+min(x, y)+" "+max(x, y)] = true
				if len(words) <= 4 {
					for _, part := range ends(y) {
						stored["word end\x00"+x+" "+part] = true
					}
				}
			}
		}
	}
	for i, a := range words {
		for j, b := range words {
			if i == j || b.initial {
				continue
			}
			for _, y := range b.codes {
				for _, f := range a.first {
					if a.initial {
						stored["initial\x00"+f+" "+y] = true
						wanted["whole\x00"+f+" "+y] = true
					} else {
						stored["whole\x00"+f+" "+y] = true
						wanted["initial\x00"+f+" "+y] = true
					}
				}
			}
			if !a.initial {
				pairs(a, b)
			}
		}
	}
	joinedKeys(r, words, pairs)
}

// joinedKeys pairs two adjacent words, taken as one, with each other word.
func joinedKeys(r reading, words []keyWord, pairs func(a, b keyWord)) {
	if len(words) < 3 || len(words) > 4 || len(words) != len(r) {
		return
	}
	for i := range len(r) - 1 {
		if r[i].initial || r[i+1].initial {
			continue
		}
		joined := keyWord{codes: codes(newWord(r[i:i+2].merged(), r[i].script))}
		for j, other := range words {
			if j != i && j != i+1 && !other.initial {
				pairs(joined, other)
				pairs(other, joined)
			}
		}
	}
}

type keyWord struct {
	codes   []string
	first   []string // the first symbols
	initial bool
}

// initials are the symbols for which an initial of the word may stand.
func initials(w word) (out []string) {
	for _, code := range codes(word{skeletons: firstRunes(w)}) {
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

func firstRunes(w word) (out []string) {
	for _, s := range append([]string{w.text}, w.skeletons...) {
		for _, r := range s {
			out = append(out, string(r))
			break
		}
	}
	return out
}

// ends are the two first and the two last symbols of a code, or all of a short one.
func ends(code string) []string {
	if len(code) <= 2 {
		return []string{"^" + code + "$"}
	}
	return []string{"^" + code[:2], code[len(code)-2:] + "$"}
}

// nameCodes are the codes of the name of which the word is a form, and its own.
func nameCodes(w word) (out []string) {
	for _, v := range variants[w.text] {
		for _, code := range codes(newWord(v.name, latinScript)) {
			if len(out) < 4 && !slices.Contains(out, code) {
				out = append(out, code)
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	return codes(w)
}

// symbols are the sounds that a code tells apart, like Soundex.
var symbols = map[rune]byte{'b': 'b', 'p': 'b', 'f': 'f', 'v': 'f', 'w': 'f', 'c': 's', 's': 's', 'z': 's', 'k': 'k', 'q': 'k', 'g': 'k', 'd': 't', 't': 't', 'l': 'l', 'm': 'm', 'n': 'n', 'r': 'r'}

// codes are the consonants of the word's skeletons, with a mark for an initial vowel.
func codes(w word) (out []string) {
	for _, s := range w.skeletons {
		s = strings.NewReplacer("ts", "s", "tc", "s", "dz", "s").Replace(s)
		var b []byte
		for i, r := range s {
			symbol, ok := symbols[r]
			switch {
			case ok:
			case strings.ContainsRune("aeiouyjh", r):
				if i == 0 && r != 'h' {
					b = append(b, 'a')
				}
				continue
			default: // a letter without romanization, a digit
				b = append(b, string(r)...)
				continue
			}
			if len(b) == 0 || b[len(b)-1] != symbol {
				b = append(b, symbol)
			}
		}
		if code := string(b); !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

func hashes(texts map[string]bool) (out [][]byte) {
	sorted := make([]string, 0, len(texts))
	for text := range texts {
		sorted = append(sorted, text)
	}
	slices.Sort(sorted)
	for _, text := range sorted[:min(len(sorted), maxKeys)] {
		sum := sha256.Sum256([]byte(text))
		out = append(out, sum[:])
	}
	return out
}
