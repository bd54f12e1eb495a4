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

	result, err := client.PingWebhook(
		ctx,
		"019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f",
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
