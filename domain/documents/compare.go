package documents

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/aymanbagabas/go-udiff/lcs"

	"counsel/domain"
	"counsel/domain/cases"
)

// ChangeKind says what became of a piece of text.
type ChangeKind string

// The kinds.
const (
	Equal  ChangeKind = "equal"
	Delete ChangeKind = "delete"
	Insert ChangeKind = "insert"
)

// Change is a piece of text that stayed, went or came.
type Change struct {
	Kind ChangeKind
	Text string
}

// Hunk is a run of lines around changes. Its equal and deleted pieces, one after the other, are
// the lines of the old text; its equal and inserted ones those of the new.
type Hunk struct {
	OldStart, OldLines int // the first line, from 1, and how many
	NewStart, NewLines int
	Changes            []Change
}

// Comparison is how one version of a draft became another.
type Comparison struct {
	From, To int
	Title    []Change // of the titles; one equal piece when it stayed
	Hunks    []Hunk   // none: the text is the same
	Inserted int      // words
	Deleted  int      // words
}

// Compare shows what changed from one version of a draft to another, word by word. NotFound: no
// such draft, or no such version of it.
func (s *Drafts) Compare(ctx context.Context, caller domain.Principal, id domain.ID, from, to int) (Comparison, error) {
	if err := s.look(ctx, caller, id, cases.VerbRead, fmt.Sprintf("versions %d and %d", from, to)); err != nil {
		return Comparison{}, err
	}
	before, err := s.version(ctx, id, from)
	if err != nil {
		return Comparison{}, err
	}
	after, err := s.version(ctx, id, to)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{From: from, To: to, Title: diffWords(before.Title, after.Title), Hunks: diffLines(before.Body, after.Body)}
	for _, h := range c.Hunks {
		for _, change := range h.Changes {
			switch change.Kind {
			case Insert:
				c.Inserted += len(strings.Fields(change.Text))
			case Delete:
				c.Deleted += len(strings.Fields(change.Text))
			}
		}
	}
	return c, nil
}

// around is how many unchanged lines a hunk shows before and after a change.
const around = 2

func diffLines(before, after string) []Hunk {
	a, b := splitLines(before), splitLines(after)
	edits := align(a, b)
	var out []Hunk
	for i := 0; i < len(edits); {
		// The edits whose surroundings meet share a hunk.
		j := i + 1
		for j < len(edits) && edits[j].Start-edits[j-1].End <= 2*around {
			j++
		}
		first, last := edits[i], edits[j-1]
		lead := min(around, first.Start)
		tail := min(around, len(a)-last.End)
		h := Hunk{
			OldStart: first.Start - lead + 1, OldLines: last.End - first.Start + lead + tail,
			NewStart: first.ReplStart - lead + 1, NewLines: last.ReplEnd - first.ReplStart + lead + tail,
		}
		var changes []Change
		at := first.Start - lead
		for _, e := range edits[i:j] {
			changes = append(changes, Change{Equal, strings.Join(a[at:e.Start], "")})
			changes = append(changes, diffWords(strings.Join(a[e.Start:e.End], ""), strings.Join(b[e.ReplStart:e.ReplEnd], ""))...)
			at = e.End
		}
		changes = append(changes, Change{Equal, strings.Join(a[at:last.End+tail], "")})
		h.Changes = joined(changes)
		out = append(out, h)
		i = j
	}
	return out
}

// splitLines splits a text behind each line end.
func splitLines(s string) []string {
	l := strings.SplitAfter(s, "\n")
	if l[len(l)-1] == "" {
		l = l[:len(l)-1]
	}
	return l
}

// diffWords compares two texts word by word.
func diffWords(before, after string) []Change {
	a, b := splitWords(before), splitWords(after)
	var out []Change
	at := 0
	edits := align(a, b)
	for i, e := range edits {
		if kept := strings.Join(a[at:e.Start], ""); i > 0 && strings.Trim(kept, " ") == "" {
			// A space between two changed words is no reason to take them apart.
			out = append(out, Change{Delete, kept}, Change{Insert, kept})
		} else {
			out = append(out, Change{Equal, kept})
		}
		out = append(out, Change{Delete, strings.Join(a[e.Start:e.End], "")}, Change{Insert, strings.Join(b[e.ReplStart:e.ReplEnd], "")})
		at = e.End
	}
	return joined(append(out, Change{Equal, strings.Join(a[at:], "")}))
}

// joined puts like pieces together, what went before what came, and leaves out empty ones.
func joined(changes []Change) []Change {
	var out []Change
	var gone, came strings.Builder
	flush := func() {
		if gone.Len() > 0 {
			out = append(out, Change{Delete, gone.String()})
		}
		if came.Len() > 0 {
			out = append(out, Change{Insert, came.String()})
		}
		gone.Reset()
		came.Reset()
	}
	for _, c := range changes {
		switch {
		case c.Text == "":
		case c.Kind == Delete:
			gone.WriteString(c.Text)
		case c.Kind == Insert:
			came.WriteString(c.Text)
		default:
			flush()
			if n := len(out); n > 0 && out[n-1].Kind == Equal {
				out[n-1].Text += c.Text
			} else {
				out = append(out, c)
			}
		}
	}
	flush()
	return out
}

// splitWords splits a text into words, runs of spaces, and single other characters. Scripts that
// write without spaces go by the character.
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
	start, was := 0, other
	for i, r := range s {
		k := kind(r)
		if i > 0 && (k != was || k == other) {
			out = append(out, s[start:i])
			start = i
		}
		was = k
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// align finds what to replace in a to get b. What stands once in both and in the same order
// splits the task, as in a patience diff: people read along such lines and words. What lies
// between goes to a search with a bounded effort.
func align(a, b []string) []lcs.Diff {
	var out []lcs.Diff
	var i, j int // begin of the gap before the next anchor
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

// anchors are the pairs of places of what stands once in a and once in b: the longest run of
// them that rises in both.
func anchors(a, b []string) [][2]int {
	once := func(list []string) map[string]int {
		at := make(map[string]int, len(list))
		for i, s := range list {
			if _, again := at[s]; again {
				at[s] = -1
			} else {
				at[s] = i
			}
		}
		return at
	}
	inB := once(b)
	inA := once(a)
	var pairs [][2]int
	for i, s := range a {
		if j, ok := inB[s]; ok && j >= 0 && inA[s] >= 0 {
			pairs = append(pairs, [2]int{i, j})
		}
	}
	// The longest increasing subsequence of the places in b, by patience sorting.
	var piles []int // the index in pairs of each pile's top
	before := make([]int, len(pairs))
	for k, p := range pairs {
		n, _ := slices.BinarySearchFunc(piles, p[1], func(top, j int) int { return pairs[top][1] - j })
		before[k] = -1
		if n > 0 {
			before[k] = piles[n-1]
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
	for k, n := piles[len(piles)-1], len(piles)-1; n >= 0; k, n = before[k], n-1 {
		run[n] = pairs[k]
	}
	return run
}
