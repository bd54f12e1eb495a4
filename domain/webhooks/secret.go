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

// SecretPrefix leads a secret as people see it; its bytes follow in base64.
const SecretPrefix = "whsec_"

const secretSize = 32

var errSealed = errors.New("webhooks: a secret cannot be read: it was sealed with another key")

// newSeal makes what secrets are sealed with: a copy of the database is not enough to sign.
func newSeal(key []byte) (cipher.AEAD, error) {
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

// newSecret makes a secret of a webhook, sealed and as its owner is shown it.
func (s *Service) newSecret(id domain.ID) (sealed []byte, shown string, err error) {
	random := make([]byte, s.seal.NonceSize()+secretSize)
	if _, err := io.ReadFull(s.Random, random); err != nil {
		return nil, "", fmt.Errorf("webhooks: %w", err)
	}
	nonce, secret := random[:s.seal.NonceSize()], random[s.seal.NonceSize():]
	sealed = s.seal.Seal(append([]byte{}, nonce...), nonce, secret, id[:]) //nolint:gosec // the nonce is random
	return sealed, encodeSecret(secret), nil
}

// encodeSecret is a secret as people see it.
func encodeSecret(secret []byte) string {
	return SecretPrefix + base64.StdEncoding.EncodeToString(secret)
}

// unseal reads a secret that newSecret sealed for the webhook.
func (s *Service) unseal(id domain.ID, sealed []byte) ([]byte, error) {
	n := s.seal.NonceSize()
	if len(sealed) < n {
		return nil, errSealed
	}
	secret, err := s.seal.Open(nil, sealed[:n], sealed[n:], id[:])
	if err != nil {
		return nil, errSealed
	}
	return secret, nil
}
