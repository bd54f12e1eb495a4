// Package lifecycle describes the states of a thing and the transitions between them.
//
// Each package that stores a state has one Table. It moves rows through Check alone, and the
// diagrams in docs/lifecycles.md are drawn from the tables, so that all three agree.
package lifecycle

import (
	"fmt"
	"strings"

	"counsel/domain"
)

// Transition is one allowed step.
type Transition[S ~string] struct {
	From, To S
	On       string // the event that causes it, in two or three words
}

// Table is the life cycle of one thing.
type Table[S ~string] struct {
	Thing       string // singular, such as "draft"
	Initial     []S    // the states in which it can be created
	Transitions []Transition[S]
}

// Allowed reports whether a thing may move from one state to the other.
func (t Table[S]) Allowed(from, to S) bool {
	for _, s := range t.Transitions {
		if s.From == from && s.To == to {
			return true
		}
	}
	return false
}

// Check returns a conflict unless the transition is allowed.
func (t Table[S]) Check(from, to S) error {
	if t.Allowed(from, to) {
		return nil
	}
	article := "A"
	if strings.ContainsRune("aeiou", rune(t.Thing[0])) {
		article = "An"
	}
	return domain.Errorf(domain.Conflict, "%s %s that is %s cannot become %s.", article, t.Thing, from, to)
}

// Final reports whether no transition leaves the state.
func (t Table[S]) Final(state S) bool {
	for _, s := range t.Transitions {
		if s.From == state {
			return false
		}
	}
	return true
}

// States lists every state once, in the order of the table.
func (t Table[S]) States() (states []S) {
	seen := map[S]bool{}
	add := func(s S) {
		if !seen[s] {
			seen[s] = true
			states = append(states, s)
		}
	}
	for _, s := range t.Initial {
		add(s)
	}
	for _, s := range t.Transitions {
		add(s.From)
		add(s.To)
	}
	return states
}

// Mermaid draws the table as a Mermaid state diagram.
func (t Table[S]) Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, s := range t.Initial {
		fmt.Fprintf(&b, "    [*] --> %s\n", s)
	}
	for _, s := range t.Transitions {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", s.From, s.To, s.On)
	}
	for _, s := range t.States() {
		if t.Final(s) {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	return b.String()
}
