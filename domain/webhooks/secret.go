package webhooks

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"counsel/domain"
)

// SecretPrefix starts an encoded secret; its bytes follow in base64 (Standard Webhooks).
const SecretPrefix = "whsec_"

const secretSize = 32 // bytes

var errDecrypt = errors.New("webhooks: cannot decrypt a secret: it was encrypted with another key")

// newCipher returns the cipher that encrypts secrets, so that a copy of the database is not enough to
// sign.
func newCipher(key []byte) (cipher.AEAD, error) {
	if len(key) < 16 {
		return nil, errors.New("webhooks: the key is too short")
	}
	derived, err := hkdf.Key(sha256.New, key, nil, "counsel webhooks", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// newSecret generates a secret for a webhook, and returns it encrypted and as its owner sees it.
func (s *Service) newSecret(id domain.ID) (encrypted []byte, encoded string, err error) {
	random := make([]byte, s.secrets.NonceSize()+secretSize)
	if _, err := io.ReadFull(s.runtime.Random, random); err != nil {
		return nil, "", fmt.Errorf("webhooks: %w", err)
	}
	nonce, secret := random[:s.secrets.NonceSize()], random[s.secrets.NonceSize():]
	encrypted = s.secrets.Seal(append([]byte{}, nonce...), nonce, secret, id[:]) //nolint:gosec // the nonce is random
	return encrypted, encodeSecret(secret), nil
}

// encodeSecret returns a secret as people see it.
func encodeSecret(secret []byte) string {
	return SecretPrefix + base64.StdEncoding.EncodeToString(secret)
}

// decryptSecret returns the bytes of a secret that newSecret encrypted for the webhook.
func (s *Service) decryptSecret(id domain.ID, encrypted []byte) ([]byte, error) {
	n := s.secrets.NonceSize()
	if len(encrypted) < n {
		return nil, errDecrypt
	}
	secret, err := s.secrets.Open(nil, encrypted[:n], encrypted[n:], id[:])
	if err != nil {
		return nil, errDecrypt
	}
	return secret, nil
}
