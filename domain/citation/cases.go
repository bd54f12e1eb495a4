package citation

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// pattern returns a form that matches an expression at its word.
func pattern(kind Kind, expr string) form {
	re := regexp.MustCompile(`^(?:` + expr + `)`)
	return func(f *finder, i, _ int) {
		if kind != Court && !f.digitNear(i) {
			return
		}
		if n := len(re.FindString(f.window(i))); n > 0 {
			f.add(i, i+n, kind)
		}
	}
}

// digitNear reports whether a digit follows text[i] closely. Few forms do without, and most words that could
// begin one stand in ordinary sentences.
func (f *finder) digitNear(i int) bool {
	for _, c := range []byte(f.text[i:min(len(f.text), i+80)]) {
		if '0' <= c && c <= '9' {
			return true
		}
	}
	return false
}

// number recognizes what begins with a number: "410 U.S. 113", "42 U.S.C. § 1983", "2019 SCC 5",
// "32016R0679".
func (f *finder) number(i, j int) {
	text := f.text
	if j-i == 10 && celex.MatchString(text[i:j]) {
		f.add(i, j, Statute)
		return
	}
	if j-i > 4 || j == len(text) || i > 0 && (text[i-1] == '.' || text[i-1] == '/' || text[i-1] == '-') && i > 1 && byteClass[text[i-2]] == digit {
		return
	}
	k := skipSpace(text, j)
	if k == j || !isCapital(text, k) {
		return
	}
	if text[j-1] == 'd' || text[j-1] == 'h' || text[j-1] == 't' {
		f.circuit(i, j)
		return
	}
	if strings.IndexByte("UCIPSFDOVMR", text[k]) >= 0 {
		if n := len(codified.FindString(f.window(i))); n > 0 {
			f.add(i, i+len(strings.TrimRight(text[i:i+n], ".,:-–/")), Statute)
			return
		} else if n := len(codifiedTitle.FindString(f.window(i))); n > 0 && !isWordByte(text, i+n) {
			f.add(i, i+n, Act)
			return
		}
	}
	end := f.reporter(k)
	if end == 0 {
		return
	}
	f.decision(i, end)
}

var celex = regexp.MustCompile(`^[36][12]\d{3}[A-Z]\d{4}$`)

// circuit recognizes "9th Cir." at the ordinal text[i:j].
func (f *finder) circuit(i, j int) {
	if n := len(circuitCourt.FindString(f.window(i))); n > j-i {
		f.add(i, i+n, Court)
	}
}

var circuitCourt = regexp.MustCompile(`^\d{1,2}(?:st|nd|rd|th|d)\s+Cir(?:\.|cuit)`)

// reporter returns the end of a reporter and page at text[i:], or 0.
func (f *finder) reporter(i int) int {
	text := f.text
	var compact [24]byte
	n, best := 0, 0
	for k := i; k < len(text) && n < len(compact) && k < i+32; {
		c := text[k]
		switch {
		case c == ' ' || c == '.':
			k++
			if c == ' ' && k < len(text) && byteClass[text[k]] == digit && n > 0 {
				if dot, ok := words.reports[string(compact[:n])]; ok && (!dot || text[k-2] == '.') {
					if end := pageEnd(text, k); end > 0 {
						best = end
					}
				}
			}
			continue
		case byteClass[c] != 0 && c < utf8.RuneSelf, c == '(', c == ')', c == '&', c == '\'':
			compact[n] = c
			n++
			k++
		default:
			return best
		}
	}
	return best
}

// pageEnd returns the end of the page number at text[i:], or 0.
func pageEnd(text string, i int) int {
	j := i
	for j < len(text) && ('0' <= text[j] && text[j] <= '9') {
		j++
	}
	if j-i > 8 || isWordByte(text, j) {
		return 0
	}
	return j
}

// decision adds the decision whose citation is text[i:end], with its caption, further pages and court.
func (f *finder) decision(i, end int) {
	end += len(afterCitation.FindString(f.window(end)))
	f.add(f.captionBefore(i), end, Case)
}

var afterCitation = regexp.MustCompile(`^(?:,\s*\d{1,4}(?:[-–]\d{1,4})?\b(?:\s*n\.\d+)?)?(?:\s*\((?:[^()\n]{0,40}\s)?\s*\d{4}\s*\))?`)

