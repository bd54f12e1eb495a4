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

	err := client.VerifyEmail(ctx, counsel.VerifyEmailRequest{
		Token: "AZq0yS8NfQuKNX8d4MG5qgn4bQgYhMfWWaLqgxVrQFaOTxsrC4Is0V1sFbDwCgg0",
	})
	if err != nil {
		log.Fatal(err)
	}
}
