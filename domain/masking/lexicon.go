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

// class is a set of word classes: what the lists know about a word or phrase.
type class uint64

const (
	commonWord class = 1 << iota // everyday English or contract language
	rareWord                     // less common English
	givenName
	familyName
	certainName     // a name, although it is also an everyday word
	placeName       // town or region
	country         // country or its usual short name
	state           // state or province, also abbreviated
	demonym         // word for a people: "Dutch"
	streetWord      // "Street", "Rue"
	streetSuffix    // suffix of a one-word street name: "-straat"
	unitWord        // part of a building: "Apt", "Suite"
	orgSuffix       // legal form or last word of a company name: "Inc", "Bank"
	honorific       // "Mr", "Dr"
	jobWord         // occupation
	month           // name of a month
	weekday         // day of the week
	nameParticle    // part of a name: "van", "de", "bin"
	militaryWord    // first word of a military address
	tld             // top-level domain
	speechVerb      // "said", "says": next to a person
	idKeyword       // "passport", "licence": before an identifier
	phoneKeyword    // "phone", "fax": before a phone number
	contractKeyword // "effective": before a date of the contract
	legalReference  // "Section", "Article": before a number that is not personal
	placeKeyword    // "in", "from": before a place
	neverName       // acronyms and legal Latin, never names
	birthKeyword    // "born": before a date of birth
	cardKeyword     // "card": before a card number
	nameKeyword     // "name", "dear": before a person
	addressKeyword  // "address", "lives"
	foreignWord     // everyday word of another European language
	definedTerm     // capitalized in contracts: "Buyer", "Closing"
	functionWord    // "the", "of", "shall": never a name on its own
	phraseStart     // first word of a listed phrase
)

// listClasses maps each word file to the class of its words.
var listClasses = map[string]class{
	"common.txt": commonWord, "rare.txt": rareWord, "first.txt": givenName, "last.txt": familyName, "places.txt": placeName,
	"foreign.txt": foreignWord, "countries.txt": country,
}

// sectionClasses maps the sections of vocabulary.txt to classes.
var sectionClasses = map[string]class{
	"common": commonWord, "sure": certainName, "first": givenName, "last": familyName, "place": placeName, "country": country,
	"state": state, "nation": demonym, "street": streetWord, "street-end": streetSuffix, "unit": unitWord,
	"org-end": orgSuffix, "honorific": honorific, "job": jobWord, "month": month, "day": weekday,
	"particle": nameParticle, "military": militaryWord, "tld": tld, "speech": speechVerb, "id-keyword": idKeyword,
	"phone-keyword": phoneKeyword, "contract": contractKeyword, "statute": legalReference, "place-keyword": placeKeyword,
	"never": neverName, "birth": birthKeyword, "card-keyword": cardKeyword, "name-keyword": nameKeyword,
	"address-keyword": addressKeyword, "function": functionWord, "term": definedTerm,
}

// lexicon is a hash table from folded words and phrases to their classes. To save memory it stores
// hashes instead of words (a false hit has a probability of about 2^-32 per lookup) and an index into
// the few hundred distinct combinations of classes.
type lexicon struct {
	keys         []uint32
	classIndexes []uint16         // by slot: an index into classes
	classes      []class          // the distinct combinations
	classIndex   map[class]uint16 // index of each combination; nil once the lists are read
	count        int
	// letters of the longest street suffix
	longestStreetSuffix int
	foldTable           [foldLimit]rune
}

const (
	tableBits = 19
	foldLimit = 0x250 // Latin and its supplements
)

const (
	hashSeed  = 14695981039346656037
	hashPrime = 1099511628211
)

func hashRune(h uint64, r rune) uint64 { return (h ^ uint64(r)) * hashPrime }

