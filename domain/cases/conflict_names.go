package cases

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"counsel/domain/text/latin"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// The conflict check must not miss a match; a false alarm costs less. So two spellings match if
// they differ only in case, accents, script, punctuation, spaces, word order, titles or legal form.
// ae, oe and ue match an umlaut. A person's name is similar to one that only lacks words of it or
// has initials for them.
//
// Parties are found by keys, each an equality in an index (partyKeys), and then compared by
// compareNames.

// legalForms begin or end company names. Several may follow each other, as in GmbH & Co. KG. Forms
// of several words are listed without spaces.
var legalForms = set(`ab ag ao aps as asa bhd bv bvba co company corp corporation cv doo dd ead eg eirl ek ekfr ekfm eood eurl ev fa firma gbr gesmbh
	ggmbh gmbh gp inc incorporated jsc kda kft kg kgaa kk lc liability limitada limited limitee llc llp lp ltd ltda mbh nl nv oao oe ohg ood ooo ou oy oyj
	pao partg partgmbb partnership pc plc pllc pt pte pty pvt private public sa sab sapa sarl sas sasu sca sce sci scrl scs sdn se sl slp slu snc spa spk sp spzoo srl
	sro srls tbk tov ug zao zoo zrt aktiengesellschaft kommanditgesellschaft gesellschaftmitbeschrankterhaftung societeanonyme societearesponsabilitelimitee
	societaperazioni societaaresponsabilitalimitata sociedadanonima sociedadlimitada sociedadderesponsabilidadlimitada naamlozevennootschap beslotenvennootschap`)

// leadingLegalForms also stand before the name.
var leadingLegalForms = set(`ab ao fa firma oao ooo pao pt sarl sas sci tov zao`)

// maxLegalFormWords is the number of words of the longest form, spelled out or with spaces between
// its letters.
const maxLegalFormWords = 4

// titles precede the names of people, degrees follow a title, suffixes stand anywhere but first.
var (
	titles = set(`mr mrs ms miss mx dr prof professor sir dame herr frau hr fr dipl ing mag m mme mlle sr sra don dona monsieur madame signor
		signora senor senora advokat avv maitre me rev judge justice hon`)
	degrees  = set(`med jur iur phil rer nat habil hc oec pol ing dr prof`)
	suffixes = set(`jr sr junior senior ii iii iv phd md esq esquire mba llm jd dds cpa kc qc obe mp`)
	// ambiguousTitles are also given names; they count as titles only before two more words.
	ambiguousTitles = set(`don dona mag ing m fr hr me`)
)

// particles belong to the following word, written separately or not.
var particles = set(`de la del della di da do dos das du le les van von der den ten ter zu zum zur af av al el ibn bin ben bint abu o mac mc san st d l y e i`)

// conjunctions stand between words and are often omitted.
var conjunctions = set(`and und y e et og och i`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// unaccented maps letters that latin.Fold leaves, or folds to two letters.
var unaccented = strings.NewReplacer("æ", "a", "œ", "o", "ŧ", "t", "ɑ", "a", "ɡ", "g", "ə", "a")

// umlauts maps the spellings of umlauts and rings to the plain letter.
var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "aa", "a")

// apostrophes are the characters people type for an apostrophe, including spacing accents.
const apostrophes = "'’‘‛ʼʻʽʹʾʿˈˊˋ`´′＇՚׳ʹ΄᾽᾿"

// invisibleLetters are letters by category that have no glyph.
const invisibleLetters = "\u115f\u1160\u3164\uffa0"

// homoglyphs maps Cyrillic and Greek letters to the Latin letter of the same shape. Unicode's
// confusables go too far for names: they equate rn and m.
var homoglyphs = pairs(`Аa Вb Сc Еe Нh Іi Јj Кk Мm Оo Рp Ѕs Тt Уy Хx Һh Ԁd Ԛq Ԝw Ӏl аa вb сc еe нh іi јj кk мm оo рp ѕs тt уy хx һh ԁd ԛq ԝw ӏl
	Αa Βb Εe Ζz Ηh Ιi Κk Μm Νn Οo Ρp Τt Υy Χx αa βb γy εe ηn ιi κk νv οo ρp τt υu χx ωw`)

// romanization maps those scripts to Latin letters by sound, lower case.
var romanization = pairs(`аa бb вv гg ґg дd ђdj еe єye жzh зz иi іi јj кk лl љlj мm нn њnj оo пp рr сs тt ћc уu фf хkh цts чch џdz шsh щshch ъ ыy ь эe юyu яya ѕdz һh ӏ
	αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo`)

// pairs parses entries of a rune followed by its replacement.
func pairs(s string) map[rune]string {
	m := map[rune]string{}
	for entry := range strings.FieldsSeq(s) {
		r, n := utf8.DecodeRuneInString(entry)
		m[r] = entry[n:]
	}
	return m
}

// word is a word of a name.
type word struct {
	text     string
	initial  bool // of a person's name
	particle bool // of a person's name, written as a separate word
}

// A nameVariant is one way to split a name into words.
type nameVariant []word

