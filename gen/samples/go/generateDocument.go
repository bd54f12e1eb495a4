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

	result, err := client.GenerateDocument(ctx, counsel.GenerateDocumentRequest{
		Type: "nda",
		Inputs: map[string]any{
			"partyA": map[string]any{
				"name":           "Northwind GmbH",
				"address":        "Gartenweg 7, 80331 Munich, Germany",
				"representative": "Helen Marsh",
			},
			"partyB":        map[string]any{"name": "Ada Lovelace"},
			"discloser":     "mutual",
			"purpose":       "Evaluating a joint product.",
			"effectiveDate": "2026-12-01",
			"termMonths":    24,
			"governingLaw":  "Ireland",
		},
		Tone:   counsel.Ptr(counsel.TonePlain),
		Locale: counsel.Ptr("en-GB"),
		Policy: counsel.Ptr(counsel.PolicyNda),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
