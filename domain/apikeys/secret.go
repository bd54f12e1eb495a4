package apikeys

import (
	"crypto/sha256"
	"hash/crc32"
	"io"
	"strings"
)

// A secret is "counsel_", the mode, "_", randomLength random characters, and the CRC-32 of all that in
// checksumLength characters. Scanners find it by SecretPattern.
const (
	vendorPrefix   = "counsel_"
	randomLength   = 32 // 190 bits
	checksumLength = 6  // 62^6 > 2^32
	alphabet       = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// SecretPattern is the regular expression of secrets.
const SecretPattern = `counsel_(live|test)_[0-9A-Za-z]{38}`

func secretPrefix(mode Mode) string { return vendorPrefix + string(mode) + "_" }

// IsSecret reports whether a bearer token claims to be a key, valid or not.
func IsSecret(token string) bool { return strings.HasPrefix(token, vendorPrefix) }

// newSecret makes a secret. Every character is drawn uniformly.
func newSecret(random io.Reader, mode Mode) (string, error) {
	const usable = 256 - 256%len(alphabet)
	secret := []byte(secretPrefix(mode))
	end := len(secret) + randomLength
	var chunk [64]byte
	for len(secret) < end {
		if _, err := io.ReadFull(random, chunk[:]); err != nil {
			return "", err
		}
		for _, b := range chunk {
			if int(b) < usable && len(secret) < end {
				secret = append(secret, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(secret) + checksum(string(secret)), nil
}

func checksum(s string) string {
	n := crc32.ChecksumIEEE([]byte(s))
	var out [checksumLength]byte
	for i := range out {
		out[checksumLength-1-i] = alphabet[n%uint32(len(alphabet))]
		n /= uint32(len(alphabet))
	}
	return string(out[:])
}

// wellFormed reports whether a token has the form and the checksum of a secret.
func wellFormed(token string) bool {
	for _, mode := range []Mode{ModeLive, ModeTest} {
		rest, ok := strings.CutPrefix(token, secretPrefix(mode))
		if !ok || len(rest) != randomLength+checksumLength || strings.Trim(rest, alphabet) != "" {
			continue
		}
		body := token[:len(token)-checksumLength]
		return checksum(body) == token[len(body):]
	}
	return false
}

// hashSecret is what is stored of a secret. It needs no salt: nobody can guess one.
func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
