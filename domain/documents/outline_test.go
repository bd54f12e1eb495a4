package documents_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/domain/documents"
)

func TestOutlineNumbersHeadingsAndClausesTogether(t *testing.T) {
	d := documents.Document{Blocks: []documents.Block{
		documents.Heading{Level: 1, Text: []documents.Span{{Text: "Agreement"}}},
		documents.Heading{Level: 2, Depth: 1, Anchor: "defs"},
		documents.Clause{Depth: 2},
		documents.Clause{Depth: 2, Anchor: "term"},
		documents.Clause{Depth: 3},
		documents.Clause{Depth: 3, Anchor: "b"},
		documents.Clause{Depth: 4},
		documents.Clause{Depth: 4, Anchor: "ii"},
		documents.Clause{Depth: 5, Anchor: "A"},
		documents.Paragraph{Text: []documents.Span{{Ref: "ii"}}},
		documents.Heading{Level: 2, Depth: 1},
		documents.Clause{Depth: 2},
		documents.Heading{Level: 2, Depth: 1, Number: "Schedule 1.", Anchor: "schedule"},
		documents.Clause{Depth: 2, Anchor: "in-schedule"},
	}}
	o, err := d.Outline()
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for i := range d.Blocks {
		labels = append(labels, o.Label(i))
	}
	want := []string{"", "1.", "1.1", "1.2", "(a)", "(b)", "(i)", "(ii)", "(A)", "", "2.", "2.1", "Schedule 1.", "Schedule 1.1"}
	if !reflect.DeepEqual(labels, want) {
		t.Errorf("labels %q, want %q", labels, want)
	}
	for anchor, want := range map[string]string{
		"defs": "1", "term": "1.2", "b": "1.2(b)", "ii": "1.2(b)(ii)", "A": "1.2(b)(ii)(A)",
		"schedule": "Schedule 1", "in-schedule": "Schedule 1.1", "nowhere": "",
	} {
		if got := o.Number(anchor); got != want {
			t.Errorf("reference to %s shows %q, want %q", anchor, got, want)
		}
	}
}

func TestOutlineNamesEveryFault(t *testing.T) {
	ref := func(to, source string) []documents.Span {
		return []documents.Span{{Ref: to, Source: source}}
	}
	_, err := documents.Document{Blocks: []documents.Block{
		documents.Heading{Level: 1, Anchor: "plain", Source: "/h"},
		documents.Heading{Level: 7, Source: "/level"},
		documents.Clause{Depth: 2, Source: "/orphan"},
		documents.Clause{Depth: 0, Source: "/depth"},
		documents.Clause{Depth: 6, Source: "/deep"},
		documents.Clause{Depth: 1, Anchor: "x", Source: "/x1"},
		documents.Clause{Depth: 1, Anchor: "x", Source: "/x2"},
		documents.Clause{Depth: 1, Title: ref("gone", ""), Text: ref("x", "/fine"), Source: "/c"},
		documents.Paragraph{Text: ref("plain", "/p/span"), Source: "/p"},
		documents.List{Source: "/list", Items: []documents.Item{{Blocks: []documents.Block{
			documents.Quote{Blocks: []documents.Block{documents.Paragraph{Text: ref("nested", "")}}},
		}}}},
		documents.Table{Source: "/t", Head: []documents.Cell{{Text: ref("head", "")}},
			Rows: [][]documents.Cell{{{Source: "/t/0", Text: ref("cell", "")}}}},
	}}.Outline()
	var e *domain.Error
	if !errors.As(err, &e) || e.Code != domain.Invalid {
		t.Fatalf("error %v, want Invalid", err)
	}
	want := map[string]string{
		"/level": "level", "/orphan": "above it", "/depth": "depth", "/deep": "depth", "/x2": "twice",
		"/c": `"gone"`, "/p/span": "without number", "/list": `"nested"`, "/t": `"head"`, "/t/0": `"cell"`,
	}
	for _, f := range e.Fields {
		if s, ok := want[f.Pointer]; !ok || !strings.Contains(f.Detail, s) {
			t.Errorf("unexpected fault at %s: %s", f.Pointer, f.Detail)
		}
		delete(want, f.Pointer)
	}
	if len(want) > 0 {
		t.Errorf("not reported: %v", want)
	}
}

func TestOutlineCountsOn(t *testing.T) {
	blocks := []documents.Block{documents.Clause{Depth: 1}, documents.Clause{Depth: 2}}
	for range 30 {
		blocks = append(blocks, documents.Clause{Depth: 3})
	}
	for range 9 {
		blocks = append(blocks, documents.Clause{Depth: 4})
	}
	o, err := documents.Document{Blocks: blocks}.Outline()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]string{27: "(z)", 28: "(aa)", 31: "(ad)", 35: "(iv)", 40: "(ix)"} {
		if got := o.Label(i); got != want {
			t.Errorf("label %d is %s, want %s", i, got, want)
		}
	}
}
