package email

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"

	"counsel/domain"
)

//go:embed notices
var translationFiles embed.FS

// translation contains the system mails in one language.
type translation struct {
	locale              string
	Greeting            string // with {name}
	GreetingWithoutName string `yaml:"greeting_without_name"`
	LinkHint            string `yaml:"link_hint"` // shown with the URL of the button
	SignOff             string `yaml:"sign_off"`
	Footer              string
	Events              map[domain.EventType]string // texts of notifications
	Mails               map[SystemMailKind]struct {
		Subject    string
		Intro      []string // paragraphs before the button, with fields in braces
		QuoteLabel string   `yaml:"quote_label"` // introduces a quotation
		Button     string
		Outro      []string // paragraphs after the button
		Footer     string   // empty: the common footer
	}
}

// locales are the supported languages; the first is the fallback.
var locales = []language.Tag{language.English, language.German, language.French, language.Spanish}

var translations = sync.OnceValue(func() map[string]translation {
	all := map[string]translation{}
	for _, tag := range locales {
		raw, err := translationFiles.ReadFile("notices/" + tag.String() + ".yaml")
		if err != nil {
			panic(err) // built in
		}
		w := translation{locale: tag.String()}
		if err := yaml.Unmarshal(raw, &w); err != nil {
			panic(err)
		}
		all[tag.String()] = w
	}
	return all
})

var matcher = language.NewMatcher(locales)

// translationFor returns the best translation for a language tag (de-AT) or an Accept-Language header (fr-CH,
// fr;q=0.9).
func translationFor(locale string) translation {
	wanted, _, _ := language.ParseAcceptLanguage(locale) // none if malformed
	_, i, _ := matcher.Match(wanted...)
	return translations()[locales[i].String()]
}

var layout = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(translationFiles, "notices/layout.html"))
})

// Language returns the supported language that best matches a language tag or an Accept-Language header.
func Language(wanted string) string { return translationFor(wanted).locale }

// Compose returns a system mail. Fields are plain text on one line each. Only the field quote, written by a person, may
// have several lines; it is set apart.
func Compose(kind SystemMailKind, locale string, fields map[string]string) (subject, text, html string, err error) {
	w := translationFor(locale)
	mail, ok := w.Mails[kind]
	if !ok {
		return "", "", "", fmt.Errorf("email: there is no system mail %q", kind)
	}
	pairs := []string{"{event}", w.Events[domain.EventType(fields["type"])]}
	for name, value := range fields {
		pairs = append(pairs, "{"+name+"}", oneLine(value))
	}
	fill := strings.NewReplacer(pairs...).Replace
	fillAll := func(list []string) (out []string) {
		for _, p := range list {
			out = append(out, fill(p))
		}
		return out
	}
	greeting := w.GreetingWithoutName
	if name := fields["name"]; strings.TrimSpace(name) != "" && !looksLikeLink.MatchString(name) {
		greeting = fill(w.Greeting)
	}
	page := struct {
		Locale, Subject, Greeting, QuoteLabel, Quote, Button, Link, LinkHint, SignOff, Footer string
		Intro, Outro                                                                          []string
	}{w.locale, fill(mail.Subject), greeting, mail.QuoteLabel, plainText(lineBreaks.Replace(fields["quote"])), mail.Button, fields["link"], w.LinkHint, w.SignOff, cmp.Or(mail.Footer, w.Footer), fillAll(mail.Intro), fillAll(mail.Outro)}
	if mail.QuoteLabel == "" {
		page.Quote = ""
	}
	if (kind == Notification || kind == CaseInvitation) && page.Link == "" {
		page.Button = ""
	}
	if (page.Link == "") != (page.Button == "") {
		return "", "", "", fmt.Errorf("email: the system mail %s needs both a button and a link", kind)
	}
	var out bytes.Buffer
	if err := layout().Execute(&out, page); err != nil {
		return "", "", "", err
	}
	parts := slices.Concat([]string{page.Greeting}, page.Intro)
	if page.Quote != "" { // mark each line, so that the quotation cannot pass for text of the service
		parts = append(parts, page.QuoteLabel+"\n\n> "+strings.ReplaceAll(page.Quote, "\n", "\n> "))
	}
	if page.Link != "" {
		parts = append(parts, page.Button+":\n"+page.Link)
	}
	parts = slices.Concat(parts, page.Outro, []string{page.SignOff, "-- \n" + page.Footer})
	return domain.Abbreviate(page.Subject, 200), strings.Join(parts, "\n\n") + "\n", out.String(), nil
}

// looksLikeLink matches text that mail clients turn into a link. Anybody could register another person's address with
// such a name, so it is not used in greetings.
var looksLikeLink = regexp.MustCompile(`(?i)://|\bwww\.|[\pL\pN]\.\pL{2}`)

// lineBreaks replaces Unicode line breaks.
var lineBreaks = strings.NewReplacer("\u2028", "\n", "\u2029", "\n", "\u0085", "\n")

// oneLine returns a value on one line, for a sentence or a subject.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return domain.Abbreviate(strings.Join(strings.Fields(s), " "), 200)
}
