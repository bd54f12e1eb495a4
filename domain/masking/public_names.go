package masking

import (
	"errors"
	"slices"
	"strings"

	"counsel/domain/langid"
)

// Names that everybody knows are no personal data where a question is about them: platforms, makes, authorities, feasts,
// religions, procedures in capitals, and people of the law's history.

// publicNames maps the hash of a first word to the names that begin with it.
type publicNames map[uint64][]publicName

type publicName struct {
	rest []uint64 // the hashes of the other words
	use  publicUse
}

// publicUse says where a public name is left readable.
type publicUse uint8

const (
	asTerm   publicUse = iota // everywhere: nobody is called so
	asBrand                   // unless a legal form or more of a company's name follows
	asMake                    // also a name of people: after an article, as in "a Ford"
	asFeast                   // also a name of people: after a preposition, as in "a Natale"
	asHouse                   // also a family name: in a question about trade or work, as in "must Ferrari honour the warranty"
	asFigure                  // where the text asks and is not about a case of the writer's own
)

var publicSections = map[string]publicUse{
	"[term]": asTerm, "[brand]": asBrand, "[make]": asMake, "[feast]": asFeast, "[house]": asHouse, "[figure]": asFigure,
}

func readPublicNames(lex *lexicon) (publicNames, error) {
	names := publicNames{}
	for _, list := range []struct {
		file string
		use  publicUse
	}{{"words/public.txt", asTerm}, {"words/brands.txt", asBrand}} { // of a name in both, the first counts
		data, err := wordFiles.ReadFile(list.file)
		if err != nil {
			return nil, err
		}
		if err := names.read(lex, string(data), list.use); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// read adds the names of a list; use says where those before the first section are left readable.
func (names publicNames) read(lex *lexicon, list string, use publicUse) error {
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '[':
			u, ok := publicSections[line]
			if !ok {
				return errors.New("masking: unknown section in public.txt")
			}
			use = u
			continue
		}
		for name := range strings.SplitSeq(line, ",") {
			var hashes []uint64
			for _, t := range lex.tokenize(nil, strings.TrimSpace(name)) {
				if t.symbol != '.' {
					hashes = append(hashes, t.hash)
				}
			}
			if len(hashes) > 0 {
				names[hashes[0]] = append(names[hashes[0]], publicName{hashes[1:], use})
			}
		}
	}
	return nil
}

// markPublicNames marks public names like terms of the law, so that no name begins in them.
func (s *scan) markPublicNames() {
	defer func() { s.legalKnown = false }() // what is marked here tells, too
	for i := 0; i < len(s.tokens); i++ {
		t := &s.tokens[i]
		if t.kind != wordToken || !t.capitalized && !(s.lowercaseText && t.class == 0 && t.rank == 0) || t.law || t.inSpan {
			continue
		}
		end, use := s.publicNameAt(i)
		if end == 0 || s.afterGivenName(i) || s.hasClass(i-1, honorific) && !s.isDutchMay(i-1) || !t.capitalized && use != asBrand {
			continue
		}
		if end == i+1 && t.class&(givenName|familyName) != 0 {
			switch {
			case use == asTerm && (!s.asksInGeneral() || s.isCapitalized(end) || s.isSymbol(i-1, '-')):
				use = asFeast // "Ascensión Soler"
			case use == asBrand && t.class&givenName != 0 && !s.asksInGeneral() && !s.oneOf(i-1, "at", "en", "em"):
				use = asMake
			}
		}
		switch use {
		case asBrand:
			if end == i+1 && (s.hasClass(i-1, givenName) && s.isCapitalized(i-1) && !s.asksWith(i-1) || s.isCapitalized(end) && s.hasClass(end, familyName)) {
				continue // "Rose Boulanger"
			}
			if s.isOfCompany(i, end) || t.language == langid.English && !s.readsLegal() {
				continue
			}
		case asMake:
			if !s.oneOf(i-1, makeArticles...) || s.isOfCompany(i, end) {
				continue
			}
		case asHouse:
			if !s.oneOf(i-1, makeArticles...) && !s.isHouse(i, end) || s.isOfCompany(i, end) {
				continue
			}
		case asFeast:
			if !s.oneOf(i-1, feastPrepositions...) && !s.oneOf(i-1, makeArticles...) || s.isCapitalized(i-1) && !s.tokens[i-1].startsSentence || s.isCapitalized(end) {
				continue
			}
		case asFigure:
			if !s.asksInGeneral() {
				continue
			}
		}
		for ; i < end; i++ {
			s.tokens[i].law = true
		}
		i--
	}
}

