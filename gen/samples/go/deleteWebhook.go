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

	if err := client.DeleteWebhook(ctx, "019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f"); err != nil {
		log.Fatal(err)
	}
}
