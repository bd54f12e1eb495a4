package masking

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// cue is what a word tells about the words beside it, in any of the seven languages.
type cue uint64

const (
	connector         cue = 1 << iota // needs a word after it: "is", "der", "avec"
	opener                            // starts a sentence if it is capitalized
	closing                           // closes a letter
	abbreviation                      // its full stop does not end a sentence
	birthCue                          // before a date of birth
	phoneCue                          // beside a phone number
	handleCue                         // before a user name
	acronymCue                        // before an identifier, in capitals only
	identityCue                       // before an identifier of a person or company
	bankCue                           // before an account or bank code
	referenceCue                      // before the number of a file, policy or account, if a number word is with it
	numberCue                         // "number", "Nr."
	numberedCue                       // word and number word in one: "Kundennummer"
	plateCue                          // before a number plate
	docketCue                         // before the number of a case at court
	ownCue                            // the user's own: "my", "Kläger"
	courtCue                          // a court or decision: what it decided is published
	statuteCue                        // before the number of a law or a part of it
	currencyCue                       // beside an amount or count
	cardCue                           // beside a card number
	expiryCue                         // before the month in which a card expires
	securityCodeCue                   // before the security code of a card
	monthCue                          // name of a month
	addressCue                        // before a postal address
	streetType                        // first word of a street's name, also in small letters: "rue", "calle", "via"
	floorCue                          // part of a building
	particle                          // part of a name in small letters
	topDomain                         // last label of a host name
	companyCue                        // before the name of a company: "société", "empresa"
	authorityCue                      // before the name of a place that they make an authority: "Ayuntamiento", "Stadt"
	nobility                          // title that may be followed by the name of a place: "Graf", "conte"
	nameConnector                     // inside the name of a company without a capital: "de", "und"
	relationCue                       // relation or role of the person named after it: "uncle", "Hausmeister"
	tradeCue                          // trade that starts the name of a business: "Bakkerij", "Restaurante"
	tradeEndCue                       // trade that ends it: "Roofing", "Immobilien"
	organizationCue                   // kind of organization that starts its name: "Fundación", "Maatschap"
	partnersCue                       // ends the name of a firm after "&": "Sons", "Zn."
	propertyCue                       // what stands at an address or who goes there: "Haus", "moved"
	buildingCue                       // starts the name of a building or estate: "Edificio", "Camping"
	registerCue                       // part of a land register or of a cadastre: "foglio", "tomo"
	lawCue                            // word of the law: a question with it is about the law
	occupationCue                     // trade or neighbor called by the family name: "plumber Stokes"
	commerceCue                       // word of trade and work: a question with it may be about a brand
	representationCue                 // verb with which a lawyer begins to speak of a client: "assisto"
	businessCue                       // small business of the person named after it: "l'officina di Gino"
	institutionCue                    // school, hospital and the like, often named after a person: "liceo Manzoni"
)

var cueSections = map[string]cue{
	"connector": connector, "opener": opener, "closing": closing, "abbreviation": abbreviation, "birth": birthCue, "phone": phoneCue,
	"handle": handleCue, "address": addressCue, "streettype": streetType, "floor": floorCue, "acronym": acronymCue, "identity": identityCue, "bank": bankCue, "reference": referenceCue,
	"number": numberCue, "numbered": numberedCue, "plate": plateCue, "docket": docketCue, "own": ownCue, "court": courtCue,
	"company": companyCue, "authority": authorityCue, "nobility": nobility, "nameconnector": nameConnector, "relation": relationCue, "law": lawCue, "occupation": occupationCue, "commerce": commerceCue, "business": businessCue, "institution": institutionCue, "representation": representationCue, "trade": tradeCue, "tradeend": tradeEndCue, "register": registerCue, "partners": partnersCue, "organization": organizationCue, "property": propertyCue, "building": buildingCue,
	"statute": statuteCue, "currency": currencyCue, "card": cardCue, "expiry": expiryCue, "securitycode": securityCodeCue,
	"january": monthCue, "february": monthCue, "march": monthCue, "april": monthCue, "may": monthCue, "june": monthCue,
	"july": monthCue, "august": monthCue, "september": monthCue, "october": monthCue, "november": monthCue, "december": monthCue,
}

const cueTableBits = 14

// cues is a hash table from folded words to their cues.
type cues struct {
	lex  *lexicon
	keys [1 << cueTableBits]uint64
	bits [1 << cueTableBits]cue
}

