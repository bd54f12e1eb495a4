package email

import (
	"regexp"
	"slices"
	"strings"

	"github.com/andybalholm/cascadia"
	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
	"golang.org/x/net/html"
)

// cascade is the CSS cascade of a page: its style sheets and style attributes.
type cascade struct{ rules []rule }

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
	for _, part := range parts {
		s, err := cascadia.Parse(part)
		if err != nil {
			return
		}
		r.selector = append(r.selector, s)
		r.specificity = r.specificity.Add(s.Specificity())
	}
	c.rules = append(c.rules, r)
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
