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

	err := client.DeleteSuppression(
		ctx,
		"019ab4d2-3e4f-7051-8c6d-7e8f9a0b1c2d",
	)
	if err != nil {
		log.Fatal(err)
	}
}
