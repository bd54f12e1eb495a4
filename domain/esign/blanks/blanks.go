// Package blanks finds what is unfinished in the text of a document that is to be signed: blanks and
// placeholders that nobody has filled in, and words that mark it as a draft. It knows English, German,
// French and Spanish.
//
// No library does this. The rules are made so that what is meant to be written at signing, such as
// "Signature: ______" or "Name: ______" below "Signed for", and brackets that are citations, notes or
// references are not taken for blanks.
package blanks

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The reasons, which are stable.
const (
	Blank = "blank" // something is still to be filled in
	Draft = "draft" // it says that it is a draft
)

// Finding is a place that is unfinished.
type Finding struct {
	Reason string
	Page   int    // from 1
	Quote  string // the words around it
}

// maxFindings is how many of one reason are named.
const maxFindings = 20

// Find reads the text of each page, line by line.
func Find(pages []string) []Finding {
	var found []Finding
	counts := map[string]int{}
	note := func(f Finding) {
		if counts[f.Reason]++; counts[f.Reason] <= maxFindings {
			found = append(found, f)
		}
	}
	for i, page := range pages {
		t := newText(page)
		for _, q := range t.drafts() {
			note(Finding{Draft, i + 1, q})
		}
		for _, q := range t.blanks() {
			note(Finding{Blank, i + 1, q})
		}
	}
	return found
}

// text is the lines of a page that hold something.
type text struct {
	lines []string
	all   string // the same, with a new line between each two
	signs []bool // the line is one that only stands where people sign
}

func newText(page string) *text {
	t := &text{}
	page = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u2007", " ", "\u202f", " ", "\t", " ").Replace(page)
	for line := range strings.Lines(page) {
		if line = strings.TrimSpace(line); line != "" {
			t.lines = append(t.lines, line)
		}
	}
	t.all = strings.Join(t.lines, "\n")
	t.signs = make([]bool, len(t.lines))
	for i, line := range t.lines {
		t.signs[i] = signingLine(line)
	}
	return t
}

// quote is some of a line around a place.
func quote(s string, start, end int) string {
	const around = 60
	from, to := start, end
	for n := 0; n < around && from > 0; n++ {
		_, size := utf8.DecodeLastRuneInString(s[:from])
		from -= size
	}
	for n := 0; n < around && to < len(s); n++ {
		_, size := utf8.DecodeRuneInString(s[to:])
		to += size
	}
	out := strings.Join(strings.Fields(s[from:to]), " ")
	if from > 0 {
		out = "…" + out
	}
	if to < len(s) {
		out += "…"
	}
	return out
}

func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// runs are lines to be written on: underscores, dots, or either with spaces between.
var runs = regexp.MustCompile(`_{1,2} ?[./-] ?_{1,2} ?[./-] ?(?:_{2,4}|(?:19|20)[0-9_]{2})|_(?: ?_){2,}|(?:19|20)_{2}|\.{5,}|…(?: ?…)+|\.(?: \.){4,}|·{5,}|‥{3,}`)

// contents is a line whose dots lead to a page, as in a table of contents, or to a sum.
var contents = regexp.MustCompile(`\p{L}.*?(?:\.{4,}|…{2,}|\.(?: \.){3,}|·{4,})[. ]*(?:(?:(?:€|\$|£|[A-Z]{3}) ?)?[0-9][0-9.,’' ]*(?: ?(?:€|\$|£|%|[A-Z]{3}))?|[ivxlc]{1,7})$`)

func (t *text) blanks() (quotes []string) {
	for i, line := range t.lines {
		at := runs.FindAllStringIndex(line, -1)
		at = keep(at, func(m []int) bool { return !insideWord(line, m) })
		if len(at) == 0 || contents.MatchString(line) || t.toSign(i, at) {
			continue
		}
		for _, m := range at {
			quotes = append(quotes, quote(line, m[0], m[1]))
		}
	}
	for _, find := range []func(string) [][]int{bracketed, templated, pending} {
		for _, m := range find(t.all) {
			quotes = append(quotes, quote(t.all, m[0], m[1]))
		}
	}
	return quotes
}

func keep(all [][]int, good func([]int) bool) (kept [][]int) {
	for _, m := range all {
		if good(m) {
			kept = append(kept, m)
		}
	}
	return kept
}

