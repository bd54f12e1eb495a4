// Package docs holds the documentation: Markdown that is read in the repository and, as far as it is written for those who
// call the API, as guides that the service publishes at /docs (handlers/pages/docsite).
package docs

import "embed"

// Files are the guides, their pictures and the workflows.
//
//go:embed *.md contract.png mail.png signing.png workflows/*.yaml
var Files embed.FS

// A Group is a heading in the table of contents, and the guides below it in the order of reading.
type Group struct {
	Title  string
	Guides []string // names of files without .md
}

// Groups lists the published guides. The other files are for those who run or change the service.
var Groups = []Group{
	{"Start", []string{"quick-start", "authentication", "api-keys", "errors"}},
	{"Calling the API", []string{"idempotency", "pagination", "streaming", "rate-limits", "webhooks"}},
	{"Subjects", []string{"answers", "reviews", "masking", "documents", "signatures", "mail", "billing", "payments", "matching", "registries", "compliance"}},
	{"Clients and tests", []string{"sdk", "go", "python", "testing"}},
	{"Promises", []string{"guarantees", "versioning", "api-changes"}},
}
