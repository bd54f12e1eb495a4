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

	result, err := client.CreateWatch(ctx, counsel.CreateWatchRequest{
		Kind:      counsel.WatchKindCompany,
		Source:    counsel.Ptr(counsel.CompanyRegisterGleif),
		CompanyID: counsel.Ptr("529900NORTHWIND00132"),
		Label:     counsel.Ptr("Northwind"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