// maxWords is how many words of a name are compared.
const maxWords = 8

// nameVariants returns the ways to read a name, at least one: other scripts by sound and by shape,
// particles as separate words and joined to the next.
func nameVariants(name string, kind PartyKind) []nameVariant {
	raw := tokenize(name, kind)
	all := []nameVariant{}
	add := func(r nameVariant) {
		if !slices.ContainsFunc(all, func(known nameVariant) bool { return slices.Equal(known, r) }) {
			all = append(all, r)
		}
	}
	for _, byShape := range []bool{false, true} {
		var r nameVariant
		for _, w := range raw {
			text := w.text
			if plain := romanize(text, byShape); plain != "" {
				text = plain
			}
			r = append(r, word{text: umlauts.Replace(latin.Fold(unaccented.Replace(cases.Fold().String(text)))), initial: w.initial})
		}
		if kind == PartyCompany {
			r = stripCompany(r)
		} else {
			r = stripPerson(r)
		}
		if len(r) == 0 {
			r = nameVariant{{text: strings.ToLower(strings.TrimSpace(name))}}
		}
		r = r[:min(len(r), maxWords)]
		if kind == PartyCompany {
			add(r)
			continue
		}
		add(joinParticles(r))
		for i := range r {
			r[i].particle = i < len(r)-1 && !r[i].initial && particles[r[i].text]
		}
		add(r)
	}
	return all
}

// tokenize splits a name into words, which keep their case and script.
func tokenize(name string, kind PartyKind) (words []word) {
	var b strings.Builder
	head := func(dot bool) {
		if b.Len() > 0 {
			text := b.String()
			initial := kind == PartyPerson && utf8.RuneCountInString(text) == 1 && isCased(text) && (dot || !particles[strings.ToLower(text)])
			words = append(words, word{text: text, initial: initial})
			b.Reset()
		}
	}
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || strings.ContainsRune(apostrophes, r) || strings.ContainsRune(invisibleLetters, r) {
			return -1
		}
		return r
	}, name)
	for _, r := range norm.NFKD.String(norm.NFKC.String(name)) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		case strings.ContainsRune(apostrophes, r), droppableAccent(r):
		case unicode.Is(unicode.M, r): // vowel signs of Indic scripts
			b.WriteRune(r)
		case r == '.' && kind == PartyCompany: // G.m.b.H.
		default:
			head(r == '.')
		}
	}
	head(false)
	return words
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

// romanize transliterates Cyrillic or Greek letters, by shape or by sound. A word that mixes
// scripts is meant to look Latin, so shape wins. It returns "" if there are no such letters.
func romanize(text string, byShape bool) string {
	foreign, candidate, shapes := false, false, true
	for _, r := range text {
		if unicode.In(r, unicode.Cyrillic, unicode.Greek) {
			foreign = true
			if _, ok := homoglyphs[r]; !ok {
				shapes = false
			}
		} else if unicode.IsLetter(r) {
			candidate = true
		}
	}
	if !foreign {
		return ""
	}
	byShape = candidate || byShape && shapes
	var b strings.Builder
	for _, r := range text {
		shape, similarQueryKeys := homoglyphs[r]
		sound, known := romanization[unicode.ToLower(r)]
		switch {
		case byShape && similarQueryKeys:
			b.WriteString(shape)
		case known:
			b.WriteString(sound)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func stripCompany(words nameVariant) nameVariant {
	bare := slices.DeleteFunc(slices.Clone(words), func(w word) bool { return conjunctions[w.text] || w.text == "the" })
	if len(bare) == 0 {
		bare = words
	}
	for changed := true; changed; {
		changed = false
		for n := min(maxLegalFormWords, len(bare)-1); n > 0; n-- {
			if legalForms[join(bare[len(bare)-n:])] {
				bare, changed = bare[:len(bare)-n], true
				break
			}
		}
		if len(bare) > 1 && leadingLegalForms[bare[0].text] {
			bare, changed = bare[1:], true
		}
	}
	return bare
}

func stripPerson(words nameVariant) nameVariant {
	for titled := false; len(words) > 1; titled = true {
		first := words[0].text
		if !(titles[first] && (len(words) > 2 || !ambiguousTitles[first])) && !(titled && degrees[first]) {
			break
		}
		words = words[1:]
	}
	var bare nameVariant
	for i, w := range words {
		if i == 0 || !suffixes[w.text] && !(i < len(words)-1 && !w.initial && conjunctions[w.text]) {
			bare = append(bare, w)
		}
	}
	return bare
}

// joinParticles joins each particle to the following word.
func joinParticles(words nameVariant) nameVariant {
	var out nameVariant
	prefix := ""
	for i, w := range words {
		if i < len(words)-1 && !w.initial && particles[w.text] {
			prefix += w.text
			continue
		}
		if prefix != "" {
			w.initial = false
		}
		w.text, prefix = umlauts.Replace(prefix+w.text), ""
		out = append(out, w)
	}
	return out
}

func join(words nameVariant) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(w.text)
	}
	return b.String()
}
