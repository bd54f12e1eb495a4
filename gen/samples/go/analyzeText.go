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

	result, err := client.AnalyzeText(ctx, counsel.AnalyzeRequest{
		Text:   counsel.Ptr("This Agreement shall be governed by the laws of Ireland. The Supplier's liability shall be unlimited."),
		Policy: "vendor",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
