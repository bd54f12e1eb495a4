package doc

import (
	"fmt"
	"strconv"
	"strings"

	"counsel/domain"
)

// MaxDepth is the deepest level of numbering: 1., 1.1, (a), (i), (A).
const MaxDepth = 5

// Outline holds the numbers of a document's headings and clauses.
type Outline struct {
	labels  []string          // by index in Document.Blocks
	numbers map[string]string // by anchor
}

// Label is the number printed before block i of Document.Blocks: "1.", "(a)"; empty for a block
// without a number.
func (o Outline) Label(i int) string { return o.labels[i] }

// Number is what a reference to anchor shows: "4.2(a)"; empty for an unknown anchor.
func (o Outline) Number(anchor string) string { return o.numbers[anchor] }

// Outline numbers headings and clauses and resolves cross-references. It returns one Invalid error
// with a field for each fault: a duplicate anchor, a reference without a target or to a heading
// without a number, a depth that is out of range or skips a level.
func (d Document) Outline() (Outline, error) {
	o := Outline{labels: make([]string, len(d.Blocks)), numbers: map[string]string{}}
	var faults []domain.Field
	fault := func(source, format string, args ...any) {
		faults = append(faults, domain.Field{Pointer: source, Detail: fmt.Sprintf(format, args...)})
	}
	var counts [MaxDepth + 1]int
	var refs [MaxDepth + 1]string // the reference to the last part of each depth
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
				fault(source, "a clause's depth is 1 to %d, not %d", MaxDepth, depth)
				continue
			}
		default:
			continue
		}
		if depth < 0 || depth > MaxDepth {
			fault(source, "a number's depth is 0 to %d, not %d", MaxDepth, depth)
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
				fault(source, "the anchor %q is used twice", anchor)
			}
			seen[anchor] = true
			o.numbers[anchor] = ref
		}
	}
	d.EachSpan(func(s Span, source string) {
		if s.Ref == "" {
			return
		}
		if !seen[s.Ref] {
			fault(source, "the cross-reference %q has no target", s.Ref)
		} else if o.numbers[s.Ref] == "" {
			fault(source, "the cross-reference %q refers to a heading without number", s.Ref)
		}
	})
	if len(faults) > 0 {
		return Outline{}, &domain.Error{Code: domain.Invalid, Message: "The document is inconsistent.", Fields: faults}
	}
	return o, nil
}

// numberAt returns the automatic number n at a depth below parent, as printed before the block and
// as shown by references.
func numberAt(depth, n int, parent string) (label, ref string) {
	switch depth {
	case 1:
		ref = strconv.Itoa(n)
		return ref + ".", ref
	case 2:
		ref = parent + "." + strconv.Itoa(n)
		return ref, ref
	case 3:
		label = "(" + alphabetic(n) + ")"
	case 4:
		label = "(" + roman(n) + ")"
	default:
		label = "(" + strings.ToUpper(alphabetic(n)) + ")"
	}
	return label, parent + label
}

// alphabetic counts a, b, … z, aa, ab, …
func alphabetic(n int) string {
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
