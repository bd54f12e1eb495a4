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

	err := client.ReceivePaymentWebhook(ctx, counsel.ReceivePaymentWebhookParams{}, counsel.ProviderWebhook{
		"id":       "evt_1",
		"object":   "event",
		"type":     "checkout.session.completed",
		"livemode": true,
		"data": map[string]any{
			"object": map[string]any{
				"id":     "cs_live_a1",
				"object": "checkout.session",
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
}
