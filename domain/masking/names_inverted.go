package masking

import (
	"strings"

	"counsel/domain/langid"
)

// Inverted names: "Law, Denise", "SMIT, Vrede", "van den Berg, Jan". In running text both halves look like two people,
// or like everyday words; alone in a cell, in a line or after the label of a field they are one person.

// personFields are the labels of fields and the headings of columns that hold a person, in lower case without accents.
var personFields = func() map[string]bool {
	fields := map[string]bool{}
	for _, w := range strings.Fields(`
		name names from to cc bcc client employee employer claimant defendant plaintiff respondent applicant appellant petitioner tenant landlord
		buyer seller debtor creditor borrower patient witness suspect victim owner driver insured beneficiary contact attn signed spouse
		von an arbeitnehmer arbeitnehmerin klager klagerin beklagter beklagte mandant mandantin mieter mieterin vermieter vermieterin
		kaufer kauferin verkaufer verkauferin zeuge zeugin beschuldigter patient patientin schuldner glaubiger versicherter antragsteller
		antragstellerin antragsgegner erblasser erbe erbin fahrer halter unterzeichner
		nombre apellidos de para trabajador trabajadora demandante demandado demandada arrendador arrendatario comprador vendedor cliente testigo
		acusado paciente titular asegurado deudor acreedor empleado empleada
		nom noms a salarie salariee demandeur demanderesse defendeur defenderesse locataire bailleur acheteur vendeur client cliente temoin
		prevenu patiente titulaire assure debiteur creancier victime
		nome nominativo da dipendente lavoratore attore attrice convenuto convenuta locatore conduttore acquirente venditore teste imputato
		paziente intestatario assicurato debitore creditore
		naam van aan werknemer werkneemster eiser eiseres gedaagde verzoeker verzoekster verweerder huurder verhuurder koper verkoper getuige
		verdachte patient verzekerde schuldenaar
		funcionario funcionaria trabalhador autor autora reu re inquilino senhorio comprador testemunha arguido paciente segurado requerente
		requerido devedor credor`) {
		fields[w] = true
	}
	return fields
}()

// findInvertedNames finds the names that are written with the surname first and stand alone.
func (s *scan) findInvertedNames() {
	column := false // the table has a column of names
	for c := range s.tokens {
		if s.tokens[c].startsParagraph {
			column = false
		}
		if s.tokens[c].capitalized && s.opensCell(c) && s.closesCell(c+1) && s.isPersonField(c) {
			column = true
		}
		if s.tokens[c].symbol != ',' {
			continue
		}
		i, j := s.surnameBefore(c), s.givenAfter(c)
		if i < 0 || j == 0 || s.isFullName(i, c) || s.isFullName(c+1, j) {
			continue
		}
		opens, closes := s.opensCell(i), s.closesCell(j)
		label := opens && s.isSymbol(i-1, ':')
		switch named := label && s.isPersonField(i-2) || opens && !label && column; {
		case opens && closes && s.isInverted(i, c, j, named, label || s.inRow(i, j)):
		case named && s.isSymbol(j, ',') && !s.isCapitalized(j+1) && s.isInverted(i, c, j, true, true):
		case s.isCapitalSurname(c) && !s.uppercaseText && !s.tokens[c+1].allCaps && (s.hasClass(c+1, givenName) || s.tokens[c+1].label == personLabel):
			for s.isWord(i) && !s.tokens[i].allCaps && s.isWord(i+1) {
				i++ // "der Beschuldigte BAUMANN, Kevin"
			}
		default:
			continue
		}
		s.addSpan(Person, i, j)
	}
}

// startsCell reports whether token i is the first of a line or of a cell of a table.
func (s *scan) startsCell(i int) bool {
	return s.tokens[i].startsLine || i > 0 && strings.IndexByte(s.text[s.tokens[i-1].end:s.tokens[i].start], '\t') >= 0
}

// inRow reports whether tokens [i, j) are between the separators of a table or list.
func (s *scan) inRow(i, j int) bool {
	separates := func(k int) bool {
		return k < len(s.tokens) && s.startsCell(k) && !s.tokens[k].startsLine || s.isSymbol(k-1, ';') || s.isSymbol(k, ';')
	}
	return separates(i) || separates(j)
}

// surnameBefore returns the start of the one to three capitalized words before token c, with particles, or -1.
func (s *scan) surnameBefore(c int) int {
	i, words := c, 0
	for i > 0 && words < 3 && (i == c || !s.startsCell(i)) {
		k := i - 1
		switch {
		case s.mayBePartOfName(k):
			words++
		case i < c && s.isFree(k) && s.hasClass(k, nameParticle) && !s.isConjunction(k):
		case i < c && s.isSymbol(k, '-') && s.adjacent(k) && !s.tokens[i].afterBlank && s.mayBePartOfName(k-1):
		default:
			k = i
		}
		if k == i {
			break
		}
		i = k
	}
	if words == 0 || s.startsCell(c) {
		return -1
	}
	return i
}

// givenAfter returns the end of the one to three capitalized words after token c, or 0.
func (s *scan) givenAfter(c int) int {
	j, words := c+1, 0
	for j < len(s.tokens) && !s.startsCell(j) && words < 4 {
		switch {
		case s.mayBePartOfName(j):
			words++
			j++
			if s.isSymbol(j, '.') && s.tokens[j-1].end-s.tokens[j-1].start == 1 {
				j++
			}
			continue
		case words > 0 && s.isSymbol(j, '-') && s.adjacent(j) && s.isWord(j+1) && s.isFree(j+1) && !s.tokens[j+1].afterBlank:
			j += 2
			continue
		}
		break
	}
	if words == 0 || words > 3 {
		return 0
	}
	return j
}

