package email

import (
	"bytes"
	"errors"
	"image/color"
	"slices"
	"strings"

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

// computedStyle is the style that an element inherits.
type computedStyle struct {
	hidden, tiny           bool // by visibility; by font size
	foreground, background cssColor
	matched                []int // for each rule: how much of its selector the ancestors match
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

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}
