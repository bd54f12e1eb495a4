package matching

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strings"
)

// KeyVersion is the version of the rules that compute keys. Whoever stores keys stores it too, and computes them
// again when it has grown.
const KeyVersion = 3

// maxKeys is the limit of keys of one name.
const maxKeys = 96

// keySet holds keys in clear, and whether each is of two words as they are or of one that may have a mistake.
type keySet map[string]bool

func (k keySet) add(kind, text string) { k[kind+"\x00"+text] = true }

// addMistake adds a key that is left out first.
func (k keySet) addMistake(kind, text string) {
	if key := kind + "\x00" + text; !k[key] {
		k[key] = false
	}
}

// Keys are hashes of parts of the name. Two names can match if a wanted key of one is a stored key of the other;
// exact are the wanted keys that only the same letters share. The hashes contain no text.
func (n Name) Keys() (stored, exact, similar [][]byte) {
	e, s, w := keySet{}, keySet{}, keySet{}
	for _, r := range n.readings {
		e.add("letters", sortRunes(r.merged()))
		if n.kind == Company {
			companyKeys(r, s)
		} else {
			personKeys(r, s, w)
		}
	}
	for key, first := range s {
		if !strings.HasPrefix(key, "whole\x00") {
			w[key] = first
		}
	}
	exact, similar = e.hashes(), w.hashes()
	return append(slices.Clone(exact), s.hashes()...), exact, similar
}

// companyKeys are the code of all words, and that with one symbol less, so that one mistake is found.
func companyKeys(r reading, stored keySet) {
	var runes strings.Builder
	sorted := []string{}
	for _, w := range r {
		runes.WriteString(expand(w.text))
		sorted = append(sorted, codes(newWord(expand(w.text), w.script))[0])
	}
	for _, code := range codes(newWord(runes.String(), r.script())) {
		deletions(code, stored)
	}
	slices.Sort(sorted)
	stored.add("sorted", strings.Join(sorted, " "))
}

// deletions adds a code and, unless it is short, the code without each of its symbols.
func deletions(code string, stored keySet) {
	stored.add("code", code)
	if len(code) < 4 {
		return
	}
	for i := range min(len(code), 16) {
		stored.addMistake("code", code[:i]+code[i+1:])
	}
}

// personKeys are the codes of two words, of a long one also without each of its symbols, so that one mistake is found.
// Initials are found by names with initials and by spelled-out ones, which do not find each other by them.
func personKeys(r reading, stored, wanted keySet) {
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
	for i, a := range words {
		for j, b := range words {
			if i == j || b.initial {
				continue
			}
			if !a.initial {
				stored.addPair(a, b, len(words) <= 4)
			}
			for _, y := range b.codes {
				for _, f := range a.first {
					if a.initial {
						stored.add("initial", f+" "+y)
						wanted.add("whole", f+" "+y)
					} else {
						stored.add("whole", f+" "+y)
						wanted.add("initial", f+" "+y)
					}
				}
			}
		}
	}
	joinedKeys(r, words, stored)
}

// addPair adds two words, and if the second is long also with a mistake in it.
func (k keySet) addPair(a, b keyWord, mistakes bool) {
	for _, x := range a.codes {
		for _, y := range b.codes {
			k.add("pair", x+" "+y)
			if !mistakes || len(y) < 4 || arabicNames[y] {
				continue
			}
			for i := range min(len(y), 8) {
				k.addMistake("pair", x+" "+y[:i]+y[i+1:])
			}
		}
	}
}

// joinedKeys pairs two adjacent words, taken as one, with each other word.
func joinedKeys(r reading, words []keyWord, stored keySet) {
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
				stored.addPair(joined, other, false)
				stored.addPair(other, joined, false)
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
	for _, code := range soundCodes(firstRunes(w)) {
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

func firstRunes(w word) (out []string) {
	for _, s := range append([]string{w.text}, w.skeletons()...) {
		for _, r := range s {
			out = append(out, string(r))
			break
		}
	}
	return out
}

// nameCodes are the codes of the name of which the word is a form, and its own.
func nameCodes(w word) (out []string) {
	if code := arabicCode(w.text); arabicNames[code] {
		out = append(out, code)
	}
	for _, v := range variants[w.form()] {
		for _, code := range codes(newWord(v.name, latinScript)) {
			if len(out) < 4 && !slices.Contains(out, code) {
				out = append(out, code)
			}
		}
	}
	for _, code := range codes(w) {
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

// symbols are the sounds that a code tells apart, like Soundex.
var symbols = map[rune]byte{'b': 'b', 'p': 'b', 'f': 'f', 'v': 'f', 'w': 'f', 'c': 's', 's': 's', 'z': 's', 'k': 'k', 'q': 'k', 'g': 'k', 'd': 't', 't': 't', 'l': 'l', 'm': 'm', 'n': 'n', 'r': 'r'}

// codes are the consonants of the word's skeletons, with a mark for an initial vowel.
func codes(w word) (out []string) {
	spellings := w.skeletons()
	if w.script == latinScript && w.japanese() != "" {
		spellings = append(slices.Clone(spellings), japanese.Replace(w.text))
	}
	return soundCodes(spellings)
}

var sibilants = strings.NewReplacer("ts", "s", "tc", "s", "dz", "s")

func soundCodes(spellings []string) (out []string) {
	for _, s := range spellings {
		s = sibilants.Replace(s)
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

func (k keySet) hashes() (out [][]byte) {
	sorted := slices.SortedFunc(maps.Keys(k), func(a, b string) int {
		if k[a] != k[b] {
			if k[a] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	for _, text := range sorted[:min(len(sorted), maxKeys)] {
		sum := sha256.Sum256([]byte(text))
		out = append(out, sum[:])
	}
	return out
}
