package evidence

import (
	"strings"
	"unicode"
	"unicode/utf8"

	textcases "golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"counsel/domain"
	"counsel/domain/doc"
	"counsel/domain/schema"
)

// Signature is a signature as the signer made it: either typed or drawn (strokes of a pen, ink). Its JSON
// is stored, and its hash is in the log.
type Signature struct {
	Typed   string        `json:"typed,omitempty"`
	Strokes [][]doc.Point `json:"strokes,omitempty"`
	Width   float64       `json:"width,omitempty"` // of the field it was drawn in
	Height  float64       `json:"height,omitempty"`
}

// Limits of a signature.
const (
	maxTyped   = 100 // characters
	maxStrokes = 500
	maxPoints  = 5000
	minPoints  = 5
)

// Validate normalizes a typed or drawn signature. Invalid: it is empty or exceeds the limits; the error names the
// field below SourceSignature.
func (s *Signature) Validate() error {
	s.Typed = strings.Join(strings.Fields(s.Typed), " ")
	switch {
	case s.Typed == "" && len(s.Strokes) == 0:
		return domain.InvalidField(SourceSignature, "must be typed or drawn")
	case s.Typed != "" && len(s.Strokes) > 0:
		return domain.InvalidField(SourceSignature, "must be typed or drawn, not both")
	case s.Typed != "":
		if utf8.RuneCountInString(s.Typed) > maxTyped || !schema.IsLine(s.Typed) {
			return domain.InvalidField(SourceSignature+"/typed", "must have at most %d characters, and no invisible ones", maxTyped)
		}
		if !strings.ContainsFunc(s.Typed, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }) {
			return domain.InvalidField(SourceSignature+"/typed", "must have a letter or a digit")
		}
		s.Width, s.Height = 0, 0
		return nil
	}
	// The comparisons are written so that NaN fails.
	if !(s.Width >= 1 && s.Width <= 10_000 && s.Height >= 1 && s.Height <= 10_000) {
		return domain.InvalidField(SourceSignature, "must be drawn in a field of 1 to 10,000 units")
	}
	points := 0
	for _, stroke := range s.Strokes {
		points += len(stroke)
		for _, p := range stroke {
			if !(p.X >= 0 && p.X <= s.Width && p.Y >= 0 && p.Y <= s.Height) {
				return domain.InvalidField(SourceSignature+"/strokes", "must lie within the field")
			}
		}
	}
	if len(s.Strokes) > maxStrokes || points > maxPoints || points < minPoints {
		return domain.InvalidField(SourceSignature+"/strokes", "must be at most %d, with %d to %d points in all", maxStrokes, minPoints, maxPoints)
	}
	return nil
}

// drawing returns a drawn signature, cropped above, below and to the left.
func (s *Signature) drawing() doc.Drawing {
	const margin = 4
	left, top, bottom := s.Width, s.Height, 0.0
	for _, stroke := range s.Strokes {
		for _, p := range stroke {
			left, top, bottom = min(left, p.X), min(top, p.Y), max(bottom, p.Y)
		}
	}
	left, top = max(0, left-margin), max(0, top-margin)
	d := doc.Drawing{Width: s.Width, Height: max(min(bottom+margin, s.Height)-top, s.Width/10), Source: SourceSignature + "/strokes"}
	for _, stroke := range s.Strokes {
		moved := make([]doc.Point, len(stroke))
		for i, p := range stroke {
			moved[i] = doc.Point{X: p.X - left, Y: p.Y - top}
		}
		d.Strokes = append(d.Strokes, moved)
	}
	return d
}

// sameName compares names, ignoring case, spaces, punctuation and the encoding of accents.
func sameName(a, b string) bool {
	normalize := func(s string) string {
		s = strings.Map(func(r rune) rune {
			if unicode.IsPunct(r) || unicode.IsSpace(r) {
				return ' '
			}
			return r
		}, textcases.Fold().String(norm.NFKC.String(s)))
		return strings.Join(strings.Fields(norm.NFKC.String(s)), " ")
	}
	return normalize(a) == normalize(b)
}
