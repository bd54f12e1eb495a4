package prompts

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"go.yaml.in/yaml/v3"
)

// orderedJSON converts YAML to JSON and preserves the order of keys, which is the order of the fields in
// a form. It resolves aliases and merge keys.
func orderedJSON(n *yaml.Node) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := writeYAMLNode(&b, n); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writeYAMLNode(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.AliasNode:
		return writeYAMLNode(b, n.Alias)
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, e := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeYAMLNode(b, e); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case yaml.MappingNode:
		b.WriteByte('{')
		for i, p := range mappingPairs(n) {
			if i > 0 {
				b.WriteByte(',')
			}
			key, err := json.Marshal(p.key)
			if err != nil {
				return err
			}
			b.Write(key)
			b.WriteByte(':')
			if err := writeYAMLNode(b, p.value); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case yaml.ScalarNode:
		var v any
		if n.Tag == "!!timestamp" { // keep a date as text
			v = n.Value
		} else if err := n.Decode(&v); err != nil {
			return err
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		b.Write(raw)
	default:
		return errors.New("is missing")
	}
	return nil
}

type pair struct {
	key   string
	value *yaml.Node
}

// mappingPairs returns a mapping's own keys, followed by merged keys that it does not override.
func mappingPairs(n *yaml.Node) []pair {
	var own, merged []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Tag != "!!merge" {
			own = append(own, pair{k.Value, v})
			continue
		}
		if v.Kind == yaml.AliasNode {
			v = v.Alias
		}
		merged = append(merged, mappingPairs(v)...)
	}
	for _, m := range merged {
		if !slices.ContainsFunc(own, func(p pair) bool { return p.key == m.key }) {
			own = append(own, m)
		}
	}
	return own
}
