package policy

import (
	"regexp"
	"strings"
)

// order is a pattern over folded text between two breaks.
type order struct {
	pattern
	confidence float64
	mood       mood
}

// mood says what may stand before the match.
type mood int

const (
	anywhere   mood = iota
	imperative      // no modal verb of a party: "the Contractor shall disregard …" binds a party
	first           // nothing but a salutation
)

// find returns the first match whose surroundings fit.
func (o *order) find(s string) ([]int, bool) {
	if !o.possible(s) {
		return nil, false
	}
	for from := 0; from < len(s); {
		m := o.re.FindStringIndex(s[from:])
		if m == nil {
			return nil, false
		}
		start, end := from+m[0], from+m[1]
		if before := s[:start]; o.mood == anywhere ||
			o.mood == imperative && (!modal.MatchString(before) || addressee.MatchString(before)) ||
			o.mood == first && salutation.MatchString(before) {
			return []int{start, end}, true
		}
		from = end
	}
	return nil, false
}

func (p *pattern) findAll(s string) [][]int {
	if !p.possible(s) {
		return nil
	}
	return p.re.FindAllStringIndex(s, maxInstructions)
}

const (
	machines = `(?:(?:contract|document|legal) )?(?:review|reviewing|reading|analysis|analy[sz]ing) (?:systems?|software|tools?|bots?|models?|engines?|machines?|algorithms?)`
	readers  = `(?:ai|a i|llms?|gpt|chatgpt|claude|gemini|copilot|language models?|ai (?:assistants?|models?|reviewers?|systems?|agents?|tools?|readers?)|chatbots?|automated (?:reviewers?|readers?|systems?|tools?)|` + machines + `|assistants?|ki|ki (?:assistent\w*|system\w*|modelle?)|sprachmodell\w*|ia|asistentes?|modelo de lenguaje|modele de langage|intelligence artificielle|inteligencia artificial)`
	deeds    = `(?:review|analysis|report|summary|response|answer|output|findings|assessment|evaluation|reply)`
)

var (
	modal      = regexp.MustCompile(`\b(?:shall|may|must|will|should|agrees?|agreed|entitled|undertakes?|obliged|obligated|required|requires?|can|cannot|could|would|to|not|or|without|if|that|who|which|darf|durfen|soll|sollen|muss|mussen|kann|konnen|wird|werden|hat|haben|wenn|doit|doivent|peut|peuvent|si|debe|deben|debera|deberan|podra|podran|puede|pueden|deve|devono)\b`)
	addressee  = regexp.MustCompile(`\b(?:you|du|sie mussen|vous|tu|usted|` + readers + `)\b`)
	salutation = regexp.MustCompile(`^(?:(?:please|kindly|now|then|also|and|so|important|note|attention|reviewer|system|override|hey|hi|hello|dear|bitte|jetzt|nun|wichtig|veuillez|s il vous plait|maintenant|por favor|ahora|importante|per favore|` + readers + `)[ ,]*)*$`)
)

