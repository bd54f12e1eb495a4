package extract

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"counsel/domain/files/filetype"
	"counsel/domain/text"
)

// A quote is found where it is drawn, the right one of several, even if the extracted text differs.
func TestLocate(t *testing.T) {
	file := pdfWithForm("", "", []string{"The fee is due.", "Nothing else is due.", "The fee is due.", "It is long-", "winded text."})
	isolated := NewIsolated("", 1)
	defer isolated.Close()
	page := "The fee is due.\r\nNothing else is due.\r\nThe fee is due.\r\nIt is longwinded text."
	quote := func(s string, nth int) text.Quote {
		at := 0
		for range nth {
			at += strings.Index(page[at:], s) + len(s)
		}
		at -= len(s)
		return text.Quote{Page: 1, Before: page[:at], Text: s}
	}
	quotes := []text.Quote{quote("The fee is due.", 1), quote("The fee is due.", 2), quote("longwinded", 1), {Page: 1, Text: "not there"}, {Page: 9, Text: "The fee"}, {Page: 1, Text: " . "}}
	locate := func(contentType, file string) []*text.Box {
		boxes, err := isolated.Locate(context.Background(), contentType, bytes.NewReader([]byte(file)), int64(len(file)), quotes)
		if err != nil || len(boxes) != len(quotes) {
			t.Fatalf("%v, %v", boxes, err)
		}
		return boxes
	}
	boxes := locate(filetype.PDF, file)
	for i, y := range []float64{700, 640, 580} {
		b := boxes[i]
		if b == nil {
			t.Fatalf("quote %d is not found", i)
		}
		if b.Bottom > y+1 || b.Bottom < y-5 || b.Top <= b.Bottom || b.Left < 71 || b.Right <= b.Left || b.Right > 200 {
			t.Errorf("quote %d is at %+v", i, *b)
		}
	}
	if boxes[2].Top < 611 {
		t.Errorf("a quote of two lines has the box %+v", *boxes[2])
	}
	if boxes[3] != nil || boxes[4] != nil || boxes[5] != nil {
		t.Errorf("found what is not there: %v", boxes)
	}
	for _, b := range locate(filetype.DOCX, file) {
		if b != nil {
			t.Error("a Word file has no boxes")
		}
	}
	for _, b := range locate(filetype.PDF, "not a PDF") {
		if b != nil {
			t.Error("a broken file has no boxes")
		}
	}
}
