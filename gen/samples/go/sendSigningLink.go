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
	client := counsel.New(os.Getenv("COUNSEL_URL"))

	err := client.SendSigningLink(ctx, counsel.SigningLinkRequest{
		TrackingID: "019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
		Email:      "ada@example.com",
	})
	if err != nil {
		log.Fatal(err)
	}
}
