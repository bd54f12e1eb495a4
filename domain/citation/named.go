package citation

import (
	"regexp"
	"strings"
)

// Laws and doctrines that are named after a person or a place are recognized by the word beside the name.

// eponymousAct recognizes "loi Neuwirth", "Lei Henry Borel" and "riforma Cartabia" at the first word.
func eponymousAct(f *finder, i, j int) {
	k := skipSpace(f.text, j)
	if k == j || !isCapital(f.text, k) {
		return
	}
	limit := 1
	switch f.text[i:j] {
	case "Ley", "Lei", "Lex", "lex":
		limit = 3
	}
	if end := eponymEnd(f.text, k, limit); end > 0 {
		f.add(i, end, Act)
	}
}

// eponymEnd returns the end of the name of at most limit words at text[i:], or 0.
func eponymEnd(text string, i, limit int) int {
	end := 0
	for k, n := i, 0; n < limit && isCapital(text, k); n++ {
		j := wordEnd(text, k)
		word := fold(text[k:j])
		if particles[word] && isCapital(text, skipSpace(text, j)) { // "El Khomri"
			k, n = skipSpace(text, j), n-1
			if j == k {
				break
			}
			continue
		}
		if notEponyms[word] || strings.ToUpper(text[k:j]) == text[k:j] {
			break
		}
		for j+1 < len(text) && (text[j] == '-' && isCapital(text, j+1) || text[j] == '\'' && isWordByte(text, j+1)) {
			j = wordEnd(text, j+1)
		}
		end = j
		if k = j + 1; j == len(text) || text[j] != ' ' {
			break
		}
	}
	if end > 0 {
		if n := len(edition.FindString(text[end:min(len(text), end+6)])); n > 0 && !isWordByte(text, end+n) {
			end += n
		}
	}
	return end
}

// edition tells acts of one name apart: "loi Sapin II".
var edition = regexp.MustCompile(`^ (?:I{1,3}|IV|[1-9])`)

var particles = set("le la el del di de van von mc")

// notEponyms are capitalized words that no law is named after.
var notEponyms = set(`monsieur madame mademoiselle mme mlle maître docteur professeur messieurs mesdames señor señora don doña sr sra srta doctor senhor senhora dona dr dra
	signor signora signore avvocato avv dott mr mrs ms miss sir herr herrn frau mijnheer mevrouw meneer dhr mevr
	the a an i he she it we you they this that les un une il elle on nous vous je tu ce cette los las una yo usted él ella se no si sí não o os as um uma eu ele
	gli lo che non io lei der die das ein eine ich er sie es wir het een ik hij zij wij`)

// treaty recognizes "convention de Varsovie" and "Treaty of Lisbon" at the first word.
func treaty(f *finder, i, j int) {
	if n := len(treatyOf.FindString(f.window(i))); n > 0 && !isWordByte(f.text, i+n) {
		f.add(i, f.year(i+n), Act)
	}
}

var treatyOf = longest(`^\p{L}+\s+(?:de|d['’]|du|do|da|di|dell['’]|del|of|van|von)\s*(?:(?:L[ae]|l['’]|Den|The|San)\s*)?(?:Aarhus|Aia|Amsterdam|Ámsterdam|Amsterdão|Athènes|Atenas|Athene|Athens|Bâle|Basel|Basilea|Barcelona|Barcelone|Belém(?:\sdo\sPará)?|Berna?|Berne|Bruxelles|Bruselas|Bruxelas|Brussels?|Brussel|Bucarest|Budapest|Cartagena|Chicago|Cotonou|Dublin|Dublino|Dublín|Espoo|Florence|Genève|Genf|Geneva|Ginebra|Genebra|Ginevra|Haag|Hague|Haia|Haya|Haye|Hamburgo?|Hambourg|Istanbul|Istambul|Estambul|Kyoto|Kioto|Quioto|Lanzarote|Lisbonne|Lisbon|Lisboa|Lisbona|Lissabon|Lomé|Lugano|Maastricht|Madrid|Marrakech|Marraquexe|Minamata|Monterrey|Montevideo|Montevideu|Montréal|Montreal|Nagoya|Nairobi|New\sYork|Nueva\sYork|Nova\s(?:York|Iorque)|Nice|Niza|Nizza|Ottawa|Oviedo|Palerm[eo]|Paris|París|Parigi|Parijs|Ramsar|Rio|Roma|Rome|Rom|Rotterdam|San\sJosé|José(?:\sde\sCosta\sRica|\sda\sCosta\sRica)?|Schengen|Singapou?r[ea]?|Singapur|Stockholm|Estocolmo|Strasbourg|Estrasburgo|Tokyo|Tokio|Tordesillas|Trianon|Varsovie|Varsovia|Varsóvia|Varsavia|Warschau|Warsaw|Versailles|Versalles|Vienne|Viena|Vienna|Wenen|Wien|Washington|Yaoundé)`)

