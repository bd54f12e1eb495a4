package citation

import (
	"regexp"
	"strings"
)

// The names of decisions that follow a word such as "caso", "arrêt" or "Rechtssache". With the number or the name of a
// European or highest court beside them they are published; else they are captions, which may name private parties.

const (
	partyWord = `\p{Lu}[\p{L}\d'’&\-]*`
	party     = partyWord + `(?:\s+(?:(?:de\s+la|de\s+los|de|del|della|di|da|do|dos|van\s+der|van\s+de|van|von|der|den|la|le|y|e|et|en|und|and|&)\s+)?` + partyWord + `){0,5}`
	against   = `(?:\s+(?:contra|contro|contre|gegen|tegen|c\.|c/|vs?\.?)\s*|\s?/\s?)`
	euDocket  = `(?:[CT][-‑–]\d{1,4}/\d{2}|\d{1,3}/(?:5[4-9]|[67]\d|8[0-8]))`
)

// caseName recognizes the parties or the short name of a decision after the word text[i:j].
func caseName(f *finder, i, j int) {
	if !f.namesFollow(j) {
		return
	}
	m := namedCase.FindStringSubmatchIndex(f.window(i))
	if m == nil {
		return
	}
	number, first, second, numberAfter := m[2] >= 0, m[4] >= 0, m[8] >= 0, m[10] >= 0
	if number {
		f.add(i+m[2], i+m[3], Case)
	}
	if !first {
		return
	}
	start, end := i+m[4], i+m[5]
	if second {
		end = i + m[9]
	} else if end = trimParty(f.text, start, end); end == start {
		return
	}
	if lower := fold(f.text[start:wordEnd(f.text, start)]); notEponyms[lower] && !particles[lower] {
		return
	}
	numbered := number || numberAfter
	if !second && !numbered && !f.isShorthand(i, j, end) {
		return
	}
	published := numbered || f.courtBeside(i, end)
	switch {
	case second && published:
		f.add(start, end, Case)
	case published:
		f.add(start, end, Doctrine)
	case second && f.captions:
		f.byForm = append(f.byForm, Citation{start, end, Case})
	case !second:
		f.addByForm(start, end)
	}
}

var namedCase = regexp.MustCompile(`^\p{L}+\.?,?\s*(?:n[.°º]?\s*)?(` + euDocket + `\b)?[\s,:]*(` + party + `)?(` + against + `)?(?:(` + party + `))?(?:\s*,?\s*\(?(` + euDocket + `\b))?`)

// namesFollow reports whether a name or number may follow the word that ends at text[:j].
func (f *finder) namesFollow(j int) bool {
	k := j
	if k < len(f.text) && (f.text[k] == '.' || f.text[k] == ',') {
		k++
	}
	k = skipSpace(f.text, k)
	if k == j || k == len(f.text) {
		return false
	}
	switch c := f.text[k]; {
	case c == 'n':
		return k+1 < len(f.text) && (f.text[k+1] == '.' || f.text[k+1] >= 0x80)
	case '0' <= c && c <= '9':
		return true
	}
	return isCapital(f.text, k)
}

// trimParty cuts words behind the short name of a decision.
func trimParty(text string, start, end int) int {
	return min(end, max(start, eponymEnd(text, start, 4)))
}

// isShorthand reports whether the word text[i:j] before a single name announces a decision. "Caso" may also mean "if".
func (f *finder) isShorthand(i, j, end int) bool {
	before := fold(lastWord(f.text, i))
	switch fold(f.text[i:j]) {
	case "caso", "fall":
		if !caseArticles[before] {
			return false
		}
		rest := strings.TrimLeft(f.text[end:min(len(f.text), end+4)], " ")
		return rest == "" || strings.IndexByte(`?.,;:)(!"`, rest[0]) >= 0
	case "sentencia", "sentenza", "sentença", "acórdão", "fallo":
		return caseArticles[before]
	}
	return false
}

var caseArticles = set("el la del al las o a do da no na ao à os as il lo della nella alla dalla nel sul dal un una um uma im den der dem zum vom beim e y de in")

// courtBeside reports whether a court whose decisions are published with names stands near text[i:end].
func (f *finder) courtBeside(i, end int) bool {
	before, after := f.text[max(0, i-80):i], f.text[end:min(len(f.text), end+50)]
	if at := strings.LastIndexAny(before, "?!;\n"); at >= 0 {
		before = before[at:]
	}
	if at := strings.IndexAny(after, "?!;\n"); at >= 0 {
		after = after[:at]
	}
	return highCourt.MatchString(before) || highCourt.MatchString(after)
}

