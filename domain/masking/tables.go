package masking

import "strings"

// The first line of a table says what its columns hold, however far below a value stands: "Name | Born | BSN". A table has its
// cells between bars, tabs or wide gaps, or it is CSV, with semicolons or commas.

// column is what the cells of a column hold.
type column uint8

const (
	otherColumn column = iota
	nameColumn
	birthColumn
	phoneColumn
	numberColumn  // an identifier
	bankColumn    // an account or the code of a bank
	fileColumn    // the reference of a file or contract: an identifier only with letters and digits
	addressColumn // a postal address
)

const (
	maxColumns    = 32
	maxHeaderLine = 400
	maxHeaderCell = 6 // tokens
)

// cell is a range of tokens.
type cell struct{ from, to int }

// table is the table that is being read.
type table struct {
	separator byte // '\t', ';' or ','
	kinds     []column
	cells     []cell // of the line just read
}

// findTables masks the cells of columns whose header announces personal data.
func (s *scan) findTables() {
	t := table{kinds: s.table.kinds[:0], cells: s.table.cells[:0]}
	open := false
	for i := 0; i < len(s.tokens); {
		end := s.lineEnd(i)
		switch {
		case open && s.tokens[i].startsParagraph:
			open = false
			continue
		case open && s.isRule(i, end):
		case open && s.readCells(&t, i, end):
			for n, c := range t.cells[:min(len(t.cells), len(t.kinds))] {
				if c.to > c.from && t.kinds[n] != otherColumn {
					s.maskCell(t.kinds[n], c)
				}
			}
		default:
			open = s.readHeader(&t, i, end)
		}
		i = end
	}
	s.table = t
}

// lineEnd returns the first token after the line of token i.
func (s *scan) lineEnd(i int) int {
	for i++; i < len(s.tokens) && !(s.tokens[i].startsLine && strings.IndexByte(s.gap(i), '\n') >= 0); i++ {
	}
	return i
}

// gap returns the blanks before token i.
func (s *scan) gap(i int) string {
	if i == 0 {
		return s.text[:s.tokens[0].start]
	}
	return s.text[s.tokens[i-1].end:s.tokens[i].start]
}

// isRule reports whether the line of tokens [i, end) is the one below a header: "|---|:--:|".
func (s *scan) isRule(i, end int) bool {
	for ; i < end; i++ {
		if x := s.tokens[i].symbol; x != '-' && x != ':' && x != '=' && x != '+' && x != '|' {
			return false
		}
	}
	return true
}

// readHeader reads the line of tokens [i, end) as the header of a table. It is none without a word that announces personal
// data, or if the line below has other cells.
func (s *scan) readHeader(t *table, i, end int) bool {
	if end == len(s.tokens) || s.tokens[end-1].end-s.tokens[i].start > maxHeaderLine || s.tokens[end].startsParagraph {
		return false
	}
	next := end
	if s.isRule(next, s.lineEnd(next)) {
		if next = s.lineEnd(next); next == len(s.tokens) {
			return false
		}
	}
	nextEnd := s.lineEnd(next)
	for _, separator := range []byte{'\t', ';', ','} {
		t.separator, t.kinds = separator, t.kinds[:0]
		if !s.readCells(t, i, end) {
			continue
		}
		found, other := false, false
		for _, c := range t.cells {
			k := s.columnKind(c)
			found, other = found || k != otherColumn, other || c.to-c.from > maxHeaderCell || s.hasLongNumber(c)
			t.kinds = append(t.kinds, k)
		}
		if !found || other || !s.readCells(t, next, nextEnd) {
			continue
		}
		s.readCells(t, i, end)
		for n, c := range t.cells {
			for k := c.from; k < c.to && t.kinds[n] != otherColumn; k++ {
				h := &s.tokens[k]
				h.law, h.cue, h.class = true, h.cue&^notable, h.class&^phoneKeyword // never a name, and no cue for other columns
			}
		}
		return true
	}
	return false
}

