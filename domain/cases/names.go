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

// A conflict check that misses one is worse than one that asks too much. So two spellings of
// a name are one when they differ in case, accents, script, punctuation, spacing, the order of the
// words, titles, or the form of the company; ae, oe and ue count as what an umlaut becomes without
// its dots. A person's name may be another's when it only lacks words of it, or has initials for them.
//
// Parties are found by keys, each an equality in an index: partyKeys. What was found is compared by
// compareNames, which decides.

// keyRules numbers the rules by which keys are made. Raise it when they change: parties with keys of
// older rules are given new ones (Reindex).
const keyRules = 1

// legalForms begin or end the names of companies. Several may follow each other, as in GmbH & Co. KG.
// Those of several words stand here without spaces.
var legalForms = set(`ab ag ao aps as asa bhd bv bvba co company corp corporation cv doo dd ead eg eirl ek ekfr ekfm eood eurl ev fa firma gbr gesmbh
	ggmbh gmbh gp inc incorporated jsc kda kft kg kgaa kk lc liability limitada limited limitee llc llp lp ltd ltda mbh nl nv oao oe ohg ood ooo ou oy oyj
	pao partg partgmbb partnership pc plc pllc pt pte pty pvt private public sa sab sapa sarl sas sasu sca sce sci scrl scs sdn se sl slp slu snc spa spk sp spzoo srl
	sro srls tbk tov ug zao zoo zrt aktiengesellschaft kommanditgesellschaft gesellschaftmitbeschrankterhaftung societeanonyme societearesponsabilitelimitee
	societaperazioni societaaresponsabilitalimitata sociedadanonima sociedadlimitada sociedadderesponsabilidadlimitada naamlozevennootschap beslotenvennootschap`)

// leadingForms are those of them that stand before the name, too.
var leadingForms = set(`ab ao fa firma oao ooo pao pt sarl sas sci tov zao`)

// longestForm is the number of words of the longest form, written out or with spaces between its letters.
const longestForm = 4

// titles lead the names of people, degrees follow a title, suffixes stand anywhere but first.
var (
	titles = set(`mr mrs ms miss mx dr prof professor sir dame herr frau hr fr dipl ing mag m mme mlle sr sra don dona monsieur madame signor
		signora senor senora advokat avv maitre me rev judge justice hon`)
	degrees  = set(`med jur iur phil rer nat habil hc oec pol ing dr prof`)
	suffixes = set(`jr sr junior senior ii iii iv phd md esq esquire mba llm jd dds cpa kc qc obe mp`)
	// givenTooTitles are given names as well: they are titles only before two more words.
	givenTooTitles = set(`don dona mag ing m fr hr me`)
)

// particles belong to the word behind them, written apart or not.
var particles = set(`de la del della di da do dos das du le les van von der den ten ter zu zum zur af av al el ibn bin ben bint abu o mac mc san st d l y e i`)

