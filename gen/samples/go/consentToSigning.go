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
	client := counsel.New(os.Getenv("COUNSEL_URL"))

	result, err := client.ConsentToSigning(ctx, counsel.SigningConsent{
		Token:      "nV3m8k0bq4yG7fZr1cXwT6uHs2LdJp9aEoKiYxNvB5M",
		Disclosure: "2026-1",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
