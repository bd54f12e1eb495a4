package prompts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"counsel/domain"
	"counsel/domain/schema"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/currency"
)

// answerSchema is what a model must return: sent with the request, checked on the answer.
type answerSchema struct {
	name     string
	raw      json.RawMessage
	compiled *schema.Schema
}

// Validate checks the inputs of a draft. It returns nil when they are acceptable; otherwise
// each fault with a JSON Pointer that begins with /inputs. A missing property is pointed at
// itself. The details never repeat a value.
func (t *DocumentType) Validate(inputs map[string]any) []domain.Field {
	if inputs == nil {
		inputs = map[string]any{}
	}
	return schema.Fields(t.inputs.Check(inputs, "/inputs"))
}

// needed keeps of v what the schema names, without nulls and blank strings; ok is false when
// nothing is left. A sum of money becomes text, so that no model has to divide by a hundred.
func needed(shape map[string]any, v any) (kept any, ok bool) {
	switch v := v.(type) {
	case nil:
		return nil, false
	case string:
		v = strings.TrimSpace(v)
		return v, v != ""
	case []any:
		item, _ := shape["items"].(map[string]any)
		list := make([]any, 0, len(v))
		for _, e := range v {
			if k, ok := needed(item, e); ok {
				list = append(list, k)
			}
		}
		return list, len(list) > 0
	case map[string]any:
		if shape["x-unit"] == "money" {
			if s, ok := moneyText(v); ok {
				return s, true
			}
		}
		props, _ := shape["properties"].(map[string]any)
		object := make(map[string]any, len(v))
		for name, e := range v {
			if p, named := props[name].(map[string]any); named {
				if k, ok := needed(p, e); ok {
					object[name] = k
				}
			}
		}
		return object, len(object) > 0
	}
	return v, true
}

// moneyText writes {amount: minor units, currency} as "4500.00 EUR".
func moneyText(m map[string]any) (string, bool) {
	code, _ := m["currency"].(string)
	unit, err := currency.ParseISO(code)
	if err != nil {
		return "", false
	}
	var amount int64
	switch a := m["amount"].(type) {
	case float64:
		amount = int64(a)
	case int:
		amount = int64(a)
	case int64:
		amount = a
	case json.Number:
		if amount, err = a.Int64(); err != nil {
			return "", false
		}
	default:
		return "", false
	}
	if amount < 0 {
		return "", false
	}
	scale, _ := currency.Standard.Rounding(unit)
	div := int64(1)
	for range scale {
		div *= 10
	}
	if scale == 0 {
		return fmt.Sprintf("%d %s", amount, unit), true
	}
	return fmt.Sprintf("%d.%0*d %s", amount/div, scale, amount%div, unit), true
}

// orderedJSON turns YAML into JSON without sorting its keys: a form asks its questions in the
// order in which they were written. Aliases and merge keys are resolved.
func orderedJSON(n *yaml.Node) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := writeNode(&b, n); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writeNode(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.AliasNode:
		return writeNode(b, n.Alias)
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, e := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeNode(b, e); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case yaml.MappingNode:
		b.WriteByte('{')
		for i, p := range pairs(n) {
			if i > 0 {
				b.WriteByte(',')
			}
			key, err := json.Marshal(p.key)
			if err != nil {
				return err
			}
			b.Write(key)
			b.WriteByte(':')
			if err := writeNode(b, p.value); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case yaml.ScalarNode:
		var v any
		if n.Tag == "!!timestamp" { // a date stays the text it was
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
		return errors.New("missing")
	}
	return nil
}

type pair struct {
	key   string
	value *yaml.Node
}

// pairs lists a mapping's own keys, then those merged in that it does not override.
func pairs(n *yaml.Node) []pair {
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
		merged = append(merged, pairs(v)...)
	}
	for _, m := range merged {
		if !slices.ContainsFunc(own, func(p pair) bool { return p.key == m.key }) {
			own = append(own, m)
		}
	}
	return own
}
