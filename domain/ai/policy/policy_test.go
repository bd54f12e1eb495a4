package policy

import (
	_ "embed"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

//go:embed testdata/fair.txt
var fair string

func mustLoad(t testing.TB) *Set {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustPolicy(t testing.TB, name string) *Policy {
	t.Helper()
	p, ok := mustLoad(t).Policy(name)
	if !ok {
		t.Fatalf("no policy %q", name)
	}
	return p
}

type example struct {
	rule    string // policy/id
	matches bool
	text    string
}

func examples(t *testing.T) []example {
	t.Helper()
	raw, err := os.ReadFile("testdata/rules.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []example
	rule := ""
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "+ "), strings.HasPrefix(line, "- "):
			list = append(list, example{rule, line[0] == '+', line[2:]})
		default:
			rule = line
		}
	}
	return list
}

func TestEveryRule(t *testing.T) {
	b := mustLoad(t)
	seen := map[string][2]int{}
	for _, e := range examples(t) {
		name, id, _ := strings.Cut(e.rule, "/")
		p, ok := b.Policy(name)
		if !ok {
			t.Fatalf("no policy %q", name)
		}
		i := slices.IndexFunc(p.rules, func(r *Rule) bool { return r.ID == id })
		if i < 0 {
			t.Errorf("no rule %s", e.rule)
			continue
		}
		if spans := sentences(e.text); len(spans) != 1 {
			t.Errorf("%q has %d sentences", e.text, len(spans))
		}
		if got := p.rules[i].matches(normalize(e.text)); got != e.matches {
			t.Errorf("%s on %q: %v, want %v", e.rule, e.text, got, e.matches)
		}
		n := seen[e.rule]
		if e.matches {
			n[0]++
		} else {
			n[1]++
		}
		seen[e.rule] = n
	}
	base := b.policies["default"].rules
	for _, name := range b.Names() {
		p, _ := b.Policy(name)
		for _, r := range p.rules {
			key := name + "/" + r.ID
			if slices.Contains(base, r) {
				key = "default/" + r.ID
			}
			if n := seen[key]; n[0] == 0 || n[1] == 0 {
				t.Errorf("%s needs a matching and a non-matching example", key)
			}
		}
	}
}

func TestBook(t *testing.T) {
	b := mustLoad(t)
	if got := b.Names(); !slices.Equal(got, []string{"default", "dpa", "employment", "lease", "loan", "nda", "sale", "vendor"}) {
		t.Errorf("policies are %v", got)
	}
	versions := map[string]bool{}
	for _, name := range b.Names() {
		p, _ := b.Policy(name)
		versions[p.Version()] = true
		if len(p.Checks()) < 20 {
			t.Errorf("%s has %d checks", name, len(p.Checks()))
		}
	}
	if len(versions) != 8 {
		t.Errorf("versions are %v", versions)
	}
	if _, ok := b.Policy("other"); ok {
		t.Error("found an unknown policy")
	}
	if names := ClauseTypes(); names[numCUAD-1] != "Third Party Beneficiary" || names[len(names)-1] != EmbeddedInstruction || !slices.Contains(names, "Rofr/Rofo/Rofn") {
		t.Errorf("vocabulary is %v", names)
	}
}

func TestLoadExtends(t *testing.T) {
	const rule = "\n  - {id: %, title: t, clauseType: Insurance, severity: low, confidence: 0.5, match: [%], rationale: r, suggestion: s}"
	head := func(name string) string { return "name: " + name + "\ntitle: t\nbrief: b\n" }
	one := func(id string) string { return strings.ReplaceAll(rule, "%", id) }
	base := head("base") + "rules:" + one("aa") + one("bb")
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	child := head("child") + "extends: base\ndisable: [aa]\nrules:" + strings.Replace(one("bb"), "low", "high", 1) + one("cc")

	b, err := load(fstest.MapFS{"base.yaml": file(base), "child.yaml": file(child)})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := b.Policy("child")
	findings, _ := p.Review("aa. Bb. Cc.", nil, "en")
	var got []string
	for _, f := range findings {
		got = append(got, f.RuleID+" "+string(f.Severity))
	}
	if !slices.Equal(got, []string{"bb high", "cc low"}) {
		t.Errorf("findings are %v", got)
	}
	edited, err := load(fstest.MapFS{"base.yaml": file(base + " # edited"), "child.yaml": file(child)})
	if err != nil {
		t.Fatal(err)
	}
	if e, _ := edited.Policy("child"); e.Version() == p.Version() {
		t.Error("editing the base does not change the version of the child")
	}

	for name, bad := range map[string]string{
		"unknown base":      head("child") + "extends: none\nrules:" + one("cc"),
		"unknown disabled":  head("child") + "extends: base\ndisable: [zz]\nrules:" + one("cc"),
		"duplicate rule":    head("child") + "rules:" + one("cc") + one("cc"),
		"unknown key":       head("child") + "colour: red\n",
		"other name":        head("kid"),
		"clause type":       head("child") + "rules:" + strings.Replace(one("cc"), "Insurance", "Assurance", 1),
		"severity":          head("child") + "rules:" + strings.Replace(one("cc"), "low", "none", 1),
		"confidence":        head("child") + "rules:" + strings.Replace(one("cc"), "0.5", "2", 1),
		"pattern":           head("child") + "rules:" + strings.Replace(one("cc"), "[cc]", "['(']", 1),
		"upper-case letter": head("child") + "rules:" + strings.Replace(one("cc"), "[cc]", "[Cc]", 1),
		"no suggestion":     head("child") + "rules:" + strings.Replace(one("cc"), ", suggestion: s", "", 1),
	} {
		if _, err := load(fstest.MapFS{"base.yaml": file(base), "child.yaml": file(bad)}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
