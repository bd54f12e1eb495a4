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

	result, err := client.RenderBatch(ctx, counsel.RenderBatchRequest{
		Items: []counsel.RenderPDFRequest{
			{
				TemplateID: "nda",
				Version:    "1",
				Data: map[string]any{
					"partyA": map[string]any{
						"name":           "Northwind GmbH",
						"address":        "Gartenweg 7, 80331 Munich, Germany",
						"representative": "Helen Marsh",
					},
					"partyB": map[string]any{
						"name":    "Ada Lovelace",
						"address": "12 St James Square, London SW1Y 4JH, United Kingdom",
					},
					"discloser":     "mutual",
					"purpose":       "Evaluating a joint product.",
					"effectiveDate": "2026-12-01",
					"termMonths":    24,
					"governingLaw":  "Ireland",
				},
			},
			{
				TemplateID: "nda",
				Version:    "1",
				Data: map[string]any{
					"partyA": map[string]any{
						"name":           "Northwind GmbH",
						"address":        "Gartenweg 7, 80331 Munich, Germany",
						"representative": "Helen Marsh",
					},
					"partyB": map[string]any{
						"name":    "Grace Hopper",
						"address": "12 St James Square, London SW1Y 4JH, United Kingdom",
					},
					"discloser":     "mutual",
					"purpose":       "Evaluating a joint product.",
					"effectiveDate": "2026-12-01",
					"termMonths":    24,
					"governingLaw":  "Ireland",
				},
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
