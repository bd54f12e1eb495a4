package doc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-openapi/jsonpointer"

	"counsel/domain"
)

// LocateCharacters makes a Renderer's Invalid error about a character point to the value of data
// that contains it. A renderer only knows the part of the document it was drawing, but a title or a
// header is made of several values. root is the JSON Pointer of data. Other errors are returned as
// they are.
func LocateCharacters(err error, data map[string]any, root string) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code != domain.Invalid {
		return err
	}
	var fields []domain.Field
	for _, f := range e.Fields {
		var r rune
		if _, serr := fmt.Sscanf(f.Detail, "U+%X", &r); serr == nil && !strings.HasPrefix(f.Pointer, root+"/") {
			if pointer := findRune(data, r, root); pointer != "" {
				f.Pointer = pointer
			}
		}
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	located := *e
	located.Fields = fields
	return &located
}

// findRune returns the pointer to the first text in v, in the order of names, that contains r; ""
// if none does.
func findRune(v any, r rune, pointer string) string {
	switch v := v.(type) {
	case string:
		if strings.ContainsRune(v, r) {
			return pointer
		}
	case []any:
		for i, e := range v {
			if found := findRune(e, r, pointer+"/"+strconv.Itoa(i)); found != "" {
				return found
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if found := findRune(v[name], r, pointer+"/"+jsonpointer.Escape(name)); found != "" {
				return found
			}
		}
	}
	return ""
}
