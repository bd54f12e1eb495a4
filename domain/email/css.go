package email

import (
	"image/color"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/image/colornames"
)

// cssColor is a color; known is false if the page does not set one that can be computed.
type cssColor struct {
	color.RGBA
	known bool
}

var cssLength = regexp.MustCompile(`^([+-]?(?:\d+\.?\d*|\.\d+))([a-z%]*)$`)

// parseLength parses a CSS length.
func parseLength(v string) (n float64, unit string, ok bool) {
	m := cssLength.FindStringSubmatch(v)
	if m == nil {
		return 0, "", false
	}
	n, err := strconv.ParseFloat(m[1], 64)
	return n, m[2], err == nil
}

func isZero(v string) bool {
	n, _, ok := parseLength(v)
	return ok && n < 0.02
}

// minFontSize is the smallest readable font size, by unit.
var minFontSize = map[string]float64{"": 1, "px": 1, "pt": 0.75, "em": 0.07, "rem": 0.07, "ex": 0.14, "%": 7, "vw": 0.1, "vh": 0.1}

var zeroFont = regexp.MustCompile(`(?:^|\s)0(?:px|pt|em|%)?(?:/|\s)`)

func isTiny(v string, around bool) bool {
	n, unit, ok := parseLength(v)
	switch {
	case !ok:
		return around && (v == "inherit" || v == "smaller" || v == "larger")
	case around && (unit == "em" || unit == "%" || unit == "ex"):
		return true
	}
	return n <= minFontSize[unit]
}

// isClipped reports whether a box is clipped or scaled to nothing.
func isClipped(style map[string]string) bool {
	if strings.Contains(style["transform"], "scale(0") && !strings.Contains(style["transform"], "scale(0.") || strings.HasPrefix(style["clip-path"], "inset(50%") || strings.HasPrefix(style["clip-path"], "inset(100%") ||
		strings.HasPrefix(style["clip"], "rect(0") || strings.HasPrefix(style["clip"], "rect(1px") {
		return true
	}
	if o := style["overflow"] + style["overflow-x"] + style["overflow-y"]; !strings.Contains(o, "hidden") && !strings.Contains(o, "clip") {
		return false
	}
	for _, side := range []string{"height", "max-height", "width", "max-width"} {
		if n, _, ok := parseLength(style[side]); ok && n <= 1 {
			return true
		}
	}
	return false
}

// offScreenLimit is the offset from which content is off screen, in pixels.
const offScreenLimit = -300

func isOffScreen(style map[string]string) bool {
	away := func(property string) bool {
		n, _, ok := parseLength(style[property])
		return ok && n <= offScreenLimit
	}
	if away("text-indent") {
		return true
	}
	return (style["position"] == "absolute" || style["position"] == "fixed") && (away("left") || away("top") || away("right") || away("bottom"))
}

var rgbColor = regexp.MustCompile(`^rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)(?:[\s,/]+([\d.]+)(%?))?\s*\)$`)

// parseColor parses a CSS color: a name, #rgb, #rrggbb, with or without alpha, or rgb().
func parseColor(v string) (cssColor, bool) {
	v = strings.ToLower(strings.TrimSpace(v))
	if v == "transparent" {
		return cssColor{known: true}, true
	}
	if c, ok := colornames.Map[v]; ok {
		return cssColor{c, true}, true
	}
	if m := rgbColor.FindStringSubmatch(v); m != nil {
		part := func(s string) uint8 {
			n, err := strconv.Atoi(s)
			if err != nil || n > 255 {
				return 255
			}
			return uint8(n)
		}
		c := color.RGBA{part(m[1]), part(m[2]), part(m[3]), 255}
		if m[4] != "" && isZero(m[4]) {
			c.A = 0
		}
		return cssColor{c, true}, true
	}
	digits, ok := strings.CutPrefix(v, "#")
	if !ok {
		return cssColor{}, false
	}
	if len(digits) == 3 || len(digits) == 4 {
		var long strings.Builder
		for _, d := range digits {
			long.WriteString(strings.Repeat(string(d), 2))
		}
		digits = long.String()
	}
	if len(digits) == 6 {
		digits += "ff"
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) != 8 {
		return cssColor{}, false
	}
	return cssColor{color.RGBA{uint8(n >> 24), uint8(n >> 16), uint8(n >> 8), uint8(n)}, true}, true
}

// indistinguishable reports whether text in one color is unreadable on the other.
func indistinguishable(foreground, background cssColor) bool {
	if !foreground.known || foreground.A == 0 {
		return foreground.known
	}
	near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= 8 }
	return background.known && near(foreground.R, background.R) && near(foreground.G, background.G) && near(foreground.B, background.B)
}
