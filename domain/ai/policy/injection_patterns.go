package policy

import (
	"regexp"
	"strings"
)

// injectionPattern is a pattern of prompt injection, matched against a sentence of folded text.
type injectionPattern struct {
	pattern
	confidence float64
	prefix     prefixRule
}

// prefixRule restricts what may precede the match.
type prefixRule int

const (
	anyPrefix      prefixRule = iota
	noModalVerb               // no modal verb before it: "the Contractor shall disregard …" is a duty of a party
	onlySalutation            // only a salutation before it
)

// find returns the first match with a permitted prefix.
func (o *injectionPattern) find(s string) ([]int, bool) {
	if !o.mayMatch(s) {
		return nil, false
	}
	for from := 0; from < len(s); {
		m := o.re.FindStringIndex(s[from:])
		if m == nil {
			return nil, false
		}
		start, end := from+m[0], from+m[1]
		if before := s[:start]; o.prefix == anyPrefix ||
			o.prefix == noModalVerb && (!modalVerb.MatchString(before) || addressesReader.MatchString(before)) ||
			o.prefix == onlySalutation && salutation.MatchString(before) {
			return []int{start, end}, true
		}
		from = end
	}
	return nil, false
}

func (p *pattern) findAll(s string) [][]int {
	if !p.mayMatch(s) {
		return nil
	}
	return p.re.FindAllStringIndex(s, maxInjections)
}

const (
	reviewTools = `(?:(?:contract|document|legal) )?(?:review|reviewing|reading|analysis|analy[sz]ing) (?:systems?|software|tools?|bots?|models?|engines?|machines?|algorithms?)`
	aiReaders   = `(?:ai|a i|llms?|gpt|chatgpt|claude|gemini|copilot|language models?|ai (?:assistants?|models?|reviewers?|systems?|agents?|tools?|readers?)|chatbots?|automated (?:reviewers?|readers?|systems?|tools?)|` + reviewTools + `|assistants?|ki|ki (?:assistent\w*|system\w*|modelle?)|sprachmodell\w*|ia|asistentes?|modelo de lenguaje|modele de langage|intelligence artificielle|inteligencia artificial)`
	aiResponses = `(?:review|analysis|report|summary|response|answer|output|findings|assessment|evaluation|reply)`
)

var (
	modalVerb       = regexp.MustCompile(`\b(?:shall|may|must|will|should|agrees?|agreed|entitled|undertakes?|obliged|obligated|required|requires?|can|cannot|could|would|to|not|or|without|if|that|who|which|darf|durfen|soll|sollen|muss|mussen|kann|konnen|wird|werden|hat|haben|wenn|doit|doivent|peut|peuvent|si|debe|deben|debera|deberan|podra|podran|puede|pueden|deve|devono)\b`)
	addressesReader = regexp.MustCompile(`\b(?:you|du|sie mussen|vous|tu|usted|` + aiReaders + `)\b`)
	salutation      = regexp.MustCompile(`^(?:(?:please|kindly|now|then|also|and|so|important|note|attention|reviewer|system|override|hey|hi|hello|dear|bitte|jetzt|nun|wichtig|veuillez|s il vous plait|maintenant|por favor|ahora|importante|per favore|` + aiReaders + `)[ ,]*)*$`)
)