// joints stand between words, and are left out as often as not.
var joints = set(`and und y e et og och i`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// unaccented letters that Unicode does not take apart.
var unaccented = strings.NewReplacer("ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "æ", "a", "œ", "o", "ı", "i", "ħ", "h", "ŧ", "t", "ɑ", "a", "ɡ", "g", "ə", "a")

// umlauts, as they are written without dots or rings.
var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "aa", "a")

// apostrophes are what people type for one, Unicode's accents that stand alone among it.
const apostrophes = "'’‘‛ʼʻʽʹʾʿˈˊˋ`´′＇՚׳ʹ΄᾽᾿"

// blanks are letters by their class that show nothing.
const blanks = "\u115f\u1160\u3164\uffa0"

// lookalikes are Cyrillic and Greek letters, each with the Latin one that has its shape. The full
// table of Unicode goes further than names need: it takes m for rn.
var lookalikes = pairs(`Аa Вb Сc Еe Нh Іi Јj Кk Мm Оo Рp Ѕs Тt Уy Хx Һh Ԁd Ԛq Ԝw Ӏl аa вb сc еe нh іi јj кk мm оo рp ѕs тt уy хx һh ԁd ԛq ԝw ӏl
	Αa Βb Εe Ζz Ηh Ιi Κk Μm Νn Οo Ρp Τt Υy Χx αa βb γy εe ηn ιi κk νv οo ρp τt υu χx ωw`)

// romanised are letters of those scripts as they are written in Latin ones, small.
var romanised = pairs(`аa бb вv гg ґg дd ђdj еe єye жzh зz иi іi јj кk лl љlj мm нn њnj оo пp рr сs тt ћc уu фf хkh цts чch џdz шsh щshch ъ ыy ь эe юyu яya ѕdz һh ӏ
	αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo`)

// pairs reads entries of a rune and what it stands for.
func pairs(s string) map[rune]string {
	m := map[rune]string{}
	for entry := range strings.FieldsSeq(s) {
		r, n := utf8.DecodeRuneInString(entry)
		m[r] = entry[n:]
	}
	return m
}

// word is a part of a name.
type word struct {
	text     string
	initial  bool // of a person's name, of which nothing more was written
	particle bool // of a person's name, and written apart
}

// A reading is the words of a name, as one way of reading it has them.
type reading []word

// maxWords of a name are compared: more are nobody's.
const maxWords = 8

// readings are the ways of reading a name, one at least: letters of other scripts by their sound and
// by their shape, particles as words of their own and as parts of the next.
func readings(name string, kind PartyKind) []reading {
	raw := split(name, kind)
	all := []reading{}
	add := func(r reading) {
		if !slices.ContainsFunc(all, func(known reading) bool { return slices.Equal(known, r) }) {
			all = append(all, r)
		}
	}
	for _, byShape := range []bool{false, true} {
		var r reading
		for _, w := range raw {
			text := w.text
			if plain := latin(text, byShape); plain != "" {
				text = plain
			}
			r = append(r, word{text: umlauts.Replace(unaccented.Replace(cases.Fold().String(text))), initial: w.initial})
		}
		if kind == PartyCompany {
			r = bareCompany(r)
		} else {
			r = barePerson(r)
		}
		if len(r) == 0 {
			r = reading{{text: strings.ToLower(strings.TrimSpace(name))}}
		}
		r = r[:min(len(r), maxWords)]
		if kind == PartyCompany {
			add(r)
			continue
		}
		add(glued(r))
		for i := range r {
			r[i].particle = i < len(r)-1 && !r[i].initial && particles[r[i].text]
		}
		add(r)
	}
	return all
}

// split takes a name apart. Its letters keep their case and script.
func split(name string, kind PartyKind) (words []word) {
	var b strings.Builder
	end := func(dot bool) {
		if b.Len() > 0 {
			text := b.String()
			initial := kind == PartyPerson && utf8.RuneCountInString(text) == 1 && isCased(text) && (dot || !particles[strings.ToLower(text)])
			words = append(words, word{text: text, initial: initial})
			b.Reset()
		}
	}
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || strings.ContainsRune(apostrophes, r) || strings.ContainsRune(blanks, r) {
			return -1
		}
		return r
	}, name)
	for _, r := range norm.NFKD.String(norm.NFKC.String(name)) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		case strings.ContainsRune(apostrophes, r), accent(r):
		case unicode.Is(unicode.M, r): // a vowel, in the scripts of India
			b.WriteRune(r)
		case r == '.' && kind == PartyCompany: // G.m.b.H.
		default:
			end(r == '.')
		}
	}
	end(false)
	return words
}

// isCased reports whether a text is of a script in which names have initials.
func isCased(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.ToUpper(r) != unicode.ToLower(r)
}

// accent reports whether a mark may be left out by those who write the letter below it.
func accent(r rune) bool {
	return unicode.Is(unicode.Mn, r) && (unicode.In(r, unicode.Inherited, unicode.Hebrew, unicode.Arabic, unicode.Cyrillic, unicode.Greek)) && r != 0x3099 && r != 0x309a
}

