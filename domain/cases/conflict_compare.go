package cases

import (
	"slices"
	"strings"
)

// similarity is the result of comparing two names.
type similarity int

const (
	different similarity = iota
	similar              // of people: one lacks words of the other or has initials for them
	identical
)

// compareNames compares the names of two parties.
func compareNames(a string, kindA PartyKind, b string, kindB PartyKind) similarity {
	return compareVariants(nameVariants(a, kindA), nameVariants(b, kindB), kindA == PartyPerson && kindB == PartyPerson)
}

func compareVariants(a, b []nameVariant, people bool) similarity {
	best := different
	for _, x := range a {
		for _, y := range b {
			if sameWords(x, y) {
				return identical
			}
			if people && best == different && initialsMatch(x, y) {
				best = similar
			}
		}
	}
	return best
}

// sameWords compares words in any order, or the joined letters if the words are only rotated, as
// when the family name comes first.
func sameWords(a, b nameVariant) bool {
	if slices.Equal(sortedTexts(a), sortedTexts(b)) {
		return true
	}
	x := umlauts.Replace(join(a))
	for i := range b {
		if umlauts.Replace(join(slices.Concat(b[i:], b[:i]))) == x {
			return true
		}
	}
	for i := range a {
		if umlauts.Replace(join(slices.Concat(a[i:], a[:i]))) == umlauts.Replace(join(b)) {
			return true
		}
	}
	return false
}

func sortedTexts(r nameVariant) []string {
	texts := make([]string, len(r))
	for i, w := range r {
		texts[i] = w.text
	}
	slices.Sort(texts)
	return texts
}

// initialsMatch reports whether each word of the shorter name is in the longer or is an initial of
// one of its words. At least one word must be spelled out in both.
func initialsMatch(a, b nameVariant) bool {
	isParticle := func(w word) bool { return w.particle }
	short, long := slices.DeleteFunc(slices.Clone(a), isParticle), slices.DeleteFunc(slices.Clone(b), isParticle)
	if len(short) > len(long) {
		short, long = long, short
	}
	if len(short) < 2 {
		return false
	}
	full := false
	meet := func(fits func(x, y word) bool) {
		short = slices.DeleteFunc(short, func(x word) bool {
			i := slices.IndexFunc(long, func(y word) bool { return fits(x, y) })
			if i >= 0 {
				full = full || !x.initial && !long[i].initial
				long = slices.Delete(long, i, i+1)
			}
			return i >= 0
		})
	}
	meet(func(x, y word) bool { return x.text == y.text })
	meet(func(x, y word) bool {
		return x.initial && strings.HasPrefix(y.text, x.text) || y.initial && strings.HasPrefix(x.text, y.text)
	})
	return full && len(short) == 0
}
