package pdf

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode"
)

//go:embed fonts/*.gz
var fontFiles embed.FS

// style picks one of the four faces: bold and italic are its bits.
type style uint8

const (
	regular style = 0
	bold    style = 1
	italic  style = 2
)

// upem is the number of font units in the size of the type; parse refuses a font with another.
const upem = 2048

// face is one font, parsed. It never changes after parse: all documents share it.
type face struct {
	name    string // PostScript name
	tables  map[string][]byte
	glyphs  [1 << 16]uint16 // by character; 0 is none
	widths  []uint16        // by glyph, in font units
	glyf    []byte
	loca    []uint32
	ascent  int
	descent int
	capital int
	angle   int
	bbox    [4]int
}

// loadFaces parses the embedded fonts, once a process: per document it would be most of the time
// a document takes.
var loadFaces = sync.OnceValues(func() (faces [4]*face, err error) {
	for i, name := range []string{"Regular", "Bold", "Italic", "BoldItalic"} {
		if faces[i], err = loadFace("LiberationSerif-" + name); err != nil {
			return faces, fmt.Errorf("font %s: %w", name, err)
		}
	}
	return faces, nil
})

func loadFace(name string) (*face, error) {
	packed, err := fontFiles.ReadFile("fonts/" + name + ".ttf.gz")
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	return parseFace(name, b)
}

var errFont = errors.New("not a TrueType font this engine can use")

// parseFace reads the tables it needs of a TrueType font. The fonts are the program's own: what
// does not fit together is a mistake of the build, reported at start.
func parseFace(name string, b []byte) (*face, error) {
	be := binary.BigEndian
	if len(b) < 12 || be.Uint32(b) != 0x00010000 {
		return nil, errFont
	}
	f := &face{name: name, tables: map[string][]byte{}}
	for i := range int(be.Uint16(b[4:])) {
		rec := b[12+16*i:]
		off, size := int(be.Uint32(rec[8:])), int(be.Uint32(rec[12:]))
		if off+size > len(b) {
			return nil, errFont
		}
		f.tables[string(rec[:4])] = b[off : off+size]
	}
	head, hhea, maxp, hmtx, os2, post := f.tables["head"], f.tables["hhea"], f.tables["maxp"], f.tables["hmtx"], f.tables["OS/2"], f.tables["post"]
	if len(head) < 54 || len(hhea) < 36 || len(maxp) < 32 || len(os2) < 90 || len(post) < 8 || be.Uint16(head[18:]) != upem {
		return nil, errFont
	}
	thousandths := func(b []byte) int { return int(int16(be.Uint16(b))) * 1000 / upem }
	f.ascent, f.descent, f.capital = thousandths(hhea[4:]), thousandths(hhea[6:]), thousandths(os2[88:])
	f.angle = int(int16(be.Uint16(post[4:])))
	for i := range f.bbox {
		f.bbox[i] = thousandths(head[36+2*i:])
	}

	count, metrics := int(be.Uint16(maxp[4:])), int(be.Uint16(hhea[34:]))
	f.widths = make([]uint16, count)
	for i := range f.widths {
		f.widths[i] = be.Uint16(hmtx[4*min(i, metrics-1):])
	}
	f.glyf = f.tables["glyf"]
	loca, long := f.tables["loca"], be.Uint16(head[50:]) == 1
	f.loca = make([]uint32, count+1)
	for i := range f.loca {
		if long {
			f.loca[i] = be.Uint32(loca[4*i:])
		} else {
			f.loca[i] = 2 * uint32(be.Uint16(loca[2*i:]))
		}
	}
	return f, f.readCmap()
}

// readCmap fills glyphs from the Unicode map of the basic plane (format 4).
func (f *face) readCmap() error {
	be := binary.BigEndian
	cmap := f.tables["cmap"]
	for i := range int(be.Uint16(cmap[2:])) {
		rec := cmap[4+8*i:]
		t := cmap[be.Uint32(rec[4:]):]
		if be.Uint16(rec) != 3 || be.Uint16(rec[2:]) != 1 || be.Uint16(t) != 4 {
			continue
		}
		n := int(be.Uint16(t[6:])) / 2
		ends, starts := t[14:], t[16+2*n:]
		deltas, offsets := t[16+4*n:], t[16+6*n:]
		for s := range n {
			offset := int(be.Uint16(offsets[2*s:]))
			for c := int(be.Uint16(starts[2*s:])); c <= int(be.Uint16(ends[2*s:])) && c < 0xFFFF; c++ {
				g := uint16(c)
				if offset != 0 {
					if g = be.Uint16(offsets[2*s+offset+2*(c-int(be.Uint16(starts[2*s:]))):]); g == 0 {
						continue
					}
				}
				f.glyphs[c] = g + be.Uint16(deltas[2*s:])
			}
		}
		return nil
	}
	return errFont
}

// width is that of a character the face has, in font units.
func (f *face) width(r rune) int { return int(f.widths[f.glyphs[r]]) }

// drawable tells for each character whether it can be set by placing one glyph after the other:
// letters of Latin, Greek and Cyrillic, and what scripts share. Others need shaping, or run
// from right to left.
var drawable = sync.OnceValue(func() *[1 << 16]bool {
	faces, err := loadFaces()
	if err != nil {
		return new([1 << 16]bool)
	}
	var ok [1 << 16]bool
	for r := range rune(1 << 16) {
		ok[r] = unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Common) &&
			!unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.M)
		for _, f := range faces {
			ok[r] = ok[r] && f.glyphs[r] != 0
		}
	}
	return &ok
})

