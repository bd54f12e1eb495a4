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

	result, err := client.RegisterUser(ctx, counsel.RegisterRequest{
		Email:    "ada@example.com",
		Password: "correct horse battery",
		FullName: "Ada Lovelace",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
