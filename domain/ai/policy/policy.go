// Package policy reviews contracts without a language model: it matches named rule sets (policies)
// against a text and detects prompt injection, text that gives instructions to its reader.
//
// A policy is an embedded YAML file. Load reads and compiles all of them and reports any mistake in a
// file. What Load returns is immutable and safe for concurrent use. A review is deterministic: the same
// text under the same policy version gives the same findings. It takes linear time.
//
// Offsets are bytes of the text; text[f.Start:f.End] is the verbatim quote.
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

// Severity rates a finding. The risk of a whole document uses the same scale.
type Severity string

// The severities, in ascending order.
const (
	Low    Severity = "low"
	Medium Severity = "medium"
	High   Severity = "high"
)

func (s Severity) rank() int { return slices.Index([]Severity{Low, Medium, High}, s) }

// EmbeddedInstruction is the clause type of prompt injection, that is, text in a document that tries to
// instruct its reader or a program.
const EmbeddedInstruction = "Embedded Instruction"

// Clause is a clause type: one of the Contract Understanding Atticus Dataset (CUAD), one of those beyond
// it, or EmbeddedInstruction.
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
		panic("policy: clauses.yaml: " + err.Error()) // embedded, so every test would fail
	}
	return list
}()

// Clauses returns all clause types with their descriptions.
func Clauses() []Clause { return slices.Clone(vocabulary) }

func isClauseType(name string) bool {
	return slices.ContainsFunc(vocabulary, func(c Clause) bool { return c.Name == name })
}

// ClauseTypes returns the names of all clause types: 41 from CUAD, those beyond it, EmbeddedInstruction.
func ClauseTypes() []string {
	names := make([]string, len(vocabulary))
	for i, c := range vocabulary {
		names[i] = c.Name
	}
	return names
}

// Set holds all policies.
type Set struct {
	policies map[string]*Policy
}

// Policy is one rule set.
type Policy struct {
	Name  string
	Title string
	Brief string // for whom and how a document is reviewed

	rules   []*Rule
	version string

	playbook  *Playbook // nil: a shipped policy
	positions []*compiledPosition
}

// Rule describes one kind of clause that a policy reports.
type Rule struct {
	ID         string   `yaml:"id"`
	Title      string   `yaml:"title"`
	ClauseType string   `yaml:"clauseType"` // the closest type
	Severity   Severity `yaml:"severity"`
	Confidence float64  `yaml:"confidence"` // probability that a match is correct, 0..1

	// Match lists alternatives. Each is a pattern, or a list of patterns that must all match the same
	// sentence. A pattern is an RE2 expression over the normalized sentence: lower case, single
	// blanks, ASCII quotes and dashes; accents do not count.
	Match []allOf `yaml:"match"`
	// Unless lists exceptions: patterns that make a matching sentence harmless.
	Unless []string `yaml:"unless"`
	// When lists preconditions: the rule applies if any of them matches somewhere in the document.
	When []string `yaml:"when"`
	// Absent inverts the rule: it reports that no sentence of the document matches and that Recognize finds
	// none of the types in Present.
	Absent  bool     `yaml:"absent"`
	Present []string `yaml:"present"`

	// Recognized extends the rule to languages other than English, for which it has no patterns: it also reports
	// the passages that Recognize finds of its clause type.
	Recognized bool `yaml:"recognized"`

	Rationale  string `yaml:"rationale"`
	Suggestion string `yaml:"suggestion"`
	Wording    string `yaml:"wording"` // key of wordings.yaml; default: the id, then the clause type

	policy string // name of the policy whose file has the rule
	match  [][]*pattern
	unless []*pattern
	when   []*pattern
}

// allOf is a list of patterns that must all match.
type allOf []string

func (c *allOf) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*c = allOf{n.Value}
		return nil
	}
	return n.Decode((*[]string)(c))
}

