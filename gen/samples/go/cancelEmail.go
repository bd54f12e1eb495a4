//go:build ignore

package main

import (
	"context"
	"log"
	"os"

	"counsel.example/counsel"
)

func main() {
	ctx := context.Background()
	client := counsel.New(os.Getenv("COUNSEL_URL"), counsel.WithAPIKey(os.Getenv("COUNSEL_API_KEY")))

	if err := client.CancelEmail(ctx, "019ab4d1-2d3e-7f40-9b5c-6d7e8f9a0b1c"); err != nil {
		log.Fatal(err)
	}
}
