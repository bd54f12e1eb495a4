package drafts

import (
	"slices"
	"strings"
	"unicode"

	"github.com/aymanbagabas/go-udiff/lcs"
)

// EditKind is what happened to a piece of text.
type EditKind string

// The kinds of edits.
const (
	Equal  EditKind = "equal"
	Delete EditKind = "delete"
	Insert EditKind = "insert"
)

// Edit is a piece of text that is unchanged, deleted or inserted.
type Edit struct {
	Kind EditKind
	Text string
}

// Hunk is a run of lines around changes. Its equal and deleted edits, concatenated, are the lines of the
// old text; its equal and inserted edits are those of the new text.
type Hunk struct {
	OldStart, OldLines int // the first line, from 1, and their number
	NewStart, NewLines int
	Edits              []Edit
}

// contextLines is how many unchanged lines a hunk shows before and after a change.
const contextLines = 2

// diffLines compares two texts line by line, and changed lines word by word.
func diffLines(before, after string) []Hunk {
	a, b := splitLines(before), splitLines(after)
	edits := align(a, b)
	var out []Hunk
	for i := 0; i < len(edits); {
		// Edits whose context lines meet share a hunk.
		j := i + 1
		for j < len(edits) && edits[j].Start-edits[j-1].End <= 2*contextLines {
			j++
		}
		first, last := edits[i], edits[j-1]
		lead := min(contextLines, first.Start)
		tail := min(contextLines, len(a)-last.End)
		h := Hunk{
			OldStart: first.Start - lead + 1, OldLines: last.End - first.Start + lead + tail,
			NewStart: first.ReplStart - lead + 1, NewLines: last.ReplEnd - first.ReplStart + lead + tail,
		}
		var pieces []Edit
		at := first.Start - lead
		for _, e := range edits[i:j] {
			pieces = append(pieces, Edit{Equal, strings.Join(a[at:e.Start], "")})
			pieces = append(pieces, diffWords(strings.Join(a[e.Start:e.End], ""), strings.Join(b[e.ReplStart:e.ReplEnd], ""))...)
			at = e.End
		}
		pieces = append(pieces, Edit{Equal, strings.Join(a[at:last.End+tail], "")})
		h.Edits = merge(pieces)
		out = append(out, h)
		i = j
	}
	return out
}

// splitLines splits a text after each line end.
func splitLines(s string) []string {
	l := strings.SplitAfter(s, "\n")
	if l[len(l)-1] == "" {
		l = l[:len(l)-1]
	}
	return l
}

// diffWords compares two texts word by word.
func diffWords(before, after string) []Edit {
	a, b := splitWords(before), splitWords(after)
	var out []Edit
	at := 0
	edits := align(a, b)
	for i, e := range edits {
		if unchanged := strings.Join(a[at:e.Start], ""); i > 0 && strings.Trim(unchanged, " ") == "" {
			// Changed words with only a space between them are one edit.
			out = append(out, Edit{Delete, unchanged}, Edit{Insert, unchanged})
		} else {
			out = append(out, Edit{Equal, unchanged})
		}
		out = append(out, Edit{Delete, strings.Join(a[e.Start:e.End], "")}, Edit{Insert, strings.Join(b[e.ReplStart:e.ReplEnd], "")})
		at = e.End
	}
	return merge(append(out, Edit{Equal, strings.Join(a[at:], "")}))
}

// merge joins adjacent edits of one kind, puts deletions before insertions, and drops empty edits.
func merge(edits []Edit) []Edit {
	var out []Edit
	var deleted, inserted strings.Builder
	flush := func() {
		if deleted.Len() > 0 {
			out = append(out, Edit{Delete, deleted.String()})
		}
		if inserted.Len() > 0 {
			out = append(out, Edit{Insert, inserted.String()})
		}
		deleted.Reset()
		inserted.Reset()
	}
	for _, e := range edits {
		switch {
		case e.Text == "":
		case e.Kind == Delete:
			deleted.WriteString(e.Text)
		case e.Kind == Insert:
			inserted.WriteString(e.Text)
		default:
			flush()
			if n := len(out); n > 0 && out[n-1].Kind == Equal {
				out[n-1].Text += e.Text
			} else {
				out = append(out, e)
			}
		}
	}
	flush()
	return out
}

// splitWords splits a text into words, runs of spaces, and single other characters. Scripts without
// spaces between words are split by character.
func splitWords(s string) []string {
	const (
		other = iota
		word
		space
	)
	kind := func(r rune) int {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			return other
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '_':
			return word
		case r != '\n' && unicode.IsSpace(r):
			return space
		}
		return other
	}
	var out []string
	start, previous := 0, other
	for i, r := range s {
		k := kind(r)
		if i > 0 && (k != previous || k == other) {
			out = append(out, s[start:i])
			start = i
		}
		previous = k
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// align returns the replacements that turn a into b. It is a patience diff: elements that are
// unique in both are anchors, because readers follow such lines and words. The gaps between anchors
// are compared by a search of bounded cost.
func align(a, b []string) []lcs.Diff {
	var out []lcs.Diff
	var i, j int // start of the gap before the next anchor
	gap := func(iEnd, jEnd int) {
		for _, d := range lcs.DiffLines(a[i:iEnd], b[j:jEnd]) {
			out = append(out, lcs.Diff{Start: d.Start + i, End: d.End + i, ReplStart: d.ReplStart + j, ReplEnd: d.ReplEnd + j})
		}
	}
	for _, p := range anchors(a, b) {
		gap(p[0], p[1])
		i, j = p[0]+1, p[1]+1
	}
	gap(len(a), len(b))
	return slices.DeleteFunc(out, func(d lcs.Diff) bool { return d.Start == d.End && d.ReplStart == d.ReplEnd })
}

// anchors returns the indices of elements that are unique in a and in b: the longest sequence of pairs
// that increases in both.
func anchors(a, b []string) [][2]int {
	unique := func(list []string) map[string]int { // the index, or -1 for duplicates
		index := make(map[string]int, len(list))
		for i, s := range list {
			if _, duplicate := index[s]; duplicate {
				index[s] = -1
			} else {
				index[s] = i
			}
		}
		return index
	}
	inA, inB := unique(a), unique(b)
	var pairs [][2]int
	for i, s := range a {
		if j, ok := inB[s]; ok && j >= 0 && inA[s] >= 0 {
			pairs = append(pairs, [2]int{i, j})
		}
	}
	// The longest increasing subsequence of the indices in b, by patience sorting.
	var piles []int // the index in pairs of the top of each pile
	predecessor := make([]int, len(pairs))
	for k, p := range pairs {
		n, _ := slices.BinarySearchFunc(piles, p[1], func(top, j int) int { return pairs[top][1] - j })
		predecessor[k] = -1
		if n > 0 {
			predecessor[k] = piles[n-1]
		}
		if n == len(piles) {
			piles = append(piles, k)
		} else {
			piles[n] = k
		}
	}
	if len(piles) == 0 {
		return nil
	}
	run := make([][2]int, len(piles))
	for k, n := piles[len(piles)-1], len(piles)-1; n >= 0; k, n = predecessor[k], n-1 {
		run[n] = pairs[k]
	}
	return run
}
