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

	result, err := client.UpdateInvoice(ctx, "019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b", "019ab4d2-3c4d-7e5f-8a61-728394a5b6d9", counsel.UpdateInvoiceRequest{
		DueOn: counsel.Ptr(types.Date{Time: time.Date(2026, time.December, 9, 0, 0, 0, 0, time.UTC)}),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
