package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// encodeJSON writes an example in the order of its fields. Short lists and objects take one line.
func encodeJSON(node *yaml.Node, prefix, indent string) (string, error) {
	compact, err := compactJSON(node)
	if err != nil {
		return "", err
	}
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind == yaml.ScalarNode || len(node.Content) == 0 || len(prefix)+len(compact) <= lineLength {
		return compact, nil
	}
	var parts []string
	open, end := "[", "]"
	if node.Kind == yaml.MappingNode {
		open, end = "{", "}"
		for name, each := range fields(node) {
			text, err := encodeJSON(each, prefix+indent, indent)
			if err != nil {
				return "", err
			}
			parts = append(parts, quoteJSON(name)+": "+text)
		}
	} else {
		for _, each := range node.Content {
			text, err := encodeJSON(each, prefix+indent, indent)
			if err != nil {
				return "", err
			}
			parts = append(parts, text)
		}
	}
	return open + "\n" + prefix + indent + strings.Join(parts, ",\n"+prefix+indent) + "\n" + prefix + end, nil
}

// compactJSON writes an example in one line.
func compactJSON(node *yaml.Node) (string, error) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	var parts []string
	switch node.Kind {
	case yaml.MappingNode:
		for name, each := range fields(node) {
			text, err := compactJSON(each)
			if err != nil {
				return "", err
			}
			parts = append(parts, quoteJSON(name)+": "+text)
		}
		if parts == nil {
			return "{}", nil
		}
		return "{ " + strings.Join(parts, ", ") + " }", nil
	case yaml.SequenceNode:
		for _, each := range node.Content {
			text, err := compactJSON(each)
			if err != nil {
				return "", err
			}
			parts = append(parts, text)
		}
		return "[" + strings.Join(parts, ", ") + "]", nil
	}
	return scalarJSON(node)
}

func scalarJSON(node *yaml.Node) (string, error) {
	switch node.Tag {
	case "!!str", "!!timestamp":
		return quoteJSON(node.Value), nil
	case "!!int", "!!float", "!!bool", "!!null":
		var v any
		if err := node.Decode(&v); err != nil {
			return "", err
		}
		text, err := json.Marshal(v)
		return string(text), err
	}
	return "", fmt.Errorf("line %d: %s has the type %s", node.Line, node.Value, node.Tag)
}

func quoteJSON(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil { // a string can always be written
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
