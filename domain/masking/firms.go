package masking

// properAfter is the end of a proper name made of everyday words, where the sentence has
// a place for one: "is from Solar Census", "the address of Pave is", "the Sap office".
// Contracts give capitals to what is no name: there it finds none.
func (s *scan) properAfter(i int) int {
	t := &s.tokens[i]
	if !t.upper || t.sentence || s.capitals || s.lowercase || t.class&(function|foreign|day|month|never|nation|honorific|term) != 0 && !(t.caps && t.class&(term|function) == 0) {
		return 0
	}
	j := i + 1
	for j < i+5 && s.isWord(j) && !s.tokens[j].taken && !s.tokens[j].line && (s.tokens[j].upper || s.eq(j, "of") && s.isWord(j+1)) {
		if s.has(j, term|statute) {
			return 0
		}
		j++
	}
	if s.eq(j-1, "of") {
		j--
	}
	office := s.oneOf(j, "office", "offices", "headquarters", "branch")
	switch {
	case s.eq(i-1, "the") && office, s.eq(i-1, "of") && s.oneOf(i-2, "address", "headquarters", "ceo", "employee"):
		return j
	case s.formal() || s.is(j, '-'):
		return 0
	case s.eq(i-1, "from") && s.oneOf(i-2, "is", "was", "am"):
		return j
	case t.caps && t.end-t.start < 3:
		return 0
	case s.eq(i-1, "at") && (s.is(j, ',') || s.eq(j, "as")), s.eq(i-1, "became"), s.eq(i-1, "joined"), s.eq(i-1, "starring"):
		return j
	}
	return 0
}

// addressees masks the line above an address: who lives or works there.
func (s *scan) addressees() {
	for _, head := range s.heads {
		j := head
		for j > 0 && s.tokens[j-1].kind == otherToken && !s.tokens[j].line {
			j-- // ">", "???"
		}
		if j == 0 || !s.tokens[j].line {
			continue
		}
		i := j
		for i > 0 && j-i < 12 && !(i < j && s.tokens[i].line) {
			i--
		}
		for i < j && s.tokens[i].kind == otherToken {
			i++
		}
		fits, open := i < j && j-i <= 8, false
		for k := i; k < j && fits; k++ {
			t := &s.tokens[k]
			open = open || !t.taken
			fits = t.taken || t.kind == numberToken || t.symbol == '&' || t.symbol == '-' || t.symbol == '\'' || t.symbol == '.' && k == j-1 ||
				t.kind == wordToken && (t.upper || s.lowercase || k > i && s.oneOf(k, "of", "and"))
		}
		// a heading of its own is no addressee
		if fits && open && !(s.has(i, statute|addressCue) || s.tokens[i].class&term != 0 && j-i < 3) {
			s.add(Organization, i, j)
		}
	}
}

// legal forms, which make a firm of any words with capitals before them.
var legalForms = []string{"inc", "llc", "llp", "ltd", "corp", "gmbh", "plc", "ag", "bv", "nv", "sarl", "srl", "spa", "oy", "ab", "aps", "pty", "incorporated", "kft", "ltda", "kg", "limited", "corporation", "co", "sa", "sas", "asa", "lp", "as", "se"}

// organization finds a firm's name that begins at token i.
func (s *scan) organization(i int) int {
	t := &s.tokens[i]
	if !t.upper && !s.lowercase || t.class&function != 0 && s.nameness(i) == noName || t.class&term != 0 && s.nameness(i) < strong && t.class&last == 0 || t.end-t.start < 2 {
		return 0
	}
	if s.capitals && s.nameness(i) < strong {
		return 0
	}
	end, legalForm, soft, and := 0, false, false, 0
	strange := s.nameness(i) == strong
	j := i + 1
	for n := 0; n < 6 && j < len(s.tokens) && !s.tokens[j].taken && !s.tokens[j].line; n++ {
		p := &s.tokens[j]
		switch {
		case p.symbol == '&' || s.eq(j, "and") && s.capital(j+1) || s.eq(j, "of") && s.capital(j+1):
			if p.symbol != '&' {
				and = j
			}
		case p.symbol == ',' && s.isWord(j+1) && s.capital(j+1):
		case (p.symbol == '-' || p.symbol == '\'') && s.glued(j) && s.glued(j+1):
		case p.kind == wordToken && (p.upper || s.lowercase && p.class&function == 0):
			if p.class&orgEnd != 0 && j > i {
				form := false
				for _, f := range legalForms {
					if s.eq(j, f) && (len(f) > 2 || p.caps) {
						form = true
					}
				}
				if form || !s.lowercase && !s.capitals && p.class&function == 0 {
					end, soft = j+1, true
					legalForm = legalForm || form
				}
			}
			if s.nameness(j) == strong {
				strange = true
			}
			// a firm of partners: "Jones, Mitchell and Williams"
			if and == j-1 && s.is(i+1, ',') && p.class&last != 0 && s.has(i, last) && s.has(i+2, last) && and == i+3 {
				end, legalForm = j+1, true
				n = 6
			}
		default:
			n = 6
		}
		if n < 6 {
			j++
		}
	}
	switch {
	case end == 0:
		// "Brown-Weaver": two family names
		if s.is(i+1, '-') && s.glued(i+1) && s.glued(i+2) && s.has(i, last) && s.has(i+2, last) && !s.has(i-1, first) && s.capital(i+2) && s.nameness(i) > noName && s.nameness(i+2) > noName && s.nameness(i+3) != strong {
			s.add(Organization, i, i+3)
			return i + 3
		}
		return 0
	case legalForm:
	case soft && strange:
	case soft && end-i >= 2 && !t.sentence && !s.formal() && s.oneOf(i-1, "from", "at", "for", "became", "joined", "with"):
	default:
		return 0
	}
	if legalForm && end-i == 1 {
		return 0
	}
	if s.lowercase && end-i > 4 {
		return 0
	}
	if s.is(end, '.') && s.glued(end) && s.oneOf(end-1, "inc", "ltd", "corp", "co") {
		end++
	}
	s.add(Organization, i, end)
	return end
}

// occupation masks what a person does, in "Jane Roe, the dairy scientist," or on the line
// under the name.
func (s *scan) occupation(i int) {
	from := i
	switch {
	case s.is(i, ',') && s.eq(i+1, "the"):
		from = i + 2
	case i < len(s.tokens) && s.tokens[i].line && !s.tokens[i].para:
	default:
		return
	}
	line := from == i
	found := false
	j := from
	for n := 0; n < 12 && j < len(s.tokens) && !s.tokens[j].taken && (j == from || !s.tokens[j].line); n++ {
		t := &s.tokens[j]
		if t.kind == numberToken || t.kind == otherToken && !(line && (t.symbol == ',' || t.symbol == '/' || t.symbol == '(' || t.symbol == ')')) {
			break
		}
		found = found || t.class&job != 0
		j++
	}
	end := j == len(s.tokens) || s.tokens[j].line || !line && s.is(j, ',')
	if found && end && j-from >= 2 {
		s.add(Title, from, j)
	}
}
