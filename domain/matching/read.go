package matching

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"counsel/domain/text/latin"
)

// legalForms begin or end company names. Several may follow each other, as in GmbH & Co. KG. Forms
// of several words are listed without spaces.
var legalForms = set(`ab ag ao aps as asa bhd bv bvba bt co company corp corporation coltd coinc cv dd doo dooel dac ead eg eirl ek ekfr ekfm eood esv eurl ev fa firma fze fzco fzllc fzc gbr gesmbh
	ggmbh gmbh gmbhcokg gmbhcokgaa gp hf ehf inc incorporated jsc pjsc ojsc cjsc kabushikikaisha kabushikigaisha godokaisha gk kda kft kg kgaa kk kommanditgesellschaft lc liability limitada limited limitee limitedcompany limitedliabilitycompany limitedliabilitypartnership
	llc llp lp ltd ltda mbh nl nv nyrt oao oe ohg ood ooo ou oy oyj pllp
	pao partg partgmbb partnership pc plc pllc pt pte ptyltd pteltd pvtltd pty pvt private public publiclimitedcompany publ sa sab sabdecv sadecv sapa sapi sapidecv sarl sal sas sasu sca sce sci scrl scs sdn sdnbhd se sicav sl slp slu snc sp spa spk sp spzoo spzook srl
	sro srls stiftung tbk tov tic ltdsti ltdşti as ug ughaftungsbeschrankt zao zoo zrt aktiengesellschaft aktiebolag aktieselskab gesellschaftmitbeschrankterhaftung societeanonyme societearesponsabilitelimitee
	societaperazioni societaaresponsabilitalimitata sociedadanonima sociedadanonimadecapitalvariable sociedadlimitada sociedadderesponsabilidadlimitada naamlozevennootschap beslotenvennootschap
	ae epe ike ad edad joint jointstockcompany stockcompany anonimsirketi limitedsirketi gongsi youxiangongsi gufenyouxiangongsi jusighoesa jusikhoesa yuhanhoesa
	inliquidation inliq inadministration inreceivership enliquidacion enliquidation spolka spolkazoo spolkaakcyjna spolkazograniczonaodpowiedzialnoscia sia jv fzllc yugen youxiangongsi hb kb ks ans cvba comanditariaporacciones eireli saic saci sacv psc wll bsc kscc kscp qpsc saog saoc`)

// longForms are the short names of forms, so that spelled out they do not count as another form.
var longForms = map[string]string{
	"limited": "ltd", "incorporated": "inc", "corporation": "corp", "company": "co", "limitedliabilitycompany": "llc", "aktiengesellschaft": "ag",
	"gesellschaftmitbeschrankterhaftung": "gmbh", "gesmbh": "gmbh", "societeanonyme": "sa", "sociedadanonima": "sa", "societaperazioni": "spa", "societaaresponsabilitalimitata": "srl",
	"societearesponsabilitelimitee": "sarl", "sociedadlimitada": "sl", "limitada": "ltda", "aktiebolag": "ab", "naamlozevennootschap": "nv", "beslotenvennootschap": "bv",
	"publiclimitedcompany": "plc", "kabushikikaisha": "kk", "kabushikigaisha": "kk", "sociedadanonimadecapitalvariable": "sadecv", "sabdecv": "sadecv", "kommanditgesellschaft": "kg",
	"inliquidation": "", "inliq": "", "inadministration": "", "inreceivership": "", "enliquidacion": "", "enliquidation": "",
	"ooo": "llc", "tov": "llc", "zao": "cjsc", "oao": "ojsc", "pao": "pjsc", "ao": "jsc", "ptyltd": "ltd", "pteltd": "ltd", "pvtltd": "ltd",
}

// leadingLegalForms also stand before the name.
var leadingLegalForms = set(`ab ao fa firma oao ooo pao pt sarl sas sci tov zao jsc pjsc ojsc cjsc llc ad ead cv ud ip kk ik kabushikikaisha godokaisha yugen youxiangongsi jusighoesa yuhanhoesa`)

