package masking

import (
	"slices"
	"strings"
	"unicode/utf8"

	"counsel/domain/langid"
)

// Coreference: a person or company has one number in all its wordings. "John Miller", "MILLER, JOHN", "Mr. Miller",
// "J. Miller" and "Müllers" beside "Müller" are wordings; what is left out must not contradict: "Mary Miller" and
// "Mrs. Miller" beside "Mr. Miller" are others, and so is "Wei Li" beside "Li Wei". A wording that fits two people gets a number of its own, so that
// nobody is taken for somebody else.

// entity is one person, company or other value, with all its wordings.
type entity struct {
	number    int
	wordings  int
	words     []nameWord // of the longest wording
	gender    gender
	ambiguous bool // fits several others, so only the same words refer to it
}

// nameWord is a word of a name.
type nameWord struct {
	hash    uint64
	initial uint64 // hash of its first letter; the hash itself for an initial
	family  bool   // can have a genitive s
	given   bool   // can have one, too: "Annas"
	only    bool   // the only word of a wording, so that it may be the genitive of a given name
}

func (w nameWord) isInitial() bool { return w.hash == w.initial }

// matches reports whether two words can be the same. full is set if neither is only an initial.
func (w nameWord) matches(v nameWord) (ok, full bool) {
	if w.isInitial() || v.isInitial() {
		return w.initial == v.initial, false
	}
	if w.hash == v.hash {
		return true, true
	}
	if w.family && v.family {
		for _, ending := range genitives {
			if addSuffix(w.hash, ending) == v.hash || addSuffix(v.hash, ending) == w.hash {
				return true, true
			}
		}
	}
	if w.only && v.given && addSuffix(v.hash, "s") == w.hash || v.only && w.given && addSuffix(w.hash, "s") == v.hash {
		return true, true
	}
	return false, false
}

// genitives are the endings of surnames in German and Dutch: Müllers, Müller’schen.
var genitives = [...]string{"s", "es", "schen", "sche", "scher", "sches"}

// addSuffix returns the hash of a word with a suffix in lower-case ASCII.
func addSuffix(h uint64, suffix string) uint64 {
	for _, r := range suffix {
		h = hashRune(h, r)
	}
	return h
}

// gender is the gender that a title reveals.
type gender uint8

const (
	unknownGender gender = iota
	male
	female
)

func (g gender) contradicts(other gender) bool {
	return g != unknownGender && other != unknownGender && g != other
}

// titleGenders are the titles that reveal a gender, in lower case without accents.
var titleGenders = func() map[string]gender {
	titles := map[string]gender{}
	for _, t := range strings.Fields("mr mister sir lord herr herrn monsieur sr senor don signor signore sig senhor dhr meneer heer") {
		titles[t] = male
	}
	for _, t := range strings.Fields("mrs ms miss lady dame frau fraulein madame mme mlle mademoiselle sra srta senora senorita dona " +
		"signora signorina senhora mevrouw mevr mw") {
		titles[t] = female
	}
	return titles
}()

// maxNamesakes is how many people with a common name are compared with another wording; if there are more, only the
// same words refer to one of them. It keeps the time linear.
const maxNamesakes = 16

// coreferences finds the entity of a wording.
type coreferences struct {
	exact  map[uint64]*entity   // key: all words in any order, and the type
	byWord map[uint64][]*entity // at most maxNamesakes + 1
}

