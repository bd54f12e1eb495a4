//go:build ignore

package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"counsel.example/counsel"
	"github.com/oapi-codegen/runtime/types"
)

func main() {
	ctx := context.Background()
	client := counsel.New(os.Getenv("COUNSEL_URL"), counsel.WithAPIKey(os.Getenv("COUNSEL_API_KEY")))

	result, err := client.CreateTimeEntry(ctx, "019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b", counsel.CreateTimeEntryRequest{
		Date:        types.Date{Time: time.Date(2026, time.November, 24, 0, 0, 0, 0, time.UTC)},
		Minutes:     90,
		Rate:        24000,
		Currency:    "EUR",
		Description: "Review of the lease",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
