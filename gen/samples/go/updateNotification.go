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

	result, err := client.UpdateNotification(ctx, "019ab4e1-8c2a-7d4b-9f10-7c8b9a0d1e2f", counsel.UpdateNotificationRequest{
		Read: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
