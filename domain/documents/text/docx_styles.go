package text

import (
	"encoding/xml"
	"strconv"
	"strings"

	"counsel/domain/documents/opc"
)

// What a Word file says apart from its text: styles, lists and settings. Each of these parts is
// read into memory, so they are bounded more tightly than the text.
const maxSideXML = 8 << 20

// val is an element that says all in its attribute w:val. Attributes are matched by their local
// name, since transitional and strict files use different namespaces.
type val struct {
	Val string `xml:"val,attr"`
}

// on reads a switch: the element alone turns it on.
func (v *val) on() bool {
	return v != nil && v.Val != "0" && v.Val != "false" && v.Val != "off"
}

func (v *val) text() string {
	if v == nil {
		return ""
	}
	return v.Val
}

// number is the value as a number, and else when there is none.
func (v *val) number(otherwise int) int {
	if v == nil {
		return otherwise
	}
	n, err := strconv.Atoi(v.Val)
	if err != nil {
		return otherwise
	}
	return n
}

// runProps are the properties of a run, or of the mark that ends a paragraph.
type runProps struct {
	Style     *val  `xml:"rStyle"`
	Vanish    *val  `xml:"vanish"`
	WebHidden *val  `xml:"webHidden"`
	Fonts     fonts `xml:"rFonts"`
}

type fonts struct {
	ASCII string `xml:"ascii,attr"`
}

type paragraphProps struct {
	Num             *numProps `xml:"numPr"`
	PageBreakBefore *val      `xml:"pageBreakBefore"`
	Mark            runProps  `xml:"-"` // of the sign at its end
}

type numProps struct {
	ID    *val `xml:"numId"`
	Level *val `xml:"ilvl"`
}

type sectionProps struct {
	Type      *val      `xml:"type"`
	TitlePage *val      `xml:"titlePg"`
	Headers   []partRef `xml:"headerReference"`
	Footers   []partRef `xml:"footerReference"`
}

type partRef struct {
	Type string `xml:"type,attr"`
	ID   string `xml:"id,attr"`
}

type style struct {
	ID        string         `xml:"styleId,attr"`
	Type      string         `xml:"type,attr"`
	Default   string         `xml:"default,attr"`
	BasedOn   *val           `xml:"basedOn"`
	Paragraph paragraphProps `xml:"pPr"`
	Run       runProps       `xml:"rPr"`
}

type styles struct {
	byID     map[string]*style
	ordinary string   // the paragraph style of paragraphs that name none
	defaults runProps // of all runs
	visible  map[[2]string]hiding
}

// hiding is what styles say of a run's visibility.
type hiding struct{ vanish, web bool }

// chain are a style and those it is based on, the nearest first.
func (s *styles) chain(id string) (out []*style) {
	for st := s.byID[id]; st != nil && len(out) < 32; st = s.byID[st.BasedOn.text()] {
		out = append(out, st)
	}
	return out
}

// hidden reports whether a run of these properties is not shown. What the run itself says counts
// for more than its styles; of a paragraph's and a run's style that both hide, each undoes the
// other, as the format has it for all properties that are switched.
func (s *styles) hidden(direct *runProps, paragraphStyle string) bool {
	key := [2]string{direct.Style.text(), paragraphStyle}
	by, known := s.visible[key]
	if !known {
		by.vanish, by.web = s.defaults.Vanish.on(), s.defaults.WebHidden.on()
		for _, id := range key {
			var vanish, web *val
			for _, st := range s.chain(id) {
				if vanish == nil {
					vanish = st.Run.Vanish
				}
				if web == nil {
					web = st.Run.WebHidden
				}
			}
			by.vanish = by.vanish != vanish.on()
			by.web = by.web || web.on()
		}
		s.visible[key] = by
	}
	if direct.Vanish != nil {
		by.vanish = direct.Vanish.on()
	}
	if direct.WebHidden != nil {
		by.web = direct.WebHidden.on()
	}
	return by.vanish || by.web
}

func readStyles(p *opc.Package) *styles {
	var doc struct {
		Defaults runProps `xml:"docDefaults>rPrDefault>rPr"`
		Styles   []*style `xml:"style"`
	}
	out := &styles{byID: map[string]*style{}, visible: map[[2]string]hiding{}}
	if !readSide(p, "styles", &doc) {
		return out
	}
	out.defaults = doc.Defaults
	for _, s := range doc.Styles {
		out.byID[s.ID] = s
		if s.Type == "paragraph" && s.Default != "" && (&val{s.Default}).on() {
			out.ordinary = s.ID
		}
	}
	return out
}

