package citation

import (
	"regexp"
	"strings"
)

// court adds the court text[i:end] with the place that belongs to its name.
func (f *finder) court(i, end int) {
	name := f.text[i:end]
	re := courtPlace
	if courtSuffix(name) || strings.HasPrefix(name, "Rechtbank") || strings.HasPrefix(name, "Gerechtshof") || strings.HasPrefix(name, "Finanzamt") {
		re = directPlace
	} else if !strings.Contains(name, " ") && strings.ToUpper(name) == name {
		re = nil
	}
	if re != nil {
		end += len(re.FindString(f.window(end)))
	}
	f.add(i, end, Court)
}

var (
	courtPlace  = regexp.MustCompile(`^(?:\s+n\.?\s?[ºo°]?\.?\s*\d{1,3})?(?:,?\s+(?:of the State of|for the|of the|of|for|at|de la|de los|de|des|du|di|da|do|dos|del|della|dell['’]|d['’])\s*(?:\p{Lu}[\p{L}'’\-]+|\d{1,2}(?:st|nd|rd|th))(?:(?:\s+|,\s+|-)(?:(?:of|de|da|do|la|der)\s+)?\p{Lu}[\p{L}'’\-]+){0,5})?`)
	directPlace = regexp.MustCompile(`^(?:\s+(?:in\s+)?(?:Den\s+|'s-|Bad\s+)?\p{Lu}[\p{L}\-]+(?:\s(?:am|an der|ob der|im)\s\p{Lu}\p{L}+|/\p{Lu}\p{L}+|\s(?:I|II|Haag|Bosch)\b|-\p{Lu}\p{L}+)?)?`)
)

// courtSuffix reports whether a capitalized word is the name of a German court by its end.
func courtSuffix(word string) bool {
	return strings.HasSuffix(word, "gericht") || strings.HasSuffix(word, "gerichts") || strings.HasSuffix(word, "gerichtshof") || strings.HasSuffix(word, "gerichtshofs")
}

// shortCourt recognizes "LG Berlin" and "OLG Frankfurt am Main".
func shortCourt(f *finder, i, j int) {
	switch f.text[i:j] {
	case "AG": // also a company: "Siemens AG"
		if k := skipSpaceBack(f.text, i); k > 0 && isCapital(f.text, wordStart(f.text, k)) {
			return
		}
	case "LG", "OLG", "KG", "LAG", "ArbG", "VG", "OVG", "VGH", "FG", "SG", "LSG":
	default:
		return
	}
	if n := len(directPlace.FindString(f.window(j))); n > 0 {
		f.add(i, j+n, Court)
	}
}

// districtCourt recognizes "S.D.N.Y." and "D. Mass." at their first letters.
var districtCourt = pattern(Court, `(?:Bankr\.\s*)?(?:[NSEWMC]\.\s?D\.|D\.)\s?(?:(?:N|S|W)\.\s?(?:Y|J|H|M|C|D|Va|Dak)\.|D\.?C\.|P\.R\.|R\.I\.|(?:Ala|Ariz|Ark|Cal|Colo|Conn|Del|Fla|Ga|Haw|Idaho|Ill|Ind|Iowa|Kan|Ky|La|Me|Md|Mass|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Ohio|Okla|Or|Pa|Tenn|Tex|Utah|Vt|Va|Wash|Wis|Wyo)\b\.?)`)

// localCourt recognizes "Tribunale di Milano" and "tribunal de Nanterre".
var localCourt = pattern(Court, `(?:[Tt]ribunale?|[Pp]rocura|[Pp]retura|[Jj]uzgado|[Cc]orte)\s+(?:de|di|d['’])\s?\p{Lu}[\p{L}'’\-]+`)

var federalDistrict = pattern(Court, `(?:Northern|Southern|Eastern|Western|Middle|Central)\s+District\s+of\s+[A-Z][a-z]+(?:\s+[A-Z][a-z]+)?`)

