package masking

import (
	"unicode"
	"unicode/utf8"

	"counsel/domain/langid"
)

// Features of the tagger. Training and tagging compute them with the same code; a change here needs a new model.

// maxFeatures is the number of features of a word.
const maxFeatures = 32

// featureInfo is what the features of a word and of its neighbors need.
type featureInfo struct {
	traits uint32 // what the lists know about the word
	shape  uint32 // how it is written
}

// Traits of a word.
const (
	isGiven uint32 = 1 << iota
	isFamily
	isCertain
	isFrequent    // among the most frequent words of the passage's language
	isListed      // among its few thousand most frequent words
	isDictionary  // in its dictionary
	isCompound    // its end is in the dictionary
	isElsewhere   // a word of another language
	isPlace       // a town
	isCountry     // a country, a state or a people
	isHonorific   //
	isOrgSuffix   //
	isTerm        // a defined term or a legal reference
	isJob         //
	isCalendar    // month or weekday
	isCue         // introduces a name
	isParticle    //
	isSeenLower   // also written without a capital in this text
	isForeignForm // has letters of other languages or scripts
)

// mayBeName reports whether token i may be part of a name at all. It is cheap and keeps most words from the tagger.
func (s *scan) mayBeName(i int) bool {
	t := &s.tokens[i]
	switch {
	case t.capitalized || t.camelCase:
		return true
	case s.lowercaseText:
		return t.rank <= frequentScore
	case t.rank == 0 && t.end-t.start > 2 && t.class&(givenName|familyName) != 0 && s.info[i].traits&isDictionary == 0 && t.class&(functionWord|nameParticle|commonWord) == 0:
		return true
	}
	r, _ := utf8.DecodeRuneInString(s.text[t.start:])
	return r >= 0x370 && !unicode.IsLower(r) // scripts without capitals
}

// hashMix spreads the last letter of a word to the upper bits of its hash.
const hashMix = 0x9e3779b97f4a7c15

// prepareFeatures fills s.info.
func (s *scan) prepareFeatures() {
	if cap(s.info) < len(s.tokens) {
		s.info = make([]featureInfo, len(s.tokens)+len(s.tokens)/4)
	}
	s.info = s.info[:len(s.tokens)]
	// a small Bloom filter of the words that are written without a capital
	for k := range s.lowerWords {
		s.lowerWords[k] = 0
	}
	for i := range s.tokens {
		t := &s.tokens[i]
		if t.kind == wordToken && !t.capitalized {
			h := t.hash * hashMix
			s.lowerWords[h>>48&1023] |= 1 << (h >> 58)
		}
	}
	for i := range s.tokens {
		t := &s.tokens[i]
		if t.kind == wordToken {
			s.info[i] = featureInfo{s.traits(t), s.shape(t)}
		} else {
			s.info[i] = featureInfo{0, uint32(16 + t.kind)}
		}
	}
}

func (s *scan) shape(t *token) uint32 {
	n := t.end - t.start
	shape := uint32(0)
	switch {
	case t.allCaps:
		shape = 2
	case t.camelCase:
		shape = 3
	case t.capitalized && n == 1:
		shape = 4
	case t.capitalized:
		shape = 1
	}
	if n <= 3 && shape != 4 {
		shape |= 8
	}
	if t.startsSentence {
		shape |= 32
	}
	if t.startsLine {
		shape |= 64
	}
	return shape
}

func (s *scan) traits(t *token) uint32 {
	c, bits := t.class, uint32(0)
	set := func(of class, bit uint32) {
		if c&of != 0 {
			bits |= bit
		}
	}
	set(givenName, isGiven)
	set(familyName, isFamily)
	set(certainName, isCertain)
	set(placeName, isPlace)
	set(country|state|demonym, isCountry)
	set(honorific, isHonorific)
	set(orgSuffix, isOrgSuffix)
	set(definedTerm|legalReference, isTerm)
	set(jobWord, isJob)
	set(month|weekday, isCalendar)
	set(speechVerb|nameKeyword, isCue)
	set(nameParticle, isParticle)
	l := t.language
	if t.rank != 0 {
		bits |= isListed
		if t.rank > frequentScore {
			bits |= isFrequent
		}
	}
	if l == langid.English || l == langid.Unknown {
		if c&(commonWord|rareWord|functionWord) != 0 {
			bits |= isDictionary
		} else if c&foreignWord != 0 {
			bits |= isElsewhere
		}
	}
	if l != langid.English && l != langid.Unknown {
		if s.tagger.vocabulary.has(t.hash, l) || t.elision > 0 && s.tagger.vocabulary.has(s.lex.hashWord(s.text[t.start+int32(t.elision):t.end]), l) {
			bits |= isDictionary
		} else if c&commonWord != 0 {
			bits |= isElsewhere
		}
		if bits&(isDictionary|isListed) == 0 && (l == langid.German || l == langid.Dutch) && s.endsWithWord(t, l) {
			bits |= isCompound
		}
	}
	if h := t.hash * hashMix; s.lowerWords[h>>48&1023]&(1<<(h>>58)) != 0 {
		bits |= isSeenLower
	}
	for k := t.start; k < t.end; k++ {
		if s.text[k] >= 0xc4 { // beyond Latin-1
			bits |= isForeignForm
			break
		}
	}
	return bits
}

