package sanctions

import (
	"bufio"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"

	"counsel/domain/registry"
)

// readXML reads the elements of entries one after the other. The file must be well-formed to its end.
func (p *parser) readXML(r io.Reader) error {
	d := xml.NewDecoder(r)
	d.CharsetReader = charset.NewReaderLabel
	var element func(*xml.Decoder, xml.StartElement) error
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && element != nil:
			return nil
		case errors.Is(err, io.EOF):
			return errFormat
		case err != nil:
			return fmt.Errorf("%w (line %d)", errTruncated, line(d))
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if element == nil {
			if element = p.xmlFormat(start); element == nil {
				return errFormat
			}
			continue
		}
		if err := element(d, start); err != nil {
			if _, syntax := errors.AsType[*xml.SyntaxError](err); syntax || errors.Is(err, io.ErrUnexpectedEOF) {
				return fmt.Errorf("%w (line %d)", errTruncated, line(d))
			}
			return err
		}
	}
}

func line(d *xml.Decoder) int {
	n, _ := d.InputPos()
	return n
}

// xmlFormat returns what reads the elements below the root, or nil if the root is none of a known list.
func (p *parser) xmlFormat(root xml.StartElement) func(*xml.Decoder, xml.StartElement) error {
	switch strings.ToLower(root.Name.Local) {
	case "export":
		p.list.Name, p.list.PublishedOn = registry.ListEU, day(attribute(root, "generationDate"))
		return p.euElement
	case "designations":
		p.list.Name = registry.ListUK
		return p.ukElement
	case "sdnlist":
		p.list.Name = registry.ListUS
		return p.usElement
	}
	return nil
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (p *parser) euElement(d *xml.Decoder, start xml.StartElement) error {
	if start.Name.Local != "sanctionEntity" {
		return nil
	}
	var e struct {
		LogicalID string `xml:"logicalId,attr"`
		Reference string `xml:"euReferenceNumber,attr"`
		Subject   struct {
			Code               string `xml:"code,attr"`
			ClassificationCode string `xml:"classificationCode,attr"`
		} `xml:"subjectType"`
		Regulations []struct {
			Programme string `xml:"programme,attr"`
		} `xml:"regulation"`
		Aliases []struct {
			Whole  string `xml:"wholeName,attr"`
			First  string `xml:"firstName,attr"`
			Middle string `xml:"middleName,attr"`
			Last   string `xml:"lastName,attr"`
			Strong string `xml:"strong,attr"`
		} `xml:"nameAlias"`
		Births []struct {
			Date string `xml:"birthdate,attr"`
			Year string `xml:"year,attr"`
		} `xml:"birthdate"`
		Citizenships []struct {
			Country string `xml:"countryIso2Code,attr"`
		} `xml:"citizenship"`
	}
	if err := d.DecodeElement(&e, &start); err != nil {
		return err
	}
	out := registry.ListEntry{ID: clean(e.Reference), Kind: registry.KindCompany}
	if out.ID == "" {
		out.ID = clean(e.LogicalID)
	}
	if strings.EqualFold(e.Subject.Code, "person") || e.Subject.ClassificationCode == "P" {
		out.Kind = registry.KindPerson
	}
	for _, r := range e.Regulations {
		if out.Programme == "" {
			out.Programme = clean(r.Programme)
		}
	}
	for _, a := range e.Aliases {
		whole := a.Whole
		if strings.TrimSpace(whole) == "" {
			whole = joinNames(a.First, a.Middle, a.Last)
		}
		addName(&out, whole, a.Strong == "false")
	}
	for _, b := range e.Births {
		addYears(&out, b.Date+" "+b.Year)
	}
	for _, c := range e.Citizenships {
		if c.Country != "00" { // unknown
			addCountry(&out, c.Country)
		}
	}
	return p.add(out)
}

func (p *parser) usElement(d *xml.Decoder, start xml.StartElement) error {
	switch start.Name.Local {
	case "publshInformation": // spelled so
		var i struct {
			Date string `xml:"Publish_Date"`
		}
		if err := d.DecodeElement(&i, &start); err != nil {
			return err
		}
		p.list.PublishedOn = usDay(i.Date)
		return nil
	case "sdnEntry":
	default:
		return nil
	}
	var e struct {
		UID      string   `xml:"uid"`
		First    string   `xml:"firstName"`
		Last     string   `xml:"lastName"`
		Type     string   `xml:"sdnType"`
		Programs []string `xml:"programList>program"`
		Aliases  []struct {
			Category string `xml:"category"`
			First    string `xml:"firstName"`
			Last     string `xml:"lastName"`
		} `xml:"akaList>aka"`
		Births        []string `xml:"dateOfBirthList>dateOfBirthItem>dateOfBirth"`
		Nationalities []string `xml:"nationalityList>nationality>country"`
		Citizenships  []string `xml:"citizenshipList>citizenship>country"`
	}
	if err := d.DecodeElement(&e, &start); err != nil {
		return err
	}
	out := registry.ListEntry{ID: clean(e.UID), Programme: clean(strings.Join(e.Programs, ", "))}
	switch e.Type {
	case "Individual":
		out.Kind = registry.KindPerson
	case "Vessel", "Aircraft":
		out.Kind = registry.KindOther
	default:
		out.Kind = registry.KindCompany
	}
	addName(&out, e.First+" "+e.Last, false)
	for _, a := range e.Aliases {
		addName(&out, a.First+" "+a.Last, a.Category == "weak")
	}
	for _, b := range e.Births {
		addYears(&out, b)
	}
	for _, c := range append(e.Nationalities, e.Citizenships...) {
		addCountry(&out, c)
	}
	return p.add(out)
}

func (p *parser) ukElement(d *xml.Decoder, start xml.StartElement) error {
	switch start.Name.Local {
	case "DateGenerated":
		var date string
		if err := d.DecodeElement(&date, &start); err != nil {
			return err
		}
		p.list.PublishedOn = day(date)
		return nil
	case "Designation":
	default:
		return nil
	}
	var e struct {
		ID     string `xml:"UniqueID"`
		Regime string `xml:"RegimeName"`
		Kind   string `xml:"IndividualEntityShip"`
		Names  []struct {
			Name1    string `xml:"Name1"`
			Name2    string `xml:"Name2"`
			Name3    string `xml:"Name3"`
			Name4    string `xml:"Name4"`
			Name5    string `xml:"Name5"`
			Name6    string `xml:"Name6"`
			Type     string `xml:"NameType"`
			Strength string `xml:"AliasStrength"`
		} `xml:"Names>Name"`
		NonLatin      []string `xml:"NonLatinNames>NonLatinName>NameNonLatinScript"`
		Births        []string `xml:"IndividualDetails>Individual>DOBs>DOB"`
		Nationalities []string `xml:"IndividualDetails>Individual>Nationalities>Nationality"`
	}
	if err := d.DecodeElement(&e, &start); err != nil {
		return err
	}
	out := registry.ListEntry{ID: clean(e.ID), Programme: clean(e.Regime), Kind: ukKind(e.Kind)}
	for _, primary := range []bool{true, false} {
		for _, n := range e.Names {
			if strings.HasPrefix(strings.ToLower(n.Type), "primary") == primary {
				addName(&out, joinNames(n.Name1, n.Name2, n.Name3, n.Name4, n.Name5, n.Name6), isWeak(n.Strength))
			}
		}
	}
	for _, n := range e.NonLatin {
		addName(&out, n, false)
	}
	for _, b := range e.Births {
		addYears(&out, b)
	}
	for _, c := range e.Nationalities {
		addCountry(&out, c)
	}
	return p.add(out)
}

func ukKind(s string) registry.Kind {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "individual":
		return registry.KindPerson
	case "ship":
		return registry.KindOther
	}
	return registry.KindCompany
}

