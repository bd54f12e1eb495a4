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

	result, err := client.SendEmail(ctx, counsel.SendEmailRequest{
		To:       []counsel.RecipientAddress{"ada@example.com"},
		Subject:  "Your appointment",
		BodyText: counsel.Ptr("Dear Ada,\n\nWe meet on Monday at ten."),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
