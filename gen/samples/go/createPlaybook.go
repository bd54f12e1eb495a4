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

	result, err := client.CreatePlaybook(ctx, counsel.PlaybookContent{
		Name:        "Our terms for NDAs",
		Description: counsel.Ptr("We receive information from customers."),
		Extends:     counsel.Ptr(counsel.PolicyNda),
		Positions: []counsel.PlaybookPosition{
			{
				ClauseType: "Non-Compete",
				Severity:   counsel.SeverityHigh,
				Forbidden:  counsel.Ptr(true),
			},
			{
				ClauseType:    "Governing Law",
				Severity:      counsel.SeverityMedium,
				Required:      counsel.Ptr(true),
				RequiredTerms: []counsel.PlaybookTerm{"ireland", "engl*"},
				Preferred:     counsel.Ptr("The law of Ireland."),
				Fallback:      counsel.Ptr("The law of England and Wales."),
				Wording:       counsel.Ptr("This Agreement is governed by the law of Ireland."),
			},
			{
				ClauseType:   "Liquidated Damages",
				Severity:     counsel.SeverityHigh,
				Unacceptable: counsel.Ptr("A penalty without proof of loss."),
				UnacceptableTerms: []counsel.PlaybookTerm{
					"contractual penalty",
				},
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
