package pdf

import (
	"bytes"
	"compress/zlib"
	"io"
	"strings"
	"testing"

	"github.com/johnfercher/maroto/v2/pkg/components/code"
	"github.com/johnfercher/maroto/v2/pkg/components/col"
	"github.com/johnfercher/maroto/v2/pkg/components/image"
	stroke "github.com/johnfercher/maroto/v2/pkg/components/line"
	"github.com/johnfercher/maroto/v2/pkg/components/page"
	"github.com/johnfercher/maroto/v2/pkg/components/row"
	label "github.com/johnfercher/maroto/v2/pkg/components/text"
	"github.com/johnfercher/maroto/v2/pkg/config"
	"github.com/johnfercher/maroto/v2/pkg/consts/align"
	"github.com/johnfercher/maroto/v2/pkg/consts/border"
	"github.com/johnfercher/maroto/v2/pkg/consts/extension"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"

	"counsel/domain"
	"counsel/domain/doc"
)

// drawComponents draws maroto's own components on a canvas.
func drawComponents(t *testing.T, components ...core.Component) *canvas {
	t.Helper()
	fonts, err := loadFonts()
	if err != nil {
		t.Fatal(err)
	}
	margins := entity.Margins{Left: 50, Top: 50, Right: 50, Bottom: 50}
	s := newCanvas(newShaper(fonts, supportedRunes(), doc.Outline{}), 600, 800, margins)
	p := page.New()
	for _, c := range components {
		p.Add(row.New(80).Add(col.New(12).Add(c).WithStyle(&props.Cell{BorderType: border.Full, BorderThickness: 1, BackgroundColor: &tableHeadFill})))
	}
	p.SetConfig(config.NewBuilder().Build())
	s.drawPage(p, entity.NewRootCell(600, 800, margins))
	return s
}

func TestCanvasDrawsMarotoComponents(t *testing.T) {
	s := drawComponents(t,
		label.New("some words that are broken into lines", props.Text{Size: 40, Align: align.Center, Color: &linkColor}),
		stroke.New(props.Line{Thickness: 2, SizePercent: 100}),
		code.NewQr("https://counsel.example", props.Rect{Percent: 100, Center: true}))
	z, err := zlib.NewReader(bytes.NewReader(s.pages[0].content))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	for op, least := range map[string]int{"TJ": 2, "l S": 13, "re f Q": 3, "re\n": 100} {
		if n := strings.Count(string(content), op); n < least {
			t.Errorf("%d operators %q, want at least %d", n, op, least)
		}
	}
	if n := s.GetLinesQuantity("some words that are broken into lines", &props.Text{Size: 40}, 500); n != 2 {
		t.Errorf("%d lines, want 2", n)
	}
	if file, err := s.GenerateBytes(); err != nil || !bytes.HasSuffix(file, []byte("%%EOF\n")) {
		t.Errorf("error %v", err)
	}
}

func TestCanvasRejectsUnsupportedComponents(t *testing.T) {
	for name, part := range map[string]core.Component{
		"image":       image.NewFromBytes([]byte("GIF"), extension.Png),
		"file":        image.NewFromFile("missing.png"),
		"bar code":    code.NewBar("123"),
		"matrix code": code.NewMatrix("123"),
		"QR code":     code.NewQr(strings.Repeat("x", 5000)),
	} {
		if file, err := drawComponents(t, part).GenerateBytes(); domain.CodeOf(err) != domain.Internal || file != nil {
			t.Errorf("%s: error %v and %d bytes, want Internal and none", name, err, len(file))
		}
	}
	s := drawComponents(t)
	s.SetProtection(&entity.Protection{})
	if _, err := s.GenerateBytes(); err == nil {
		t.Error("SetProtection was ignored, want an error")
	}
}

func TestSubsetIsValidFont(t *testing.T) {
	fonts, err := loadFonts()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fonts {
		s := &subset{font: f}
		for r := range uint16(0xFFFF) {
			if supportedRunes()[r] {
				s.codeOf(r)
			}
		}
		file := s.trueType()
		if sum := checksum(file); sum != 0xB1B0AFBA {
			t.Errorf("%s: checksum %X", f.name, sum)
		}
		if len(file) >= len(f.glyf) {
			t.Errorf("%s: %d bytes without instructions, want fewer than %d", f.name, len(file), len(f.glyf))
		}
	}
	for _, b := range [][]byte{nil, []byte("OTTO"), make([]byte, 20), append([]byte{0, 1, 0, 0, 0, 1}, make([]byte, 30)...)} {
		if _, err := parseFont("bad", b); err == nil {
			t.Errorf("%d bytes were accepted as a font", len(b))
		}
	}
}
