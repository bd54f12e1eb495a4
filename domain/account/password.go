package account

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/unicode/norm"

	"counsel/domain"
)

// Hash is the cost of hashing passwords with argon2id. A zero field takes the default, which
// takes about 50 ms on a 2-core server and 19 MiB, OWASP's least memory at more passes.
type Hash struct {
	Passes    uint32
	MemoryKiB uint32
	AtOnce    int           // hashes computed at the same time; half the processors, at least one
	Waiting   int           // how many more may wait; further ones are refused
	Patience  time.Duration // how long one may wait before it is refused
}

func (h Hash) withDefaults() Hash {
	if h.Passes == 0 {
		h.Passes = 5
	}
	if h.MemoryKiB == 0 {
		h.MemoryKiB = 19 << 10
	}
	if h.AtOnce == 0 {
		h.AtOnce = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if h.Waiting == 0 {
		h.Waiting = 64
	}
	if h.Patience == 0 {
		h.Patience = 5 * time.Second
	}
	return h
}

const (
	saltLen = 16
	keyLen  = 32
	lanes   = 1
)

// hasher hashes passwords, few at a time, so that sign-ins cannot starve the rest.
type hasher struct {
	cost    Hash
	random  io.Reader
	slots   *semaphore.Weighted
	present atomic.Int64 // computing or waiting
	dummy   string       // a hash that no password has
	hashed  atomic.Int64 // hashes computed so far
}

func newHasher(cost Hash, random io.Reader) (*hasher, error) {
	h := &hasher{cost: cost, random: random, slots: semaphore.NewWeighted(int64(cost.AtOnce))}
	b := make([]byte, saltLen+keyLen)
	if _, err := io.ReadFull(random, b); err != nil {
		return nil, fmt.Errorf("randomness: %w", err)
	}
	h.dummy = h.phc(b[:saltLen], b[saltLen:])
	return h, nil
}

func (h *hasher) phc(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.MemoryKiB, h.cost.Passes, lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// hash returns the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLen)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return "", fmt.Errorf("randomness: %w", err)
	}
	key, err := h.compute(ctx, password, salt, h.cost.Passes, h.cost.MemoryKiB, lanes, keyLen)
	if err != nil {
		return "", err
	}
	return h.phc(salt, key), nil
}

// verify tells whether a password has the hash. It always computes one hash; an empty stored
// hash stands for an account that does not exist. outdated: hash it anew at today's cost.
func (h *hasher) verify(ctx context.Context, password, stored string) (match, outdated bool, err error) {
	exists := stored != ""
	if !exists {
		stored = h.dummy
	}
	p, err := parsePHC(stored)
	if err != nil {
		return false, false, err
	}
	key, err := h.compute(ctx, password, p.salt, p.passes, p.memory, p.lanes, uint32(len(p.key)))
	if err != nil {
		return false, false, err
	}
	match = subtle.ConstantTimeCompare(key, p.key) == 1 && exists
	outdated = p.passes != h.cost.Passes || p.memory != h.cost.MemoryKiB || p.lanes != lanes || len(p.key) != keyLen || len(p.salt) != saltLen
	return match, outdated, nil
}

// compute waits for a slot, within bounds, and runs argon2id.
func (h *hasher) compute(ctx context.Context, password string, salt []byte, passes, memory uint32, lanes uint8, length uint32) ([]byte, error) {
	if h.present.Add(1) > int64(h.cost.AtOnce+h.cost.Waiting) {
		h.present.Add(-1)
		return nil, busy(errors.New("too many passwords to hash"))
	}
	defer h.present.Add(-1)
	wait, cancel := context.WithTimeout(ctx, h.cost.Patience)
	defer cancel()
	if err := h.slots.Acquire(wait, 1); err != nil {
		return nil, busy(err)
	}
	defer h.slots.Release(1)
	h.hashed.Add(1)
	// However an accent was typed, it is the same password.
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, passes, memory, lanes, length), nil
}

type phc struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

func parsePHC(s string) (p phc, err error) {
	var version int
	var tail string
	if n, err := fmt.Sscanf(s, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &p.memory, &p.passes, &p.lanes, &tail); n != 5 || err != nil {
		return p, errors.New("a stored password hash cannot be read")
	}
	salt, key, _ := strings.Cut(tail, "$")
	p.salt, err = base64.RawStdEncoding.Strict().DecodeString(salt)
	if err == nil {
		p.key, err = base64.RawStdEncoding.Strict().DecodeString(key)
	}
	if err != nil || version != argon2.Version || p.passes == 0 || p.lanes == 0 || p.memory < 8 || p.memory > 1<<20 || len(p.salt) < 8 || len(p.key) < 16 {
		return p, errors.New("a stored password hash cannot be read")
	}
	return p, nil
}

// busy is the answer when this server has more to do than it can.
func busy(cause error) *domain.Error {
	return &domain.Error{Code: domain.Unavailable, Message: "The service is busy right now, please try again.", RetryAfter: 2 * time.Second, Err: cause}
}
