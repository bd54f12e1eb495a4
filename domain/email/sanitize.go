package email

import (
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/microcosm-cc/bluemonday"
)

// backgroundColors matches the values allowed for backgrounds.
var backgroundColors = regexp.MustCompile(`^(#[0-9A-Fa-f]{3,8}|[A-Za-z]{3,30}|rgba?\([0-9.,%/ ]+\))$`)

// sanitizePolicy allows text, formatting, tables, links and attached images. It allows no scripts and no external
// resources, which would notify a server when the mail is read.
var sanitizePolicy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowStandardAttributes()
	p.AllowElements("p", "br", "hr", "div", "span", "h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "i", "em", "u", "s", "small", "sub", "sup", "blockquote", "pre", "code", "abbr", "address", "center",
		"section", "article", "header", "footer", "main", "nav", "aside", "figure", "figcaption")
	p.AllowLists()
	whole := regexp.MustCompile(`^-?[0-9]{1,9}$`)
	p.AllowAttrs("start").Matching(whole).OnElements("ol")
	p.AllowAttrs("reversed").OnElements("ol")
	p.AllowAttrs("value").Matching(whole).OnElements("li")
	p.AllowTables()
	p.AllowAttrs("bgcolor").Matching(backgroundColors).OnElements("table", "tr", "td", "th")
	p.AllowStyles("background").Matching(backgroundColors).Globally() // never an image
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid")
	p.RequireParseableURLs(true)
	p.AllowAttrs("href").OnElements("a")
	p.RequireNoReferrerOnFullyQualifiedLinks(true)
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^cid:[A-Za-z0-9._-]{1,200}$`)).OnElements("img")
	p.AllowAttrs("alt").Matching(bluemonday.Paragraph).OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.NumberOrPercent).OnElements("img", "table", "td", "th")
	p.AllowAttrs("align").Matching(bluemonday.CellAlign).OnElements("p", "div", "img")
	p.AllowStyles("color", "background-color", "text-align", "text-decoration", "font-weight", "font-style", "font-size", "font-family", "line-height",
		"margin", "margin-top", "margin-bottom", "margin-left", "margin-right", "padding", "padding-top", "padding-bottom", "padding-left", "padding-right",
		"border", "border-top", "border-bottom", "border-collapse", "width", "max-width", "height", "vertical-align").Globally()
	return p
})

// sanitize returns the visible part of the HTML that may be sent.
func sanitize(page string) (string, error) {
	page, err := visibleBody(page)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(sanitizePolicy().Sanitize(page)), nil
}

// plainText normalizes line ends and removes control characters.
func plainText(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(text, ""))
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
	return strings.Trim(text, "\n")
}
