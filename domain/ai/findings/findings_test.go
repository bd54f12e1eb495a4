package findings

import (
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
