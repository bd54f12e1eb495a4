package masking

import (
	"embed"
	"errors"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed words/*.txt
var wordFiles embed.FS

// class is what the word lists know of a word or phrase; several bits may be set.
type class uint64

const (
	common     class = 1 << iota // everyday English, or the language of contracts
	rare                         // less common English
	first                        // given name
	last                         // family name
	sure                         // a name, although also an everyday word
	place                        // town or region
	country                      // country or its usual short name
	state                        // state or province, also abbreviated
	nation                       // word for a people: "Dutch"
	street                       // street word in some language: "Street", "Rue"
	streetEnd                    // ending of a one-word street name: "-straat"
	unit                         // part of a building: "Apt", "Suite"
	orgEnd                       // legal form or last word of a firm's name: "Inc", "Bank"
	honorific                    // "Mr", "Dr"
	job                          // occupation
	month                        // name of a month
	day                          // day of the week
	particle                     // inside names: "van", "de", "bin"
	military                     // start of a military address
	tld                          // top-level domain
	speech                       // "said", "says": a person stands beside it
	idCue                        // "passport", "licence": a number follows
	phoneCue                     // "phone", "fax"
	contract                     // date words of contracts: "effective"
	statute                      // "Section", "Article": a number follows that is nobody's
	placeCue                     // "in", "from": a place may follow
	never                        // acronyms and legal Latin, no name
	birth                        // "born": a date follows
	cardCue                      // "card": its number follows
	nameCue                      // "name", "dear": a person follows
	addressCue                   // "address", "lives"
	foreign                      // everyday word of another European language
	term                         // has a capital in contracts: "Buyer", "Closing"
	function                     // "the", "of", "shall": never a name by itself
	phrase                       // begins a phrase of the lists
)

// files and the class each gives to all its words.
var listClasses = map[string]class{
	"common.txt": common, "rare.txt": rare, "first.txt": first, "last.txt": last, "places.txt": place,
	"foreign.txt": foreign,
}

// The sections of vocabulary.txt.
var sectionClasses = map[string]class{
	"common": common, "sure": sure, "first": first, "last": last, "place": place, "country": country,
	"state": state, "nation": nation, "street": street, "street-end": streetEnd, "unit": unit,
	"org-end": orgEnd, "honorific": honorific, "job": job, "month": month, "day": day,
	"particle": particle, "military": military, "tld": tld, "speech": speech, "id-cue": idCue,
	"phone-cue": phoneCue, "contract": contract, "statute": statute, "place-cue": placeCue, "never": never, "birth": birth, "card-cue": cardCue, "name-cue": nameCue,
	"address-cue": addressCue, "function": function, "term": term,
}

// lexicon is a hash table from folded words, and chains of words, to their classes. It
// keeps hashes and not the words: a false hit has odds of about 2^-32 a word. The words
// have some hundred combinations of classes between them, so each keeps the number of its own.
type lexicon struct {
	keys     []uint32
	combined []uint16         // by slot, an index into classes
	classes  []class          // the combinations there are
	number   map[class]uint16 // of a combination; nil once the lists are read
	count    int
	// in letters, of the longest street ending
	longestEnd int
	folded     [foldLimit]rune
}

const (
	tableBits = 19
	foldLimit = 0x250 // Latin with its supplements
)

const (
	hashSeed  = 14695981039346656037
	hashPrime = 1099511628211
)

func hashRune(h uint64, r rune) uint64 { return (h ^ uint64(r)) * hashPrime }

// chain is the hash of a phrase from those of its words.
func chain(h, word uint64) uint64 {
	h = (h ^ (word >> 7) ^ word) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

func (l *lexicon) slot(h uint64) (int, uint32) {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	key := uint32(h >> 32)
	if key == 0 {
		key = 1
	}
	return int(h & (1<<tableBits - 1)), key
}

func (l *lexicon) find(h uint64) class {
	i, key := l.slot(h)
	for {
		switch l.keys[i] {
		case key:
			return l.classes[l.combined[i]]
		case 0:
			return 0
		}
		i = (i + 1) & (1<<tableBits - 1)
	}
}

func (l *lexicon) add(h uint64, c class) error {
	i, key := l.slot(h)
	for l.keys[i] != 0 && l.keys[i] != key {
		i = (i + 1) & (1<<tableBits - 1)
	}
	if l.keys[i] == 0 {
		if l.count++; l.count > 1<<tableBits*3/4 {
			return errors.New("masking: the word lists outgrew their table")
		}
	}
	l.keys[i] = key
	c |= l.classes[l.combined[i]]
	n, ok := l.number[c]
	if !ok {
		if len(l.classes) > math.MaxUint16 {
			return errors.New("masking: the word lists have too many combinations of classes")
		}
		n = uint16(len(l.classes))
		l.classes, l.number[c] = append(l.classes, c), n
	}
	l.combined[i] = n
	return nil
}

// fold maps a letter to lower case without its accents.
func (l *lexicon) fold(r rune) rune {
	if r < foldLimit {
		return l.folded[r]
	}
	if r == 'ς' {
		return 'σ'
	}
	if r >= 0x370 && r < 0x460 {
		return greekOrCyrillic(unicode.ToLower(r))
	}
	return unicode.ToLower(r)
}

// greekOrCyrillic drops accents of lower-case letters.
func greekOrCyrillic(r rune) rune {
	switch r {
	case 'ά':
		return 'α'
	case 'έ':
		return 'ε'
	case 'ή':
		return 'η'
	case 'ί', 'ϊ', 'ΐ':
		return 'ι'
	case 'ό':
		return 'ο'
	case 'ύ', 'ϋ', 'ΰ':
		return 'υ'
	case 'ώ':
		return 'ω'
	case 'ё':
		return 'е'
	case 'й':
		return 'и'
	}
	return r
}

func (l *lexicon) makeFolds() {
	special := map[rune]rune{
		'ø': 'o', 'đ': 'd', 'ł': 'l', 'ß': 's', 'ı': 'i', 'æ': 'a', 'œ': 'o', 'ð': 'd', 'þ': 't',
	}
	for r := range rune(foldLimit) {
		low := unicode.ToLower(r)
		if base, _ := first2(norm.NFD.String(string(low))); base != 0 {
			low = base
		}
		if s, ok := special[low]; ok {
			low = s
		}
		l.folded[r] = low
	}
}

func first2(s string) (a, b rune) {
	for i, r := range s {
		if i == 0 {
			a = r
		} else {
			return a, r
		}
	}
	return a, 0
}

// word is the hash of one word's letters; combining marks do not count.
func (l *lexicon) word(s string) uint64 {
	h := uint64(hashSeed)
	for _, r := range s {
		if r >= 0x300 && r < 0x370 {
			continue
		}
		h = hashRune(h, l.fold(r))
	}
	return h
}

// streetEnd tells whether a word ends like a street's name, with three letters or more
// before that.
func (l *lexicon) streetEnd(word string) bool {
	h := ^uint64(0)
	for n := 0; n < l.longestEnd && len(word) > 3; n++ {
		r, size := utf8.DecodeLastRuneInString(word)
		word = word[:len(word)-size]
		h = hashRune(h, l.fold(r))
		if n > 0 && l.find(h)&streetEnd != 0 {
			return true
		}
	}
	return false
}

func readLexicon() (*lexicon, error) {
	l := &lexicon{
		keys: make([]uint32, 1<<tableBits), combined: make([]uint16, 1<<tableBits),
		classes: []class{0}, number: map[class]uint16{0: 0},
	}
	l.makeFolds()
	for name, c := range listClasses {
		if err := l.readList(name, c); err != nil {
			return nil, err
		}
	}
	if err := l.readList("vocabulary.txt", 0); err != nil {
		return nil, err
	}
	l.number = nil
	return l, nil
}

// readList reads a file of one word or phrase a line. "[name]" begins a section and "#"
// a remark.
func (l *lexicon) readList(name string, c class) error {
	data, err := wordFiles.ReadFile("words/" + name)
	if err != nil {
		return err
	}
	text := string(data)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '[':
			section, ok := sectionClasses[strings.Trim(line, "[]")]
			if !ok {
				return errors.New("masking: unknown section in " + name)
			}
			c = section
			continue
		}
		entries := []string{line}
		if strings.Contains(line, ",") {
			entries = strings.Split(line, ",")
		}
		for _, entry := range entries {
			if err := l.addPhrase(strings.TrimSpace(entry), c); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *lexicon) addPhrase(entry string, c class) error {
	if entry == "" {
		return nil
	}
	if c == streetEnd {
		letters := []rune(entry)
		h := ^uint64(0) // apart from the whole words
		for i := len(letters) - 1; i >= 0; i-- {
			h = hashRune(h, l.fold(letters[i]))
		}
		l.longestEnd = max(l.longestEnd, len(letters))
		return l.add(h, streetEnd)
	}
	words := strings.FieldsFunc(entry, func(r rune) bool { return r == ' ' || r == '-' || r == '.' || r == '\'' })
	if len(words) == 1 {
		return l.add(l.word(words[0]), c)
	}
	h := uint64(0)
	for i, w := range words {
		wh := l.word(w)
		switch i {
		case 0:
			h = wh
			if err := l.add(wh, phrase); err != nil {
				return err
			}
		default:
			h = chain(h, wh)
			bits := phrase
			if i == len(words)-1 {
				bits = c
			}
			if err := l.add(h, bits); err != nil {
				return err
			}
		}
	}
	return nil
}
