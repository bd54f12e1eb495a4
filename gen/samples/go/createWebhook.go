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

	result, err := client.CreateWebhook(ctx, counsel.CreateWebhookRequest{
		URL:         "https://crm.example/hooks/counsel",
		Description: counsel.Ptr("Our CRM"),
		EventTypes: []counsel.WebhookEventType{
			counsel.WebhookEventTypeCaseClosed,
			counsel.WebhookEventTypeDocumentRendered,
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