// neutral recognizes "[2019] UKSC 5" and "[1932] AC 562" at the bracket text[i].
func (f *finder) neutral(i int) {
	if n := len(neutralCitation.FindString(f.window(i))); n > 0 {
		f.add(f.captionBefore(i), i+n, Case)
	}
}

var neutralCitation = regexp.MustCompile(`^\[(?:1[89]|20)\d\d(?:[-–]\d\d)?\]\s+(?:\d{1,2}\s+)?[A-Z](?:[A-Za-z.()&'’]|\s(?:[A-Z(]|of\s)){0,24}\.?\s+\d{1,5}(?:\s*\((?:[A-Z][A-Za-z]+)\))?(?:,?\s+(?:at\s+)?\[\d+\]|,?\s+at\s+\d+)?`)

// captionBefore returns the start of the name of the case that ends before text[i], such as "Roe v. Wade, ",
// or i.
func (f *finder) captionBefore(i int) int {
	text := f.text
	k := skipSpaceBack(text, i)
	if k > 0 && text[k-1] == '(' {
		k = skipSpaceBack(text, k-1)
	}
	if year := yearBefore.FindString(text[max(0, k-8):k]); year != "" { // "Hadley v Baxendale (1854) 9 Ex 341"
		k -= len(year)
	}
	for k > 0 && strings.IndexByte(",*_", text[k-1]) >= 0 { // "*Roe v. Wade*, 410 U.S. 113"
		k--
	}
	if v := versusBefore(text, k); v >= 0 {
		if start := partyStart(text, v); start < v {
			return start
		}
	}
	// "In re Gault, 387 U.S. 1", "Ex parte Quirin", "Re Ellenborough Park".
	if at := inRe.FindStringIndex(text[max(0, k-60):k]); at != nil {
		return max(0, k-60) + at[0]
	}
	return i
}

var yearBefore = regexp.MustCompile(`\s?\((?:1[6-9]|20)\d\d\)$`)

var inRe = regexp.MustCompile(`(?:In re|In the Matter of|Ex parte|Re|Matter of|Estate of)\s+[A-Z][\w.'’&,\- ]{1,50}$`)

// versusBefore returns the index of the "v" between two parties, the second of which ends at text[:end]; -1
// if there is none.
func versusBefore(text string, end int) int {
	k := end
	for n := range 14 {
		j := skipPunctuationBack(text, k)
		k = wordStart(text, j)
		if k == j {
			return -1
		}
		word := text[k:j]
		switch {
		case word == "v" || word == "vs" || word == "V" || word == "c" && j < len(text) && text[j] == '.':
			return k
		case n > 0 && strings.IndexByte(text[j:min(len(text), j+1)], '.') == 0 && len(word) > 4 && j+2 < len(text) && text[j+1] == ' ' && isCapital(text, j+2) && !strings.Contains("Corp Assn Comm Dept Bros Elec Indus Prods", word):
			return -1
		case isCapital(text, k), byteClass[text[k]] == digit, partyWords[word]:
		default:
			return -1
		}
	}
	return -1
}

// partyWords are small words in the names of parties.
var partyWords = set("of the application and de la du van von der den for ex rel et al on in s plc a an del di da e y to")

// partyStart returns the start of the party that ends before the "v" at text[v].
func partyStart(text string, v int) int {
	k, start := v, v
	for n := range 12 {
		j := skipPunctuationBack(text, k)
		if n > 0 && strings.ContainsAny(text[j:k], ";\n") {
			break
		}
		k = wordStart(text, j)
		if k == j {
			break
		}
		word := text[k:j]
		if isCapital(text, k) {
			lower := fold(word)
			if n > 0 && (sentenceStart[lower] && lower != "state" && lower != "federal" && lower != "new" || lower == "held") {
				break
			}
			if n > 0 && text[j] == '.' && len(word) > 5 { // the end of the sentence before
				break
			}
			start = k
		} else if !partyWords[word] || n == 0 {
			break
		}
	}
	return start
}

// skipPunctuationBack returns the index before spaces and the punctuation of names that end at text[:j].
func skipPunctuationBack(text string, j int) int {
	for j > 0 {
		k := skipSpaceBack(text, j)
		switch {
		case k > 0 && strings.IndexByte(".,'&()-", text[k-1]) >= 0:
			k--
		case strings.HasSuffix(text[:k], "’"):
			k -= len("’")
		}
		if k == j {
			return j
		}
		j = k
	}
	return j
}

