package schema_test

import (
	"fmt"

	"counsel/domain/schema"
)

func ExampleCompile() {
	party, err := schema.Compile("party", []byte(`{
		"type": "object",
		"properties": {"name": {"type": "string", "maxLength": 10}, "currency": {"type": "string", "format": "iso-4217"}},
		"required": ["name"],
		"additionalProperties": false
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, field := range schema.Fields(party.Check(map[string]any{"currency": "euro", "a/b": 1}, "/party")) {
		fmt.Println(field.Pointer, field.Detail)
	}
	// Output:
	// /party/a~1b is not a known field
	// /party/currency must be a currency code such as EUR
	// /party/name is required
}
