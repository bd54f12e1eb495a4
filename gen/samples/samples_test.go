package samples_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/gen/api"
	"counsel/gen/samples"
	"counsel/sandbox/testkit"
)

// isPage reports whether an operation returns a page or its script, which is for people.
func isPage(op *openapi3.Operation) bool {
	for status, response := range op.Responses.Map() {
		if strings.HasPrefix(status, "2") && (response.Value.Content["text/html"] != nil || response.Value.Content["text/javascript"] != nil) {
			return true
		}
	}
	return false
}

// operations returns the operations that programs call, by id.
func operations(t *testing.T) map[string]*openapi3.Operation {
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	found := map[string]*openapi3.Operation{}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if !isPage(op) {
				found[op.OperationID] = op
			}
		}
	}
	return found
}

// TestEveryOperation: each operation has its samples, and each sample its operation.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	all, err := samples.ByOperation()
	testkit.Must(t, err)
	ops := operations(t)
	for id, op := range ops {
		var labels []string
		for _, sample := range all[id] {
			labels = append(labels, sample.Label)
			if strings.Contains(sample.Source, "go:build") || sample.Source != strings.TrimSpace(sample.Source) {
				t.Errorf("%s: the sample in %s is\n%s", id, sample.Label, sample.Source)
			}
			// A key is used where it is allowed, a session where only that is, and neither where anyone may call.
			scheme := ""
			for _, alternative := range *op.Security {
				for name := range alternative {
					if scheme != "apiKey" {
						scheme = name
					}
				}
			}
			for word, want := range map[string]bool{"COUNSEL_API_KEY": scheme == "apiKey", "COUNSEL_PASSWORD": scheme == "bearerAuth" && sample.Lang != "shell", "COUNSEL_ACCESS_TOKEN": scheme == "bearerAuth" && sample.Lang == "shell"} {
				if strings.Contains(sample.Source, word) != want {
					t.Errorf("%s: %s in the sample in %s: want %t", id, word, sample.Label, want)
				}
			}
		}
		if want := []string{"curl", "TypeScript", "Go", "Python"}; !slices.Equal(labels, want) {
			t.Errorf("%s has samples in %v, not in %v: run scripts/generate", id, labels, want)
		}
	}
	for id := range all {
		if ops[id] == nil {
			t.Errorf("there are samples of %s, which is no operation: run scripts/generate", id)
		}
	}
}

// TestAddTo: the contract with samples is the contract, with the samples of each operation.
func TestAddTo(t *testing.T) {
	t.Parallel()
	plain, err := os.ReadFile("../../openapi.yaml")
	testkit.Must(t, err)
	if strings.Contains(string(plain), "x-codeSamples") {
		t.Error("openapi.yaml has samples itself")
	}
	with, err := samples.AddTo(plain)
	testkit.Must(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(with)
	testkit.Must(t, err)
	all, err := samples.ByOperation()
	testkit.Must(t, err)
	seen := 0
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if isPage(op) {
				continue
			}
			raw, err := json.Marshal(op.Extensions["x-codeSamples"])
			testkit.Must(t, err)
			var got []samples.Sample
			testkit.Must(t, json.Unmarshal(raw, &got))
			if !slices.Equal(got, all[op.OperationID]) {
				t.Errorf("%s has %d samples: %v", op.OperationID, len(got), got)
			}
			seen++
		}
	}
	if seen < 100 || seen != len(all) {
		t.Errorf("%d operations have samples, of %d", seen, len(all))
	}
	if without := strings.Count(string(with), "\n") - strings.Count(string(plain), "\n"); without != len(all) {
		t.Errorf("%d lines were added for %d operations", without, len(all))
	}
}
