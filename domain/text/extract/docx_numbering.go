package extract

import (
	"strconv"
	"strings"

	"counsel/domain/text/opc"
)

const maxLevels = 9 // of a numbering definition (ilvl 0 to 8)

// level is a numbering level (w:lvl): how paragraphs of one depth are numbered.
type level struct {
	Index     int      `xml:"ilvl,attr"`
	Start     *val     `xml:"start"`
	Format    numFmt   `xml:"numFmt"`
	Custom    numFmt   `xml:"AlternateContent>Choice>numFmt"` // extended formats such as "001"
	Restart   *val     `xml:"lvlRestart"`
	Style     *val     `xml:"pStyle"`
	Legal     *val     `xml:"isLgl"`
	Suffix    *val     `xml:"suff"`
	Text      *val     `xml:"lvlText"`
	PictureID *val     `xml:"lvlPicBulletId"`
	Run       runProps `xml:"rPr"`
}

type numFmt struct {
	Val    string `xml:"val,attr"`
	Format string `xml:"format,attr"`
}

type abstractNum struct {
	ID        string  `xml:"abstractNumId,attr"`
	Levels    []level `xml:"lvl"`
	StyleLink *val    `xml:"numStyleLink"` // the levels are defined by this numbering style
}

type num struct {
	ID        string `xml:"numId,attr"`
	Abstract  *val   `xml:"abstractNumId"`
	Overrides []struct {
		Index int    `xml:"ilvl,attr"`
		Start *val   `xml:"startOverride"`
		Level *level `xml:"lvl"`
	} `xml:"lvlOverride"`
}

// numbering are the numbering definitions of a file.
type numbering struct {
	abstract map[string]*abstractNum
	byID     map[string]*resolvedNum
}

// resolvedNum is a numbering instance (w:num) with its abstract definition and overrides applied.
type resolvedNum struct {
	levels         [maxLevels]*level
	startOverrides [maxLevels]*int // start of a level at its first use by this instance
	counterKey     string          // instances of one abstract definition share counters
}

func readNumbering(p *opc.Package, s *styles) *numbering {
	var doc struct {
		Abstract []*abstractNum `xml:"abstractNum"`
		Lists    []*num         `xml:"num"`
	}
	out := &numbering{abstract: map[string]*abstractNum{}, byID: map[string]*resolvedNum{}}
	if !readRelatedPart(p, "numbering", &doc) {
		return out
	}
	for _, a := range doc.Abstract {
		out.abstract[a.ID] = a
	}
	raw := map[string]*num{}
	for _, l := range doc.Lists {
		raw[l.ID] = l
	}
	for id, l := range raw {
		a := out.abstract[l.Abstract.text()]
		for range 8 { // follow numbering styles
			if a == nil || a.StyleLink == nil {
				break
			}
			next := (*num)(nil)
			for _, st := range s.chain(a.StyleLink.text()) {
				if st.Paragraph.Num != nil && st.Paragraph.Num.ID != nil {
					next = raw[st.Paragraph.Num.ID.text()]
					break
				}
			}
			if next == nil {
				break
			}
			a = out.abstract[next.Abstract.text()]
		}
		if a == nil {
			continue
		}
		r := &resolvedNum{counterKey: a.ID}
		for i := range a.Levels {
			if at := a.Levels[i].Index; at >= 0 && at < maxLevels {
				r.levels[at] = &a.Levels[i]
			}
		}
		for _, o := range l.Overrides {
			if o.Index < 0 || o.Index >= maxLevels {
				continue
			}
			if o.Level != nil {
				r.levels[o.Index] = o.Level
			}
			if o.Start != nil {
				start := o.Start.number(1)
				r.startOverrides[o.Index] = &start
			}
		}
		out.byID[id] = r
	}
	return out
}

