package doc

import (
	"bytes"
	"html"
	"net/url"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	rhtml "github.com/yuin/goldmark/renderer/html"

	"counsel/domain"
)

func (p *markdownParser) inline(n ast.Node) []Span {
	return trimTrailingSpace(p.spansOf(nil, n, Span{}))
}

func (p *markdownParser) spansOf(out []Span, parent ast.Node, style Span) []Span {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			if n.IsRaw() {
				out = p.spans(out, string(n.Segment.Value(p.raw)), style)
			} else {
				out = p.spans(out, unescaped(n.Segment.Value(p.raw)), style)
			}
			if n.HardLineBreak() {
				out = p.spans(out, "\n", style)
			} else if n.SoftLineBreak() {
				out = p.spans(out, " ", style)
			}
		case *ast.String:
			out = p.spans(out, string(n.Value), style)
		case *ast.Emphasis:
			inner := style
			if n.Level == 1 {
				inner.Italic = true
			} else {
				inner.Bold = true
			}
			out = p.spansOf(out, n, inner)
		case *ast.Link:
			out = p.link(out, n, unescaped(n.Destination), style)
		case *ast.Image:
			p.fail(domain.InvalidField(p.source, "contains the image %q: images are not supported", domain.Abbreviate(p.expandURL(unescaped(n.Destination)), 200)))
		case *ast.AutoLink:
			inner := style
			inner.Link = p.expandURL(string(n.URL(p.raw)))
			if n.AutoLinkType == ast.AutoLinkEmail {
				inner.Link = "mailto:" + inner.Link
			}
			if !allowedURL(inner.Link) {
				inner.Link = ""
			}
			out = p.spans(out, string(n.Label(p.raw)), inner)
		case *ast.RawHTML:
			for i := range n.Segments.Len() {
				s := n.Segments.At(i)
				out = p.spans(out, string(s.Value(p.raw)), style)
			}
		case *ast.CodeSpan:
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				if t, ok := c.(*ast.Text); ok {
					out = p.spans(out, strings.ReplaceAll(string(t.Segment.Value(p.raw)), "\n", " "), style)
				}
			}
		default:
			out = p.spansOf(out, n, style)
		}
	}
	return out
}

func (p *markdownParser) link(out []Span, n *ast.Link, to string, style Span) []Span {
	if anchor, ok := strings.CutPrefix(to, "#"); ok && !strings.Contains(to, MarkerOpen) {
		if n.FirstChild() != nil {
			out = p.spans(p.spansOf(out, n, style), "\u00a0", style)
		}
		ref := style
		ref.Ref = anchor
		return append(out, ref)
	}
	if target := p.expandURL(to); allowedURL(target) {
		p.values.inserted += strings.Count(to, MarkerOpen)
		inner := style
		inner.Link = target
		return p.spansOf(out, n, inner)
	}
	return p.spans(p.spansOf(out, n, style), " ("+to+")", style)
}

// expandURL inserts the values into the target of a link, without counting them as shown.
func (p *markdownParser) expandURL(to string) string {
	inserted := p.values.inserted
	s, _ := p.values.ExpandLine(to)
	p.values.inserted = inserted
	return s
}

// allowedURL reports whether a document may link to a URL.
func allowedURL(to string) bool {
	u, err := url.Parse(to)
	return err == nil && (u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") || u.Scheme == "mailto" && strings.Contains(u.Opaque, "@"))
}

// unescaped resolves the escapes and entities of Markdown, as in its HTML.
func unescaped(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 && bytes.IndexByte(raw, '&') < 0 {
		return string(raw)
	}
	var b bytes.Buffer
	w := &lineWriter{&b}
	rhtml.DefaultWriter.Write(w, raw)
	return html.UnescapeString(b.String())
}

// lineWriter fulfils the writer interface of goldmark.
type lineWriter struct{ *bytes.Buffer }

func (lineWriter) Available() int { return 1 << 20 }
func (lineWriter) Buffered() int  { return 0 }
func (lineWriter) Flush() error   { return nil }

// spans appends a text in a style. Each value in it becomes a span of its own, with its source.
func (p *markdownParser) spans(out []Span, text string, style Span) []Span {
	p.values.Expand(text, func(segment Segment) {
		s := style
		s.Text, s.Source = segment.Text, segment.Pointer
		if n := len(out); n > 0 && s.Source == "" && mergeable(out[n-1], s) {
			out[n-1].Text += s.Text
			return
		}
		if s.Text != "" {
			out = append(out, s)
		}
	})
	return out
}

// mergeable reports whether b can be appended to span a.
func mergeable(a, b Span) bool {
	return a.Ref == "" && a.Source == "" && a.Bold == b.Bold && a.Italic == b.Italic && a.Link == b.Link
}

// trimTrailingSpace removes the space at the end of what the author wrote.
func trimTrailingSpace(text []Span) []Span {
	if n := len(text); n > 0 && text[n-1].Source == "" && text[n-1].Ref == "" {
		if text[n-1].Text = strings.TrimRightFunc(text[n-1].Text, unicode.IsSpace); text[n-1].Text == "" {
			return trimTrailingSpace(text[:n-1])
		}
	}
	return text
}
