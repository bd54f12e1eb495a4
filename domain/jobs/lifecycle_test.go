package jobs

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLifecycle compares the table with the statements that move a job.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../queries/jobs.sql")
	if err != nil {
		t.Fatal(err)
	}
	to := regexp.MustCompile(`^UPDATE jobs SET state = '(\w+)'`)
	from := regexp.MustCompile(`\bstate (= '\w+'|IN \([^)]*\))`)
	name := regexp.MustCompile(`'(\w+)'`)
	type step struct{ from, to string }
	var inSQL, inTable []step
	for _, statement := range regexp.MustCompile(`UPDATE jobs [^;]*;`).FindAllString(string(text), -1) {
		set, where, _ := strings.Cut(statement, "WHERE")
		target := to.FindStringSubmatch(set)
		if target == nil {
			continue // the state stays
		}
		for _, source := range name.FindAllStringSubmatch(from.FindString(where), -1) {
			inSQL = append(inSQL, step{source[1], target[1]})
		}
	}
	for _, tr := range Lifecycle.Transitions {
		inTable = append(inTable, step{string(tr.From), string(tr.To)})
	}
	for _, s := range inSQL {
		if !slices.Contains(inTable, s) {
			t.Errorf("a statement moves a job from %s to %s, which the table does not list", s.from, s.to)
		}
	}
	for _, s := range inTable {
		if !slices.Contains(inSQL, s) {
			t.Errorf("no statement moves a job from %s to %s", s.from, s.to)
		}
	}
	if len(inSQL) < len(inTable) {
		t.Errorf("%d transitions in the statements", len(inSQL))
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	for state, want := range map[State][]State{
		Waiting: {stateScheduled, Waiting, stateQueued},
		Running: {Running},
		Failed:  {Failed},
	} {
		if got := state.stored(); !slices.Equal(got, want) {
			t.Errorf("%s is stored as %v", state, got)
		}
	}
	if n := len(State("").stored()); n != 7 {
		t.Errorf("%d states", n)
	}
}
