package pdfobject

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
)

// ErrEncrypted rejects an encrypted file.
var ErrEncrypted = errors.New("pdfobject: the file is encrypted")

// Limits bounds what reading a file may take.
type Limits struct {
	Objects int // entries of the cross-reference table
	Decoded int // bytes of a decompressed stream of objects or cross-references
	Total   int // bytes that are parsed and decompressed, in all

	// UniqueKeys rejects a dictionary that gives a key two different values; otherwise the last one counts.
	UniqueKeys bool
}

// File is the objects of a PDF file. It is not safe for concurrent use.
type File struct {
	Root   Reference // the catalog
	Info   Object    // of the trailer: a reference, or nil
	ID     Array     // of the trailer, or nil
	Size   int       // a number above those of all objects
	XRef   int       // the offset of the last cross-reference section
	Stream bool      // that section is a stream

	data    []byte
	limits  Limits
	left    int // of Limits.Total
	entries map[int]entry
	objects map[int]Object   // parsed
	streams map[int]*objects // parsed object streams
	parsing map[int]bool     // to find cycles
}

// entry says where an object is.
type entry struct {
	kind       entryKind
	offset     int // in the file; or the number of the object stream
	generation int // or the index in the object stream
}

type entryKind int

const (
	free entryKind = iota
	inFile
	inStream
)