// frequentScore is the langid score of the word at rank 500.
const frequentScore = 47

// functionScore is the langid score of the word at rank 60: those before it are articles and the like.
const functionScore = 71

// endsWithWord reports whether an unlisted word ends with a dictionary word of at least five letters, as compounds
// do: "Räumungsklage".
func (s *scan) endsWithWord(t *token, l langid.Language) bool {
	word := s.text[t.start:t.end]
	for cut := 3; len(word)-cut >= 5; cut++ {
		if cut > 14 {
			return false
		}
		if !utf8.RuneStart(word[cut]) {
			continue
		}
		if s.tagger.vocabulary.has(s.lex.hashWord(word[cut:]), l) {
			return true
		}
	}
	return false
}

// context hashes what stands at token k, as the neighbor of another: a word, a symbol, a number.
func (s *scan) context(k int) uint64 {
	if k < 0 || k >= len(s.tokens) {
		return 1
	}
	t := &s.tokens[k]
	h := t.hash
	switch {
	case t.inSpan:
		h = 3 // its words are of no use
	case t.kind == numberToken:
		h = 2
	}
	return h
}

func (s *scan) infoAt(k int) featureInfo {
	if k < 0 || k >= len(s.tokens) {
		return featureInfo{0, 255}
	}
	return s.info[k]
}

// features appends the features of the word at token i. last and beforeLast are the labels of the words before it.
func (s *scan) features(f []uint32, i int, last, beforeLast label) []uint32 {
	t := &s.tokens[i]
	lang := uint64(t.language)
	w0 := t.hash
	w1, w2 := s.context(i-1), s.context(i-2)
	n1, n2 := s.context(i+1), s.context(i+2)
	if t.startsLine {
		w1 ^= 0x5bd1e995
	}
	if i+1 < len(s.tokens) && s.tokens[i+1].startsLine {
		n1 ^= 0x5bd1e995
	}
	me, prev, next := s.infoAt(i), s.infoAt(i-1), s.infoAt(i+1)
	traits, shape := uint64(me.traits), uint64(me.shape)
	prevTraits, nextTraits := uint64(prev.traits), uint64(next.traits)
	prevShape, nextShape := uint64(prev.shape), uint64(next.shape)
	labels := uint64(last)*uint64(labelCount) + uint64(beforeLast)
	pre, suf3, suf4 := s.affixes(t)

	add := func(template, a, b uint64) {
		h := (a ^ template*0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd
		h = (h ^ h>>32 ^ b) * 0xc4ceb9fe1a85ec53
		f = append(f, uint32(h>>32))
	}
	add(1, lang, 0)
	add(2, shape, lang)
	add(3, traits, lang)
	add(4, traits, shape)
	add(5, w0, 0)
	add(6, w0, shape)
	add(7, suf3, lang)
	add(8, suf4, lang<<8|shape)
	add(9, pre, lang)
	add(10, w1, 0)
	add(11, w1, shape)
	add(12, n1, 0)
	add(13, n1, shape)
	add(14, w1, w2)
	add(15, n1, n2)
	add(16, w1, n1)
	add(17, traits<<32|prevTraits, prevShape)
	add(18, traits<<32|nextTraits, nextShape)
	add(19, traits<<32|prevTraits, nextTraits)
	add(20, labels, traits)
	add(21, labels, shape<<8|lang)
	add(22, uint64(last), n1)
	add(23, uint64(last), w1)
	add(24, w2, shape)
	add(25, n2, shape)
	add(26, shape<<16|prevShape<<8|nextShape, lang)
	add(27, uint64(s.nameScore(i))<<8|lang, shape)
	add(28, uint64(s.nameScore(i))<<8|lang, labels)
	add(29, traits, w1)
	add(30, traits, n1)
	style := uint64(0)
	if s.readsLikeContract() {
		style = 1
	}
	if s.lowercaseText {
		style |= 2
	}
	if s.uppercaseText {
		style |= 4
	}
	add(31, style<<32|traits, shape)
	add(32, style<<8|lang, labels)
	return f
}

// affixes returns hashes of the first three and the last three and four letters, in lower case.
func (s *scan) affixes(t *token) (pre, suf3, suf4 uint64) {
	word := s.text[t.start:t.end]
	pre, suf3 = hashSeed, hashSeed
	n := 0
	for _, r := range word {
		if n++; n > 3 {
			break
		}
		pre = hashRune(pre, s.lex.fold(r))
	}
	for n = 0; len(word) > 0 && n < 4; n++ {
		r, size := utf8.DecodeLastRuneInString(word)
		word = word[:len(word)-size]
		if n == 3 {
			suf4 = hashRune(suf3, s.lex.fold(r))
			break
		}
		suf3 = hashRune(suf3, s.lex.fold(r))
	}
	if n < 4 && suf4 == 0 {
		suf4 = suf3
	}
	return pre, suf3, suf4
}
