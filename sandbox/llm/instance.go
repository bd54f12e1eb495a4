package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// instance returns a JSON document that is valid under the schema, with text from m. It fails if the schema cannot be
// compiled, if strict output does not support it, or if no instance was found.
func (s *Server) instance(schema json.RawMessage, strict bool, m material) (string, error) {
	var root any
	if err := json.Unmarshal(schema, &root); err != nil {
		return "", fmt.Errorf("the schema is not JSON: %w", err)
	}
	if strict {
		if err := checkStrict(root, "#"); err != nil {
			return "", err
		}
	}
	compiled, err := s.compile(schema)
	if err != nil {
		return "", err
	}
	for turn := range uint64(8) { // each turn makes other choices
		g := generator{root: root, m: &m, turn: turn, seed: m.seed}
		v, err := g.value(root, "", subject{}, 0)
		if err != nil {
			continue
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return "", err
		}
		read, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err == nil && compiled.Validate(read) == nil {
			return string(raw), nil
		}
	}
	return "", errors.New("the sandbox cannot create an instance of this schema")
}

// subject is the subject of the values within an item of a list.
type subject struct {
	finding *finding
	section *section
	body    string
	item    int

	clarification bool // a question back to the user
}

type generator struct {
	root      any
	m         *material
	turn      uint64
	seed      uint64
	generated int // number of values generated so far
}

// next returns a pseudorandom number (SplitMix64) that depends only on the request.
func (g *generator) next() uint64 {
	g.seed += 0x9e3779b97f4a7c15
	z := g.seed
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

var (
	errImpossible = errors.New("no value fits")
	errDeep       = errors.New("the schema is nested too deeply")
)

// Limits of generated documents.
const (
	maxOptionalDepth = 6 // depth from which optional values are omitted
	maxDepth         = 40
	maxValues        = 20_000  // values
	maxString        = 100_000 // characters of a string
	maxItems         = 1000
)

// countKeyword returns a keyword that is a count, capped at beyond+1, or the default.
func countKeyword(v any, or, beyond int) int {
	f, ok := v.(float64)
	if !ok {
		return or
	}
	return int(min(max(math.Ceil(f), 0), float64(beyond+1)))
}

func (g *generator) value(schema any, name string, h subject, depth int) (any, error) {
	if g.generated++; depth > maxDepth || g.generated > maxValues {
		return nil, errDeep
	}
	s, ok := schema.(map[string]any)
	if !ok {
		if schema == false {
			return nil, errImpossible
		}
		s = map[string]any{}
	}
	s, err := g.resolve(s, 0)
	if err != nil {
		return nil, err
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		if options, ok := s[key].([]any); ok {
			return g.option(s, key, options, name, h, depth)
		}
	}
	if v, ok := s["const"]; ok {
		return v, nil
	}
	if list, ok := s["enum"].([]any); ok {
		return g.choose(list, name, h)
	}
	switch valueType(s, g.turn) {
	case "object":
		return g.object(s, h, depth)
	case "array":
		return g.array(s, name, h, depth)
	case "string":
		return g.text(s, name, h)
	case "integer":
		return g.number(s, true)
	case "number":
		return g.number(s, false)
	case "boolean":
		return g.next()%2 == 0, nil
	default:
		return nil, nil
	}
}

// option tries the alternatives of anyOf or oneOf, null last, and in another order on later turns.
func (g *generator) option(s map[string]any, key string, options []any, name string, h subject, depth int) (any, error) {
	rest := maps.Clone(s)
	delete(rest, key)
	order := slices.Clone(options)
	null := func(o any) bool { m, _ := o.(map[string]any); return m["type"] == "null" }
	slices.SortStableFunc(order, func(a, b any) int {
		switch an, bn := null(a), null(b); {
		case an == bn:
			return 0
		case an == (depth <= maxOptionalDepth): // at depth, null ends the recursion
			return 1
		default:
			return -1
		}
	})
	err := errImpossible
	for i := range order {
		o := order[(uint64(i)+g.turn)%uint64(len(order))]
		var v any
		m, isMap := o.(map[string]any)
		if !isMap {
			if o == false {
				continue
			}
			m = map[string]any{}
		}
		if m, err = g.resolve(m, 0); err != nil {
			continue
		}
		if v, err = g.value(merge(rest, m), name, h, depth+1); err == nil {
			return v, nil
		}
	}
	return nil, err
}

// choose returns the enum value that is the item's subject, else one mentioned in the text, else any.
func (g *generator) choose(list []any, name string, h subject) (any, error) {
	if len(list) == 0 {
		return nil, errImpossible
	}
	if f := h.finding; f != nil {
		for _, want := range []string{f.name, f.severity} {
			for _, v := range list {
				if s, ok := v.(string); ok && letters(s) == letters(want) && want != "" {
					return v, nil
				}
			}
		}
	}
	if h.clarification && slices.Contains(list, any("jurisdiction")) {
		return "jurisdiction", nil
	}
	if h.section != nil && slices.Contains(list, any(h.section.id)) {
		return h.section.id, nil
	}
	low := strings.ToLower(g.m.user)
	if g.turn == 0 && name != "" {
		for _, v := range list {
			if s, ok := v.(string); ok && len(s) > 2 && strings.Contains(low, strings.ToLower(words(s))) {
				return v, nil
			}
		}
	}
	return pick(g.next(), list), nil
}

func (g *generator) object(s map[string]any, h subject, depth int) (any, error) {
	props := asMap(s["properties"])
	required := asList(s["required"])
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(props)) {
		need := slices.Contains(required, any(name))
		if !need && depth >= maxOptionalDepth {
			continue
		}
		v, err := g.value(props[name], name, h, depth+1)
		if err != nil {
			if need {
				return nil, err
			}
			continue
		}
		out[name] = v
	}
	extra, allowed := s["additionalProperties"]
	if !allowed {
		extra = true
	}
	add := func(name string) error {
		if _, ok := out[name]; ok {
			return nil
		}
		v, err := g.value(extra, name, h, depth+1)
		if err == nil {
			out[name] = v
		}
		return err
	}
	for _, r := range required {
		if name, ok := r.(string); ok {
			if err := add(name); err != nil {
				return nil, err
			}
		}
	}
	least := countKeyword(s["minProperties"], 0, maxItems)
	if least > maxItems {
		return nil, errImpossible
	}
	for i := 1; len(out) < least; i++ {
		if err := add(fmt.Sprintf("key%d", i)); err != nil {
			return nil, err
		}
	}
	return out, nil
}