// readCells reads the cells of tokens [i, end). It reports whether they are those of a row: as many as the header has, or, if
// this is the header, at least two. The last cells of a row may be missing.
func (s *scan) readCells(t *table, i, end int) bool {
	t.cells = t.cells[:0]
	from, quoted := i, false
	for k := i; k < end; k++ {
		switch {
		case t.separator != '\t':
			if s.isSymbol(k, '"') {
				quoted = !quoted
			}
			if quoted || !s.isSymbol(k, t.separator) {
				continue
			}
			if t.separator == ',' && k+1 < end && !s.adjacent(k+1) {
				return false // a comma of a sentence
			}
			t.cells, from = append(t.cells, cell{from, k}), k+1
		case s.tokens[k].startsLine:
			gap := s.gap(k)
			if k == i {
				gap = gap[strings.LastIndexByte(gap, '\n')+1:]
			}
			tabs := strings.Count(gap, "\t")
			if tabs == 0 && k > i {
				tabs = 1
			}
			for range tabs {
				t.cells, from = append(t.cells, cell{from, k}), k
			}
		}
		if len(t.cells) >= maxColumns {
			return false
		}
	}
	t.cells = append(t.cells, cell{from, end})
	switch {
	case len(t.kinds) == 0:
		return len(t.cells) >= 2
	case t.separator == '\t':
		return len(t.cells) >= 2 && len(t.cells) <= len(t.kinds)
	}
	return len(t.cells) == len(t.kinds)
}

// columnKind returns what the header cell announces.
func (s *scan) columnKind(c cell) column {
	var cues cue
	var names, others int
	for i := c.from; i < c.to; i++ {
		t := &s.tokens[i]
		switch {
		case t.inSpan:
			return otherColumn
		case t.kind != wordToken:
			continue
		}
		x := t.cue
		if x&acronymCue != 0 && !t.allCaps && c.to > c.from+1 {
			x &^= acronymCue
		}
		if t.class&phoneKeyword != 0 {
			x |= phoneCue
		}
		if x&numberCue != 0 && s.isCompoundNumber(i) {
			x |= identityCue
		}
		if t.class&addressKeyword != 0 || t.class&streetWord != 0 && t.class&commonWord != 0 {
			x |= addressCue
		}
		cues |= x
		switch {
		case s.isNameHeader(i):
			names++
		case t.class&functionWord == 0 && x&(connector|particle) == 0 && !s.oneOf(i, "full", "first", "last", "given", "legal", "client", "customer", "patient", "employee", "tenant", "kunde", "mieter", "complet", "complète", "completo", "completa"):
			others++
		}
	}
	switch {
	case cues&birthCue != 0:
		return birthColumn
	case cues&statuteCue != 0, cues&(docketCue|courtCue) != 0 && cues&identityCue == 0:
		return otherColumn
	case cues&bankCue != 0:
		return bankColumn
	case cues&(identityCue|acronymCue|numberedCue) != 0, cues&referenceCue != 0 && cues&numberCue != 0:
		return numberColumn
	case cues&phoneCue != 0:
		return phoneColumn
	case cues&referenceCue != 0:
		return fileColumn
	case names > 0 && others == 0:
		return nameColumn
	case cues&addressCue != 0:
		return addressColumn
	}
	return otherColumn
}

// hasLongNumber reports whether the cell has a number of more than one digit: that of a header has none.
func (s *scan) hasLongNumber(c cell) bool {
	for i := c.from; i < c.to; i++ {
		if s.isNumber(i) && s.tokens[i].end-s.tokens[i].start > 1 {
			return true
		}
	}
	return false
}

func (s *scan) isNameHeader(i int) bool {
	return s.oneOf(i, "name", "names", "surname", "forename", "firstname", "lastname", "fullname", "vorname", "nachname", "familienname",
		"nom", "prénom", "noms", "prénoms", "nombre", "nombres", "apellido", "apellidos", "nome", "nomes", "sobrenome", "apelido",
		"cognome", "nominativo", "naam", "voornaam", "achternaam")
}

// maskCell masks what the column announces in the cell.
func (s *scan) maskCell(kind column, c cell) {
	for c.from < c.to && s.isQuote(c.from) {
		c.from++
	}
	for c.to > c.from && s.isQuote(c.to-1) {
		c.to--
	}
	digits := 0
	for i := c.from; i < c.to; i++ {
		if s.tokens[i].inSpan {
			return
		}
		if s.isNumber(i) {
			digits += int(s.tokens[i].end - s.tokens[i].start)
		}
	}
	switch kind {
	case nameColumn:
		if s.isNameCell(c) {
			s.unmarkLaw(c.from, c.to)
			s.addSpan(Person, c.from, c.to)
		}
	case birthColumn:
		s.maskBirthCell(c)
	case phoneColumn:
		if digits >= 6 && digits <= 16 && s.consistsOf(c, "+-./()") {
			s.addSpan(Phone, c.from, c.to)
		}
	case addressColumn:
		if digits > 0 && s.isWord(c.from) || s.isNumber(c.from) && s.isWord(c.to-1) {
			s.addSpan(Address, c.from, c.to)
		}
	default:
		s.maskNumberCell(kind, c, digits)
	}
}

