package matching

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode"
	"golang.org/x/text/unicode/norm"
)

// script is the script of a word.
type script int

const (
	latinScript script = iota
	cyrillicScript
	greekScript
	arabicScript
	hebrewScript
	hanScript
	kanaScript
	hangulScript
	otherScript
)

func scriptOf(text string) script {
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
		case unicode.Is(unicode.Cyrillic, r):
			return cyrillicScript
		case unicode.Is(unicode.Greek, r):
			return greekScript
		case unicode.Is(unicode.Arabic, r):
			return arabicScript
		case unicode.Is(unicode.Hebrew, r):
			return hebrewScript
		case unicode.Is(unicode.Han, r):
			return hanScript
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			return kanaScript
		case unicode.Is(unicode.Hangul, r):
			return hangulScript
		case unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r):
			return otherScript
		}
	}
	return latinScript
}

// unaccented maps letters that latin.Fold leaves, or folds to two letters.
var unaccented = strings.NewReplacer("æ", "a", "œ", "o", "ŧ", "t", "ɑ", "a", "ɡ", "g", "ə", "a", "ŋ", "n", "ƒ", "f", "ɓ", "b", "ɗ", "d", "ƙ", "k", "ɛ", "e", "ɔ", "o", "ĸ", "k")

// plainVowels maps the spellings of umlauts and rings to the plain letter.
var plainVowels = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "aa", "a")

// plain applies plainVowels, which few words need.
func plain(s string) string {
	if !strings.Contains(s, "ae") && !strings.Contains(s, "oe") && !strings.Contains(s, "ue") && !strings.Contains(s, "aa") {
		return s
	}
	return plainVowels.Replace(s)
}

// carons spells letters by sound that the eye reads as their plain letter.
var carons = strings.NewReplacer("š", "sh", "č", "ch", "ž", "zh", "ć", "ch", "ş", "sh", "ș", "sh", "ţ", "ts", "ț", "ts", "ś", "s", "ź", "zh", "ż", "zh", "ř", "rzh", "đ", "dj", "ñ", "ny", "ç", "ch", "ğ", "gh",
	"ü", "yu", "ö", "yo", "ä", "ya")

// homoglyphs maps Cyrillic and Greek letters to the Latin letter of the same shape. Unicode's
// confusables go too far for names: they equate rn and m.
var homoglyphs = pairs(`Аa Вb Сc Еe Нh Іi Јj Кk Мm Оo Рp Ѕs Тt Уy Хx Һh Ԁd Ԛq Ԝw Ӏl аa вb сc еe нh іi јj кk мm оo рp ѕs тt уy хx һh ԁd ԛq ԝw ӏl
	Αa Βb Εe Ζz Ηh Ιi Κk Μm Νn Οo Ρp Τt Υy Χx αa βb γy εe ηn ιi κk νv οo ρp τt υu χx ωw`)

// sounds maps those scripts to Latin letters by sound, lower case.
var sounds = pairs(`аa бb вv гg ґg дd ђdj еe єye жzh зz иi іi јj кk лl љlj мm нn њnj оo пp рr сs тt ћc уu фf хkh цts чch џdz шsh щshch ъ ыy ь эe юyu яya ѕdz һh ӏ қk ғg ңn өo ұu үu әa
	αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo`)

// consonantSounds maps Arabic and Hebrew letters; vowels are not written, or left out where they are. An initial
// vowel is an a.
var consonantSounds = pairs(`بb تt ثt جj حh خkh دd ذd رr زz سs شsh صs ضd طt ظz عa غgh فf قq كk کk گg لl مm نn هh ةa وw يy یy ىy ءa آa أa إa اa ؤw ئy پp چch ژzh ٹt ڈd ڑr ھh ےy
	אa בb גg דd הh וw זz חh טt יy כk ךk לl מm םm נn ןn סs עa פp ףp צts ץts קk רr שsh תt`)

// pairs parses entries of a rune followed by its replacement.
func pairs(s string) map[rune]string {
	m := map[rune]string{}
	for entry := range strings.FieldsSeq(s) {
		r, n := utf8.DecodeRuneInString(entry)
		m[r] = entry[n:]
	}
	return m
}

