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

	result, err := client.UpdateDraft(ctx, "019ab4ca-0b3f-7c5d-9d2e-5a4f3c2b1a09", counsel.UpdateDraftRequest{
		Version: 1,
		Body:    counsel.Ptr("# Notice of termination\n\nWe end the agreement of 3 March 2025 with effect from 31 January 2027."),
		Note:    counsel.Ptr("Longer notice"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
