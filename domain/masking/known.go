package masking

import (
	"strings"

	"counsel/domain/langid"
)

// The session remembers each masked value as a hash chain of its tokens, so that it is found anywhere
// else: in different case, with different blanks, without the context that revealed it. An entry is
// a type in the bits of knownType, plus these flags:
const (
	knownPrefix      = 1 << 7 // a longer value continues here
	knownEnd         = 1 << 6 // a value ends here
	knownCapitalized = 1 << 5 // an everyday word: matches only if capitalized
	knownType        = knownCapitalized - 1
	// longer values are not remembered
	maxKnownTokens = 96
)

// knownValues is a set of token chains. The filter (a small Bloom filter) answers most lookups without the
// map.
type knownValues struct {
	values map[uint64]uint8
	filter [16]uint64
}

func (k *knownValues) get(h uint64) uint8 {
	if k.filter[h>>60]&(1<<(h>>54&63)) == 0 {
		return 0
	}
	return k.values[h]
}

func (k *knownValues) put(h uint64, v uint8) {
	if k.values == nil {
		k.values = make(map[uint64]uint8, 16)
	}
	k.filter[h>>60] |= 1 << (h >> 54 & 63)
	k.values[h] = v
}

// add adds the value that consists of tokens. flags are or-ed to its entry.
func (k *knownValues) add(tokens []token, flags uint8) {
	h := tokens[0].hash
	for i := 1; i < len(tokens); i++ {
		k.put(h, k.get(h)|knownPrefix)
		h = chainHash(h, tokens[i].hash)
	}
	if v := k.get(h); v&knownEnd == 0 {
		k.put(h, v|flags)
	}
}

// longest returns the end of the longest value at token i and its entry, or 0.
func (k *knownValues) longest(scan *scan, i int) (end int, entry uint8) {
	h := scan.tokens[i].hash
	for j := i; ; {
		v := k.get(h)
		if v&knownEnd != 0 && (v&knownCapitalized == 0 || scan.tokens[i].capitalized || scan.lowercaseText && Type(v&knownType) == Company && scan.tokens[i].rank == 0) {
			end, entry = j+1, v
		}
		j++
		if v&knownPrefix == 0 || j >= len(scan.tokens) || j-i >= maxKnownTokens {
			return end, entry
		}
		h = chainHash(h, scan.tokens[j].hash)
	}
}

// findKnown remembers the scan's spans and then adds a span wherever a known value occurs.
func (s *Session) findKnown(scan *scan) {
	for i := range scan.spans {
		s.remember(scan, &scan.spans[i])
	}
	if len(s.known.values) == 0 {
		return
	}
	before := len(scan.spans)
	for i := range scan.tokens {
		// skip values that are already masked, as a whole or in parts
		if j, v := s.known.longest(scan, i); j > 0 && !scan.allInSpans(i, j) && !(j == i+1 && Type(v&knownType) == Person && (scan.isEverydayWord(i) || scan.isTownOfName(i))) {
			scan.addSpan(Type(v&knownType), i, j)
		}
	}
	if len(scan.spans) > before {
		scan.mergeSpans()
	}
}

// remember remembers the value of a span; for a person also each name, for a company also the first word
// of its name. A value that is already known keeps its type, and the span gets that type.
func (s *Session) remember(scan *scan, span *Span) {
	tokens := scan.tokensOf(*span)
	if len(tokens) == 0 || len(tokens) > maxKnownTokens || span.Type == Literal {
		return
	}
	if len(tokens) == 1 && tokens[0].kind == numberToken && span.End-span.Start < 5 {
		return // a house number: the same digits elsewhere are not personal
	}
	h := tokens[0].hash
	for i := 1; i < len(tokens); i++ {
		s.known.put(h, s.known.get(h)|knownPrefix)
		h = chainHash(h, tokens[i].hash)
	}
	switch v := s.known.get(h); {
	case v&knownEnd != 0 && span.Type == Location && len(tokens) == 1 && tokens[0].label == placeLabel && scan.isListedPlace(*span):
		// "Paris Koch lives in Paris"
	case v&knownEnd != 0:
		span.Type = Type(v & knownType)
	default:
		v |= knownEnd | uint8(span.Type)
		if len(tokens) == 1 && tokens[0].capitalized && tokens[0].class&(commonWord|rareWord) != 0 {
			v |= knownCapitalized
		}
		s.known.put(h, v)
	}
	if len(tokens) == 1 {
		return
	}
	if span.Type == Company && isShortName(&tokens[0]) {
		if v := s.known.get(tokens[0].hash); v&knownEnd == 0 {
			s.known.put(tokens[0].hash, v|knownEnd|knownCapitalized|uint8(Company))
		}
	}
	if span.Type == Company {
		s.rememberCompany(scan, tokens)
	}
	if span.Type != Person {
		return
	}
	for i := range tokens {
		t := &tokens[i]
		if t.kind != wordToken || t.end-t.start < 3 || t.class&(honorific|nameParticle|functionWord) != 0 {
			continue
		}
		flags := uint8(knownEnd) | uint8(Person)
		if t.class&(commonWord|rareWord) != 0 && t.class&certainName == 0 {
			if t.rank > frequentScore || t.class&definedTerm != 0 || !t.capitalized {
				continue
			}
			flags |= knownCapitalized // "Kestrel", after "Mr Anton Kestrel"
		}
		if v := s.known.get(t.hash); v&knownEnd == 0 {
			s.known.put(t.hash, v|flags)
		}
		// "Müllers", the genitive
		if h := addSuffix(t.hash, "s"); s.known.get(h)&knownEnd == 0 {
			s.known.put(h, s.known.get(h)|knownEnd|knownCapitalized|uint8(Person))
		}
	}
}

