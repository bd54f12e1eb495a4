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

	result, err := client.GetAPIKey(
		ctx,
		"019ab4da-2222-7c2d-8e3f-4a5b6c7d8e9f",
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
