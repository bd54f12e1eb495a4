package citation

import (
	"regexp"
	"strings"
)

// act adds the act text[i:end], with its year and the provision behind it.
func (f *finder) act(i, end int) {
	kind, year := Act, f.year(end)
	if strings.HasSuffix(f.text[i:end], "Amendment") && strings.HasPrefix(f.text[skipSpace(f.text, end):], "to ") {
		return // the first amendment to a lease
	}
	if t := f.trailing(year); t > year {
		kind, year = Statute, t
	} else if directStatutes[f.text[i:end]] || year == end && strings.HasSuffix(f.text[i:end], " Code") {
		if t := pinsEnd(f.text, end); t > end {
			kind, year = Statute, t
		}
	}
	f.add(i, year, kind)
}

// year extends an act by the year behind it: "Housing Act 1988", "Sherman Act of 1890".
func (f *finder) year(end int) int {
	if n := len(actYear.FindString(f.window(end))); end+n+1 < len(f.text) && f.text[end+n] == '.' && byteClass[f.text[end+n+1]] == digit {
		return end // the section of a code: "Ohio Revised Code 1345.71"
	}
	return end + len(actYear.FindString(f.window(end)))
}

var actYear = regexp.MustCompile(`^(?:[\s\x{a0}]+(?:of\s+|\()?(?:1[2-9]|20)\d\d\)?)(?:\b|$)`)

// actSuffix recognizes an English act or code at its last word: "Housing Act 1988", "Family Code".
func actSuffix(f *finder, i, j int) {
	if !isCapital(f.text, i) {
		return
	}
	start := f.titleStart(i)
	if start == i {
		return
	}
	generic := f.text[i] != 'A' // "Code", "Law", "Rules" need more than "Act"
	if generic && !codeSection.MatchString(f.window(j)) && f.trailing(f.year(j)) == f.year(j) && f.year(j) == j && !codeNames[fold(lastWord(f.text, i))] {
		return
	}
	f.act(start, j)
}

// codeSection matches the section that follows the name of a code: " 1345.71".
var codeSection = regexp.MustCompile(`^\s\d{2,5}\.\d`)

// codeNames are what comes before "Code", "Law" or "Rules" in the name of an act.
var codeNames = set(`civil penal criminal commercial labor labour family probate evidence tax revenue property vehicle insurance government corporations
	bankruptcy procedure education health business professions building electoral housing companies takeover planning estates obligations domestic`)

func lastWord(text string, i int) string {
	end := skipSpaceBack(text, i)
	return text[wordStart(text, end):end]
}

// titleStart returns the start of the capitalized title that ends before the word at text[i], or i.
func (f *finder) titleStart(i int) int {
	text, start := f.text, i
	for k, n := i, 0; n < 12; n++ {
		k = skipSpaceBack(text, k)
		if k == 0 || k == start && n > 0 && text[k-1] != '-' {
			break
		}
		switch text[k-1] {
		case '(', ')', '&', '-', ',':
			if text[k-1] == ',' && !strings.HasPrefix(text[skipSpace(text, k):], "and ") && !oxford(text, k) {
				return f.trimTitle(start, i)
			}
			k--
			k = skipSpaceBack(text, k)
		}
		for k > 0 && (text[k-1] == '(' || text[k-1] == '\'' || text[k-1] == '-') {
			k--
		}
		j := k
		k = wordStart(text, j)
		if k == j {
			break
		}
		word := text[k:j]
		lower := fold(word)
		switch {
		case word == "Act": // another act before: "the Sherman Act and the Clayton Act"
			return f.trimTitle(start, i)
		case isCapital(text, k) && !sentenceStart[lower]:
			start = k
		case k > 1 && text[k-1] == '\'' && lower == "s", strings.HasSuffix(text[:k], "’") && lower == "s":
			k -= 1
			if strings.HasSuffix(text[:k+1], "’") {
				k = k + 1 - len("’")
			}
			continue
		case lower == "of", lower == "and", lower == "for", lower == "to", lower == "in", lower == "on", lower == "against", lower == "with", lower == "from", lower == "the" && precededBy(text, k):
		default:
			return f.trimTitle(start, i)
		}
	}
	return f.trimTitle(start, i)
}

// oxford reports whether the comma before text[k] stands in a list: "Fixed Term, Part Time and ...".
func oxford(text string, k int) bool {
	rest := text[k:min(len(text), k+60)]
	and := strings.Index(rest, " and ")
	return and >= 0 && !strings.ContainsAny(rest[:and], ".;\n") && isCapital(text, skipSpace(text, k))
}

func precededBy(text string, k int) bool {
	switch fold(lastWord(text, k)) {
	case "of", "for", "to", "in", "on", "and", "against", "with", "from":
		return true
	}
	return false
}

func (f *finder) trimTitle(start, i int) int {
	for start < i {
		end := wordEnd(f.text, start)
		if isCapital(f.text, start) && !sentenceStart[fold(f.text[start:end])] {
			return start
		}
		start = skipPunctuation(f.text, max(end, start+1))
	}
	return i
}

