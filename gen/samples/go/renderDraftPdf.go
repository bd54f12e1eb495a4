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

	result, err := client.RenderDraftPDF(ctx, "019ab4ca-0b3f-7c5d-9d2e-5a4f3c2b1a09", counsel.RenderDraftRequest{
		Version: counsel.Ptr[counsel.DraftVersionNumber](1),
		Options: &counsel.RenderOptions{
			PageSize: counsel.Ptr(counsel.RenderOptionsPageSizeLetter),
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