// insideWord reports whether a run joins letters, as in a name of a file.
func insideWord(line string, m []int) bool {
	before, _ := utf8.DecodeLastRuneInString(line[:m[0]])
	after, _ := utf8.DecodeRuneInString(line[m[1]:])
	return unicode.IsLetter(before) && unicode.IsLetter(after)
}

// What stands beside a line to sign on, or above or below it.
var (
	strong = regexp.MustCompile(`^(signature précédée de la mention.*|(?:[\p{L}.'’&-]+ ){1,4}(?:signatures?|unterschrift)$|(?:date|datum|fecha|ort|place|lieu|lugar)(?:[ ,/&]+(?:and |und |et |y )?(?:date|datum|fecha))?[ ,/&]+(?:and |und |et |y )?(?:signature|unterschrift|firma)|(?:authori[sz]ed )?(?:signatures?|signatory|signed|sign here|sgd|by|its|per|x|witness(?:ed)?(?: by)?|in the presence of|attest|notary(?: public)?|initials|initialled(?: by)?|company seal|common seal` +
		`|(?:rechtsverbindliche |eigenhändige )?unterschrift(?:en)?|unterzeichnet|gez|gezeichnet|i\.? ?v|i\.? ?a|ppa|zeugen?|zeugin|firmenstempel|stempel|handzeichen|namenszeichen` +
		`|signé|signée|lu et approuvé|bon pour accord|par|témoins?|cachet|paraphe` +
		`|firmas?|firmado|firmada|fdo|por|testigos?|sello|rúbrica|iniciales))(?:[^\p{L}]|$)`)
	weak = regexp.MustCompile(`^(?:(?:print(?:ed)?|full|first|last|family|company|firm)? ?name(?: in block letters| \(print\)| in capitals)?|title|position|capacity|role|date|dated|place|city|date and place|place and date|place, date|date of signature|address|e-?mail|phone` +
		`|vor- und nachname|vorname|nachname|name in druckbuchstaben|ort|datum|ort,? ?(?:und )?datum|ort/datum|datum,? ?(?:und )?ort|funktion|titel|anschrift|firma/name` +
		`|noms?|prénoms?|noms? et prénoms?|nom, prénoms?|qualité|fonction|titre|lieu|date|lieu et date|date et lieu|fait à|fait à .*|à|le|adresse` +
		`|nombres?|apellidos?|nombre y apellidos|cargo|puesto|título|lugar|fecha|lugar y fecha|fecha y lugar|dni|nif|nie|domicilio)$`)
	// closing begins the part of a document where people sign.
	closing = regexp.MustCompile(`^(?:[0-9]+\.? ?|§ ?[0-9]+ ?|article [0-9]+ ?[.:–-]? ?)?(?:signatures?|signature page|signature block|execution|execution page|signatures of the parties|unterschrift(?:en)?|unterschriften der parteien|unterzeichnung|signatures? des parties|firmas?|firmas? de las partes)$` +
		`|^in witness whereof|^as witness|^executed (?:as|by|on|for)|^signed (?:for|by|on|as|sealed|and|in)|^signed, sealed|^for and on behalf of|^duly signed|^the parties (?:hereto )?have (?:duly )?(?:signed|executed)|^agreed and accepted|^acknowledged and agreed|^accepted and agreed` +
		`|^für die |^für den |^namens |^im namen |^unterschrift |^zu urkund|^gelesen und einverstanden` +
		`|^fait (?:à|en) |^pour (?:la|le|les|l[’']) |^pour et au nom|^en foi de quoi|^au nom (?:de|du)|^signatures? |^en témoignage` +
		`|^en fe de lo cual|^en prueba de conformidad|^y en prueba|^por (?:la|el|las|los) |^en nombre (?:de|y)|^firmad[oa]s? |^leído y conforme|^y para que conste`)
	// dated is where and when people sign.
	dated = regexp.MustCompile(`^(?:(?:signed|executed|dated|done)\b.*\bday of\b.*|(?:date|dated|signed on|executed on)\b[ ,:_.…0-9/-]*(?:20__)?[ ,:_.…0-9/-]*|fait à .*|(?:à|a) [_.… ]+,? ?le\b.*|le [_.…/ 0-9]+|en [_.…]+.*|en [\p{L} ]+, ?(?:a|el)(?: día)? [_.…].*|[_.… ]+,? ?(?:den|am|le|the)\b ?[_.…/ 0-9]*|[\p{L}-]+, ?(?:den|am|le) [_.…/ 0-9]+.*)$`)
)

