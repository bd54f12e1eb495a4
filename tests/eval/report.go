package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
)

// report is a run, as it is written to a file and compared with the next.
type report struct {
	Model   string   `json:"model"`
	Prompts string   `json:"prompts"` // digest of the versions
	Results []result `json:"results"`
}

// groups returns the mean score of each group of cases and language.
func (r report) groups() (names []string, scores map[string]float64, counts map[string]int) {
	scores, counts = map[string]float64{}, map[string]int{}
	for _, c := range r.Results {
		for _, name := range []string{c.Group, c.Group + " " + c.Locale[:2]} {
			if counts[name] == 0 {
				names = append(names, name)
			}
			scores[name] += c.score()
			counts[name]++
		}
	}
	for name := range scores {
		scores[name] /= float64(counts[name])
	}
	return names, scores, counts
}

// print writes the table, with the scores of the previous run if there is one, and the failed checks.
func (r report) print(w io.Writer, previous *report, verbose bool) {
	names, scores, counts := r.groups()
	var before map[string]float64
	if previous != nil {
		_, before, _ = previous.groups()
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "model %s, prompts %s\n\n", r.Model, r.Prompts)
	fmt.Fprintln(t, "group\tcases\tscore\tbefore")
	for _, name := range names {
		last := "-"
		if s, ok := before[name]; ok {
			last = fmt.Sprintf("%.2f", s)
		}
		fmt.Fprintf(t, "%s\t%d\t%.2f\t%s\n", name, counts[name], scores[name], last)
	}
	_ = t.Flush()
	last := map[string]result{}
	if previous != nil {
		for _, c := range previous.Results {
			last[c.Group+"/"+c.ID] = c
		}
	}
	fmt.Fprintln(w)
	for _, c := range r.Results {
		p, known := last[c.Group+"/"+c.ID]
		changed := known && p.score() != c.score()
		if changed {
			fmt.Fprintf(w, "%s/%s: %.2f, was %.2f\n", c.Group, c.ID, c.score(), p.score())
		}
		if verbose || changed {
			for _, f := range c.Failed {
				fmt.Fprintf(w, "  %s/%s %s\n", c.Group, c.ID, f)
			}
		}
	}
}

func readReport(path string) (*report, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &report{}
	return r, json.Unmarshal(raw, r)
}

func (r report) write(path string) error {
	raw, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o600)
}
