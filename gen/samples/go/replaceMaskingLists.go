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

	result, err := client.ReplaceMaskingLists(ctx, counsel.ReplaceMaskingListsRequest{
		Always: []counsel.MaskingEntry{
			{Text: "Project Heron", Type: counsel.MaskingEntryTypeCOMPANY},
		},
		Never:   []counsel.MaskingText{"Alder & Finch LLP"},
		Version: counsel.Ptr[counsel.MaskingVersion](0),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
