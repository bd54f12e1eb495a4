package domain

import "strings"

// Truncate returns the first n characters of s.
func Truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// TruncateBytes returns the longest prefix of s that has at most n bytes and splits no character.
func TruncateBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// Abbreviate returns s if it has at most n characters, and else its first n-1 characters and an ellipsis.
func Abbreviate(s string, n int) string {
	if short := Truncate(s, n); short == s {
		return s
	}
	return Truncate(s, n-1) + "…"
}
