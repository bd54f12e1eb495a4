package prompts

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Tone is the tone of a draft.
type Tone string

// The tones. Formal is the default.
const (
	Formal   Tone = "formal"
	Plain    Tone = "plain"
	Firm     Tone = "firm"
	Friendly Tone = "friendly"
)

// ParseTone parses a tone. "" is Formal.
func ParseTone(s string) (Tone, bool) {
	switch t := Tone(s); t {
	case "":
		return Formal, true
	case Formal, Plain, Firm, Friendly:
		return t, true
	}
	return "", false
}

// style is the template data for language and tone.
type style struct {
	Locale     string // canonical BCP 47 tag with only language, script and region
	LocaleName string // in English, such as "Swiss High German"
	Region     string // in English; "" if the locale has none
	Number     string // a sample number formatted for the locale
	Tone       Tone

	tag language.Tag
}

// newStyle drops extensions and private-use subtags, through which a caller could inject text.
func newStyle(tag language.Tag) style {
	base, confidence := tag.Base()
	if tag == language.Und || confidence == language.No {
		base, _ = language.English.Base()
		tag = language.English
	}
	parts := []any{base}
	if script, c := tag.Script(); c == language.Exact {
		parts = append(parts, script)
	}
	var regionName string
	if region, c := tag.Region(); c == language.Exact {
		parts = append(parts, region)
		regionName = display.English.Regions().Name(region)
	}
	clean, err := language.Compose(parts...)
	if err != nil {
		clean = language.English
	}
	name := display.English.Tags().Name(clean)
	if name == "" {
		name = clean.String()
	}
	return style{
		tag:    clean,
		Locale: clean.String(), LocaleName: name, Region: regionName,
		Number: message.NewPrinter(clean).Sprint(number.Decimal(1234567.89, number.Scale(2))),
	}
}

// in returns the style for a prompt that is translated into the locale's language: the region has its name there.
func (s style) in(translated bool) style {
	if translated && s.Region != "" {
		region, _ := s.tag.Region()
		s.Region = display.Regions(s.tag).Name(region)
	}
	return s
}
