// Package policy holds what the service itself knows of risky contracts: the vocabulary of
// clauses, and named rule sets that are matched against a text without any model.
//
// A policy is a YAML file built into the program. Load reads and compiles all of them; a
// mistake in a file is an error there, not later. What Load returns is immutable and safe for
// concurrent use. A review is deterministic: the same text under the same policy version gives
// the same findings, in time linear in the text.
//
// Offsets are in bytes of the text, and text[f.Start:f.End] is the quote, verbatim.
package policy

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed clauses.yaml rules/*.yaml
var files embed.FS

// Severity is how much a clause matters; it is also the measure of a document's risk.
type Severity string

// The severities, from least to most.
const (
	Low    Severity = "low"
	Medium Severity = "medium"
	High   Severity = "high"
)

func (s Severity) rank() int { return slices.Index([]Severity{Low, Medium, High}, s) }

// EmbeddedInstruction is the one clause type that is not CUAD's: text in a document that tries
// to give orders to its reader or to a program.
const EmbeddedInstruction = "Embedded Instruction"

// Clause is one word of the vocabulary. The names are those of the Contract Understanding
// Atticus Dataset (CUAD), and EmbeddedInstruction.
type Clause struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
}

var vocabulary = func() []Clause {
	var list []Clause
	raw, err := files.ReadFile("clauses.yaml")
	if err == nil {
		err = decode(raw, &list)
	}
	if err != nil {
		panic("policy: clauses.yaml: " + err.Error()) // built in: wrong in every run, or in none
	}
	return list
}()

// Clauses returns the vocabulary with a description of each type.
func Clauses() []Clause { return slices.Clone(vocabulary) }

// ClauseTypes returns the names of the vocabulary: 41 of CUAD, then EmbeddedInstruction.
func ClauseTypes() []string {
	names := make([]string, len(vocabulary))
	for i, c := range vocabulary {
		names[i] = c.Name
	}
	return names
}

// Book is every policy there is.
type Book struct {
	policies map[string]*Policy
}

// Policy is one rule set.
type Policy struct {
	Name  string
	Title string
	Brief string // for whom and how a document is reviewed under this policy

	rules   []*Rule
	version string
}

// Rule is one thing a policy looks for.
type Rule struct {
	ID         string   `yaml:"id"`
	Title      string   `yaml:"title"`
	ClauseType string   `yaml:"clauseType"` // the nearest one where CUAD has no name for it; "" only for an absent rule
	Severity   Severity `yaml:"severity"`
	Confidence float64  `yaml:"confidence"` // how often a match means what the rule says, 0..1

	// Match lists alternatives; each is a pattern, or a list of patterns that must all match
	// the same sentence. A pattern is RE2 over the sentence in lower case, its white space
	// single blanks and its quotes and dashes ASCII.
	Match []conjunction `yaml:"match"`
	// Unless lists patterns that, in the same sentence, make it harmless.
	Unless []string `yaml:"unless"`
	// When lists patterns of which the document must have one for the rule to apply.
	When []string `yaml:"when"`
	// Absent turns the rule round: it reports that no sentence of the document matches.
	Absent bool `yaml:"absent"`

	Rationale  string `yaml:"rationale"`
	Suggestion string `yaml:"suggestion"`

	match  [][]*pattern
	unless []*pattern
	when   []*pattern
}

type conjunction []string

func (c *conjunction) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*c = conjunction{n.Value}
		return nil
	}
	return n.Decode((*[]string)(c))
}

// source is a policy file.
type source struct {
	Name    string   `yaml:"name"`
	Title   string   `yaml:"title"`
	Brief   string   `yaml:"brief"`
	Extends string   `yaml:"extends"` // a policy whose rules are taken over
	Disable []string `yaml:"disable"` // ids of rules not taken over
	Rules   []*Rule  `yaml:"rules"`   // a rule with an id taken over replaces it
	raw     []byte
}

// Load reads every policy built into the program.
func Load() (*Book, error) {
	rules, err := fs.Sub(files, "rules")
	if err != nil {
		return nil, err
	}
	return load(rules)
}

func load(dir fs.FS) (*Book, error) {
	names, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return nil, err
	}
	sources := map[string]*source{}
	for _, name := range names {
		raw, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		s := &source{raw: raw}
		if err := decode(raw, s); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if s.Name+".yaml" != path.Base(name) || s.Title == "" || s.Brief == "" {
			return nil, fmt.Errorf("%s: name, title and brief are required, and the name is the file's", name)
		}
		for _, r := range s.Rules {
			if err := r.compile(); err != nil {
				return nil, fmt.Errorf("%s: rule %q: %w", name, r.ID, err)
			}
		}
		sources[s.Name] = s
	}
	b := &Book{policies: map[string]*Policy{}}
	for name, s := range sources {
		p, err := resolve(s, sources)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		b.policies[name] = p
	}
	return b, nil
}

// resolve applies extends, disable and overrides; one level deep, so no cycle can arise.
func resolve(s *source, all map[string]*source) (*Policy, error) {
	h := sha256.New()
	p := &Policy{Name: s.Name, Title: s.Title, Brief: strings.TrimSpace(s.Brief)}
	if s.Extends != "" {
		base := all[s.Extends]
		if base == nil || base.Extends != "" {
			return nil, fmt.Errorf("cannot extend %q", s.Extends)
		}
		fmt.Fprintf(h, "%d:%s", len(base.raw), base.raw)
		p.rules = slices.Clone(base.Rules)
	}
	for _, id := range s.Disable {
		i := slices.IndexFunc(p.rules, func(r *Rule) bool { return r.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("there is no rule %q to disable", id)
		}
		p.rules = slices.Delete(p.rules, i, i+1)
	}
	own := map[string]bool{}
	for _, r := range s.Rules {
		if own[r.ID] {
			return nil, fmt.Errorf("rule %q stands twice", r.ID)
		}
		own[r.ID] = true
		if i := slices.IndexFunc(p.rules, func(o *Rule) bool { return o.ID == r.ID }); i >= 0 {
			p.rules[i] = r
		} else {
			p.rules = append(p.rules, r)
		}
	}
	fmt.Fprintf(h, "%d:%s", len(s.raw), s.raw)
	p.version = hex.EncodeToString(h.Sum(nil)[:12])
	return p, nil
}

func (r *Rule) compile() error {
	known := slices.ContainsFunc(vocabulary, func(c Clause) bool { return c.Name == r.ClauseType }) || r.Absent && r.ClauseType == ""
	switch {
	case r.ID == "" || r.Title == "" || r.Rationale == "" || r.Suggestion == "" || len(r.Match) == 0:
		return errors.New("id, title, match, rationale and suggestion are required")
	case !known || r.ClauseType == EmbeddedInstruction:
		return fmt.Errorf("the clause type %q is not one of CUAD's", r.ClauseType)
	case r.Severity.rank() < 0:
		return fmt.Errorf("unknown severity %q", r.Severity)
	case r.Confidence <= 0 || r.Confidence > 1:
		return errors.New("confidence must be above 0 and at most 1")
	}
	r.Rationale, r.Suggestion = strings.TrimSpace(r.Rationale), strings.TrimSpace(r.Suggestion)
	for _, c := range r.Match {
		all, err := compileAll(c)
		if err != nil {
			return err
		}
		r.match = append(r.match, all)
	}
	var err error
	if r.unless, err = compileAll(r.Unless); err != nil {
		return err
	}
	r.when, err = compileAll(r.When)
	return err
}

// Names returns the names of the policies, sorted.
func (b *Book) Names() []string { return slices.Sorted(maps.Keys(b.policies)) }

// Policy returns the policy of that name.
func (b *Book) Policy(name string) (*Policy, bool) {
	p, ok := b.policies[name]
	return p, ok
}

// Version names the content of the policy and of the one it extends: any edit gives another.
func (p *Policy) Version() string { return p.version }

// Checks returns the rules of the policy that can give a finding, those about something
// absent left out.
func (p *Policy) Checks() []Rule {
	var list []Rule
	for _, r := range p.rules {
		if !r.Absent {
			list = append(list, *r)
		}
	}
	return list
}

// decode reads YAML and refuses keys that nobody reads.
func decode(raw []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	return d.Decode(into)
}
