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

	result, err := client.GetEmail(ctx, "019ab4d1-2d3e-7f40-9b5c-6d7e8f9a0b1c")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
