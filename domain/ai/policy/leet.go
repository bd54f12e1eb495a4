package policy

// decodeLeet decodes leetspeak, byte for byte, but only in words that occur in injection patterns: "1gn0re"
// and "rul3s", but not "4th" or "B2B".
func decodeLeet(text string) string {
	var out []byte
	for i := 0; i < len(text); {
		start, letters, signs := i, 0, 0
		for i < len(text) && (isASCIILetter(text[i]) || leet(text[i], 'i') != 0) {
			if isASCIILetter(text[i]) {
				letters++
			} else {
				signs++
			}
			i++
		}
		if i == start {
			i++
			continue
		}
		if letters == 0 || signs == 0 || i-start > maxLeet {
			continue
		}
		for _, one := range []byte{'i', 'l'} { // "1gnore", "fo1low"
			var word [maxLeet]byte
			for k := start; k < i; k++ {
				if word[k-start] = text[k] | 0x20; !isASCIILetter(text[k]) {
					word[k-start] = leet(text[k], one)
				}
			}
			if injectionWords[string(word[:i-start])] {
				if out == nil {
					out = []byte(text)
				}
				copy(out[start:i], word[:i-start])
				break
			}
		}
	}
	if out == nil {
		return text
	}
	return string(out)
}

// maxLeet is longer than any word in injectionWords.
const maxLeet = 24

func isASCIILetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// leet returns the letter that c replaces, or 0. A 1 is read as one, either 'i' or 'l'.
func leet(c, one byte) byte {
	switch c {
	case '0':
		return 'o'
	case '1', '|':
		return one
	case '3':
		return 'e'
	case '4', '@':
		return 'a'
	case '5', '$':
		return 's'
	case '7':
		return 't'
	}
	return 0
}
