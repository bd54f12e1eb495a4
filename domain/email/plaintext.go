package email

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlToText converts HTML to plain text. No library was found that numbers lists correctly and separates table cells
// without drawing tables.
func htmlToText(page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil { // sanitize has parsed it
		return ""
	}
	return blankLines.ReplaceAllString(plainText(nodeText(doc, 0)), "\n\n")
}

var blankLines = regexp.MustCompile(`\n{3,}`)

// maxNesting limits the depth to which lists, quotations and tables are indented, because each prefixes every line in it.
const maxNesting = 12

// textBuilder builds text. Pending spaces and line ends are written only when more text follows.
type textBuilder struct {
	out          strings.Builder
	pendingLines int
	pendingSpace bool
	depth        int
}

func (f *textBuilder) write(s string) {
	if f.out.Len() > 0 {
		if f.pendingLines > 0 {
			f.out.WriteString(strings.Repeat("\n", f.pendingLines))
		} else if f.pendingSpace {
			f.out.WriteByte(' ')
		}
	}
	f.pendingLines, f.pendingSpace = 0, false
	f.out.WriteString(s)
}

// writeWords writes text with collapsed white space.
func (f *textBuilder) writeWords(s string) {
	const white = " \t\r\n\f"
	for i, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(white, r) }) {
		f.pendingSpace = f.pendingSpace || i > 0 || strings.ContainsRune(white, rune(s[0]))
		f.write(strings.ReplaceAll(w, "\u00a0", " "))
	}
	f.pendingSpace = f.pendingSpace || s != "" && strings.ContainsRune(white, rune(s[len(s)-1]))
}

func (f *textBuilder) breakLines(lines int) { f.pendingLines = max(f.pendingLines, lines) }

// writeBlock writes formatted text with line breaks around it.
func (f *textBuilder) writeBlock(s string, lines int) {
	f.breakLines(lines)
	if s != "" {
		f.write(s)
	}
	f.breakLines(lines)
}

// nodeText returns the text of n, trimmed.
func nodeText(n *html.Node, depth int) string {
	f := &textBuilder{depth: depth}
	f.children(n)
	return strings.Trim(f.out.String(), " \n")
}

func (f *textBuilder) children(n *html.Node) {
	for c := range n.ChildNodes() {
		switch c.Type {
		case html.TextNode:
			f.writeWords(c.Data)
		case html.ElementNode:
			f.element(c)
		}
	}
}

func (f *textBuilder) element(n *html.Node) {
	kind := n.DataAtom
	if f.depth >= maxNesting && (kind == atom.Blockquote || kind == atom.Ul || kind == atom.Ol || kind == atom.Menu || kind == atom.Table) {
		kind = atom.Div
	}
	switch kind {
	case atom.Head, atom.Style, atom.Script, atom.Title, atom.Template:
	case atom.Br:
		f.pendingLines = min(f.pendingLines+1, 2)
	case atom.Hr:
		f.writeBlock("---", 2)
	case atom.Img:
		if alt, _ := attribute(n, "alt"); strings.TrimSpace(alt) != "" {
			f.writeWords(alt)
		}
	case atom.A:
		f.children(n)
		if to, _ := attribute(n, "href"); to != "" && strings.TrimPrefix(to, "mailto:") != nodeText(n, maxNesting) {
			f.pendingSpace = true
			f.write("<" + to + ">")
		}
	case atom.Pre:
		f.writeBlock(strings.Trim(preformatted(n), "\n"), 2)
	case atom.Blockquote:
		if s := nodeText(n, f.depth+1); s != "" {
			f.writeBlock("> "+strings.ReplaceAll(s, "\n", "\n> "), 2)
		}
	case atom.Ul, atom.Ol, atom.Menu:
		around := 2
		if f.depth > 0 {
			around = 1
		}
		f.writeBlock(listText(n, f.depth+1), around)
	case atom.Table:
		f.writeBlock(tableText(n, f.depth+1), 2)
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Dl, atom.Figure:
		f.breakLines(2)
		f.children(n)
		f.breakLines(2)
	case atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Nav, atom.Aside, atom.Address, atom.Center, atom.Li, atom.Dt, atom.Dd, atom.Figcaption,
		atom.Caption, atom.Tr, atom.Form, atom.Fieldset, atom.Legend, atom.Details, atom.Summary:
		f.breakLines(1)
		f.children(n)
		f.breakLines(1)
	default:
		f.children(n)
	}
}

