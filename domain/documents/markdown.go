package documents

import (
	"bytes"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	rhtml "github.com/yuin/goldmark/renderer/html"
	gtext "github.com/yuin/goldmark/text"
	"go.yaml.in/yaml/v3"

	"counsel/domain"
)

// Markdown becomes blocks so:
//
//	# to ######        Heading; with numbering ## and deeper are numbered, but for those that end in {-}
//	{#name}            at the end of a heading or of a clause's text: its anchor
//	[clause](#name)    the word, then the number of what has that anchor
//	1. under numbering Clause, one deeper than the heading before it; inside one, one deeper again
//	\newpage           alone in a paragraph: PageBreak
//	```signatures      a YAML list of {role, name, title, place, date}: Signatures
//
// Lists, quotes, tables and rules are what they look like. What a document cannot hold is shown
// as it was written: HTML, code. A picture is refused. Nothing is left out.

// maxText bounds the text of one document, in bytes.
const maxText = 8 << 20

var markdown = goldmark.New(goldmark.WithExtensions(extension.Table))

// FromMarkdown turns a text into blocks. numbered: headings and ordered lists make the outline.
// source is the JSON Pointer of the text, for errors. TooLarge: there is too much of it.
func FromMarkdown(body, source string, numbered bool) ([]Block, error) {
	if i := strings.IndexAny(body, markOpen+markClose); i >= 0 {
		r, _ := utf8.DecodeRuneInString(body[i:])
		return nil, domain.InvalidField(source, "holds the private-use character %U", r)
	}
	return blocksOf(body, source, numbered, &values{})
}

// A value stands in a text as its index between these two characters until the Markdown has
// been parsed: to the parser it is a word, whatever the value holds.
const (
	markOpen  = "\ue000"
	markClose = "\ue001"
)

var mark = regexp.MustCompile(markOpen + `(\d+)` + markClose)

// value is a piece of data with where it came from.
type value struct{ text, pointer string }

// values are those of one document.
type values struct {
	list  []value
	shown int // how often one was put in place
	size  int // bytes of text so far
}

func (v *values) mark(text, pointer string) string {
	v.list = append(v.list, value{text, pointer})
	return markOpen + strconv.Itoa(len(v.list)-1) + markClose
}

// each gives the pieces of a text in order: what the author wrote, and values.
func (v *values) each(text string, f func(piece value)) {
	v.size += len(text)
	at := 0
	for _, m := range mark.FindAllStringSubmatchIndex(text, -1) {
		i, err := strconv.Atoi(text[m[2]:m[3]])
		if err != nil || i >= len(v.list) {
			continue // cannot be: nobody else writes marks
		}
		if m[0] > at {
			f(value{text: text[at:m[0]]})
		}
		v.shown++
		v.size += len(v.list[i].text)
		if v.size <= maxText {
			f(v.list[i])
		}
		at = m[1]
	}
	if at < len(text) {
		f(value{text: text[at:]})
	}
}

// plain puts the values into a text of one line. pointer is that of the last value.
func (v *values) plain(text string) (s, pointer string) {
	var b strings.Builder
	v.each(text, func(p value) {
		b.WriteString(strings.ReplaceAll(p.text, "\n", " "))
		if p.pointer != "" {
			pointer = p.pointer
		}
	})
	return b.String(), pointer
}

func tooMuch() error {
	return domain.Errorf(domain.TooLarge, "The document would have more than %d MiB of text.", maxText>>20)
}

// builder makes the blocks of one text.
type builder struct {
	raw      []byte
	source   string
	numbered bool
	depth    int // of the last numbered heading
	values   *values
	err      error
}

func blocksOf(body, source string, numbered bool, v *values) ([]Block, error) {
	if err := tame(body, source); err != nil {
		return nil, err
	}
	raw := []byte(body)
	b := &builder{raw: raw, source: source, numbered: numbered, values: v}
	expected := v.shown + len(mark.FindAllStringIndex(body, -1))
	blocks := b.blocks(markdown.Parser().Parse(gtext.NewReader(raw)), false)
	switch {
	case b.err != nil:
		return nil, b.err
	case v.size > maxText:
		return nil, tooMuch()
	case v.shown < expected:
		return nil, domain.InvalidField(source, "has a placeholder where nothing is shown, such as the title of a link")
	}
	return blocks, nil
}

// blocks makes those of a node's children. nested: inside a list or a quote.
func (b *builder) blocks(parent ast.Node, nested bool) []Block {
	var out []Block
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		out = append(out, b.block(n, nested)...)
	}
	return out
}

