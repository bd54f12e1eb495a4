package masking

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"
)

// typeCounts are the counts of one type. Spans match if they overlap and have the same type. Addresses and
// places count as the same type, because the labels use either for towns.
type typeCounts struct{ gold, hit, covered, found, right int }

type scorer struct {
	byType map[Type]*typeCounts
	// per word, as presidio-evaluator counts: personal or not, and with the right type
	tp, fp, fn, typedTP, typedFN int
	skip                         func(Type) bool // whose words do not count
}

func comparableType(t Type) Type {
	if t == Address {
		return Location
	}
	return t
}

func (sc *scorer) at(t Type) *typeCounts {
	if sc.byType == nil {
		sc.byType = map[Type]*typeCounts{}
	}
	if sc.byType[t] == nil {
		sc.byType[t] = &typeCounts{}
	}
	return sc.byType[t]
}

func (sc *scorer) count(text string, gold, found []Span) {
	overlap := func(a, b Span) bool { return a.Start < b.End && b.Start < a.End }
	for _, g := range gold {
		c := sc.at(g.Type)
		c.gold++
		covered, hit := false, false
		for _, f := range found {
			if overlap(g, f) {
				covered = true
				hit = hit || comparableType(f.Type) == comparableType(g.Type)
			}
		}
		if covered {
			c.covered++
		}
		if hit {
			c.hit++
		}
	}
	for _, f := range found {
		c := sc.at(f.Type)
		c.found++
		for _, g := range gold {
			if overlap(g, f) && comparableType(f.Type) == comparableType(g.Type) {
				c.right++
				break
			}
		}
	}
	typeAt := func(spans []Span, i int) (Type, bool) {
		for _, s := range spans {
			if i >= s.Start && i < s.End {
				return s.Type, true
			}
		}
		return 0, false
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !isWordRune(r) {
			i += n
			continue
		}
		g, isGold := typeAt(gold, i)
		f, isFound := typeAt(found, i)
		switch {
		case isGold && sc.skip != nil && sc.skip(g): // counts neither way
		case isGold && isFound:
			sc.tp++
			if comparableType(g) == comparableType(f) {
				sc.typedTP++
			} else {
				sc.typedFN++
			}
		case isGold:
			sc.fn++
			sc.typedFN++
		case isFound:
			sc.fp++
		}
		for i < len(text) {
			r, n = utf8.DecodeRuneInString(text[i:])
			if !isWordRune(r) {
				break
			}
			i += n
		}
	}
}

func isWordRune(r rune) bool { return isAlnum(byte(min(r, 127))) && r < 128 || r >= 0xc0 }

func f2(p, r float64) float64 {
	if p+r == 0 {
		return 0
	}
	return 5 * p * r / (4*p + r)
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func (sc *scorer) print(t *testing.T, title string) (untyped, typed float64) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%-14s %6s %6s %8s %9s %9s %6s\n", title, "type", "gold", "found", "masked", "recall", "precision", "F2")
	var types []int
	for ty := range sc.byType {
		types = append(types, int(ty))
	}
	sort.Ints(types)
	for _, ty := range types {
		c := sc.byType[Type(ty)]
		p, r := ratio(c.right, c.found), ratio(c.hit, c.gold)
		fmt.Fprintf(&b, "%-14s %6d %6d %8.3f %9.3f %9.3f %6.3f\n", Type(ty), c.gold, c.found, ratio(c.covered, c.gold), r, p, f2(p, r))
	}
	p, r := ratio(sc.tp, sc.tp+sc.fp), ratio(sc.tp, sc.tp+sc.fn)
	untyped = f2(p, r)
	tp, tr := ratio(sc.typedTP, sc.tp+sc.fp), ratio(sc.typedTP, sc.typedTP+sc.typedFN)
	typed = f2(tp, tr)
	fmt.Fprintf(&b, "words, masked at all: precision %.3f recall %.3f F2 %.3f\n", p, r, untyped)
	fmt.Fprintf(&b, "words, right type:    precision %.3f recall %.3f F2 %.3f\n", tp, tr, typed)
	t.Log(b.String())
	return untyped, typed
}
