package main

import (
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func curlSample(op *operation) (string, error) {
	path := op.path
	for _, p := range op.pathParams() {
		path = strings.ReplaceAll(path, "{"+p.name+"}", url.PathEscape(p.example.Value))
	}
	first := "curl --fail-with-body"
	if op.streams {
		first += " --no-buffer"
	}
	var options []string
	add := func(name, value string) { options = append(options, name+" "+value) }
	query := false
	for _, p := range op.options() {
		query = query || p.in == "query"
	}
	switch {
	case query && op.method == "GET":
		first += " --get"
	case op.method == "GET", op.method == "POST" && op.body != nil:
	default:
		first += " --request " + op.method
	}
	first += ` "$COUNSEL_URL` + path + `"`
	switch op.auth {
	case key:
		add("--header", `"Authorization: Bearer $COUNSEL_API_KEY"`)
	case session: // what loginUser answered
		add("--header", `"Authorization: Bearer $COUNSEL_ACCESS_TOKEN"`)
	}
	if op.keyed {
		add("--header", `"Idempotency-Key: $(uuidgen)"`)
	}
	if op.streams {
		add("--header", `"Accept: text/event-stream"`)
	}
	for _, p := range op.options() {
		if p.in != "query" {
			add("--header", quoteShell(p.name+": "+p.example.Value))
			continue
		}
		values := items(p.example)
		if values == nil {
			values = []*yaml.Node{p.example}
		}
		texts := make([]string, len(values))
		for i, each := range values {
			texts[i] = each.Value
		}
		add("--data-urlencode", quoteShell(p.name+"="+strings.Join(texts, ",")))
	}
	switch {
	case op.form:
		for name, example := range fields(op.body) {
			if slices.Contains(op.fileFields, name) {
				add("--form", quoteShell(name+"=@contract.pdf"))
			} else {
				add("--form", quoteShell(name+"="+example.Value))
			}
		}
	case op.body != nil:
		add("--header", `"Content-Type: application/json"`)
		body, err := encodeJSON(op.body, "  ", "  ")
		if err != nil {
			return "", err
		}
		add("--data", quoteShell(body))
	}
	if op.returns == file && !op.isText() {
		add("--output", op.fileName())
	}
	return strings.Join(append([]string{first}, options...), " \\\n  ") + "\n", nil
}

func quoteShell(text string) string {
	if strings.ContainsAny(text, "'$`\\\"{\n ") || strings.Contains(text, "!") {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return `"` + text + `"`
}
