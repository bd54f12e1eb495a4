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

	for item, err := range client.ListWatchesAll(ctx, counsel.ListWatchesParams{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%+v\n", item)
	}
}
