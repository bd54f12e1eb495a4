//go:build ignore

package main

import (
	"context"
	"io"
	"log"
	"os"

	"counsel.example/counsel"
)

func main() {
	ctx := context.Background()
	client := counsel.New(os.Getenv("COUNSEL_URL"))

	content, err := client.GetSigningDocument(ctx, counsel.SigningToken{
		Token: "nV3m8k0bq4yG7fZr1cXwT6uHs2LdJp9aEoKiYxNvB5M",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer content.Close()
	file, err := os.Create("document.pdf")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := io.Copy(file, content); err != nil {
		log.Fatal(err)
	}
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
}