// formTable lists the forms by the folded words at which they begin.
func formTable() map[string][]form {
	table := map[string][]form{
		"art arts artt article articles artikel artikels artikeln artículo artículos articulo artigo artigos articolo articoli section sections sec secs s ss schedule regulation reg rule title": {article},
		"act acts regulations order ordinance": {actSuffix},
		"code rules law":                       {actSuffix, namedLaw},
		"restatement":                          {restatement},
		"fed":                                  {federalRule},
		"federal":                              {federalRules},
		"rule":                                 {numberedRule},
		"m":                                    {massachusettsLaw},
		"ec":                                   {constitutionalAmendment},
		"amend amdt":                           {amendment},
		"pub public":                           {publicLaw},
		"si s":                                 {statutoryInstrument},
		"v vs":                                 {versus},
		"zr zb za azr azb azn abr bvr bvl bvf bve bvq str ars": {germanDocket},
		germanJournals: {germanJournal},
		"urteil entscheidung beschluss toets fall doktrin formel theorie rechtsprechung grundsätze norm criterium leer arrest urteile entscheidungen prinzip kriterien reform arresten rechtspraak jurisprudentie uitspraak criteria": {compoundRuling},
		"arrêt arrêts jurisprudence doctrina doutrina doctrine dottrina teoría teoria théorie":                                                                                                                                        {leadingRuling},
		"doctrine deference": {namedDoctrine},
		"theorem principle principles test standard reforms immunity presumption abstention paradox framework factors guidelines formula injunction":                                                                                 {namedTest},
		"rule order trust letter hearing warning warnings defence defense offer motion clause notice exception application applications report inquiry inquest damages system argument inference direction undertaking jurisdiction": {namedOrder},
		"case decision ruling judgment": {namedDecision},
		"loi lois ordonnance ordonnances réforme circulaire amendement barème ley leyes reforma lei leis legge leggi riforma riforme decreto rito lodo lex ddl régime dispositif":                                                                                                                   {eponymousAct},
		"convention conventions traité traités protocole protocoles accord accords pacte convenio convenios convención tratado tratados protocolo acuerdo acuerdos pacto convenção acordo convenzione trattato protocollo accordo accordi patto treaty treaties protocol verdrag verdragen vertrag": {treaty},
		"übereinkommen übereinkommens abkommen abkommens konvention protokoll":           {placedTreaty},
		"règlement règlements reglamento regolamento regulamento regulation verordening": {placedRegulation},
		"haags haagse weens weense": {dutchTreaty},
		"kamerstuk kamerstukken":    {parliamentaryPapers},
		"caso casos asunto asuntos affaire affaires arrêt arrêts aff causa causas sentencia sentencias sentença sentenza sentenze fallo acórdão processo rechtssache rechtssachen rs fall arrest arresten zaak zaken case": {caseName},
		"stedh sstedh cedh tedh egmr ehrm cedu": {humanRightsCase},
		"c t":                                   {docketName},
		"re":                                    {inReTrust},
		"ag lg olg kg lag arbg vg ovg vgh fg sg lsg":       {shortCourt},
		"n s e w m c d bankr":                              {districtCourt},
		"tribunale tribunal procura pretura juzgado corte": {localCourt},
		"northern southern eastern western middle central": {federalDistrict},
		"ala alaska ariz ark cal colo conn del fla ga haw ill ind iowa kan ky la mass md me mich minn miss mo mont neb nev okla or pa tenn tex utah va vt wash wis wyo": {stateLaw},
	}
	for keys, f := range decisions {
		table[keys] = append(table[keys], f)
	}
	for name := range shortNames {
		table[name] = append(table[name], shortName)
	}
	for key := range forwardActs {
		table[key] = append(table[key], numberedAct)
	}
	return table
}

// stateLaw recognizes an American state's statute that is cited without a sign, at the state's abbreviation.
func stateLaw(f *finder, i, j int) {
	if j >= len(f.text) || !isCapital(f.text, i) || f.text[j] != '.' && f.text[j] != ' ' {
		return
	}
	if n := len(stateStatute.FindString(f.window(i))); n > 0 {
		f.add(i, i+len(strings.TrimRight(f.text[i:i+n], ".,:-")), Statute)
	}
}
