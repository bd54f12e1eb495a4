package email

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// textOf is what a page of HTML says, for those who read text. No library is known that counts lists from
// where they start and keeps the cells of tables apart without drawing them.
func textOf(page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil { // sanitize has read it
		return ""
	}
	return blankLines.ReplaceAllString(plain(inText(doc, 0)), "\n\n")
}

var blankLines = regexp.MustCompile(`\n{3,}`)

// deepest is how deep lists, quotations and tables are set apart; each sets off every line in it.
const deepest = 12

// flow is text as it grows. Spaces and ends of lines are written before what follows them, if anything does.
type flow struct {
	out   strings.Builder
	lines int
	space bool
	depth int
}

func (f *flow) write(s string) {
	if f.out.Len() > 0 {
		if f.lines > 0 {
			f.out.WriteString(strings.Repeat("\n", f.lines))
		} else if f.space {
			f.out.WriteByte(' ')
		}
	}
	f.lines, f.space = 0, false
	f.out.WriteString(s)
}

// words writes text, in which white space is a space or nothing.
func (f *flow) words(s string) {
	const white = " \t\r\n\f"
	for i, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(white, r) }) {
		f.space = f.space || i > 0 || strings.ContainsRune(white, rune(s[0]))
		f.write(strings.ReplaceAll(w, "\u00a0", " "))
	}
	f.space = f.space || s != "" && strings.ContainsRune(white, rune(s[len(s)-1]))
}

func (f *flow) apart(lines int) { f.lines = max(f.lines, lines) }

// block writes text that has its lines already.
func (f *flow) block(s string, lines int) {
	f.apart(lines)
	if s != "" {
		f.write(s)
	}
	f.apart(lines)
}

// inText is what stands in n, without white space around.
func inText(n *html.Node, depth int) string {
	f := &flow{depth: depth}
	f.children(n)
	return strings.Trim(f.out.String(), " \n")
}

func (f *flow) children(n *html.Node) {
	for c := range n.ChildNodes() {
		switch c.Type {
		case html.TextNode:
			f.words(c.Data)
		case html.ElementNode:
			f.element(c)
		}
	}
}

func (f *flow) element(n *html.Node) {
	kind := n.DataAtom
	if f.depth >= deepest && (kind == atom.Blockquote || kind == atom.Ul || kind == atom.Ol || kind == atom.Menu || kind == atom.Table) {
		kind = atom.Div
	}
	switch kind {
	case atom.Head, atom.Style, atom.Script, atom.Title, atom.Template:
	case atom.Br:
		f.lines = min(f.lines+1, 2)
	case atom.Hr:
		f.block("---", 2)
	case atom.Img:
		if alt, _ := attribute(n, "alt"); strings.TrimSpace(alt) != "" {
			f.words(alt)
		}
	case atom.A:
		f.children(n)
		if to, _ := attribute(n, "href"); to != "" && strings.TrimPrefix(to, "mailto:") != inText(n, deepest) {
			f.space = true
			f.write("<" + to + ">")
		}
	case atom.Pre:
		f.block(strings.Trim(raw(n), "\n"), 2)
	case atom.Blockquote:
		if s := inText(n, f.depth+1); s != "" {
			f.block("> "+strings.ReplaceAll(s, "\n", "\n> "), 2)
		}
	case atom.Ul, atom.Ol, atom.Menu:
		around := 2
		if f.depth > 0 {
			around = 1
		}
		f.block(list(n, f.depth+1), around)
	case atom.Table:
		f.block(table(n, f.depth+1), 2)
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Dl, atom.Figure:
		f.apart(2)
		f.children(n)
		f.apart(2)
	case atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Nav, atom.Aside, atom.Address, atom.Center, atom.Li, atom.Dt, atom.Dd, atom.Figcaption,
		atom.Caption, atom.Tr, atom.Form, atom.Fieldset, atom.Legend, atom.Details, atom.Summary:
		f.apart(1)
		f.children(n)
		f.apart(1)
	default:
		f.children(n)
	}
}

// raw is the text in n as it stands.
func raw(n *html.Node) string {
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

// list numbers the items of a list as HTML does, or marks them.
func list(n *html.Node, depth int) string {
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
			mark = counter(at, own) + ". "
			at += step
		}
		var s string
		if item.DataAtom == atom.Li {
			s = inText(item, depth)
		} else { // a list within a list, beside its items
			f := &flow{depth: depth}
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

// counter writes a number as a kind of list does: 1, a, A, i, I.
func counter(n int, kind string) string {
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

// table writes a row in a line, its cells divided by bars; cells of several lines stand below each other.
func table(n *html.Node, depth int) string {
	var lines []string
	var rows func(n *html.Node)
	rows = func(n *html.Node) {
		for c := range n.ChildNodes() {
			switch c.DataAtom {
			case atom.Tr:
				if s := row(c, depth); s != "" {
					lines = append(lines, s)
				}
			case atom.Caption:
				if s := inText(c, depth); s != "" {
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

func row(n *html.Node, depth int) string {
	var cells []string
	several := false
	for c := range n.ChildNodes() {
		if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
			s := inText(c, depth)
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