func isWeak(strength string) bool {
	s := strings.ToLower(strength)
	return strings.Contains(s, "low quality") || strings.Contains(s, "weak")
}

// The names of columns in the UK Sanctions List and in OFSI's consolidated list, in lower case.
var (
	columnsID       = []string{"unique id", "group id"}
	columnsKind     = []string{"designation type", "individual, entity, ship", "group type"}
	columnsRegime   = []string{"regime name", "regime"}
	columnsBirth    = []string{"d.o.b", "dob"}
	columnsCountry  = []string{"nationality(/ies)", "nationality"}
	columnsStrength = []string{"alias strength", "alias quality"}
	columnsType     = []string{"name type", "alias type"}
	columnsNonLatin = []string{"name non-latin script"}
)

// readCSV reads a list of the United Kingdom: a line with the date, one with the names of the columns, and a line for each name.
func (p *parser) readCSV(r io.Reader) error {
	c := csv.NewReader(&decoder{in: bufio.NewReader(r)})
	c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord = -1, false, false
	first, err := c.Read()
	if err != nil {
		return errFormat
	}
	first[0] = strings.TrimPrefix(first[0], "\ufeff")
	header := first
	if column(index(first), columnsID) < 0 {
		for _, field := range first {
			for _, word := range append(strings.Fields(field), field) {
				if d := day(word); d != "" {
					p.list.PublishedOn = d
				}
			}
		}
		if header, err = c.Read(); err != nil {
			return errFormat
		}
	}
	columns := index(header)
	if column(columns, columnsID) < 0 || column(columns, []string{"name 6"}) < 0 || column(columns, columnsKind) < 0 {
		return errFormat
	}
	p.list.Name, p.byID = registry.ListUK, map[string]int{}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || len(row) > len(header)+1 || len(row) < len(header)-1 {
			return errTruncated
		}
		if err := p.addRow(columns, row); err != nil {
			return err
		}
	}
}

