package docsite

import (
	"bytes"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"counsel/gen/api"
	"counsel/handlers/pages"
)

// Export writes the documentation to a folder, from which it can be read without a server or published below any address.
// yaml is openapi.yaml. Links between the files are relative.
func Export(dir string, yaml []byte) error {
	s, err := Build(yaml)
	if err != nil {
		return err
	}
	asJSON, err := api.GetSpecJSON()
	if err != nil {
		return err
	}
	contract, err := s.Assets[contractWithSamples].Plain()
	if err != nil {
		return err
	}
	quoted, err := json.Marshal(string(relativeGuides(contract)))
	if err != nil {
		return err
	}
	script, err := pages.DocsScript.Plain()
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"index.html":          []byte("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Counsel API</title>\n<meta http-equiv=\"refresh\" content=\"0; url=docs/index.html\">\n<a href=\"docs/index.html\">The documentation of the Counsel API</a>\n</html>\n"),
		"openapi.yaml":        yaml,
		"openapi.json":        asJSON,
		"openapi.js":          append(append([]byte("window.openapi = "), quoted...), ";\n"...),
		"docs/index.html":     relative(s.Start.Body, "docs"),
		"docs/reference.js":   script,
		"docs/reference.html": relative(bytes.Replace(s.Reference.Body, []byte(`<script src="/docs/reference.js">`), []byte(`<script src="/openapi.js"></script>`+"\n"+`<script src="/docs/reference.js">`), 1), "docs"),
	}
	for name, p := range s.Guides {
		files["docs/"+name+".html"] = relative(p.Body, "docs")
	}
	for name, p := range s.Assets {
		if files["docs/assets/"+name], err = p.Plain(); err != nil {
			return err
		}
	}
	index := "docs/assets/search-index.js"
	files[index] = regexp.MustCompile(`"page":"([a-z0-9-]+)"`).ReplaceAll(files[index], []byte(`"page":"$1.html"`))
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

var guideLink = regexp.MustCompile(`\]\(/docs(?:/([a-z-]+))?([)#])`)

// relativeGuides rewrites the links of the contract's descriptions to guides, for docs/reference.html.
func relativeGuides(contract []byte) []byte {
	return guideLink.ReplaceAllFunc(contract, func(link []byte) []byte {
		parts := guideLink.FindSubmatch(link)
		name := string(parts[1])
		if name == "" {
			name = "index"
		}
		return []byte("](" + name + ".html" + string(parts[2]))
	})
}

var address = regexp.MustCompile(`(href|src)="(/[^"#]*)`)

// relative rewrites the links of a page, which begin at the root of the server, for a file in the folder from.
func relative(page []byte, from string) []byte {
	return address.ReplaceAllFunc(page, func(link []byte) []byte {
		parts := address.FindSubmatch(link)
		file := strings.TrimPrefix(string(parts[2]), "/")
		switch {
		case file == "docs":
			file = "docs/index.html"
		case path.Ext(file) == "":
			file += ".html"
		}
		to, err := filepath.Rel(from, file)
		if err != nil { // both are relative paths: cannot happen
			panic(err)
		}
		return []byte(string(parts[1]) + `="` + filepath.ToSlash(to))
	})
}
