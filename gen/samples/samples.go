// Package samples has, for each operation that programs call, a sample in curl and for each client, and a collection of all requests
// for API clients such as Postman. scripts/generate makes them from the contract with the command in generate.
package samples

import (
	"embed"
	"encoding/json"
	"io/fs"
	"path"
	"strings"
)

//go:embed curl typescript go python
var files embed.FS

// Collection is the collection in the format 2.1.0 of Postman.
//
//go:embed counsel.postman-collection.json
var Collection []byte

// A Sample is a whole program that calls an operation.
type Sample struct {
	Lang   string `json:"lang"`
	Label  string `json:"label"`
	Source string `json:"source"`
}

// languages are in the order in which they are shown.
var languages = []struct{ folder, lang, label string }{
	{"curl", "shell", "curl"},
	{"typescript", "typescript", "TypeScript"},
	{"go", "go", "Go"},
	{"python", "python", "Python"},
}

// ByOperation returns the samples of each operation, by its id.
func ByOperation() (map[string][]Sample, error) {
	samples := map[string][]Sample{}
	for _, language := range languages {
		entries, err := fs.ReadDir(files, language.folder)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			source, err := files.ReadFile(path.Join(language.folder, entry.Name()))
			if err != nil {
				return nil, err
			}
			id := strings.TrimSuffix(entry.Name(), path.Ext(entry.Name()))
			// The build tag only keeps the programs, which are in one folder, out of a package.
			text := strings.TrimSpace(strings.TrimPrefix(string(source), "//go:build ignore\n"))
			samples[id] = append(samples[id], Sample{language.lang, language.label, text})
		}
	}
	return samples, nil
}

// AddTo returns the contract, in YAML, with the samples as x-codeSamples of its operations.
func AddTo(contract []byte) ([]byte, error) {
	samples, err := ByOperation()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for line := range strings.Lines(string(contract)) {
		b.WriteString(line)
		id, ok := strings.CutPrefix(strings.TrimSpace(line), "operationId: ")
		if !ok || samples[id] == nil {
			continue
		}
		text, err := json.Marshal(samples[id]) // JSON is YAML
		if err != nil {
			return nil, err
		}
		b.WriteString(line[:strings.Index(line, "operationId")] + "x-codeSamples: " + string(text) + "\n")
	}
	return []byte(b.String()), nil
}
