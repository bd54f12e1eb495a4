package blanks

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// findBracketed finds placeholders in square or angle brackets.
func findBracketed(s string) (found [][]int) {
	for _, m := range inBrackets.FindAllStringSubmatchIndex(s, -1) {
		inner := strings.TrimSpace(s[m[2]:m[3]])
		double := strings.HasSuffix(s[:m[0]], "[") && strings.HasPrefix(s[m[1]:], "]") && inner != "" && !citation.MatchString(inner) // [[name]]
		if double || isPlaceholder(s[m[2]:m[3]], s[:m[0]], s[m[1]:]) {
			found = append(found, m[:2])
		}
	}
	for _, m := range inAngles.FindAllStringSubmatchIndex(s, -1) {
		inner := s[m[2]:m[3]]
		if double := strings.HasPrefix(s[m[0]:], "<<") && strings.HasSuffix(s[m[0]:m[1]], ">>"); double || isFieldDescription(strings.TrimSpace(inner)) {
			found = append(found, m[:2])
		}
	}
	return found
}

// isPlaceholder reports whether square brackets are a placeholder. before and after is the text around them.
func isPlaceholder(inner, before, after string) bool {
	words := strings.Join(strings.Fields(inner), " ")
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	switch {
	case words == "": // [ ] is a checkbox, unless an amount, a number or the rest of a line belongs in it
		return len(inner) >= 3 || currencyBefore.MatchString(before) || unitAfter.MatchString(after) || captionBefore.MatchString(before) && (after == "" || after[0] == '\n')
	case variable.MatchString(words):
		return currencyBefore.MatchString(before) || unitAfter.MatchString(after)
	case ellipsis.MatchString(words): // an omission in a quotation, unless it is an amount
		return currencyBefore.MatchString(before) || unitAfter.MatchString(after)
	case bulletsOnly.MatchString(words):
		return words != "-" && words != "–" && words != "—"
	case unicode.IsLetter(last) || unicode.IsLetter(next) && utf8.RuneCountInString(words) <= 2: // [t]he, judge[s]
		return false
	case next == '(': // a Markdown link
		return isFieldDescription(words)
	}
	return isFieldDescription(words)
}

var (
	captionBefore = regexp.MustCompile(`\p{L}[^\n]*:[ ]*$`)
	variable      = regexp.MustCompile(`^[xXnNyY]{1,2}$`) // within [x] days
)

// isFieldDescription reports whether words describe what is to be filled in.
func isFieldDescription(words string) bool {
	if instructions.MatchString(words) {
		return true
	}
	if editorialNotes.MatchString(words) {
		return false
	}
	if all(listSeparator.Split(words, -1), fieldNames.MatchString) || all(strings.Fields(words), fieldNames.MatchString) {
		return true
	}
	return !citation.MatchString(words) && isUpperCase(words)
}

// listSeparator matches the separator of several field names.
var listSeparator = regexp.MustCompile(` ?[,/;&] ?| (?:and|und|et|y) `)

func all(parts []string, is func(string) bool) bool {
	for _, p := range parts {
		if !is(p) {
			return false
		}
	}
	return true
}

// isUpperCase reports whether words are in upper case and longer than an abbreviation.
func isUpperCase(words string) bool {
	letters, longest, run := 0, 0, 0
	for _, r := range words {
		switch {
		case unicode.IsLower(r):
			return false
		case unicode.IsUpper(r):
			letters++
			run++
			longest = max(longest, run)
		default:
			if r != '_' {
				run = 0
			}
		}
	}
	if letters >= 3 && strings.Trim(words, "Xx") == "" {
		return true
	}
	return longest >= 6 || letters >= 6 && strings.ContainsAny(words, " _")
}