// versus recognizes a caption by its form alone, at the word "v" or "vs". "of" European human rights cases: "X v. Germany".
func versus(f *finder, i, j int) {
	if !f.captions || i == 0 || f.text[i-1] != ' ' && f.text[i-1] != '\n' {
		return
	}
	start := partyStart(f.text, i)
	k := j
	if k < len(f.text) && f.text[k] == '.' {
		k++
	}
	n := len(secondParty.FindString(f.window(k)))
	if start < i && n > 0 {
		f.byForm = append(f.byForm, Citation{start, k + n, Case})
	}
}

var secondParty = regexp.MustCompile(`^\s+\p{Lu}[\p{L}\d.'’\-]*(?:,?\s+(?:(?:of|the|and|de|du|van|von|der|for|&)\s+){0,2}\p{Lu}[\p{L}\d'’\-]*)*`)

const (
	date      = `(?:\d{1,2}[.\s]\s?(?:\d{1,2}[.\s]|(?:de\s+)?\p{L}{3,10}\.?\s+(?:de\s+)?)\s?\d{2,4}|\d{1,2}[-/]\d{1,2}[-/]\d{2,4}|\d{1,2}(?:er)?\s+\p{L}{3,10}\.?\s+\d{4})`
	docket    = `(?:(?:\d{1,3}|[IVX]{1,5}[a-z]?)\s[A-Z][A-Za-z]{0,4}(?:\s?\([A-Za-z]+\))?\s\d{1,5}/\d{2})`
	journal   = `(?:NJW(?:-RR)?|NZM|NZA(?:-RR)?|WuM|GRUR(?:-RR|-RS|\sInt)?|MMR|ZUM|K&R|DB|BB|ZIP|MDR|VersR|FamRZ|JZ|JuS|JA|JR|NStZ(?:-RR)?|StV|WM|DNotZ|EuZW|EuGRZ|ZMR|DWW|GE|NVwZ(?:-RR)?|DVBl|DÖV|BeckRS|AP|EzA|ArbRB|ZInsO|NZI|NZG|AG|BGHZ|BGHSt|BVerfGE|BVerwGE|BAGE|RGZ|RGSt|BFHE|BSGE|BStBl|NStZ|r\+s|ZfS|NZV|DAR|CR)`
	published = journal + `(?:\s+(?:I{1,3}\s+)?\d{1,4}(?:\s+I{1,3})?(?:,|/|\s(?:Nr\.|S\.))\s*\d{1,6}(?:\s*(?:Rn\.|ff?\.|Tz\.)\s*\d*)?)`
	ruling    = `(?:Urt(?:eil|\.)|Beschl(?:uss|\.)|U\.|B\.|Versäumnisurteil|Hinweisbeschluss|Vorlagebeschluss)`
)

// germanDecision recognizes "BGH, Urteil vom 12.03.2015 – VIII ZR 45/14" and "BGH NJW 2015, 1234".
var germanDecision = pattern(Case, `\p{Lu}[\p{L}]{1,8}(?:\s\p{Lu}\p{L}+(?:\s(?:am|an der)\s\p{Lu}\p{L}+|/\p{Lu}\p{L}+|\sI{1,2})?)?(?:\s\([A-Z]\p{L}+\))?(?:,?\s*`+ruling+`)?(?:,?\s*(?:v(?:om|\.)?\s*)?`+date+`)?[,\s–(-]*(?:Az\.?:?\s*)?(?:`+docket+`|`+published+`)(?:[,\s(–]*`+published+`\)?)*`)

var germanJournal = pattern(Case, published)

// germanDocket recognizes the docket number of a federal court, such as "VIII ZR 45/14", at its register.
func germanDocket(f *finder, i, _ int) {
	switch f.text[i:wordEnd(f.text, i)] {
	case "ZR", "ZB", "ZA", "AZR", "AZB", "AZN", "ABR", "BvR", "BvL", "BvF", "BvE", "BvQ", "StR", "ARs":
	default:
		return
	}
	end := skipSpaceBack(f.text, i)
	start := wordStart(f.text, end)
	if n := len(docketNumber.FindString(f.window(i))); n > 0 && start < end && (isRoman(strings.TrimRight(f.text[start:end], "ab")) || byteClass[f.text[start]] == digit) {
		f.add(start, i+n, Case)
	}
}

