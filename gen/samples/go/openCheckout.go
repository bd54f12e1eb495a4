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

	result, err := client.OpenCheckout(ctx, counsel.OpenCheckoutRequest{
		InvoiceID:  "019ab4d8-9c0d-7e1f-8a2b-3c4d5e6f7a8c",
		SuccessURL: counsel.Ptr("https://portal.example.com/paid"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