// longest compiles an expression that prefers the longest match: "Lisbona" to "Lisbon".
func longest(expression string) *regexp.Regexp {
	re := regexp.MustCompile(expression)
	re.Longest()
	return re
}

// placedRegulation recognizes "règlement Dublin III" and "Regolamento Roma I" at the first word.
func placedRegulation(f *finder, i, j int) {
	k := skipSpace(f.text, j)
	if k == j {
		return
	}
	if n := len(regulationPlace.FindString(f.window(k))); n > 0 && !isWordByte(f.text, k+n) {
		f.add(i, k+n, Act)
	}
}

var regulationPlace = longest(`^(?:d[eio]\s+)?(?:Dublin|Dublino|Dublín|Dublim|Rom[ae]?|Bruxelles|Bruselas|Bruxelas|Brussels?|Brüssel)(?:\s+(?:I{1,3}|IV)(?:\s?(?:bis|ter|a))?)?`)

// placedTreaty recognizes "Haager Übereinkommen" at its last word.
func placedTreaty(f *finder, i, j int) {
	end := skipSpaceBack(f.text, i)
	start := wordStart(f.text, end)
	place := f.text[start:end]
	if len(place) < 5 || !isCapital(f.text, i) || !isCapital(f.text, start) || !strings.HasSuffix(place, "er") {
		return
	}
	switch place {
	case "Dieser", "Jeder", "Jener", "Unser", "Einer", "Keiner", "Weiter", "Welcher", "Solcher":
		return
	}
	f.add(start, j, Act)
}

// dutchTreaty recognizes "Weens Koopverdrag" and "Haags Kinderontvoeringsverdrag" at the first word.
func dutchTreaty(f *finder, i, _ int) {
	if n := len(dutchTreaties.FindString(f.window(i))); n > 0 {
		f.add(i, i+n, Act)
	}
}

var dutchTreaties = regexp.MustCompile(`^(?:Haagse?|Weense?)\s+\p{L}*(?:[Vv]erdrag|[Cc]onventie|[Pp]rotocol)`)

// parliamentaryPapers recognizes "Kamerstukken II 2019/20, 35 123, nr. 3".
func parliamentaryPapers(f *finder, i, _ int) {
	if n := len(kamerstukken.FindString(f.window(i))); n > 0 {
		f.add(i, i+n, Statute)
	}
}

var kamerstukken = regexp.MustCompile(`^Kamerstuk(?:ken)?\s+I{1,2}(?:\s+\d{4}(?:/\d{2,4}|-\d{2,4})?)?(?:,?\s*\d{2}\s?\d{3})?(?:,?\s*nr\.?\s*\d+)?`)

// namedDoctrine recognizes "Miller doctrine" at its last word.
func namedDoctrine(f *finder, i, j int) {
	if start, double := f.eponymBefore(i); start < i && !double {
		f.add(start, j, Doctrine)
	}
}

// namedTest recognizes "the Frye test" and "Woolf reforms" at the last word. Two names may be a person's: "Jane Roe test".
func namedTest(f *finder, i, j int) {
	start, double := f.eponymBefore(i)
	switch {
	case start == i || !f.mayStart(start):
	case double:
		f.addByForm(start, j)
	default:
		f.add(start, j, Doctrine)
	}
}

// namedOrder recognizes "a Hadkinson order" at the last word, which may also be somebody's own: "the Smith trust".
func namedOrder(f *finder, i, j int) {
	if !f.captions {
		return
	}
	if start, _ := f.eponymBefore(i); start < i && f.mayStart(start) {
		f.addByForm(start, j)
	}
}

