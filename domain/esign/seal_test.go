package esign

import (
	"testing"

	"counsel/domain/doc"
)

func TestInkIsCropped(t *testing.T) {
	m := Mark{Width: 600, Height: 180, Strokes: [][]doc.Point{{{X: 100, Y: 90}, {X: 200, Y: 170}}, {{X: 300, Y: 100}}}}
	got := m.ink()
	if got.Width != 600 || got.Height != 88 || got.Strokes[0][0] != (doc.Point{X: 4, Y: 4}) || got.Strokes[1][0] != (doc.Point{X: 204, Y: 14}) {
		t.Errorf("%+v", got)
	}
	if m.Strokes[0][0].X != 100 {
		t.Error("the signature itself was changed")
	}
	flat := Mark{Width: 600, Height: 180, Strokes: [][]doc.Point{{{X: 0, Y: 180}, {X: 600, Y: 180}}}}
	if got := flat.ink(); got.Height != 60 || got.Strokes[0][0].Y > got.Height {
		t.Errorf("%+v", got)
	}
}
