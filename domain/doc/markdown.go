package doc

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	gtext "github.com/yuin/goldmark/text"
	"go.yaml.in/yaml/v3"

	"counsel/domain"
)

// Markdown is mapped to blocks as follows:
//
//	# to ######        Heading; with numbering, ## and deeper are numbered unless they end in {-}
//	{#name}            at the end of a heading or of a clause's text: its anchor
//	[clause](#name)    cross-reference: the link text, then the number of the target
//	1. with numbering  Clause, one level below the heading before it; nested ones are one level deeper
//	\newpage           alone in a paragraph: PageBreak
//	```signatures      a YAML list of {role, name, title, place, date}: SignatureBlock
//
// Lists, quotes, tables and rules have their usual meaning. What a document cannot contain, such as
// HTML and code, is shown as written. Images are rejected. No content is dropped.

// maxText is the limit on the text of one document, in bytes.
const maxText = 8 << 20

var markdown = goldmark.New(goldmark.WithExtensions(extension.Table))

// markdownParser builds the blocks of one text from goldmark's syntax tree.
type markdownParser struct {
	raw      []byte
	source   string
	numbered bool
	depth    int // of the last numbered heading
	values   *Values
	err      error // the first error
}

// ParseMarkdown parses a text into blocks. numbered: headings and ordered lists form the outline.
// source is the JSON Pointer of the text, for errors. Errors: Invalid; TooLarge: more text than one
// document may have.
func ParseMarkdown(body, source string, numbered bool) ([]Block, error) {
	if i := strings.IndexAny(body, MarkerOpen+MarkerClose); i >= 0 {
		r, _ := utf8.DecodeRuneInString(body[i:])
		return nil, domain.InvalidField(source, "contains the private-use character %U", r)
	}
	return ParseMarkdownWithValues(body, source, numbered, &Values{})
}

// ParseMarkdownWithValues is ParseMarkdown for a text that contains markers of v.
func ParseMarkdownWithValues(body, source string, numbered bool, v *Values) ([]Block, error) {
	if err := checkMarkdownCost(body, source); err != nil {
		return nil, err
	}
	raw := []byte(body)
	p := &markdownParser{raw: raw, source: source, numbered: numbered, values: v}
	expected := v.inserted + len(marker.FindAllStringIndex(body, -1))
	blocks := p.blocks(markdown.Parser().Parse(gtext.NewReader(raw)), false)
	switch {
	case p.err != nil:
		return nil, p.err
	case v.size > maxText:
		return nil, domain.Errorf(domain.TooLarge, "The document would have more than %d MiB of text.", maxText>>20)
	case v.inserted < expected:
		return nil, domain.InvalidField(source, "has a placeholder where nothing is printed, such as the title of a link")
	}
	return blocks, nil
}

// blocks returns the blocks of a node's children. nested: inside a list or a quote.
func (p *markdownParser) blocks(parent ast.Node, nested bool) []Block {
	var out []Block
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		out = append(out, p.block(n, nested)...)
	}
	return out
}

func (p *markdownParser) block(n ast.Node, nested bool) []Block {
	switch n := n.(type) {
	case *ast.Heading:
		return []Block{p.heading(n, nested)}
	case *ast.Paragraph, *ast.TextBlock:
		text := p.inline(n)
		if !nested && len(text) == 1 && text[0].Text == `\newpage` && text[0].Source == "" {
			return []Block{PageBreak{}}
		}
		if len(text) > 0 {
			return []Block{Paragraph{Text: text, Source: p.source}}
		}
		return nil
	case *ast.List:
		if p.numbered && n.IsOrdered() && !nested {
			return p.clauses(n, p.depth+1)
		}
		return []Block{p.list(n)}
	case *ast.Blockquote:
		return []Block{Quote{Blocks: p.blocks(n, true)}}
	case *ast.ThematicBreak:
		return []Block{Rule{}}
	case *east.Table:
		return []Block{p.table(n)}
	case *ast.FencedCodeBlock:
		if string(n.Language(p.raw)) == "signatures" && !nested {
			return []Block{p.signatures(n)}
		}
		return []Block{p.literal(n.Lines().Value(p.raw))}
	case *ast.CodeBlock:
		return []Block{p.literal(n.Lines().Value(p.raw))}
	case *ast.HTMLBlock:
		text := n.Lines().Value(p.raw)
		if n.HasClosure() {
			text = append(bytes.Clone(text), n.ClosureLine.Value(p.raw)...)
		}
		return []Block{p.literal(text)}
	}
	return p.blocks(n, nested)
}

// literal shows what a document cannot contain as it was written.
func (p *markdownParser) literal(text []byte) Block {
	return Paragraph{Text: p.spans(nil, strings.TrimRight(string(text), "\n"), Span{}), Source: p.source}
}

func (p *markdownParser) heading(n *ast.Heading, nested bool) Block {
	text := p.inline(n)
	if nested {
		for i := range text {
			text[i].Bold = true
		}
		return Paragraph{Text: text, Source: p.source}
	}
	h := Heading{Level: n.Level, Source: p.source}
	numbered := p.numbered && n.Level > 1
	if rest, ok := trimSuffixMatch(text, unnumberedSuffix); ok {
		text, numbered = rest, false
	}
	h.Text, h.Anchor = splitAnchor(text)
	if numbered {
		h.Depth = min(n.Level-1, p.depth+1, MaxDepth) // a skipped level leaves no gap
		p.depth = h.Depth
	}
	return h
}