// titleAct returns the end of the English act whose title begins at text[i], or 0.
func (f *finder) titleAct(i int) int {
	if n := len(englishTitle.FindString(f.window(i))); n > 0 {
		return f.year(i + n)
	}
	return 0
}

var englishTitle = regexp.MustCompile(`^(?:[A-Z][\w'’\-]*|\((?:[A-Z][\w ]+)\))(?:,?\s+(?:[A-Z][\w'’\-]*|of|and|for|to|in|on|the|&|\([A-Z][\w ,]*\))){0,12}?\s+(?:Act|Code|Regulations|Rules|Order|Ordinance|Law|Convention|Charter)\b`)

// lawSuffix reports whether a capitalized word is the name of a German or Dutch act by its end.
func lawSuffix(word string) bool {
	switch {
	case strings.HasSuffix(word, "gesetz"), strings.HasSuffix(word, "gesetzes"), strings.HasSuffix(word, "gesetze"), strings.HasSuffix(word, "gesetzbuch"),
		strings.HasSuffix(word, "gesetzbuchs"), strings.HasSuffix(word, "gesetzbuches"), strings.HasSuffix(word, "sprozessordnung"),
		strings.HasSuffix(word, "prozessordnung"), strings.HasSuffix(word, "richtsordnung"):
		return true
	case strings.HasSuffix(word, "verordnung"):
		return len(word) > len("Verordnung")+3
	case strings.HasSuffix(word, "wet"), strings.HasSuffix(word, "wetboek"):
		return true
	}
	return false
}

// forwardAct returns the end of an act whose name or number follows its first word text[i:j]: "Code du
// travail", "Ley 29/1994", "loi n° 89-462 du 6 juillet 1989", "Regulation (EU) 2016/679". 0: none.
func forwardAct(f *finder, i, j int) int {
	for _, re := range forwardActs[fold(f.text[i:j])] {
		if n := len(re.FindString(f.window(i))); n > 0 {
			return i + len(strings.TrimRight(f.text[i:i+n], " ,\n"))
		}
	}
	return 0
}

func numberedAct(f *finder, i, j int) {
	if end := forwardAct(f, i, j); end > 0 {
		kind := Act
		if strings.ContainsAny(f.text[i:end], "0123456789") {
			kind = Statute
		}
		if t := f.trailing(end); t > end {
			kind, end = Statute, t
		}
		f.add(i, end, kind)
	}
}

const (
	no    = `(?:(?:[Nn]\.?\s?[ºo°]\.?|[Nn]°|[Nn]\.|[Nn]o\.?|[Nn]r\.?|[Nn][úu]m(?:\.|ero)?)\s*)`
	union = `(?:EU|EC|EEC|UE|CE|CEE|EG|EWG|EEG|Euratom|EURATOM)`
	month = `(?:\p{L}{3,10}\.?)`
	dated = `(?:\d{1,2}(?:er|º|°)?\s+(?:de\s+)?` + month + `(?:\s+(?:de\s+)?\d{4})?)`
	// capitals is a run of capitalized words with small ones between.
	capitals = `(?:\p{Lu}[\p{L}\-]+(?:,?\s+(?:y|e|i|de|del|de la|de los|de las|a|para|sobre|do|da|dos|das)\s+\p{Lu}[\p{L}\-]+|\s+\p{Lu}[\p{L}\-]+){0,8})`
)