func (b *builder) block(n ast.Node, nested bool) []Block {
	switch n := n.(type) {
	case *ast.Heading:
		return []Block{b.heading(n, nested)}
	case *ast.Paragraph, *ast.TextBlock:
		text := b.inline(n)
		if !nested && len(text) == 1 && text[0].Text == `\newpage` && text[0].Source == "" {
			return []Block{PageBreak{}}
		}
		if len(text) > 0 {
			return []Block{Paragraph{Text: text, Source: b.source}}
		}
		return nil
	case *ast.List:
		if b.numbered && n.IsOrdered() && !nested {
			return b.clauses(n, b.depth+1)
		}
		return []Block{b.list(n)}
	case *ast.Blockquote:
		return []Block{Quote{Blocks: b.blocks(n, true)}}
	case *ast.ThematicBreak:
		return []Block{Rule{}}
	case *east.Table:
		return []Block{b.table(n)}
	case *ast.FencedCodeBlock:
		if string(n.Language(b.raw)) == "signatures" && !nested {
			return []Block{b.signatures(n)}
		}
		return []Block{b.literal(n.Lines().Value(b.raw))}
	case *ast.CodeBlock:
		return []Block{b.literal(n.Lines().Value(b.raw))}
	case *ast.HTMLBlock:
		text := n.Lines().Value(b.raw)
		if n.HasClosure() {
			text = append(bytes.Clone(text), n.ClosureLine.Value(b.raw)...)
		}
		return []Block{b.literal(text)}
	}
	return b.blocks(n, nested)
}

// literal shows what a document cannot hold as it was written.
func (b *builder) literal(text []byte) Block {
	return Paragraph{Text: b.spans(nil, strings.TrimRight(string(text), "\n"), Span{}), Source: b.source}
}

func (b *builder) heading(n *ast.Heading, nested bool) Block {
	text := b.inline(n)
	if nested {
		for i := range text {
			text[i].Bold = true
		}
		return Paragraph{Text: text, Source: b.source}
	}
	h := Heading{Level: n.Level, Source: b.source}
	numbered := b.numbered && n.Level > 1
	if rest, ok := cutTail(text, unnumbered); ok {
		text, numbered = rest, false
	}
	h.Text, h.Anchor = anchored(text)
	if numbered {
		h.Depth = min(n.Level-1, b.depth+1, maxDepth) // a level that was skipped leaves no gap
		b.depth = h.Depth
	}
	return h
}

var (
	unnumbered = regexp.MustCompile(`\s*\{-\}\s*$`)
	anchorTail = regexp.MustCompile(`\s*\{#([A-Za-z][A-Za-z0-9-]{0,63})\}\s*$`)
)

// cutTail takes what matches off the end of a text, unless it is part of a value.
func cutTail(text []Span, tail *regexp.Regexp) ([]Span, bool) {
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

func anchored(text []Span) ([]Span, string) {
	if len(text) == 0 {
		return text, ""
	}
	m := anchorTail.FindStringSubmatch(text[len(text)-1].Text)
	if rest, ok := cutTail(text, anchorTail); ok {
		return rest, m[1]
	}
	return text, ""
}

func (b *builder) clauses(list *ast.List, depth int) []Block {
	var out []Block
	depth = min(depth, maxDepth)
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		c := Clause{Depth: depth, Source: b.source}
		rest := item.FirstChild()
		if rest != nil && (rest.Kind() == ast.KindParagraph || rest.Kind() == ast.KindTextBlock) {
			c.Text, c.Anchor = anchored(b.inline(rest))
			rest = rest.NextSibling()
		}
		out = append(out, c)
		for ; rest != nil; rest = rest.NextSibling() {
			if inner, ok := rest.(*ast.List); ok && inner.IsOrdered() {
				out = append(out, b.clauses(inner, depth+1)...)
				continue
			}
			out = append(out, b.block(rest, true)...)
		}
	}
	return out
}

func (b *builder) list(list *ast.List) Block {
	l := List{Ordered: list.IsOrdered(), Source: b.source}
	if l.Ordered && list.Start != 1 {
		l.Start = list.Start
	}
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		l.Items = append(l.Items, Item{b.blocks(item, true)})
	}
	return l
}

func (b *builder) table(t *east.Table) Block {
	out := Table{Source: b.source}
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
			cells = append(cells, Cell{Text: b.inline(c)})
		}
		if last := row.LastChild(); last != nil && last.Lines().Len() > 0 {
			rest, _, _ := bytes.Cut(b.raw[last.Lines().At(last.Lines().Len()-1).Stop:], []byte("\n"))
			if _, more, _ := bytes.Cut(rest, []byte("|")); len(bytes.TrimSpace(more)) > 0 {
				b.fail(domain.InvalidField(b.source, "has a table with more cells in a row than in its head"))
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
		b.fail(domain.InvalidField(b.source, "has a table of %d columns; 20 are possible", len(out.Columns)))
	}
	return out
}

func (b *builder) signatures(n *ast.FencedCodeBlock) Block {
	var parties []struct{ Role, Name, Title, Place, Date string }
	d := yaml.NewDecoder(bytes.NewReader(n.Lines().Value(b.raw)))
	d.KnownFields(true)
	if err := d.Decode(&parties); err != nil || len(parties) == 0 {
		b.fail(domain.InvalidField(b.source, "has a block of signatures that is not a YAML list of role, name, title, place and date"))
		return Signatures{}
	}
	s := Signatures{Source: b.source}
	for _, p := range parties {
		party := Party{Source: b.source}
		for _, part := range []struct {
			to   *string
			from string
		}{{&party.Role, p.Role}, {&party.Title, p.Title}, {&party.Place, p.Place}, {&party.Date, p.Date}, {&party.Name, p.Name}} {
			text, pointer := b.values.plain(part.from)
			*part.to = text
			if pointer != "" {
				party.Source = pointer
			}
		}
		s.Parties = append(s.Parties, party)
	}
	return s
}

