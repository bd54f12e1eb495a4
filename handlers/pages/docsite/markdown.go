package docsite

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"counsel/docs"
)

// guide is a Markdown file as HTML.
type guide struct {
	title, summary string // its first heading and paragraph
	body           template.HTML
	headings       []heading
	sections       []*section
}

type heading struct {
	ID, Text string
	Level    int
}

// section is a heading and the words below it, for the search.
type section struct {
	heading
	words strings.Builder
}

var markdown = goldmark.New(
	goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(blocks{}, 100))),
)

// render converts a guide. Its links lead to other guides and to operations in the reference; links to files that are
// not published become text.
func render(source []byte, c contract) (*guide, error) {
	g := &guide{}
	document := markdown.Parser().Parse(text.NewReader(source))
	if err := g.prepare(document, source, c); err != nil {
		return nil, err
	}
	if g.title == "" {
		return nil, errors.New("has no heading")
	}
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, source, document); err != nil {
		return nil, err
	}
	g.body = template.HTML(b.String()) //nolint:gosec // our own text
	return g, nil
}

func (g *guide) prepare(document ast.Node, source []byte, c contract) error {
	ids := map[string]bool{}
	current := &section{}
	g.sections = append(g.sections, current)
	var edits []func()
	err := ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			h := heading{slug(plainText(n, source)), plainText(n, source), n.Level}
			if ids[h.ID] {
				return ast.WalkStop, fmt.Errorf("has the heading %q twice", h.Text)
			}
			ids[h.ID] = true
			n.SetAttributeString("id", []byte(h.ID))
			if n.Level == 1 {
				g.title = h.Text
			} else {
				g.headings = append(g.headings, h)
				current = &section{heading: h}
				g.sections = append(g.sections, current)
			}
		case *ast.Paragraph:
			if g.summary == "" && n.Parent() == document {
				g.summary = plainText(n, source)
			}
		case *ast.Text:
			current.words.Write(n.Segment.Value(source))
			current.words.WriteByte(' ')
		case *ast.Link:
			destination, published, err := target(string(n.Destination))
			if err != nil {
				return ast.WalkStop, err
			}
			if n.Destination = []byte(destination); !published {
				edits = append(edits, func() { unwrap(n) })
			}
		case *ast.Image:
			n.Destination = []byte("/docs/assets/" + string(n.Destination))
		case *ast.CodeSpan:
			if url, ok := c.referenceOf(plainText(n, source)); ok && n.Parent().Kind() != ast.KindLink {
				edits = append(edits, func() { wrap(n, url) })
			}
		}
		return ast.WalkContinue, nil
	})
	for _, edit := range edits {
		edit()
	}
	return err
}

// target returns where the link of a Markdown file leads on the site. published is false if it leads to a file that is
// only in the repository.
func target(destination string) (url string, published bool, err error) {
	name, fragment, _ := strings.Cut(destination, "#")
	if fragment != "" {
		fragment = "#" + fragment
	}
	switch guide, isMarkdown := strings.CutSuffix(name, ".md"); {
	case name == "" || strings.HasPrefix(name, "https://"):
		return destination, true, nil
	case isMarkdown && isPublished(guide):
		return "/docs/" + guide + fragment, true, nil
	case name == "../gen/samples/"+collection:
		return "/docs/assets/" + collection, true, nil
	case path.Dir(name) == "workflows":
		return "/docs/assets/" + path.Base(name), true, nil
	case strings.HasPrefix(name, "/"):
		return "", false, fmt.Errorf("has the link %s, which leads nowhere in the repository", destination)
	}
	return "", false, nil
}

func isPublished(name string) bool {
	return slices.ContainsFunc(docs.Groups, func(g docs.Group) bool { return slices.Contains(g.Guides, name) })
}

// unwrap replaces a node by its children.
func unwrap(n ast.Node) {
	parent := n.Parent()
	for child := n.FirstChild(); child != nil; child = n.FirstChild() {
		parent.InsertBefore(parent, n, child)
	}
	parent.RemoveChild(parent, n)
}

// wrap makes a node a link.
func wrap(n ast.Node, url string) {
	parent, l := n.Parent(), ast.NewLink()
	l.Destination = []byte(url)
	parent.InsertBefore(parent, n, l)
	l.AppendChild(l, n)
}

// plainText is the text of a node without its markup.
func plainText(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// slug is the id of a heading, as GitHub makes it, so that links work in both places.
func slug(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

// blocks renders code with the name of its language, and tables that scroll on narrow screens.
type blocks struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (blocks) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, renderCode)
	r.Register(ast.KindCodeBlock, renderCode)
	r.Register(east.KindTable, renderTable)
}

var languages = map[string]string{"sh": "Shell", "ts": "TypeScript", "go": "Go", "python": "Python", "json": "JSON", "http": "HTTP", "yaml": "YAML"}

func renderCode(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	name := "Text"
	if code, ok := n.(*ast.FencedCodeBlock); ok {
		name = cmp.Or(languages[string(code.Language(source))], name)
	}
	_, _ = fmt.Fprintf(w, "<figure class=\"code\"><figcaption>%s</figcaption><pre tabindex=\"0\"><code>", name)
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		_, _ = w.Write(util.EscapeHTML(line.Value(source)))
	}
	_, _ = w.WriteString("</code></pre></figure>\n")
	return ast.WalkSkipChildren, nil
}

var blankHeader = regexp.MustCompile(`^\s*$`)

func renderTable(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		name := "Table"
		if header := n.FirstChild(); header != nil && header.FirstChild() != nil && !blankHeader.MatchString(plainText(header.FirstChild(), source)) {
			name = "Table: " + plainText(header.FirstChild(), source)
		}
		_, _ = fmt.Fprintf(w, "<div class=\"table\" role=\"region\" tabindex=\"0\" aria-label=\"%s\"><table>\n", template.HTMLEscapeString(name))
	} else {
		_, _ = w.WriteString("</table></div>\n")
	}
	return ast.WalkContinue, nil
}
