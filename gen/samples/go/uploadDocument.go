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

	file, err := os.Open("contract.pdf")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	result, err := client.UploadDocument(ctx, counsel.UploadDocumentRequest{
		File: counsel.File{Name: "contract.pdf", Content: file},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