// policyFile is the content of a policy file.
type policyFile struct {
	Name    string   `yaml:"name"`
	Title   string   `yaml:"title"`
	Brief   string   `yaml:"brief"`
	Extends string   `yaml:"extends"` // the policy whose rules are inherited
	Disable []string `yaml:"disable"` // ids of inherited rules to leave out
	Rules   []*Rule  `yaml:"rules"`   // a rule with an inherited id replaces that rule
	raw     []byte
}

// Load reads and compiles the embedded policies.
func Load() (*Set, error) {
	rules, err := fs.Sub(files, "rules")
	if err != nil {
		return nil, err
	}
	return load(rules)
}

func load(dir fs.FS) (*Set, error) {
	names, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return nil, err
	}
	sources := map[string]*policyFile{}
	for _, name := range names {
		raw, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		s := &policyFile{raw: raw}
		if err := decode(raw, s); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if s.Name+".yaml" != path.Base(name) || s.Title == "" || s.Brief == "" {
			return nil, fmt.Errorf("%s: name, title and brief are required, and name must match the file name", name)
		}
		for _, r := range s.Rules {
			r.policy = s.Name
			if err := r.compile(); err != nil {
				return nil, fmt.Errorf("%s: rule %q: %w", name, r.ID, err)
			}
		}
		sources[s.Name] = s
	}
	b := &Set{policies: map[string]*Policy{}}
	for name, s := range sources {
		p, err := resolveExtends(s, sources)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		b.policies[name] = p
	}
	return b, nil
}

// resolveExtends applies inheritance. Only one level is allowed, so there are no cycles.
func resolveExtends(s *policyFile, all map[string]*policyFile) (*Policy, error) {
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
			return nil, fmt.Errorf("cannot disable unknown rule %q", id)
		}
		p.rules = slices.Delete(p.rules, i, i+1)
	}
	own := map[string]bool{}
	for _, r := range s.Rules {
		if own[r.ID] {
			return nil, fmt.Errorf("duplicate rule %q", r.ID)
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
	known := isClauseType(r.ClauseType) && !slices.ContainsFunc(r.Present, func(name string) bool { return !isClauseType(name) })
	switch {
	case r.ID == "" || r.Title == "" || r.Rationale == "" || r.Suggestion == "" || len(r.Match) == 0:
		return errors.New("id, title, match, rationale and suggestion are required")
	case !known || r.ClauseType == EmbeddedInstruction:
		return fmt.Errorf("unknown clause type in %q, %q", r.ClauseType, r.Present)
	case r.Severity.rank() < 0:
		return fmt.Errorf("unknown severity %q", r.Severity)
	case r.Confidence <= 0 || r.Confidence > 1:
		return errors.New("confidence must be above 0 and at most 1")
	}
	r.Rationale, r.Suggestion = strings.TrimSpace(r.Rationale), strings.TrimSpace(r.Suggestion)
	for _, c := range r.Match {
		all, err := compileFolded(c)
		if err != nil {
			return err
		}
		r.match = append(r.match, all)
	}
	var err error
	if r.unless, err = compileFolded(r.Unless); err != nil {
		return err
	}
	r.when, err = compileFolded(r.When)
	return err
}

// compileFolded compiles patterns for normalized sentences.
func compileFolded(exprs []string) ([]*pattern, error) {
	folded := make([]string, len(exprs))
	for i, e := range exprs {
		folded[i] = foldAccents(e)
	}
	return compileAll(folded)
}

// Names returns the names of the policies, sorted.
func (b *Set) Names() []string { return slices.Sorted(maps.Keys(b.policies)) }

// Policy returns the policy with that name.
func (b *Set) Policy(name string) (*Policy, bool) {
	p, ok := b.policies[name]
	return p, ok
}

// Version is a hash of the policy and of the one it extends. It changes with any edit.
func (p *Policy) Version() string { return p.version }

// Checks returns the rules that produce findings, that is, without the Absent rules.
func (p *Policy) Checks() []Rule {
	var list []Rule
	for _, r := range p.rules {
		if !r.Absent {
			list = append(list, *r)
		}
	}
	return list
}

// decode reads YAML and rejects unknown keys.
func decode(raw []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	return d.Decode(into)
}
