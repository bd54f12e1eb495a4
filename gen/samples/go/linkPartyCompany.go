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

	result, err := client.LinkPartyCompany(ctx, "019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b", "019ab4d3-4d5e-7f60-8b72-8394a5b6c7d8", counsel.LinkPartyCompanyRequest{
		Source:    counsel.CompanyRegisterGleif,
		CompanyID: "529900NORTHWIND00132",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", *result)
}
