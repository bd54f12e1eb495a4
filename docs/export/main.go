// Command export writes the documentation that the service publishes at /docs to a folder, as files with relative links.
package main

import (
	"log"
	"os"

	"counsel/handlers/pages/docsite"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: go run ./docs/export FOLDER (from the root of the repository)")
	}
	contract, err := os.ReadFile("openapi.yaml")
	if err != nil {
		log.Fatal(err)
	}
	if err := docsite.Export(os.Args[1], contract); err != nil {
		log.Fatal(err)
	}
}
