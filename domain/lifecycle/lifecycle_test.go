package lifecycle

import (
	"slices"
	"testing"

	"counsel/domain"
)

type state string

var table = Table[state]{
	Thing:   "letter",
	Initial: []state{"open"},
	Transitions: []Transition[state]{
		{"open", "sent", "send"},
		{"sent", "open", "bounce"},
		{"open", "closed", "close"},
	},
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		from, to state
		allowed  bool
	}{
		{"open", "sent", true},
		{"sent", "open", true},
		{"sent", "closed", false},
		{"closed", "open", false},
		{"open", "open", false},
	} {
		err := table.Check(c.from, c.to)
		if (err == nil) != c.allowed || (err != nil && domain.CodeOf(err) != domain.Conflict) {
			t.Errorf("%s to %s: %v", c.from, c.to, err)
		}
	}
}

func TestStates(t *testing.T) {
	if s := table.States(); !slices.Equal(s, []state{"open", "sent", "closed"}) {
		t.Errorf("states %v", s)
	}
	if table.Final("open") || !table.Final("closed") {
		t.Error("only closed is final")
	}
}

func TestMermaid(t *testing.T) {
	want := `stateDiagram-v2
    [*] --> open
    open --> sent: send
    sent --> open: bounce
    open --> closed: close
    closed --> [*]
`
	if got := table.Mermaid(); got != want {
		t.Errorf("got\n%s", got)
	}
}
