// Package opc finds the parts of an Office file (Open Packaging Conventions): which part is the
// main document, what type a part has, and which other parts it uses. Parts are found by
// relationship and by content type, never by a customary name: Word Online, for one, calls its
// main part word/document2.xml.
package opc

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// maxIndex bounds the content types and each list of relationships, in bytes.
const maxIndex = 1 << 20

// ErrIndex says that a part that lists others cannot be read.
var ErrIndex = errors.New("opc: the package's index cannot be read")

// Package is an opened Office file.
type Package struct {
	// Main is the name of the main part, and "" when there is none.
	Main string

	parts     map[string]*zip.File // by lower-case name: OPC compares them without case
	overrides map[string]string    // content types by lower-case name
	defaults  map[string]string    // content types by lower-case ending
	names     []string             // of overrides, in their order
}

// Relationship leads from one part to another.
type Relationship struct {
	ID     string
	Kind   string // the last segment of the type, such as "footnotes": strict files use other URIs
	Target string // the name of a part; "" for anything outside the package
}

// Open reads the index of a package. Without one, no part has a type.
func Open(z *zip.Reader) (*Package, error) {
	p := &Package{parts: map[string]*zip.File{}, overrides: map[string]string{}, defaults: map[string]string{}}
	for _, f := range z.File {
		p.parts[strings.ToLower(f.Name)] = f
	}
	var types struct {
		Defaults []struct {
			Extension   string `xml:"Extension,attr"`
			ContentType string `xml:"ContentType,attr"`
		} `xml:"Default"`
		Overrides []struct {
			PartName    string `xml:"PartName,attr"`
			ContentType string `xml:"ContentType,attr"`
		} `xml:"Override"`
	}
	const index = "[Content_Types].xml"
	if p.Has(index) {
		if err := p.decode(index, &types); err != nil {
			return nil, err
		}
	}
	for _, d := range types.Defaults {
		p.defaults[strings.ToLower(d.Extension)] = d.ContentType
	}
	for _, o := range types.Overrides {
		name := strings.TrimPrefix(o.PartName, "/")
		p.overrides[strings.ToLower(name)] = o.ContentType
		p.names = append(p.names, name)
	}
	for _, r := range p.Relationships("") {
		if r.Kind == "officeDocument" && p.Has(r.Target) {
			p.Main = r.Target
			break
		}
	}
	if p.Main == "" && p.Has("word/document.xml") {
		p.Main = "word/document.xml" // some programs leave the relationships out
	}
	return p, nil
}

// Has reports whether there is a part of this name.
func (p *Package) Has(part string) bool { return p.parts[strings.ToLower(part)] != nil }

// ContentType is the type of a part, and "" when none is given.
func (p *Package) ContentType(part string) string {
	if t := p.overrides[strings.ToLower(part)]; t != "" {
		return t
	}
	return p.defaults[strings.ToLower(strings.TrimPrefix(path.Ext(part), "."))]
}

// ContentTypes are all the types that the package names.
func (p *Package) ContentTypes() []string {
	all := make([]string, 0, len(p.overrides)+len(p.defaults))
	for _, t := range p.overrides {
		all = append(all, t)
	}
	for _, t := range p.defaults {
		all = append(all, t)
	}
	return all
}

// Relationships are those of a part, or with "" those of the package. A list that is missing or
// broken is empty.
func (p *Package) Relationships(part string) []Relationship {
	dir, base := path.Split(part)
	var list struct {
		Relationships []struct {
			ID         string `xml:"Id,attr"`
			Type       string `xml:"Type,attr"`
			Target     string `xml:"Target,attr"`
			TargetMode string `xml:"TargetMode,attr"`
		} `xml:"Relationship"`
	}
	if p.decode(dir+"_rels/"+base+".rels", &list) != nil {
		return nil
	}
	out := make([]Relationship, 0, len(list.Relationships))
	for _, r := range list.Relationships {
		target := ""
		if !strings.EqualFold(r.TargetMode, "External") {
			target = resolve(dir, r.Target)
		}
		out = append(out, Relationship{ID: r.ID, Kind: path.Base(r.Type), Target: target})
	}
	return out
}

// resolve makes of a target, which may be relative to dir, the name of a part.
func resolve(dir, target string) string {
	if plain, err := url.PathUnescape(target); err == nil {
		target = plain
	}
	if !strings.HasPrefix(target, "/") {
		target = "/" + dir + target
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

// Related are the parts of a kind that part uses. A file without relationships is searched by
// content type instead.
func (p *Package) Related(part, kind string) (names []string) {
	for _, r := range p.Relationships(part) {
		if r.Kind == kind && p.Has(r.Target) {
			names = append(names, r.Target)
		}
	}
	if names == nil {
		for _, name := range p.names {
			if strings.HasSuffix(p.overrides[strings.ToLower(name)], "wordprocessingml."+kind+"+xml") && p.Has(name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Read opens a part as XML of at most limit bytes. Close what it returns.
func (p *Package) Read(part string, limit int64) (*xml.Decoder, io.Closer, error) {
	f := p.parts[strings.ToLower(part)]
	if f == nil {
		return nil, nil, ErrIndex
	}
	r, err := f.Open()
	if err != nil {
		return nil, nil, err
	}
	return Decoder(io.LimitReader(r, limit)), r, nil
}

func (p *Package) decode(part string, into any) error {
	d, c, err := p.Read(part, maxIndex)
	if err != nil {
		return errors.Join(ErrIndex, err)
	}
	defer func() { _ = c.Close() }()
	if err := d.Decode(into); err != nil {
		return errors.Join(ErrIndex, err)
	}
	return nil
}

// Decoder reads XML in the encoding that its byte order mark or its declaration names.
func Decoder(r io.Reader) *xml.Decoder {
	start := make([]byte, 4)
	n, _ := io.ReadFull(r, start)
	start = start[:n]
	r = io.MultiReader(strings.NewReader(string(start)), r)
	decoded := true
	switch {
	case hasAny(start, "\xff\xfe", "\xfe\xff"):
		r = transform.NewReader(r, unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder())
	case hasAny(start, "\x00<\x00?"):
		r = transform.NewReader(r, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder())
	case hasAny(start, "<\x00?\x00"):
		r = transform.NewReader(r, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder())
	case hasAny(start, "\xef\xbb\xbf"):
		r = transform.NewReader(r, unicode.BOMOverride(transform.Nop))
	default:
		decoded = false
	}
	d := xml.NewDecoder(r)
	d.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if decoded { // by its byte order mark, which counts for more than the declaration
			return input, nil
		}
		return charset.NewReaderLabel(label, input)
	}
	return d
}

func hasAny(b []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(string(b), p) {
			return true
		}
	}
	return false
}
