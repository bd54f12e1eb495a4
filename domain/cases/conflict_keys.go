package cases

import (
	"crypto/sha256"
	"slices"

	"counsel/domain"
	"counsel/domain/matching"
)

// keyVersion is the version of the rules that compute keys. ReindexParties rebuilds older keys; until then the same
// letters, addresses and numbers are found, because their keys are those of version 1.
const keyVersion = matching.KeyVersion

// parsedName reads the name of a party.
func (n NewParty) parsedName() matching.Name {
	return matching.Parse(n.Name, matching.Kind(n.Kind))
}

func (n NewParty) registration() matching.Registration {
	return matching.Registration{Number: n.RegistrationNumber, Country: n.RegistrationCountry}
}

// searchKeys are the keys under which a party is stored, and those with which it finds others: exact ones, by the
// letters of its name, its address and its number, and similar ones.
func searchKeys(n NewParty, name matching.Name) (stored, exact, similar [][]byte) {
	stored, exact, similar = name.Keys()
	other := [][]byte{}
	if n.Email != "" {
		other = append(other, emailKey(n.Email))
	}
	for _, number := range n.registration().Keys() {
		other = append(other, hashKey("registration", number))
	}
	return slices.Concat(stored, other), slices.Concat(exact, other), similar
}

// emailKey is equal for all spellings of an address; empty for none.
func emailKey(address string) []byte {
	if address == "" {
		return []byte{}
	}
	return hashKey("email", domain.EmailKey(address))
}

// registrationKey ignores the grouping of a number; empty for none.
func registrationKey(r matching.Registration) []byte {
	if number := r.Normalized(); number != "" {
		return hashKey("registration", number)
	}
	return []byte{}
}

// hashKey returns a key of fixed length that compares bytewise under any collation.
func hashKey(kind, text string) []byte {
	sum := sha256.Sum256([]byte(kind + "\x00" + text))
	return sum[:]
}
