package blanks

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The words of a signature block.
var (
	// signatureCaption matches a caption of the signature itself.
	signatureCaption = regexp.MustCompile(`^(signature précédée de la mention.*|(?:[\p{L}.'’&-]+ ){1,4}(?:signatures?|unterschrift)$|(?:date|datum|fecha|ort|place|lieu|lugar)(?:[ ,/&]+(?:and |und |et |y )?(?:date|datum|fecha))?[ ,/&]+(?:and |und |et |y )?(?:signature|unterschrift|firma)|(?:authori[sz]ed )?(?:signatures?|signatory|signed|sign here|sgd|by|its|per|x|witness(?:ed)?(?: by)?|in the presence of|attest|notary(?: public)?|initials|initialled(?: by)?|company seal|common seal` +
		`|(?:rechtsverbindliche |eigenhändige )?unterschrift(?:en)?|unterzeichnet|gez|gezeichnet|i\.? ?v|i\.? ?a|ppa|zeugen?|zeugin|firmenstempel|stempel|handzeichen|namenszeichen` +
		`|signé|signée|lu et approuvé|bon pour accord|par|témoins?|cachet|paraphe` +
		`|firmas?|firmado|firmada|fdo|por|testigos?|sello|rúbrica|iniciales))(?:[^\p{L}]|$)`)
	// detailCaption matches a caption of something else that is written when signing. Elsewhere, such a
	// line is a blank.
	detailCaption = regexp.MustCompile(`^(?:(?:print(?:ed)?|full|first|last|family|company|firm)? ?name(?: in block letters| \(print\)| in capitals)?|title|position|capacity|role|date|dated|place|city|date and place|place and date|place, date|date of signature|address|e-?mail|phone` +
		`|vor- und nachname|vorname|nachname|name in druckbuchstaben|ort|datum|ort,? ?(?:und )?datum|ort/datum|datum,? ?(?:und )?ort|funktion|titel|anschrift|firma/name` +
		`|noms?|prénoms?|noms? et prénoms?|nom, prénoms?|qualité|fonction|titre|lieu|date|lieu et date|date et lieu|fait à|fait à .*|à|le|adresse` +
		`|nombres?|apellidos?|nombre y apellidos|cargo|puesto|título|lugar|fecha|lugar y fecha|fecha y lugar|dni|nif|nie|domicilio)$`)
	// signatureBlockStart matches the first line of a signature block.
	signatureBlockStart = regexp.MustCompile(`^(?:[0-9]+\.? ?|§ ?[0-9]+ ?|article [0-9]+ ?[.:–-]? ?)?(?:signatures?|signature page|signature block|execution|execution page|signatures of the parties|unterschrift(?:en)?|unterschriften der parteien|unterzeichnung|signatures? des parties|firmas?|firmas? de las partes)$` +
		`|^in witness whereof|^as witness|^executed (?:as|by|on|for)|^signed (?:for|by|on|as|sealed|and|in)|^signed, sealed|^for and on behalf of|^duly signed|^the parties (?:hereto )?have (?:duly )?(?:signed|executed)|^agreed and accepted|^acknowledged and agreed|^accepted and agreed` +
		`|^für die |^für den |^namens |^im namen |^unterschrift |^zu urkund|^gelesen und einverstanden` +
		`|^fait (?:à|en) |^pour (?:la|le|les|l[’']) |^pour et au nom|^en foi de quoi|^au nom (?:de|du)|^signatures? |^en témoignage` +
		`|^en fe de lo cual|^en prueba de conformidad|^y en prueba|^por (?:la|el|las|los) |^en nombre (?:de|y)|^firmad[oa]s? |^leído y conforme|^y para que conste`)
	// dateLine matches a line for the place and date of signing.
	dateLine = regexp.MustCompile(`^(?:(?:signed|executed|dated|done)\b.*\bday of\b.*|(?:date|dated|signed on|executed on)\b[ ,:_.…0-9/-]*(?:20__)?[ ,:_.…0-9/-]*|fait à .*|(?:à|a) [_.… ]+,? ?le\b.*|le [_.…/ 0-9]+|en [_.…]+.*|en [\p{L} ]+, ?(?:a|el)(?: día)? [_.…].*|[_.… ]+,? ?(?:den|am|le|the)\b ?[_.…/ 0-9]*|[\p{L}-]+, ?(?:den|am|le) [_.…/ 0-9]+.*)$`)
)

// captionText normalizes a caption and trims punctuation.
func captionText(s string) string {
	return strings.Trim(normalize(s), " :：.,;()[]*-–—/|_…")
}

// isSigningLine reports whether a line only occurs in a signature block.
func isSigningLine(line string) bool {
	bare := captionText(fillInLine.ReplaceAllString(line, " "))
	if bare == "" || len(strings.Fields(bare)) > 14 {
		return false
	}
	if signatureBlockStart.MatchString(bare) {
		return true
	}
	return signatureCaption.MatchString(bare) && isCaption(bare) && (fillInLine.MatchString(line) || len(strings.Fields(bare)) <= 6)
}

