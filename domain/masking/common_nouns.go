package masking

// isCommonNoun reports whether tokens [i, j), which look like the name of a person, are rather a noun in capitals or the
// name of a thing: a date, or words that no list has as names after an article (a family is "the Nowickis") or, if a
// dictionary has them, where the text asks in general.
func (s *scan) isCommonNoun(i, j int) bool {
	if j == i+1 && s.isCalendarWord(i) {
		return true
	}
	best, plain := int32(0), true
	for k := i; k < j; k++ {
		t := &s.tokens[k]
		if t.kind != wordToken || t.rank > frequentScore {
			continue
		}
		if t.class&(givenName|familyName|certainName|honorific) != 0 || !t.capitalized {
			return false
		}
		best, plain = max(best, t.margin), plain && s.info[k].traits&(isDictionary|isListed) != 0
	}
	limit := int32(2 * weightScale)
	if plain {
		limit = 5 * weightScale
	}
	return best < limit && !s.nameKeywordBefore(i) && (s.articleBefore(i) && !s.equals(i-1, "the") || plain && s.asksInGeneral())
}

// isCalendarWord reports whether token i is a day of the week or a month that nothing shows to be a person: "di Sabato",
// "il 15 Agosto".
func (s *scan) isCalendarWord(i int) bool {
	t := &s.tokens[i]
	if t.cue&monthCue == 0 && t.class&(month|weekday) == 0 && !s.oneOf(i, weekdays...) {
		return false
	}
	if s.isNumber(i-1) || s.isNumber(i+1) || !t.capitalized {
		return true
	}
	return (t.class&givenName == 0 || s.asksInGeneral()) && s.oneOf(i-1, "di", "il", "ogni", "el", "los", "o", "os", "le", "am", "op", "in", "a", "de", "en", "em", "im")
}

var weekdays = []string{
	"lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo",
	"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "segunda", "terça", "quarta", "quinta", "sexta",
	"montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonnabend", "sonntag",
	"maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag",
}

// articleBefore reports whether an article stands before token i.
func (s *scan) articleBefore(i int) bool {
	if s.tokens[i].elision > 0 && s.tokens[i].startsSentence {
		return true
	}
	return s.isWord(i-1) && !s.tokens[i].startsLine && s.oneOf(i-1, articles...)
}

var articles = []string{
	"a", "an", "the", "il", "lo", "la", "i", "gli", "le", "un", "uno", "una", "del", "dello", "della", "dei", "degli", "delle", "al", "allo", "alla", "nel", "nella",
	"dal", "dalla", "sul", "sulla", "el", "los", "las", "o", "os", "as", "um", "uma", "do", "da", "dos", "das", "no", "na", "ao", "à", "les", "une", "du", "des", "au", "aux",
	"der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "zum", "zur", "im", "beim", "het", "een",
}

// nameKeywordBefore reports whether a word or a colon before token i introduces a name.
func (s *scan) nameKeywordBefore(i int) bool {
	return s.isSymbol(i-1, ':') || s.hasClass(i-1, nameKeyword|honorific) || s.isSymbol(i-1, '.') && s.hasClass(i-2, honorific) || s.introducedAsName(i)
}

// asksInGeneral reports whether the text asks about the law and not about a case of the writer's own.
func (s *scan) asksInGeneral() bool {
	if s.general == unknown {
		if s.general = yes; s.namesOwnCase(nil) {
			s.general = no
		}
	}
	return s.general == yes
}

// asksAboutLaw reports whether the text asks in general and has a word of the law, outside names.
func (s *scan) asksAboutLaw() bool {
	if s.aboutLaw == unknown {
		s.aboutLaw = no
		for i := range s.tokens {
			if s.tokens[i].cue&lawCue != 0 && s.asksInGeneral() {
				s.aboutLaw = yes
				break
			}
		}
	}
	return s.aboutLaw == yes
}
