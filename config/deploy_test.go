package config_test

import (
	"os"
	"regexp"
	"testing"
)

// TestDeployNamesSettings checks that the files in deploy/ set only what exists: settings, and the folder for caches.
func TestDeployNamesSettings(t *testing.T) {
	known := map[string]bool{"XDG_CACHE_HOME": true}
	for _, g := range readGroups(t) {
		for _, s := range g.settings {
			known[s.name] = true
			known[s.name+"_FILE"] = s.file
		}
	}
	comments := regexp.MustCompile(`(?m)^#.*`)
	for path, pattern := range map[string]string{
		"../deploy/Dockerfile":              `(?:ENV|8080) ([A-Z][A-Z0-9_]*)=`,
		"../deploy/compose.yaml":            `(?m)^    ([A-Z][A-Z0-9_]*):`,
		"../deploy/systemd/counsel.service": `\b([A-Z][A-Z0-9_]*)=%`,
		"../deploy/kubernetes/counsel.yaml": `(?m)(?:^  |name: )([A-Z][A-Z0-9_]*)[:,]`,
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(comments.ReplaceAllString(string(text), ""), -1) {
			name := match[1]
			if count++; !known[name] {
				t.Errorf("%s sets %s, which is no setting", path, name)
			}
		}
		if count < 2 {
			t.Errorf("only %d settings were found in %s", count, path)
		}
	}
}
