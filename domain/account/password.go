package account

import (
	"cmp"
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

// HashConfig is the cost of password hashing with argon2id. A zero field takes the default: 19 MiB, the
// minimum that OWASP recommends, with more passes; about 50 ms on a 2-core server.
type HashConfig struct {
	Passes       uint32
	MemoryKiB    uint32
	Concurrency  int           // concurrent hashes; half the processors, at least one
	QueueSize    int           // hashes that may wait; further ones are rejected
	QueueTimeout time.Duration // time a hash may wait before it is rejected
}

func (c HashConfig) withDefaults() HashConfig {
	c.Passes = cmp.Or(c.Passes, 5)
	c.MemoryKiB = cmp.Or(c.MemoryKiB, 19<<10)
	c.Concurrency = cmp.Or(c.Concurrency, max(1, runtime.GOMAXPROCS(0)/2))
	c.QueueSize = cmp.Or(c.QueueSize, 64)
	c.QueueTimeout = cmp.Or(c.QueueTimeout, 5*time.Second)
	return c
}

const (
	saltLen     = 16
	keyLen      = 32
	parallelism = 1
)

// hasher hashes passwords with limited concurrency, so that sign-ins cannot starve other requests.
type hasher struct {
	cost      HashConfig
	random    io.Reader
	slots     *semaphore.Weighted
	inFlight  atomic.Int64 // computing or waiting
	dummyHash string       // matches no password
	count     atomic.Int64 // hashes computed so far
}

func newHasher(cost HashConfig, random io.Reader) (*hasher, error) {
	h := &hasher{cost: cost, random: random, slots: semaphore.NewWeighted(int64(cost.Concurrency))}
	b := make([]byte, saltLen+keyLen)
	if _, err := io.ReadFull(random, b); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	h.dummyHash = h.phc(b[:saltLen], b[saltLen:])
	return h, nil
}

func (h *hasher) phc(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.MemoryKiB, h.cost.Passes, parallelism,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// hash returns the hash of a password as a PHC string.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLen)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	key, err := h.compute(ctx, password, salt, h.cost.Passes, h.cost.MemoryKiB, parallelism, keyLen)
	if err != nil {
		return "", err
	}
	return h.phc(salt, key), nil
}

// verify reports whether a password matches a stored hash. It always computes one hash, also if stored
// is empty because the account does not exist. outdated means that the hash has another cost than the
// configured one and should be replaced.
func (h *hasher) verify(ctx context.Context, password, stored string) (match, outdated bool, err error) {
	exists := stored != ""
	if !exists {
		stored = h.dummyHash
	}
	p, err := parsePHC(stored)
	if err != nil {
		return false, false, err
	}
	key, err := h.compute(ctx, password, p.salt, p.passes, p.memory, p.parallelism, uint32(len(p.key)))
	if err != nil {
		return false, false, err
	}
	match = subtle.ConstantTimeCompare(key, p.key) == 1 && exists
	outdated = p.passes != h.cost.Passes || p.memory != h.cost.MemoryKiB || p.parallelism != parallelism || len(p.key) != keyLen || len(p.salt) != saltLen
	return match, outdated, nil
}

// compute runs argon2id when a slot is free. It fails with domain.Unavailable if the queue is full or the
// wait too long.
func (h *hasher) compute(ctx context.Context, password string, salt []byte, passes, memory uint32, lanes uint8, length uint32) ([]byte, error) {
	if h.inFlight.Add(1) > int64(h.cost.Concurrency+h.cost.QueueSize) {
		h.inFlight.Add(-1)
		return nil, overloaded(errors.New("password hashing queue is full"))
	}
	defer h.inFlight.Add(-1)
	wait, cancel := context.WithTimeout(ctx, h.cost.QueueTimeout)
	defer cancel()
	if err := h.slots.Acquire(wait, 1); err != nil {
		return nil, overloaded(err)
	}
	defer h.slots.Release(1)
	h.count.Add(1)
	// NFC: the same password however its accents were typed.
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, passes, memory, lanes, length), nil
}

type phc struct {
	memory, passes uint32
	parallelism    uint8
	salt, key      []byte
}

func parsePHC(s string) (p phc, err error) {
	var version int
	var tail string
	if n, err := fmt.Sscanf(s, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &p.memory, &p.passes, &p.parallelism, &tail); n != 5 || err != nil {
		return p, errors.New("malformed password hash")
	}
	salt, key, _ := strings.Cut(tail, "$")
	p.salt, err = base64.RawStdEncoding.Strict().DecodeString(salt)
	if err == nil {
		p.key, err = base64.RawStdEncoding.Strict().DecodeString(key)
	}
	if err != nil || version != argon2.Version || p.passes == 0 || p.parallelism == 0 || p.memory < 8 || p.memory > 1<<20 || len(p.salt) < 8 || len(p.key) < 16 {
		return p, errors.New("malformed password hash")
	}
	return p, nil
}

// overloaded is the error when the server has too much to do.
func overloaded(cause error) *domain.Error {
	return &domain.Error{Code: domain.Unavailable, Message: "The service is busy right now, please try again.", RetryAfter: 2 * time.Second, Err: cause}
}
