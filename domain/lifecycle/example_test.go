package lifecycle_test

import (
	"fmt"

	"counsel/domain/lifecycle"
)

func ExampleTable() {
	type state string
	drafts := lifecycle.Table[state]{
		Thing:   "draft",
		Initial: []state{"drafted"},
		Transitions: []lifecycle.Transition[state]{
			{From: "drafted", To: "reviewed", On: "review"},
			{From: "reviewed", To: "drafted", On: "edit"},
			{From: "reviewed", To: "final", On: "finalize"},
		},
	}
	fmt.Println(drafts.Check("drafted", "reviewed"))
	fmt.Println(drafts.Check("drafted", "final"))
	fmt.Println(drafts.Final("final"))
	// Output:
	// <nil>
	// conflict: A draft that is drafted cannot become final.
	// true
}