var highCourt = regexp.MustCompile(`\b(?:EuGH|EuG|EGMR|C?TJUE|CJUE|CJCE|CEDH|[CT]EDH|S?STEDH|STJUE|CGUE|CEDU|HvJ|EHRM|ECJ|CJEU|ECtHR|ECHR|Hoge\sRaad|[Cc]orte\sEDU|Corte\s(?:IDH|Interamericana)|[Cc]orte\sdi\s[Gg]iustizia|[Cc]our\sde\s[Jj]ustice|[Cc]our\seuropéenne|[Tt]ribunal\sde\s[Jj]usticia|Tribunal\sde\sJustiça\sda\sUnião|Hof\svan\sJustitie)(?:\W|$)`)

// humanRightsCase recognizes "STEDH Del Río Prada c. España" at the court.
func humanRightsCase(f *finder, i, j int) {
	if m := courtCase.FindStringSubmatchIndex(f.window(i)); m != nil {
		f.add(i+m[2], i+m[3], Case)
	}
}

var courtCase = regexp.MustCompile(`^\p{L}+[\s,:]+(?:(?:caso|asunto|affaire|arrêt|zaak|Urteil|sentenza|sentencia)\s+)?(` + party + against + party + `(?:,?\s+(?:de\s+|du\s+|del\s+|vom\s+|van\s+)?` + date + `)?)`)

// docketName recognizes the name beside the number of a case at a European court: "Aziz (C-415/11)".
func docketName(f *finder, i, j int) {
	if j == len(f.text) || f.text[j] != '-' && f.text[j] != 0xE2 {
		return
	}
	n := len(docketNumberEU.FindString(f.window(i)))
	if n == 0 {
		return
	}
	from := max(0, i-80)
	for from > 0 && from < i && f.text[from]&0xC0 == 0x80 {
		from++
	}
	if f.text[max(0, i-1)] != '(' {
	} else if m := beforeDocket.FindStringSubmatchIndex(f.text[from:i]); m != nil {
		kind := Doctrine
		if m[4] >= 0 {
			kind = Case
		}
		start := from + m[2]
		for start < from+m[3] && (notEponyms[fold(f.text[start:wordEnd(f.text, start)])] || sentenceStart[fold(f.text[start:wordEnd(f.text, start)])]) {
			start = skipSpace(f.text, max(start+1, wordEnd(f.text, start)))
		}
		f.add(start, from+m[3], kind)
	}
	if m := afterDocket.FindStringSubmatchIndex(f.window(i + n)); m != nil {
		start := i + n + m[2]
		if m[4] >= 0 {
			f.add(start, i+n+m[3], Case)
		} else if f.text[i+n] == ',' {
			f.add(start, max(start, eponymEnd(f.text, start, 4)), Doctrine)
		}
	}
}

var (
	docketNumberEU = regexp.MustCompile(`^[CT][-‑–]\d{1,4}/\d{2}(?:\s?P(?:PU)?)?\b`)
	beforeDocket   = regexp.MustCompile(`(?:^|[^\p{L}])(` + party + `(` + against + party + `)?)\s*\(\s*$`)
	afterDocket    = regexp.MustCompile(`^(?:,\s*|\s+)(` + party + `(` + against + party + `)?)`)
)

// inReTrust recognizes "Re Baden's Deed Trusts". "Re Smith" alone is the subject of a letter.
func inReTrust(f *finder, i, j int) {
	if !f.captions || f.text[i:j] != "Re" {
		return
	}
	if n := len(trustName.FindString(f.window(j))); n > 0 {
		f.byForm = append(f.byForm, Citation{i, j + n, Case})
	}
}

var trustName = regexp.MustCompile(`^\s+(?:\p{Lu}[\p{L}'’\-]*\s+){1,4}(?:Trusts?|Trustees|Settlements?|Estate|Application)\b(?:\s*\(No\.?\s*\d\))?`)

// namedDecision recognizes "the Bell case" at the last word.
func namedDecision(f *finder, i, j int) {
	if !f.captions {
		return
	}
	if start, _ := f.eponymBefore(i); start < i && fold(lastWord(f.text, start)) == "the" {
		f.addByForm(start, j)
	}
}