// forwardActs are the forms of acts by their first word, folded.
var forwardActs = compileActs(map[string][]string{
	"ley leyes": {`[Ll]ey\s+(?:Orgánica\s+|Foral\s+|Federal\s+)?` + no + `?(?:\d{1,3}/\d{4}|\d{1,2}\.\d{3})(?:,?\s+de\s+` + dated + `)?`,
		`Ley\s+(?:Orgánica\s+|General\s+|Federal\s+|Nacional\s+)?(?:de|del|de la|de los|sobre|para|contra|reguladora)\s+` + capitals + `(?:\s+de\s+seguros?)?(?:\s+de\s+(?:19|20)\d\d)?`},
	"real decreto": {`(?:[Rr]eal\s+)?[Dd]ecreto(?:[-\s][Ll]ey|[-\s][Ll]egislativo|[-\s][Ll]ei|\s+legislativo|-legge)?\s+` + no + `?\d[\d.]*[/-]\d{2,4}(?:,?\s+de\s+` + dated + `)?`,
		`[Dd]ecreto(?:\s+legislativo|-legge|\s+ministeriale|\s+del\s+Presidente\s+della\s+Repubblica)?\s+` + dated + `,?\s+` + no + `\s*\d+`,
		`[Dd]écreto\s+\d`, `[Dd]ecreto-Lei\s+` + no + `?\d[\d.\-A-Z]*(?:/\d{2,4})?(?:,?\s+de\s+` + dated + `)?`},
	"lei leis": {`[Ll]ei\s+(?:Complementar\s+|Orgânica\s+|Federal\s+|Estadual\s+|Ordinária\s+)?` + no + `?\d[\d.\-A]*(?:/\d{2,4})?(?:/[A-Z]{2})?(?:,?\s+de\s+` + dated + `)?`,
		`Lei\s+(?:de|do|da|dos|das)\s+` + capitals},
	"portaria medida emenda": {`(?:Portaria|Medida\s+Provisória|Emenda\s+Constitucional)\s+` + no + `?\d[\d.\-A-Z]*(?:/\d{2,4})?`},
	"loi décret ordonnance arrêté": {`(?:[Ll]oi(?:\s+organique|\s+constitutionnelle)?|[Dd]écret|[Oo]rdonnance|[Aa]rrêté)\s+` + no + `\s*\d{2,4}-\d+(?:\s+du\s+\d{1,2}(?:er)?\s+` + month + `\s+\d{4})?`,
		`(?:[Ll]oi|[Dd]écret|[Oo]rdonnance)\s+du\s+\d{1,2}(?:er)?\s+` + month + `\s+\d{4}`},
	"code":               {`Code\s+(?:de\s+la\s+|de\s+l['’]\s?|des\s+|du\s+|de\s+)\p{Ll}+(?:\s+(?:civile|pénale|publique|sociale|intellectuelle|commerciale|forestier|maritime|judiciaire|animale|environnement))?(?:\s+et\s+(?:de\s+la\s+|de\s+l['’]\s?|des\s+|du\s+)\p{Ll}+(?:\s+(?:étrangers|d['’]asile))?)?`},
	"codice":             {`Codice\s+(?:del|della|dei|delle|dell['’]|di)\s*\p{Ll}+(?:\s+(?:civile|penale|pubblici|amministrativo|tributario))?`},
	"código":             {`Código\s+(?:(?:Civil|Penal|Comercial)\s+)?(?:de|do|da|del|dos|das|de la|de los)\s+` + capitals},
	"legge":              {`[Ll]egge\s+` + no + `?\s*\d+/\d{2,4}`, `[Ll]egge\s+` + dated + `,?\s+` + no + `\s*\d+`, `[Ll]egge\s+` + no + `\s*\d+\s+del\s+\d{4}`},
	"l d dlgs dpr dl dm": {`(?:L|l|D\.\s?L|d\.\s?l|D\.\s?M|d\.\s?m)\.\s*` + no + `?\s*\d+/\d{2,4}`, `(?:L|l|D\.\s?L|d\.\s?l|D\.\s?M|d\.\s?m)\.\s*` + dated + `,?\s+` + no + `\s*\d+`, `(?i:D\.?\s?Lgs\.?|D\.?\s?P\.?\s?R\.?|D\.?\s?L\.?|D\.?\s?M\.?|D\.?P\.?C\.?M\.?)\s*(?:` + no + `?\s*\d+/\d{2,4}|` + dated + `,?\s+` + no + `\s*\d+)`},
	"wet":                {`Wet\s+van\s+` + dated, `Wet\s+(?:op\s+(?:de|het)\s+|inzake\s+|tot\s+|op\s+)?\p{L}+(?:\s+(?:en|van|bij)\s+\p{L}+)?`},
	"stb":                {`Stb\.?\s+\d{4},\s*\d+`},
	"bgbl":               {`BGBl\.?\s+(?:I{1,3}\s+)?(?:\d{4}\s+)?(?:I{1,3}\s+)?(?:S\.|Nr\.)\s*\d+`},
	"regulation directive verordnung richtlinie règlement reglamento directiva regulamento diretiva regolamento direttiva verordening richtlijn decision beschluss vo rl décision decisión decisão decisione besluit uitvoeringsverordening durchführungsverordnung": {`\p{L}+\s+(?:\(` + union + `(?:,\s*Euratom)?\)|` + union + `)\s*` + no + `?\d{1,4}/\d{1,4}`, `\p{L}+\s*` + no + `?\d{2,4}/\d{1,4}/` + union, `\p{L}+\s+` + no + `?\s*\d{1,4}/\d{4}\s+\(` + union + `\)`},
	"oj":  {`OJ\s+[LC]\s*\d+(?:/\d+)?`},
	"abl": {`ABl\.?\s+(?:EU\s+)?(?:Nr\.\s*)?[LC]\s*\d+`},
})

func compileActs(forms map[string][]string) map[string][]*regexp.Regexp {
	out := map[string][]*regexp.Regexp{}
	for keys, list := range forms {
		for _, expr := range list {
			re := regexp.MustCompile(`^(?:` + expr + `)`)
			for key := range strings.FieldsSeq(keys) {
				out[key] = append(out[key], re)
			}
		}
	}
	return out
}

// namedLaw recognizes "Megan's Law" at the word "Law".
func namedLaw(f *finder, i, _ int) {
	k := skipSpaceBack(f.text, i)
	if f.text[i:min(len(f.text), i+3)] != "Law" || !strings.HasSuffix(f.text[:k], "'s") && !strings.HasSuffix(f.text[:k], "’s") {
		return
	}
	k -= len("s") + 1
	if strings.HasSuffix(f.text[:k+1], "’"[:1]) || !isWordByte(f.text, k-1) {
		k = strings.LastIndex(f.text[:k+1], "’")
	}
	if k <= 0 {
		return
	}
	if start := wordStart(f.text, k); isCapital(f.text, start) {
		f.add(start, i+len("Law"), Act)
	}
}