// orders is what a document says to a reader it wants to steer. The words are folded: no accents,
// no apostrophes, no hyphens.
var orders = compileOrders([]struct {
	confidence float64
	mood       mood
	expr       string
}{
	// English
	{0.95, imperative, `\b(?:ignore|disregard|forget|override|bypass|overlook)(?: \w+){0,4} (?:previous|prior|above|earlier|preceding|foregoing|existing|original|initial|other|your|system)(?: \w+){0,3} (?:instructions?|prompts?|directives?|guidelines?|commands?|rules|messages?|training|constraints|programming)\b`},
	{0.85, first, `\b(?:ignore|disregard|forget|override) (?:all|any|every|these|those|the|your)(?: of)?(?: the| your)? (?:instructions?|prompts?|guidelines?|commands?|rules)\b`},
	{0.85, first, `\b(?:ignore|disregard|forget) (?:all |everything |anything |the |whatever )*(?:above|before|previous|previously|preceding|you were told|came before|text above)\b`},
	{0.85, imperative, `\bdo not (?:follow|obey|comply with|listen to) (?:your|the (?:previous|prior|above|original|system))(?: \w+){0,3} (?:instructions?|prompts?|guidelines?|rules|directives?)\b`},
	{0.9, anywhere, `\byou are (?:now |no longer |actually |really )+(?:\w+ ){0,4}(?:ai|assistant|language model|llm|chatbot|bot|dan|persona|jailbroken|unrestricted|unfiltered|developer mode|reviewer|gpt)\b`},
	{0.8, anywhere, `\bfrom now on,? (?:you (?:are|will|must|shall|should) |)(?:act as|respond|answer|reply|behave as|pretend|only (?:say|answer|respond|output|reply))\b`},
	{0.85, anywhere, `\b(?:from now on|from here on|henceforth|starting now|as of now),? you (?:are|act as|become|will be) (?:\w+ ){0,5}(?:ai|assistant|language model|llm|chatbot|bot|persona|reviewer|gpt|machine)\b`},
	{0.9, anywhere, `\byou are (?:an? |the )?(?:very |most |always )?(?:helpful|harmless|friendly|obedient|lenient|loyal|unbiased|contract friendly|pro vendor) (?:\w+ ){0,3}(?:ai|assistant|language model|llm|chatbot|bot|model|reviewer|system|tool|expert)\b`},
	{0.85, imperative, `\b(?:pretend|act as if|imagine) (?:that )?(?:you are|to be) (?:an? )?(?:\w+ ){0,3}(?:ai|assistant|model|lawyer|reviewer|expert|judge|bot)\b`},
	{0.85, anywhere, `\b(?:note|notice|message|attention|instructions?|dear|hey|hello|hi|as an?|memo)(?: to| for)?,? (?:any |all |the |an? |every )?` + readers + `(?: \w+){0,6}[ ,]+(?:you (?:must|should|shall|will|are to|are)|must|should|respond|reply|answer|output|ignore|disregard|do not|never|rate|classify|mark|approve|conclude|skip|treat|report (?:only|no)|say|state)\b`},
	{0.8, first, `\bif you are (?:an? )?` + readers + `\b`},
	{0.85, anywhere, `\b(?:` + readers + `) (?:reading|reviewing|processing|analy[sz]ing|that reads|which reads|that reviews) th(?:is|e) (?:document|contract|agreement|text|file)(?: \w+){0,3} (?:must|should|shall|is to|are to|needs? to|has to|will)\b`},
	{0.85, anywhere, `\b(?:do not|dont|never|avoid|refrain from) (?:report|reporting|mention|mentioning|flag|flagging|list|listing|include|including|raise|raising|highlight|highlighting|disclose|disclosing|reveal|revealing|summari[sz]e|summari[sz]ing|analy[sz]e|analy[sz]ing)(?: \w+){0,8} (?:to the (?:user|reader)|in your ` + deeds + `|in the ` + deeds + ` (?:you|that you))\b`},
	{0.8, first, `\b(?:do not|dont|never) (?:report|mention|flag|highlight|analy[sz]e|raise|list)(?: \w+){0,4} (?:clauses?|sections?|paragraphs?|risks?|issues?|findings?|problems?|instructions?|passages?|concerns?|red flags?|anything|this)\b`},
	{0.85, imperative, `\b(?:reveal|print|show|repeat|output|leak|display|tell me|give me|ignore|override|replace|update|recite)(?: \w+){0,3} (?:your|the|this) (?:\w+ )?(?:system prompt|system message|hidden prompt|initial prompt|system instructions?)\b`},
	{0.7, first, `^(?:new |begin |start |end |updated )?system (?:prompt|message|override|instructions?|note)$`},
	{0.85, imperative, `\b(?:rate|classify|mark|label|score|assess|treat|consider|categori[sz]e|report|flag|evaluate|deem|set|assign|return|give)(?: \w+){0,6} (?:as )?(?:an? |the )?(?:low|lowest|no|zero|minimal|minimum|very low)(?: \w+)? risks?\b`},
	{0.85, imperative, `\b(?:rate|classify|mark|label|score|assess|treat|consider|categori[sz]e|evaluate) (?:this|the|it)(?: \w+){0,3} as (?:\w+ )?(?:safe|compliant|approved|acceptable|fair|balanced|harmless|risk free|standard|unproblematic|favou?rable)\b`},
	{0.8, anywhere, `\b(?:set|change|make) (?:the )?risk ?(?:level|score|rating)? (?:to|as|equal) (?:low|zero|none|0)\b`},
	{0.85, imperative, `\b(?:say|state|respond|reply|answer|conclude|report|confirm|write|declare|tell the (?:user|reader|client))(?: only| simply| with| back)* (?:that )?(?:there (?:are|is|were)|(?:this|the) (?:contract|agreement|document|text|clause) (?:has|have|contains|is|poses)|it (?:is|has|contains)|everything is|you found|all (?:clauses|terms) are) (?:\w+ ){0,2}(?:no|not any|zero|safe|fair|balanced|approved|compliant|fine|ok|acceptable|standard|without)\b`},
	{0.75, first, `\b(?:respond|reply|answer|output)(?: to [a-z]+)? (?:only|exclusively|solely|nothing but|with only|only with|with the (?:word|words|phrase|text|following)|exactly|in json)\b`},
	{0.8, imperative, `\b(?:return|output|respond with|reply with|produce|give) (?:an? |the )?empty (?:list|array|json|findings|result|response|report)\b`},
	{0.75, first, `\b(?:skip|omit|stop|end|abort|cancel) (?:the |your |this |any |all )*(?:further )?(?:review|analysis|checks?|assessment)\b`},
	{0.75, anywhere, `\b(?:these|the following|here are (?:your|the)|your) (?:are )?(?:new|updated|revised|real|actual|true) instructions\b`},
	{0.75, anywhere, `\bas an? ` + readers + `,? (?:\w+ )?(?:you|your)\b`},
	{0.9, anywhere, `\byou are (?:an? )?(?:ai|chatgpt|gpt|claude|gemini|copilot|llm|(?:large )?language model|ai (?:assistant|model|reviewer|system|agent|tool))\b`},
	{0.85, anywhere, `\b` + readers + ` (?:must|should|shall|will|may|is to|are to) (?:not|never) (?:flag|report|mention|raise|highlight|list|analy[sz]e|disclose)(?: \w+){0,2} (?:this|these|clauses?|sections?|paragraphs?|passages?|it)\b`},
	{0.75, first, `^(?:(?:hidden|secret|internal|special|private) )?(?:notes?|messages?|notice|commands?|attention)(?: to| for)? (?:any |all |the )?` + readers + `$`},
	{0.75, first, `^(?:notes?|messages?) (?:to|for) (?:any |all |the |every |an? )?` + machines + `\b`},
	{0.8, imperative, `\bno (?:findings?|red flags?) (?:need|needs|should|must|have|has|are|is|ought) (?:to )?(?:be )?(?:listed|reported|returned|raised|flagged|recorded|included|mentioned|given|output)\b`},
	{0.75, first, `^to (?:any |all |the )?` + readers + `$`},
	{0.75, first, `^(?:llm|ai|assistant|model|new|hidden|secret|updated) (?:instructions?|commands?|directives?|prompts?|overrides?)$`},
	{0.75, anywhere, `\brisklevel\b`},
	{0.85, imperative, `\bset (?:the |all |every |its )?(?:severity|severities|risk|risks|confidence|score|rating)s?(?: \w+){0,3} (?:to|as) (?:low|lowest|none|zero|0|minimal)\b`},
	{0.8, first, `\b(?:return|report|output|produce|give|list|show) (?:only )?(?:no|zero) (?:findings?|issues?|problems?|risks?|concerns?|red flags?)\b`},
	{0.85, imperative, `\b(?:do not|dont|never) (?:tell|inform|alert|warn|notify) the (?:user|reader|reviewer|human|lawyer)\b`},
	{0.8, first, `\b(?:mark|rate|classify|label|treat|consider|report|flag) (?:all|every|each|any|these)(?: \w+){0,3} as (?:\w+ )?(?:safe|compliant|approved|acceptable|fair|balanced|harmless|standard|fine|ok)\b`},
	{0.8, anywhere, `\bwhen (?:you )?(?:summari[sz]e|summari[sz]ing|review|reviewing|analy[sz]e|analy[sz]ing|evaluate|evaluating|reading|read|processing|process) th(?:is|e) (?:\w+ )?(?:contract|agreement|document|text|file),? (?:you (?:must|should|shall|will) |please )?(?:do not|dont|never|ignore|omit|skip|always|only|say|report|treat|rate|leave)\b`},
	{0.9, anywhere, `(?:ignore|disregard|forget)(?:all|any)?(?:the|your)?(?:previous|prior|above)(?:instructions?|prompts?|rules)`},

	// German
	{0.95, imperative, `\b(?:ignorier(?:e|en|t)?|missachte(?:n)?|vergiss|vergesst|vergessen|ubergeh(?:e|en)?|verwirf|verwerfen)(?: \w+){0,4} (?:vorherig\w*|bisherig\w*|obig\w*|vorangegangen\w*|fruher\w*|vorstehend\w*|vorig\w*|deine|ihre|alle|samtliche)(?: \w+){0,3} (?:anweisung\w*|instruktion\w*|vorgaben?|befehle?|regeln?|prompts?|aufforderung\w*|richtlinien?)\b`},
	{0.9, anywhere, `\b(?:du bist|sie sind) (?:jetzt|nun|ab sofort|nicht mehr|ab jetzt|von nun an) (?:\w+ ){0,4}(?:ki|assistent\w*|sprachmodell\w*|chatbot|modell|prufer\w*|bot)\b`},
	{0.85, first, `\b(?:bewerte|bewerten sie|stufe|stufen sie|betrachte|betrachten sie|behandle|behandeln sie|markiere|markieren sie|klassifiziere|klassifizieren sie)(?: \w+){1,4} (?:als|mit) (?:\w+ ){0,2}(?:gering\w*|niedrig\w*|risikolos|risikoarm|unbedenklich|sicher|unproblematisch|risikofrei|harmlos)\b`},
	{0.85, first, `\b(?:erwahne|erwahnen sie|melde|melden sie|nenne|nennen sie|berichte|berichten sie|zeige|zeigen sie) (?:\w+ ){1,8}nicht\b`},
	{0.85, first, `\b(?:sage?|sagen sie|schreibe?|schreiben sie|bestatige|bestatigen sie|antworte|antworten sie|erklare|erklaren sie|teile|melde)(?: \w+){0,3},? dass (?:es )?(?:\w+ ){0,4}(?:keine|kein|unbedenklich|sicher|in ordnung)\b`},
	{0.8, first, `\b(?:antworte|antworten sie|gib|geben sie) (?:nur|ausschliesslich|lediglich)\b`},

	// French
	{0.95, imperative, `\b(?:ignore[rz]?|oublie[rz]?|ne (?:tiens|tenez|tenir) pas compte|neglige[rz]?|ne (?:respecte[rz]?|suis|suivez) pas)(?: \w+){0,4} (?:instructions?|consignes?|directives?|regles?|prompts?|ordres?)(?: \w+){0,3} (?:precedente?s?|anterieure?s?|ci dessus|systeme|prealables?|initiales?|recues?)\b`},
	{0.9, anywhere, `\b(?:tu es|vous etes) (?:maintenant|desormais|dorenavant) (?:\w+ ){0,4}(?:ia|assistante?|modele|chatbot|robot)\b`},
	{0.85, first, `\b(?:considere[rz]?|evalue[rz]?|classe[rz]?|note[rz]?|traite[rz]?|marque[rz]?)(?: \w+){1,4} comme (?:\w+ ){0,3}(?:risque|sure?|acceptable|conforme|equilibree?|sans danger)\b`},
	{0.85, first, `\b(?:ne|n) (?:signale[rz]?|mentionne[rz]?|rapporte[rz]?|indique[rz]?) (?:pas|aucune?|jamais)\b`},
	{0.85, first, `\b(?:dis|dites|indique[rz]?|reponds|repondez|conclus|concluez|affirme[rz]?|confirme[rz]?)(?: \w+){0,3} (?:qu il n y a (?:aucune?|pas de)|que (?:ce|le) (?:contrat|document) (?:est|ne))\b`},
	{0.8, first, `\b(?:reponds|repondez) (?:uniquement|seulement|exclusivement)\b`},

	// Spanish
	{0.95, imperative, `\b(?:ignora|ignore|ignorad|ignorar|olvida|olvide|olvidad|descarta|descarte|no (?:tengas|tenga|sigas|siga) (?:en cuenta)?)(?: \w+){0,4} (?:instrucciones|indicaciones|ordenes|reglas|directrices)(?: \w+){0,3} (?:anteriores|previas|precedentes|de arriba|del sistema|recibidas|iniciales)\b`},
	{0.95, imperative, `\b(?:ignora|ignore|olvida|olvide|descarta|descarte) (?:todas )?(?:las |tus |sus )?(?:anteriores|previas) (?:instrucciones|indicaciones|ordenes|reglas|directrices)\b`},
	{0.9, anywhere, `\b(?:ahora eres|ahora es usted|a partir de ahora eres) (?:\w+ ){0,4}(?:ia|asistente|modelo|chatbot|bot)\b`},
	{0.85, first, `\b(?:califica|califique|clasifica|clasifique|considera|considere|evalua|evalue|marca|marque|trata|trate)(?: \w+){1,4} como (?:\w+ ){0,3}(?:riesgo|segur[oa]|aceptable|conforme)\b`},
	{0.85, first, `\bno (?:informes|informe|menciones|mencione|senales|senale|reportes|reporte|indiques|indique) (?:\w+ ){0,4}(?:clausulas?|riesgos?|problemas?|instruccion(?:es)?|secciones|seccion|parrafos?)\b`},
	{0.85, first, `\b(?:di|diga|indica|indique|responde|responda|concluye|concluya|afirma|afirme|confirma|confirme) que (?:no hay|el (?:contrato|documento) (?:es|no)|este (?:contrato|documento))\b`},
	{0.8, first, `\b(?:responde|responda) (?:solo|unicamente|solamente|exclusivamente)\b`},

	// Italian and Portuguese
	{0.95, imperative, `\b(?:ignora|ignori|ignorate|dimentica|dimentichi)(?: \w+){0,4} istruzioni(?: \w+){0,2} (?:precedenti|sopra|di sistema|ricevute)\b`},
	{0.95, imperative, `\b(?:ignore|ignora|esqueca|desconsidere)(?: \w+){0,4} instrucoes(?: \w+){0,2} (?:anteriores|acima|previas|do sistema)\b`},
})