var docketNumber = regexp.MustCompile(`^[A-Z][A-Za-z]+(?:\s?\([A-Za-z]+\))?\s\d{1,5}/\d{2}`)

const pourvoi = `(?:n[°ºo]s?\.?\s*\d{2}-\d{2}[.\s]?\d{3})`

var decisions = map[string]form{
	"ecli": pattern(Case, `ECLI:[A-Z]{2}:[A-Z0-9]{1,8}:\d{4}:[A-Z0-9.]*[A-Z0-9]`),
	"c t":  pattern(Case, `[CT][-‑–]\d{1,4}/\d{2}(?:\s?P(?:PU)?)?\b`),
	// Cass. soc., 12 mars 2015, n° 13-12.345; Cass. civ., sez. III, n. 1234/2020
	"cass cassazione cassation":      namedAfter(`[Cc]ass(?:\.|azione|ation)(?:[\s,]*(?:(?:\d(?:re|e|ère|ème)\s+)?(?:civ|soc|com|crim|pen|req|trib|lav)\.?|ass\.?\s*pl[ée]n\.?|ch\.?\s*mixte|(?i:sez)\.?\s*(?:(?i:un)\.?(?:ite)?|lav\.?|[IVX]+|\d)|(?i:sezioni\s+unite)|SS\.?\s?UU\.?|(?i:sent|ord)\.?|(?i:sentenza|ordinanza)|del|du|le))*[\s,]*(?:` + date + `[\s,]*)?(?:` + pourvoi + `|` + no + `\s*\d+(?:/\d{2,4}|\s+del\s+\d{4})?|\d+/\d{2,4})(?:[\s,]*(?:Bull\.\s*[^,.;\n]{1,20},?\s*` + no + `\d+))?`),
	"pourvoi":                        pattern(Case, `pourvois?\s+`+pourvoi),
	"n no":                           pattern(Case, pourvoi+`\b`),
	"ce ca tgi tc cons conseil cour": pattern(Case, `(?:CE|CA|TGI|TC|Cons\.\s*const\.|Conseil\s+d['’][ÉE]tat|Cons(?:eil)?\.?\s+constitutionnel|Cour\s+de\s+cassation)(?:\s\p{Lu}\p{L}+)?,?\s*(?:(?i:ass|sect|plén|réf|civ|soc|com|crim)\.?,?\s*)?(?:déc(?:\.|ision)\s*)?(?:(?:du\s+)?`+date+`)(?:,\s*(?:`+no+`\s*[\d\-/.]+(?:\s*DC|\s*QPC)?|\p{Lu}[\p{L}'’\-]+(?:\s\p{Lu}[\p{L}'’\-]+){0,4}))?`),
	"déc décision":                   pattern(Case, `[Dd]éc(?:\.|ision)\s+`+no+`\s*\d{2,4}-\d+\s*(?:DC|QPC|L)\b`),
	"sts stc sap stsj san ats atc sjpi sjs stjue stedh aap": pattern(Case, `(?:STS|STC|SAP|STSJ|SAN|ATS|ATC|SJPI|SJS|STJUE|STEDH|AAP)\b(?:\s+(?:de\s+)?\p{Lu}[\p{L}]+)?(?:,?\s*\([^()]{1,30}\))?[\s,]+(?:`+no+`\s*)?(?:\d+/\d{2,4}(?:,?\s+de\s+\d{1,2}\s+de\s+\p{L}+(?:\s+de\s+\d{4})?)?|de\s+\d{1,2}\s+de\s+\p{L}+\s+de\s+\d{4})`),
	"sentencia":            pattern(Case, `[Ss]entencia\s+del?\s+(?:Tribunal\s+(?:Supremo|Constitucional)|TS|TC|TJUE)\s+de\s+(?:fecha\s+)?\d{1,2}\s+de\s+\p{L}+\s+de\s+\d{4}`),
	"sentencia sentencias": pattern(Case, `[Ss]entencia\s+(?:del?\s+(?:Tribunal\s+(?:Supremo|Constitucional)|TS|TC|TJUE|Pleno)\s+)?(?:`+no+`\s*)?(?:\d+/\d{4}(?:,?\s+de\s+\d{1,2}\s+de\s+\p{L}+(?:\s+de\s+\d{4})?)?)`),
	"súmula súmulas":       pattern(Case, `[Ss]úmula\s+(?:Vinculante\s+)?(?:`+no+`\s*)?\d+(?:\s*(?:,?\s*d[oa]\s+|/)(?:STF|STJ|TST))?`),
	"orientação":           pattern(Case, `Orientação\s+Jurisprudencial\s+(?:`+no+`\s*)?\d+`),
	"tema":                 pattern(Case, `Tema\s+(?:`+no+`\s*)?\d[\d.]*(?:\s+d[oa]\s+(?:STF|STJ|TST)|\s+da\s+[Rr]epercussão\s+[Gg]eral)`),
	"resp aresp eresp re are hc rhc ms adi adin adpf adc rr agint agrg": pattern(Case, `(?:(?:AgInt|AgRg|EDcl)\s+n[oa]\s+)?(?:REsp|AREsp|EREsp|RE|ARE|HC|RHC|MS|ADI|ADIn|ADPF|ADC|RR)\s+(?:`+no+`\s*)?(?:\d{1,3}(?:\.\d{3})+(?:[/-][A-Z]{2})?|\d{2,7}[/-][A-Z]{2})`),
	"adi adpf adc":                pattern(Case, `(?:ADI|ADPF|ADC)\s+(?:`+no+`\s*)?\d{1,4}\b`),
	"acórdão ac":                  pattern(Case, `(?:[Aa]córdão|Ac\.)\s+(?:d[oa]\s+)?(?:STJ|STA|TRL|TRP|TRC|TRE|TRG|TC|Supremo\s+Tribunal\s+de\s+Justiça|Tribunal\s+(?:Constitucional|da\s+Relação\s+d[eo]\s+\p{Lu}\p{L}+))(?:,?\s+(?:de\s+)?`+date+`|,?\s+`+no+`\s*\d+/\d{2,4})`),
	"corte":                       pattern(Case, `[Cc]orte\s+di\s+[Cc]assazione(?:[\s,]*(?:sezion[ei]\s+\p{L}+|sez\.\s*\p{L}+))*[\s,]*(?:(?:sentenza|ordinanza|sent\.|ord\.)\s*)?(?:(?:del\s+)?`+date+`[\s,]*)?`+no+`\s*\d+(?:/\d{2,4})?`),
	"cour":                        pattern(Case, `[Cc]our\s+de\s+cassation(?:[\s,]*(?:(?:première|deuxième|troisième|1re|2e|3e)\s+)?(?:chambre|ch\.)(?:\s+\p{L}+){1,2}|[\s,]*assemblée\s+plénière|[\s,]*chambre\s+mixte)*[\s,]+`+date+`(?:[\s,]+(?:pourvoi\s+)?`+pourvoi+`)?`),
	"corte c":                     pattern(Case, `C(?:orte|\.)\s*cost(?:\.|ituzionale)[\s,]*(?:sent(?:\.|enza)\s*)?(?:`+date+`[\s,]*)?(?:`+no+`\s*)?\d+(?:/\d{2,4}|\s+del\s+\d{4})`),
	"trib app cons tar tribunale": pattern(Case, `(?:Trib\.|Tribunale(?:\s+di)?|App\.|Cons\.\s*St\.|TAR)(?:\s+\p{Lu}\p{L}+)?[\s,]*(?:sez\.\s*[\p{L}\d]+[\s,]*)?(?:`+date+`)(?:[\s,]*`+no+`\s*\d+(?:/\d+)?)?`),
	"hr hof rb rechtbank gerechtshof ktr abrvs crvb": pattern(Case, `(?:HR|Hof|Rb\.?|Rechtbank|Gerechtshof|Ktr\.?|ABRvS|CRvB)(?:\s+'?s?-?\p{Lu}[\p{L}\-]+(?:\s\p{Lu}\p{L}+)?)?,?\s+\d{1,2}\s+\p{L}{3,10}\s+\d{4}(?:,\s*(?:NJ|JAR|RvdW|JOR|AB|TBR|WR|RAR|JIN)\s+\d{4}(?:/|,\s*(?:p\.\s*)?)\d+)?(?:[,\s]*ECLI:[A-Z]{2}:[A-Z0-9]{1,8}:\d{4}:[A-Z0-9.]*[A-Z0-9])?(?:\s*\(\p{Lu}[^()\n]{1,50}\))?`),
	"nj jar rvdw jor":  pattern(Case, `(?:NJ|JAR|RvdW|JOR)\s+\d{4}(?:/|,\s*(?:p\.\s*)?)\d+`),
	"bge atf":          pattern(Case, `(?:BGE|ATF)\s+\d{1,3}\s+[IV]{1,3}[ab]?\s+\d{1,4}`),
	"bull":             namedAfter(`Bull\.\s*(?:civ|crim|com|ass)?\.?\s*[^,.;\n]{0,12},?\s*` + no + `\s*\d+`),
	"urteil beschluss": pattern(Case, ruling+`\s+des\s+(?:BGH|BAG|BVerfG|BVerwG|BFH|BSG|EuGH|OLG\s\p{Lu}\p{L}+|LG\s\p{Lu}\p{L}+|AG\s\p{Lu}\p{L}+)\s+vom\s+`+date+`(?:[,\s–(-]*(?:Az\.?:?\s*)?`+docket+`\)?)?`),
	"bgh bag bverfg bverwg bfh bsg eugh olg lg ag kg bayoblg rg lag arbg vg ovg vgh fg sg lsg ogh egmr bpatg": germanDecision,
}

