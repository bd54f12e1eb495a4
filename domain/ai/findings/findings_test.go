package findings

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"counsel/domain/ai/policy"
)

// The quote of a finding is the text at its UTF-16 offsets.
func FuzzOffsets(f *testing.F) {
	f.Add("a😀b", 1, 5)
	f.Add("é🏛️ x", 0, 2)
	f.Fuzz(func(t *testing.T, text string, start, end int) {
		text = strings.ToValidUTF8(text, "?")
		at := []int{}
		for i := range text {
			at = append(at, i)
		}
		at = append(at, len(text))
		if start < 0 || end < start || end >= len(at) {
			t.Skip()
		}
		q := toAPI([]policy.Finding{{Start: at[start], End: at[end]}}, text, Risk)[0]
		if got := string(utf16.Decode(utf16.Encode([]rune(text))[q.Start:q.End])); got != q.Quote {
			t.Errorf("quote %q, but at its offsets is %q", q.Quote, got)
		}
	})
}

// Of findings of a type that overlap, that of the firm's playbook precedes that of a shipped rule, and both that
// of the model; none replaces a less severe one of a source that precedes.
func TestMerge(t *testing.T) {
	finding := func(rule string, severity policy.Severity, confidence float64) policy.Finding {
		return policy.Finding{ClauseType: "Insurance", Start: 10, End: 20, RuleID: rule, Severity: severity, Confidence: confidence, Suggestion: rule}
	}
	playbook, rule := finding(policy.RulePlaybook, policy.Medium, 0.5), finding("insurance", policy.Medium, 0.8)
	for _, c := range []struct {
		rules, model []policy.Finding
		want         []string
	}{
		{[]policy.Finding{rule, playbook}, nil, []string{policy.RulePlaybook}},
		{[]policy.Finding{rule}, []policy.Finding{finding("", policy.Medium, 1)}, []string{"insurance"}},
		{[]policy.Finding{playbook}, []policy.Finding{finding("", policy.Low, 1)}, []string{policy.RulePlaybook}},
		{[]policy.Finding{playbook}, []policy.Finding{finding("", policy.High, 1)}, []string{policy.RulePlaybook, ""}},
		{[]policy.Finding{finding("insurance", policy.High, 0.8), playbook}, nil, []string{policy.RulePlaybook, "insurance"}},
	} {
		var got []string
		for _, f := range merge(c.rules, c.model) {
			got = append(got, f.Suggestion)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("merged %q, not %q", got, c.want)
		}
	}
}