var (
	unnumberedSuffix = regexp.MustCompile(`\s*\{-\}\s*$`)
	anchorSuffix     = regexp.MustCompile(`\s*\{#([A-Za-z][A-Za-z0-9-]{0,63})\}\s*$`)
)

// trimSuffixMatch removes a match from the end of a text, unless it is part of a value.
func trimSuffixMatch(text []Span, tail *regexp.Regexp) ([]Span, bool) {
	if len(text) == 0 {
		return text, false
	}
	last := &text[len(text)-1]
	m := tail.FindStringIndex(last.Text)
	if m == nil || last.Source != "" {
		return text, false
	}
	if last.Text = last.Text[:m[0]]; last.Text == "" {
		return text[:len(text)-1], true
	}
	return text, true
}

// splitAnchor removes {#name} from the end of a text and returns the name.
func splitAnchor(text []Span) ([]Span, string) {
	if len(text) == 0 {
		return text, ""
	}
	m := anchorSuffix.FindStringSubmatch(text[len(text)-1].Text)
	if rest, ok := trimSuffixMatch(text, anchorSuffix); ok {
		return rest, m[1]
	}
	return text, ""
}

func (p *markdownParser) clauses(list *ast.List, depth int) []Block {
	var out []Block
	depth = min(depth, MaxDepth)
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		c := Clause{Depth: depth, Source: p.source}
		rest := item.FirstChild()
		if rest != nil && (rest.Kind() == ast.KindParagraph || rest.Kind() == ast.KindTextBlock) {
			c.Text, c.Anchor = splitAnchor(p.inline(rest))
			rest = rest.NextSibling()
		}
		out = append(out, c)
		for ; rest != nil; rest = rest.NextSibling() {
			if inner, ok := rest.(*ast.List); ok && inner.IsOrdered() {
				out = append(out, p.clauses(inner, depth+1)...)
				continue
			}
			out = append(out, p.block(rest, true)...)
		}
	}
	return out
}

func (p *markdownParser) list(list *ast.List) Block {
	l := List{Ordered: list.IsOrdered(), Source: p.source}
	if l.Ordered && list.Start != 1 {
		l.Start = list.Start
	}
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		l.Items = append(l.Items, Item{p.blocks(item, true)})
	}
	return l
}

func (p *markdownParser) table(t *east.Table) Block {
	out := Table{Source: p.source}
	for _, a := range t.Alignments {
		c := Column{}
		switch a {
		case east.AlignRight:
			c.Align = Right
		case east.AlignCenter:
			c.Align = Center
		}
		out.Columns = append(out.Columns, c)
	}
	for row := t.FirstChild(); row != nil; row = row.NextSibling() {
		cells := make([]Cell, 0, len(out.Columns))
		for c := row.FirstChild(); c != nil; c = c.NextSibling() {
			cells = append(cells, Cell{Text: p.inline(c)})
		}
		if last := row.LastChild(); last != nil && last.Lines().Len() > 0 {
			rest, _, _ := bytes.Cut(p.raw[last.Lines().At(last.Lines().Len()-1).Stop:], []byte("\n"))
			if _, more, _ := bytes.Cut(rest, []byte("|")); len(bytes.TrimSpace(more)) > 0 {
				p.fail(domain.InvalidField(p.source, "has a table with more cells in a row than in its head"))
			}
		}
		for len(cells) < len(out.Columns) {
			cells = append(cells, Cell{})
		}
		if _, head := row.(*east.TableHeader); head {
			out.Head = cells
		} else {
			out.Rows = append(out.Rows, cells)
		}
	}
	if len(out.Columns) > 20 {
		p.fail(domain.InvalidField(p.source, "has a table of %d columns; 20 are possible", len(out.Columns)))
	}
	return out
}

func (p *markdownParser) signatures(n *ast.FencedCodeBlock) Block {
	var parties []struct{ Role, Name, Title, Place, Date string }
	d := yaml.NewDecoder(bytes.NewReader(n.Lines().Value(p.raw)))
	d.KnownFields(true)
	if err := d.Decode(&parties); err != nil || len(parties) == 0 {
		p.fail(domain.InvalidField(p.source, "has a signature block that is not a YAML list of role, name, title, place and date"))
		return SignatureBlock{}
	}
	s := SignatureBlock{Source: p.source}
	for _, entry := range parties {
		party := Party{Source: p.source}
		for _, part := range []struct {
			to   *string
			from string
		}{{&party.Role, entry.Role}, {&party.Title, entry.Title}, {&party.Place, entry.Place}, {&party.Date, entry.Date}, {&party.Name, entry.Name}} {
			text, pointer := p.values.ExpandLine(part.from)
			*part.to = text
			if pointer != "" {
				party.Source = pointer
			}
		}
		s.Parties = append(s.Parties, party)
	}
	return s
}

func (p *markdownParser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}
