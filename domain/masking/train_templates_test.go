package masking

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"counsel/domain/langid"
)

// nameLists are what the slots of templates are filled with, in one language.
type nameLists struct {
	First, Last, City, Country, Suffix []string
	terms, brands                      []string // what has capitals and is no name of a private person or company
	lang                               langid.Language
	foreign                            *nameLists // names from elsewhere
}

var readNames = map[langid.Language]*nameLists{}

// names reads the lists of a language, and those of other languages as foreign.
func (tr *trainer) names(t *testing.T, l langid.Language) *nameLists {
	if n := readNames[l]; n != nil {
		return n
	}
	read := func(tag string) *nameLists {
		n := &nameLists{}
		data, err := os.ReadFile(filepath.Join(*corpora, "names."+tag+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	n := read(l.String())
	n.lang = l
	n.foreign = read("xx")
	n.terms = strings.Split(strings.TrimSpace(string(must(os.ReadFile(fmt.Sprintf("testdata/train/terms/%s.txt", l))))), "\n")
	n.brands = strings.Split(strings.TrimSpace(string(must(wordFiles.ReadFile("words/brands.txt")))), "\n")
	n.foreign.lang = l
	readNames[l] = n
	return n
}

func (n *nameLists) pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

// origin returns the lists that a name comes from: one in six is foreign.
func (n *nameLists) origin(r *rand.Rand) *nameLists {
	if n.foreign != nil && r.IntN(6) == 0 {
		return n.foreign
	}
	return n
}

func (n *nameLists) first(r *rand.Rand) string {
	n = n.origin(r)
	name := n.pick(r, n.First)
	if r.IntN(12) == 0 && !strings.Contains(name, "-") {
		name += "-" + n.pick(r, n.First)
	}
	return name
}

var particles = map[langid.Language][]string{
	langid.English: {"de ", "van ", "Mc", "O'", "Fitz", "St. ", "al-", "bin ", "Mac"}, langid.German: {"von ", "von der ", "zu ", "van ", "vom "},
	langid.French: {"de ", "du ", "de la ", "d'", "Le ", "La ", "des ", "L'"}, langid.Spanish: {"de ", "de la ", "del ", "de los "},
	langid.Portuguese: {"de ", "da ", "dos ", "do ", "das "}, langid.Italian: {"De ", "Di ", "Del ", "Della ", "Lo ", "D'", "Dalla "},
	langid.Dutch: {"van ", "van der ", "de ", "van den ", "ter ", "van de ", "den ", "'t "},
}

func (n *nameLists) last(r *rand.Rand) string {
	o := n.origin(r)
	name := o.pick(r, o.Last)
	p := particles[n.lang]
	frequency := 9
	if n.lang == langid.Dutch {
		frequency = 3
	}
	if r.IntN(frequency) == 0 {
		name = p[r.IntN(len(p))] + name
	} else if r.IntN(14) == 0 {
		name += "-" + o.pick(r, o.Last)
	}
	return name
}

func (n *nameLists) person(r *rand.Rand) string {
	last := n.last(r)
	switch {
	case n.lang == langid.Spanish && r.IntN(2) == 0, n.lang == langid.Portuguese && r.IntN(2) == 0:
		last += " " + n.last(r)
	}
	first := n.first(r)
	switch r.IntN(12) {
	case 0:
		first = string([]rune(first)[:1]) + "."
	case 1:
		first += " " + string([]rune(n.first(r))[:1]) + "."
	case 2:
		first += " " + n.first(r)
	}
	return first + " " + last
}

var (
	sectors = map[langid.Language][]string{
		langid.English:    {"Logistics", "Consulting", "Foods", "Energy", "Software", "Properties", "Builders", "Motors", "Pharma", "Systems", "Media", "Capital"},
		langid.German:     {"Bau", "Logistik", "Immobilien", "Maschinenbau", "Technik", "Handels", "Autohaus", "Beratung", "Elektro", "Verlag", "Metallbau"},
		langid.French:     {"Bâtiment", "Transports", "Immobilier", "Conseil", "Distribution", "Énergie", "Industrie", "Boulangerie", "Services"},
		langid.Spanish:    {"Construcciones", "Transportes", "Inmobiliaria", "Consultores", "Alimentación", "Energía", "Talleres", "Servicios"},
		langid.Portuguese: {"Construções", "Transportes", "Imobiliária", "Consultoria", "Alimentos", "Energia", "Comércio", "Serviços"},
		langid.Italian:    {"Costruzioni", "Trasporti", "Immobiliare", "Consulenze", "Alimentari", "Energia", "Officine", "Servizi"},
		langid.Dutch:      {"Bouw", "Transport", "Vastgoed", "Advies", "Installaties", "Energie", "Techniek", "Handel"},
	}
	forms = map[langid.Language][]string{
		langid.English: {"Ltd", "Ltd.", "Limited", "Inc.", "LLC", "plc", "LLP", "Corp.", "Corporation", "L.L.C.", "Co.", "Pty Ltd"},
		langid.German:  {"GmbH", "AG", "GmbH & Co. KG", "KG", "OHG", "UG (haftungsbeschränkt)", "e.K.", "SE", "eG"},
		langid.French:  {"SARL", "SAS", "SA", "SASU", "EURL", "SCI", "SNC", "S.A.", "S.A.R.L."},
		langid.Spanish: {"S.L.", "S.A.", "SL", "SA", "S.L.U.", "S.A.U.", "S. Coop."}, langid.Portuguese: {"Lda.", "Ltda.", "S.A.", "S/A", "Lda", "Ltda", "EIRELI", "Unipessoal Lda."},
		langid.Italian: {"S.r.l.", "S.p.A.", "srl", "spa", "S.n.c.", "S.a.s.", "SRL"}, langid.Dutch: {"B.V.", "BV", "N.V.", "VOF", "V.O.F.", "NV"},
	}
	countries = map[langid.Language][]string{
		langid.English:    {"England", "Scotland", "Texas", "California", "New York", "Germany", "France", "Ireland", "Ontario", "Delaware", "India", "Kenya"},
		langid.German:     {"Deutschland", "Österreich", "der Schweiz", "Bayern", "Frankreich", "Italien", "Polen", "den USA", "Hessen", "Großbritannien"},
		langid.French:     {"France", "Belgique", "Suisse", "Allemagne", "Espagne", "Italie", "Québec", "Luxembourg", "Maroc", "Bretagne"},
		langid.Spanish:    {"España", "México", "Argentina", "Cataluña", "Francia", "Alemania", "Chile", "Colombia", "Andalucía"},
		langid.Portuguese: {"Portugal", "Brasil", "São Paulo", "Angola", "Espanha", "França", "Minas Gerais", "Alemanha"},
		langid.Italian:    {"Italia", "Germania", "Francia", "Svizzera", "Lombardia", "Sicilia", "Spagna", "Albania"},
		langid.Dutch:      {"Nederland", "België", "Duitsland", "Frankrijk", "Spanje", "Vlaanderen", "Polen", "Turkije"},
	}
)

var months = map[langid.Language][]string{
	langid.English:    {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	langid.German:     {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	langid.French:     {"janvier", "Février", "mars", "Avril", "mai", "Juin", "Juillet", "août", "Septembre", "octobre", "Novembre", "décembre"},
	langid.Spanish:    {"enero", "Febrero", "marzo", "Abril", "mayo", "Junio", "Julio", "agosto", "Septiembre", "octubre", "Noviembre", "diciembre"},
	langid.Portuguese: {"Janeiro", "fevereiro", "Março", "Abril", "maio", "Junho", "Julho", "agosto", "Setembro", "outubro", "Novembro", "dezembro"},
	langid.Italian:    {"Gennaio", "febbraio", "Marzo", "Aprile", "maggio", "Giugno", "Luglio", "agosto", "Settembre", "ottobre", "Novembre", "dicembre"},
	langid.Dutch:      {"Januari", "februari", "Maart", "April", "mei", "Juni", "Juli", "augustus", "September", "oktober", "November", "december"},
}

// company makes the name of a company without its legal form.
func (n *nameLists) company(r *rand.Rand) string {
	s := sectors[n.lang]
	sector := s[r.IntN(len(s))]
	base := n.last(r)
	if r.IntN(4) == 0 {
		base = n.pick(r, n.City)
	}
	if r.IntN(4) == 0 { // a coined word
		base = base[:len(base)/2]
		if strings.ToValidUTF8(base, "") != base || len(base) < 2 {
			base = "Nov"
		}
		base += []string{"ex", "tec", "ia", "on", "ora", "wave", "ix", "lab"}[r.IntN(8)]
	}
	switch r.IntN(6) {
	case 0:
		return base
	case 1:
		return sector + " " + base
	case 2:
		return base + " & " + n.last(r)
	}
	return base + " " + sector
}

func (n *nameLists) date(r *rand.Rand) string {
	if r.IntN(2) == 0 {
		return fmt.Sprintf("%02d.%02d.%d", 1+r.IntN(28), 1+r.IntN(12), 1950+r.IntN(75))
	}
	return fmt.Sprintf("%d/%d/%d", 1+r.IntN(28), 1+r.IntN(12), 1950+r.IntN(75))
}

// fill fills the slots of a template.
func (n *nameLists) fill(r *rand.Rand, template string) (string, []goldSpan) {
	var b strings.Builder
	var spans []goldSpan
	template = strings.ReplaceAll(template, `\n`, "\n")
	for {
		before, rest, ok := strings.Cut(template, "{")
		b.WriteString(before)
		if !ok {
			return b.String(), spans
		}
		slot, after, _ := strings.Cut(rest, "}")
		template = after
		value, kind := "", "PER"
		switch slot {
		case "P":
			value = n.person(r)
			if r.IntN(10) == 0 {
				value = strings.ToUpper(value)
			}
		case "G":
			value = n.first(r)
		case "S":
			value = n.last(r)
		case "PC":
			value = strings.ToUpper(n.person(r))
		case "SC":
			value = strings.ToUpper(n.last(r))
		case "PL":
			value = n.last(r) + ", " + n.first(r)
			if r.IntN(3) == 0 {
				value = strings.ToUpper(value)
			}
		case "p":
			value = strings.ToLower(n.first(r) + " " + n.last(r))
		case "g":
			value = strings.ToLower(n.first(r))
		case "s":
			value = strings.ToLower(n.last(r))
		case "N", "O", "OC":
			kind, value = "COMPANY", n.company(r)
			if slot != "N" {
				f := forms[n.lang]
				value += " " + f[r.IntN(len(f))]
			}
			if slot == "OC" {
				value = strings.ToUpper(value)
			}
		case "L":
			kind, value = "LOC", n.pick(r, n.City)
		case "C":
			kind, value = "LOC", countries[n.lang][r.IntN(len(countries[n.lang]))]
		case "T":
			kind, value = "", n.pick(r, n.terms)
		case "B":
			kind, value = "", n.pick(r, n.brands)
		case "M":
			m := months[n.lang]
			kind, value = "", m[r.IntN(len(m))]
		case "D":
			kind, value = "", n.date(r)
		case "X":
			kind, value = "", fmt.Sprint(100+r.IntN(90000))
		}
		start := b.Len()
		b.WriteString(value)
		if kind != "" {
			spans = append(spans, goldSpan{kind, start, b.Len()})
		}
	}
}

// addTemplates fills each template many times.
func (tr *trainer) addTemplates(t *testing.T, l langid.Language) {
	n := tr.names(t, l)
	data := must(os.ReadFile(fmt.Sprintf("testdata/train/%s.txt", l)))
	templates := strings.Split(strings.TrimSpace(string(data)), "\n")
	before := len(tr.examples)
	for round := range 60 {
		for i, template := range templates {
			text, spans := n.fill(tr.rand, template)
			if round%3 == 1 { // two in a row
				k := tr.rand.IntN(len(templates))
				more, moreSpans := n.fill(tr.rand, templates[k])
				for _, s := range moreSpans {
					spans = append(spans, goldSpan{s.Type, s.Start + len(text) + 1, s.End + len(text) + 1})
				}
				text += []string{" ", "\n"}[tr.rand.IntN(2)] + more
			}
			if round%5 == 2 && i%2 == 0 {
				text = lowerASCII(text)
			} else if k := tr.rand.IntN(24); k == 0 || k == 1 && !strings.Contains(template, "{B}") {
				if styled := restyle(text, k == 1); len(styled) == len(text) {
					text = styled
				}
			}
			tr.add(text, spans, 1, false)
		}
	}
	t.Logf("templates %s: %d words", l, len(tr.examples)-before)
}

// lowerASCII keeps the length of the text, so that spans stay right.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = lower(c)
	}
	return string(b)
}

// restyle writes a text in capitals, or with a capital at the start of each word.
func restyle(s string, title bool) string {
	if !title {
		return strings.ToUpper(s)
	}
	b := []byte(s)
	for i := range b {
		if c := b[i]; c >= 'a' && c <= 'z' && (i == 0 || b[i-1] == ' ') {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}
