// Package latin replaces Latin letters by the ASCII letters that people type instead. Search and the
// conflict check compare words folded. Their keys and indexes are stored: a change of the table
// means to compute them again.
package latin

import "strings"

// letters have no decomposition in Unicode, so that removing the marks of the form NFD leaves them.
var undecomposed = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "ħ", "h")

// Fold replaces the lower-case letters that Unicode does not decompose. Accents stay: see
// golang.org/x/text/unicode/norm.
func Fold(s string) string { return undecomposed.Replace(s) }