// rememberCompany remembers the name of a company without its legal form, and without the word for its trade in front: "Estrela do Norte"
// for "Padaria Estrela do Norte, Lda.".
func (s *Session) rememberCompany(scan *scan, tokens []token) {
	end := len(tokens)
	for end > 1 && scan.endsCompany(tokens, end-1) {
		end--
	}
	from := 0
	for from < end-1 && (tokens[from].cue&(tradeCue|organizationCue|companyCue) != 0 || tokens[from].kind == otherToken || from > 0 && tokens[from].cue&nameConnector != 0 && !tokens[from].capitalized) {
		from++
	}
	if from == 0 && end > 2 && scan.startsWithArticle(tokens, 1) {
		from = 1 // "Pastificio La Spiga"
	}
	for _, first := range [2]int{0, from} {
		name := tokens[first:end]
		if len(name) == 0 || len(name) == 1 && !isShortName(&name[0]) || !name[0].capitalized && name[0].kind == wordToken {
			continue
		}
		if len(name) == 1 && name[0].class&(placeName|state|country) != 0 || len(name) == len(tokens) {
			continue
		}
		s.known.add(name, knownEnd|knownCapitalized|uint8(Company))
	}
}

// startsWithArticle reports whether token i of a company's tokens is a capitalized article.
func (s *scan) startsWithArticle(tokens []token, i int) bool {
	switch s.text[tokens[i].start:tokens[i].end] {
	case "La", "Il", "Lo", "Le", "Les", "El", "Los", "Las", "De", "Het", "Der", "Die", "Das", "The", "O", "A", "Os", "As", "Gli", "I":
		return true
	}
	return false
}

// endsCompany reports whether token i of a company's tokens belongs to its legal form: "S", ".", "Lda", "Unipessoal".
func (s *scan) endsCompany(tokens []token, i int) bool {
	t := &tokens[i]
	if t.kind == otherToken {
		return t.symbol == '.' || t.symbol == ',' || t.symbol == '/' || t.symbol == ')' || t.symbol == '('
	}
	word := strings.ToLower(s.text[t.start:t.end])
	return legalFormSet[word] || len(word) == 1 && i+1 < len(tokens) && tokens[i+1].symbol == '.'
}

// isShortName reports whether the first word of a company name can stand for the whole: "Larkspur" for
// "Larkspur Biotech, Inc.".
func isShortName(t *token) bool {
	return t.kind == wordToken && t.end-t.start >= 4 && t.class&(commonWord|functionWord|foreignWord|anyName|demonym|neverName) == 0
}

// isEverydayWord reports whether token i is a word of the passage's language that the tagger is sure not to be a name
// here, although somebody in the text is called so: "Richter". A capital inside a sentence speaks for the name, except in
// German.
func (s *scan) isEverydayWord(i int) bool {
	t := &s.tokens[i]
	switch {
	case t.kind != wordToken || t.margin >= ruleMargin/2 || !t.law && t.rank == 0 && s.info[i].traits&isDictionary == 0:
		return false
	case t.law || !t.capitalized || t.language == langid.German:
		return true
	}
	return t.startsSentence && t.rank != 0 || s.info[i].traits&isSeenLower != 0
}

// isTownOfName reports whether token i is a town after a preposition of place, although somebody in the text has the same
// name: "Florence Petit habite à Florence". Spanish "a" also stands before people.
func (s *scan) isTownOfName(i int) bool {
	t := &s.tokens[i]
	if i == 0 || !s.isWord(i) || !t.capitalized {
		return false
	}
	if t.label != placeLabel && t.likely != placeLabel {
		return false
	}
	switch t.language {
	case langid.Dutch:
		return s.oneOf(i-1, "in", "te")
	case langid.French:
		return s.oneOf(i-1, "à", "en")
	case langid.Italian:
		return s.oneOf(i-1, "a", "di", "in")
	}
	return s.oneOf(i-1, "in", "en", "em")
}
