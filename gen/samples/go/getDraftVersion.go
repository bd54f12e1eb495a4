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

	result, err := client.GetDraftVersion(
		ctx,
		"019ab4ca-0b3f-7c5d-9d2e-5a4f3c2b1a09",
		1,
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
