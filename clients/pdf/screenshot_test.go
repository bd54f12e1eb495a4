package pdf_test

import (
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

var updateScreenshot = flag.Bool("update-screenshot", false, "rewrite docs/contract.png")

// go test ./clients/pdf -run TestScreenshot -picture draws the pages of the sample beside each other.
func TestScreenshot(t *testing.T) {
	if !*updateScreenshot {
		t.Skip("needs -update-screenshot")
	}
	dir := t.TempDir()
	runTool(t, render(t, sampleContract()), "pdftoppm", "-r", "80", "-png", "FILE", filepath.Join(dir, "page"))
	paths, err := filepath.Glob(filepath.Join(dir, "page-*.png"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	const gap = 16
	var out *image.Gray
	for i, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		page, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		w, h := page.Bounds().Dx(), page.Bounds().Dy()
		if out == nil {
			out = image.NewGray(image.Rect(0, 0, (w+gap)*len(paths)+gap, h+2*gap))
			draw.Draw(out, out.Bounds(), image.NewUniform(color.Gray{Y: 200}), image.Point{}, draw.Src)
		}
		at := image.Pt(gap+i*(w+gap), gap)
		draw.Draw(out, image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}, page, page.Bounds().Min, draw.Src)
	}
	f, err := os.Create("../../docs/contract.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, out); err != nil {
		t.Fatal(err)
	}
}
