package evidence

import (
	"testing"

	"counsel/domain/doc"
)

func TestDrawingIsCropped(t *testing.T) {
	s := Signature{Width: 600, Height: 180, Strokes: [][]doc.Point{{{X: 100, Y: 90}, {X: 200, Y: 170}}, {{X: 300, Y: 100}}}}
	got := s.drawing()
	if got.Width != 600 || got.Height != 88 || got.Strokes[0][0] != (doc.Point{X: 4, Y: 4}) || got.Strokes[1][0] != (doc.Point{X: 204, Y: 14}) {
		t.Errorf("%+v", got)
	}
	if s.Strokes[0][0].X != 100 {
		t.Error("the signature was changed")
	}
	flat := Signature{Width: 600, Height: 180, Strokes: [][]doc.Point{{{X: 0, Y: 180}, {X: 600, Y: 180}}}}
	if got := flat.drawing(); got.Height != 60 || got.Strokes[0][0].Y > got.Height {
		t.Errorf("%+v", got)
	}
}
