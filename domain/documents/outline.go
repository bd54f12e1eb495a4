package documents

import (
	"fmt"
	"strconv"
	"strings"

	"counsel/domain"
)

// maxDepth is the deepest numbering: 1., 1.1, (a), (i), (A).
const maxDepth = 5

// Outline holds the numbers of a document.
type Outline struct {
	labels  []string          // by the block's place in Document.Blocks
	numbers map[string]string // by anchor
}

// Label is what stands before the block at the place i of Document.Blocks: "1.", "(a)";
// empty for a block without a number.
func (o Outline) Label(i int) string { return o.labels[i] }

// Number is what a reference to anchor shows: "4.2(a)"; empty for an unknown anchor.
func (o Outline) Number(anchor string) string { return o.numbers[anchor] }

// Outline numbers headings and clauses and resolves references. Every fault it finds is a field of
// the one Invalid error it returns: an anchor that stands twice, a reference to none or to a
// heading without number, a depth out of range or below a part that is missing.
func (d Document) Outline() (Outline, error) {
	o := Outline{labels: make([]string, len(d.Blocks)), numbers: map[string]string{}}
	var faults []domain.Field
	fault := func(source, format string, args ...any) {
		faults = append(faults, domain.Field{Pointer: source, Detail: fmt.Sprintf(format, args...)})
	}
	var counts [maxDepth + 1]int
	var refs [maxDepth + 1]string // how the last part of each depth is referred to
	seen := map[string]bool{}
	for i, b := range d.Blocks {
		var depth int
		var number, anchor, source string
		switch b := b.(type) {
		case Heading:
			depth, number, anchor, source = b.Depth, b.Number, b.Anchor, b.Source
			if b.Level < 1 || b.Level > 6 {
				fault(source, "a heading's level is 1 to 6, not %d", b.Level)
			}
		case Clause:
			depth, number, anchor, source = b.Depth, b.Number, b.Anchor, b.Source
			if depth < 1 {
				fault(source, "a clause's depth is 1 to %d, not %d", maxDepth, depth)
				continue
			}
		default:
			continue
		}
		if depth < 0 || depth > maxDepth {
			fault(source, "a number's depth is 0 to %d, not %d", maxDepth, depth)
			continue
		}
		label, ref := number, strings.TrimRight(number, ". ")
		if depth > 0 {
			if depth > 1 && counts[depth-1] == 0 {
				fault(source, "depth %d has no part of depth %d above it", depth, depth-1)
				continue
			}
			counts[depth]++
			clear(counts[depth+1:])
			if number == "" {
				label, ref = numberAt(depth, counts[depth], refs[depth-1])
			}
			refs[depth] = ref
		}
		o.labels[i] = label
		if anchor != "" {
			if seen[anchor] {
				fault(source, "the anchor %q stands twice", anchor)
			}
			seen[anchor] = true
			o.numbers[anchor] = ref
		}
	}
	d.eachSpan(func(s Span, source string) {
		if s.Ref == "" {
			return
		}
		if !seen[s.Ref] {
			fault(source, "the cross-reference %q has no target", s.Ref)
		} else if o.numbers[s.Ref] == "" {
			fault(source, "the cross-reference %q leads to a heading without number", s.Ref)
		}
	})
	if len(faults) > 0 {
		return Outline{}, &domain.Error{Code: domain.Invalid, Message: "The document has parts that do not fit together.", Fields: faults}
	}
	return o, nil
}

// numberAt is the automatic number n at depth below parent: as it stands before the block, and
// as references show it.
func numberAt(depth, n int, parent string) (label, ref string) {
	switch depth {
	case 1:
		ref = strconv.Itoa(n)
		return ref + ".", ref
	case 2:
		ref = parent + "." + strconv.Itoa(n)
		return ref, ref
	case 3:
		label = "(" + letters(n) + ")"
	case 4:
		label = "(" + roman(n) + ")"
	default:
		label = "(" + strings.ToUpper(letters(n)) + ")"
	}
	return label, parent + label
}

// letters counts a, b, … z, aa, ab, …
func letters(n int) string {
	var s string
	for ; n > 0; n = (n - 1) / 26 {
		s = string(rune('a'+(n-1)%26)) + s
	}
	return s
}

func roman(n int) string {
	var b strings.Builder
	for _, r := range []struct {
		v int
		s string
	}{{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}} {
		for ; n >= r.v; n -= r.v {
			b.WriteString(r.s)
		}
	}
	return b.String()
}

// eachSpan calls f with every span of the document and the pointer that names it.
func (d Document) eachSpan(f func(s Span, source string)) {
	for _, b := range d.Blocks {
		blockSpans(b, "", f)
	}
}

// Size is how many bytes of text the document holds.
func (d Document) Size() int {
	n := len(d.Meta.Title) + len(d.Watermark) + len(d.VerifyURL)
	for _, r := range []Running{d.Header, d.Footer} {
		n += len(r.Left) + len(r.Center) + len(r.Right)
	}
	d.eachSpan(func(s Span, _ string) { n += len(s.Text) })
	for _, b := range d.Blocks {
		if s, ok := b.(Signatures); ok {
			for _, p := range s.Parties {
				n += len(p.Role) + len(p.Name) + len(p.Title) + len(p.Place) + len(p.Date)
			}
		}
	}
	return n
}

func blockSpans(b Block, parent string, f func(Span, string)) {
	spans := func(source string, list []Span) {
		for _, s := range list {
			f(s, first(s.Source, source, parent))
		}
	}
	switch b := b.(type) {
	case Heading:
		spans(b.Source, b.Text)
	case Clause:
		spans(b.Source, b.Title)
		spans(b.Source, b.Text)
	case Paragraph:
		spans(b.Source, b.Text)
	case List:
		for _, item := range b.Items {
			for _, c := range item.Blocks {
				blockSpans(c, first(b.Source, parent), f)
			}
		}
	case Quote:
		for _, c := range b.Blocks {
			blockSpans(c, parent, f)
		}
	case Table:
		for _, row := range append([][]Cell{b.Head}, b.Rows...) {
			for _, c := range row {
				spans(first(c.Source, b.Source), c.Text)
			}
		}
	}
}

// first returns the first that is not empty.
func first(s ...string) string {
	for _, v := range s {
		if v != "" {
			return v
		}
	}
	return ""
}
