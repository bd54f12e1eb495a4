// Package docsite turns the guides of package docs into the pages below /docs, for the server and as files.
//
// The pages load only what this origin serves and can be read without JavaScript; the API reference needs it.
package docsite

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"counsel/docs"
	"counsel/gen/api"
	"counsel/gen/samples"
	"counsel/handlers/pages"
)

//go:embed *.html *.css *.js
var sources embed.FS

// policy allows what the pages load, and no inline script or style.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// referencePolicy allows the inline styles that the reference adds, and its reading of the contract.
const referencePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const (
	html       = "text/html; charset=utf-8"
	javaScript = "text/javascript; charset=utf-8"
)

// A Site is the documentation.
type Site struct {
	Start, Reference pages.Page
	Guides           map[string]pages.Page // by name, such as errors
	Assets           map[string]pages.Page // by file name
}

// navigation is the table of contents that every page has.
type navigation struct {
	Title  string
	Guides []link
}

type link struct{ Name, Title, Summary string }

// page is what the layout shows.
type page struct {
	Name        string // of the guide; "": the first page
	Title       string
	Description string
	Body        template.HTML
	Headings    []heading
	Groups      []navigation
	Previous    *link
	Next        *link
	Version     string
}

// Build makes the site. openapi is openapi.yaml.
func Build(openapi []byte) (*Site, error) {
	contract, err := readContract()
	if err != nil {
		return nil, err
	}
	guides := map[string]*guide{}
	groups := make([]navigation, len(docs.Groups))
	var order []link
	for i, group := range docs.Groups {
		groups[i].Title = group.Title
		for _, name := range group.Guides {
			source, err := docs.Files.ReadFile(name + ".md")
			if err != nil {
				return nil, err
			}
			g, err := render(source, contract)
			if err != nil {
				return nil, fmt.Errorf("docs/%s.md: %w", name, err)
			}
			guides[name] = g
			l := link{name, g.title, g.summary}
			groups[i].Guides, order = append(groups[i].Guides, l), append(order, l)
		}
	}
	layout, err := template.ParseFS(sources, "layout.html", "start.html", "reference.html")
	if err != nil {
		return nil, err
	}
	write := func(name string, p page) ([]byte, error) {
		p.Groups, p.Version = groups, contract.Info.Version
		var b bytes.Buffer
		err := layout.ExecuteTemplate(&b, name, p)
		return b.Bytes(), err
	}
	s := &Site{Guides: map[string]pages.Page{}, Assets: map[string]pages.Page{}}
	for i, l := range order {
		g := guides[l.Name]
		p := page{Name: l.Name, Title: g.title, Description: g.summary, Body: g.body, Headings: g.headings}
		if i > 0 {
			p.Previous = &order[i-1]
		}
		if i+1 < len(order) {
			p.Next = &order[i+1]
		}
		body, err := write("layout.html", p)
		if err != nil {
			return nil, err
		}
		s.Guides[l.Name] = pages.Page{Body: body, ContentType: html, Policy: policy, Cacheable: true}.WithETag()
	}
	start, err := write("start.html", page{Title: "Documentation", Description: "Guides and reference of the Counsel API."})
	if err != nil {
		return nil, err
	}
	s.Start = pages.Page{Body: start, ContentType: html, Policy: policy, Cacheable: true}.WithETag()
	reference, err := write("reference.html", page{Title: "API reference"})
	if err != nil {
		return nil, err
	}
	s.Reference = pages.Page{Body: reference, ContentType: html, Policy: referencePolicy, Cacheable: true}.WithETag()
	if err := s.addAssets(order, guides); err != nil {
		return nil, err
	}
	return s, s.addSamples(openapi)
}

// addAssets adds the style sheet, the scripts, the pictures, the workflows and what the search looks through.
func (s *Site) addAssets(order []link, guides map[string]*guide) error {
	add := func(files fs.FS, pattern, contentType string) error {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return err
		}
		for _, name := range names {
			content, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			s.Assets[path.Base(name)] = pages.Page{Body: content, ContentType: contentType, Cacheable: true}.WithETag()
		}
		return nil
	}
	if err := add(sources, "*.css", "text/css; charset=utf-8"); err != nil {
		return err
	}
	if err := add(sources, "*.js", javaScript); err != nil {
		return err
	}
	if err := add(docs.Files, "*.png", "image/png"); err != nil {
		return err
	}
	// In the assets as in docs/workflows, the contract is two folders up.
	if err := add(docs.Files, "workflows/*.yaml", "application/yaml"); err != nil {
		return err
	}
	index, err := searchIndex(order, guides)
	if err != nil {
		return err
	}
	s.Assets["search-index.js"] = pages.Page{Body: index, ContentType: javaScript, Cacheable: true}.WithETag()
	return nil
}

// Assets that are made from the samples of code.
const (
	contractWithSamples = "openapi-with-samples.yaml"
	collection          = "counsel.postman-collection.json"
)

// addSamples adds what the reference shows, which is the contract with samples, and the collection for API clients.
func (s *Site) addSamples(openapi []byte) error {
	contract, err := samples.AddTo(openapi)
	if err != nil {
		return err
	}
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	if _, err := w.Write(contract); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	s.Assets[contractWithSamples] = pages.Page{Body: compressed.Bytes(), ContentType: "application/yaml", Gzipped: true, Cacheable: true}.WithETag()
	s.Assets[collection] = pages.Page{Body: samples.Collection, ContentType: "application/json", Cacheable: true}.WithETag()
	return nil
}

// searchIndex is a script that lists the sections of all guides with their text.
func searchIndex(order []link, guides map[string]*guide) ([]byte, error) {
	type entry struct {
		Page  string `json:"page"` // relative to /docs/
		ID    string `json:"id"`   // of the heading
		Title string `json:"title"`
		Text  string `json:"text"`
	}
	var entries []entry
	for _, l := range order {
		for _, section := range guides[l.Name].sections {
			title := l.Title
			if section.ID != "" {
				title += " › " + section.Text
			}
			entries = append(entries, entry{l.Name, section.ID, title, strings.Join(strings.Fields(section.words.String()), " ")})
		}
	}
	list, err := json.Marshal(entries)
	if err != nil {
		return nil, err
	}
	return []byte("window.searchIndex = " + string(list) + ";\n"), nil
}

// contract is what the pages show of openapi.yaml.
type contract struct {
	Info struct {
		Version string `json:"version"`
	} `json:"info"`
	Paths map[string]map[string]struct {
		OperationID string   `json:"operationId"`
		Tags        []string `json:"tags"`
	} `json:"paths"`
}

func readContract() (c contract, err error) {
	raw, err := api.GetSpecJSON()
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(raw, &c)
}

// referenceOf returns where the reference describes an operation, such as "POST /api/cases". ok is false if the
// contract has none.
func (c contract) referenceOf(operation string) (url string, ok bool) {
	method, path, found := strings.Cut(operation, " ")
	path, _, _ = strings.Cut(path, "?")
	op, exists := c.Paths[path][strings.ToLower(method)]
	if !found || !exists || len(op.Tags) == 0 {
		return "", false
	}
	return "/docs/reference#tag/" + op.Tags[0] + "/" + method + path, true
}
