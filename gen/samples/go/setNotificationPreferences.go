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

	result, err := client.SetNotificationPreferences(ctx, counsel.NotificationPreferences{
		Items: []counsel.NotificationPreference{
			{
				Type:  counsel.NotificationTypeDocumentUploaded,
				InApp: true,
				Email: true,
			},
			{
				Type:  counsel.NotificationTypeSignatureSigned,
				InApp: false,
				Email: false,
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
