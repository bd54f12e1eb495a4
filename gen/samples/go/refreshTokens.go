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

	result, err := client.RefreshTokens(ctx, counsel.RefreshRequest{
		RefreshToken: "AZrRkcqheqqSYgGf2Z5sHg.4n3D0pZ8vR1mT6yKq2wXbLhUeJc9sFaGiOoNrMtPdVk",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
