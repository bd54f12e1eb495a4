package citation

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// pinWords may stand between the number of a section and the name of its act: "Abs. 2 Satz 1 Nr. 3",
// "alinéa 2", "apartado 1", "lid 3", "comma 2".
var pinWords = set(`abs absatz absätze s satz sätze nr nrn nummer lit buchst buchstabe alt alternative halbs halbsatz hs var unterabs unterabsatz uabs
	f ff fgg i v m ivm und u oder o bis sowie
	al alinéa alinéas et ou à suivants suiv bis ter quater quinquies sexies
	apartado apartados párrafo párrafos inciso letra y e siguientes sgtes
	n no num número números alínea alíneas parágrafo caput seguintes
	co comma commi c lett lettera ss segg seguenti
	lid leden onder sub aanhef en
	and or to para paras paragraph paragraphs subsection subsections sub clause r l d a
	art arts article articles artikel artículo artículos artigo artigos articolo articoli artt section sections`)

// connectors may stand before the name of an act: "§ 1 des Kündigungsschutzgesetzes", "artículo 5 de la Ley ...".
var connectors = set(`of the in under de du des la le les l el los las del della dello dell delle dei degli di da do das dos na no van het den der dem im aus nach vom zum au aux del lo`)

func set(s string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// notCodes are capitalized abbreviations after "§ 4" that are no acts.
var notCodes = set(`AGB AVB ARB GmbH AG KG UG OHG GbR EUR USD GBP CHF MwSt USt PDF TÜV IT NDA MSA SLA DPA SPA LLC LLP BV NV`)

// section recognizes "§ 622 Abs. 2 BGB" and "Cal. Civ. Code § 1950.5" at the sign text[i:].
func (f *finder) section(i int) {
	j := i
	for strings.HasPrefix(f.text[j:], "§") {
		j += len("§")
	}
	end, statute := f.provision(j, true)
	if statute {
		f.add(i, end, Statute)
		return
	}
	if start := f.codeBefore(i); start < i {
		if end := pinsEnd(f.text, j); end > j {
			f.add(start, end, Statute)
		}
	}
}

// article recognizes a provision that begins with the word text[i:j], such as "Art. 5 DSGVO".
func article(f *finder, i, j int) {
	if f.text[j-1] == 's' && j-i <= 2 && i > 0 && (f.text[i-1] == '\'' || strings.HasSuffix(f.text[:i], "’")) {
		return // a genitive
	}
	// German and Dutch acts are cited by abbreviations that no list has: "Art. 13 PAG", "artikel 16 AWR".
	anyCode := strings.HasPrefix(f.text[i:j], "Artikel") || strings.HasPrefix(f.text[i:j], "artikel") || f.text[i:j] == "Art"
	if end, ok := f.provision(j, anyCode); ok {
		f.add(i, end, Statute)
	}
}

// provision reads numbers and their parts from text[i:] up to the name of an act, and returns its end.
// After the sign § an unknown abbreviation counts as an act.
func (f *finder) provision(i int, sign bool) (end int, ok bool) {
	text, limit := f.text, min(len(f.text), i+160)
	numbers := 0
	for n := 0; n < 40 && i < limit; n++ {
		i = skipPunctuation(text, i)
		j := wordEnd(text, i)
		if j == i {
			return 0, false
		}
		word := text[i:j]
		if numbers > 0 {
			if end := f.actAt(i, j, sign); end > 0 {
				return end, true
			}
		}
		lower := fold(word)
		switch {
		case byteClass[word[0]] == digit && word[0] < utf8.RuneSelf:
			if numbers > 0 && codifiedTitle.MatchString(f.window(i)) {
				return 0, false
			}
			numbers++
		case isRoman(word), j-i == 1 && byteClass[word[0]] == letter:
			if numbers == 0 && (isRoman(word) || strings.ContainsAny(word, "LRDA")) {
				if isRoman(word) {
					numbers++
				}
			} else if numbers == 0 {
				return 0, false
			}
		case numbers > 0 && (pinWords[lower] || connectors[lower]):
		case numbers == 0 && (lower == "n" || lower == "no" || lower == "nº" || lower == "nr"):
		case numbers == 0 && lawArticle(word):
			numbers++
		default:
			return 0, false
		}
		i = j
	}
	return 0, false
}

// lawArticle reports whether a word is a French article number such as "L1234".
func lawArticle(word string) bool {
	return len(word) > 2 && strings.IndexByte("LRDA", word[0]) >= 0 && strings.Trim(word[1:], "0123456789") == ""
}

func isRoman(word string) bool {
	return len(word) <= 6 && strings.Trim(word, "IVX") == ""
}

// skipPunctuation skips what may stand between the parts of a provision. A full stop before a capital
// letter stays when it ends a sentence.
func skipPunctuation(text string, i int) int {
	for i < len(text) {
		next := skipSpace(text, i)
		if next > i {
			i = next
			continue
		}
		switch {
		case strings.IndexByte(".,()-:/'&*", text[i]) >= 0:
			i++
		case strings.HasPrefix(text[i:], "º"), strings.HasPrefix(text[i:], "ª"), strings.HasPrefix(text[i:], "°"), strings.HasPrefix(text[i:], "§"):
			i += 2
		case strings.HasPrefix(text[i:], "’"), strings.HasPrefix(text[i:], "–"):
			i += 3
		default:
			return i
		}
	}
	return i
}

// actAt returns the end of the act that is named at the word text[i:j], or 0.
func (f *finder) actAt(i, j int, sign bool) int {
	text := f.text
	if end, kind := words.phraseAt(text, i, j, true); end > 0 && kind == Act {
		return f.year(end)
	}
	if !isCapital(text, i) {
		if end := forwardAct(f, i, j); end > 0 {
			return end
		}
		return 0
	}
	if lawSuffix(text[i:j]) {
		return j
	}
	if end := forwardAct(f, i, j); end > 0 {
		return end
	}
	if end := f.titleAct(i); end > 0 {
		return end
	}
	if sign && !notCodes[text[i:j]] && !isRoman(text[i:j]) && isAbbreviation(text[i:j]) {
		return j
	}
	return 0
}

// isAbbreviation reports whether a word looks like the abbreviation of a German act: "KSchG", "NachwG".
func isAbbreviation(word string) bool {
	capitals := 0
	for _, r := range word {
		if 'A' <= r && r <= 'Z' || strings.ContainsRune("ÄÖÜ", r) {
			capitals++
		}
		if r < utf8.RuneSelf && byteClass[r] == digit {
			return false
		}
	}
	return capitals >= 2 && len(word) <= 14
}

// pinsEnd returns the end of the numbers of sections at text[i:], such as " 1950.5(a)", or i.
func pinsEnd(text string, i int) int {
	m := pins.FindString(text[i:min(len(text), i+80)])
	return i + len(strings.TrimRight(m, ".,:-–/"))
}

var pins = regexp.MustCompile(`^[\s\x{a0}]*\d[\w\-–:./]*(?:\([\w]{1,5}\))*(?:\s?[-–]\s?\d[\w\-–:.]*(?:\([\w]{1,5}\))*)?`)

// trailing extends an act that ends at text[i] by the provision behind it: "Civil Code § 1950.5",
// "Housing Act 1988, s 21", "Code civil, art. 1240".
func (f *finder) trailing(i int) int {
	m := trailingPins.FindString(f.window(i))
	return i + len(strings.TrimRight(m, ".,:-–"))
}

var trailingPins = regexp.MustCompile(`^,?[\s\x{a0}]+(?:§{1,2}|ss?\.?|[Ss]ections?|[Ss]ecs?\.|[Aa]rts?\.?|[Aa]rtt\.|[Aa]rticles?|[Aa]rt[íi]culos?|[Aa]rtigos?|[Aa]rticol[oi]|[Aa]rtikel[sn]?|[Tt]itle|[Pp]art|[Ss]chedule|[Cc]hapter|[Rr]ule|[Rr]eg\.?)[\s\x{a0}]*(?:[LRDA]\.?\s?)?(?:\d[\w\-–:./]*|[IVX]+\b)[ºª°]?(?:\([\w]{1,5}\))*`)

// codeBefore returns the start of the American code whose section sign stands at text[i], such as "Cal. Civ.
// Code" or "Tex. Prop. Code Ann.", or i.
func (f *finder) codeBefore(i int) int {
	text := f.text
	before := skipSpaceBack(text, i)
	if before == 0 || !isCapital(text, wordStart(text, before)) && strings.IndexByte(".,)", text[before-1]) < 0 {
		return i
	}
	if at := initialsBefore.FindStringIndex(text[max(0, i-24):i]); at != nil {
		return max(0, i-24) + at[0]
	}
	start, isCode := i, false
	for range 7 {
		k := skipSpaceBack(text, start)
		for k > 0 && strings.IndexByte(".,'&)", text[k-1]) >= 0 {
			if text[k-1] == ')' {
				open := strings.LastIndexByte(text[max(0, k-20):k], '(')
				if open < 0 {
					return i
				}
				k = max(0, k-20) + open
				k = skipSpaceBack(text, k)
				continue
			}
			k--
		}
		j := k
		k = wordStart(text, j)
		word := text[k:j]
		if k == j {
			break
		}
		switch {
		case codeWords[word]:
			isCode = true
		case isCapital(text, k) && !sentenceStart[fold(word)]:
		case isCode && (word == "of" || word == "and"):
		case byteClass[word[0]] == digit && isCode:
			start = k // the title of "42 U.S.C."
			return start
		default:
			if isCode {
				return trimConnectors(text, start)
			}
			return i
		}
		start = k
	}
	if !isCode {
		return i
	}
	return trimConnectors(text, start)
}

// initialsBefore are codes cited by initials: "O.C.G.A. §", "RCW §".
var initialsBefore = regexp.MustCompile(`(?:\b(?:[A-Z]\.\s?){3,5}|\b(?:RCW|NRS|ORS|MCL|KRS|RSA|HRS|SDCL|CRS|ARS|TCA|NMSA|RSMo|UCC|USC|CFR|IRC|CPLR|RPAPL|RPL|EPTL|GOL|CC|CCP))[\s\x{a0}]*$`)

func trimConnectors(text string, start int) int {
	for !isCapital(text, start) && start < len(text) {
		end := wordEnd(text, start)
		start = skipSpace(text, max(end, start+1))
	}
	return start
}

var codeWords = set(`Code Stat Statutes Stats Law Laws LAW Act Rules Regs Const Constitution C Restatement UCC USC CFR Ann`)

// sentenceStart are words before an act that do not belong to its name, though they may be capitalized.
var sentenceStart = set(`the under in by per see and but if does do is are was has have can could would should may must when where what which why how
	this that these those such an a any each every our your my his her their its said no not for to from with of on at as section sections article cf eg also
	since because although while whether after before about unlike both either former new current old old existing proposed relevant applicable same original first second
	compare contrast accord contra following quoting citing main present entire whole parent federal state local violation violates breach yes thus hence however moreover therefore`)

// restatement recognizes "Restatement (Second) of Torts § 402A".
var restatement = pattern(Statute, `Restatement(?:\s*\((?:First|Second|Third|Fourth|2d|3d|4th)\))?(?:\s+\([A-Z][\w ]+\))?\s+of\s+(?:the\s+)?(?:Law\s+of\s+)?[A-Z]\w+(?:\s+(?:and|of|&)\s+[A-Z]\w+|:?\s+[A-Z]\w+)*(?:\s*\((?:Second|Third|2d|3d)\))?(?:,?\s*§{1,2}\s*\d+\w*)?`)

var federalRule = pattern(Statute, `Fed\.?\s*R\.?\s*(?:Civ|Crim|App|Bankr|Evid)\.?\s*(?:P(?:roc)?\.?)?\s*\d+(?:\.\d+)?(?:\(\w{1,3}\))*`)

var federalRules = pattern(Statute, `Federal\s+Rules?\s+of\s+(?:(?:Civil|Criminal|Appellate|Bankruptcy)\s+Procedure|Evidence)\s+\d+(?:\.\d+)?(?:\(\w{1,3}\))*`)

var numberedRule = pattern(Statute, `[Rr]ule\s+(?:\d{1,3}(?:\([a-zA-Z0-9]{1,3}\))+|10b-\d+|\d{1,3}\s+of\s+the\s+(?:Federal\s+)?Rules\s+of\s+[A-Z]\w+(?:\s+[A-Z]\w+)?)`)

var amendment = pattern(Statute, `[Aa]mdt?s?\.?\s*[IVX]+\b`)

var publicLaw = pattern(Statute, `Pub(?:\.|lic)\s*L(?:\.|aw)\s*(?:No\.?\s*)?\d+[-–]\d+(?:,\s*§\s*\d+)?`)

var statutoryInstrument = pattern(Statute, `S(?:\.)?I(?:\.)?\s*(?:No\.?\s*)?\d{4}/\d+`)

// massachusettsLaw recognizes "M.G.L. c. 186, § 14".
var massachusettsLaw = pattern(Statute, `M\.?\s?G\.?\s?L\.?(?:\s?A\.)?\s*(?:c|ch)\.\s*\d+\w*(?:,?\s*§{1,2}\s*\d+\w*)?`)

// constitutionalAmendment recognizes the Brazilian "EC 103/2019".
var constitutionalAmendment = pattern(Statute, `EC\s+(?:n\.?[ºo°]\s*)?\d{1,3}/\d{4}`)

// directStatutes are statutes whose section follows without a sign: "CPR 36.5", "FRCP 12(b)(6)", "UCC 2-207".
var directStatutes = set(`CPR FRCP FRE UCC IRC ILCS USC CFR TFEU TEU ECHR`)

// codified recognizes "42 U.S.C. § 1983" and the like after a title number.
var codified = regexp.MustCompile(`^\d{1,3}\s+(?:U\.?\s?S\.?\s?C\.?(?:\s?[AS]\.)?|C\.?\s?F\.?\s?R\.?|ILCS|I\.L\.C\.S\.|Pa\.?\s?C\.?\s?S\.?(?:A\.?)?|Stat\.|Fed\.\s?Reg\.|Del\.\s?C\.|Okla\.\s?Stat\.|V\.S\.A\.|M\.R\.S\.A?\.?|R\.C\.|Cal\.\s?Code\s?Regs\.)[\s,]*(?:tit\.\s*)?(?:§{1,2}\s*|[Ss]ections?\s+|[Ss]ecs?\.\s*|[Pp]art\s+|[Pp]ts?\.\s*)?\d[\w\-–:./,]*(?:\([\w]{1,4}\))*`)

// codifiedTitle is codified without a section: "under 15 U.S.C." or "17 CFR".
var codifiedTitle = regexp.MustCompile(`^\d{1,3}\s+(?:U\.?S\.?C\.?|C\.?F\.?R\.?)`)

// stateStatute recognizes "Fla. Stat. 83.49" and "Mass. Gen. Laws ch. 93A".
var stateStatute = regexp.MustCompile(`^(?:[A-Z][a-z]*\.?\s?){1,3}(?:Stat|Laws|Code|Law|Stats|Const)\.?(?:\s?Ann\.)?,?\s*(?:ch\.\s*|art\.\s*|tit\.\s*|§{1,2}\s*)?\d[\w\-.:]*(?:,\s*§{1,2}\s*\d[\w\-.]*(?:\([\w]{1,4}\))*)?`)
