package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The collection has the format 2.1.0 of Postman, which Bruno, Insomnia and others read. openapi-to-postmanv2 makes one of 9 MB, with
// random texts in the place of the examples, which differ each time.
type (
	collection struct {
		Info     collectionInfo `json:"info"`
		Item     []folder       `json:"item"`
		Auth     postmanAuth    `json:"auth"`
		Variable []variable     `json:"variable"`
	}
	collectionInfo struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Version     string `json:"version"`
		Schema      string `json:"schema"`
	}
	folder struct {
		Name        string `json:"name"`
		Description string `json:"description,omitempty"`
		Item        []item `json:"item"`
	}
	item struct {
		Name     string         `json:"name"`
		Event    []postmanEvent `json:"event,omitempty"`
		Request  request        `json:"request"`
		Response []struct{}     `json:"response"`
	}
	postmanEvent struct {
		Listen string `json:"listen"`
		Script script `json:"script"`
	}
	script struct {
		Type string   `json:"type"`
		Exec []string `json:"exec"`
	}
	request struct {
		Method      string       `json:"method"`
		Auth        *postmanAuth `json:"auth,omitempty"`
		Header      []variable   `json:"header"`
		URL         address      `json:"url"`
		Body        *body        `json:"body,omitempty"`
		Description string       `json:"description"`
	}
	address struct {
		Raw      string     `json:"raw"`
		Host     []string   `json:"host"`
		Path     []string   `json:"path"`
		Query    []variable `json:"query,omitempty"`
		Variable []variable `json:"variable,omitempty"`
	}
	body struct {
		Mode     string         `json:"mode"`
		Raw      string         `json:"raw,omitempty"`
		Form     []variable     `json:"formdata,omitempty"`
		Language map[string]any `json:"options,omitempty"`
	}
	postmanAuth struct {
		Type   string     `json:"type"`
		Bearer []variable `json:"bearer,omitempty"`
	}
	// variable is a name with a value: a variable, a parameter, a header or a part of a form.
	variable struct {
		Key         string `json:"key"`
		Value       string `json:"value,omitempty"`
		Source      string `json:"src,omitempty"`
		Type        string `json:"type,omitempty"`
		Disabled    bool   `json:"disabled,omitempty"`
		Description string `json:"description,omitempty"`
	}
)

const about = "Set the variables `baseUrl` and `apiKey`. Operations that no key may call send `accessToken`, which *Sign in* sets."

func postmanCollection(c *contract) ([]byte, error) {
	result := collection{
		Info: collectionInfo{
			Name: c.title + " API", Description: about + "\n\n" + c.about, Version: c.version,
			Schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
		},
		Auth: bearer("apiKey"),
		Variable: []variable{
			{Key: "baseUrl", Value: "http://localhost:8080"},
			{Key: "apiKey", Value: "", Description: "A key from createApiKey."},
			{Key: "accessToken", Value: "", Description: "Of a person who signed in."},
		},
	}
	folders := map[string]*folder{}
	for _, t := range c.tags {
		folders[t.name] = &folder{Name: t.name, Description: t.description}
	}
	for _, op := range c.operations {
		each, err := postmanItem(op)
		if err != nil {
			return nil, err
		}
		if folders[op.tag] == nil {
			folders[op.tag] = &folder{Name: op.tag}
			c.tags = append(c.tags, tag{name: op.tag})
		}
		folders[op.tag].Item = append(folders[op.tag].Item, each)
	}
	for _, t := range c.tags {
		if f := folders[t.name]; len(f.Item) > 0 {
			result.Item = append(result.Item, *f)
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(result)
	return b.Bytes(), err
}

func bearer(name string) postmanAuth {
	return postmanAuth{Type: "bearer", Bearer: []variable{{Key: "token", Value: "{{" + name + "}}", Type: "string"}}}
}

func postmanItem(op *operation) (item, error) {
	result := item{Name: op.summary, Response: []struct{}{}, Request: request{Method: op.method, Header: []variable{}, Description: op.description}}
	r := &result.Request
	switch op.auth {
	case key: // as the collection
	case session:
		auth := bearer("accessToken")
		r.Auth = &auth
	case nobody:
		r.Auth = &postmanAuth{Type: "noauth"}
	}
	if op.id == "loginUser" || op.id == "refreshTokens" {
		result.Event = []postmanEvent{{Listen: "test", Script: script{Type: "text/javascript", Exec: []string{
			"if (pm.response.code === 200) pm.collectionVariables.set('accessToken', pm.response.json().accessToken);",
		}}}}
	}
	if op.keyed {
		r.Header = append(r.Header, variable{Key: "Idempotency-Key", Value: "{{$guid}}"})
	}
	r.URL = address{Host: []string{"{{baseUrl}}"}}
	for part := range strings.SplitSeq(strings.TrimPrefix(op.path, "/"), "/") {
		if strings.HasPrefix(part, "{") {
			part = ":" + strings.Trim(part, "{}")
		}
		r.URL.Path = append(r.URL.Path, part)
	}
	var query []string
	for _, p := range op.params {
		v := variable{Key: p.name, Description: p.description, Disabled: !p.required}
		if p.example != nil {
			v.Value = p.example.Value
		}
		if list := items(p.example); list != nil {
			v.Value = joined(list)
		}
		switch p.in {
		case "path":
			v.Disabled = false
			r.URL.Variable = append(r.URL.Variable, v)
		case "query":
			r.URL.Query = append(r.URL.Query, v)
			if p.required {
				query = append(query, p.name+"="+v.Value)
			}
		case "header":
			r.Header = append(r.Header, v)
		}
	}
	r.URL.Raw = "{{baseUrl}}/" + strings.Join(r.URL.Path, "/")
	if query != nil {
		r.URL.Raw += "?" + strings.Join(query, "&")
	}
	return result, postmanBody(op, r)
}

func postmanBody(op *operation, r *request) error {
	switch {
	case op.form:
		r.Body = &body{Mode: "formdata"}
		names := map[string]string{}
		for name, example := range fields(op.body) {
			names[name] = example.Value
		}
		for _, name := range slices.Sorted(maps.Keys(names)) {
			part := variable{Key: name, Type: "text", Value: names[name]}
			if slices.Contains(op.fileFields, name) {
				part = variable{Key: name, Type: "file", Source: "contract.pdf"}
			}
			r.Body.Form = append(r.Body.Form, part)
		}
	case op.body != nil:
		text, err := encodeJSON(op.body, "", "  ")
		if err != nil {
			return err
		}
		r.Body = &body{Mode: "raw", Raw: text, Language: map[string]any{"raw": map[string]string{"language": "json"}}}
	}
	return nil
}

func joined(list []*yaml.Node) string {
	texts := make([]string, len(list))
	for i, each := range list {
		texts[i] = each.Value
	}
	return strings.Join(texts, ",")
}
