package latin_test

import (
	"fmt"

	"counsel/domain/text/latin"
)

func ExampleFold() {
	fmt.Println(latin.Fold("straße"), latin.Fold("søren"), latin.Fold("æther"), latin.Fold("łódź"))
	// Output: strasse soren aether lódź
}
