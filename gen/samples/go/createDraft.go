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

	result, err := client.CreateDraft(ctx, counsel.CreateDraftRequest{
		Title:  "Notice of termination",
		Body:   "# Notice of termination\n\nWe end the agreement of 3 March 2025 with effect from 31 December 2026.",
		Locale: counsel.Ptr("en-IE"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
