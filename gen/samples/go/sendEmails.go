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

	result, err := client.SendEmails(ctx, counsel.SendEmailsRequest{
		Emails: []counsel.SendEmailRequest{
			{
				To:       []counsel.RecipientAddress{"ada@example.com"},
				Subject:  "Our office moves",
				BodyText: counsel.Ptr("We move on Monday."),
			},
			{
				To:       []counsel.RecipientAddress{"bob@example.com"},
				Subject:  "Our office moves",
				BodyText: counsel.Ptr("We move on Monday."),
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