// label is what a caption says, without what stands around it.
func label(s string) string {
	return strings.Trim(fold(s), " :：.,;()[]*-–—/|_…")
}

// signingLine reports whether a line only stands where people sign.
func signingLine(line string) bool {
	bare := label(runs.ReplaceAllString(line, " "))
	if bare == "" || len(strings.Fields(bare)) > 14 {
		return false
	}
	if closing.MatchString(bare) {
		return true
	}
	return strong.MatchString(bare) && caption(bare) && (runs.MatchString(line) || len(strings.Fields(bare)) <= 6)
}

// caption reports whether words name what is to be written, rather than being a part of a sentence.
func caption(bare string) bool {
	m := strong.FindStringSubmatch(bare)
	rest := strings.TrimSpace(bare[len(m[1]):])
	switch m[1] {
	case "by", "per", "x", "its", "par", "por", "i v", "i a", "iv", "ia", "i.v", "i.a", "ppa", "gez":
		return rest == "" || strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "(")
	}
	return len(strings.Fields(rest)) <= 6
}

// near reports whether people sign around line i.
func (t *text) near(i int) bool {
	const above, below = 14, 6
	for j := max(0, i-above); j < min(len(t.lines), i+below+1); j++ {
		if j != i && t.signs[j] {
			return true
		}
	}
	return false
}

// toSign reports whether the runs of a line are where somebody is to sign, or to write who signs, where
// and when.
func (t *text) toSign(i int, at [][]int) bool {
	line := t.lines[i]
	if dated.MatchString(fold(line)) && t.near(i) {
		return true
	}
	// Captions and runs take turns: "Name: ____ Title: ____", "____ (Signature)".
	start, alone := 0, true
	needsNear := false
	for k, m := range at {
		before := line[start:m[0]]
		start = m[1]
		bare := label(before)
		if bare == "" {
			continue
		}
		alone = false
		switch {
		case strong.MatchString(bare) && caption(bare):
		case weak.MatchString(bare):
			needsNear = true
		case captions(before, k > 0):
			needsNear = true
		default:
			return false
		}
	}
	tail := strings.TrimSpace(line[start:])
	if bare := label(tail); bare != "" {
		parenthesised := strings.HasPrefix(tail, "(") && strings.HasSuffix(tail, ")")
		switch {
		case strings.HasSuffix(tail, ":") && (weak.MatchString(bare) || strong.MatchString(bare)): // the next caption, its line is below
			needsNear = true
		case filledCaption.MatchString(tail) && (weak.MatchString(label(filledCaption.FindString(tail))) || strong.MatchString(label(filledCaption.FindString(tail)))):
			needsNear = true // Name: Ada Lovelace
		case parenthesised && strong.MatchString(bare):
		case parenthesised && weak.MatchString(bare):
			needsNear = true
		default:
			return false
		}
		alone = false
	}
	if alone {
		return t.aloneToSign(i)
	}
	return !needsNear || t.near(i) || t.strongIn(line)
}

// filledCaption is a caption that something stands behind.
var filledCaption = regexp.MustCompile(`^[\p{L} ]{2,30}:`)

// strongIn reports whether one of a line's captions is of a signature.
func (t *text) strongIn(line string) bool {
	for _, part := range runs.Split(line, -1) {
		if bare := label(part); strong.MatchString(bare) && caption(bare) {
			return true
		}
	}
	return false
}

// captions reports whether a part of a line is what was written on one line and the caption of the next:
// "Ada Lovelace Title:".
// At the beginning of a line it has a caption of its own.
func captions(part string, later bool) bool {
	part = strings.TrimSpace(part)
	words := strings.Fields(strings.TrimRight(part, ":"))
	if !strings.HasSuffix(part, ":") || len(words) == 0 || len(words) > 7 {
		return false
	}
	if first := label(words[0]); !later && (!strings.HasSuffix(words[0], ":") || !weak.MatchString(first) && !strong.MatchString(first)) {
		return false
	}
	last := label(words[len(words)-1])
	return weak.MatchString(last) || strong.MatchString(last)
}

