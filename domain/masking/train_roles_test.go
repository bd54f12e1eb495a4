package masking

import (
	"regexp"
	"strings"

	"counsel/domain/langid"
)

// Statutes name nobody, but say in every sentence what debtors and tenants do. With names in the place of the roles,
// they show how names stand in the sentences of the law, in languages for which there is no labeled text.

// roles finds a role with its article; the first group is what stays before the name.
var roles = map[langid.Language]*regexp.Regexp{
	langid.English: regexp.MustCompile(`\b(?:()the|(by |of |to |from |with |against )(?:the|an?)) (?:debtor|creditor|tenant|landlord|lessee|lessor|buyer|seller|plaintiff|defendant|employer|employee|trustee|owner|author|applicant|claimant|respondent|husband|wife|petitioner|complainant|patentee|licensee|holder)\b`),
	langid.German: regexp.MustCompile(`\b(?:()(?:der|die|den|dem|des)|(von |an |gegen |mit |durch )(?:den|dem|die|der)) ` +
		`(?:Schuldner|Schuldners|Gläubiger|Gläubigers|Gläubigern|Mieter|Mieters|Vermieter|Vermieters|Käufer|Käufers|Verkäufer|Verkäufers|Kläger|Klägers|Beklagte|Beklagten|Erbe|Erben|Erblasser|Erblassers|Eigentümer|Eigentümers|Besitzer|Pächter|Verpächter|Arbeitgeber|Arbeitnehmer|Bürge|Bürgen|Vormund|Ehegatte|Ehegatten|Verwalter|Unternehmer|Besteller|Testamentsvollstrecker)\b`),
	langid.French: regexp.MustCompile(`\b(?:()(?:le|la)|(de |à |par |contre |avec )(?:le |la )|(d|à l)u) ?` +
		`(?:débiteur|créancier|vendeur|bailleur|preneur|locataire|propriétaire|demandeur|défendeur|donateur|donataire|testateur|légataire|tuteur|mineur|mandataire|mandant|conjoint|mari|possesseur|fermier|dépositaire|juge|greffier)\b`),
	langid.Spanish: regexp.MustCompile(`\b(?:()(?:el|la)|(de |a |por |contra |con )(?:el|la)|(de|a)l) ` +
		`(?:deudor|acreedor|vendedor|comprador|arrendador|arrendatario|propietario|demandante|demandado|donante|donatario|testador|legatario|heredero|tutor|menor|mandatario|mandante|cónyuge|marido|poseedor|trabajador|empleador|consumidor|proveedor|funcionario|titular|interesado|imputado|denunciante|fiscal|juez)\b`),
	langid.Portuguese: regexp.MustCompile(`\b(?:()(?:o|a)|(d|n|pel)o|(a)o) ` +
		`(?:devedor|credor|vendedor|comprador|locador|locatário|proprietário|autor|réu|doador|donatário|testador|legatário|herdeiro|tutor|menor|mandatário|mandante|cônjuge|marido|possuidor|empregado|empregador|fiador|segurado|segurador|depositário|inventariante)\b`),
	langid.Italian: regexp.MustCompile(`\b(?:()(?:il|la|lo)|(da|a|de|su)l|(con |contro |per )(?:il|la)) ` +
		`(?:debitore|creditore|venditore|compratore|locatore|conduttore|proprietario|ricorrente|convenuto|donante|testatore|legatario|tutore|minore|mandatario|mandante|coniuge|marito|possessore|lavoratore|responsabile|titolare|dirigente|richiedente|cittadino|segretario|sindaco|presidente|dipendente|soggetto)\b`),
	langid.Dutch: regexp.MustCompile(`\b(?:()(?:de|het)|(van |aan |door |met |tegen |voor )(?:de|het|een)) ` +
		`(?:schuldenaar|schuldeiser|verkoper|koper|verhuurder|huurder|eigenaar|eiser|gedaagde|schenker|erflater|erfgenaam|voogd|minderjarige|lasthebber|lastgever|echtgenoot|man|bezitter|werknemer|werkgever|vennoot|bestuurder|aandeelhouder|commissaris|curator|vereffenaar|oprichter|ouder|verzoeker|rechter)\b`),
}

// nameRoles puts names in the place of some roles.
func (n *nameLists) nameRoles(tr *trainer, text string) (string, []goldSpan) {
	var b strings.Builder
	var spans []goldSpan
	at := 0
	for _, m := range roles[n.lang].FindAllStringSubmatchIndex(text, -1) {
		if tr.rand.IntN(2) == 0 {
			continue
		}
		if tr.rand.IntN(3) == 0 { // "the tenant John Miller"
			name := n.person(tr.rand)
			if tr.rand.IntN(2) == 0 {
				name = n.first(tr.rand)
			}
			b.WriteString(text[at:m[1]])
			b.WriteByte(' ')
			spans = append(spans, goldSpan{"PER", b.Len(), b.Len() + len(name)})
			b.WriteString(name)
			at = m[1]
			continue
		}
		b.WriteString(text[at:m[0]])
		for g := 2; g+1 < len(m); g += 2 {
			if m[g] >= 0 && m[g+1] > m[g] {
				b.WriteString(strings.TrimRight(text[m[g]:m[g+1]], " "))
				b.WriteByte(' ')
			}
		}
		name := n.person(tr.rand)
		switch tr.rand.IntN(4) {
		case 0:
			name = n.last(tr.rand)
		case 1:
			name = n.first(tr.rand)
		}
		spans = append(spans, goldSpan{"PER", b.Len(), b.Len() + len(name)})
		b.WriteString(name)
		at = m[1]
	}
	b.WriteString(text[at:])
	return b.String(), spans
}
