package search

import "strings"

// Language is one that words are stemmed in.
type language int

const (
	english language = iota
	german
	french
	spanish
	italian
	portuguese
	dutch
	languages int = iota
)

// functionWords are the commonest words of each language. They tell what language a text is in, and
// do not count in a search.
var functionWords = [languages]string{
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

// isFunction says in which languages a word is a function word, one bit each; weights how much each
// tells of its language.
var isFunction, weights = func() (map[string]uint8, map[string]float64) {
	bits, weight := map[string]uint8{}, map[string]float64{}
	for l, words := range functionWords {
		for w := range strings.FieldsSeq(words) {
			bits[fold(w)] |= 1 << l
		}
	}
	for w, b := range bits {
		n := 0
		for l := range languages {
			if b&(1<<l) != 0 {
				n++
			}
		}
		weight[w] = 2 / float64(n*n)
		if len(w) == 1 { // a letter in a list
			weight[w] /= 4
		}
	}
	return bits, weight
}()

// hints are letters that tell of a language.
var hints = map[rune]uint8{'ß': 1 << german, 'ä': 1 << german, 'ö': 1 << german, 'ü': 1 << german, 'ñ': 1 << spanish, 'ã': 1 << portuguese, 'õ': 1 << portuguese, 'ç': 1<<portuguese | 1<<french,
	'œ': 1 << french, 'ê': 1<<french | 1<<portuguese, 'ë': 1 << dutch, 'ò': 1 << italian, 'ù': 1<<italian | 1<<french}

// evidence is how much a text tells of each language.
type evidence struct {
	score [languages]float64
	words int
}

func (e *evidence) add(t *token) {
	if t.kind != word || len(t.text) > maxWord {
		return
	}
	e.words++
	f := fold(t.text)
	if bits := isFunction[f]; bits != 0 {
		for l := range languages {
			if bits&(1<<l) != 0 {
				e.score[l] += weights[f]
			}
		}
	}
	for _, r := range t.text {
		if r < 0x80 {
			continue
		}
		if bits := hints[r]; bits != 0 {
			for l := range languages {
				if bits&(1<<l) != 0 {
					e.score[l] += 0.5
				}
			}
			break
		}
	}
}

// set is some languages, one bit each.
type set uint8

const every set = 1<<languages - 1

func (s set) has(l language) bool { return s&(1<<l) != 0 }

// best is the language that there is most evidence of, or none; two when they are level.
func (e *evidence) best() (out set) {
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

// fewWords is the length of a text up to which having no function words says nothing about its language.
const fewWords = 30

// languagesOf are the languages of each token of a page: that of its sentence, and that of the page,
// since a sentence is short. A text that is too short to tell may be in any; a long one without a word
// we know is in none of ours.
func languagesOf(page []token, document *evidence) []set {
	var whole evidence
	for i := range page {
		whole.add(&page[i])
	}
	common := whole.best()
	if common == 0 {
		common = document.best()
	}
	if common == 0 && document.words <= fewWords {
		common = every
	}
	out := make([]set, len(page))
	for i := 0; i < len(page); {
		var sentence evidence
		j := i
		for ; j < len(page) && (j == i || !page[j].breaks); j++ {
			sentence.add(&page[j])
		}
		own := sentence.best()
		for ; i < j; i++ {
			out[i] = common | own
		}
	}
	return out
}
