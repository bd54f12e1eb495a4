package llm

import (
	"maps"
	"slices"
)

func (g *generator) array(s map[string]any, name string, h subject, depth int) (any, error) {
	fixed, _ := s["prefixItems"].([]any)
	least, most := countKeyword(s["minItems"], 0, maxItems), countKeyword(s["maxItems"], maxItems, maxItems)
	if least > most || least > maxItems {
		return nil, errImpossible
	}
	items, given := s["items"]
	if !given {
		items = true
	}
	hints := g.subjects(items)
	switch {
	case hints == nil && depth >= maxOptionalDepth:
		hints = make([]subject, least)
	case hints == nil:
		hints = make([]subject, max(least, len(fixed), 2))
	}
	if items == false {
		hints = hints[:min(len(hints), len(fixed))]
	}
	for len(hints) < least {
		hints = append(hints, subject{item: len(hints)}) //nolint:makezero // those made before are hints, too
	}
	hints = hints[:min(len(hints), most)]
	out := make([]any, 0, len(hints))
	for i, ih := range hints {
		if ih == (subject{}) {
			ih = h
		}
		ih.item = i
		schema := items
		if i < len(fixed) {
			schema = fixed[i]
		}
		var v any
		var err error
		for range 20 { // until the value is unique, if required
			if v, err = g.value(schema, name, ih, depth+1); err != nil || s["uniqueItems"] != true ||
				!slices.ContainsFunc(out, func(w any) bool { return equal(v, w) }) {
				break
			}
			ih = subject{item: ih.item + len(hints)}
		}
		if err != nil {
			if len(out) >= least {
				break
			}
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// subjects returns the items of a list of findings, sections or questions, or nil for any other list.
func (g *generator) subjects(items any) []subject {
	s, err := g.resolve(asMap(items), 0)
	if err != nil {
		return nil
	}
	props := asMap(s["properties"])
	if _, ok := props["quote"]; ok {
		var enum []string
		for _, name := range slices.Sorted(maps.Keys(props)) {
			if list := enumOf(g, props[name]); len(list) > len(enum) {
				enum = list
			}
		}
		out := []subject{}
		for _, f := range g.m.findings(enum) {
			out = append(out, subject{finding: &f})
		}
		return out
	}
	_, about := props["about"]
	if _, ok := props["question"]; ok && about {
		if g.m.asksBack() {
			return []subject{{clarification: true}}
		}
		return []subject{}
	}
	_, heading := props["heading"]
	_, body := props["body"]
	if !heading || !body {
		return nil
	}
	list := g.m.sections()
	if ids := enumOf(g, props["id"]); len(ids) > 0 {
		named := make([]section, len(ids))
		for i, id := range ids {
			named[i] = section{id: id, heading: upperFirst(words(id))}
			for _, s := range list {
				if s.id == id {
					named[i] = s
				}
			}
		}
		list = named
	}
	if len(list) == 0 {
		list = []section{{id: "parties", heading: "Parties"}, {id: "terms", heading: "Terms"}, {id: "general", heading: "General Provisions"}}
	}
	out := make([]subject, len(list))
	for i, b := range g.m.bodies(list) {
		out[i] = subject{section: &list[i], body: b}
	}
	return out
}

func enumOf(g *generator, schema any) []string {
	s, err := g.resolve(asMap(schema), 0)
	if err != nil {
		return nil
	}
	list, _ := s["enum"].([]any)
	var out []string
	for _, v := range list {
		if t, ok := v.(string); ok {
			out = append(out, t)
		}
	}
	return out
}
