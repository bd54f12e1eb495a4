package search

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	snowballnl "github.com/blevesearch/snowballstem/dutch"
	snowballen "github.com/blevesearch/snowballstem/english"
	snowballfr "github.com/blevesearch/snowballstem/french"
	snowballde "github.com/blevesearch/snowballstem/german"
	snowballit "github.com/blevesearch/snowballstem/italian"
	snowballpt "github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/russian"
	snowballes "github.com/blevesearch/snowballstem/spanish"
)

var stemmers = [numLanguages]func(*snowballstem.Env) bool{
	english: snowballen.Stem, german: snowballde.Stem, french: snowballfr.Stem, spanish: snowballes.Stem, italian: snowballit.Stem, portuguese: snowballpt.Stem, dutch: snowballnl.Stem,
}

func snowball(stem func(*snowballstem.Env) bool, w string) string {
	env := snowballstem.NewEnv(w)
	stem(env)
	return fold(env.Current())
}

// stem returns the folded Snowball stem of a word.
func stem(l language, w string) string {
	st := snowball(stemmers[l], w)
	if n := len(st); l == dutch && n > 3 && st[n-1] == st[n-2] && !strings.ContainsRune("aeiou", rune(st[n-1])) {
		return st[:n-1] // opzeggen, opgezegd
	}
	return st
}

// termsOf returns the index terms of a lower-case word in some languages, without those of compound
// components. Without languages it is the folded word. noun means that the word is capitalized like a
// German noun and thus not a verb form.
func termsOf(w string, languages languageSet, noun bool) []string {
	folded := fold(w)
	if utf8.RuneCountInString(w) > maxStemmedRunes {
		return []string{folded}
	}
	first, _ := utf8.DecodeRuneInString(folded)
	switch {
	case unicode.IsDigit(first):
		return []string{folded}
	case unicode.Is(unicode.Cyrillic, first):
		return distinct(folded, snowball(russian.Stem, folded))
	case unicode.Is(unicode.Arabic, first):
		return distinct(folded, snowball(arabic.Stem, folded))
	case !unicode.Is(unicode.Latin, first) || languages == 0:
		return spellingVariants(folded, w)
	}
	var out []string
	for _, form := range spellingVariants(w, folded, contractDigraphs(w)) {
		for l := range language(numLanguages) {
			if !languages.has(l) {
				continue
			}
			out = append(out, stem(l, form))
			for _, base := range baseForms(l, form, noun) {
				out = append(out, stem(l, base))
			}
		}
	}
	return distinct(out...)
}

// componentTerms returns the index terms of the components of a compound.
func componentTerms(w string, languages languageSet) []string {
	var out []string
	for _, l := range []language{german, dutch} {
		if languages.has(l) {
			for _, form := range distinct(fold(w), fold(contractDigraphs(w))) {
				out = append(out, compoundSplitters[l].terms(form)...)
			}
		}
	}
	return out
}

// spellingVariants returns the given spellings of a word, also with ae for ä and so on.
func spellingVariants(w string, others ...string) []string {
	out := append([]string{w}, others...)
	for _, o := range out[:len(out):len(out)] {
		if e := umlautDigraphs.Replace(o); e != o {
			out = append(out, fold(e))
		}
	}
	return distinct(out...)
}