// addRow adds a line: a name of an entry, which other lines may continue.
func (p *parser) addRow(columns map[string]int, row []string) error {
	value := func(names ...string) string {
		if i := column(columns, names); i >= 0 && i < len(row) {
			return row[i]
		}
		return ""
	}
	id := clean(value(columnsID...))
	e := registry.ListEntry{ID: id, Kind: ukKind(value(columnsKind...)), Programme: clean(value(columnsRegime...))}
	at, known := p.byID[id]
	if known {
		e = p.list.Entries[at]
	}
	primary := strings.HasPrefix(strings.ToLower(value(columnsType...)), "primary")
	n := len(e.Names)
	addName(&e, joinNames(value("name 1"), value("name 2"), value("name 3"), value("name 4"), value("name 5"), value("name 6")), isWeak(value(columnsStrength...)))
	if primary && len(e.Names) > n {
		e.Names[0], e.Names[n] = e.Names[n], e.Names[0]
	}
	addName(&e, value(columnsNonLatin...), false)
	addYears(&e, value(columnsBirth...))
	addCountry(&e, value(columnsCountry...))
	if known {
		p.list.Entries[at] = e
		return p.ctx.Err()
	}
	before := len(p.list.Entries)
	err := p.add(e)
	if len(p.list.Entries) > before {
		p.byID[id] = before
	}
	return err
}

func index(header []string) map[string]int {
	columns := map[string]int{}
	for i, name := range header {
		columns[strings.ToLower(strings.TrimSpace(name))] = i
	}
	return columns
}

// column returns the position of the first of the names, or -1.
func column(columns map[string]int, names []string) int {
	for _, name := range names {
		if i, ok := columns[name]; ok {
			return i
		}
	}
	return -1
}

// decoder passes UTF-8 on and takes what is not UTF-8 for Windows-1252, byte by byte, as older files are.
type decoder struct {
	in      *bufio.Reader
	pending []byte
}

func (d *decoder) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if len(d.pending) > 0 {
			m := copy(b[n:], d.pending)
			n, d.pending = n+m, d.pending[m:]
			continue
		}
		r, size, err := d.in.ReadRune()
		if err != nil {
			return n, err
		}
		if r == utf8.RuneError && size == 1 {
			_ = d.in.UnreadRune()
			raw, _ := d.in.ReadByte()
			r = charmap.Windows1252.DecodeByte(raw)
		}
		d.pending = utf8.AppendRune(nil, r)
	}
	return n, nil
}