// namedAfter is a pattern of decisions whose short name may follow in parentheses: "Cass. 1re civ., 3 mai 2000, n° 98-11.381
// (Baldus)".
func namedAfter(expr string) form {
	decision := pattern(Case, expr)
	return func(f *finder, i, j int) {
		before := len(f.found)
		if decision(f, i, j); len(f.found) == before {
			return
		}
		end := f.found[before].End
		if m := inParentheses.FindStringSubmatchIndex(f.window(end)); m != nil {
			f.add(end+m[2], end+m[3], Doctrine)
		}
	}
}

var inParentheses = regexp.MustCompile(`^\s*\((\p{Lu}[\p{L}'’\-]+)\)`)

var germanJournals = "njw nzm nza wum grur mmr zum db bb zip mdr versr famrz jz jus nstz wm dnotz euzw zmr nvwz dvbl döv beckrs bghz bghst bverfge bverwge bage rgz rgst bfhe bsge nzg nzi zinso"

// compoundRuling recognizes "Lüth-Urteil" and "Haviltex-arrest" at the second word.
func compoundRuling(f *finder, i, j int) {
	if i == 0 || f.text[i-1] != '-' {
		return
	}
	start := i - 1
	for start > 0 && (f.text[start-1] == '-' || isWordByte(f.text, start-1)) {
		if f.text[start-1] == '-' {
			start--
		} else {
			start = wordStart(f.text, start)
		}
	}
	if start == i-1 || !isCapital(f.text, start) {
		return
	}
	kind := Case
	switch fold(f.text[i:j]) {
	case "doktrin", "formel", "theorie", "rechtsprechung", "grundsätze", "prinzip", "kriterien", "norm", "criterium", "criteria", "leer", "test", "maatstaf", "rechtspraak", "jurisprudentie":
		kind = Doctrine
	case "reform":
		kind = Act
	}
	f.add(start, j, kind)
}

// leadingRuling recognizes "arrêt Perruche" and "jurisprudence Czabaj" at the first word.
func leadingRuling(f *finder, i, j int) {
	k := skipSpace(f.text, j)
	if lower := fold(f.text[k:wordEnd(f.text, k)]); notEponyms[lower] {
		return
	}
	if n := len(rulingName.FindString(f.window(i))); n > 0 {
		kind := Case
		if strings.IndexByte("jJdDtT", f.text[i]) >= 0 {
			kind = Doctrine
			n = max(n, eponymEnd(f.text, k, 2)-i)
		}
		f.add(i, i+n, kind)
	}
}

var rulingName = regexp.MustCompile(`^(?:[Aa]rrêts?|[Jj]urisprudence|[Dd]octrin[ae]|[Dd]outrina|[Dd]ottrina|[Tt]eor[ií]a|[Tt]héorie)\s+(?:(?:Dame|Consorts|Société|Époux|Sté)\s+)?\p{Lu}\p{Ll}[\p{L}'’\-]+`)