// mayBePartOfName reports whether token k is a capitalized word that is no label, place, title or term of the law.
func (s *scan) mayBePartOfName(k int) bool {
	if !s.isWord(k) || !s.isFree(k) || !s.tokens[k].capitalized || s.tokens[k].law || s.tokens[k].cue&closing != 0 {
		return false
	}
	c := s.tokens[k].class
	if c&(orgSuffix|legalReference|weekday|demonym|idKeyword|phoneKeyword|birthKeyword|nameKeyword|country|state) != 0 && c&(givenName|familyName|certainName) == 0 {
		return false
	}
	return c&(givenName|familyName|certainName) != 0 || c&(jobWord|definedTerm|honorific|streetWord|month|placeName) == 0 && s.info[k].traits&isTerm == 0
}

// opensCell reports whether token i is the first word of a line, a list item, a table cell or the value of a field.
func (s *scan) opensCell(i int) bool {
	if i == 0 || s.startsCell(i) {
		return true
	}
	k := i - 1
	switch s.tokens[k].symbol {
	case ';':
		return true
	case '"', '-', '*', '.', ')':
		if s.isNumber(k-1) && (s.isSymbol(k, '.') || s.isSymbol(k, ')')) {
			k--
		}
		return s.startsCell(k) || k == 0 || s.isSymbol(k, '"') && (s.isSymbol(k-1, ',') || s.isSymbol(k-1, ':') || s.isSymbol(k-1, ';'))
	case ':':
		for n := 0; n < 4 && k > 0 && !s.startsCell(k); n++ {
			k--
			if s.startsCell(k) || k == 0 {
				return true
			}
		}
	default:
		return s.startsCell(k) && s.tokens[k].kind == otherToken && s.tokens[k].symbol == 0 // "•"
	}
	return false
}

// closesCell reports whether a line, a table cell or a field ends before token j.
func (s *scan) closesCell(j int) bool {
	if j >= len(s.tokens) || s.startsCell(j) {
		return true
	}
	switch s.tokens[j].symbol {
	case ';', '<', '(', '[', '"':
		return true
	case '.':
		return j+1 >= len(s.tokens) || s.startsCell(j+1)
	}
	return false
}

// isPersonField reports whether token k is the last word of a label or heading for a person.
func (s *scan) isPersonField(k int) bool {
	return s.isWord(k) && personFields[s.foldWord(s.text[s.tokens[k].start:s.tokens[k].end])]
}

// isInverted reports whether the words at [i, c) and (c, j) are a surname and a given name. Named says that the field is
// one for a person, cell that it is
// one at all or a cell of a table.
func (s *scan) isInverted(i, c, j int, named, cell bool) bool {
	last, first := &s.tokens[c-1], &s.tokens[c+1]
	if first.class&(givenName|familyName) == familyName && last.class&givenName == 0 && !named || first.class&placeName != 0 && !named && (first.label == placeLabel || first.likely == placeLabel || first.class&givenName == 0) {
		return false // "Müller, Koch" or "Smith, London"
	}
	surname := last.class&familyName != 0 && (named || s.inRow(i, j) || last.class&givenName == 0)
	given := first.class&givenName != 0
	unlisted := func(k int) bool { return s.tokens[k].rank == 0 && s.info[k].traits&(isDictionary|isPlace) == 0 }
	switch {
	case last.class&(givenName|familyName) == givenName && given:
		return false // "Anna, Bernd"
	case surname && given:
		return true
	case named:
		return first.class&familyName == 0 && (surname || last.label == personLabel || first.label == personLabel || given) || given && last.class&givenName == 0 && (last.likely == personLabel || unlisted(c-1))
	}
	return surname && (first.label == personLabel || first.likely == personLabel) && first.class&familyName == 0 && unlisted(c+1) ||
		given && cell && unlisted(c-1) && last.class&givenName == 0
}

// isFullName reports whether tokens [i, j) are a given name and a surname, so that a comma beside them is that of a list:
// "Rose Hart, Grace Hart". "García López, María" is none.
func (s *scan) isFullName(i, j int) bool {
	for i < j && !s.tokens[i].allCaps && s.tokens[j-1].allCaps && s.tokens[i].class&(givenName|familyName) == 0 {
		i++ // "Zeuge ANNA KOCH"
	}
	first, last := s.tokens[i].class&(givenName|familyName), s.tokens[j-1].class&(givenName|familyName)
	if j-i < 2 || !s.tokens[i].capitalized || first&givenName == 0 || s.isSymbol(j-1, '.') || s.isSymbol(i+1, '-') {
		return false
	}
	return last == familyName && (first == givenName || s.tokens[i].language != langid.Spanish && s.tokens[i].language != langid.Portuguese)
}

// isCapitalSurname reports whether a surname in capitals ends before token c, as in police reports: "BAUMANN, Kevin".
func (s *scan) isCapitalSurname(c int) bool {
	t := &s.tokens[c-1]
	return t.allCaps && (t.class&familyName != 0 || t.label == personLabel && t.end-t.start > 3 && t.class&(neverName|placeName|country|state) == 0)
}
