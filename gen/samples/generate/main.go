// Command generate makes the samples of package samples and the collection for API clients from the contract and from the
// sources of the clients, whose names it takes: go run ./gen/samples/generate, from the root of the repository.
//
// It needs no hand for a new operation. What it cannot write as a value of the client's own types, it writes as JSON that the client reads.
package main

import (
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	if err := generate(".", filepath.Join("gen", "samples")); err != nil {
		log.Fatal(err)
	}
}

// generate reads the contract and the clients below root, and replaces what is in the folder out.
func generate(root, out string) error {
	contract, err := readContract(filepath.Join(root, "openapi.yaml"))
	if err != nil {
		return err
	}
	golang, err := readGoClient(filepath.Join(root, "gen", "go"))
	if err != nil {
		return err
	}
	python, err := readPythonClient(filepath.Join(root, "gen", "python", "src", "counsel"))
	if err != nil {
		return err
	}
	typescript, err := readTypeScriptClient(filepath.Join(root, "gen", "ts", "src"))
	if err != nil {
		return err
	}
	for _, language := range []struct {
		folder, extension string
		sample            func(*operation) (string, error)
	}{
		{"curl", ".sh", curlSample},
		{"typescript", ".ts", typescript.sample},
		{"go", ".go", golang.sample},
		{"python", ".py", python.sample},
	} {
		folder := filepath.Join(out, language.folder)
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		for _, op := range contract.operations {
			source, err := language.sample(op)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(folder, op.id+language.extension), []byte(source), 0o644); err != nil {
				return err
			}
		}
	}
	collection, err := postmanCollection(contract)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "counsel.postman-collection.json"), collection, 0o644)
}