func (b *builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *builder) inline(n ast.Node) []Span {
	return trimmed(b.spansOf(nil, n, Span{}))
}

func (b *builder) spansOf(out []Span, parent ast.Node, style Span) []Span {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			if n.IsRaw() {
				out = b.spans(out, string(n.Segment.Value(b.raw)), style)
			} else {
				out = b.spans(out, unescaped(n.Segment.Value(b.raw)), style)
			}
			if n.HardLineBreak() {
				out = b.spans(out, "\n", style)
			} else if n.SoftLineBreak() {
				out = b.spans(out, " ", style)
			}
		case *ast.String:
			out = b.spans(out, string(n.Value), style)
		case *ast.Emphasis:
			inner := style
			if n.Level == 1 {
				inner.Italic = true
			} else {
				inner.Bold = true
			}
			out = b.spansOf(out, n, inner)
		case *ast.Link:
			out = b.link(out, n, unescaped(n.Destination), style)
		case *ast.Image:
			b.fail(domain.InvalidField(b.source, "holds the picture %q: pictures cannot be drawn", clip(b.address(unescaped(n.Destination)))))
		case *ast.AutoLink:
			inner := style
			inner.Link = b.address(string(n.URL(b.raw)))
			if n.AutoLinkType == ast.AutoLinkEmail {
				inner.Link = "mailto:" + inner.Link
			}
			if !leads(inner.Link) {
				inner.Link = ""
			}
			out = b.spans(out, string(n.Label(b.raw)), inner)
		case *ast.RawHTML:
			for i := range n.Segments.Len() {
				s := n.Segments.At(i)
				out = b.spans(out, string(s.Value(b.raw)), style)
			}
		case *ast.CodeSpan:
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				if t, ok := c.(*ast.Text); ok {
					out = b.spans(out, strings.ReplaceAll(string(t.Segment.Value(b.raw)), "\n", " "), style)
				}
			}
		default:
			out = b.spansOf(out, n, style)
		}
	}
	return out
}

func (b *builder) link(out []Span, n *ast.Link, to string, style Span) []Span {
	if target, ok := strings.CutPrefix(to, "#"); ok && !strings.Contains(to, markOpen) {
		if n.FirstChild() != nil {
			out = b.spans(b.spansOf(out, n, style), "\u00a0", style)
		}
		ref := style
		ref.Ref = target
		return append(out, ref)
	}
	if address := b.address(to); leads(address) {
		b.values.shown += strings.Count(to, markOpen)
		inner := style
		inner.Link = address
		return b.spansOf(out, n, inner)
	}
	return b.spans(b.spansOf(out, n, style), " ("+to+")", style)
}

// address puts the values into where a link leads; whether it is shown is for the caller to say.
func (b *builder) address(to string) string {
	shown := b.values.shown
	s, _ := b.values.plain(to)
	b.values.shown = shown
	return s
}

// leads tells whether an address is one that a document may lead to.
func leads(to string) bool {
	u, err := url.Parse(to)
	return err == nil && (u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") || u.Scheme == "mailto" && strings.Contains(u.Opaque, "@"))
}

// unescaped resolves the escapes and entities of Markdown, as its HTML would show them.
func unescaped(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 && bytes.IndexByte(raw, '&') < 0 {
		return string(raw)
	}
	var b bytes.Buffer
	w := &lineWriter{&b}
	rhtml.DefaultWriter.Write(w, raw)
	return html.UnescapeString(b.String())
}

// lineWriter is what goldmark writes to.
type lineWriter struct{ *bytes.Buffer }

func (lineWriter) Available() int { return 1 << 20 }
func (lineWriter) Buffered() int  { return 0 }
func (lineWriter) Flush() error   { return nil }

// spans adds a text in a style; each value in it is a span of its own that knows its source.
func (b *builder) spans(out []Span, text string, style Span) []Span {
	b.values.each(text, func(p value) {
		s := style
		s.Text, s.Source = p.text, p.pointer
		if n := len(out); n > 0 && s.Source == "" && joins(out[n-1], s) {
			out[n-1].Text += s.Text
			return
		}
		if s.Text != "" {
			out = append(out, s)
		}
	})
	return out
}

func joins(a, b Span) bool {
	return a.Ref == "" && a.Source == "" && a.Bold == b.Bold && a.Italic == b.Italic && a.Link == b.Link
}

// trimmed takes the spaces off both ends of what the author wrote.
func trimmed(text []Span) []Span {
	if n := len(text); n > 0 && text[n-1].Source == "" && text[n-1].Ref == "" {
		if text[n-1].Text = strings.TrimRightFunc(text[n-1].Text, unicode.IsSpace); text[n-1].Text == "" {
			return trimmed(text[:n-1])
		}
	}
	return text
}