// unspacedLegalForms are written without a space.
var unspacedLegalForms = strings.NewReplacer("股份有限公司", " gufenyouxiangongsi ", "有限责任公司", " youxiangongsi ", "有限公司", " youxiangongsi ", "有限責任公司", " youxiangongsi ", "公司", " gongsi ",
	"株式会社", " kabushikikaisha ", "(株)", " kabushikikaisha ", "㈱", " kabushikikaisha ", "合同会社", " godokaisha ", "有限会社", " yugen ", "주식회사", " jusighoesa ", "(주)", " jusighoesa ", "㈜", " jusighoesa ", "유한회사", " yuhanhoesa ")

// maxLegalFormWords is the number of words of the longest form, spelled out or with spaces between
// its letters.
const maxLegalFormWords = 6

// titles precede the names of people, degrees follow a title, suffixes stand anywhere but first.
var (
	titles = set(`mr mrs ms miss mx mister dr doctor prof professor sir dame lord lady herr frau hr fr dipl ing mag m mme mlle sr sra srta don dona doktor monsieur madame mademoiselle signor
		signora signorina sig senor senora avvocato avv avocat advokat adv maitre me rev reverend judge justice hon sheikh shaykh sheik hajji haji gospodin gospozha pan pani kyrios mevrouw meneer dhr mw
		doc engr eng capt captain col colonel gen general maj major lt sgt ambassador senator president dott dottssa prinz graf freiherr freifrau`)
	degrees  = set(`med jur iur phil rer nat habil hc oec pol ing dr prof ssa dent vet`)
	suffixes = set(`jr sr junior senior ii iii iv jnr snr phd md esq esquire mba llm llb jd dds cpa kc qc obe mbe cbe bsc msc edd dphil filho neto`)
	// ambiguousTitles are also given names; they count as titles only before two more words.
	ambiguousTitles = set(`don dona mag ing m fr hr me pan gen eng doc adv col lord lady major graf prinz president rev sig general capt maj lt`)
	generations     = map[string]int{"sr": 1, "senior": 1, "snr": 1, "jr": 2, "junior": 2, "jnr": 2, "ii": 2, "filho": 2, "iii": 3, "neto": 3, "iv": 4}
)

// particles belong to the following word, written separately or not.
var particles = set(`de la del della dello delle degli dei di da do dos das du le les lo los las van von der den ten ter te t zu zum zur af av al el ul ar as ash an az at ad ibn bin ben bint binti bt bte abu abou o mac mc san st d l y e i un vom`)

// articles are the particles that are often left out altogether.
var articles = set(`al el ul ar as ash an az at ad bin ibn bint binti ben`)

// conjunctions stand between words and are often omitted.
var (
	conjunctions        = set(`and und y e et i`)
	companyConjunctions = set(`and und y e et og och i en kai`)
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[plain(w)] = true
	}
	return m
}

// abbreviations of words of companies.
var abbreviations = map[string]string{
	"intl": "international", "int": "international", "natl": "national", "bros": "brothers", "mfg": "manufacturing", "assoc": "associates", "assocs": "associates", "svc": "services", "svcs": "services", "service": "services",
	"mgmt": "management", "dev": "development", "ind": "industries", "inds": "industries", "engg": "engineering", "eng": "engineering", "tech": "technologies", "technology": "technologies", "sys": "systems", "system": "systems",
	"grp": "group", "hldg": "holdings", "hldgs": "holdings", "holding": "holdings", "invest": "investments", "investment": "investments", "dept": "department", "univ": "university", "inst": "institute", "lab": "laboratories", "labs": "laboratories",
	"pharma": "pharmaceuticals", "pharmaceutical": "pharmaceuticals", "comm": "communications", "telecom": "telecommunications", "fin": "financial", "st": "saint", "ctr": "center", "centre": "center", "dist": "distribution",
	"transp": "transport", "cons": "consulting", "prop": "properties", "props": "properties", "ent": "enterprises", "enterprise": "enterprises", "prods": "products", "partner": "partners", "solution": "solutions", "logistic": "logistics",
	"gebr": "gebruder", "ges": "gesellschaft", "hnos": "hermanos", "cia": "compania", "comp": "company", "ste": "societe", "soc": "sociedad", "fratelli": "flli", "corp": "corporation", "mt": "mount", "ft": "fort",
}

