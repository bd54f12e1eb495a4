//go:build ignore

package main

import (
	"context"
	"log"
	"os"

	"counsel.example/counsel"
)

func main() {
	ctx := context.Background()
	client := counsel.New(os.Getenv("COUNSEL_URL"), counsel.WithAPIKey(os.Getenv("COUNSEL_API_KEY")))

	err := client.ReadNotifications(ctx, counsel.ReadNotificationsRequest{
		NewestID: "019ab4e1-8c2a-7d4b-9f10-7c8b9a0d1e2f",
	})
	if err != nil {
		log.Fatal(err)
	}
}