// chainHash adds the hash of one more word to the hash of a phrase.
func chainHash(h, word uint64) uint64 {
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

func (l *lexicon) lookup(h uint64) class {
	i, key := l.slot(h)
	for {
		switch l.keys[i] {
		case key:
			return l.classes[l.classIndexes[i]]
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
	c |= l.classes[l.classIndexes[i]]
	n, ok := l.classIndex[c]
	if !ok {
		if len(l.classes) > math.MaxUint16 {
			return errors.New("masking: the word lists have too many combinations of classes")
		}
		n = uint16(len(l.classes))
		l.classes, l.classIndex[c] = append(l.classes, c), n
	}
	l.classIndexes[i] = n
	return nil
}

// fold maps a letter to lower case without accents.
func (l *lexicon) fold(r rune) rune {
	if r < foldLimit {
		return l.foldTable[r]
	}
	if r == 'ς' {
		return 'σ'
	}
	if r >= 0x370 && r < 0x460 {
		return foldGreekOrCyrillic(unicode.ToLower(r))
	}
	return unicode.ToLower(r)
}

// foldGreekOrCyrillic removes the accent of a lower-case letter.
func foldGreekOrCyrillic(r rune) rune {
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

func (l *lexicon) buildFoldTable() {
	special := map[rune]rune{
		'ø': 'o', 'đ': 'd', 'ł': 'l', 'ß': 's', 'ı': 'i', 'æ': 'a', 'œ': 'o', 'ð': 'd', 'þ': 't',
	}
	for r := range rune(foldLimit) {
		low := unicode.ToLower(r)
		if base, _ := firstTwoRunes(norm.NFD.String(string(low))); base != 0 {
			low = base
		}
		if s, ok := special[low]; ok {
			low = s
		}
		l.foldTable[r] = low
	}
}

func firstTwoRunes(s string) (a, b rune) {
	for i, r := range s {
		if i == 0 {
			a = r
		} else {
			return a, r
		}
	}
	return a, 0
}

// hashWord hashes the folded letters of a word, without combining marks.
func (l *lexicon) hashWord(s string) uint64 {
	h := uint64(hashSeed)
	for _, r := range s {
		if r >= 0x300 && r < 0x370 {
			continue
		}
		h = hashRune(h, l.fold(r))
	}
	return h
}

// hasStreetSuffix reports whether a word of more than three letters ends with a street suffix.
func (l *lexicon) hasStreetSuffix(word string) bool {
	h := ^uint64(0)
	for n := 0; n < l.longestStreetSuffix && len(word) > 3; n++ {
		r, size := utf8.DecodeLastRuneInString(word)
		word = word[:len(word)-size]
		h = hashRune(h, l.fold(r))
		if n > 0 && l.lookup(h)&streetSuffix != 0 {
			return true
		}
	}
	return false
}

func readLexicon() (*lexicon, error) {
	l := &lexicon{
		keys: make([]uint32, 1<<tableBits), classIndexes: make([]uint16, 1<<tableBits),
		classes: []class{0}, classIndex: map[class]uint16{0: 0},
	}
	l.buildFoldTable()
	for name, c := range listClasses {
		if err := l.readList(name, c); err != nil {
			return nil, err
		}
	}
	if err := l.readList("vocabulary.txt", 0); err != nil {
		return nil, err
	}
	l.classIndex = nil
	return l, nil
}

// readList reads a file with one word or phrase per line, or several separated by commas. "[name]"
// starts a section, "#" a comment.
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
	if c == streetSuffix {
		letters := []rune(entry)
		h := ^uint64(0) // another seed than for whole words
		for i := len(letters) - 1; i >= 0; i-- {
			h = hashRune(h, l.fold(letters[i]))
		}
		l.longestStreetSuffix = max(l.longestStreetSuffix, len(letters))
		return l.add(h, streetSuffix)
	}
	words := strings.FieldsFunc(entry, func(r rune) bool { return r == ' ' || r == '-' || r == '.' || r == '\'' })
	if len(words) == 1 {
		return l.add(l.hashWord(words[0]), c)
	}
	h := uint64(0)
	for i, w := range words {
		wh := l.hashWord(w)
		switch i {
		case 0:
			h = wh
			if err := l.add(wh, phraseStart); err != nil {
				return err
			}
		default:
			h = chainHash(h, wh)
			bits := phraseStart
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
