package matching

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// labeledPair is a line of testdata: two names and whether they are one person or company.
type labeledPair struct {
	kind       Kind
	same       bool
	category   string
	a, b       string
	match      Match
	candidates bool // the keys find one for the other
}

// TestMeasure prints recall and precision by kind of difference. A pair counts as found if the keys find it and it is
// Possible. Never read testdata/heldout when you change the rules: it tells whether they generalize. MATCHING_SHOW=1
// prints the mistakes in the half for tuning.
func TestMeasure(t *testing.T) {
	for _, half := range []struct {
		file              string
		recall, precision float64
		show              bool
	}{
		{"testdata/tuning.tsv", 0.985, 0.985, os.Getenv("MATCHING_SHOW") != ""},
		{"testdata/heldout/pairs.tsv", 0.975, 0.965, false},
	} {
		t.Run(half.file, func(t *testing.T) {
			type count struct{ right, all int }
			same, other := map[string]count{}, map[string]count{}
			var found, missed, alarms float64
			for _, p := range readPairs(t, half.file) {
				matched := p.candidates && p.match.Score >= Possible
				counts := other
				if p.same {
					counts = same
				}
				c := counts[p.category]
				c.all++
				if matched == p.same {
					c.right++
				} else if half.show {
					t.Logf("%s %s: %q, %q: %+v, keys %v", p.kind, p.category, p.a, p.b, p.match, p.candidates)
				}
				counts[p.category] = c
				switch {
				case matched && p.same:
					found++
				case p.same:
					missed++
				case matched:
					alarms++
				}
			}
			var report strings.Builder
			for label, counts := range map[string]map[string]count{"found": same, "kept apart": other} {
				for _, category := range slices.Sorted(maps.Keys(counts)) {
					c := counts[category]
					fmt.Fprintf(&report, "\n%-28s %-10s %3d of %3d", category, label, c.right, c.all)
				}
			}
			recall, precision := found/(found+missed), found/(found+alarms)
			t.Logf("recall %.3f, precision %.3f%s", recall, precision, report.String())
			if recall < half.recall || precision < half.precision {
				t.Errorf("recall %.3f, want %.3f; precision %.3f, want %.3f", recall, half.recall, precision, half.precision)
			}
		})
	}
}

func readPairs(t *testing.T, file string) (pairs []labeledPair) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 5 {
			t.Fatalf("%s: %q", file, line)
		}
		p := labeledPair{kind: Kind(f[0]), same: f[1] == "same", category: f[0] + " " + f[2], a: f[3], b: f[4]}
		a, b := Parse(p.a, p.kind), Parse(p.b, p.kind)
		p.match, p.candidates = Compare(a, b), found(a, b)
		pairs = append(pairs, p)
	}
	return pairs
}
