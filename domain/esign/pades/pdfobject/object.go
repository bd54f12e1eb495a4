// Package pdfobject reads the objects of a PDF file (ISO 32000-2, 7.3 and 7.5): the syntax, not what it
// draws. It is strict, because the file may be signed: two readers that repair a broken file may see
// two different documents. What is wrong in the file is an error; nothing is repaired.
//
// Files are untrusted. Nesting, the number of objects, the sizes of what is decompressed and the work
// done are bounded by Limits. Encrypted files are rejected with ErrEncrypted.
package pdfobject

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Object is nil (null), a Boolean, an Integer, a Real, a String, a Name, an Array, a Dict, a Stream or a
// Reference.
type Object any

type (
	// Boolean is true or false.
	Boolean bool
	// Integer is a number without a fraction.
	Integer int
	// Real is a number as the file writes it.
	Real string
	// String is the bytes of a string, decoded from its literal or hexadecimal form.
	String string
	// Name is a name without its slash, decoded.
	Name string
	// Array is a list of objects.
	Array []Object
	// Dict is a dictionary. An entry that is null is absent.
	Dict map[Name]Object
)

// Stream is a dictionary and bytes, encoded as its Filter says.
type Stream struct {
	Dict Dict
	Raw  []byte
}

// Reference refers to an indirect object.
type Reference struct{ Number, Generation int }

// Format writes an object as a file contains it, without a stream's bytes. The entries of a dictionary
// are in the order of their names.
func Format(o Object) string { return string(appendObject(nil, o)) }

func appendObject(b []byte, o Object) []byte {
	switch o := o.(type) {
	case Boolean:
		return strconv.AppendBool(b, bool(o))
	case Integer:
		return strconv.AppendInt(b, int64(o), 10)
	case Real:
		return append(b, o...)
	case String:
		b = append(b, '<')
		b = hex.AppendEncode(b, []byte(o))
		return append(b, '>')
	case Name:
		return appendName(b, o)
	case Array:
		b = append(b, '[')
		for i, e := range o {
			if i > 0 {
				b = append(b, ' ')
			}
			b = appendObject(b, e)
		}
		return append(b, ']')
	case Dict:
		b = append(b, "<<"...)
		for _, key := range slices.Sorted(maps.Keys(o)) {
			b = append(appendName(b, key), ' ')
			b = appendObject(b, o[key])
		}
		return append(b, ">>"...)
	case Stream:
		return appendObject(b, o.Dict)
	case Reference:
		return fmt.Appendf(b, "%d %d R", o.Number, o.Generation)
	default:
		return append(b, "null"...)
	}
}

func appendName(b []byte, n Name) []byte {
	b = append(b, '/')
	for i := range len(n) {
		if c := n[i]; c > ' ' && c < 0x7f && c != '#' && !isDelimiter(c) {
			b = append(b, c)
		} else {
			b = fmt.Appendf(b, "#%02X", c)
		}
	}
	return b
}

// TextString encodes a text string (7.9.2.2).
func TextString(text string) String {
	b := []byte{0xfe, 0xff}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, byte(unit>>8), byte(unit))
	}
	return String(b)
}

// Text decodes a text string (7.9.2.2): UTF-16BE or UTF-8 with a byte order mark, otherwise PDFDocEncoding.
func (s String) Text() string {
	switch {
	case strings.HasPrefix(string(s), "\xfe\xff"):
		units := make([]uint16, 0, len(s)/2)
		for i := 2; i+1 < len(s); i += 2 {
			units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
		}
		return string(utf16.Decode(units))
	case strings.HasPrefix(string(s), "\xef\xbb\xbf"):
		return strings.ToValidUTF8(string(s[3:]), string(utf8.RuneError))
	}
	var text strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 0x18 && c <= 0x1f {
			text.WriteRune(docEncoding18[c-0x18])
		} else if c >= 0x80 && c <= 0xa0 {
			text.WriteRune(docEncoding80[c-0x80])
		} else {
			text.WriteRune(rune(c))
		}
	}
	return text.String()
}

// PDFDocEncoding where it differs from Latin-1 (annex D.2).
var (
	docEncoding18 = []rune("˘ˇˆ˙˝˛˚˜")
	docEncoding80 = []rune("•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž�€")
)
