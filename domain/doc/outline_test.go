package doc_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/domain/doc"
)

func TestOutlineNumbersHeadingsAndClausesTogether(t *testing.T) {
	d := doc.Document{Blocks: []doc.Block{
		doc.Heading{Level: 1, Text: []doc.Span{{Text: "Agreement"}}},
		doc.Heading{Level: 2, Depth: 1, Anchor: "defs"},
		doc.Clause{Depth: 2},
		doc.Clause{Depth: 2, Anchor: "term"},
		doc.Clause{Depth: 3},
		doc.Clause{Depth: 3, Anchor: "b"},
		doc.Clause{Depth: 4},
		doc.Clause{Depth: 4, Anchor: "ii"},
		doc.Clause{Depth: 5, Anchor: "A"},
		doc.Paragraph{Text: []doc.Span{{Ref: "ii"}}},
		doc.Heading{Level: 2, Depth: 1},
		doc.Clause{Depth: 2},
		doc.Heading{Level: 2, Depth: 1, Number: "Schedule 1.", Anchor: "schedule"},
		doc.Clause{Depth: 2, Anchor: "in-schedule"},
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
	ref := func(to, source string) []doc.Span {
		return []doc.Span{{Ref: to, Source: source}}
	}
	_, err := doc.Document{Blocks: []doc.Block{
		doc.Heading{Level: 1, Anchor: "plain", Source: "/h"},
		doc.Heading{Level: 7, Source: "/level"},
		doc.Clause{Depth: 2, Source: "/orphan"},
		doc.Clause{Depth: 0, Source: "/depth"},
		doc.Clause{Depth: 6, Source: "/deep"},
		doc.Clause{Depth: 1, Anchor: "x", Source: "/x1"},
		doc.Clause{Depth: 1, Anchor: "x", Source: "/x2"},
		doc.Clause{Depth: 1, Title: ref("gone", ""), Text: ref("x", "/fine"), Source: "/c"},
		doc.Paragraph{Text: ref("plain", "/p/span"), Source: "/p"},
		doc.List{Source: "/list", Items: []doc.Item{{Blocks: []doc.Block{
			doc.Quote{Blocks: []doc.Block{doc.Paragraph{Text: ref("nested", "")}}},
		}}}},
		doc.Table{Source: "/t", Head: []doc.Cell{{Text: ref("head", "")}},
			Rows: [][]doc.Cell{{{Source: "/t/0", Text: ref("cell", "")}}}},
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
	blocks := []doc.Block{doc.Clause{Depth: 1}, doc.Clause{Depth: 2}}
	for range 30 {
		blocks = append(blocks, doc.Clause{Depth: 3})
	}
	for range 9 {
		blocks = append(blocks, doc.Clause{Depth: 4})
	}
	o, err := doc.Document{Blocks: blocks}.Outline()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]string{27: "(z)", 28: "(aa)", 31: "(ad)", 35: "(iv)", 40: "(ix)"} {
		if got := o.Label(i); got != want {
			t.Errorf("label %d is %s, want %s", i, got, want)
		}
	}
}