func distinct(words ...string) []string {
	out := words[:0:0]
	for _, w := range words {
		if w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// baseForms returns base forms of a word that suffix stripping does not find: of irregular forms,
// participles, and feminine or plural forms with changed endings.
func baseForms(l language, w string, noun bool) []string {
	var out []string
	out = append(out, irregular[l][fold(w)]...)
	if to := applySuffixRules(l, w); to != "" {
		out = append(out, to)
	}
	switch l {
	case german:
		out = append(out, infinitives(w, noun, germanPrefixes, irregular[german], []string{"eten", "ete", "ten", "te", "et", "t"})...)
	case dutch:
		out = append(out, infinitives(w, false, dutchPrefixes, irregular[dutch], []string{"den", "ten", "de", "te", "d", "t"})...)
	case english:
		for _, p := range []string{"re", "over", "under", "with", "mis", "un", "out"} {
			if rest, ok := strings.CutPrefix(w, p); ok {
				for _, base := range irregular[english][rest] {
					out = append(out, p+base)
				}
			}
		}
	}
	return out
}

// suffixRules replace suffixes that Snowball does not handle, or handles only with accents. The first
// matching rule applies.
var suffixRules = [numLanguages][][2]string{
	german:     {{"innen", ""}, {"in", ""}},
	french:     {{"eresses", "eur"}, {"eresse", "eur"}, {"euses", "eur"}, {"euse", "eur"}, {"trices", "teur"}, {"trice", "teur"}},
	spanish:    {{"trices", "tor"}, {"triz", "tor"}, {"ces", "z"}, {"cion", "ción"}, {"sion", "sión"}},
	italian:    {{"trici", "tore"}, {"trice", "tore"}, {"essa", ""}, {"esse", ""}},
	portuguese: {{"ções", "ção"}, {"coes", "ção"}, {"cao", "ção"}, {"sões", "são"}, {"soes", "são"}, {"sao", "são"}, {"ões", "ão"}, {"ães", "ão"}, {"ãos", "ão"}, {"oes", "ao"}, {"aes", "ao"}, {"aos", "ao"}, {"ais", "al"}, {"eis", "el"}, {"éis", "el"}, {"óis", "ol"}, {"uis", "ul"}, {"trizes", "tor"}, {"triz", "tor"}, {"s", ""}},
	dutch:      {{"neemsters", "nemer"}, {"neemster", "nemer"}, {"eressen", "er"}, {"eres", "er"}, {"sters", "r"}, {"ster", "r"}},
}

func applySuffixRules(l language, w string) string {
	for _, e := range suffixRules[l] {
		rest, ok := strings.CutSuffix(w, e[0])
		if !ok {
			continue
		}
		if n := utf8.RuneCountInString(rest); n < 1 || l != portuguese && n < 3 || l == german && n < 5 && rest != "ärzt" && rest != "arzt" { // Termin, Berlin
			return ""
		}
		return rest + e[1]
	}
	return ""
}

var (
	germanPrefixes = []string{"", "ab", "an", "auf", "aus", "be", "bei", "durch", "ein", "ent", "er", "fest", "frei", "her", "hin", "nach", "statt", "teil", "über", "uber", "um", "unter", "ver", "vor", "weg", "wider", "zer", "zu", "zurück", "zuruck", "zusammen"}
	dutchPrefixes  = []string{"", "aan", "achter", "af", "be", "bij", "door", "her", "in", "mee", "na", "om", "onder", "ont", "op", "over", "overeen", "toe", "uit", "vast", "ver", "voor", "vrij", "weg"}
)

// infinitives returns possible infinitives, or their stems, of a German or Dutch verb form: gekündigt,
// kündigte, abzumahnen, abgeschlossen.
func infinitives(w string, noun bool, prefixes []string, strong map[string][]string, past []string) []string {
	if noun {
		return nil
	}
	var out []string
	for _, p := range prefixes {
		rest, ok := strings.CutPrefix(w, p)
		if !ok || len(rest) < 4 {
			continue
		}
		bare, ge := strings.CutPrefix(rest, "ge")
		if p != "" || ge {
			for _, base := range strong[fold(rest)] {
				out = append(out, p+base)
			}
		}
		if ge {
			for _, base := range strong[fold(bare)] {
				out = append(out, p+base)
			}
			for _, end := range past {
				if base, ok := strings.CutSuffix(bare, end); ok && len(base) >= 3 {
					out = append(out, p+base)
					break
				}
			}
		}
		if inf, ok := strings.CutPrefix(rest, "zu"); ok && p != "" && len(inf) >= 5 && strings.HasSuffix(inf, "n") {
			out = append(out, p+inf)
		}
	}
	for _, end := range past {
		if base, ok := strings.CutSuffix(w, end); ok && utf8.RuneCountInString(base) >= 4 {
			out = append(out, base)
			break
		}
	}
	return out
}

//go:embed irregular.txt
var irregularText string

// irregular maps folded irregular forms to their base forms.
var irregular = func() (out [numLanguages]map[string][]string) {
	names := map[string]language{"en": english, "de": german, "fr": french, "es": spanish, "it": italian, "pt": portuguese, "nl": dutch}
	for l := range out {
		out[l] = map[string][]string{}
	}
	for line := range strings.Lines(irregularText) {
		f := strings.Fields(line)
		if len(f) < 3 || f[0] == "#" {
			continue
		}
		l := names[f[0]]
		for _, form := range f[2:] {
			out[l][fold(form)] = append(out[l][fold(form)], f[1])
		}
	}
	return out
}()