// The words inside and around brackets.
var (
	inBrackets     = regexp.MustCompile(`\[([^\[\]]{0,120})\]`)
	inAngles       = regexp.MustCompile(`<<?([^<>\n]{1,60})>>?`)
	bulletsOnly    = regexp.MustCompile(`^[\s●•◦○■□▪▫_*.…·?–—-]*$`)
	ellipsis       = regexp.MustCompile(`^(?:…|\.\.\.|\. \. \.)$`)
	currencyBefore = regexp.MustCompile(`(?i)(?:€|\$|£|¥|\b(?:eur|usd|gbp|chf|euro|euros))\s*$`)
	unitAfter      = regexp.MustCompile(`(?i)^\s*(?:€|\$|£|%|‰|(?:eur|usd|gbp|chf|euros?|percent|per cent|prozent|pour cent|por ciento|days?|weeks?|months?|years?|tage?n?|wochen?|monate?n?|jahre?n?|jours?|semaines?|mois|ans?|années?|días?|semanas?|meses|años?)\b)`)

	// instructions tell the reader to write something.
	instructions = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:insert|fill in|fill out|please (?:insert|enter|complete|specify|state)|enter (?:the|your|name|date|amount)|specify|to be (?:completed|inserted|confirmed|agreed|determined|advised|filled|provided|specified|decided)|delete (?:as|if|whichever)|strike (?:out|whichever)|select one|choose one|describe|if applicable|as applicable|placeholder|tbd|tbc|tba` +
		`|einfügen|einsetzen|eintragen|ergänzen|einzufügen|einzusetzen|einzutragen|nachzutragen|auszufüllen|ausfüllen|angeben|anzugeben|zutreffendes|nichtzutreffendes|nicht zutreffendes|platzhalter|noch offen|noch zu` +
		`|insérer|indiquer|compléter|renseigner|préciser|à définir|à déterminer|à convenir|à remplir|rayer|biffer|mention inutile` +
		`|insertar|indicar|completar|rellenar|precisar|especificar|por definir|por determinar|por confirmar|a definir|a determinar|táchese|tachar)(?:[^\p{L}]|$)`)
	// editorialNotes match brackets that are not to be filled in.
	editorialNotes = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:sic|signature|signatures|sign|follows?|intentionally|left blank|omitted|omission|emphasis|reserved|seal|l\. ?s|end of|remainder|rest of|footnotes?|translation|redacted|confidential|unofficial|deleted|repealed|not used|see|cf|ibid|page break|official` +
		`|unterschrift|unterschriften|unterschriftenseite|folgt|folgen|freigelassen|absichtlich|entfällt|weggefallen|aufgehoben|hervorhebung|übersetzung|siegel|ende|siehe|vgl|gestrichen|anm` +
		`|suit|suivent|intentionnellement|laissée?|omis|omise|supprimée?|abrogée?|souligné|cachet|sceau|traduction|fin|voir|note` +
		`|firma|firmas|sigue|siguen|en blanco|intencionadamente|omitido|omitida|suprimido|derogado|énfasis|sello|traducción|véase|nota|cursiva)(?:[^\p{L}]|$)`)
	// fieldNames match a description of what is to be filled in.
	fieldNames = regexp.MustCompile(`(?i)^(?:(?:company|party|email|e-mail|phone|postal|street|billing|delivery|home|monthly|annual|yearly|hourly|daily|weekly|minimum|maximum|agreed|project|product|service|law firm|disclosing|receiving|borrower|lender|licensor|licensee|provider|contractor|consultant|guarantor|recipient|client|customer|supplier|buyer|seller|landlord|tenant|employer|employee|contract|effective|start|end|commencement|termination|expiry|signing|closing|purchase|full|legal|registered|registration|total|contact|job|bank|account|other party|counterparty|first|second|your|our)(?:['’]s)? )*(?:name|names|date|dates|amount|amounts|sum|price|fee|fees|salary|rent|rate|number|no|address|addresses|place|city|town|country|state|court|courts|jurisdiction|governing law|party|company|client|customer|supplier|buyer|seller|landlord|tenant|employer|employee|person|term|period|duration|day|month|year|days|months|years|time|title|position|currency|percentage|percent|purpose|description|details?|email|e-mail|phone|telephone|signatory|representative|iban|product|service|services|territory|law|quantity|attorney|law firm|borrower|lender|licensor|licensee|provider|contractor|consultant|guarantor|recipient|website|url|birthday|deadline|duties|rental property|property|x{2,})(?: ?(?:[a-z]|[0-9]{1,2}))?$` +
		`|^(?:name|names|date|amount|address|number|place|title|description|seat|country|state|city|sum) (?:of|in|and) .{1,60}$` +
		`|^(?:(?:vollständiger|vollständige|genaue|genauer|voller) )?(?:name|namen|anrede|vorname|nachname|firmenname|firmenname gmbh|firmenname ag|gmbh|firma|datum|betrag|summe|preis|gehalt|miete|höhe|zahl|anzahl|nummer|anschrift|adresse|ort|stadt|land|staat|gericht|gerichtsort|gerichtsstand|partei|unternehmen|kunde|auftraggeber|auftragnehmer|käufer|verkäufer|vermieter|mieter|arbeitgeber|arbeitnehmer|laufzeit|frist|dauer|zeitraum|tag|monat|jahr|tage|monate|jahre|titel|position|funktion|währung|prozent|prozentsatz|zweck|beschreibung|bezeichnung|gegenstand|vertreter|sitz|e-mail|telefon|straße|strasse|plz|hausnummer|postleitzahl|geburtsdatum|geburtsort|handelsregisternummer|mandant|mandantin|kanzlei|vertragsbeginn|beginn|ende der laufzeit|vertragsende)(?: ?(?:[a-z]|[0-9]{1,2}))?$` +
		`|^(?:name|firma|anschrift|adresse|sitz|datum|bezeichnung|höhe|betrag|ort) (?:der|des|und|in) .{1,60}$` +
		`|^(?:noms?|prénoms?|dénomination(?: sociale)?|raison sociale|date|montant|somme|prix|salaire|loyer|taux|numéro|nombre|adresse|lieu|ville|pays|tribunal|juridiction|partie|société|client|fournisseur|acheteur|vendeur|bailleur|locataire|employeur|salarié|durée|délai|période|jours?|mois|années?|titre|fonction|qualité|devise|pourcentage|objet|description|représentant|siège(?: social)?|courriel|téléphone|rue|code postal|siret|siren|mandant|cabinet)(?: ?(?:[a-z]|[0-9]{1,2}))?$` + //nolint:misspell // French
		`|^(?:nom|prénom|date|montant|adresse|lieu|siège|numéro|description|dénomination|durée) (?:de|du|des|d[’']|en|et) ?.{1,60}$` +
		`|^(?:nombres?|apellidos?|razón social|denominación|fecha|importe|cantidad|suma|precio|salario|renta|tipo|número|domicilio|dirección|lugar|ciudad|país|tribunal|juzgado|jurisdicción|parte|sociedad|empresa|cliente|proveedor|comprador|vendedor|arrendador|arrendatario|empleador|trabajador|plazo|duración|periodo|período|días?|mes|meses|años?|título|cargo|moneda|porcentaje|objeto|descripción|representante|correo|teléfono|calle|código postal|nif|dni|cif|mandante|despacho)(?: ?(?:[a-z]|[0-9]{1,2}))?$` +
		`|^(?:nombre|fecha|importe|domicilio|dirección|lugar|número|descripción|denominación|plazo) (?:de|del|en|y) .{1,60}$`)
	citation = regexp.MustCompile(`(?i)^(?:[0-9][0-9 ,;.:/–-]*|[ivxlcdm]{1,6}|[a-z]|[0-9]+[a-z]|(?:p|pp|para|paras|rn|rdn|rz|randnr|randnummer|nr|no|art|article|artikel|artículo|abs|s|ss|section|sect|§+|clause|ziff|ziffer|lit|schedule|annex|annexe|anlage|anexo|appendix|exhibit|n°|c|t|eu|eg|ce|uk|us|ecli)\b[ .]*[-0-9ivx/ .,:;()a-z]{0,20}|https?://.*|www\..*|\S+@\S+)$`)
)