func expand(s string) string {
	if long, ok := abbreviations[s]; ok {
		return long
	}
	return s
}

// apostrophes are the characters people type for an apostrophe, including spacing accents.
const apostrophes = "'’‘‛ʼʻʽʹʾʿˈˊˋ`´′＇՚׳ʹ΄᾽᾿\u02bb\u055a\ua78c\u2035\u201b\uff40"

// invisibleRunes are letters by category that have no glyph.
const invisibleRunes = "\u115f\u1160\u3164\uffa0"

// word is a word of a name.
type word struct {
	text     string // folded, of Latin letters where the script has a romanization
	script   script
	initial  bool // of a person's name
	particle bool // of a person's name, written as a separate word
	capitals bool // of a person's name, two or three capitals such as HP
	*phonetics
}

// phonetics is what is computed of a word when a comparison first needs it, since most words are equal or of another name.
type phonetics struct {
	text      string
	script    script
	spellings []string // others than the text

	once, onceNames, onceJapanese sync.Once

	allSkeletons   []string
	knownForm      string
	arabic         string
	japaneseSounds string
}

func newWord(text string, s script, spellings ...string) word {
	return word{text: text, script: s, phonetics: &phonetics{text: text, script: s, spellings: spellings}}
}

// skeletons are those of all spellings, at least one.
func (p *phonetics) skeletons() []string {
	p.once.Do(func() { p.allSkeletons = skeletons(append([]string{p.text}, p.spellings...)...) })
	return p.allSkeletons
}

func (p *phonetics) names() {
	p.onceNames.Do(func() {
		p.knownForm = p.text
		if (p.script == cyrillicScript || p.script == greekScript) && variants[p.text] == nil {
			if known, ok := spellings[p.skeletons()[0]]; ok {
				p.knownForm = known
			}
		}
		p.arabic = arabicCode(p.knownForm)
	})
}

// form is the word, or the known form of the name that another script spells.
func (p *phonetics) form() string {
	p.names()
	return p.knownForm
}

// arabicCode is that of the form.
func (p *phonetics) arabicCode() string {
	p.names()
	return p.arabic
}

// japanese is equal for romanizations of one Japanese word; empty for a word that cannot be one.
func (p *phonetics) japanese() string {
	p.onceJapanese.Do(func() {
		if romaji.MatchString(p.text) {
			p.japaneseSounds = japanese.Replace(collapse(p.text))
		}
	})
	return p.japaneseSounds
}

func (w word) consonantal() bool { return w.script == arabicScript || w.script == hebrewScript }

func (w word) consonants() []string { return consonants(w.text, w.consonantal()) }

// A reading is one way to split a name into words and to write these in Latin letters.
type reading []word

// maxWords is how many words of a name are compared.
const maxWords = 8

type token struct {
	text     string // with accents, case and script
	initial  bool
	capitals bool
	person   bool
}

// digits are typed for the letters that they look like.
var digits = strings.NewReplacer("0", "o", "1", "i", "3", "e", "5", "s")

// read fills the readings, at least one: other scripts by sound and by shape, particles as separate words and joined
// to the next.
func (n *Name) read() {
	name := n.raw
	if n.kind == Company {
		name = unspacedLegalForms.Replace(name)
	}
	tokens := tokenize(name, n.kind)
	shapes := []bool{false}
	if slices.ContainsFunc(tokens, func(t token) bool { s := scriptOf(t.text); return s == cyrillicScript || s == greekScript }) {
		shapes = append(shapes, true)
	}
	for _, byShape := range shapes {
		var r reading
		for _, t := range tokens {
			r = append(r, t.word(byShape))
		}
		if n.kind == Company {
			r = n.stripCompany(r)
		} else {
			r = joinServant(n.stripPerson(r))
		}
		if len(r) == 0 {
			r = reading{newWord(strings.ToLower(strings.TrimSpace(n.raw)), latinScript)}
		}
		r = r[:min(len(r), maxWords)]
		if n.kind == Company {
			n.add(r)
			continue
		}
		n.add(joinParticles(r))
		separate := slices.Clone(r)
		for i := range separate { // what begins a name may be a given name: Ben
			separate[i].particle = i > 0 && isParticle(r, i)
		}
		n.add(separate)
	}
}