type settings struct {
	EvenAndOdd *val      `xml:"evenAndOddHeaders"`
	Footnotes  noteProps `xml:"footnotePr"`
	Endnotes   noteProps `xml:"endnotePr"`
}

type noteProps struct {
	Format *val `xml:"numFmt"`
	Start  *val `xml:"numStart"`
}

// readSide decodes the main part's part of a kind, and reports whether there is one that can be read.
func readSide(p *opc.Package, kind string, into any) bool {
	names := p.Related(p.Main, kind)
	if len(names) == 0 {
		return false
	}
	d, c, err := p.Read(names[0], maxSideXML)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	return d.Decode(into) == nil
}

// attr is the attribute of a local name, and "" when there is none.
func attr(e *xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// symbols are what characters of the symbol fonts look like: the fonts have codes of their own,
// mostly written into Unicode's private area from U+F000 on.
var symbols = map[string]map[rune]string{
	"symbol": table(map[string]string{
		"\xa3": "≤", "\xb3": "≥", "\xb1": "±", "\xb4": "×", "\xb8": "÷", "\xb9": "≠", "\xba": "≡", "\xbb": "≈", "\xa5": "∞",
		"\xa7": "♣", "\xa8": "♦", "\xa9": "♥", "\xaa": "♠", "\xab": "↔", "\xac": "←", "\xad": "↑", "\xae": "→", "\xaf": "↓", "\xb0": "°",
		"\xb7": "•", "\xbc": "…", "\xd2": "®", "\xd3": "©", "\xd4": "™", "\xe2": "®", "\xe3": "©", "\xe4": "™", "\xd7": "⋅", "\xb2": "″", "\xa2": "′",
		"\xde": "⇒", "\xdb": "⇔", "\xd6": "√", "\xe5": "∑", "\xf2": "∫", "-": "−", "*": "∗", "\xce": "∈",
		"a": "α", "b": "β", "g": "γ", "d": "δ", "e": "ε", "z": "ζ", "h": "η", "q": "θ", "l": "λ", "m": "μ", "n": "ν", "p": "π", "r": "ρ", "s": "σ",
		"t": "τ", "f": "φ", "c": "χ", "y": "ψ", "w": "ω", "D": "Δ", "G": "Γ", "L": "Λ", "P": "Π", "S": "Σ", "F": "Φ", "W": "Ω", "Q": "Θ",
	}),
	"wingdings": table(map[string]string{
		"\xa7": "▪", "\xa8": "☐", "o": "☐", "n": "■", "l": "●", "m": "❍", "q": "❑", "r": "❒", "u": "◆", "v": "❖", "w": "⬥", "\x9f": "•", "\x9e": "·",
		"\xfc": "✓", "\xfb": "✗", "\xfd": "☒", "\xfe": "☑", "x": "☒", "\xd8": "➢", "\xe0": "→", "\xdf": "←", "\xe8": "➔", "\xf0": "⇨",
		"(": "☎", ")": "✆", "*": "✉", "!": "✏", "\"": "✂", "J": "☺", "L": "☹", "F": "☞",
		"\x80": "⓪", "\x81": "①", "\x82": "②", "\x83": "③", "\x84": "④", "\x85": "⑤", "\x86": "⑥", "\x87": "⑦", "\x88": "⑧", "\x89": "⑨", "\x8a": "⑩",
	}),
	"wingdings 2": table(map[string]string{"P": "✓", "O": "✗", "Q": "☒", "R": "☑", "S": "☒", "T": "☒", "\xa3": "☐", "*": "☐", "\x97": "●", "\x98": "•"}),
	"webdings":    table(map[string]string{"a": "✓", "c": "☐", "g": "■", "r": "✗", "n": "●"}),
}

func table(byCode map[string]string) map[rune]string {
	out := make(map[rune]string, len(byCode))
	for code, looks := range byCode {
		out[rune(code[0])] = looks
	}
	return out
}

// symbol is what a character of a font looks like. One of a symbol font that is not known is a
// bullet, as most of them are.
func symbol(font string, r rune) string {
	own := symbols[strings.ToLower(font)]
	private := r >= 0xf000 && r <= 0xf0ff
	if own == nil && !private {
		return string(r)
	}
	code := r
	if private {
		code -= 0xf000
	}
	if looks := own[code]; looks != "" {
		return looks
	}
	if code >= ' ' && code < 0x7f && strings.EqualFold(font, "symbol") || own == nil && code >= ' ' && code < 0x7f {
		return string(code) // the font Symbol has ASCII's digits and punctuation
	}
	return "•"
}