// aloneToSign reports whether a line of nothing but runs is one to sign on: with a caption below it, or
// where people sign.
func (t *text) aloneToSign(i int) bool {
	if i > 0 {
		above := t.lines[i-1]
		if strings.HasSuffix(above, ":") && !t.signs[i-1] && !weak.MatchString(label(above)) {
			return false // a list to be filled in
		}
	}
	if i+1 < len(t.lines) {
		below := label(t.lines[i+1])
		if strong.MatchString(below) && caption(below) {
			return true
		}
	}
	if t.near(i) {
		return true
	}
	// The end of a page: a line, and a name below it.
	return i+1 < len(t.lines) && len(t.lines)-i <= 8 && nameLike(t.lines[i+1])
}

// nameLike reports whether a line may be the names of those who sign.
func nameLike(line string) bool {
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

var (
	inBrackets = regexp.MustCompile(`\[([^\[\]]{0,120})\]`)
	inAngles   = regexp.MustCompile(`<<?([^<>\n]{1,60})>>?`)
	bullets    = regexp.MustCompile(`^[\s●•◦○■□▪▫_*.…·?–—-]*$`)
	ellipsis   = regexp.MustCompile(`^(?:…|\.\.\.|\. \. \.)$`)
	money      = regexp.MustCompile(`(?i)(?:€|\$|£|¥|\b(?:eur|usd|gbp|chf|euro|euros))\s*$`)
	unit       = regexp.MustCompile(`(?i)^\s*(?:€|\$|£|%|‰|(?:eur|usd|gbp|chf|euros?|percent|per cent|prozent|pour cent|por ciento|days?|weeks?|months?|years?|tage?n?|wochen?|monate?n?|jahre?n?|jours?|semaines?|mois|ans?|années?|días?|semanas?|meses|años?)\b)`)

	// verbs ask somebody to write something.
	verbs = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:insert|fill in|fill out|please (?:insert|enter|complete|specify|state)|enter (?:the|your|name|date|amount)|specify|to be (?:completed|inserted|confirmed|agreed|determined|advised|filled|provided|specified|decided)|delete (?:as|if|whichever)|strike (?:out|whichever)|select one|choose one|describe|if applicable|as applicable|placeholder|tbd|tbc|tba` +
		`|einfügen|einsetzen|eintragen|ergänzen|einzufügen|einzusetzen|einzutragen|nachzutragen|auszufüllen|ausfüllen|angeben|anzugeben|zutreffendes|nichtzutreffendes|nicht zutreffendes|platzhalter|noch offen|noch zu` +
		`|insérer|indiquer|compléter|renseigner|préciser|à définir|à déterminer|à convenir|à remplir|rayer|biffer|mention inutile` +
		`|insertar|indicar|completar|rellenar|precisar|especificar|por definir|por determinar|por confirmar|a definir|a determinar|táchese|tachar)(?:[^\p{L}]|$)`)
	// notes are what brackets say that are not to be filled in.
	notes = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:sic|signature|signatures|sign|follows?|intentionally|left blank|omitted|omission|emphasis|reserved|seal|l\. ?s|end of|remainder|rest of|footnotes?|translation|redacted|confidential|unofficial|deleted|repealed|not used|see|cf|ibid|page break|official` +
		`|unterschrift|unterschriften|unterschriftenseite|folgt|folgen|freigelassen|absichtlich|entfällt|weggefallen|aufgehoben|hervorhebung|übersetzung|siegel|ende|siehe|vgl|gestrichen|anm` +
		`|suit|suivent|intentionnellement|laissée?|omis|omise|supprimée?|abrogée?|souligné|cachet|sceau|traduction|fin|voir|note` +
		`|firma|firmas|sigue|siguen|en blanco|intencionadamente|omitido|omitida|suprimido|derogado|énfasis|sello|traducción|véase|nota|cursiva)(?:[^\p{L}]|$)`)
	// nouns are what is asked for.
	nouns = regexp.MustCompile(`(?i)^(?:(?:company|party|email|e-mail|phone|postal|street|billing|delivery|home|monthly|annual|yearly|hourly|daily|weekly|minimum|maximum|agreed|project|product|service|law firm|disclosing|receiving|borrower|lender|licensor|licensee|provider|contractor|consultant|guarantor|recipient|client|customer|supplier|buyer|seller|landlord|tenant|employer|employee|contract|effective|start|end|commencement|termination|expiry|signing|closing|purchase|full|legal|registered|registration|total|contact|job|bank|account|other party|counterparty|first|second|your|our)(?:['’]s)? )*(?:name|names|date|dates|amount|amounts|sum|price|fee|fees|salary|rent|rate|number|no|address|addresses|place|city|town|country|state|court|courts|jurisdiction|governing law|party|company|client|customer|supplier|buyer|seller|landlord|tenant|employer|employee|person|term|period|duration|day|month|year|days|months|years|time|title|position|currency|percentage|percent|purpose|description|details?|email|e-mail|phone|telephone|signatory|representative|iban|product|service|services|territory|law|quantity|attorney|law firm|borrower|lender|licensor|licensee|provider|contractor|consultant|guarantor|recipient|website|url|birthday|deadline|duties|rental property|property|x{2,})(?: ?(?:[a-z]|[0-9]{1,2}))?$` +
		`|^(?:name|names|date|amount|address|number|place|title|description|seat|country|state|city|sum) (?:of|in|and) .{1,60}$` +
		`|^(?:(?:vollständiger|vollständige|genaue|genauer|voller) )?(?:name|namen|anrede|vorname|nachname|firmenname|firmenname gmbh|firmenname ag|gmbh|firma|datum|betrag|summe|preis|gehalt|miete|höhe|zahl|anzahl|nummer|anschrift|adresse|ort|stadt|land|staat|gericht|gerichtsort|gerichtsstand|partei|unternehmen|kunde|auftraggeber|auftragnehmer|käufer|verkäufer|vermieter|mieter|arbeitgeber|arbeitnehmer|laufzeit|frist|dauer|zeitraum|tag|monat|jahr|tage|monate|jahre|titel|position|funktion|währung|prozent|prozentsatz|zweck|beschreibung|bezeichnung|gegenstand|vertreter|sitz|e-mail|telefon|straße|strasse|plz|hausnummer|postleitzahl|geburtsdatum|geburtsort|handelsregisternummer|mandant|mandantin|kanzlei|vertragsbeginn|beginn|ende der laufzeit|vertragsende)(?: ?(?:[a-z]|[0-9]{1,2}))?$` +
		`|^(?:name|firma|anschrift|adresse|sitz|datum|bezeichnung|höhe|betrag|ort) (?:der|des|und|in) .{1,60}$` +
		`|^(?:noms?|prénoms?|dénomination(?: sociale)?|raison sociale|date|montant|somme|prix|salaire|loyer|taux|numéro|nombre|adresse|lieu|ville|pays|tribunal|juridiction|partie|société|client|fournisseur|acheteur|vendeur|bailleur|locataire|employeur|salarié|durée|délai|période|jours?|mois|années?|titre|fonction|qualité|devise|pourcentage|objet|description|représentant|siège(?: social)?|courriel|téléphone|rue|code postal|siret|siren|mandant|cabinet)(?: ?(?:[a-z]|[0-9]{1,2}))?$` + //nolint:misspell // French
		`|^(?:nom|prénom|date|montant|adresse|lieu|siège|numéro|description|dénomination|durée) (?:de|du|des|d[’']|en|et) ?.{1,60}$` +
		`|^(?:nombres?|apellidos?|razón social|denominación|fecha|importe|cantidad|suma|precio|salario|renta|tipo|número|domicilio|dirección|lugar|ciudad|país|tribunal|juzgado|jurisdicción|parte|sociedad|empresa|cliente|proveedor|comprador|vendedor|arrendador|arrendatario|empleador|trabajador|plazo|duración|periodo|período|días?|mes|meses|años?|título|cargo|moneda|porcentaje|objeto|descripción|representante|correo|teléfono|calle|código postal|nif|dni|cif|mandante|despacho)(?: ?(?:[a-z]|[0-9]{1,2}))?$` +
		`|^(?:nombre|fecha|importe|domicilio|dirección|lugar|número|descripción|denominación|plazo) (?:de|del|en|y) .{1,60}$`)
	citation = regexp.MustCompile(`(?i)^(?:[0-9][0-9 ,;.:/–-]*|[ivxlcdm]{1,6}|[a-z]|[0-9]+[a-z]|(?:p|pp|para|paras|rn|rdn|rz|randnr|randnummer|nr|no|art|article|artikel|artículo|abs|s|ss|section|sect|§+|clause|ziff|ziffer|lit|schedule|annex|annexe|anlage|anexo|appendix|exhibit|n°|c|t|eu|eg|ce|uk|us|ecli)\b[ .]*[-0-9ivx/ .,:;()a-z]{0,20}|https?://.*|www\..*|\S+@\S+)$`)
)