func (n *Name) add(r reading) {
	if !slices.ContainsFunc(n.readings, func(known reading) bool {
		return slices.EqualFunc(known, r, func(a, b word) bool { return a.text == b.text && a.particle == b.particle && a.initial == b.initial })
	}) {
		n.readings = append(n.readings, r)
	}
}

func (t token) word(byShape bool) word {
	text, s := t.text, scriptOf(t.text)
	if romanized := romanize(text, s, byShape); romanized != "" {
		text = romanized
	}
	if s == latinScript && isASCII(text) { // as below, without the work for accents
		lower := strings.ToLower(text)
		if t.person && hasDigit(lower) && !hasDigit(lower[:1]) {
			lower = digits.Replace(lower)
		}
		w := newWord(plain(lower), s)
		w.initial, w.capitals = t.initial, t.capitals
		return w
	}
	lower := norm.NFC.String(cases.Fold().String(text))
	if t.person && s == latinScript && !hasDigit(lower[:1]) {
		lower = digits.Replace(lower)
	}
	spellings := []string{fold(carons.Replace(lower))}
	switch s {
	case cyrillicScript:
		if strings.ContainsAny(t.text, "гГ") { // h in Ukrainian and Belarusian
			spellings = append(spellings, strings.ReplaceAll(lower, "g", "h"))
		}
	case arabicScript, hebrewScript:
		spellings = append(spellings, unvocalized(lower, s == hebrewScript)...)
	}
	folded := fold(lower)
	if folded == "" { // only marks
		folded = strings.ToLower(t.text)
	}
	w := newWord(folded, s, spellings...)
	w.initial, w.capitals = t.initial, t.capitals
	return w
}

// fold removes accents and spells all umlauts alike.
func fold(lower string) string {
	bare := strings.Map(func(r rune) rune {
		if droppableAccent(r) {
			return -1
		}
		return r
	}, norm.NFD.String(lower))
	return plain(latin.Fold(unaccented.Replace(norm.NFC.String(bare))))
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// tokenize splits a name into words, which keep their accents, case and script.
func tokenize(name string, kind Kind) (tokens []token) {
	var b strings.Builder
	end := func(dot bool) {
		if b.Len() > 0 {
			text := norm.NFC.String(b.String())
			runes := utf8.RuneCountInString(text)
			person := kind == Person && isCased(text)
			if kind == Person && scriptOf(text) == hangulScript && runes <= 5 {
				for _, r := range text {
					tokens = append(tokens, token{text: string(r)})
				}
				b.Reset()
				return
			}
			lower := strings.ToLower(text)
			short := dot && (runes == 2 || runes == 3) && !titles[lower] && !degrees[lower] && !suffixes[lower] && !particles[lower] // Th., Chr.
			tokens = append(tokens, token{text: text, person: kind == Person,
				initial:  person && (runes == 1 && (dot || !particles[lower]) || short),
				capitals: person && (runes == 2 || runes == 3) && text == strings.ToUpper(text)})
			b.Reset()
		}
	}
	name = strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && r != '\'' && r != '`' {
			return r
		}
		if unicode.Is(unicode.Cf, r) || strings.ContainsRune(apostrophes, r) || strings.ContainsRune(invisibleRunes, r) {
			return -1
		}
		return r
	}, name)
	var last rune
	if !isASCII(name) {
		name = norm.NFKD.String(norm.NFKC.String(name))
	}
	for _, r := range name {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
			if unicode.Is(unicode.Han, r) && kind == Person {
				end(false)
			}
		case strings.ContainsRune(apostrophes, r), unicode.Is(unicode.Me, r):
		case unicode.Is(unicode.M, r): // accents, and vowel signs of Indic scripts
			b.WriteRune(r)
		case r == 'ー': // lengthens a vowel
		case r == '.' && kind == Company: // G.m.b.H.
		case r == '&' && kind == Company && b.Len() == 0, r == '+' && kind == Company && b.Len() == 0:
			b.WriteString("and")
			end(false)
		default:
			end(r == '.')
		}
		last = r
	}
	end(last == '.')
	return tokens
}

// isCased reports whether the script has initials.
func isCased(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.ToUpper(r) != unicode.ToLower(r)
}

