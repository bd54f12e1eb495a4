package prompts

import (
	"encoding/json"
	"fmt"
	"strings"

	"counsel/domain"
	"counsel/domain/schema"

	"golang.org/x/text/currency"
)

// Validate validates the inputs of a draft. It returns nil if they are valid; otherwise each violation
// with a JSON Pointer that starts with /inputs, see schema.Schema.Check.
func (t *DocumentType) Validate(inputs map[string]any) []domain.Field {
	if inputs == nil {
		inputs = map[string]any{}
	}
	return schema.Fields(t.inputs.Check(inputs, "/inputs"))
}

// pruneInputs returns only those parts of v that the schema defines, without nulls and blank strings; ok is
// false if nothing is left. Money becomes text, so that the model does not have to convert minor units.
func pruneInputs(schemaDoc map[string]any, v any) (pruned any, ok bool) {
	switch v := v.(type) {
	case nil:
		return nil, false
	case string:
		v = strings.TrimSpace(v)
		return v, v != ""
	case []any:
		item, _ := schemaDoc["items"].(map[string]any)
		list := make([]any, 0, len(v))
		for _, e := range v {
			if k, ok := pruneInputs(item, e); ok {
				list = append(list, k)
			}
		}
		return list, len(list) > 0
	case map[string]any:
		if schemaDoc["x-unit"] == "money" {
			if s, ok := moneyText(v); ok {
				return s, true
			}
		}
		props, _ := schemaDoc["properties"].(map[string]any)
		object := make(map[string]any, len(v))
		for name, e := range v {
			if p, named := props[name].(map[string]any); named {
				if k, ok := pruneInputs(p, e); ok {
					object[name] = k
				}
			}
		}
		return object, len(object) > 0
	}
	return v, true
}

// moneyText formats {amount: minor units, currency} as "4500.00 EUR".
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
