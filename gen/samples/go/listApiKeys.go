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
	client := counsel.New(os.Getenv("COUNSEL_URL"))
	if err := client.Login(ctx, os.Getenv("COUNSEL_EMAIL"), os.Getenv("COUNSEL_PASSWORD")); err != nil {
		log.Fatal(err)
	}

	for item, err := range client.ListAPIKeysAll(ctx, counsel.ListAPIKeysParams{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%+v\n", item)
	}
}
