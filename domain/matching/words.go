package matching

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
)

// variantsText lists the forms of names, a group a line. "=" stands before spellings of one given name, "&" of one
// family name, "+" before those of given names that different people bear, such as Stephen and Stefan, "~" before short
// and foreign forms. Groups that begin with the same form are one. "." stands before given names and "," before other
// words that are not typing mistakes of each other, "*" before Arabic names.
//
//go:embed variants.txt
var variantsText string

// variant is a form in a group.
type variant struct {
	name string // the first form of the group
	similarity
}

// Similarities of two forms, of which the lower one counts.
var (
	sameSpelling = similarity{score: 0.95, reason: Spelling}
	givenForm    = similarity{score: 0.93, reason: Spelling, otherBearer: true}
	nickname     = similarity{score: 0.88, reason: Nickname, otherBearer: true}
)

var (
	variants    = map[string][]variant{}
	spellings   = map[string]string{} // the first form of spellings, by skeleton
	established = map[string]bool{}   // names that are not typing mistakes of each other
	givenNames  = map[string]bool{}   // those of them that are not only family names
	arabicNames = map[string]bool{}   // by arabicCode
)

func init() {
	for line := range strings.Lines(variantsText) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		words := strings.Fields(rest)
		switch kind {
		case "=", "&", "+", "~":
			form := map[string]similarity{"=": sameSpelling, "&": sameSpelling, "+": givenForm, "~": nickname}[kind]
			for i, w := range words {
				words[i] = plain(w)
				variants[words[i]] = append(variants[words[i]], variant{plain(words[0]), form})
				established[words[i]] = true
				givenNames[words[i]] = givenNames[words[i]] || kind != "&"
				if kind != "~" {
					spellings[skeletons(words[i])[0]] = words[0]
				}
			}
		case ".", ",":
			for _, w := range words {
				w = plain(w)
				established[w] = true
				givenNames[w] = givenNames[w] || kind == "."
			}
		case "*":
			for _, w := range words {
				arabicNames[arabicCode(w)] = true
			}
		}
	}
}

// compareWords compares two words that are spelled out. given says that they stand where a given name is expected.
func compareWords(a, b word, kind Kind, given, sinitic bool) similarity {
	if a.text == b.text {
		return similarity{score: 1}
	}
	if hasDigit(a.text) || hasDigit(b.text) {
		return similarity{}
	}
	if kind == Company {
		if expand(a.text) == expand(b.text) {
			return similarity{score: 0.97, reason: Abbreviation}
		}
	}
	if a.consonantal() != b.consonantal() {
		if intersect(a.consonants(), b.consonants()) {
			return similarity{score: 0.92, reason: Transliterated}
		}
		return similarity{}
	}
	if kind == Person {
		if s := compareVariants(a, b); s.score > 0 {
			return s
		}
		if s := compareGiven(a, b, given); s.score > 0 {
			return s
		}
	}
	if kind == Person && !(established[a.text] && established[b.text]) && compareEastAsian(a, b, sinitic) {
		return similarity{score: 0.94, reason: Transliterated}
	}
	if len(a.text) < 3 || len(b.text) < 3 {
		return similarity{}
	}
	if established[a.text] && established[b.text] {
		return similarity{}
	}
	if s, t := slavicFamily(a.text), slavicFamily(b.text); kind == Person && !given && s == t && s != "" {
		return similarity{score: 0.95, reason: Spelling}
	}
	if intersect(a.skeletons(), b.skeletons()) {
		reason := Spelling
		if a.script != b.script {
			reason = Transliterated
		}
		return similarity{score: 0.96, reason: reason}
	}
	if kind == Person && (gendered(a.text, b.text, given) || gendered(a.skeletons()[0], b.skeletons()[0], given)) {
		return similarity{}
	}
	return misspelled(a, b)
}

// compareVariants matches forms of one given name.
func compareVariants(x, y word) similarity {
	a, b := x.form(), y.form()
	best := similarity{}
	for _, v := range variants[a] {
		for _, w := range variants[b] {
			if v.name != w.name {
				continue
			}
			form := v.similarity
			if w.score < form.score {
				form = w.similarity
			}
			if form.score > best.score {
				best = form
			}
		}
	}
	if best.score > 0 {
		return best
	}
	if code := x.arabicCode(); len(a) > 2 && len(b) > 2 && code == y.arabicCode() && arabicNames[code] {
		return similarity{score: 0.95, reason: Transliterated}
	}
	for _, article := range []string{"al", "el", "as", "ar", "ash", "mac"} {
		if rest, ok := strings.CutPrefix(a, article); ok && len(rest) >= 4 && rest == b {
			return similarity{score: 0.9, reason: MissingWord}
		}
		if rest, ok := strings.CutPrefix(b, article); ok && len(rest) >= 4 && rest == a {
			return similarity{score: 0.9, reason: MissingWord}
		}
	}
	if x, ok := strings.CutPrefix(a, "mac"); ok && "mc"+x == b {
		return similarity{score: 0.96, reason: Spelling}
	}
	if y, ok := strings.CutPrefix(b, "mac"); ok && "mc"+y == a {
		return similarity{score: 0.96, reason: Spelling}
	}
	return similarity{}
}

