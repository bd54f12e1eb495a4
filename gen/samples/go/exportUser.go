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

	result, err := client.ExportUser(
		ctx,
		"019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e",
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
