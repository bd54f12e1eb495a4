package ai

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"counsel/domain/locale"
	"counsel/domain/masking"
)

// fieldTypes maps the annotation x-personal of a form field to the type of its content, whatever it looks
// like. A "party" may be a person or an organization. In a "place", names of countries and towns are not
// masked.
var fieldTypes = map[string]masking.Type{
	"person": masking.Person, "party": masking.Company, "address": masking.Address, "date": masking.Date, "id": masking.ID,
}

// maskInputs masks the inputs. Fields that are known to be personal come first, so that their values are
// recognized in the free texts. Then everything is masked twice, so that a name that one field reveals is found in all.
func (d *draftSpec) maskInputs(session *masking.Session) (map[string]any, error) {
	var inputs any = d.Inputs
	if f, ok := locale.Lookup(d.locale); ok {
		inputs = formatDates(f, d.schema, inputs)
	}
	var masked any
	for _, annotatedOnly := range []bool{true, false, false} {
		var err error
		if masked, err = maskInputs(session, d.schema, inputs, "/inputs", annotatedOnly); err != nil {
			return nil, err
		}
	}
	object, _ := masked.(map[string]any)
	return object, nil
}

// maskInputs masks every text in v except values from a fixed list and dates that are not personal; with
// annotatedOnly set, only the fields that are annotated as personal. The order is fixed, so that equal inputs
// get equal placeholders.
func maskInputs(session *masking.Session, schema map[string]any, v any, pointer string, annotatedOnly bool) (any, error) {
	switch v := v.(type) {
	case string:
		return maskField(session, schema, v, pointer, annotatedOnly)
	case []any:
		item, _ := schema["items"].(map[string]any)
		list := make([]any, len(v))
		for i, e := range v {
			m, err := maskInputs(session, item, e, pointer+"/"+strconv.Itoa(i), annotatedOnly)
			if err != nil {
				return nil, err
			}
			list[i] = m
		}
		return list, nil
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		object := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			property, _ := properties[name].(map[string]any)
			m, err := maskInputs(session, property, v[name], pointer+"/"+name, annotatedOnly)
			if err != nil {
				return nil, err
			}
			object[name] = m
		}
		return object, nil
	}
	return v, nil
}

// maskField masks the text of one field.
func maskField(session *masking.Session, schema map[string]any, text, pointer string, annotatedOnly bool) (string, error) {
	kind, _ := schema["x-personal"].(string)
	t, personal := fieldTypes[kind]
	switch {
	case personal:
		if kind == "party" && session.IsPerson(text) {
			t = masking.Person
		}
		m, err := session.MaskAs(text, t)
		return m.Text, masking.FieldError(err, pointer)
	case annotatedOnly, schema["enum"] != nil, schema["const"] != nil, schema["format"] == "iso-4217", schema["format"] == "date":
		return text, nil
	case kind == "place":
		m, err := session.MaskExcept(text, masking.Location)
		return m.Text, masking.FieldError(err, pointer)
	}
	return mask(session, text, pointer)
}

// formatDates returns v with personal dates written out. They are masked, so the model cannot
// format them, and they are restored exactly as they are.
func formatDates(f locale.Formatter, schema map[string]any, v any) any {
	switch v := v.(type) {
	case string:
		if day, err := time.Parse(time.DateOnly, v); err == nil && schema["x-personal"] == "date" {
			return f.Date(day)
		}
	case []any:
		item, _ := schema["items"].(map[string]any)
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = formatDates(f, item, e)
		}
		return list
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		object := make(map[string]any, len(v))
		for name, e := range v {
			property, _ := properties[name].(map[string]any)
			object[name] = formatDates(f, property, e)
		}
		return object
	}
	return v
}