// latin is a word of Cyrillic or Greek letters in Latin ones, by their shape or their sound; a word
// that mixes scripts was meant to look like one, so shape goes first. "": it has no such letters.
func latin(text string, byShape bool) string {
	foreign, other, shapes := false, false, true
	for _, r := range text {
		if unicode.In(r, unicode.Cyrillic, unicode.Greek) {
			foreign = true
			if _, ok := lookalikes[r]; !ok {
				shapes = false
			}
		} else if unicode.IsLetter(r) {
			other = true
		}
	}
	if !foreign {
		return ""
	}
	byShape = other || byShape && shapes
	var b strings.Builder
	for _, r := range text {
		shape, alike := lookalikes[r]
		sound, known := romanised[unicode.ToLower(r)]
		switch {
		case byShape && alike:
			b.WriteString(shape)
		case known:
			b.WriteString(sound)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func bareCompany(words reading) reading {
	bare := slices.DeleteFunc(slices.Clone(words), func(w word) bool { return joints[w.text] || w.text == "the" })
	if len(bare) == 0 {
		bare = words
	}
	for again := true; again; {
		again = false
		for n := min(longestForm, len(bare)-1); n > 0; n-- {
			if legalForms[join(bare[len(bare)-n:])] {
				bare, again = bare[:len(bare)-n], true
				break
			}
		}
		if len(bare) > 1 && leadingForms[bare[0].text] {
			bare, again = bare[1:], true
		}
	}
	return bare
}

func barePerson(words reading) reading {
	for titled := false; len(words) > 1; titled = true {
		first := words[0].text
		if !(titles[first] && (len(words) > 2 || !givenTooTitles[first])) && !(titled && degrees[first]) {
			break
		}
		words = words[1:]
	}
	var bare reading
	for i, w := range words {
		if i == 0 || !suffixes[w.text] && !(i < len(words)-1 && !w.initial && joints[w.text]) {
			bare = append(bare, w)
		}
	}
	return bare
}

// glued has each particle as a part of the word behind it.
func glued(words reading) reading {
	var out reading
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

func join(words reading) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(w.text)
	}
	return b.String()
}

// likeness is how alike two names are.
type likeness int

const (
	unlike  likeness = iota
	similar          // a person's: one lacks words of the other, or has initials for them
	same
)

// compareNames tells how alike the names of two parties are.
func compareNames(a string, kindA PartyKind, b string, kindB PartyKind) likeness {
	return compareReadings(readings(a, kindA), readings(b, kindB), kindA == PartyPerson && kindB == PartyPerson)
}

func compareReadings(a, b []reading, people bool) likeness {
	best := unlike
	for _, x := range a {
		for _, y := range b {
			if sameWords(x, y) {
				return same
			}
			if people && best == unlike && compatible(x, y) {
				best = similar
			}
		}
	}
	return best
}

// sameWords compares whatever the order, or whatever the spaces: then the order may only turn, as
// it does when the family's name leads.
func sameWords(a, b reading) bool {
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

func sortedTexts(r reading) []string {
	texts := make([]string, len(r))
	for i, w := range r {
		texts[i] = w.text
	}
	slices.Sort(texts)
	return texts
}

// compatible reports whether each word of the shorter name is in the longer, or stands for one as its
// initial, one at least being written out.
func compatible(a, b reading) bool {
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

// maxKeys bounds the keys of one party.
const maxKeys = 64

// exactKeys find a party that is the same, whatever the spelling: by the letters of its name, its
// address and its number.
func exactKeys(n NewParty, names []reading) (keys [][]byte) {
	for _, r := range names {
		letters := []rune(umlauts.Replace(join(r)))
		slices.Sort(letters)
		keys = append(keys, keyOf("letters", string(letters)))
	}
	for _, key := range [][]byte{emailKey(n.Email), registrationKey(n.RegistrationNumber)} {
		if len(key) > 0 {
			keys = append(keys, key)
		}
	}
	return distinct(keys)
}

// similarKeys find a person whose name may be the same: by two words of it, or an initial and a
// word. What is stored and what is looked for differ: a name that is written out looks for those with
// initials, and is found by them, but does not find all that begin with the same letter.
func similarKeys(n NewParty, names []reading) (stored, sought [][]byte) {
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
				initial, whole := keyOf("initial", string(first)+" "+b.text), keyOf("whole", string(first)+" "+b.text)
				if a.initial {
					stored, sought = append(stored, initial), append(sought, whole, initial)
					continue
				}
				if a.text < b.text {
					both := keyOf("pair", a.text+" "+b.text)
					stored, sought = append(stored, both), append(sought, both)
				}
				stored, sought = append(stored, whole), append(sought, initial)
			}
		}
	}
	return distinct(stored), distinct(sought)
}

// partyKeys are those a party is found by.
func partyKeys(n NewParty) [][]byte {
	names := readings(n.Name, n.Kind)
	stored, _ := similarKeys(n, names)
	return distinct(slices.Concat(exactKeys(n, names), stored))
}

func distinct(keys [][]byte) (out [][]byte) {
	seen := map[string]bool{}
	for _, key := range keys {
		if !seen[string(key)] && len(out) < maxKeys {
			seen[string(key)] = true
			out = append(out, key)
		}
	}
	return out
}

// emailKey is the same for all spellings of an address; empty for none.
func emailKey(address string) []byte {
	if address == "" {
		return []byte{}
	}
	return keyOf("email", domain.EmailKey(address))
}

// registrationKey is the same however a number is grouped; empty for none.
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
	return keyOf("registration", plain)
}

// keyOf has one length whatever the text, and compares byte by byte under any collation.
func keyOf(kind, text string) []byte {
	sum := sha256.Sum256([]byte(kind + "\x00" + text))
	return sum[:]
}
