package main

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"counsel/domain"
	"counsel/domain/ai"
	"counsel/domain/ai/prompts"
	"counsel/domain/langid"

	"go.yaml.in/yaml/v3"
)

//go:embed cases/*.yaml
var caseFiles embed.FS

// question is a case of cases/questions.yaml, which documents the fields.
type question struct {
	ID, Locale, Question, Facts      string
	Mentions, Cites, Asks, Forbidden []string
	Lawyer                           bool
}

// draft is a case of cases/drafts.yaml.
type draft struct {
	ID, Type, Locale, Tone string
	Inputs                 map[string]any
	Mentions, Forbidden    []string
}

// review is a case of cases/reviews.yaml.
type review struct {
	ID, Policy, Text, Risk string
	Findings, Absent       []string
	Fair                   bool
}

type suite struct {
	questions []question
	drafts    []draft
	reviews   []review
}

func loadSuite() (s suite, err error) {
	for name, to := range map[string]any{"questions": &s.questions, "drafts": &s.drafts, "reviews": &s.reviews} {
		raw, err := caseFiles.ReadFile("cases/" + name + ".yaml")
		if err != nil {
			return s, err
		}
		d := yaml.NewDecoder(strings.NewReader(string(raw)))
		d.KnownFields(true)
		if err := d.Decode(to); err != nil {
			return s, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, nil
}

// run asks everything and returns the scores, in the order of the files.
func (s suite) run(ctx context.Context, service *ai.Service, user domain.Principal) []result {
	var out []result
	for _, q := range s.questions {
		r := result{Group: "questions", ID: q.ID, Locale: or(q.Locale, "en")}
		in := ai.Question{UserID: user.UserID, Message: q.Question, Locale: q.Locale}
		if q.Facts != "" {
			in.Context = &ai.Context{Facts: q.Facts}
		}
		a, err := service.Chat(ctx, user, in)
		if r.failed(err) {
			out = append(out, r)
			continue
		}
		q.score(&r, a)
		out = append(out, r)
	}
	types := map[string]*prompts.DocumentType{}
	for _, t := range service.DocumentTypes() {
		types[t.ID] = t
	}
	for _, c := range s.drafts {
		r := result{Group: "drafts", ID: c.ID, Locale: or(c.Locale, "en")}
		inputs := map[string]any{}
		err := json.Unmarshal(types[c.Type].Example, &inputs)
		for k, v := range c.Inputs {
			if inputs[k] = v; v == nil {
				delete(inputs, k)
			}
		}
		var d ai.Draft
		if err == nil {
			d, err = service.GenerateDocument(ctx, user, ai.DraftRequest{Type: c.Type, Inputs: inputs, Tone: c.Tone, Locale: c.Locale})
		}
		if !r.failed(err) {
			c.score(&r, d)
		}
		out = append(out, r)
	}
	for _, c := range s.reviews {
		r := result{Group: "reviews", ID: c.ID, Locale: "en"}
		a, err := service.Analyze(ctx, user, ai.AnalysisRequest{Text: c.Text, Policy: c.Policy})
		if !r.failed(err) {
			c.score(&r, a)
		}
		out = append(out, r)
	}
	return out
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// result is the score of one case.
type result struct {
	Group  string   `json:"group"`
	ID     string   `json:"id"`
	Locale string   `json:"locale"`
	Passed int      `json:"passed"`
	Checks int      `json:"checks"`
	Failed []string `json:"failed,omitempty"` // the checks that failed
}

// check counts a rule.
func (r *result) check(passed bool, format string, args ...any) {
	r.Checks++
	if passed {
		r.Passed++
	} else {
		r.Failed = append(r.Failed, fmt.Sprintf(format, args...))
	}
}

// failed counts an error as a case without a passed check.
func (r *result) failed(err error) bool {
	if err != nil {
		r.check(false, "error: %v", err)
	}
	return err != nil
}

// score is the share of passed checks.
func (r result) score() float64 {
	if r.Checks == 0 {
		return 0
	}
	return float64(r.Passed) / float64(r.Checks)
}

// digest identifies the prompts of a run.
func digest(set *prompts.Set) string {
	h := sha256.New()
	versions := set.Versions()
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		fmt.Fprintf(h, "%s %s\n", name, versions[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

func language(tag string) langid.Language { return langid.Parse(tag) }
