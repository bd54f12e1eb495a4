// Package opc reads the package structure of Office files (Open Packaging Conventions): the main
// part, the content types and the relationships between parts. Parts are found by relationship and
// content type, not by conventional name: Word Online, for example, names its main part
// word/document2.xml.
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

// maxIndexBytes limits [Content_Types].xml and each relationships part.
const maxIndexBytes = 1 << 20

// ErrIndex means that a part is missing or that the content types or a relationships part cannot be
// read.
var ErrIndex = errors.New("opc: package index is missing or unreadable")

// Package is an opened Office file.
type Package struct {
	// Main is the name of the main part, or "" if there is none.
	Main string

	parts         map[string]*zip.File // by lower-case name: part names are case-insensitive
	overrides     map[string]string    // content types by lower-case name
	defaults      map[string]string    // content types by lower-case extension
	overrideNames []string             // part names of overrides, in file order
}

// Relationship is a reference from one part to another.
type Relationship struct {
	ID     string
	Kind   string // last segment of the type URI, such as "footnotes"; the rest differs in strict files
	Target string // part name; "" for an external target
}

// Open reads the content types and package relationships. Both may be missing. It fails with ErrIndex
// if the content types cannot be read.
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
	const contentTypes = "[Content_Types].xml"
	if p.Has(contentTypes) {
		if err := p.decode(contentTypes, &types); err != nil {
			return nil, err
		}
	}
	for _, d := range types.Defaults {
		p.defaults[strings.ToLower(d.Extension)] = d.ContentType
	}
	for _, o := range types.Overrides {
		name := strings.TrimPrefix(o.PartName, "/")
		p.overrides[strings.ToLower(name)] = o.ContentType
		p.overrideNames = append(p.overrideNames, name)
	}
	for _, r := range p.Relationships("") {
		if r.Kind == "officeDocument" && p.Has(r.Target) {
			p.Main = r.Target
			break
		}
	}
	if p.Main == "" && p.Has("word/document.xml") {
		p.Main = "word/document.xml" // some programs omit the relationships
	}
	return p, nil
}

// Has reports whether the package contains a part.
func (p *Package) Has(part string) bool { return p.parts[strings.ToLower(part)] != nil }

// ContentType returns the content type of a part, or "".
func (p *Package) ContentType(part string) string {
	if t := p.overrides[strings.ToLower(part)]; t != "" {
		return t
	}
	return p.defaults[strings.ToLower(strings.TrimPrefix(path.Ext(part), "."))]
}

// ContentTypes returns all content types declared by the package, in no order.
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

// Relationships returns those of a part, or of the package for "". It returns none if they are missing
// or cannot be read.
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

// resolve converts a target, which may be relative to dir, to a part name.
func resolve(dir, target string) string {
	if plain, err := url.PathUnescape(target); err == nil {
		target = plain
	}
	if !strings.HasPrefix(target, "/") {
		target = "/" + dir + target
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

// Related returns the names of the parts of a kind to which part has relationships. If it has none,
// parts are found by content type.
func (p *Package) Related(part, kind string) (names []string) {
	for _, r := range p.Relationships(part) {
		if r.Kind == kind && p.Has(r.Target) {
			names = append(names, r.Target)
		}
	}
	if names == nil {
		for _, name := range p.overrideNames {
			if strings.HasSuffix(p.overrides[strings.ToLower(name)], "wordprocessingml."+kind+"+xml") && p.Has(name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Read opens a part as XML, truncated to limit bytes. Close the io.Closer after use.
func (p *Package) Read(part string, limit int64) (*xml.Decoder, io.Closer, error) {
	f := p.parts[strings.ToLower(part)]
	if f == nil {
		return nil, nil, ErrIndex
	}
	r, err := f.Open()
	if err != nil {
		return nil, nil, err
	}
	return NewDecoder(io.LimitReader(r, limit)), r, nil
}

func (p *Package) decode(part string, target any) error {
	d, c, err := p.Read(part, maxIndexBytes)
	if err != nil {
		return errors.Join(ErrIndex, err)
	}
	defer func() { _ = c.Close() }()
	if err := d.Decode(target); err != nil {
		return errors.Join(ErrIndex, err)
	}
	return nil
}

// NewDecoder decodes XML in the encoding of its byte order mark or declaration.
func NewDecoder(r io.Reader) *xml.Decoder {
	head := make([]byte, 4)
	n, _ := io.ReadFull(r, head)
	head = head[:n]
	r = io.MultiReader(strings.NewReader(string(head)), r)
	hasBOM := true
	switch {
	case hasAnyPrefix(head, "\xff\xfe", "\xfe\xff"):
		r = transform.NewReader(r, unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder())
	case hasAnyPrefix(head, "\x00<\x00?"):
		r = transform.NewReader(r, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder())
	case hasAnyPrefix(head, "<\x00?\x00"):
		r = transform.NewReader(r, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder())
	case hasAnyPrefix(head, "\xef\xbb\xbf"):
		r = transform.NewReader(r, unicode.BOMOverride(transform.Nop))
	default:
		hasBOM = false
	}
	d := xml.NewDecoder(r)
	d.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if hasBOM { // a byte order mark takes precedence over the declaration
			return input, nil
		}
		return charset.NewReaderLabel(label, input)
	}
	return d
}

func hasAnyPrefix(b []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(string(b), p) {
			return true
		}
	}
	return false
}