// injectionPatterns are the patterns of prompt injection: what a document says to manipulate its reader. They
// match folded text, without accents, apostrophes and hyphens.
var injectionPatterns = compileInjectionPatterns([]struct {
	confidence float64
	mood       prefixRule
	expr       string
}{
	// English
	{0.95, noModalVerb, `\b(?:ignore|disregard|forget|override|bypass|overlook)(?: \w+){0,4} (?:previous|prior|above|earlier|preceding|foregoing|existing|original|initial|other|your|system)(?: \w+){0,3} (?:instructions?|prompts?|directives?|guidelines?|commands?|rules|messages?|training|constraints|programming)\b`},
	{0.85, onlySalutation, `\b(?:ignore|disregard|forget|override) (?:all|any|every|these|those|the|your)(?: of)?(?: the| your)? (?:instructions?|prompts?|guidelines?|commands?|rules)\b`},
	{0.85, onlySalutation, `\b(?:ignore|disregard|forget) (?:all |everything |anything |the |whatever )*(?:above|before|previous|previously|preceding|you were told|came before|text above)\b`},
	{0.85, noModalVerb, `\bdo not (?:follow|obey|comply with|listen to) (?:your|the (?:previous|prior|above|original|system))(?: \w+){0,3} (?:instructions?|prompts?|guidelines?|rules|directives?)\b`},
	{0.9, anyPrefix, `\byou are (?:now |no longer |actually |really )+(?:\w+ ){0,4}(?:ai|assistant|language model|llm|chatbot|bot|dan|persona|jailbroken|unrestricted|unfiltered|developer mode|reviewer|gpt)\b`},
	{0.8, anyPrefix, `\bfrom now on,? (?:you (?:are|will|must|shall|should) |)(?:act as|respond|answer|reply|behave as|pretend|only (?:say|answer|respond|output|reply))\b`},
	{0.85, anyPrefix, `\b(?:from now on|from here on|henceforth|starting now|as of now),? you (?:are|act as|become|will be) (?:\w+ ){0,5}(?:ai|assistant|language model|llm|chatbot|bot|persona|reviewer|gpt|machine)\b`},
	{0.9, anyPrefix, `\byou are (?:an? |the )?(?:very |most |always )?(?:helpful|harmless|friendly|obedient|lenient|loyal|unbiased|contract friendly|pro vendor) (?:\w+ ){0,3}(?:ai|assistant|language model|llm|chatbot|bot|model|reviewer|system|tool|expert)\b`},
	{0.85, noModalVerb, `\b(?:pretend|act as if|imagine) (?:that )?(?:you are|to be) (?:an? )?(?:\w+ ){0,3}(?:ai|assistant|model|lawyer|reviewer|expert|judge|bot)\b`},
	{0.85, anyPrefix, `\b(?:note|notice|message|attention|instructions?|dear|hey|hello|hi|as an?|memo)(?: to| for)?,? (?:any |all |the |an? |every )?` + aiReaders + `(?: \w+){0,6}[ ,]+(?:you (?:must|should|shall|will|are to|are)|must|should|respond|reply|answer|output|ignore|disregard|do not|never|rate|classify|mark|approve|conclude|skip|treat|report (?:only|no)|say|state)\b`},
	{0.8, onlySalutation, `\bif you are (?:an? )?` + aiReaders + `\b`},
	{0.85, anyPrefix, `\b(?:` + aiReaders + `) (?:reading|reviewing|processing|analy[sz]ing|that reads|which reads|that reviews) th(?:is|e) (?:document|contract|agreement|text|file)(?: \w+){0,3} (?:must|should|shall|is to|are to|needs? to|has to|will)\b`},
	{0.85, anyPrefix, `\b(?:do not|dont|never|avoid|refrain from) (?:report|reporting|mention|mentioning|flag|flagging|list|listing|include|including|raise|raising|highlight|highlighting|disclose|disclosing|reveal|revealing|summari[sz]e|summari[sz]ing|analy[sz]e|analy[sz]ing)(?: \w+){0,8} (?:to the (?:user|reader)|in your ` + aiResponses + `|in the ` + aiResponses + ` (?:you|that you))\b`},
	{0.8, onlySalutation, `\b(?:do not|dont|never) (?:report|mention|flag|highlight|analy[sz]e|raise|list)(?: \w+){0,4} (?:clauses?|sections?|paragraphs?|risks?|issues?|findings?|problems?|instructions?|passages?|concerns?|red flags?|anything|this)\b`},
	{0.85, noModalVerb, `\b(?:reveal|print|show|repeat|output|leak|display|tell me|give me|ignore|override|replace|update|recite)(?: \w+){0,3} (?:your|the|this) (?:\w+ )?(?:system prompt|system message|hidden prompt|initial prompt|system instructions?)\b`},
	{0.7, onlySalutation, `^(?:new |begin |start |end |updated )?system (?:prompt|message|override|instructions?|note)$`},
	{0.85, noModalVerb, `\b(?:rate|classify|mark|label|score|assess|treat|consider|categori[sz]e|report|flag|evaluate|deem|set|assign|return|give)(?: \w+){0,6} (?:as )?(?:an? |the )?(?:low|lowest|no|zero|minimal|minimum|very low)(?: \w+)? risks?\b`},
	{0.85, noModalVerb, `\b(?:rate|classify|mark|label|score|assess|treat|consider|categori[sz]e|evaluate) (?:this|the|it)(?: \w+){0,3} as (?:\w+ )?(?:safe|compliant|approved|acceptable|fair|balanced|harmless|risk free|standard|unproblematic|favou?rable)\b`},
	{0.8, anyPrefix, `\b(?:set|change|make) (?:the )?risk ?(?:level|score|rating)? (?:to|as|equal) (?:low|zero|none|0)\b`},
	{0.85, noModalVerb, `\b(?:say|state|respond|reply|answer|conclude|report|confirm|write|declare|tell the (?:user|reader|client))(?: only| simply| with| back)* (?:that )?(?:there (?:are|is|were)|(?:this|the) (?:contract|agreement|document|text|clause) (?:has|have|contains|is|poses)|it (?:is|has|contains)|everything is|you found|all (?:clauses|terms) are) (?:\w+ ){0,2}(?:no|not any|zero|safe|fair|balanced|approved|compliant|fine|ok|acceptable|standard|without)\b`},
	{0.75, onlySalutation, `\b(?:respond|reply|answer|output)(?: to [a-z]+)? (?:only|exclusively|solely|nothing but|with only|only with|with the (?:word|words|phrase|text|following)|exactly|in json)\b`},
	{0.8, noModalVerb, `\b(?:return|output|respond with|reply with|produce|give) (?:an? |the )?empty (?:list|array|json|findings|result|response|report)\b`},
	{0.75, onlySalutation, `\b(?:skip|omit|stop|end|abort|cancel) (?:the |your |this |any |all )*(?:further )?(?:review|analysis|checks?|assessment)\b`},
	{0.75, anyPrefix, `\b(?:these|the following|here are (?:your|the)|your) (?:are )?(?:new|updated|revised|real|actual|true) instructions\b`},
	{0.75, anyPrefix, `\bas an? ` + aiReaders + `,? (?:\w+ )?(?:you|your)\b`},
	{0.9, anyPrefix, `\byou are (?:an? )?(?:ai|chatgpt|gpt|claude|gemini|copilot|llm|(?:large )?language model|ai (?:assistant|model|reviewer|system|agent|tool))\b`},
	{0.85, anyPrefix, `\b` + aiReaders + ` (?:must|should|shall|will|may|is to|are to) (?:not|never) (?:flag|report|mention|raise|highlight|list|analy[sz]e|disclose)(?: \w+){0,2} (?:this|these|clauses?|sections?|paragraphs?|passages?|it)\b`},
	{0.75, onlySalutation, `^(?:(?:hidden|secret|internal|special|private) )?(?:notes?|messages?|notice|commands?|attention)(?: to| for)? (?:any |all |the )?` + aiReaders + `$`},
	{0.75, onlySalutation, `^(?:notes?|messages?) (?:to|for) (?:any |all |the |every |an? )?` + reviewTools + `\b`},
	{0.8, noModalVerb, `\bno (?:findings?|red flags?) (?:need|needs|should|must|have|has|are|is|ought) (?:to )?(?:be )?(?:listed|reported|returned|raised|flagged|recorded|included|mentioned|given|output)\b`},
	{0.75, onlySalutation, `^to (?:any |all |the )?` + aiReaders + `$`},
	{0.75, onlySalutation, `^(?:llm|ai|assistant|model|new|hidden|secret|updated) (?:instructions?|commands?|directives?|prompts?|overrides?)$`},
	{0.75, anyPrefix, `\brisklevel\b`},
	{0.85, noModalVerb, `\bset (?:the |all |every |its )?(?:severity|severities|risk|risks|confidence|score|rating)s?(?: \w+){0,3} (?:to|as) (?:low|lowest|none|zero|0|minimal)\b`},
	{0.8, onlySalutation, `\b(?:return|report|output|produce|give|list|show) (?:only )?(?:no|zero) (?:findings?|issues?|problems?|risks?|concerns?|red flags?)\b`},
	{0.85, noModalVerb, `\b(?:do not|dont|never) (?:tell|inform|alert|warn|notify) the (?:user|reader|reviewer|human|lawyer)\b`},
	{0.8, onlySalutation, `\b(?:mark|rate|classify|label|treat|consider|report|flag) (?:all|every|each|any|these)(?: \w+){0,3} as (?:\w+ )?(?:safe|compliant|approved|acceptable|fair|balanced|harmless|standard|fine|ok)\b`},
	{0.8, anyPrefix, `\bwhen (?:you )?(?:summari[sz]e|summari[sz]ing|review|reviewing|analy[sz]e|analy[sz]ing|evaluate|evaluating|reading|read|processing|process) th(?:is|e) (?:\w+ )?(?:contract|agreement|document|text|file),? (?:you (?:must|should|shall|will) |please )?(?:do not|dont|never|ignore|omit|skip|always|only|say|report|treat|rate|leave)\b`},
	{0.9, anyPrefix, `(?:ignore|disregard|forget)(?:all|any)?(?:the|your)?(?:previous|prior|above)(?:instructions?|prompts?|rules)`},

	// German
	{0.95, noModalVerb, `\b(?:ignorier(?:e|en|t)?|missachte(?:n)?|vergiss|vergesst|vergessen|ubergeh(?:e|en)?|verwirf|verwerfen)(?: \w+){0,4} (?:vorherig\w*|bisherig\w*|obig\w*|vorangegangen\w*|fruher\w*|vorstehend\w*|vorig\w*|deine|ihre|alle|samtliche)(?: \w+){0,3} (?:anweisung\w*|instruktion\w*|vorgaben?|befehle?|regeln?|prompts?|aufforderung\w*|richtlinien?)\b`},
	{0.9, anyPrefix, `\b(?:du bist|sie sind) (?:jetzt|nun|ab sofort|nicht mehr|ab jetzt|von nun an) (?:\w+ ){0,4}(?:ki|assistent\w*|sprachmodell\w*|chatbot|modell|prufer\w*|bot)\b`},
	{0.85, onlySalutation, `\b(?:bewerte|bewerten sie|stufe|stufen sie|betrachte|betrachten sie|behandle|behandeln sie|markiere|markieren sie|klassifiziere|klassifizieren sie)(?: \w+){1,4} (?:als|mit) (?:\w+ ){0,2}(?:gering\w*|niedrig\w*|risikolos|risikoarm|unbedenklich|sicher|unproblematisch|risikofrei|harmlos)\b`},
	{0.85, onlySalutation, `\b(?:erwahne|erwahnen sie|melde|melden sie|nenne|nennen sie|berichte|berichten sie|zeige|zeigen sie) (?:\w+ ){1,8}nicht\b`},
	{0.85, onlySalutation, `\b(?:sage?|sagen sie|schreibe?|schreiben sie|bestatige|bestatigen sie|antworte|antworten sie|erklare|erklaren sie|teile|melde)(?: \w+){0,3},? dass (?:es )?(?:\w+ ){0,4}(?:keine|kein|unbedenklich|sicher|in ordnung)\b`},
	{0.8, onlySalutation, `\b(?:antworte|antworten sie|gib|geben sie) (?:nur|ausschliesslich|lediglich)\b`},

	// French
	{0.95, noModalVerb, `\b(?:ignore[rz]?|oublie[rz]?|ne (?:tiens|tenez|tenir) pas compte|neglige[rz]?|ne (?:respecte[rz]?|suis|suivez) pas)(?: \w+){0,4} (?:instructions?|consignes?|directives?|regles?|prompts?|ordres?)(?: \w+){0,3} (?:precedente?s?|anterieure?s?|ci dessus|systeme|prealables?|initiales?|recues?)\b`},
	{0.9, anyPrefix, `\b(?:tu es|vous etes) (?:maintenant|desormais|dorenavant) (?:\w+ ){0,4}(?:ia|assistante?|modele|chatbot|robot)\b`},
	{0.85, onlySalutation, `\b(?:considere[rz]?|evalue[rz]?|classe[rz]?|note[rz]?|traite[rz]?|marque[rz]?)(?: \w+){1,4} comme (?:\w+ ){0,3}(?:risque|sure?|acceptable|conforme|equilibree?|sans danger)\b`},
	{0.85, onlySalutation, `\b(?:ne|n) (?:signale[rz]?|mentionne[rz]?|rapporte[rz]?|indique[rz]?) (?:pas|aucune?|jamais)\b`},
	{0.85, onlySalutation, `\b(?:dis|dites|indique[rz]?|reponds|repondez|conclus|concluez|affirme[rz]?|confirme[rz]?)(?: \w+){0,3} (?:qu il n y a (?:aucune?|pas de)|que (?:ce|le) (?:contrat|document) (?:est|ne))\b`},
	{0.8, onlySalutation, `\b(?:reponds|repondez) (?:uniquement|seulement|exclusivement)\b`},

	// Spanish
	{0.95, noModalVerb, `\b(?:ignora|ignore|ignorad|ignorar|olvida|olvide|olvidad|descarta|descarte|no (?:tengas|tenga|sigas|siga) (?:en cuenta)?)(?: \w+){0,4} (?:instrucciones|indicaciones|ordenes|reglas|directrices)(?: \w+){0,3} (?:anteriores|previas|precedentes|de arriba|del sistema|recibidas|iniciales)\b`},
	{0.95, noModalVerb, `\b(?:ignora|ignore|olvida|olvide|descarta|descarte) (?:todas )?(?:las |tus |sus )?(?:anteriores|previas) (?:instrucciones|indicaciones|ordenes|reglas|directrices)\b`},
	{0.9, anyPrefix, `\b(?:ahora eres|ahora es usted|a partir de ahora eres) (?:\w+ ){0,4}(?:ia|asistente|modelo|chatbot|bot)\b`},
	{0.85, onlySalutation, `\b(?:califica|califique|clasifica|clasifique|considera|considere|evalua|evalue|marca|marque|trata|trate)(?: \w+){1,4} como (?:\w+ ){0,3}(?:riesgo|segur[oa]|aceptable|conforme)\b`},
	{0.85, onlySalutation, `\bno (?:informes|informe|menciones|mencione|senales|senale|reportes|reporte|indiques|indique) (?:\w+ ){0,4}(?:clausulas?|riesgos?|problemas?|instruccion(?:es)?|secciones|seccion|parrafos?)\b`},
	{0.85, onlySalutation, `\b(?:di|diga|indica|indique|responde|responda|concluye|concluya|afirma|afirme|confirma|confirme) que (?:no hay|el (?:contrato|documento) (?:es|no)|este (?:contrato|documento))\b`},
	{0.8, onlySalutation, `\b(?:responde|responda) (?:solo|unicamente|solamente|exclusivamente)\b`},

	// Italian and Portuguese
	{0.95, noModalVerb, `\b(?:ignora|ignori|ignorate|dimentica|dimentichi)(?: \w+){0,4} istruzioni(?: \w+){0,2} (?:precedenti|sopra|di sistema|ricevute)\b`},
	{0.95, noModalVerb, `\b(?:ignore|ignora|esqueca|desconsidere)(?: \w+){0,4} instrucoes(?: \w+){0,2} (?:anteriores|acima|previas|do sistema)\b`},
})

