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

	result, err := client.CheckSanctions(ctx, counsel.SanctionsCheckRequest{
		Name:      "Viktor Drosdenko",
		Kind:      counsel.ScreenedKindPerson,
		BirthYear: counsel.Ptr[int32](1961),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
