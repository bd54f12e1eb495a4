package prompts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "record the versions of new and changed prompts")

// TestVersions fails if a prompt changed while its version did not. The version in the front matter is what people
// see in consultations and compare evaluations by. Raise it, then run the test with -update.
func TestVersions(t *testing.T) {
	const file = "testdata/versions.txt"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string][2]string{}
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] != "#" {
			recorded[f[0]] = [2]string{f[1], f[2]}
		}
	}
	out := bytes.NewBufferString("# prompt version hash; written by go test -run TestVersions -update\n")
	changed := false
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := readFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(f.raw)
		hash, version := hex.EncodeToString(sum[:8]), f.meta.Version
		before, known := recorded[name]
		delete(recorded, name)
		switch {
		case known && before == [2]string{version, hash}:
		case known && before[0] == version:
			t.Errorf("%s changed, but is still version %s", name, version)
			version, hash = before[0], before[1]
		default:
			changed = true
		}
		fmt.Fprintln(out, name, version, hash)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	changed = changed || len(recorded) > 0
	switch {
	case changed && *update:
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	case changed:
		t.Errorf("%s is out of date; run this test with -update", file)
	}
}