// unspacedPatterns are patterns for spaced-out letters, in which word boundaries are lost.
var unspacedPatterns = mustCompileAll(
	`(?:ignore|disregard|forget|override)(?:all|any)?(?:of)?(?:the|your|my)?(?:previous|prior|above|earlier|system)?(?:instructions?|prompts?|rules|guidelines)`,
	`youarenow(?:an?|the)?(?:ai|assistant|unrestricted|free)`,
	`(?:donot|dont|never)(?:report|mention|flag)(?:this|any|the|these)`,
	`systemprompt`,
	`(?:rate|mark|classify|report)(?:this|it|the)?(?:contract|document|agreement)?(?:as)?(?:low|no|zero)risk`,
	`(?:ignorier|vergiss|missacht)(?:e|en)?(?:alle)?(?:bisherigen|vorherigen|obigen)?(?:anweisungen|regeln)`,
)

// chatTokens are control tokens of chat formats, which do not belong in a contract. They are matched
// against the original text in lower case.
var chatTokens = mustCompileAll(
	`<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>`,
	`\[/?inst\]|<</?sys>>|</?(?:system|assistant|instructions?)>`,
	`</?(?:document|inputs)(?:-[0-9a-f]+)?>`,
	`<!--[ \t\r\n]*(?:system|assistant|ai|llm|user|prompt|instructions?)[ \t]*:`,
	// a prewritten answer
	`\\?["'`+"`"+`“”‘’]findings\\?["'`+"`"+`“”‘’][ \t\r\n]*:[ \t\r\n]*\[|\{[ \t\r\n]*findings[ \t\r\n]*:[ \t\r\n]*\[`,
	`(?m)^[ \t]*#{2,4} ?(?:system|instruction|assistant|user)s?:?[ \t]*$`,
)

// injectionWords are all words that occur literally in the injection patterns.
var injectionWords = func() map[string]bool {
	words := map[string]bool{}
	literal := regexp.MustCompile(`[a-z]{2,}\??`)
	escapes := strings.NewReplacer(`\b`, " ", `\w`, " ")
	for i := range injectionPatterns {
		for _, w := range literal.FindAllString(escapes.Replace(injectionPatterns[i].re.String()), -1) {
			if whole, optional := strings.CutSuffix(w, "?"); optional {
				words[whole], words[whole[:len(whole)-1]] = true, true
			} else {
				words[w] = true
			}
		}
	}
	return words
}()

func compileInjectionPatterns(list []struct {
	confidence float64
	mood       prefixRule
	expr       string
}) []injectionPattern {
	out := make([]injectionPattern, len(list))
	for i, o := range list {
		out[i] = injectionPattern{pattern: *mustCompileAll(o.expr)[0], confidence: o.confidence, prefix: o.mood}
	}
	return out
}

func mustCompileAll(exprs ...string) []*pattern {
	list, err := compileAll(exprs)
	if err != nil {
		panic("policy: " + err.Error() + " in " + strings.Join(exprs, "\n")) // constant, so every test would fail
	}
	return list
}