// squeezed is for letters whose blanks between words are lost.
var squeezed = mustCompileAll(
	`(?:ignore|disregard|forget|override)(?:all|any)?(?:of)?(?:the|your|my)?(?:previous|prior|above|earlier|system)?(?:instructions?|prompts?|rules|guidelines)`,
	`youarenow(?:an?|the)?(?:ai|assistant|unrestricted|free)`,
	`(?:donot|dont|never)(?:report|mention|flag)(?:this|any|the|these)`,
	`systemprompt`,
	`(?:rate|mark|classify|report)(?:this|it|the)?(?:contract|document|agreement)?(?:as)?(?:low|no|zero)risk`,
	`(?:ignorier|vergiss|missacht)(?:e|en)?(?:alle)?(?:bisherigen|vorherigen|obigen)?(?:anweisungen|regeln)`,
)

// markers are signs of a conversation format that have no place in a contract. They are looked
// for in the text as it is, in lower case.
var markers = mustCompileAll(
	`<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>`,
	`\[/?inst\]|<</?sys>>|</?(?:system|assistant|instructions?)>`,
	`</?(?:document|inputs)(?:-[0-9a-f]+)?>`,
	`<!--[ \t\r\n]*(?:system|assistant|ai|llm|user|prompt|instructions?)[ \t]*:`,
	// the answer that is asked for, dictated
	`\\?["'`+"`"+`“”‘’]findings\\?["'`+"`"+`“”‘’][ \t\r\n]*:[ \t\r\n]*\[|\{[ \t\r\n]*findings[ \t\r\n]*:[ \t\r\n]*\[`,
	`(?m)^[ \t]*#{2,4} ?(?:system|instruction|assistant|user)s?:?[ \t]*$`,
)

// orderWords is every word that an order is made of, as far as its pattern spells it out.
var orderWords = func() map[string]bool {
	words := map[string]bool{}
	literal := regexp.MustCompile(`[a-z]{2,}\??`)
	escapes := strings.NewReplacer(`\b`, " ", `\w`, " ")
	for i := range orders {
		for _, w := range literal.FindAllString(escapes.Replace(orders[i].re.String()), -1) {
			if whole, optional := strings.CutSuffix(w, "?"); optional {
				words[whole], words[whole[:len(whole)-1]] = true, true
			} else {
				words[w] = true
			}
		}
	}
	return words
}()

func compileOrders(list []struct {
	confidence float64
	mood       mood
	expr       string
}) []order {
	out := make([]order, len(list))
	for i, o := range list {
		out[i] = order{pattern: *mustCompileAll(o.expr)[0], confidence: o.confidence, mood: o.mood}
	}
	return out
}

func mustCompileAll(exprs ...string) []*pattern {
	list, err := compileAll(exprs)
	if err != nil {
		panic("policy: " + err.Error() + " in " + strings.Join(exprs, "\n")) // built in: wrong in every run, or in none
	}
	return list
}