// entity returns the value that the span refers to.
func (s *Session) entity(scan *scan, span Span) *entity {
	tokens := scan.tokensOf(span)
	var words []nameWord
	var title gender
	switch span.Type {
	case Literal: // never linked
	case Person:
		words, title = scan.personWords(tokens)
	case Company:
		words = scan.companyWords(tokens)
	default:
		for i := range tokens {
			words = append(words, nameWord{hash: tokens[i].hash})
		}
	}
	if len(words) == 0 {
		return s.newEntity(span.Type, nil)
	}
	key := wordsKey(words, span.Type)
	if e := s.names.exact[key]; e != nil {
		if !title.contradicts(e.gender) {
			e.gender = max(e.gender, title)
			return e
		}
		key += uint64(title) // Mr. Smith and Mrs. Smith
		if e = s.names.exact[key]; e != nil {
			return e
		}
	}
	e, several := s.names.related(words, span.Type, title)
	if e == nil {
		e = s.newEntity(span.Type, words)
		e.ambiguous = several
	}
	e.gender = max(e.gender, title)
	s.names.exact[key] = e
	if span.Type == Person || span.Type == Company {
		s.names.index(e, words, span.Type)
	}
	return e
}

func (s *Session) newEntity(t Type, words []nameWord) *entity {
	if s.names.exact == nil {
		s.names = coreferences{exact: map[uint64]*entity{}, byWord: map[uint64][]*entity{}}
	}
	s.counts[t]++
	return &entity{number: s.counts[t], words: words}
}

// wordsKey hashes the words of a name in their order.
func wordsKey(words []nameWord, t Type) uint64 {
	h := uint64(0)
	for _, w := range words {
		h = chainHash(h, w.hash)
	}
	return chainHash(h, uint64(t)<<32)
}

// related returns the one entity that words are another wording of. several is set if there is more than one.
func (c *coreferences) related(words []nameWord, t Type, title gender) (found *entity, several bool) {
	if t != Person && t != Company {
		return nil, false
	}
	for _, w := range words {
		if w.isInitial() {
			continue
		}
		hashes, n := lookupHashes(w)
		for _, h := range hashes[:n] {
			namesakes := c.byWord[h^uint64(t)]
			if len(namesakes) > maxNamesakes {
				several = several || len(words) == 1
				continue
			}
			for _, e := range namesakes {
				if e == found || e.ambiguous || title.contradicts(e.gender) || !sameName(words, e.words, t) {
					continue
				}
				if found != nil {
					return nil, true
				}
				found = e
			}
		}
	}
	if several {
		return nil, true
	}
	return found, false
}

// lookupHashes returns the n hashes under which wordings with w may be indexed.
func lookupHashes(w nameWord) (hashes [1 + len(genitives)]uint64, n int) {
	hashes[0], n = w.hash, 1
	if w.family {
		for i, ending := range genitives {
			hashes[i+1] = addSuffix(w.hash, ending)
		}
		n = len(hashes)
	} else if w.given {
		hashes[1], n = addSuffix(w.hash, "s"), 2
	}
	return hashes, n
}

// index adds e under words, and under their genitives.
func (c *coreferences) index(e *entity, words []nameWord, t Type) {
	if len(words) > len(e.words) || len(words) == len(e.words) && initials(words) < initials(e.words) {
		e.words = words
	}
	for _, w := range words {
		if w.isInitial() {
			continue
		}
		hashes, n := lookupHashes(w)
		for _, h := range hashes[:n] {
			if list := c.byWord[h^uint64(t)]; len(list) <= maxNamesakes && !slices.Contains(list, e) {
				c.byWord[h^uint64(t)] = append(list, e)
			}
		}
	}
}

func initials(words []nameWord) (n int) {
	for _, w := range words {
		if w.isInitial() {
			n++
		}
	}
	return n
}

// sameName reports whether two names can be wordings of one: the words of the shorter are in the longer, in the same
// order. Of a company, the shorter is the first word.
func sameName(a, b []nameWord, t Type) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if t == Company {
		return len(a) == 1 && a[0].hash == b[0].hash
	}
	at, anyFull := 0, false
	for _, w := range a {
		for ; ; at++ {
			if at == len(b) {
				return false
			}
			if ok, full := w.matches(b[at]); ok {
				anyFull = anyFull || full
				break
			}
		}
		at++
	}
	return anyFull
}

