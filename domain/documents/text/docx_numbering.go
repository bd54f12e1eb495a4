package text

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"counsel/domain/documents/opc"
)

const levels = 9 // of a list, as Word has them

// level is how a list numbers its paragraphs of one depth.
type level struct {
	Index     int      `xml:"ilvl,attr"`
	Start     *val     `xml:"start"`
	Format    numFmt   `xml:"numFmt"`
	Custom    numFmt   `xml:"AlternateContent>Choice>numFmt"` // "01", "001": newer than the format's first edition
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

type abstractList struct {
	ID        string  `xml:"abstractNumId,attr"`
	Levels    []level `xml:"lvl"`
	StyleLink *val    `xml:"numStyleLink"` // its levels are those of the list of this style
}

type list struct {
	ID        string `xml:"numId,attr"`
	Abstract  *val   `xml:"abstractNumId"`
	Overrides []struct {
		Index int    `xml:"ilvl,attr"`
		Start *val   `xml:"startOverride"`
		Level *level `xml:"lvl"`
	} `xml:"lvlOverride"`
}

// lists are the lists of a file and, for one story of it, how far each has counted.
type lists struct {
	abstract map[string]*abstractList
	byID     map[string]*resolvedList
}

// resolvedList is a list with all that it takes from elsewhere.
type resolvedList struct {
	levels   [levels]*level
	starts   [levels]*int // where a level begins anew with this list's first paragraph of it
	counters string       // the key of the counters: lists made from one definition count on together
}

func readLists(p *opc.Package, s *styles) *lists {
	var doc struct {
		Abstract []*abstractList `xml:"abstractNum"`
		Lists    []*list         `xml:"num"`
	}
	out := &lists{abstract: map[string]*abstractList{}, byID: map[string]*resolvedList{}}
	if !readSide(p, "numbering", &doc) {
		return out
	}
	for _, a := range doc.Abstract {
		out.abstract[a.ID] = a
	}
	raw := map[string]*list{}
	for _, l := range doc.Lists {
		raw[l.ID] = l
	}
	for id, l := range raw {
		a := out.abstract[l.Abstract.text()]
		for range 8 { // a style of lists stands in for its list
			if a == nil || a.StyleLink == nil {
				break
			}
			next := (*list)(nil)
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
		r := &resolvedList{counters: a.ID}
		for i := range a.Levels {
			if at := a.Levels[i].Index; at >= 0 && at < levels {
				r.levels[at] = &a.Levels[i]
			}
		}
		for _, o := range l.Overrides {
			if o.Index < 0 || o.Index >= levels {
				continue
			}
			if o.Level != nil {
				r.levels[o.Index] = o.Level
			}
			if o.Start != nil {
				start := o.Start.number(1)
				r.starts[o.Index] = &start
			}
		}
		out.byID[id] = r
	}
	return out
}

// find is the list and level of a paragraph: what the paragraph itself says comes first, then its
// style and those that is based on. The list 0 takes a paragraph out of any list.
func (ls *lists) find(direct *numProps, chain []*style) (id string, l *resolvedList, depth int) {
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
		// A level that names a style is that style's, whatever the style says.
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
	if depth < 0 || depth >= levels || l.levels[depth] == nil {
		return "", nil, 0
	}
	return num.text(), l, depth
}

// counting is how far the lists of one story (the body, a header, the footnotes) have counted.
type counting struct {
	values  map[string]*[levels]*int // by resolvedList.counters; nil: not begun, or begun anew
	started map[string]bool          // lists that have begun anew, by list and level
}

func newCounting() *counting {
	return &counting{values: map[string]*[levels]*int{}, started: map[string]bool{}}
}

// next counts a paragraph in and returns what Word prints before it, with what separates the two.
func (c *counting) next(id string, l *resolvedList, depth int) string {
	v := c.values[l.counters]
	if v == nil {
		v = new([levels]*int)
		c.values[l.counters] = v
	}
	lvl := l.levels[depth]
	key := id + "/" + strconv.Itoa(depth)
	switch {
	case l.starts[depth] != nil && !c.started[key]:
		c.started[key] = true
		start := *l.starts[depth]
		v[depth] = &start
	case v[depth] == nil:
		start := lvl.Start.number(0)
		v[depth] = &start
	default:
		*v[depth]++
	}
	for deeper := depth + 1; deeper < levels; deeper++ {
		// By default a level begins anew after any level above it; lvlRestart names the lowest of
		// those that do it, counted from one, and with 0 none does.
		if d := l.levels[deeper]; d == nil || d.Restart == nil || depth < d.Restart.number(levels) {
			v[deeper] = nil
		}
	}
	return label(l, depth, v)
}

func label(l *resolvedList, depth int, v *[levels]*int) string {
	lvl := l.levels[depth]
	if lvl.Run.Vanish.on() || lvl.Run.WebHidden.on() {
		return ""
	}
	var out string
	switch {
	case lvl.PictureID != nil:
		out = "•"
	case lvl.format() == "bullet":
		out = bullet(lvl)
	default:
		out = fill(l, lvl, v)
	}
	if strings.TrimSpace(out) == "" || lvl.Suffix.text() == "nothing" {
		return out
	}
	return out + " "
}

// fill puts the numbers into a level's template: "%1.%2" becomes "2.3".
func fill(l *resolvedList, lvl *level, v *[levels]*int) string {
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
		n := of.Start.number(0) // of a level that was left out: where it will begin
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

// bullet is what a bullet looks like: its character may be one of a symbol font.
func bullet(lvl *level) string {
	template, font := lvl.Text.text(), lvl.Run.Fonts.ASCII
	if template == "o" { // Word's hollow bullet, in Courier New
		return "◦"
	}
	var b strings.Builder
	for _, r := range template {
		b.WriteString(symbol(font, r))
	}
	return b.String()
}

// numeral writes a number in one of Word's formats. One that is not known here is decimal.
func numeral(format string, n int) string {
	switch format {
	case "none", "bullet":
		return ""
	case "decimalZero":
		if n >= 0 && n < 10 {
			return "0" + strconv.Itoa(n)
		}
	case "upperRoman":
		return roman(n)
	case "lowerRoman":
		return strings.ToLower(roman(n))
	case "upperLetter":
		return letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ", n)
	case "lowerLetter":
		return letters("abcdefghijklmnopqrstuvwxyz", n)
	case "russianLower":
		return letters("абвгдежзиклмнопрстуфхцчшщыэюя", n)
	case "russianUpper":
		return letters("АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ", n)
	case "hebrew2":
		return letters("אבגדהוזחטיכלמנסעפצקרשת", n)
	case "arabicAlpha":
		return letters("أبتثجحخدذرزسشصضطظعغفقكلمنهوي", n)
	case "arabicAbjad":
		return letters("أبجدهوزحطيكلمنسعفصقرشتثخذضظغ", n)
	case "aiueoFullWidth", "aiueo":
		return letters("アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン", n)
	case "ganada":
		return letters("가나다라마바사아자차카타파하", n)
	case "chosung":
		return letters("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ", n)
	case "thaiLetters":
		return letters("กขคงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ", n)
	case "ideographTraditional":
		return letters("甲乙丙丁戊己庚辛壬癸", n)
	case "chicago":
		return letters("*†‡§", n)
	case "ordinal":
		return strconv.Itoa(n) + ordinalEnding(n)
	case "cardinalText":
		return capital(cardinal(n))
	case "ordinalText":
		return capital(ordinal(n))
	case "hex":
		return strings.ToUpper(strconv.FormatInt(int64(n), 16))
	case "numberInDash":
		return "- " + strconv.Itoa(n) + " -"
	case "decimalEnclosedParen":
		return "(" + strconv.Itoa(n) + ")"
	case "decimalEnclosedFullstop":
		return strconv.Itoa(n) + "."
	case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
		if n >= 1 && n <= 20 {
			return string(rune('①' + n - 1))
		}
	case "decimalFullWidth", "decimalFullWidth2":
		return digits('０', n)
	case "thaiNumbers":
		return digits('๐', n)
	case "hindiNumbers":
		return digits('०', n)
	case "ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital", "koreanDigital2":
		return mapDigits("〇一二三四五六七八九", n)
	case "koreanDigital":
		return mapDigits("영일이삼사오육칠팔구", n)
	case "chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting", "taiwaneseCountingThousand":
		return counted(n)
	}
	if zeros, _, found := strings.Cut(format, ","); found && strings.HasPrefix(zeros, "0") { // "001, 002, 003, ..."
		s := strconv.Itoa(n)
		return strings.Repeat("0", max(0, len(zeros)-len(s))) + s
	}
	return strconv.Itoa(n)
}

func roman(n int) string {
	if n < 1 || n > 32767 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for _, step := range []struct {
		value int
		text  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= step.value; n -= step.value {
			b.WriteString(step.text)
		}
	}
	return b.String()
}

// letters numbers by an alphabet, and beyond its end by letters repeated: z, aa, bb.
func letters(alphabet string, n int) string {
	all := []rune(alphabet)
	if n < 1 || n > 32*len(all) {
		return strconv.Itoa(n)
	}
	return strings.Repeat(string(all[(n-1)%len(all)]), (n-1)/len(all)+1)
}

func digits(zero rune, n int) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return zero + r - '0'
		}
		return r
	}, strconv.Itoa(n))
}