// preformatted returns the text of n with its white space.
func preformatted(n *html.Node) string {
	var out strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			out.WriteString(c.Data)
		} else if c.DataAtom == atom.Br {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// listText formats a list with numbers as in HTML, or with dashes.
func listText(n *html.Node, depth int) string {
	var items []*html.Node
	var lines []string
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode {
			items = append(items, c)
		}
	}
	whole := func(n *html.Node, name string, otherwise int) int {
		v, _ := attribute(n, name)
		if i, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			return i
		}
		return otherwise
	}
	at, step := 1, 1
	if _, reversed := attribute(n, "reversed"); reversed {
		at, step = len(items), -1
	}
	at = whole(n, "start", at)
	kind, _ := attribute(n, "type")
	for _, item := range items {
		mark := "- "
		if n.DataAtom == atom.Ol && item.DataAtom == atom.Li {
			at = whole(item, "value", at)
			own, there := attribute(item, "type")
			if !there {
				own = kind
			}
			mark = formatCounter(at, own) + ". "
			at += step
		}
		var s string
		if item.DataAtom == atom.Li {
			s = nodeText(item, depth)
		} else { // a list that is a direct child of a list
			f := &textBuilder{depth: depth}
			f.element(item)
			s, mark = f.out.String(), "  "
		}
		for line := range strings.Lines(s) {
			if strings.TrimSpace(line) != "" {
				line = mark + line
			}
			mark = strings.Repeat(" ", len(mark))
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return strings.Join(lines, "\n")
}

// formatCounter formats a number by the type of a list: 1, a, A, i, I.
func formatCounter(n int, kind string) string {
	var s string
	switch {
	case (kind == "a" || kind == "A") && n > 0:
		for i := n; i > 0; i = (i - 1) / 26 {
			s = string(rune('a'+(i-1)%26)) + s
		}
	case (kind == "i" || kind == "I") && n > 0 && n < 4000:
		var b strings.Builder
		for _, r := range []struct {
			worth int
			sign  string
		}{{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}} {
			b.WriteString(strings.Repeat(r.sign, n/r.worth))
			n %= r.worth
		}
		s = b.String()
	default:
		return strconv.Itoa(n)
	}
	if kind == "A" || kind == "I" {
		return strings.ToUpper(s)
	}
	return s
}

// tableText writes one line per row with cells separated by bars, or one paragraph per cell if a cell has several lines.
func tableText(n *html.Node, depth int) string {
	var lines []string
	var rows func(n *html.Node)
	rows = func(n *html.Node) {
		for c := range n.ChildNodes() {
			switch c.DataAtom {
			case atom.Tr:
				if s := rowText(c, depth); s != "" {
					lines = append(lines, s)
				}
			case atom.Caption:
				if s := nodeText(c, depth); s != "" {
					lines = append(lines, s)
				}
			default:
				rows(c)
			}
		}
	}
	rows(n)
	return strings.Join(lines, "\n")
}

func rowText(n *html.Node, depth int) string {
	var cells []string
	several := false
	for c := range n.ChildNodes() {
		if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
			s := nodeText(c, depth)
			cells = append(cells, s)
			several = several || strings.Contains(s, "\n")
		}
	}
	if !several {
		return strings.Trim(strings.Join(cells, " | "), " |")
	}
	full := cells[:0]
	for _, s := range cells {
		if s != "" {
			full = append(full, s)
		}
	}
	return strings.Join(full, "\n\n")
}