// bracketed finds brackets that wait for words.
func bracketed(s string) (found [][]int) {
	for _, m := range inBrackets.FindAllStringSubmatchIndex(s, -1) {
		inner := strings.TrimSpace(s[m[2]:m[3]])
		double := strings.HasSuffix(s[:m[0]], "[") && strings.HasPrefix(s[m[1]:], "]") && inner != "" && !citation.MatchString(inner) // [[name]]
		if double || placeholder(s[m[2]:m[3]], s[:m[0]], s[m[1]:]) {
			found = append(found, m[:2])
		}
	}
	for _, m := range inAngles.FindAllStringSubmatchIndex(s, -1) {
		inner := s[m[2]:m[3]]
		if double := strings.HasPrefix(s[m[0]:], "<<") && strings.HasSuffix(s[m[0]:m[1]], ">>"); double || asksFor(strings.TrimSpace(inner)) {
			found = append(found, m[:2])
		}
	}
	return found
}

// placeholder reports whether a bracket waits for words. before and after are what stands around it.
func placeholder(inner, before, after string) bool {
	words := strings.Join(strings.Fields(inner), " ")
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	switch {
	case words == "": // [ ] is a box to tick, unless a sum, a number or the rest of a line is to be in it
		return len(inner) >= 3 || money.MatchString(before) || unit.MatchString(after) || endOfCaption.MatchString(before) && (after == "" || after[0] == '\n')
	case unknown.MatchString(words):
		return money.MatchString(before) || unit.MatchString(after)
	case ellipsis.MatchString(words): // what a quotation leaves out, unless it counts something
		return money.MatchString(before) || unit.MatchString(after)
	case bullets.MatchString(words):
		return words != "-" && words != "–" && words != "—"
	case unicode.IsLetter(last) || unicode.IsLetter(next) && utf8.RuneCountInString(words) <= 2: // [t]he, judge[s]
		return false
	case next == '(': // a link of Markdown
		return asksFor(words)
	}
	return asksFor(words)
}