// personWords returns the words of a person's name without titles and particles, the surname last.
func (s *scan) personWords(tokens []token) (words []nameWord, title gender) {
	last := 0
	comma := -1           // "Miller, John": what stands before is the family name
	var classes [2]class  // of the first and the last word
	var caps, leading int // words in capitals, and those of them before the others
	for i := range tokens {
		t := &tokens[i]
		if t.symbol == ',' && comma < 0 {
			comma = len(words)
		}
		if t.kind != wordToken {
			continue
		}
		text := s.text[t.start:t.end]
		if i > 0 && (text == "s" || text == "S") && tokens[i-1].kind == otherToken && tokens[i-1].symbol != '.' && !t.afterBlank {
			continue // Miller's
		}
		if len(words) == 0 || comma == len(words) {
			folded := s.foldWord(text)
			if g := titleGenders[folded]; g != unknownGender {
				title = max(title, g)
				continue
			}
			if folded == "m" && i+2 < len(tokens) && tokens[i+1].symbol == '.' && i+3 >= len(tokens) {
				continue // M. Dupont
			}
		}
		if t.class&nameParticle != 0 || t.class&honorific != 0 && !isGeneration(text) {
			continue
		}
		word := nameWord{hash: t.hash, initial: hashRune(hashSeed, s.lex.fold(firstRune(text)))}
		word.given = t.language == langid.German || t.language == langid.Dutch
		words = append(words, word)
		if isGeneration(text) {
			continue
		}
		last = len(words) - 1
		if last == 0 {
			classes[0] = t.class
		}
		classes[1] = t.class
		if t.allCaps {
			caps++
			if caps == len(words) {
				leading = caps
			}
		}
	}
	if len(words) == 0 { // nothing but titles or particles
		for i := range tokens {
			words = append(words, nameWord{hash: tokens[i].hash})
		}
		return words, title
	}
	first := 0 // given name
	switch {
	case comma > 0 && comma <= last:
		first = comma
	case leading == caps && leading > 0 && leading <= last:
		first = leading // "DUPONT Jean"
	case comma < 0 && last > 0 && classes[0]&(givenName|familyName) == familyName && classes[1]&givenName != 0:
		first = 1 // "Rossi Giuseppe"
	}
	slices.Reverse(words[:first])
	slices.Reverse(words[first : last+1])
	slices.Reverse(words[:last+1])
	words[last].family = true
	if len(words) == 1 && title == unknownGender && words[0].given {
		words[0].only = true
	}
	return words, title
}

// isGeneration reports whether a word tells father and son apart.
func isGeneration(word string) bool {
	switch strings.ToLower(word) {
	case "sr", "jr", "jnr", "junior", "snr", "senior", "ii", "iii", "iv":
		return true
	}
	return false
}

func (s *scan) foldWord(text string) string {
	if len(text) > 16 {
		return ""
	}
	b := make([]byte, 0, 16)
	for _, r := range text {
		if r >= 0x300 && r < 0x370 {
			continue
		}
		b = utf8.AppendRune(b, s.lex.fold(r))
	}
	return string(b)
}

// companyWords returns the words of a company's name without its legal form.
func (s *scan) companyWords(tokens []token) (words []nameWord) {
	for i := range tokens {
		t := &tokens[i]
		if t.kind == otherToken {
			continue
		}
		if t.kind == wordToken {
			folded := s.foldWord(s.text[t.start:t.end])
			dotted := len(folded) == 1 && i+1 < len(tokens) && tokens[i+1].symbol == '.' // S.A.
			if i == 0 && folded == "the" || i > 0 && (dotted || legalFormSet[folded] || folded == "company" || folded == "haftungsbeschrankt") {
				continue
			}
		}
		words = append(words, nameWord{hash: t.hash})
	}
	if len(words) == 0 {
		for i := range tokens {
			words = append(words, nameWord{hash: tokens[i].hash})
		}
	}
	return words
}
