package email

import (
	"bytes"
	"errors"
	"image/color"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/andybalholm/cascadia"
	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
	"golang.org/x/image/colornames"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// HTML can contain hidden content: a preview text, another layout, or text that the reader is not meant to see.
// Sanitizing removes the styles that hide it, so hidden content must be removed first. The CSS cascade is
// applied as on a wide screen. Supported selectors are tags, classes, ids and attributes, and their descendants.

var (
	errMarkup = errors.New("cannot be parsed as HTML: it is nested too deeply")
	errStyles = errors.New("has too many style rules")
)

// maxMatches limits the number of comparisons of a selector with an element.
const maxMatches = 4_000_000

// visibleBody returns the body of the HTML without hidden content.
func visibleBody(page string) (string, error) {
	doc, err := html.ParseWithOptions(strings.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil {
		return "", errMarkup
	}
	c := cascade{}
	elements := 0
	var body *html.Node
	for n := range doc.Descendants() {
		switch {
		case n.Type != html.ElementNode:
			continue
		case n.DataAtom == atom.Style && n.FirstChild != nil:
			c.addStyleSheet(n.FirstChild.Data)
		case n.DataAtom == atom.Body && body == nil:
			body = n
		}
		elements++
	}
	if len(c.rules)*elements > maxMatches {
		return "", errStyles
	}
	if body == nil {
		return "", nil
	}
	c.prune(body, computedStyle{foreground: cssColor{color.RGBA{A: 255}, true}, background: cssColor{color.RGBA{255, 255, 255, 255}, true}, matched: make([]int, len(c.rules))})
	var out bytes.Buffer
	for n := range body.ChildNodes() {
		if err := html.Render(&out, n); err != nil {
			return "", errMarkup
		}
	}
	return out.String(), nil
}

// rule is a selector with one declaration.
type rule struct {
	selector    []cascadia.Sel // the element, preceded by its ancestors
	specificity cascadia.Specificity
	declaration
}

type declaration struct {
	property, value string
	important       bool
}

type cascade struct{ rules []rule }

// hidingProperties are the CSS properties that can hide content.
var hidingProperties = []string{"display", "visibility", "opacity", "font", "font-size", "height", "max-height", "width", "max-width", "overflow", "overflow-x", "overflow-y",
	"text-indent", "position", "left", "top", "right", "bottom", "clip", "clip-path", "transform", "color", "background", "background-color", "background-image"}

// addStyleSheet parses a style sheet. Rules for media other than a wide screen are ignored.
func (c *cascade) addStyleSheet(text string) {
	p := css.NewParser(parse.NewInputString(text), false)
	var media []bool // for each enclosing block: whether it applies
	var selectors []string
	for {
		kind, _, data := p.Next()
		switch kind {
		case css.ErrorGrammar:
			if !p.HasParseError() {
				return
			}
		case css.BeginAtRuleGrammar:
			condition := strings.TrimSpace(joinTokens(p.Values()))
			counts := string(data) == "@media" && slices.Contains([]string{"", "all", "screen", "only screen"}, strings.ToLower(condition)) || string(data) == "@supports" || string(data) == "@layer"
			media = append(media, counts)
		case css.EndAtRuleGrammar:
			media = media[:max(len(media)-1, 0)]
		case css.QualifiedRuleGrammar, css.BeginRulesetGrammar:
			selectors = append(selectors, strings.Split(joinTokens(p.Values()), ",")...)
		case css.EndRulesetGrammar:
			selectors = nil
		case css.DeclarationGrammar:
			if d, ok := parseDeclaration(data, p.Values()); ok && !slices.Contains(media, false) {
				for _, s := range selectors {
					c.addRule(s, d)
				}
			}
		}
	}
}

func joinTokens(tokens []css.Token) string {
	var out strings.Builder
	for _, t := range tokens {
		out.Write(t.Data)
	}
	return out.String()
}

func parseDeclaration(property []byte, value []css.Token) (declaration, bool) {
	d := declaration{property: strings.ToLower(string(property)), value: strings.ToLower(strings.TrimSpace(joinTokens(value)))}
	if before, _, ok := strings.Cut(d.value, "!"); ok {
		d.value, d.important = strings.TrimSpace(before), true
	}
	return d, slices.Contains(hidingProperties, d.property)
}

// compounds splits a selector; > is treated like a space.
var compounds = regexp.MustCompile(`(?:\[[^\]]*\]|[^\s>\[])+`)

func (c *cascade) addRule(selector string, d declaration) {
	parts := compounds.FindAllString(selector, -1)
	if len(parts) == 0 || strings.ContainsAny(regexp.MustCompile(`\[[^\]]*\]`).ReplaceAllString(selector, ""), ":+~") {
		return
	}
	r := rule{declaration: d}
	for _, one := range parts {
		s, err := cascadia.Parse(one)
		if err != nil {
			return
		}
		r.selector = append(r.selector, s)
		r.specificity = r.specificity.Add(s.Specificity())
	}
	c.rules = append(c.rules, r)
}

// computedStyle is the style that an element inherits.
type computedStyle struct {
	hidden, tiny           bool // by visibility; by font size
	foreground, background cssColor
	matched                []int // for each rule: how much of its selector the ancestors match
}

type cssColor struct {
	color.RGBA
	known bool
}

// prune removes hidden content from n, which is visible.
func (c *cascade) prune(n *html.Node, around computedStyle) {
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		switch child.Type {
		case html.TextNode:
			if strings.TrimSpace(child.Data) != "" && (around.hidden || around.tiny || indistinguishable(around.foreground, around.background)) {
				n.RemoveChild(child)
			}
		case html.ElementNode:
			if inside, shown := c.compute(child, around); shown {
				c.prune(child, inside)
				if slices.Contains(unwrappedElements, child.DataAtom) {
					child.Data, child.DataAtom, child.Attr = "div", atom.Div, nil
				}
			} else {
				n.RemoveChild(child)
			}
		default: // comments, including conditional ones
			n.RemoveChild(child)
		}
		child = next
	}
}

// unwrappedElements are removed by sanitizing, but their content stays a block.
var unwrappedElements = []atom.Atom{atom.Form, atom.Fieldset, atom.Legend, atom.Option, atom.Optgroup, atom.Dialog, atom.Details, atom.Summary, atom.Menu}

// unrenderedElements are elements whose content is not displayed.
var unrenderedElements = []atom.Atom{atom.Style, atom.Script, atom.Template, atom.Title, atom.Head, atom.Noembed, atom.Noframes, atom.Datalist, atom.Iframe, atom.Object, atom.Canvas, atom.Audio, atom.Video, atom.Svg}

// compute returns the style of an element and whether it is visible.
func (c *cascade) compute(n *html.Node, around computedStyle) (inside computedStyle, shown bool) {
	style, matched := c.declarations(n, around.matched)
	inside = around
	inside.matched = matched
	display := style["display"]
	_, hidden := attribute(n, "hidden")
	_, open := attribute(n, "open")
	switch {
	case slices.Contains(unrenderedElements, n.DataAtom), display == "none", hidden && display == "", n.Data == "dialog" && !open:
		return inside, false
	case isZero(style["opacity"]), isClipped(style), isOffScreen(style):
		return inside, false
	}
	switch style["visibility"] {
	case "hidden", "collapse":
		inside.hidden = true
	case "visible", "initial":
		inside.hidden = false
	}
	if v := style["font-size"]; v != "" {
		inside.tiny = isTiny(v, around.tiny)
	} else if v := style["font"]; v != "" {
		inside.tiny = zeroFont.MatchString(v)
	}
	if foreground, ok := parseColor(style["color"]); ok {
		inside.foreground = foreground
	} else if v, there := attribute(n, "color"); there && n.DataAtom == atom.Font {
		if foreground, ok := parseColor(v); ok {
			inside.foreground = foreground
		}
	}
	if v, there := attribute(n, "bgcolor"); there {
		if background, ok := parseColor(v); ok {
			inside.background = background
		}
	}
	for _, property := range []string{"background", "background-color", "background-image"} {
		switch v := style[property]; {
		case strings.Contains(v, "("), v != "" && property == "background-image" && v != "none":
			if background, ok := parseColor(v); ok {
				inside.background = background
			} else {
				inside.background = cssColor{} // possibly an image
			}
		case v != "":
			for word := range strings.FieldsSeq(v) {
				if background, ok := parseColor(word); ok && background.A > 0 {
					inside.background = background
				}
			}
		}
	}
	if _, there := attribute(n, "background"); there {
		inside.background = cssColor{}
	}
	return inside, !(inside.hidden && n.DataAtom == atom.Img)
}

// declarations returns the declarations that apply to an element, and the match state for its children.
func (c *cascade) declarations(n *html.Node, around []int) (style map[string]string, matched []int) {
	type weighed struct {
		declaration
		specificity cascadia.Specificity
		inline      bool
	}
	best := map[string]weighed{}
	put := func(w weighed) {
		old, there := best[w.property]
		if there && old.important != w.important {
			if old.important {
				return
			}
		} else if there && (old.inline && !w.inline || old.inline == w.inline && w.specificity.Less(old.specificity)) {
			return
		}
		best[w.property] = w
	}
	matched = around
	copied := false
	for i, r := range c.rules {
		if last := len(r.selector) - 1; around[i] == last {
			if r.selector[last].Match(n) {
				put(weighed{r.declaration, r.specificity, false})
			}
		} else if r.selector[around[i]].Match(n) {
			if !copied {
				matched, copied = slices.Clone(around), true
			}
			matched[i]++
		}
	}
	if text, there := attribute(n, "style"); there {
		p := css.NewParser(parse.NewInputString(text), true)
		for {
			kind, _, data := p.Next()
			if kind == css.ErrorGrammar && !p.HasParseError() {
				break
			}
			if kind == css.DeclarationGrammar {
				if d, ok := parseDeclaration(data, p.Values()); ok {
					put(weighed{d, cascadia.Specificity{}, true})
				}
			}
		}
	}
	style = map[string]string{}
	for property, w := range best {
		style[property] = w.value
	}
	return style, matched
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == name {
			return a.Val, true
		}
	}
	return "", false
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