// romanize transliterates a word of another script, by shape or by sound; "" for Latin words. A word that mixes
// scripts is meant to look Latin, so shape wins.
func romanize(text string, s script, byShape bool) string {
	switch s {
	case latinScript:
		return ""
	case cyrillicScript, greekScript:
		return romanizeRunes(text, byShape)
	case arabicScript, hebrewScript:
		var b strings.Builder
		for i, r := range text {
			sound, ok := consonantSounds[r]
			if ok && !(i > 0 && (sound == "a")) {
				b.WriteString(sound)
			}
		}
		return b.String()
	}
	return strings.ToLower(strings.Join(strings.FieldsFunc(unidecode.Unidecode(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), ""))
}

// greekDigraphs are read as one sound.
var greekDigraphs = strings.NewReplacer("ου", "u", "Ου", "u", "ΟΥ", "u", "αυ", "av", "ευ", "ev", "γγ", "ng", "γκ", "gk", "γχ", "nch", "Αυ", "av", "Ευ", "ev")

// greekInitials are one sound where a word begins.
var greekInitials = regexp.MustCompile(`^(?i:μπ|ντ)`)

func romanizeRunes(text string, byShape bool) string {
	text = strings.Map(func(r rune) rune {
		if droppableAccent(r) {
			return -1
		}
		return r
	}, norm.NFD.String(text))
	latin, shapes := false, true
	for _, r := range text {
		if unicode.In(r, unicode.Cyrillic, unicode.Greek) {
			if _, ok := homoglyphs[r]; !ok {
				shapes = false
			}
		} else if unicode.IsLetter(r) {
			latin = true
		}
	}
	byShape = latin || byShape && shapes
	if !byShape {
		text = greekDigraphs.Replace(text)
		text = greekInitials.ReplaceAllStringFunc(text, func(s string) string {
			if strings.HasPrefix(strings.ToLower(s), "μ") {
				return "b"
			}
			return "d"
		})
	}
	var b strings.Builder
	for _, r := range text {
		shape, looksLatin := homoglyphs[r]
		sound, known := sounds[unicode.ToLower(r)]
		switch {
		case byShape && looksLatin:
			b.WriteString(shape)
		case known:
			b.WriteString(sound)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// A skeleton is what the romanizations of one name have in common. Digraphs of English, then of German and Polish,
// then of French conventions give up to three.
var (
	english = strings.NewReplacer("schtsch", "sc", "shch", "sc", "chtch", "sc", "stsch", "sc", "tsch", "c", "tch", "c", "tsh", "c", "sch", "s", "sh", "s", "chr", "kr", "ch", "c", "cz", "c",
		"zh", "z", "kh", "h", "ph", "f", "gh", "g", "th", "t", "dh", "d", "bh", "b", "ck", "k", "qu", "k", "q", "k", "x", "ks", "ce", "se", "ci", "si", "cy", "si", "c", "k", "tz", "ts", "w", "v",
		"eu", "ev", "ou", "u", "oo", "u", "ee", "i", "ie", "e", "ye", "e", "je", "e", "yo", "e", "jo", "e", "ay", "ei", "ai", "ei", "aj", "ei", "y", "i", "j", "i")
	german = strings.NewReplacer("schtsch", "sc", "szcz", "sc", "tsch", "c", "tch", "c", "cz", "c", "sz", "s", "rz", "z", "sch", "s", "sh", "s", "ch", "h", "zh", "z", "kh", "h", "ph", "f", "th", "t", "ts", "z", "tz", "z",
		"ck", "k", "q", "k", "x", "ks", "c", "k", "w", "v", "eu", "ev", "ou", "u", "ie", "e", "je", "e", "jo", "e", "ay", "ei", "ai", "ei", "aj", "ei", "y", "i", "j", "i")
	french = strings.NewReplacer("chtch", "sc", "tch", "c", "dj", "z", "dzh", "z", "ch", "s", "j", "z", "zh", "z", "kh", "h", "ph", "f", "th", "t", "ck", "k", "qu", "k", "q", "k", "x", "ks", "c", "k", "w", "v", "ou", "u", "oo", "u", "ee", "i", "ie", "e", "ye", "e",
		"ay", "ei", "ai", "ei", "y", "i")
)

func skeletons(texts ...string) (out []string) {
	for i, text := range texts {
		if slices.Contains(texts[:i], text) {
			continue
		}
		text = vowelEndings(text)
		for _, convention := range []*strings.Replacer{english, german, french} {
			s := endings(collapse(convention.Replace(text)))
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// givenSounds writes the sounds of given names alike that languages spell with c or k, ph or f, th or t, w or v, y or i.
var givenSounds = strings.NewReplacer("sch", "s", "chr", "kr", "ch", "c", "ck", "k", "cz", "c", "sz", "s", "ph", "f", "th", "t", "kh", "h", "qu", "k", "q", "k", "x", "ks", "ce", "se", "ci", "si", "cy", "si", "c", "k",
	"w", "v", "ou", "u", "y", "i", "j", "i")

// givenSkeleton is equal for spellings of one given name. It keeps all vowels, which tell Joan from Jean and Maria from Mario, and
// the first letter, which tells Jan from Ian.
func givenSkeleton(text string) string {
	first := ""
	if rest := strings.TrimLeft(text, "jy"); rest != "" && rest != text {
		first, text = "j", rest
	}
	s := collapse(givenSounds.Replace(text))
	if stem, ok := strings.CutSuffix(s, "h"); ok && stem != "" && strings.ContainsRune("aeiou", rune(stem[len(stem)-1])) {
		s = stem // Sarah
	}
	return first + s
}

// vowelEndings unifies -aev and -ayev, -eev and -eyev.
func vowelEndings(text string) string {
	for _, feminine := range []string{"", "a"} {
		for _, ending := range []string{"yev", "iev", "jev", "jew", "yew"} {
			if stem, ok := strings.CutSuffix(text, ending+feminine); ok && len(stem) > 2 && (stem[len(stem)-1] == 'a' || stem[len(stem)-1] == 'e') {
				return stem + "v" + feminine
			}
		}
	}
	return text
}

// endings unifies those of Slavic family names: -ov, -off, -ev, -yov.
func endings(s string) string {
	if len(s) < 5 {
		return s
	}
	for _, ending := range []string{"iof", "iov", "of", "ov", "ef"} {
		if stem, ok := strings.CutSuffix(s, ending); ok {
			return stem + "ev"
		}
	}
	return s
}

// collapse writes doubled letters once.
func collapse(s string) string {
	doubled := false
	for i := 1; i < len(s) && !doubled; i++ {
		doubled = s[i] == s[i-1] || s[i] >= utf8.RuneSelf
	}
	if !doubled {
		return s
	}
	var b strings.Builder
	var last rune
	for _, r := range s {
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

var consonantDigraphs = strings.NewReplacer("tch", "c", "ch", "h", "kh", "h", "sh", "s", "th", "t", "dh", "d", "ts", "s", "tz", "s", "gh", "g", "zh", "j", "ph", "f", "ou", "", "oo", "", "x", "ks", "q", "k", "c", "k", "z", "z", "p", "f", "w", "", "y", "", "j", "g")

// consonants are what an unvocalized script writes of a word.
func consonants(text string, unvocalized bool) []string {
	if unvocalized { // kh may be one sound or two
		return append(vowelless(text, consonantDigraphs.Replace(text), true), vowelless(text, text, true)...)
	}
	return vowelless(text, consonantDigraphs.Replace(text), false)
}

// vowelless drops the vowels of a word of which s has the sounds.
func vowelless(text, s string, unvocalized bool) []string {
	initial := ""
	if s != "" && strings.ContainsRune("aeiou", rune(text[0])) {
		initial = "a"
	}
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("aeiou", r) {
			return -1
		}
		return r
	}, s)
	s = initial + strings.TrimSuffix(collapse(s), "h")
	if len(s) < 2 {
		return []string{s + "."}
	}
	if unvocalized {
		if rest, ok := strings.CutPrefix(s, "al"); ok && len(rest) >= 2 {
			return []string{s, rest}
		}
		return []string{s}
	}
	return []string{s, strings.ReplaceAll(s, "v", "b"), strings.ReplaceAll(s, "v", "")}
}

// unvocalized are further spellings of a word of consonants: without half vowels, the article, and what looks like a
// digraph.
func unvocalized(text string, hebrew bool) (out []string) {
	for _, s := range []string{text, strings.TrimPrefix(text, "al")} {
		if len(s) > 2 {
			halved := s[:1] + strings.NewReplacer("w", "", "y", "").Replace(s[1:])
			out = append(out, s, halved, strings.ReplaceAll(halved, "h", ""))
			if hebrew {
				out = append(out, halved[:1]+strings.NewReplacer("b", "v", "p", "f").Replace(halved[1:]))
			}
		}
	}
	return out
}

var arabicDigraphs = strings.NewReplacer("kh", "x", "sh", "S", "ch", "S", "gh", "G", "th", "t", "dh", "d", "dj", "g", "j", "g", "ou", "", "ee", "y", "ei", "y", "ai", "y", "ay", "y", "ey", "y", "q", "k", "c", "k", "w", "")

// arabicCode is equal for romanizations of one Arabic name: its consonants and the class of its first vowel.
func arabicCode(s string) string {
	first := strings.IndexAny(s, "aeiouy")
	if first < 0 {
		return ""
	}
	vowel := "a"
	if strings.ContainsRune("ou", rune(s[first])) {
		vowel = "u"
	} else if s[first] == 'i' || s[first] == 'y' {
		vowel = "i"
	}
	at := "-"
	if first == 0 {
		at = "+"
	}
	s = arabicDigraphs.Replace(s)
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("aeiouy", r) {
			return -1
		}
		return r
	}, s)
	return at + vowel + strings.TrimSuffix(collapse(s), "h")
}

// servant and servantOf recognize names that begin with Abd, the servant of.
var (
	servant   = set(`abd abdul abdel abdal abdu abdol abdur abder abdus abdar`)
	faith     = set(`din deen dine`)
	faithOf   = regexp.MustCompile(`^([a-z]{3,}?)(?:[aeu]d|al|el|ul)d(?:in|een|ine)$`)
	servantOf = regexp.MustCompile(`^abd(?:[uaeio](?:[lrsnztd])|al|)([a-z]{4,})$`)
)
