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
	client := counsel.New(os.Getenv("COUNSEL_URL"))

	err := client.ReceiveSignatureWebhook(ctx, counsel.ReceiveSignatureWebhookParamsProviderDocuseal, counsel.ReceiveSignatureWebhookParams{}, counsel.ProviderWebhook{
		"event_type": "form.viewed",
		"timestamp":  "2026-11-25T10:05:00Z",
		"data":       map[string]any{"id": 1, "submission": map[string]any{"id": 12}},
	})
	if err != nil {
		log.Fatal(err)
	}
}
