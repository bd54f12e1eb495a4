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

	err := client.RequestPasswordReset(ctx, counsel.RequestPasswordResetRequest{
		Email: "ada@example.com",
	})
	if err != nil {
		log.Fatal(err)
	}
}
