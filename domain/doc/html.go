package doc

import (
	"fmt"
	"html"
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// sanitizer allows only the elements that HTML writes: nothing that runs or loads.
var sanitizer = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "hr",
		"table", "thead", "tbody", "tr", "th", "td", "section", "header", "footer")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("class").Matching(bluemonday.SpaceSeparatedTokens).OnElements("p", "hr", "section", "td", "th")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}()

// HTML writes the document as an HTML fragment, with the numbers of its outline: a preview, not for
// print. Its errors are those of Outline.
func (d Document) HTML() (string, error) {
	o, err := d.Outline()
	if err != nil {
		return "", err
	}
	w := &htmlWriter{outline: o}
	w.running("header", d.Header, d.Meta.Title)
	for i, b := range d.Blocks {
		w.block(b, o.Label(i))
	}
	w.running("footer", d.Footer, d.Meta.Title)
	return sanitizer.Sanitize(w.b.String()), nil
}

type htmlWriter struct {
	b       strings.Builder
	outline Outline
}

func (w *htmlWriter) printf(format string, args ...any) { fmt.Fprintf(&w.b, format, args...) }

func escaped(s string) string {
	return strings.ReplaceAll(html.EscapeString(s), "\n", "<br>")
}

func (w *htmlWriter) running(tag string, r RunningText, title string) {
	text := strings.TrimSpace(r.Left + "  " + r.Center + "  " + r.Right)
	if text != "" {
		text = strings.NewReplacer("{page}", "1", "{pages}", "1", "{title}", title).Replace(text)
		w.printf("<%s><p>%s</p></%s>\n", tag, escaped(text), tag)
	}
}

func (w *htmlWriter) block(b Block, label string) {
	if label != "" {
		label = escaped(label) + " "
	}
	switch b := b.(type) {
	case Heading:
		w.printf("<h%d>%s", b.Level, label)
		w.spans(b.Text)
		w.printf("</h%d>\n", b.Level)
	case Clause:
		w.printf(`<p class="clause depth%d">%s`, b.Depth, label)
		if len(b.Title) > 0 {
			w.printf("<strong>")
			w.spans(b.Title)
			w.printf("</strong> ")
		}
		w.spans(b.Text)
		w.printf("</p>\n")
	case Paragraph:
		w.printf("<p>")
		w.spans(b.Text)
		w.printf("</p>\n")
	case List:
		tag := "ul"
		if b.Ordered {
			tag = "ol"
		}
		w.printf("<%s", tag)
		if b.Start > 1 {
			w.printf(` start="%d"`, b.Start)
		}
		w.printf(">\n")
		for _, item := range b.Items {
			w.printf("<li>")
			w.blocks(item.Blocks)
			w.printf("</li>\n")
		}
		w.printf("</%s>\n", tag)
	case Quote:
		w.printf("<blockquote>\n")
		w.blocks(b.Blocks)
		w.printf("</blockquote>\n")
	case Table:
		w.table(b)
	case SignatureBlock:
		for _, p := range b.Parties {
			w.printf(`<section class="signature"><p>%s</p><p>______________________________</p><p>%s</p></section>`+"\n", escaped(p.Role), escaped(nonEmptyLines(p.Name, p.Title, p.Place, p.Date)))
		}
	case PageBreak:
		w.printf(`<hr class="page-break">` + "\n")
	case Rule:
		w.printf("<hr>\n")
	}
}

// nonEmptyLines puts each text that is not empty on a line of its own.
func nonEmptyLines(texts ...string) string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, "\n")
}

func (w *htmlWriter) blocks(blocks []Block) {
	for _, b := range blocks {
		w.block(b, "")
	}
}

func (w *htmlWriter) table(t Table) {
	row := func(tag string, cells []Cell) {
		w.printf("<tr>")
		for i, c := range cells {
			class := ""
			if i < len(t.Columns) {
				class = map[Align]string{Right: ` class="right"`, Center: ` class="center"`}[t.Columns[i].Align]
			}
			w.printf("<%s%s>", tag, class)
			w.spans(c.Text)
			w.printf("</%s>", tag)
		}
		w.printf("</tr>\n")
	}
	w.printf("<table>\n")
	if len(t.Head) > 0 {
		w.printf("<thead>")
		row("th", t.Head)
		w.printf("</thead>\n")
	}
	w.printf("<tbody>")
	for _, r := range t.Rows {
		row("td", r)
	}
	w.printf("</tbody></table>\n")
}

func (w *htmlWriter) spans(text []Span) {
	for _, s := range text {
		shown := s.Text
		if s.Ref != "" {
			shown = w.outline.Number(s.Ref)
		}
		before, after := "", ""
		if s.Link != "" {
			before, after = `<a href="`+html.EscapeString(s.Link)+`">`, "</a>"
		}
		if s.Bold {
			before, after = before+"<strong>", "</strong>"+after
		}
		if s.Italic {
			before, after = before+"<em>", "</em>"+after
		}
		w.b.WriteString(before + escaped(shown) + after)
	}
}
