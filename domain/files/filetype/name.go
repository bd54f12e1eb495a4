package filetype

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const maxNameBytes = 200

// SafeName turns the name that a sender gave a file into one that is valid on every system, with the
// extension of its content type. It removes paths and invisible characters.
func SafeName(name, contentType string) string {
	name = strings.ToValidUTF8(name, "")
	name = strings.TrimPrefix(path.Base(strings.ReplaceAll("/"+name, `\`, "/")), "/")
	name = norm.NFC.String(name)
	name = strings.Map(func(r rune) rune {
		switch {
		case !unicode.IsPrint(r) && r != ' ': // control, format (including bidirectional overrides), private use
			return -1
		case strings.ContainsRune(`<>:"/\|?*`, r):
			return '_'
		}
		return r
	}, name)
	extension, stem := extensions[contentType], name
	if e := strings.ToLower(path.Ext(name)); e == extension || contentType == JPEG && e == ".jpeg" {
		stem = name[:len(name)-len(e)]
	}
	for len(stem) > maxNameBytes-len(extension) {
		_, n := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-n]
	}
	stem = strings.Trim(stem, " .")
	if stem == "" || reserved(stem) {
		stem = "document"
	}
	return stem + extension
}

// reserved reports whether Windows reserves a name for a device, whatever its extension.
func reserved(stem string) bool {
	first, _, _ := strings.Cut(strings.ToUpper(stem), ".")
	switch first {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	return len(first) == 4 && (strings.HasPrefix(first, "COM") || strings.HasPrefix(first, "LPT")) && first[3] >= '1' && first[3] <= '9'
}
