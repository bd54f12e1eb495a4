package locale_test

import (
	"fmt"
	"time"

	"golang.org/x/text/language"

	"counsel/domain/locale"
)

func ExampleLookup() {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, tag := range []string{"en-US", "de-AT", "fr", "es-MX", "zh"} {
		if f, ok := locale.Lookup(language.MustParse(tag)); ok {
			fmt.Printf("%s: %s, %s\n", tag, f.Date(day), f.List([]string{"A", "B", "C"}))
		} else {
			fmt.Println(tag, "is not supported")
		}
	}
	// Output:
	// en-US: March 1, 2026, A, B, and C
	// de-AT: 1. März 2026, A, B und C
	// fr: 1 mars 2026, A, B et C
	// es-MX: 1 de marzo de 2026, A, B y C
	// zh is not supported
}
