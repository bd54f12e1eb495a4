package pdfobject

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// ErrXRef rejects a file whose cross-reference table is broken.
var ErrXRef = errors.New("pdfobject: the cross-reference table is broken")

// readXRef reads the cross-reference sections (7.5.4, 7.5.8), the last one first: where two define an
// object, the later one counts.
func (f *File) readXRef(ctx context.Context) error {
	tail := f.data[max(0, len(f.data)-2048):]
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return ErrXRef
	}
	offset, err := (&parser{data: tail, pos: i + len("startxref")}).natural()
	if err != nil {
		return ErrXRef
	}
	f.XRef = offset
	seen := map[int]bool{}
	for last := true; ; last = false {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if offset <= 0 || offset >= len(f.data) || seen[offset] {
			return ErrXRef
		}
		seen[offset] = true
		p := &parser{data: f.data, pos: offset, uniqueKeys: f.limits.UniqueKeys}
		p.skip()
		stream := !bytes.HasPrefix(f.data[p.pos:], []byte("xref"))
		var trailer Dict
		if stream {
			trailer, err = f.xrefStream(offset)
		} else {
			trailer, err = f.xrefTable(p)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrXRef, err)
		}
		if trailer["Encrypt"] != nil {
			return ErrEncrypted
		}
		if last {
			f.Stream = stream
			if err := f.readTrailer(trailer); err != nil {
				return err
			}
		}
		if hybrid, ok := trailer["XRefStm"]; ok && !stream { // what the table hides from old readers
			at, ok := hybrid.(Integer)
			if !ok {
				return ErrXRef
			}
			if _, err := f.xrefStream(int(at)); err != nil {
				return fmt.Errorf("%w: %w", ErrXRef, err)
			}
		}
		previous, ok := trailer["Prev"]
		if !ok {
			return nil
		}
		n, ok := previous.(Integer)
		if !ok {
			return ErrXRef
		}
		offset = int(n)
	}
}

func (f *File) readTrailer(trailer Dict) error {
	var ok bool
	if f.Root, ok = trailer["Root"].(Reference); !ok {
		return errors.New("pdfobject: the trailer names no catalog")
	}
	if info, ok := trailer["Info"].(Reference); ok {
		f.Info = info
	}
	f.ID, _ = trailer["ID"].(Array)
	size, ok := trailer["Size"].(Integer)
	if !ok || size < 0 || int(size) > f.limits.Objects {
		return ErrXRef
	}
	f.Size = int(size)
	return nil
}

// define records where an object is, unless a later section did.
func (f *File) define(number int, e entry) error {
	if _, known := f.entries[number]; known {
		return nil
	}
	if number < 0 || len(f.entries) >= f.limits.Objects {
		return ErrXRef
	}
	if e.kind == inFile && e.offset == 0 { // some writers mark free objects so
		e.kind = free
	}
	f.entries[number] = e
	return nil
}

// xrefTable reads a section that is a table, and the trailer behind it.
func (f *File) xrefTable(p *parser) (Dict, error) {
	start := p.pos
	if err := p.keyword("xref"); err != nil {
		return nil, err
	}
	for {
		p.skip()
		if bytes.HasPrefix(p.data[p.pos:], []byte("trailer")) {
			break
		}
		first, err := p.natural()
		if err != nil {
			return nil, err
		}
		count, err := p.natural()
		if err != nil {
			return nil, err
		}
		if count > f.limits.Objects {
			return nil, ErrXRef
		}
		for i := range count {
			offset, err := p.natural()
			if err != nil {
				return nil, err
			}
			generation, err := p.natural()
			if err != nil {
				return nil, err
			}
			p.skip()
			kind := free
			switch p.word() {
			case "n":
				kind = inFile
			case "f":
			default:
				return nil, p.fail("an entry that is neither free nor in use")
			}
			if err := f.define(first+i, entry{kind, offset, generation}); err != nil {
				return nil, err
			}
		}
	}
	if err := p.keyword("trailer"); err != nil {
		return nil, err
	}
	o, err := p.object(0)
	if err != nil {
		return nil, err
	}
	trailer, ok := o.(Dict)
	if !ok {
		return nil, ErrXRef
	}
	return trailer, f.spend(p.pos - start)
}

