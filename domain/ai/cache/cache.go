// Package cache stores answers of the language model in Redis and, with client-side caching, in the
// memory of this process. Answers are masked and validated before they are stored.
//
// The content of Redis is not trusted: an entry that is not valid counts as a miss. If Redis cannot be
// asked, the result is Error, and the caller continues without a cache.
package cache

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/redis/rueidis"
)

// Cache reads entries. Entries are written by the flight that produced them (domain/ai/flights).
type Cache struct {
	redis   rueidis.Client // nil: no cache
	timeout time.Duration
}

const (
	// DefaultTimeout is how long a lookup may take. A client that knows that Redis is down fails at once.
	DefaultTimeout = time.Second
	localTTL       = 5 * time.Minute // maximum age of an entry in this process's memory
)

// New returns a Cache over a Redis client, which may be nil. Lookups take at most timeout.
func New(redis rueidis.Client, timeout time.Duration) *Cache {
	return &Cache{redis: redis, timeout: timeout}
}

// Result is the outcome of a lookup.
type Result string

// The outcomes of a lookup. Error means that Redis could not be asked.
const (
	Hit   Result = "hit"
	Miss  Result = "miss"
	Error Result = "error"
)

// Get looks up an entry that is valid for the key and passes check, which may be nil. Concurrent lookups
// of a key share one Redis command, so ctx must not be that of a single request.
func (c *Cache) Get(ctx context.Context, key Key, check func(text string) error) (Entry, Result) {
	if c.redis == nil {
		return Entry{}, Error
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	raw, err := c.redis.DoCache(ctx, c.redis.B().Get().Key(key.Entry()).Cache(), localTTL).AsBytes()
	switch {
	case err != nil && !rueidis.IsRedisNil(err):
		return Entry{}, Error
	case err == nil:
		if e, ok := Decode(raw, key, check); ok {
			return e, Hit
		}
	}
	return Entry{}, Miss
}

// Keyspace is the part of the cache for one kind of request.
type Keyspace struct {
	Name    string // part of the keys in Redis
	Kind    string // part of the entries
	MaxText int    // maximum length of an answer, in characters
}

// ValidText reports whether a text can be an answer: not blank, valid UTF-8 and not too long.
func (k Keyspace) ValidText(text string) bool {
	if strings.TrimSpace(text) == "" || !utf8.ValidString(text) {
		return false
	}
	return len(text) <= k.MaxText || utf8.RuneCountInString(text) <= k.MaxText
}

// Key identifies a request. Digest is the hash of everything the answer depends on, see Digest.
type Key struct {
	Keyspace
	Digest string
}

// Entry returns the key in Redis of the answer.
func (k Key) Entry() string { return "ai:" + k.Name + ":" + k.Digest }

// Failure returns the key in Redis of the failure of a flight.
func (k Key) Failure() string { return "ai:failed:" + k.Name + ":" + k.Digest }

// Lease returns the key in Redis of the lease of a flight's leader.
func (k Key) Lease() string { return "ai:lease:" + k.Name + ":" + k.Digest }

// Digest hashes fields with their lengths, so that different lists never have the same input.
func Digest(fields ...string) string {
	n := 0
	for _, f := range fields {
		n += 8 + len(f)
	}
	b := make([]byte, 0, n)
	for _, f := range fields {
		b = binary.BigEndian.AppendUint64(b, uint64(len(f)))
		b = append(b, f...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Entry is a cached answer of the model. Its text is masked.
type Entry struct {
	Version int    `json:"v"`
	Kind    string `json:"k"`
	Text    string `json:"t"`
	Model   string `json:"m"`
	Tokens  int    `json:"n"`
}

const (
	version = 1
	// MaxModel is the maximum length of a model's name, in characters.
	MaxModel = 200
)

// NewEntry returns an entry for an answer. Model is at most MaxModel characters.
func NewEntry(key Key, text, model string, tokens int) Entry {
	return Entry{Version: version, Kind: key.Kind, Text: text, Model: model, Tokens: max(0, tokens)}
}

// Valid reports whether the entry may be served for the key.
func (e *Entry) Valid(key Key) bool {
	return e.Version == version && e.Kind == key.Kind && e.Tokens >= 0 && utf8.RuneCountInString(e.Model) <= MaxModel && key.ValidText(e.Text)
}

// Encode returns the entry as it is stored in Redis.
func (e *Entry) Encode() string {
	raw, _ := json.Marshal(e) // strings and numbers: cannot fail
	return string(raw)
}

// Decode decodes a stored entry. ok is false if it is not valid for the key or does not pass check, which
// may be nil.
func Decode(raw []byte, key Key, check func(text string) error) (e Entry, ok bool) {
	if json.Unmarshal(raw, &e) != nil || !e.Valid(key) || check != nil && check(e.Text) != nil {
		return Entry{}, false
	}
	return e, true
}
