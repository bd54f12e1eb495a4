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
	if err := client.Login(ctx, os.Getenv("COUNSEL_EMAIL"), os.Getenv("COUNSEL_PASSWORD")); err != nil {
		log.Fatal(err)
	}

	if err := client.ResendVerification(ctx); err != nil {
		log.Fatal(err)
	}
}
