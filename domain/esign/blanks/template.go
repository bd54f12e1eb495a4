package blanks

import (
	"regexp"
	"strings"
)

var templateFields = []*regexp.Regexp{
	regexp.MustCompile(`\{\{[^{}\n]{0,80}\}\}`),
	regexp.MustCompile(`\{%[^{}\n]{0,80}%\}`),
	regexp.MustCompile(`\$\{[^{}\n]{1,80}\}`),
	regexp.MustCompile(`«[\p{L}0-9]+(?:_[\p{L}0-9]+)+»`),
	regexp.MustCompile(`\{[a-z]+(?:_[a-z0-9]+)+\}`),
	regexp.MustCompile(`%[A-Z][A-Z_]{2,40}%`),
	regexp.MustCompile(`@@[A-Za-z_]{2,40}@@`),
	regexp.MustCompile(`(?i)\blorem ipsum\b`),
}

var inBraces = regexp.MustCompile(`\{([^{}\n]{1,60})\}`)

// findTemplateFields finds unfilled fields of template languages.
func findTemplateFields(s string) (found [][]int) {
	for _, p := range templateFields {
		found = append(found, p.FindAllStringIndex(s, -1)...)
	}
	for _, m := range inBraces.FindAllStringSubmatchIndex(s, -1) {
		if (m[0] == 0 || s[m[0]-1] != '{' && s[m[0]-1] != '$') && (m[1] == len(s) || s[m[1]] != '}') && isFieldDescription(strings.TrimSpace(s[m[2]:m[3]])) {
			found = append(found, m[:2])
		}
	}
	return found
}

var pendingPatterns = []*regexp.Regexp{
	regexp.MustCompile(`\b(?:TBD|TBC|TBA|T\.B\.D\.|T\.B\.C\.|T\.B\.A\.)(?:[^\p{L}0-9]|$)`),
	regexp.MustCompile(`(?i)\btbd\b`),
	regexp.MustCompile(`\bX{4,}\b|\bx{3,}\b|\b[Xx]{2}[./-][Xx]{2}[./-](?:[Xx]{2,4}|20[Xx]{2}|20[0-9]{2})\b|\b20[Xx]{2}\b`),
	regexp.MustCompile(`\?{3,}|#{3,}`),
	regexp.MustCompile(`[:：] ?XXX(?:[^\p{L}0-9]|$)`),
	regexp.MustCompile(`(?:€|\$|£|\b(?:EUR|USD|GBP|CHF))\s?\(\s*\)|-(?: -){3,}\s?(?:€|\$|£|(?:EUR|USD|GBP|CHF)\b)`),
	regexp.MustCompile(`(?i)\((?:to be (?:completed|confirmed|determined|agreed|advised|inserted|defined)|à (?:compléter|définir|préciser|déterminer|confirmer|convenir)|noch zu (?:vereinbaren|bestimmen|ergänzen|klären)|por (?:definir|determinar|confirmar|convenir))\)`),
	regexp.MustCompile(`(?:€|\$|£|\b(?:EUR|USD|GBP|CHF))\s?(?:[●•■]|[Xx]{2,}\b|[-–—]{2,}(?:\s|$|[.,;]))`),
	regexp.MustCompile(`[●■]\s?(?:€|%|EUR\b|USD\b|GBP\b|CHF\b|days\b|months\b|years\b|Tage|Monate|Jahre|jours\b|mois\b|días\b|meses\b)`),
	regexp.MustCompile(`(?im)[:：]\s*(?:to be (?:completed|confirmed|determined|agreed|advised|inserted|defined)|à (?:compléter|définir|préciser|déterminer|confirmer|convenir)|noch (?:offen|einzufügen|zu ergänzen|zu vereinbaren|zu klären|festzulegen|zu bestimmen)|(?:wird|werden) (?:noch )?(?:nachgereicht|ergänzt|festgelegt|vereinbart|bestimmt)|por (?:definir|determinar|completar|confirmar)|a (?:definir|determinar|completar|convenir))\s*[.;]?$`),
}

var (
	dateMask   = regexp.MustCompile(`(?i)\b(?:dd|tt|jj)[./-]mm[./-](?:yyyy|yy|jjjj|jj|aaaa|aa)\b`)
	formatWord = regexp.MustCompile(`(?i)(?:format|form|muster|formato|formulaire|mask|pattern|notation|as|als)\W*$`)
)

// findPending finds values that are to be decided later ("to be determined", TBD, EUR XX).
func findPending(s string) (found [][]int) {
	seen := map[int]bool{}
	for _, p := range pendingPatterns {
		for _, m := range p.FindAllStringIndex(s, -1) {
			if !seen[m[0]] {
				seen[m[0]] = true
				found = append(found, m)
			}
		}
	}
	for _, m := range dateMask.FindAllStringIndex(s, -1) {
		if !formatWord.MatchString(s[:m[0]]) {
			found = append(found, m)
		}
	}
	return found
}