// readCues reads words/cues.txt.
func readCues(lex *lexicon) (*cues, error) {
	data, err := wordFiles.ReadFile("words/cues.txt")
	if err != nil {
		return nil, err
	}
	c, n := &cues{lex: lex}, 0
	var section cue
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			if section = cueSections[strings.Trim(line, "[]")]; section == 0 {
				return nil, errors.New("masking: unknown section in cues.txt")
			}
			continue
		}
		for _, word := range strings.Split(line, ",") {
			i := c.slot(lex.hashWord(strings.TrimSpace(word)))
			if c.keys[i] == 0 {
				if n++; n > len(c.keys)/2 {
					return nil, errors.New("masking: the cues outgrew their table")
				}
			}
			c.keys[i] = lex.hashWord(strings.TrimSpace(word))
			c.bits[i] |= section
		}
	}
	return c, nil
}

// slot returns the slot of a word's hash, or the free one where it belongs.
func (c *cues) slot(h uint64) int {
	i := int(h * 0x9e3779b97f4a7c15 >> (64 - cueTableBits))
	for c.keys[i] != h && c.keys[i] != 0 {
		i = (i + 1) & (1<<cueTableBits - 1)
	}
	return i
}

// of returns the cues of a word by its hash.
func (c *cues) of(h uint64) cue { return c.bits[c.slot(h)] }

// ofBytes returns the cues of a word, with particle and topDomain, which only the lexicon knows.
func (c *cues) ofBytes(word []byte) cue {
	h := uint64(hashSeed)
	for i := 0; i < len(word); {
		r, n := utf8.DecodeRune(word[i:])
		h = hashRune(h, c.lex.fold(r))
		i += n
	}
	out := c.of(h)
	if known := c.lex.lookup(h); known&(nameParticle|tld) != 0 {
		if known&nameParticle != 0 {
			out |= particle
		}
		if known&tld != 0 {
			out |= topDomain
		}
	}
	return out
}

// elided returns the cues of the word after an elided article, "l'article"; 0 if there is none.
func (c *cues) elided(word string) cue {
	if n := len(word); n > 3 && n <= 8 && strings.EqualFold(word[n-2:], "nr") {
		return numberedCue // "KdNr"
	}
	if len(word) > 8 && word[1] != '\'' && word[2] != '\'' {
		if cue := compoundCue(word); cue != 0 {
			return cue
		}
	}
	for i := 1; i < 3; i++ {
		switch {
		case word[i] == '\'':
			return c.ofBytes([]byte(word[i+1:]))
		case word[i] == 0xe2 && i+3 < len(word) && word[i:i+3] == "’":
			return c.ofBytes([]byte(word[i+3:]))
		}
	}
	return 0
}

// compoundCue returns the cue of a German or Dutch compound by its last part: "Kundennummer", "Behindertenausweis".
func compoundCue(word string) cue {
	lowered := strings.ToLower(word[len(word)-8:])
	switch {
	case strings.HasSuffix(lowered, "ausweis"), strings.HasSuffix(lowered, "pass") && !strings.HasSuffix(lowered, "ompass") && !strings.HasSuffix(lowered, "engpass"):
		return identityCue
	case strings.HasSuffix(lowered, "wagen"), strings.HasSuffix(lowered, "fahrzeug"):
		return plateCue
	case strings.HasSuffix(lowered, "haus"), strings.HasSuffix(lowered, "wohnung"), strings.HasSuffix(lowered, "gebäude"), strings.HasSuffix(lowered, "woning"):
		return propertyCue
	case strings.HasSuffix(lowered, "kenmerk"):
		return numberedCue
	case strings.HasSuffix(lowered, "polis"), strings.HasSuffix(lowered, "konto"), strings.HasSuffix(lowered, "dossier"), strings.HasSuffix(lowered, "rekening"):
		return referenceCue
	case strings.HasSuffix(lowered, "zeichen"), strings.HasSuffix(lowered, "kennung"):
		if strings.HasSuffix(lowered, "nzeichen") || strings.HasSuffix(lowered, "kennung") {
			return referenceCue
		}
	case strings.HasSuffix(lowered, "nummer") || strings.HasSuffix(lowered, "nummern") || strings.HasSuffix(lowered, "nr"):
		for _, other := range []string{"haus", "huis", "rand", "gliederung", "seite", "artikel", "ordnung", "folge", "kapitel"} {
			if strings.HasPrefix(strings.ToLower(word), other) {
				return statuteCue
			}
		}
		for _, other := range []string{"tele", "ruf", "handy", "mobil", "fax", "mobiel"} {
			if strings.HasPrefix(strings.ToLower(word), other) {
				return phoneCue
			}
		}
		return numberedCue
	}
	return 0
}