// isCaption reports whether text that begins like a signature caption is one, and not part of a sentence.
func isCaption(bare string) bool {
	m := signatureCaption.FindStringSubmatch(bare)
	rest := strings.TrimSpace(bare[len(m[1]):])
	switch m[1] {
	case "by", "per", "x", "its", "par", "por", "i v", "i a", "iv", "ia", "i.v", "i.a", "ppa", "gez":
		return rest == "" || strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "(")
	}
	return len(strings.Fields(rest)) <= 6
}

// nearSigningLine reports whether line i is close to a signing line.
func (t *pageText) nearSigningLine(i int) bool {
	const above, below = 14, 6
	for j := max(0, i-above); j < min(len(t.lines), i+below+1); j++ {
		if j != i && t.signing[j] {
			return true
		}
	}
	return false
}

// inSignatureBlock reports whether the blanks of line i are filled in when signing: the signature, or who
// signs, where and when.
func (t *pageText) inSignatureBlock(i int, matches [][]int) bool {
	line := t.lines[i]
	if dateLine.MatchString(normalize(line)) && t.nearSigningLine(i) {
		return true
	}
	// Captions and blanks alternate: "Name: ____ Title: ____", "____ (Signature)".
	start, alone := 0, true
	needsNear := false
	for k, m := range matches {
		before := line[start:m[0]]
		start = m[1]
		bare := captionText(before)
		if bare == "" {
			continue
		}
		alone = false
		switch {
		case signatureCaption.MatchString(bare) && isCaption(bare):
		case detailCaption.MatchString(bare):
			needsNear = true
		case endsWithCaption(before, k > 0):
			needsNear = true
		default:
			return false
		}
	}
	tail := strings.TrimSpace(line[start:])
	if bare := captionText(tail); bare != "" {
		parenthesised := strings.HasPrefix(tail, "(") && strings.HasSuffix(tail, ")")
		switch {
		case strings.HasSuffix(tail, ":") && (detailCaption.MatchString(bare) || signatureCaption.MatchString(bare)): // a caption whose blank is on the next line
			needsNear = true
		case filledCaption.MatchString(tail) && (detailCaption.MatchString(captionText(filledCaption.FindString(tail))) || signatureCaption.MatchString(captionText(filledCaption.FindString(tail)))):
			needsNear = true // Name: Ada Lovelace
		case parenthesised && signatureCaption.MatchString(bare):
		case parenthesised && detailCaption.MatchString(bare):
			needsNear = true
		default:
			return false
		}
		alone = false
	}
	if alone {
		return t.bareLineInSignatureBlock(i)
	}
	return !needsNear || t.nearSigningLine(i) || t.hasSignatureCaption(line)
}

// filledCaption matches a caption with text after it.
var filledCaption = regexp.MustCompile(`^[\p{L} ]{2,30}:`)

// hasSignatureCaption reports whether the line has a signature caption.
func (t *pageText) hasSignatureCaption(line string) bool {
	for _, part := range fillInLine.Split(line, -1) {
		if bare := captionText(part); signatureCaption.MatchString(bare) && isCaption(bare) {
			return true
		}
	}
	return false
}

// endsWithCaption reports whether part of a line is a filled-in value followed by the next caption, such
// as "Ada Lovelace Title:". The first part of a line must also begin with a caption.
func endsWithCaption(part string, later bool) bool {
	part = strings.TrimSpace(part)
	words := strings.Fields(strings.TrimRight(part, ":"))
	if !strings.HasSuffix(part, ":") || len(words) == 0 || len(words) > 7 {
		return false
	}
	if first := captionText(words[0]); !later && (!strings.HasSuffix(words[0], ":") || !detailCaption.MatchString(first) && !signatureCaption.MatchString(first)) {
		return false
	}
	last := captionText(words[len(words)-1])
	return detailCaption.MatchString(last) || signatureCaption.MatchString(last)
}

// bareLineInSignatureBlock reports whether line i, which has nothing but blanks, is for a signature: it has a
// caption below it, or is close to a signing line.
func (t *pageText) bareLineInSignatureBlock(i int) bool {
	if i > 0 {
		above := t.lines[i-1]
		if strings.HasSuffix(above, ":") && !t.signing[i-1] && !detailCaption.MatchString(captionText(above)) {
			return false // a list of blanks
		}
	}
	if i+1 < len(t.lines) {
		below := captionText(t.lines[i+1])
		if signatureCaption.MatchString(below) && isCaption(below) {
			return true
		}
	}
	if t.nearSigningLine(i) {
		return true
	}
	// At the end of a page: a line with a name below it.
	return i+1 < len(t.lines) && len(t.lines)-i <= 8 && looksLikeNames(t.lines[i+1])
}

// looksLikeNames reports whether a line may be the names of signers.
func looksLikeNames(line string) bool {
	words := strings.Fields(line)
	if len(words) == 0 || len(words) > 8 || strings.ContainsAny(line, ";:?!") || strings.HasSuffix(line, ".") && len(words) > 4 {
		return false
	}
	capital := 0
	for _, w := range words {
		if r, _ := utf8.DecodeRuneInString(w); unicode.IsUpper(r) {
			capital++
		}
	}
	return capital*2 >= len(words)
}