// Parse reads all objects of a file. It fails on the first fault, with ErrEncrypted for an encrypted
// file, and with ctx's error when that ends.
func Parse(ctx context.Context, data []byte, limits Limits) (*File, error) {
	f := &File{
		data: data, limits: limits, left: limits.Total,
		entries: map[int]entry{}, objects: map[int]Object{}, streams: map[int]*objects{}, parsing: map[int]bool{},
	}
	if !bytes.HasPrefix(data, []byte("%PDF-")) {
		return nil, errors.New("pdfobject: no header")
	}
	if err := f.readXRef(ctx); err != nil {
		return nil, err
	}
	for i, number := range f.numbers() {
		if i%1000 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if _, err := f.object(number); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// numbers are the objects' numbers in order.
func (f *File) numbers() []int {
	var numbers []int
	for number, e := range f.entries {
		f.Size = max(f.Size, number+1)
		if e.kind != free {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// spend takes n bytes of work from what Limits.Total allows.
func (f *File) spend(n int) error {
	if f.left -= n; f.left < 0 {
		return errors.New("pdfobject: reading the file takes too much")
	}
	return nil
}

// object returns an object by its number; nil when there is none.
func (f *File) object(number int) (Object, error) {
	if o, ok := f.objects[number]; ok {
		return o, nil
	}
	e := f.entries[number]
	if e.kind == free {
		return nil, nil
	}
	if f.parsing[number] {
		return nil, fmt.Errorf("pdfobject: object %d depends on itself", number)
	}
	f.parsing[number] = true
	defer delete(f.parsing, number)
	var o Object
	var err error
	if e.kind == inFile {
		o, err = f.indirectObject(e.offset, number, e.generation)
	} else {
		o, err = f.compressedObject(number, e)
	}
	if err != nil {
		return nil, fmt.Errorf("object %d: %w", number, err)
	}
	f.objects[number] = o
	return o, nil
}

// indirectObject parses the object at an offset, which must have this number and generation.
func (f *File) indirectObject(offset, number, generation int) (Object, error) {
	if offset < 0 || offset >= len(f.data) {
		return nil, fmt.Errorf("pdfobject: offset %d is outside the file", offset)
	}
	p := &parser{data: f.data, pos: offset, uniqueKeys: f.limits.UniqueKeys}
	gotNumber, err := p.natural()
	if err != nil {
		return nil, err
	}
	gotGeneration, err := p.natural()
	if err != nil {
		return nil, err
	}
	if gotNumber != number || gotGeneration != generation {
		return nil, p.fail(fmt.Sprintf("object %d %d instead of %d %d", gotNumber, gotGeneration, number, generation))
	}
	if err := p.keyword("obj"); err != nil {
		return nil, err
	}
	var o Object
	if p.skip(); !bytes.HasPrefix(p.data[p.pos:], []byte("endobj")) { // nothing is null
		if o, err = p.object(0); err != nil {
			return nil, err
		}
	}
	p.skip()
	end := p.word()
	if d, ok := o.(Dict); ok && end == "stream" {
		raw, err := f.streamBytes(p, d)
		if err != nil {
			return nil, err
		}
		return Stream{Dict: d, Raw: raw}, f.spend(p.pos - offset - len(raw))
	}
	if end != "endobj" {
		return nil, p.fail("no endobj")
	}
	return o, f.spend(p.pos - offset)
}

// streamBytes reads a stream's bytes, after its keyword.
func (f *File) streamBytes(p *parser, d Dict) ([]byte, error) {
	switch rest := p.data[p.pos:]; {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		p.pos += 2
	case bytes.HasPrefix(rest, []byte("\n")):
		p.pos++
	default:
		return nil, p.fail("no end of line after stream")
	}
	o, err := f.Dereference(d["Length"])
	if err != nil {
		return nil, err
	}
	length, ok := o.(Integer)
	if !ok || length < 0 || int(length) > len(p.data)-p.pos {
		return nil, p.fail("a wrong Length")
	}
	raw := p.data[p.pos : p.pos+int(length)]
	p.pos += int(length)
	for p.pos < len(p.data) && isSpace(p.data[p.pos]) {
		p.pos++
	}
	if err := p.keyword("endstream"); err != nil {
		return nil, err
	}
	return raw, p.keyword("endobj")
}

// objects is an object stream (7.5.7).
type objects struct {
	data    []byte
	numbers []int
	offsets []int
}

func (f *File) compressedObject(number int, e entry) (Object, error) {
	s, err := f.objectStream(e.offset)
	if err != nil {
		return nil, err
	}
	if e.generation < 0 || e.generation >= len(s.numbers) || s.numbers[e.generation] != number {
		return nil, fmt.Errorf("pdfobject: it is not in object stream %d", e.offset)
	}
	p := &parser{data: s.data, pos: s.offsets[e.generation], uniqueKeys: f.limits.UniqueKeys}
	start := p.pos
	o, err := p.object(0)
	if err != nil {
		return nil, err
	}
	return o, f.spend(p.pos - start)
}

func (f *File) objectStream(number int) (*objects, error) {
	if s := f.streams[number]; s != nil {
		return s, nil
	}
	if f.entries[number].kind != inFile {
		return nil, fmt.Errorf("pdfobject: object stream %d is missing", number)
	}
	o, err := f.object(number)
	if err != nil {
		return nil, err
	}
	stream, ok := o.(Stream)
	if !ok || stream.Dict["Type"] != Name("ObjStm") {
		return nil, fmt.Errorf("pdfobject: object %d is no object stream", number)
	}
	data, err := f.decode(stream)
	if err != nil {
		return nil, err
	}
	n, _ := stream.Dict["N"].(Integer)
	first, _ := stream.Dict["First"].(Integer)
	if n < 0 || int(n) > f.limits.Objects || first < 0 || int(first) > len(data) {
		return nil, fmt.Errorf("pdfobject: object stream %d is broken", number)
	}
	s := &objects{data: data}
	p := &parser{data: data[:first], uniqueKeys: f.limits.UniqueKeys}
	for range n {
		number, err := p.natural()
		if err != nil {
			return nil, err
		}
		offset, err := p.natural()
		if err != nil {
			return nil, err
		}
		if offset > len(data)-int(first) {
			return nil, p.fail("an offset outside the object stream")
		}
		s.numbers, s.offsets = append(s.numbers, number), append(s.offsets, int(first)+offset)
	}
	f.streams[number] = s
	return s, nil
}

// maxReferences is how many references may lead from one to the next.
const maxReferences = 32

// Dereference returns the object that a reference refers to, nil when there is none, and any other
// object itself. The generation is not looked at: some readers do not look at it either.
func (f *File) Dereference(o Object) (Object, error) {
	for range maxReferences {
		r, ok := o.(Reference)
		if !ok {
			return o, nil
		}
		var err error
		if o, err = f.object(r.Number); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("pdfobject: too many references to references")
}

// DereferenceDict is Dereference for a dictionary: nil when there is none, an error for anything else.
func (f *File) DereferenceDict(o Object) (Dict, error) {
	o, err := f.Dereference(o)
	if err != nil || o == nil {
		return nil, err
	}
	d, ok := o.(Dict)
	if !ok {
		return nil, fmt.Errorf("pdfobject: a %T instead of a dictionary", o)
	}
	return d, nil
}

// DereferenceArray is Dereference for an array: nil when there is none, an error for anything else.
func (f *File) DereferenceArray(o Object) (Array, error) {
	o, err := f.Dereference(o)
	if err != nil || o == nil {
		return nil, err
	}
	a, ok := o.(Array)
	if !ok {
		return nil, fmt.Errorf("pdfobject: a %T instead of an array", o)
	}
	return a, nil
}
