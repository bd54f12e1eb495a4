package cases

import (
	"crypto/sha256"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"counsel/domain"
)

// The conflict check must not miss a match; a false alarm costs less. So two spellings match if
// they differ only in case, accents, script, punctuation, spaces, word order, titles or legal form.
// ae, oe and ue match an umlaut. A person's name is similar to one that only lacks words of it or
// has initials for them.
//
// Parties are found by keys, each an equality in an index (partyKeys), and then compared by
// compareNames.

// keyVersion is the version of the rules that compute keys. Increment it when they change;
// ReindexParties then rebuilds older keys.
const keyVersion = 1

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

// unaccented maps letters that Unicode does not decompose.
var unaccented = strings.NewReplacer("ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "æ", "a", "œ", "o", "ı", "i", "ħ", "h", "ŧ", "t", "ɑ", "a", "ɡ", "g", "ə", "a")

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
			r = append(r, word{text: umlauts.Replace(unaccented.Replace(cases.Fold().String(text))), initial: w.initial})
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

// similarity is the result of comparing two names.
type similarity int

const (
	different similarity = iota
	similar              // of people: one lacks words of the other or has initials for them
	identical
)

// compareNames compares the names of two parties.
func compareNames(a string, kindA PartyKind, b string, kindB PartyKind) similarity {
	return compareVariants(nameVariants(a, kindA), nameVariants(b, kindB), kindA == PartyPerson && kindB == PartyPerson)
}

func compareVariants(a, b []nameVariant, people bool) similarity {
	best := different
	for _, x := range a {
		for _, y := range b {
			if sameWords(x, y) {
				return identical
			}
			if people && best == different && initialsMatch(x, y) {
				best = similar
			}
		}
	}
	return best
}

// sameWords compares words in any order, or the joined letters if the words are only rotated, as
// when the family name comes first.
func sameWords(a, b nameVariant) bool {
	if slices.Equal(sortedTexts(a), sortedTexts(b)) {
		return true
	}
	x := umlauts.Replace(join(a))
	for i := range b {
		if umlauts.Replace(join(slices.Concat(b[i:], b[:i]))) == x {
			return true
		}
	}
	for i := range a {
		if umlauts.Replace(join(slices.Concat(a[i:], a[:i]))) == umlauts.Replace(join(b)) {
			return true
		}
	}
	return false
}

func sortedTexts(r nameVariant) []string {
	texts := make([]string, len(r))
	for i, w := range r {
		texts[i] = w.text
	}
	slices.Sort(texts)
	return texts
}

// initialsMatch reports whether each word of the shorter name is in the longer or is an initial of
// one of its words. At least one word must be spelled out in both.
func initialsMatch(a, b nameVariant) bool {
	isParticle := func(w word) bool { return w.particle }
	short, long := slices.DeleteFunc(slices.Clone(a), isParticle), slices.DeleteFunc(slices.Clone(b), isParticle)
	if len(short) > len(long) {
		short, long = long, short
	}
	if len(short) < 2 {
		return false
	}
	full := false
	meet := func(fits func(x, y word) bool) {
		short = slices.DeleteFunc(short, func(x word) bool {
			i := slices.IndexFunc(long, func(y word) bool { return fits(x, y) })
			if i >= 0 {
				full = full || !x.initial && !long[i].initial
				long = slices.Delete(long, i, i+1)
			}
			return i >= 0
		})
	}
	meet(func(x, y word) bool { return x.text == y.text })
	meet(func(x, y word) bool {
		return x.initial && strings.HasPrefix(y.text, x.text) || y.initial && strings.HasPrefix(x.text, y.text)
	})
	return full && len(short) == 0
}

// maxKeys is the limit of keys for one party.
const maxKeys = 64

// exactKeys find the same party in any spelling: by the letters of its name, its address and its
// number.
func exactKeys(n NewParty, names []nameVariant) (keys [][]byte) {
	for _, r := range names {
		letters := []rune(umlauts.Replace(join(r)))
		slices.Sort(letters)
		keys = append(keys, hashKey("letters", string(letters)))
	}
	for _, key := range [][]byte{emailKey(n.Email), registrationKey(n.RegistrationNumber)} {
		if len(key) > 0 {
			keys = append(keys, key)
		}
	}
	return uniqueKeys(keys)
}

// similarKeys find people with a similar name: by two words, or an initial and a word. Stored and
// queried keys differ: a spelled-out name queries names with initials and is found by them, but
// does not find every name with the same first letter.
func similarKeys(n NewParty, names []nameVariant) (stored, wanted [][]byte) {
	if n.Kind != PartyPerson {
		return nil, nil
	}
	for _, r := range names {
		for i, a := range r {
			for j, b := range r {
				if i == j || a.particle || b.particle || b.initial {
					continue
				}
				first, _ := utf8.DecodeRuneInString(a.text)
				initial, whole := hashKey("initial", string(first)+" "+b.text), hashKey("whole", string(first)+" "+b.text)
				if a.initial {
					stored, wanted = append(stored, initial), append(wanted, whole, initial)
					continue
				}
				if a.text < b.text {
					both := hashKey("pair", a.text+" "+b.text)
					stored, wanted = append(stored, both), append(wanted, both)
				}
				stored, wanted = append(stored, whole), append(wanted, initial)
			}
		}
	}
	return uniqueKeys(stored), uniqueKeys(wanted)
}

// partyKeys are the stored keys of a party.
func partyKeys(n NewParty) [][]byte {
	names := nameVariants(n.Name, n.Kind)
	stored, _ := similarKeys(n, names)
	return uniqueKeys(slices.Concat(exactKeys(n, names), stored))
}

func uniqueKeys(keys [][]byte) (out [][]byte) {
	seen := map[string]bool{}
	for _, key := range keys {
		if !seen[string(key)] && len(out) < maxKeys {
			seen[string(key)] = true
			out = append(out, key)
		}
	}
	return out
}

// emailKey is equal for all spellings of an address; empty for none.
func emailKey(address string) []byte {
	if address == "" {
		return []byte{}
	}
	return hashKey("email", domain.EmailKey(address))
}

// registrationKey ignores the grouping of a number; empty for none.
func registrationKey(number string) []byte {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, norm.NFKC.String(number))
	if plain == "" {
		return []byte{}
	}
	return hashKey("registration", plain)
}

// hashKey returns a key of fixed length that compares bytewise under any collation.
func hashKey(kind, text string) []byte {
	sum := sha256.Sum256([]byte(kind + "\x00" + text))
	return sum[:]
}
