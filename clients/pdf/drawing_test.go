package pdf_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"counsel/clients/pdf"
	"counsel/domain"
	d "counsel/domain/doc"
)

func TestDrawing(t *testing.T) {
	engine, err := pdf.New(pdf.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	drawing := d.Drawing{Strokes: [][]d.Point{{{X: 0, Y: 0}, {X: 400, Y: 100}}, {{X: 200, Y: 50}}}, Width: 400, Height: 100}
	if err := engine.Render(t.Context(), d.Document{Blocks: []d.Block{drawing, d.Paragraph{Text: plainSpans("below")}}}, &b); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		t.Skip("pdftoppm is not installed: scripts/setup pdf")
	}
	path := filepath.Join(t.TempDir(), "ink.pdf")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	// The stroke runs diagonally across the drawing.
	out, err := exec.Command("pdftoppm", "-r", "72", "-x", "60", "-y", "50", "-W", "330", "-H", "90", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	blue := 0
	head := len("P6\n330 90\n255\n")
	for i := head; i+2 < len(out); i += 3 {
		if int(out[i])+40 < int(out[i+2]) {
			blue++
		}
	}
	if blue < 200 {
		t.Errorf("%d blue pixels, want at least 200", blue)
	}
}

func TestDrawingInvalid(t *testing.T) {
	engine, err := pdf.New(pdf.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, drawing := range map[string]d.Drawing{
		"no strokes":      {Width: 1, Height: 1},
		"outside":         {Width: 1, Height: 1, Strokes: [][]d.Point{{{X: 2, Y: 0}}}},
		"NaN":             {Width: 1, Height: 1, Strokes: [][]d.Point{{{X: math.NaN(), Y: 0}}}},
		"no size":         {Strokes: [][]d.Point{{{}}}},
		"too many points": {Width: 1, Height: 1, Strokes: [][]d.Point{make([]d.Point, 20_001)}},
	} {
		drawing.Source = "/strokes"
		err := engine.Render(t.Context(), d.Document{Blocks: []d.Block{drawing}}, &bytes.Buffer{})
		e, ok := errors.AsType[*domain.Error](err)
		if !ok || e.Code != domain.Invalid || e.Fields[0].Pointer != "/strokes" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
