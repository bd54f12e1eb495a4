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

	result, err := client.GetPayment(
		ctx,
		"019ab4d9-2c3d-7e4f-8a5b-6c7d8e9f0a1b",
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
