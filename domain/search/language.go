package search

import "strings"

// language is a language with a stemmer.
type language int

const (
	english language = iota
	german
	french
	spanish
	italian
	portuguese
	dutch
	numLanguages int = iota
)

// stopWords are the most common words of each language. They identify the language of a text and are
// ignored in queries.
var stopWords = [numLanguages]string{
	english: `the of and to in is are was were be been being for on with as by at from or an a this that these those it its which who whom whose shall would may must not no any all such has have had
		do does did but if than then so their they them there he she his her him we our us you your i my me upon under into between within where when each other into out over only also can could should`,
	german: `der die das des dem den und in zu von mit auf für ist sind war waren wird werden wurde wurden nicht ein eine einer eines einem einen im am zum zur vom beim bei nach aus an als auch oder so dass daß
		wenn sich es er sie wir ihr ihre ihrer ihrem ihren sein seine seiner hat haben hatte kann können muss müssen soll sollen darf dürfen durch über unter um bis gegen ohne nur noch wie was wer wo wann
		diese dieser dieses diesem diesen jede jeder jedes kein keine keiner keinen aber sondern sowie bzw gemäß man ich mich mir du uns unser unsere worden sofern soweit dies`,
	french: `le la les l de du des d un une et à au aux en dans par pour sur avec sans sous est sont était étaient sera seront être été a ont avait qui que qu quoi dont où ce cet cette ces il elle ils elles on nous vous
		je tu se s son sa ses leur leurs notre nos votre vos ne n pas plus ou mais donc si comme entre y lui même tout tous toute toutes c j m t`,
	spanish: `el la los las lo de del un una unos unas y e a al en por para con sin sobre bajo es son era eran será serán ser sido ha han había que quien cuyo cuya donde este esta estos estas ese esa eso aquel
		se su sus no ni o u pero si como más entre le les nos yo tú él ella ellos ellas usted ustedes mi todo toda todos todas cada cual cuando desde hasta muy está están fue fueron`,
	italian: `il lo la i gli le l di del dello della dei degli delle d un uno una e ed a al allo alla ai agli alle in nel nello nella nei negli nelle da dal dallo dalla dai dagli dalle per con su sul sulla sui sulle
		è sono era erano sarà saranno essere stato stata stati ha hanno aveva che chi cui dove questo questa questi queste quello quella si suo sua suoi sue loro non né o ma se come più tra fra ci vi ne mi ti noi voi egli ella anche ogni quando deve devono può possono`,
	portuguese: `o a os as de do da dos das um uma uns umas e ao à aos às em no na nos nas num numa por pelo pela pelos pelas para com sem sobre sob é são era eram será serão ser sido tem têm tinha há que quem cujo
		cuja onde este esta estes estas esse essa isso aquele se seu sua seus suas não nem ou mas como mais entre lhe lhes eu tu ele ela eles elas você vocês meu minha todo toda todos todas cada quando desde até foi foram está estão`,
	dutch: `de het een van en in op te dat die is zijn was waren wordt worden werd werden voor met als aan door bij uit naar om tot over onder niet geen of maar ook dan er hij zij ze wij we je jij u uw ik hun hem haar
		deze dit kan kunnen moet moeten zal zullen heeft hebben had wie wat waar wanneer welke indien tussen tegen zonder nog zo men mij ons onze elk elke alle`,
}

// stopWordLanguages is the set of languages in which a word is a stop word. stopWordWeights is how
// strongly a stop word indicates its languages.
var stopWordLanguages, stopWordWeights = func() (map[string]uint8, map[string]float64) {
	bits, weight := map[string]uint8{}, map[string]float64{}
	for l, words := range stopWords {
		for w := range strings.FieldsSeq(words) {
			bits[fold(w)] |= 1 << l
		}
	}
	for w, b := range bits {
		n := 0
		for l := range numLanguages {
			if b&(1<<l) != 0 {
				n++
			}
		}
		weight[w] = 2 / float64(n*n)
		if len(w) == 1 { // perhaps a letter in a list
			weight[w] /= 4
		}
	}
	return bits, weight
}()

// letterHints are letters that indicate languages.
var letterHints = map[rune]uint8{'ß': 1 << german, 'ä': 1 << german, 'ö': 1 << german, 'ü': 1 << german, 'ñ': 1 << spanish, 'ã': 1 << portuguese, 'õ': 1 << portuguese, 'ç': 1<<portuguese | 1<<french,
	'œ': 1 << french, 'ê': 1<<french | 1<<portuguese, 'ë': 1 << dutch, 'ò': 1 << italian, 'ù': 1<<italian | 1<<french}

// languageScores accumulates evidence for the language of a text.
type languageScores struct {
	score [numLanguages]float64
	words int
}

func (e *languageScores) add(t *token) {
	if t.kind != tokenWord || len(t.text) > maxStemmedRunes {
		return
	}
	e.words++
	f := fold(t.text)
	if bits := stopWordLanguages[f]; bits != 0 {
		for l := range numLanguages {
			if bits&(1<<l) != 0 {
				e.score[l] += stopWordWeights[f]
			}
		}
	}
	for _, r := range t.text {
		if r < 0x80 {
			continue
		}
		if bits := letterHints[r]; bits != 0 {
			for l := range numLanguages {
				if bits&(1<<l) != 0 {
					e.score[l] += 0.5
				}
			}
			break
		}
	}
}

// languageSet is a bit set of languages.
type languageSet uint8

const allLanguages languageSet = 1<<numLanguages - 1

func (s languageSet) has(l language) bool { return s&(1<<l) != 0 }

// detect returns the language with the highest score, or several that are close, or none if the evidence
// is weak.
func (e *languageScores) detect() (out languageSet) {
	most := 0.0
	for _, s := range e.score {
		most = max(most, s)
	}
	if most < 1 {
		return 0
	}
	for l, s := range e.score {
		if s > 0.9*most {
			out |= 1 << l
		}
	}
	return out
}

// minDetectableWords is the number of words up to which the absence of stop words says nothing about
// the language.
const minDetectableWords = 30

// detectLanguages returns the languages of each token of a page: those of its sentence and those of the
// page. A short document without evidence may be in any language, a long one in none of these.
func detectLanguages(page []token, document *languageScores) []languageSet {
	var pageScores languageScores
	for i := range page {
		pageScores.add(&page[i])
	}
	common := pageScores.detect()
	if common == 0 {
		common = document.detect()
	}
	if common == 0 && document.words <= minDetectableWords {
		common = allLanguages
	}
	out := make([]languageSet, len(page))
	for i := 0; i < len(page); {
		var sentence languageScores
		j := i
		for ; j < len(page) && (j == i || !page[j].startsSentence); j++ {
			sentence.add(&page[j])
		}
		own := sentence.detect()
		for ; i < j; i++ {
			out[i] = common | own
		}
	}
	return out
}
