package policy

import (
	"testing"
)

// TestMeasureClauses prints how well Recognize finds the clause types of CUAD in the contracts that were
// used neither for the patterns nor for the model: by contract (does it have such a clause), and by
// passage.
func TestMeasureClauses(t *testing.T) {
	_, held := loadCUAD(t)
	type counts struct{ both, found, marked, passages, right, markedPassages, hit int }
	byType := map[string]*counts{}
	for _, name := range ClauseTypes()[:numCUAD] {
		byType[name] = &counts{}
	}
	for _, c := range held {
		found := map[string][]span{}
		for _, p := range Recognize(c.text) {
			found[p.ClauseType] = append(found[p.ClauseType], span{p.Start, p.End})
		}
		for name, n := range byType {
			f, m := found[name], c.marked[name]
			if len(f) > 0 {
				n.found++
			}
			if len(m) > 0 {
				n.marked++
			}
			if len(f) > 0 && len(m) > 0 {
				n.both++
			}
			n.passages, n.markedPassages = n.passages+len(f), n.markedPassages+len(m)
			n.right += overlapping(f, m)
			n.hit += overlapping(m, f)
		}
	}
	share := func(a, b int) float64 { return float64(a) / float64(max(b, 1)) }
	f1 := func(p, r float64) float64 {
		if p+r == 0 {
			return 0
		}
		return 2 * p * r / (p + r)
	}
	t.Logf("%-36s %9s %27s %27s", "clause type", "contracts", "by contract P    R   F1", "by passage P    R   F1")
	var total counts
	macroContract, macroPassage := 0.0, 0.0
	for _, name := range ClauseTypes()[:numCUAD] {
		n := byType[name]
		p, r := share(n.both, n.found), share(n.both, n.marked)
		pp, pr := share(n.right, n.passages), share(n.hit, n.markedPassages)
		t.Logf("%-36s %9d %17.2f %.2f %.2f %17.2f %.2f %.2f", name, n.marked, p, r, f1(p, r), pp, pr, f1(pp, pr))
		macroContract += f1(p, r) / numCUAD
		macroPassage += f1(pp, pr) / numCUAD
		total.both, total.found, total.marked = total.both+n.both, total.found+n.found, total.marked+n.marked
		total.right, total.passages, total.hit, total.markedPassages = total.right+n.right, total.passages+n.passages, total.hit+n.hit, total.markedPassages+n.markedPassages
	}
	p, r := share(total.both, total.found), share(total.both, total.marked)
	pp, pr := share(total.right, total.passages), share(total.hit, total.markedPassages)
	t.Logf("%-36s %9d %17.2f %.2f %.2f %17.2f %.2f %.2f", "all", len(held), p, r, f1(p, r), pp, pr, f1(pp, pr))
	t.Logf("mean F1 of the types: %.2f by contract, %.2f by passage", macroContract, macroPassage)
	if f1(p, r) < 0.7 || f1(pp, pr) < 0.5 {
		t.Error("the recognition of clauses got worse")
	}
}

// overlapping counts the spans of a that overlap one of b.
func overlapping(a, b []span) (n int) {
	for _, x := range a {
		for _, y := range b {
			if x.start < y.end && y.start < x.end {
				n++
				break
			}
		}
	}
	return n
}