// isNameCell reports whether the cell may be the name of a person: "Aldous Abernathy", "Koch, Heike".
func (s *scan) isNameCell(c cell) bool {
	if c.to == c.from || c.to-c.from > 8 || s.legalFormAt(c.to-1) > 0 {
		return false
	}
	known := false
	for i := c.from; i < c.to; i++ {
		t := &s.tokens[i]
		switch {
		case t.kind == numberToken:
			return false
		case t.kind == otherToken:
			if x := t.symbol; x != ',' && x != '.' && x != '-' && x != '\'' {
				return false
			}
		case t.class&orgSuffix != 0 && t.class&familyName == 0, t.cue&(birthCue|phoneCue|identityCue|bankCue|numberedCue|addressCue) != 0:
			return false
		case s.isNameHeader(i):
			return false
		case !t.capitalized && !s.lowercaseText && t.class&(nameParticle|givenName|familyName) == 0:
			return false
		case t.class&(givenName|familyName) != 0, t.class&(commonWord|functionWord|foreignWord|rareWord|definedTerm) == 0:
			known = true
		}
	}
	return known
}

// maskBirthCell masks the dates of the cell, also those of which only the year is known.
func (s *scan) maskBirthCell(c cell) {
	for i := c.from; i < c.to; i++ {
		s.lastCue[cueIndex(birthCue)] = i
		end := 0
		switch {
		case s.isNumber(i):
			if end = min(s.numericDate(i), c.to); end == 0 && s.isYearAt(i) && (c.to == i+1 || s.isSymbol(i+1, ',')) {
				end = i + 1
			}
		case s.tokens[i].cue&monthCue != 0:
			if end = s.birthDate(i); end > i {
				i = end - 1
			}
			continue
		}
		if end > i {
			s.addBirthDate(i, end)
			i = end - 1
		}
	}
	s.lastCue[cueIndex(birthCue)] = notSeen
}

// maskNumberCell masks the identifier that is the cell. Dates and amounts are none.
func (s *scan) maskNumberCell(kind column, c cell, digits int) {
	if c.from == c.to || c.to-c.from > 16 {
		return
	}
	letters := false
	for i := c.from; i < c.to; i++ {
		if t := &s.tokens[i]; t.kind == wordToken {
			joined := s.adjacent(i) && i > c.from || s.adjacent(i+1) && i+1 < c.to
			if t.end-t.start > 4 && !t.allCaps && !joined || t.cue&(monthCue|currencyCue) != 0 && !joined {
				return
			}
			letters = true
		}
	}
	switch bic := kind == bankColumn && s.bicAt(c.from) == c.to; {
	case bic:
	case digits < 3, digits < 5 && !letters && kind == bankColumn, kind == fileColumn && (!letters || digits < 4), !s.consistsOf(c, "-./·+:_"):
		return
	case s.numericDate(c.from) == c.to, s.isMoney(c), c.to == c.from+1 && s.isYearAt(c.from):
		return
	}
	if kind == bankColumn {
		s.lastCue[cueIndex(bankCue)] = c.from - 1
	}
	if s.maskIBAN(c.from) > 0 {
		return
	}
	if s.isNumber(c.from) {
		if d := s.readDigits(c.from); s.maskCardNumber(&d) > 0 {
			return
		}
	}
	s.unmarkLaw(c.from, c.to) // "CC 2902429" is not of a code here
	s.addSpan(ID, c.from, c.to)
}

// consistsOf reports whether the cell has no other symbols than those.
func (s *scan) consistsOf(c cell, symbols string) bool {
	for i := c.from; i < c.to; i++ {
		if t := &s.tokens[i]; t.kind == otherToken && (t.symbol == 0 || strings.IndexByte(symbols, t.symbol) < 0) {
			return false
		}
	}
	return c.to > c.from
}

// isMoney reports whether the cell is an amount with its cents, "12.50".
func (s *scan) isMoney(c cell) bool {
	return c.to-c.from == 3 && s.isNumber(c.from) && s.isSymbol(c.from+1, '.') && s.isNumber(c.from+2) && s.tokens[c.from+2].end-s.tokens[c.from+2].start == 2
}