// resolve returns the numbering instance and level of a paragraph. Direct properties take precedence
// over the style and those it is based on. Instance 0 removes a paragraph from numbering.
func (ls *numbering) resolve(direct *numProps, chain []*style) (id string, l *resolvedNum, depth int) {
	var num, ilvl *val
	if direct != nil {
		num, ilvl = direct.ID, direct.Level
	}
	byStyle := num == nil
	for _, st := range chain {
		if n := st.Paragraph.Num; n != nil {
			if num == nil {
				num = n.ID
			}
			if ilvl == nil {
				ilvl = n.Level
			}
		}
	}
	if num == nil || num.text() == "0" {
		return "", nil, 0
	}
	if l = ls.byID[num.text()]; l == nil {
		return "", nil, 0
	}
	depth = ilvl.number(0)
	if byStyle && (direct == nil || direct.Level == nil) {
		// A level linked to a style takes precedence over the style's ilvl.
	search:
		for _, st := range chain {
			for i, lvl := range l.levels {
				if lvl != nil && lvl.Style.text() == st.ID && lvl.Style != nil {
					depth = i
					break search
				}
			}
		}
	}
	if depth < 0 || depth >= maxLevels || l.levels[depth] == nil {
		return "", nil, 0
	}
	return num.text(), l, depth
}

// counters are the current numbers of all lists within one story.
type counters struct {
	values    map[string]*[maxLevels]*int // by resolvedNum.counterKey; nil: not started, or restarted
	restarted map[string]bool             // start overrides already applied, by instance and level
}

func newCounters() *counters {
	return &counters{values: map[string]*[maxLevels]*int{}, restarted: map[string]bool{}}
}

// next advances the counter for a paragraph and returns its label, with a trailing space if any.
func (c *counters) next(id string, l *resolvedNum, depth int) string {
	v := c.values[l.counterKey]
	if v == nil {
		v = new([maxLevels]*int)
		c.values[l.counterKey] = v
	}
	lvl := l.levels[depth]
	key := id + "/" + strconv.Itoa(depth)
	switch {
	case l.startOverrides[depth] != nil && !c.restarted[key]:
		c.restarted[key] = true
		start := *l.startOverrides[depth]
		v[depth] = &start
	case v[depth] == nil:
		start := lvl.Start.number(0)
		v[depth] = &start
	default:
		*v[depth]++
	}
	for deeper := depth + 1; deeper < maxLevels; deeper++ {
		// By default a level restarts after any higher level. lvlRestart names the lowest level,
		// counted from one, that restarts it; 0 means none.
		if d := l.levels[deeper]; d == nil || d.Restart == nil || depth < d.Restart.number(maxLevels) {
			v[deeper] = nil
		}
	}
	return label(l, depth, v)
}

func label(l *resolvedNum, depth int, v *[maxLevels]*int) string {
	lvl := l.levels[depth]
	if lvl.Run.Vanish.on() || lvl.Run.WebHidden.on() {
		return ""
	}
	var out string
	switch {
	case lvl.PictureID != nil:
		out = "•"
	case lvl.format() == "bullet":
		out = bulletText(lvl)
	default:
		out = expandTemplate(l, lvl, v)
	}
	if strings.TrimSpace(out) == "" || lvl.Suffix.text() == "nothing" {
		return out
	}
	return out + " "
}

// expandTemplate inserts the current numbers into lvlText: "%1.%2" becomes "2.3".
func expandTemplate(l *resolvedNum, lvl *level, v *[maxLevels]*int) string {
	var b strings.Builder
	template := lvl.Text.text()
	for i := 0; i < len(template); i++ {
		if template[i] != '%' || i+1 == len(template) || template[i+1] < '1' || template[i+1] > '9' {
			b.WriteByte(template[i])
			continue
		}
		i++
		at := int(template[i] - '1')
		of := l.levels[at]
		if of == nil {
			continue
		}
		n := of.Start.number(0) // a skipped level shows its start
		if v[at] != nil {
			n = *v[at]
		}
		format := of.format()
		if lvl.Legal.on() && format != "none" && format != "decimalZero" {
			format = "decimal"
		}
		b.WriteString(numeral(format, n))
	}
	return b.String()
}

func (l *level) format() string {
	f := l.Format
	if l.Custom.Val != "" {
		f = l.Custom
	}
	if f.Val == "custom" {
		return f.Format // "001, 002, 003, ..."
	}
	return f.Val
}

// bulletText returns a bullet as Unicode; its character may be from a symbol font.
func bulletText(lvl *level) string {
	template, font := lvl.Text.text(), lvl.Run.Fonts.ASCII
	if template == "o" { // Word's hollow bullet, an "o" in Courier New
		return "◦"
	}
	var b strings.Builder
	for _, r := range template {
		b.WriteString(symbolText(font, r))
	}
	return b.String()
}
