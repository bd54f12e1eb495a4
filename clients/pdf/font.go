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

// style selects one of the four fonts; bold and italic are bits.
type style uint8

const (
	regular style = 0
	bold    style = 1
	italic  style = 2
)

// unitsPerEm is the number of font units in an em. parseFont rejects fonts with another value.
const unitsPerEm = 2048

// font is a parsed TrueType font. It is immutable and shared by all documents.
type font struct {
	name        string // PostScript name
	tables      map[string][]byte
	glyphIDs    [1 << 16]uint16 // by character; 0: not in the font
	advances    []uint16        // by glyph, in font units
	glyf        []byte
	loca        []uint32
	ascent      int
	descent     int
	capHeight   int
	italicAngle int
	bbox        [4]int
}

// loadFonts parses the embedded fonts once per process: parsing takes longer than rendering a
// document.
var loadFonts = sync.OnceValues(func() (fonts [4]*font, err error) {
	for i, name := range []string{"Regular", "Bold", "Italic", "BoldItalic"} {
		if fonts[i], err = loadFont("LiberationSerif-" + name); err != nil {
			return fonts, fmt.Errorf("font %s: %w", name, err)
		}
	}
	return fonts, nil
})

func loadFont(name string) (*font, error) {
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
	return parseFont(name, b)
}

var errFont = errors.New("not a supported TrueType font")

// parseFont reads a TrueType font. The fonts are embedded in the program, so an error is a build
// mistake and is reported at start.
func parseFont(name string, b []byte) (*font, error) {
	be := binary.BigEndian
	if len(b) < 12 || be.Uint32(b) != 0x00010000 {
		return nil, errFont
	}
	f := &font{name: name, tables: map[string][]byte{}}
	for i := range int(be.Uint16(b[4:])) {
		rec := b[12+16*i:]
		off, size := int(be.Uint32(rec[8:])), int(be.Uint32(rec[12:]))
		if off+size > len(b) {
			return nil, errFont
		}
		f.tables[string(rec[:4])] = b[off : off+size]
	}
	head, hhea, maxp, hmtx, os2, post := f.tables["head"], f.tables["hhea"], f.tables["maxp"], f.tables["hmtx"], f.tables["OS/2"], f.tables["post"]
	if len(head) < 54 || len(hhea) < 36 || len(maxp) < 32 || len(os2) < 90 || len(post) < 8 || be.Uint16(head[18:]) != unitsPerEm {
		return nil, errFont
	}
	thousandths := func(b []byte) int { return int(int16(be.Uint16(b))) * 1000 / unitsPerEm }
	f.ascent, f.descent, f.capHeight = thousandths(hhea[4:]), thousandths(hhea[6:]), thousandths(os2[88:])
	f.italicAngle = int(int16(be.Uint16(post[4:])))
	for i := range f.bbox {
		f.bbox[i] = thousandths(head[36+2*i:])
	}

	count, metrics := int(be.Uint16(maxp[4:])), int(be.Uint16(hhea[34:]))
	f.advances = make([]uint16, count)
	for i := range f.advances {
		f.advances[i] = be.Uint16(hmtx[4*min(i, metrics-1):])
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

// readCmap fills glyphIDs from the cmap of the Basic Multilingual Plane (format 4).
func (f *font) readCmap() error {
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
				f.glyphIDs[c] = g + be.Uint16(deltas[2*s:])
			}
		}
		return nil
	}
	return errFont
}

// advance returns the advance width of a character that the font contains, in font units.
func (f *font) advance(r rune) int { return int(f.advances[f.glyphIDs[r]]) }

