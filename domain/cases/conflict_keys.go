package cases

import (
	"crypto/sha256"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"counsel/domain"
)

// keyVersion is the version of the rules that compute keys. Increment it when they change;
// ReindexParties then rebuilds older keys.
const keyVersion = 1

// maxKeys is the limit of keys for one party.
const maxKeys = 64

// exactKeys find the same party in any spelling: by the letters of its name, its address and its
// number.
func exactKeys(n NewParty, names []nameVariant) (keys [][]byte) {
	for _, r := range names {
		letters := []rune(umlauts.Replace(join(r)))
		slices.Sort(letters)
		keys = append(keys, hashKey("letters", string(letters)))
	}
	for _, key := range [][]byte{emailKey(n.Email), registrationKey(n.RegistrationNumber)} {
		if len(key) > 0 {
			keys = append(keys, key)
		}
	}
	return uniqueKeys(keys)
}

// similarKeys find people with a similar name: by two words, or an initial and a word. Stored and
// queried keys differ: a spelled-out name queries names with initials and is found by them, but
// does not find every name with the same first letter.
func similarKeys(n NewParty, names []nameVariant) (stored, wanted [][]byte) {
	if n.Kind != PartyPerson {
		return nil, nil
	}
	for _, r := range names {
		for i, a := range r {
			for j, b := range r {
				if i == j || a.particle || b.particle || b.initial {
					continue
				}
				first, _ := utf8.DecodeRuneInString(a.text)
				initial, whole := hashKey("initial", string(first)+" "+b.text), hashKey("whole", string(first)+" "+b.text)
				if a.initial {
					stored, wanted = append(stored, initial), append(wanted, whole, initial)
					continue
				}
				if a.text < b.text {
					both := hashKey("pair", a.text+" "+b.text)
					stored, wanted = append(stored, both), append(wanted, both)
				}
				stored, wanted = append(stored, whole), append(wanted, initial)
			}
		}
	}
	return uniqueKeys(stored), uniqueKeys(wanted)
}

// partyKeys are the stored keys of a party.
func partyKeys(n NewParty) [][]byte {
	names := nameVariants(n.Name, n.Kind)
	stored, _ := similarKeys(n, names)
	return uniqueKeys(slices.Concat(exactKeys(n, names), stored))
}

func uniqueKeys(keys [][]byte) (out [][]byte) {
	seen := map[string]bool{}
	for _, key := range keys {
		if !seen[string(key)] && len(out) < maxKeys {
			seen[string(key)] = true
			out = append(out, key)
		}
	}
	return out
}

// emailKey is equal for all spellings of an address; empty for none.
func emailKey(address string) []byte {
	if address == "" {
		return []byte{}
	}
	return hashKey("email", domain.EmailKey(address))
}

// registrationKey ignores the grouping of a number; empty for none.
func registrationKey(number string) []byte {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, norm.NFKC.String(number))
	if plain == "" {
		return []byte{}
	}
	return hashKey("registration", plain)
}

// hashKey returns a key of fixed length that compares bytewise under any collation.
func hashKey(kind, text string) []byte {
	sum := sha256.Sum256([]byte(kind + "\x00" + text))
	return sum[:]
}
