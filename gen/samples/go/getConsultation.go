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

	result, err := client.GetConsultation(
		ctx,
		"019ab4c9-2f0d-7d0b-8a35-7f1de0c1b9aa",
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