// compareGiven matches given names that several languages spell with other letters for the same sounds: Oscar and Oskar.
func compareGiven(a, b word, given bool) similarity {
	if !givenNames[a.text] || !givenNames[b.text] || gendered(a.text, b.text, given) || givenSkeleton(a.text) != givenSkeleton(b.text) {
		return similarity{}
	}
	s := givenForm
	if a.script != b.script {
		s.reason = Transliterated
	}
	return s
}

// gendered reports whether the words differ as names of a man and a woman do: Paul and Paula. A Slavic family
// name has both forms for one family.
func gendered(a, b string, given bool) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if a == "" {
		return false
	}
	if !given && (strings.HasSuffix(a, "ov") || strings.HasSuffix(a, "ev") || strings.HasSuffix(a, "in")) && b == a+"a" {
		return false
	}
	if last := a[len(a)-1:]; b == a+last+"e" { // Marcelle
		return true
	}
	const endings = "aeio"
	if len(b) == len(a)+1 {
		return strings.HasPrefix(b, a) && strings.ContainsRune(endings, rune(b[len(b)-1]))
	}
	return len(a) == len(b) && a[:len(a)-1] == b[:len(b)-1] && strings.ContainsRune(endings, rune(a[len(a)-1])) && strings.ContainsRune(endings, rune(b[len(b)-1]))
}

// misspelled matches long words by the distance of Damerau and Levenshtein.
func misspelled(a, b word) similarity {
	best := distance(a.text, b.text)
	for _, s := range a.skeletons() {
		for _, t := range b.skeletons() {
			if len(s) >= 6 && len(t) >= 6 {
				best = max(best, distance(s, t)-0.01)
			}
		}
	}
	if best <= 0 {
		return similarity{}
	}
	return similarity{score: best, reason: Spelling}
}

// distance is the similarity of two words of which one may be a misspelling; 0 if it is none.
func distance(a, b string) float64 {
	short, long := min(len(a), len(b)), max(len(a), len(b))
	if long-short > 2 || short < 4 || short < 5 && len(a) != len(b) {
		return 0
	}
	if n := differentRunes(a, b); n > 4 || n > 2 && short < 8 {
		return 0
	}
	d := edlib.OSADamerauLevenshteinDistance(a, b)
	switch {
	case d == 1 && a[0] != b[0] && short < 7: // Polar, Solar
		return 0
	case d == 1 && (short >= 5 && long >= 6 || len(a) == len(b) && sortRunes(a) == sortRunes(b)):
	case d == 2 && short >= 8 && a[0] == b[0]:
	default:
		return 0
	}
	score := 1 - float64(d)*0.55/float64(long)
	if a[0] != b[0] {
		score -= 0.05
	}
	return score
}

// differentRunes counts the letters that only one of the words has: at most two for each mistake. It is 0 for words with
// letters that have no romanization.
func differentRunes(a, b string) (n int) {
	if !isASCII(a) || !isASCII(b) {
		return 0
	}
	var count [utf8.RuneSelf]int
	for i := range len(a) {
		count[a[i]]++
	}
	for i := range len(b) {
		count[b[i]]--
	}
	for i := range len(a) {
		if c := count[a[i]]; c != 0 {
			n += max(c, -c)
			count[a[i]] = 0
		}
	}
	for i := range len(b) {
		if c := count[b[i]]; c != 0 {
			n += max(c, -c)
			count[b[i]] = 0
		}
	}
	return n
}

// slavicFamily is the family of a man's and a woman's name such as Tolstoy and Tolstaya, Dombrovsky and Dombrovskaya.
func slavicFamily(s string) string {
	for _, ending := range []string{"skaya", "skaia", "skaja", "ska", "skiy", "skij", "skyy", "skyi", "sky", "ski", "zka", "zki", "cka", "cki", "enko", "enka", "oy", "oi", "aya", "aia"} {
		if stem, ok := strings.CutSuffix(s, ending); ok && len(stem) >= 3 {
			return stem
		}
	}
	return ""
}

func sortRunes(s string) string {
	runes := []rune(s)
	slices.Sort(runes)
	return string(runes)
}

func intersect(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return s != "" && slices.Contains(b, s) })
}

func hasDigit(s string) bool { return strings.ContainsFunc(s, unicode.IsDigit) }