// subset is a face as one document uses it: every character used has a code of its own, from 1 in
// the order of use, so that text copied out of the file is what went in even where two
// characters share a glyph.
type subset struct {
	face  *face
	codes [256]*[256]uint16 // by the two bytes of the character; 0 is none yet
	chars []rune            // by code-1
}

func (f *subset) code(r uint16) uint16 {
	block := f.codes[r>>8]
	if block == nil {
		block = new([256]uint16)
		f.codes[r>>8] = block
	}
	if block[r&0xFF] == 0 {
		f.chars = append(f.chars, rune(r))
		block[r&0xFF] = uint16(len(f.chars))
	}
	return block[r&0xFF]
}

// file is a TrueType font of the used glyphs alone, glyph numbers being codes. Instructions are
// left out: they make up half of it and matter on coarse screens only.
func (f *subset) file() []byte {
	be := binary.BigEndian
	source := make([]uint16, 1, len(f.chars)+8) // of each new glyph, the old; 0 is the missing glyph
	for _, r := range f.chars {
		source = append(source, f.face.glyphs[r])
	}
	parts := map[uint16]uint16{} // glyphs that composites are made of: old number to new
	var glyf []byte
	loca := []byte{0, 0, 0, 0}
	for i := 0; i < len(source); i++ { // source grows while parts are found
		g := source[i]
		at := len(glyf)
		glyf = append(glyf, f.face.glyf[f.face.loca[g]:f.face.loca[g+1]]...)
		if data := glyf[at:]; len(data) > 0 {
			if int16(be.Uint16(data)) >= 0 {
				data = withoutInstructions(data)
			} else {
				data = mapParts(data, func(old uint16) uint16 {
					n, ok := parts[old]
					if !ok {
						n = uint16(len(source))
						parts[old] = n
						source = append(source, old)
					}
					return n
				})
			}
			glyf = glyf[:at+len(data)]
		}
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		loca = be.AppendUint32(loca, uint32(len(glyf)))
	}
	hmtx := make([]byte, 0, 4*len(source))
	for _, g := range source {
		hmtx = be.AppendUint16(hmtx, f.face.widths[g])
		hmtx = append(hmtx, f.face.bearing(g)...)
	}
	head, hhea, maxp := bytes.Clone(f.face.tables["head"]), bytes.Clone(f.face.tables["hhea"]), bytes.Clone(f.face.tables["maxp"])
	be.PutUint16(head[50:], 1) // long offsets
	be.PutUint32(head[8:], 0)
	be.PutUint16(hhea[34:], uint16(len(source)))
	be.PutUint16(maxp[4:], uint16(len(source)))
	return assemble([]table{{"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", hmtx}, {"loca", loca}, {"maxp", maxp}})
}

func (f *face) bearing(g uint16) []byte {
	hmtx, metrics := f.tables["hmtx"], int(binary.BigEndian.Uint16(f.tables["hhea"][34:]))
	at := 4*int(g) + 2
	if int(g) >= metrics {
		at = 4*metrics + 2*(int(g)-metrics)
	}
	return hmtx[at : at+2]
}

// withoutInstructions shortens a simple glyph in place.
func withoutInstructions(g []byte) []byte {
	be := binary.BigEndian
	at := 10 + 2*int(be.Uint16(g))
	n := int(be.Uint16(g[at:]))
	be.PutUint16(g[at:], 0)
	return append(g[:at+2], g[at+2+n:]...)
}

// mapParts renumbers the parts of a composite glyph in place and drops its instructions.
func mapParts(g []byte, number func(uint16) uint16) []byte {
	const words, scale, more, scaleXY, matrix, instructions = 1, 8, 0x20, 0x40, 0x80, 0x100
	be := binary.BigEndian
	for at := 10; ; {
		flags := be.Uint16(g[at:])
		be.PutUint16(g[at:], flags&^instructions)
		be.PutUint16(g[at+2:], number(be.Uint16(g[at+2:])))
		at += 6
		if flags&words != 0 {
			at += 2
		}
		switch {
		case flags&scale != 0:
			at += 2
		case flags&scaleXY != 0:
			at += 4
		case flags&matrix != 0:
			at += 8
		}
		if flags&more == 0 {
			return g[:at]
		}
	}
}

type table struct {
	tag  string
	data []byte
}

// assemble writes a TrueType file of tables, which are sorted by tag; the checksum of the whole
// goes into head.
func assemble(tables []table) []byte {
	be := binary.BigEndian
	n := len(tables)
	power, log := 1, 0
	for power*2 <= n {
		power, log = power*2, log+1
	}
	out := be.AppendUint32(nil, 0x00010000)
	for _, v := range []int{n, 16 * power, log, 16 * (n - power)} {
		out = be.AppendUint16(out, uint16(v))
	}
	at, head := 12+16*n, 0
	for _, t := range tables {
		out = append(out, t.tag...)
		out = be.AppendUint32(out, checksum(t.data))
		out = be.AppendUint32(out, uint32(at))
		out = be.AppendUint32(out, uint32(len(t.data)))
		if t.tag == "head" {
			head = at
		}
		at += (len(t.data) + 3) &^ 3
	}
	for _, t := range tables {
		out = append(out, t.data...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	be.PutUint32(out[head+8:], 0xB1B0AFBA-checksum(out))
	return out
}

func checksum(b []byte) (sum uint32) {
	for len(b) >= 4 {
		sum += binary.BigEndian.Uint32(b)
		b = b[4:]
	}
	var last [4]byte
	copy(last[:], b)
	return sum + binary.BigEndian.Uint32(last[:])
}
