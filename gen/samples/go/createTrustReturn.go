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

	result, err := client.CreateTrustReturn(ctx, "019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b", counsel.TrustMovementRequest{
		Amount:    100000,
		Currency:  "EUR",
		Reference: counsel.Ptr("Retainer"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