// supportedRunes reports for each character whether the engine supports it: all fonts contain it, and
// its script (Latin, Greek, Cyrillic or common) needs no shaping and is not written from right to
// left.
var supportedRunes = sync.OnceValue(func() *[1 << 16]bool {
	fonts, err := loadFonts()
	if err != nil {
		return new([1 << 16]bool)
	}
	var ok [1 << 16]bool
	for r := range rune(1 << 16) {
		ok[r] = unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Common) &&
			!unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.M)
		for _, f := range fonts {
			ok[r] = ok[r] && f.glyphIDs[r] != 0
		}
	}
	return &ok
})

// subset is a font subset, as one document uses it. Each character used gets a code of its own, from
// 1 in order of first use, so that copied text is exact even where two characters share a glyph.
type subset struct {
	font  *font
	codes [256]*[256]uint16 // by the character's high and low byte; 0: not yet used
	chars []rune            // by code minus one
}

func (f *subset) codeOf(r uint16) uint16 {
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

// trueType returns the subset as a TrueType font program whose glyph numbers are the codes. Hinting
// instructions are dropped: they are half of the data and matter only at low resolutions.
func (f *subset) trueType() []byte {
	be := binary.BigEndian
	glyphIDs := make([]uint16, 1, len(f.chars)+8) // original glyph of each new one; 0 is .notdef
	for _, r := range f.chars {
		glyphIDs = append(glyphIDs, f.font.glyphIDs[r])
	}
	components := map[uint16]uint16{} // of composite glyphs: new number by original
	var glyf []byte
	loca := []byte{0, 0, 0, 0}
	for i := 0; i < len(glyphIDs); i++ { // grows as components are found
		g := glyphIDs[i]
		at := len(glyf)
		glyf = append(glyf, f.font.glyf[f.font.loca[g]:f.font.loca[g+1]]...)
		if data := glyf[at:]; len(data) > 0 {
			if int16(be.Uint16(data)) >= 0 {
				data = stripInstructions(data)
			} else {
				data = renumberComponents(data, func(old uint16) uint16 {
					n, ok := components[old]
					if !ok {
						n = uint16(len(glyphIDs))
						components[old] = n
						glyphIDs = append(glyphIDs, old)
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
	hmtx := make([]byte, 0, 4*len(glyphIDs))
	for _, g := range glyphIDs {
		hmtx = be.AppendUint16(hmtx, f.font.advances[g])
		hmtx = append(hmtx, f.font.leftSideBearing(g)...)
	}
	head, hhea, maxp := bytes.Clone(f.font.tables["head"]), bytes.Clone(f.font.tables["hhea"]), bytes.Clone(f.font.tables["maxp"])
	be.PutUint16(head[50:], 1) // indexToLocFormat: long
	be.PutUint32(head[8:], 0)
	be.PutUint16(hhea[34:], uint16(len(glyphIDs)))
	be.PutUint16(maxp[4:], uint16(len(glyphIDs)))
	return assembleSFNT([]sfntTable{{"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", hmtx}, {"loca", loca}, {"maxp", maxp}})
}

func (f *font) leftSideBearing(g uint16) []byte {
	hmtx, metrics := f.tables["hmtx"], int(binary.BigEndian.Uint16(f.tables["hhea"][34:]))
	at := 4*int(g) + 2
	if int(g) >= metrics {
		at = 4*metrics + 2*(int(g)-metrics)
	}
	return hmtx[at : at+2]
}

// stripInstructions drops the instructions of a simple glyph, in place.
func stripInstructions(g []byte) []byte {
	be := binary.BigEndian
	at := 10 + 2*int(be.Uint16(g))
	n := int(be.Uint16(g[at:]))
	be.PutUint16(g[at:], 0)
	return append(g[:at+2], g[at+2+n:]...)
}

// renumberComponents renumbers the components of a composite glyph and drops its instructions, in
// place.
func renumberComponents(g []byte, number func(uint16) uint16) []byte {
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

type sfntTable struct {
	tag  string
	data []byte
}

// assembleSFNT builds a TrueType file from tables sorted by tag and sets checkSumAdjustment in head.
func assembleSFNT(tables []sfntTable) []byte {
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