func mapDigits(ten string, n int) string {
	all := []rune(ten)
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return all[r-'0']
		}
		return r
	}, strconv.Itoa(n))
}

// counted is a number up to 99 as Chinese and Japanese count: 二十三.
func counted(n int) string {
	if n < 1 || n > 99 {
		return mapDigits("〇一二三四五六七八九", n)
	}
	tens, ones := n/10, n%10
	out := ""
	if tens > 1 {
		out = mapDigits("〇一二三四五六七八九", tens)
	}
	if tens > 0 {
		out += "十"
	}
	if ones > 0 {
		out += mapDigits("〇一二三四五六七八九", ones)
	}
	return out
}

func ordinalEnding(n int) string {
	if n%100/10 != 1 {
		switch n % 10 {
		case 1:
			return "st"
		case 2:
			return "nd"
		case 3:
			return "rd"
		}
	}
	return "th"
}

var (
	small = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	tens  = strings.Fields("zero ten twenty thirty forty fifty sixty seventy eighty ninety")
	nth   = map[string]string{"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}
)

// cardinal is a number in English words.
func cardinal(n int) string {
	switch {
	case n < 0 || n >= 1000:
		return strconv.Itoa(n)
	case n < 20:
		return small[n]
	case n < 100:
		if n%10 == 0 {
			return tens[n/10]
		}
		return tens[n/10] + "-" + small[n%10]
	case n%100 == 0:
		return small[n/100] + " hundred"
	}
	return small[n/100] + " hundred " + cardinal(n%100)
}

func ordinal(n int) string {
	words := cardinal(n)
	at := strings.LastIndexAny(words, " -") + 1
	last := words[at:]
	switch {
	case n < 0 || n >= 1000:
		return words + ordinalEnding(n)
	case nth[last] != "":
		last = nth[last]
	case strings.HasSuffix(last, "y"):
		last = last[:len(last)-1] + "ieth"
	default:
		last += "th"
	}
	return words[:at] + last
}

func capital(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}