// xrefStream reads a section that is a stream. Its dictionary is the trailer.
func (f *File) xrefStream(offset int) (Dict, error) {
	if offset < 0 || offset >= len(f.data) {
		return nil, ErrXRef
	}
	p := &parser{data: f.data, pos: offset, uniqueKeys: f.limits.UniqueKeys}
	number, err := p.natural()
	if err != nil {
		return nil, ErrXRef
	}
	generation, err := p.natural()
	if err != nil {
		return nil, ErrXRef
	}
	o, err := f.indirectObject(offset, number, generation)
	if err != nil {
		return nil, err
	}
	stream, ok := o.(Stream)
	if !ok || stream.Dict["Type"] != Name("XRef") {
		return nil, ErrXRef
	}
	rows, err := f.decode(stream)
	if err != nil {
		return nil, err
	}
	size, ok := stream.Dict["Size"].(Integer)
	if !ok || size < 0 || int(size) > f.limits.Objects {
		return nil, ErrXRef
	}
	widths, err := integers(stream.Dict["W"])
	if err != nil || len(widths) != 3 || slices.Max(widths) > 8 || widths[0]+widths[1]+widths[2] == 0 {
		return nil, ErrXRef
	}
	index := []int{0, int(size)}
	if stream.Dict["Index"] != nil {
		if index, err = integers(stream.Dict["Index"]); err != nil || len(index)%2 != 0 {
			return nil, ErrXRef
		}
	}
	field := func(width, missing int) int {
		if width == 0 {
			return missing
		}
		n := 0
		for _, b := range rows[:width] {
			n = n<<8 | int(b)
		}
		rows = rows[width:]
		return n
	}
	for ; len(index) > 0; index = index[2:] {
		for i := range index[1] {
			if len(rows) < widths[0]+widths[1]+widths[2] {
				return nil, ErrXRef
			}
			e := entry{entryKind(field(widths[0], int(inFile))), field(widths[1], 0), field(widths[2], 0)}
			if e.kind < free || e.kind > inStream { // of a later version: null
				e.kind = free
			}
			if err := f.define(index[0]+i, e); err != nil {
				return nil, err
			}
		}
	}
	return stream.Dict, nil
}

// integers returns an array of integers that are not negative.
func integers(o Object) ([]int, error) {
	a, ok := o.(Array)
	if !ok {
		return nil, ErrXRef
	}
	numbers := make([]int, len(a))
	for i, e := range a {
		n, ok := e.(Integer)
		if !ok || n < 0 {
			return nil, ErrXRef
		}
		numbers[i] = int(n)
	}
	return numbers, nil
}

// decode decompresses a stream of objects or cross-references: such streams are plain or deflated.
func (f *File) decode(s Stream) ([]byte, error) {
	filter, err := single(s.Dict["Filter"])
	if err != nil {
		return nil, err
	}
	parameters, err := single(s.Dict["DecodeParms"])
	if err != nil {
		return nil, err
	}
	switch filter {
	case nil:
		return s.Raw, f.spend(len(s.Raw))
	case Name("FlateDecode"):
	default:
		return nil, fmt.Errorf("pdfobject: filter %v for objects", filter)
	}
	r, err := zlib.NewReader(bytes.NewReader(s.Raw))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(f.limits.Decoded)+1))
	if err != nil {
		return nil, err
	}
	if len(data) > f.limits.Decoded {
		return nil, errors.New("pdfobject: a stream of objects is too large")
	}
	if err := f.spend(len(data)); err != nil {
		return nil, err
	}
	d, _ := parameters.(Dict)
	return unpredict(data, d)
}

// single returns an object, or the only element of an array of one.
func single(o Object) (Object, error) {
	a, ok := o.(Array)
	switch {
	case !ok:
		return o, nil
	case len(a) == 0:
		return nil, nil
	case len(a) == 1:
		return a[0], nil
	}
	return nil, errors.New("pdfobject: several filters for objects")
}

// unpredict undoes a predictor of PNG (7.4.4.4).
func unpredict(data []byte, parameters Dict) ([]byte, error) {
	number := func(key Name, otherwise int) int {
		if n, ok := parameters[key].(Integer); ok {
			return int(n)
		}
		return otherwise
	}
	predictor := number("Predictor", 1)
	if predictor == 1 {
		return data, nil
	}
	columns, colors, bits := number("Columns", 1), number("Colors", 1), number("BitsPerComponent", 8)
	if predictor < 10 || predictor > 15 || columns < 1 || columns > 1<<16 || colors != 1 || bits != 8 {
		return nil, errors.New("pdfobject: predictor " + strconv.Itoa(predictor) + " for objects")
	}
	out := make([]byte, 0, len(data))
	previous := make([]byte, columns)
	for len(data) > 0 {
		if len(data) < columns+1 {
			return nil, errors.New("pdfobject: a predicted row is incomplete")
		}
		tag, row := data[0], slices.Clone(data[1:columns+1])
		data = data[columns+1:]
		for i := range row {
			left, corner := byte(0), byte(0)
			if i > 0 {
				left, corner = row[i-1], previous[i-1]
			}
			switch tag {
			case 0:
			case 1:
				row[i] += left
			case 2:
				row[i] += previous[i]
			case 3:
				row[i] += byte((int(left) + int(previous[i])) / 2)
			case 4:
				row[i] += paeth(left, previous[i], corner)
			default:
				return nil, errors.New("pdfobject: an unknown predictor of a row")
			}
		}
		out = append(out, row...)
		previous = row
	}
	return out, nil
}

// paeth is the predictor of that name (PNG, 9.4).
func paeth(left, up, corner byte) byte {
	p := int(left) + int(up) - int(corner)
	distance := func(b byte) int { return max(p-int(b), int(b)-p) }
	switch a, b, c := distance(left), distance(up), distance(corner); {
	case a <= b && a <= c:
		return left
	case b <= c:
		return up
	}
	return corner
}