var (
	endOfCaption = regexp.MustCompile(`\p{L}[^\n]*:[ ]*$`)
	unknown      = regexp.MustCompile(`^[xXnNyY]{1,2}$`) // within [x] days
)

// asksFor reports whether words name what is to be filled in.
func asksFor(words string) bool {
	if verbs.MatchString(words) {
		return true
	}
	if notes.MatchString(words) {
		return false
	}
	if all(listing.Split(words, -1), nouns.MatchString) || all(strings.Fields(words), nouns.MatchString) {
		return true
	}
	return !citation.MatchString(words) && shouted(words)
}

// listing is what stands between several things that are asked for.
var listing = regexp.MustCompile(` ?[,/;&] ?| (?:and|und|et|y) `)

func all(parts []string, is func(string) bool) bool {
	for _, p := range parts {
		if !is(p) {
			return false
		}
	}
	return true
}

// shouted reports whether words are capitals, and more than an abbreviation.
func shouted(words string) bool {
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

var fields = []*regexp.Regexp{
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

// templated finds the fields of templates that nothing was put into.
func templated(s string) (found [][]int) {
	for _, p := range fields {
		found = append(found, p.FindAllStringIndex(s, -1)...)
	}
	for _, m := range inBraces.FindAllStringSubmatchIndex(s, -1) {
		if (m[0] == 0 || s[m[0]-1] != '{' && s[m[0]-1] != '$') && (m[1] == len(s) || s[m[1]] != '}') && asksFor(strings.TrimSpace(s[m[2]:m[3]])) {
			found = append(found, m[:2])
		}
	}
	return found
}

var open = []*regexp.Regexp{
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
	mask   = regexp.MustCompile(`(?i)\b(?:dd|tt|jj)[./-]mm[./-](?:yyyy|yy|jjjj|jj|aaaa|aa)\b`)
	format = regexp.MustCompile(`(?i)(?:format|form|muster|formato|formulaire|mask|pattern|notation|as|als)\W*$`)
)

// pending finds what is to be decided later.
func pending(s string) (found [][]int) {
	taken := map[int]bool{}
	for _, p := range open {
		for _, m := range p.FindAllStringIndex(s, -1) {
			if !taken[m[0]] {
				taken[m[0]] = true
				found = append(found, m)
			}
		}
	}
	for _, m := range mask.FindAllStringIndex(s, -1) {
		if !format.MatchString(s[:m[0]]) {
			found = append(found, m)
		}
	}
	return found
}

var (
	// draftLine is a line that says nothing but that this is a draft, which, and of when.
	draftLine = regexp.MustCompile(`(?i)^[\s\-–—*\[\](){}|/]*(?:(?:first|second|third|working|preliminary|final|initial|rough|internal|confidential|privileged|latest)[ ,]+(?:and [a-z]+ )?)?(?:draft|vorentwurf|entwurf|arbeitsentwurf|vertragsentwurf|brouillon|avant-projet|projet de travail|borrador|proyecto de trabajo)` +
		`(?:[\s,:–—-]*(?:v\.?|version|versión|vers\.|stand|fassung|no\.?|nr\.?|n°|of|vom|du|de|del|dated|as of)?[\s,:.]*(?:confidential|vertraulich|confidentiel|confidencial|[0-9][0-9.:/-]*(?:\s+\p{L}+\s+[0-9]{4})?|\p{L}+ [0-9]{1,2},? [0-9]{4}|[a-z])?)?[\s\-–—*\[\](){}|/.]*$`) //nolint:misspell // French
	// draftTitle is a title that calls the document one.
	draftTitle = regexp.MustCompile(`(?i)^draft (?:[\p{L}-]+ ){0,4}(?:agreement|contract|lease|deed|letter|nda|will|settlement|terms)$|^(?:entwurf|vertragsentwurf)(?: eines| einer| des| der)?(?: [\p{L}-]+){0,3} ?[\p{L}-]*(?:vertrag(?:e?s)?|vereinbarung)$|^(?:projet|brouillon) (?:de |d['’])(?:contrat|bail|convention|accord|protocole)(?: [\p{L}'’-]+){0,4}$|^(?:borrador|proyecto) de (?:contrato|acuerdo|convenio)(?: [\p{L}-]+){0,4}$|^subject to contract$`)
	// draftPhrase says so in more words.
	draftPhrase = regexp.MustCompile(`(?i)\b(?:draft (?:for (?:discussion|review|comment|comments|negotiation|consultation|information)|only|not for (?:signature|execution|distribution)|copy|document|version)|(?:for )?discussion draft|not for signature|not for execution|nur (?:zur|als) (?:diskussion|diskussionsgrundlage|entwurf)|entwurfsfassung|nicht zur unterschrift|noch nicht (?:freigegeben|unterschriftsreif)|diskussionsentwurf|projet pour discussion|projet non définitif|document de travail|version provisoire|ne pas signer|borrador para (?:discusión|comentarios|revisión)|versión preliminar|no apto para firma|documento de trabajo)\b`)
	// draftMark is a mark that stands between the words of a page, as watermarks do.
	draftMark = regexp.MustCompile(`(?:^|[^\p{L}0-9])(?:DRAFT|ENTWURF|BROUILLON|BORRADOR)(?:[^\p{L}0-9]|$)`)
	letters   = regexp.MustCompile(`(?m)^D\s?R\s?A\s?F\s?T$|^E\s?N\s?T\s?W\s?U\s?R\s?F$|^B\s?O\s?R\s?R\s?A\s?D\s?O\s?R$|^B\s?R\s?O\s?U\s?I\s?L\s?L\s?O\s?N$|^(?:PROJET|MUSTER|SPECIMEN|SAMPLE|MUESTRA|SPÉCIMEN|VOID)$|^(?:DRAFT\s*)+$|^(?:ENTWURF\s*)+$|^(?:BORRADOR\s*)+$|^(?:BROUILLON\s*)+$`)
	bankDraft = regexp.MustCompile(`(?i)\b(?:bank(?:er)?['’]?s?|demand|sight|time|money|overdraft)\s+draft|\bdraft (?:beers?|ales?|horses?|animals?|surveys?|excluders?)\b`)
)

// drafts finds what marks the page as a draft: at most one place.
func (t *text) drafts() []string {
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
		if m := draftMark.FindStringIndex(line); m != nil && (strings.ToUpper(line) != line || len(strings.Fields(line)) <= 3) {
			return []string{quote(line, m[0], m[1])}
		}
	}
	if m := letters.FindStringIndex(t.all); m != nil {
		return []string{quote(t.all, m[0], m[1])}
	}
	return nil
}
