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

	body := counsel.ChatRequest{
		UserID:  "019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e",
		Message: "How long does a non-disclosure agreement usually bind the parties?",
	}
	for event, err := range client.StreamChat(ctx, body) {
		if err != nil {
			log.Fatal(err)
		}
		if event.Type == counsel.ChatEventTypeDelta {
			fmt.Print(*event.Text)
		}
	}
}