// droppableAccent reports whether people omit the mark when they type the letter.
func droppableAccent(r rune) bool {
	return unicode.Is(unicode.Mn, r) && (unicode.In(r, unicode.Inherited, unicode.Hebrew, unicode.Arabic, unicode.Cyrillic, unicode.Greek)) && r != 0x3099 && r != 0x309a
}

// stripCompany removes the legal forms.
func (n *Name) stripCompany(words reading) reading {
	bare := slices.DeleteFunc(slices.Clone(words), func(w word) bool { return companyConjunctions[w.text] || w.text == "the" })
	if len(bare) == 0 {
		bare = words
	}
	n.forms = nil
	form := func(s string) {
		if short, ok := longForms[s]; ok {
			s = short
		}
		if s == "" {
			return
		}
		n.forms = append(n.forms, s)
	}
	for changed := true; changed; {
		changed = false
		for k := min(maxLegalFormWords, len(bare)-1); k > 0; k-- {
			if s := bare[len(bare)-k:].joined(); legalForms[s] {
				form(s)
				bare, changed = bare[:len(bare)-k], true
				break
			}
		}
		for k := min(maxLegalFormWords, len(bare)-1); k > 0; k-- {
			if s := bare[:k].joined(); leadingLegalForms[s] || k > 1 && legalForms[s] || legalForms[s] && words[0].script == hanScript {
				form(s)
				bare, changed = bare[k:], true
				break
			}
		}
	}
	slices.Sort(n.forms)
	n.forms = slices.Compact(n.forms)
	return bare
}

// stripPerson removes titles, degrees and generations.
func (n *Name) stripPerson(words reading) reading {
	n.titled, n.generation = false, 0
	for len(words) > 1 {
		first := words[0].text
		if !(titles[first] && (len(words) > 2 || !ambiguousTitles[first])) && !(n.titled && degrees[first]) {
			break
		}
		words, n.titled = words[1:], true
	}
	var bare reading
	for i, w := range words {
		switch {
		case i > 0 && suffixes[w.text] && len(bare) > 0:
			n.generation = max(n.generation, generations[w.text])
			n.titled = n.titled || generations[w.text] == 0
		case i > 0 && i < len(words)-1 && !w.initial && conjunctions[w.text]:
		default:
			bare = append(bare, w)
		}
	}
	return bare
}

// joinServant joins the parts of names such as Abd al-Rahman and Salah ad-Din.
func joinServant(words reading) reading {
	var out reading
	for i := 0; i < len(words); i++ {
		w := words[i]
		if i+2 < len(words) && (articles[words[i+1].text] || words[i+1].text == "ed" || words[i+1].text == "ud") && faith[words[i+2].text] {
			out = append(out, newWord(w.text+"addin", w.script))
			i += 2
			continue
		}
		if servant[w.text] {
			j := i + 1
			for j < len(words)-1 && articles[words[j].text] {
				j++
			}
			if j < len(words) && !words[j].initial {
				w, i = newWord("abd"+words[j].text, w.script), j
			}
		}
		out = append(out, w)
	}
	for i, w := range out {
		if strings.HasPrefix(w.text, "abd") {
			if m := servantOf.FindStringSubmatch(w.text); m != nil {
				out[i] = newWord("abd"+m[1], w.script)
				continue
			}
		}
		if strings.HasSuffix(w.text, "n") || strings.HasSuffix(w.text, "ne") {
			if m := faithOf.FindStringSubmatch(w.text); m != nil {
				out[i] = newWord(m[1]+"addin", w.script)
			}
		}
	}
	return out
}

// isParticle reports whether the word at i belongs to the next.
func isParticle(words reading, i int) bool {
	w := words[i]
	return i < len(words)-1 && !w.initial && w.script != hanScript && w.script != hangulScript && particles[w.text]
}

// joinParticles joins each particle to the following word.
func joinParticles(words reading) reading {
	var out reading
	prefix := ""
	for i, w := range words {
		if isParticle(words, i) {
			prefix += w.text
			continue
		}
		if prefix != "" {
			w = newWord(plain(prefix+w.text), w.script)
			prefix = ""
		}
		out = append(out, w)
	}
	return out
}