// eponymBefore returns the start of the name before the word at text[i:], and whether it has two words; i: there is none.
func (f *finder) eponymBefore(i int) (start int, double bool) {
	text := f.text
	end := skipSpaceBack(text, i)
	start = wordStart(text, end)
	if start == end || end == i || !isCapital(text, start) || end-start < 3 || strings.ToUpper(text[start:end]) == text[start:end] {
		return i, false
	}
	if lower := fold(text[start:end]); sentenceStart[lower] || notEponyms[lower] {
		return i, false
	}
	for start > 0 && text[start-1] == '-' { // "Noerr-Pennington doctrine"
		k := wordStart(text, start-1)
		if k == start-1 || !isCapital(text, k) {
			break
		}
		start = k
	}
	if start > 0 && text[start-1] == ' ' {
		if k := wordStart(text, start-1); k < start-1 && isCapital(text, k) && k > 0 {
			switch lower := fold(text[k : start-1]); {
			case sentenceStart[lower]:
			case notEponyms[lower]: // "Ms Frye test"
				return i, false
			default:
				return k, true
			}
		}
	}
	if start > 1 && text[start-2] == '.' { // "Mr. Frye"
		if k := wordStart(text, start-2); notEponyms[fold(text[k:start-2])] {
			return i, false
		}
	}
	return start, false
}

// mayStart reports whether the name of a doctrine may begin at text[i:]: not in "my neighbour Frye test drove it".
func (f *finder) mayStart(i int) bool {
	k := skipSpaceBack(f.text, i)
	start := wordStart(f.text, k)
	return start == k || doctrineArticles[fold(f.text[start:k])]
}

var doctrineArticles = set(`the a an of under by and or is are no for to with apply applies applying applied satisfy satisfies meet fail fails called this that as from per over through using
	was were does do did can same so-called new old`)

// shortName recognizes "under Daubert" and "after Revlon" at the name of a well-known decision.
func shortName(f *finder, i, j int) {
	if !isCapital(f.text, i) || i == 0 {
		return
	}
	end := 0
	for _, name := range shortNames[fold(f.text[i:j])] {
		if n := len(name); n > end && strings.HasPrefix(f.text[i:], name) && !isWordByte(f.text, i+n) {
			end = n
		}
	}
	if end == 0 {
		return
	}
	end += i
	if k := skipSpace(f.text, end); k > end && isCapital(f.text, k) || strings.HasPrefix(f.text[end:], "'s ") || strings.HasPrefix(f.text[end:], "’s ") || strings.HasPrefix(f.text[end:], "-") {
		return // "after Miranda Jones", "after Miranda's son"
	}
	k := skipSpaceBack(f.text, i)
	if f.text[i-1] == '-' {
		k = i - 1
	}
	start := wordStart(f.text, k)
	switch fold(f.text[start:k]) {
	case "under":
		switch fold(lastWord(f.text, start)) {
		case "worked", "works", "work", "working", "served", "serving", "employed", "studied", "trained", "directly":
			return
		}
		f.add(i, end, Doctrine)
	case "pre", "post":
		if k == i-1 {
			f.add(i, end, Doctrine)
		}
	case "after", "over", "since", "overruled", "overruling", "overrule", "applying", "following", "following-up", "despite", "in", "distinguish", "distinguishing",
		"nach", "seit", "na", "sinds", "tras", "desde", "depuis", "après", "dopo", "após":
		f.addByForm(i, end)
	default:
		if fateOfDecision.MatchString(f.text[end:min(len(f.text), end+60)]) {
			f.addByForm(i, end)
		}
	}
}

// fateOfDecision matches what is said of a decision and of no person: "Was Miranda extended to …", "does Chevron still apply".
var fateOfDecision = regexp.MustCompile(`^,?\s+(?:(?:was|is|has\sbeen|been|still|ever|also|not|really)\s+)*(?:extended\s(?:to|by)|overruled|overturned|codified|superseded|distinguished|(?:still\s)?good\slaw|appl(?:y|ies|ied)\s(?:to|in|here|when|if|outside|after|retroactively)|abolished)(?:\W|$)`)

var shortNames = readShortNames()

func readShortNames() map[string][]string {
	out := map[string][]string{}
	for _, line := range readList("names") {
		first := fold(line[:wordEnd(line, 0)])
		out[first] = append(out[first], line)
	}
	return out
}

// addByForm adds the short name of a decision or doctrine that may as well be somebody's own.
func (f *finder) addByForm(i, j int) {
	if f.captions {
		f.shorthands = append(f.shorthands, Citation{i, j, Doctrine})
	}
}
