//go:build ignore

package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"counsel.example/counsel"
)

func main() {
	ctx := context.Background()
	client := counsel.New(os.Getenv("COUNSEL_URL"), counsel.WithAPIKey(os.Getenv("COUNSEL_API_KEY")))

	result, err := client.CreateTemplate(ctx, counsel.CreateTemplateRequest{
		TemplateID: "notice-of-termination",
		Version:    "1",
		Body:       "---\nname: Notice of termination\ntitle: Notice of Termination to {{recipient}}\nlanguage: en-GB\nnumbering: none\nfooter: { right: 'Page {page} of {pages}' }\n---\n# Notice of Termination\n\nDear {{recipient}},\n\nwe end the agreement of {{agreementDate}}{{#reason}} because {{reason}}{{/reason}}.\n",
		Schema: map[string]any{
			"type":                 "object",
			"additionalProperties": false,
			"required":             []any{"recipient", "agreementDate"},
			"properties": map[string]any{
				"recipient": map[string]any{
					"type":      "string",
					"minLength": 1,
					"maxLength": 200,
					"pattern":   "\\S",
				},
				"agreementDate": map[string]any{
					"type":      "string",
					"format":    "date",
					"maxLength": 10,
				},
				"reason": map[string]any{
					"type":      "string",
					"minLength": 1,
					"maxLength": 1000,
					"pattern":   "\\S",
				},
			},
		},
		SampleData: map[string]any{
			"recipient":     "Northwind GmbH",
			"agreementDate": "2025-03-03",
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
