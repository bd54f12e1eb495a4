package extract

import (
	"encoding/xml"
	"strconv"

	"counsel/domain/text/opc"
)

// maxPartXML limits parts that are decoded into memory as a whole: styles, numbering and settings.
const maxPartXML = 8 << 20

// val is an element whose value is its attribute w:val. Attributes are matched by local name, since
// transitional and strict files use different namespaces.
type val struct {
	Val string `xml:"val,attr"`
}

// on returns the value of a toggle. The element without an attribute is on.
func (v *val) on() bool {
	return v != nil && v.Val != "0" && v.Val != "false" && v.Val != "off"
}

func (v *val) text() string {
	if v == nil {
		return ""
	}
	return v.Val
}

// number returns the value as a number, or otherwise if it is missing or not a number.
func (v *val) number(fallback int) int {
	if v == nil {
		return fallback
	}
	n, err := strconv.Atoi(v.Val)
	if err != nil {
		return fallback
	}
	return n
}

// runProps are the properties of a run or of a paragraph mark.
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
	ParagraphMark   runProps  `xml:"-"` // properties of the paragraph mark
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
	byID             map[string]*style
	defaultParagraph string   // id of the default paragraph style
	defaults         runProps // run defaults of the document
	hiddenCache      map[[2]string]hiddenFlags
}

// hiddenFlags are the visibility toggles of a run.
type hiddenFlags struct{ vanish, webHidden bool }

// chain returns a style and those it is based on, nearest first.
func (s *styles) chain(id string) (out []*style) {
	for st := s.byID[id]; st != nil && len(out) < 32; st = s.byID[st.BasedOn.text()] {
		out = append(out, st)
	}
	return out
}

// hidden reports whether a run is hidden. Direct properties take precedence over styles. The toggles
// of the paragraph style and the run style are combined by exclusive or, as ECMA-376 specifies for
// toggle properties.
func (s *styles) hidden(direct *runProps, paragraphStyle string) bool {
	key := [2]string{direct.Style.text(), paragraphStyle}
	flags, cached := s.hiddenCache[key]
	if !cached {
		flags.vanish, flags.webHidden = s.defaults.Vanish.on(), s.defaults.WebHidden.on()
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
			flags.vanish = flags.vanish != vanish.on()
			flags.webHidden = flags.webHidden || web.on()
		}
		s.hiddenCache[key] = flags
	}
	if direct.Vanish != nil {
		flags.vanish = direct.Vanish.on()
	}
	if direct.WebHidden != nil {
		flags.webHidden = direct.WebHidden.on()
	}
	return flags.vanish || flags.webHidden
}

func readStyles(p *opc.Package) *styles {
	var doc struct {
		Defaults runProps `xml:"docDefaults>rPrDefault>rPr"`
		Styles   []*style `xml:"style"`
	}
	out := &styles{byID: map[string]*style{}, hiddenCache: map[[2]string]hiddenFlags{}}
	if !readRelatedPart(p, "styles", &doc) {
		return out
	}
	out.defaults = doc.Defaults
	for _, s := range doc.Styles {
		out.byID[s.ID] = s
		if s.Type == "paragraph" && s.Default != "" && (&val{s.Default}).on() {
			out.defaultParagraph = s.ID
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

// readRelatedPart decodes the main part's first related part of a kind. It reports false if there is
// none or it cannot be read.
func readRelatedPart(p *opc.Package, kind string, target any) bool {
	names := p.Related(p.Main, kind)
	if len(names) == 0 {
		return false
	}
	d, c, err := p.Read(names[0], maxPartXML)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	return d.Decode(target) == nil
}

// attr returns the attribute with a local name, or "".
func attr(e *xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
