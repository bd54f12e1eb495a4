package blanks

import (
	"regexp"
	"strings"
)

var (
	// draftLine matches a line that only says that this is a draft, which version, and its date.
	draftLine = regexp.MustCompile(`(?i)^[\s\-–—*\[\](){}|/]*(?:(?:first|second|third|working|preliminary|final|initial|rough|internal|confidential|privileged|latest)[ ,]+(?:and [a-z]+ )?)?(?:draft|vorentwurf|entwurf|arbeitsentwurf|vertragsentwurf|brouillon|avant-projet|projet de travail|borrador|proyecto de trabajo)` +
		`(?:[\s,:–—-]*(?:v\.?|version|versión|vers\.|stand|fassung|no\.?|nr\.?|n°|of|vom|du|de|del|dated|as of)?[\s,:.]*(?:confidential|vertraulich|confidentiel|confidencial|[0-9][0-9.:/-]*(?:\s+\p{L}+\s+[0-9]{4})?|\p{L}+ [0-9]{1,2},? [0-9]{4}|[a-z])?)?[\s\-–—*\[\](){}|/.]*$`) //nolint:misspell // French
	// draftTitle matches a title that contains the word draft.
	draftTitle = regexp.MustCompile(`(?i)^draft (?:[\p{L}-]+ ){0,4}(?:agreement|contract|lease|deed|letter|nda|will|settlement|terms)$|^(?:entwurf|vertragsentwurf)(?: eines| einer| des| der)?(?: [\p{L}-]+){0,3} ?[\p{L}-]*(?:vertrag(?:e?s)?|vereinbarung)$|^(?:projet|brouillon) (?:de |d['’])(?:contrat|bail|convention|accord|protocole)(?: [\p{L}'’-]+){0,4}$|^(?:borrador|proyecto) de (?:contrato|acuerdo|convenio)(?: [\p{L}-]+){0,4}$|^subject to contract$`)
	// draftPhrase matches a phrase that marks a draft.
	draftPhrase = regexp.MustCompile(`(?i)\b(?:draft (?:for (?:discussion|review|comment|comments|negotiation|consultation|information)|only|not for (?:signature|execution|distribution)|copy|document|version)|(?:for )?discussion draft|not for signature|not for execution|nur (?:zur|als) (?:diskussion|diskussionsgrundlage|entwurf)|entwurfsfassung|nicht zur unterschrift|noch nicht (?:freigegeben|unterschriftsreif)|diskussionsentwurf|projet pour discussion|projet non définitif|document de travail|version provisoire|ne pas signer|borrador para (?:discusión|comentarios|revisión)|versión preliminar|no apto para firma|documento de trabajo)\b`)
	// draftWord matches the word in upper case between other words, where the text of a watermark ends up.
	draftWord = regexp.MustCompile(`(?:^|[^\p{L}0-9])(?:DRAFT|ENTWURF|BROUILLON|BORRADOR)(?:[^\p{L}0-9]|$)`)
	// draftWatermark matches lines that are nothing but a watermark.
	draftWatermark = regexp.MustCompile(`(?m)^D\s?R\s?A\s?F\s?T$|^E\s?N\s?T\s?W\s?U\s?R\s?F$|^B\s?O\s?R\s?R\s?A\s?D\s?O\s?R$|^B\s?R\s?O\s?U\s?I\s?L\s?L\s?O\s?N$|^(?:PROJET|MUSTER|SPECIMEN|SAMPLE|MUESTRA|SPÉCIMEN|VOID)$|^(?:DRAFT\s*)+$|^(?:ENTWURF\s*)+$|^(?:BORRADOR\s*)+$|^(?:BROUILLON\s*)+$`)
	// bankDraft matches other meanings of the word.
	bankDraft = regexp.MustCompile(`(?i)\b(?:bank(?:er)?['’]?s?|demand|sight|time|money|overdraft)\s+draft|\bdraft (?:beers?|ales?|horses?|animals?|surveys?|excluders?)\b`)
)

// findDraft returns the place that marks the page as a draft, if there is one.
func (t *pageText) findDraft() []string {
	for _, line := range t.lines {
		if bankDraft.MatchString(line) {
			continue
		}
		if draftLine.MatchString(line) || draftTitle.MatchString(line) {
			return []string{quote(line, 0, len(line))}
		}
		if m := draftPhrase.FindStringIndex(line); m != nil && !strings.Contains(strings.ToLower(line), "draft version of") {
			return []string{quote(line, m[0], m[1])}
		}
		if m := draftWord.FindStringIndex(line); m != nil && (strings.ToUpper(line) != line || len(strings.Fields(line)) <= 3) {
			return []string{quote(line, m[0], m[1])}
		}
	}
	if m := draftWatermark.FindStringIndex(t.joined); m != nil {
		return []string{quote(t.joined, m[0], m[1])}
	}
	return nil
}