// asksWith reports whether the word at token i begins a question: "May Barclays close an account?", "Mag Zara ruilen weigeren?"
func (s *scan) asksWith(i int) bool {
	return s.tokens[i].startsSentence && s.oneOf(i, "may", "will", "can", "might", "mag", "kan", "moet", "does", "did", "is", "has") && strings.Contains(s.text[s.tokens[i].end:], "?")
}

// isHouse reports whether tokens [i, end), a company that is called like a family, are the company: the text asks about the law
// or about trade, and nothing beside the name is a person's.
func (s *scan) isHouse(i, end int) bool {
	if s.isCapitalized(end) && !s.tokens[end].startsLine || s.isCapitalized(i-1) && !s.tokens[i-1].startsSentence && !s.tokens[i].startsLine || i > 0 && s.tokens[i-1].cue&(relationCue|occupationCue) != 0 {
		return false
	}
	if s.oneOf(i-1, houseArticles...) {
		return s.asksInGeneral() || s.asksAboutTrade()
	}
	if s.tokens[i].class&(givenName|familyName) == 0 && (s.oneOf(i-1, "the") || strings.Contains(s.text, "?")) {
		return true // "Barclays": no family that a list knows
	}
	return s.asksInGeneral() && s.asksAboutTrade()
}

// houseArticles stand before a company: Italian and Portuguese give it an article.
var houseArticles = []string{"la", "alla", "dalla", "della", "nella", "sulla", "da", "na", "à", "pela", "bei", "beim", "chez", "at", "from", "bij", "en", "em"}

// asksAboutTrade reports whether the text has a word of trade or work: "warranty", "Umtausch", "scontrino".
func (s *scan) asksAboutTrade() bool {
	if s.aboutTrade == unknown {
		s.aboutTrade = no
		if slices.ContainsFunc(s.tokens, func(t token) bool { return t.cue&commerceCue != 0 }) {
			s.aboutTrade = yes
		}
	}
	return s.aboutTrade == yes
}

// answer is yes, no or not yet known.
type answer uint8

const (
	unknown answer = iota
	yes
	no
)

// publicNameAt returns the end of the longest public name at token i, or 0.
func (s *scan) publicNameAt(i int) (end int, use publicUse) {
	for _, name := range s.publicNames[s.tokens[i].hash] {
		j := i + 1
		fits := true
		for _, hash := range name.rest {
			if s.isSymbol(j, '.') && s.adjacent(j) {
				j++
			}
			if fits = j < len(s.tokens) && s.tokens[j].hash == hash && !s.tokens[j].startsParagraph && !s.tokens[j].inSpan; !fits {
				break
			}
			j++
		}
		if fits && j > end {
			end, use = j, name.use
		}
	}
	return end, use
}

// isOfCompany reports whether tokens [i, end) are a part of a company's name: a legal form follows, or a word for a
// company precedes.
func (s *scan) isOfCompany(i, end int) bool {
	if i > 0 && (s.tokens[i-1].cue&companyCue != 0 || s.oneOf(i-1, "mr", "mrs", "ms")) {
		return true
	}
	for k := end; k < end+5; k++ {
		if s.legalFormAt(k) > 0 {
			return true
		}
		if !s.isCapitalized(k) || s.tokens[k].startsLine {
			break
		}
	}
	return false
}

var makeArticles = slices.Concat(
	[]string{"a", "an", "my", "our", "his", "her", "their", "your", "used", "new"},
	[]string{"ein", "eine", "einen", "einem", "einer", "mein", "meinen", "meinem", "unser", "unseren", "gebrauchten", "gebrauchter", "neuen"},
	[]string{"un", "une", "ma", "mon", "notre", "una", "mi", "nuestro", "um", "uma", "meu", "minha", "uno", "mia", "mio", "nostra", "een", "mijn", "onze"},
)

var feastPrepositions = []string{
	"with", "sotto", "con", "oltre", "sous", "bajo", "at", "on", "before", "after", "since", "until", "by", "over", "during", "for", "an", "zu", "vor", "nach", "seit", "bis", "über",
	"à", "avant", "après", "depuis", "pour", "en", "por", "a", "di", "dopo", "prima", "per", "da", "do", "no", "na", "até", "met", "voor", "tot", "sinds", "op",
	"the", "al", "der", "das", "de", "het", "la", "el", "il", "o", "le",
}
