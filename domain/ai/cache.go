package ai

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"counsel/domain"
	"counsel/domain/masking"

	"github.com/redis/rueidis"
)

// entry is an answer of the model as it lies in the cache: masked, and checked before it was
// put there.
type entry struct {
	Version int    `json:"v"`
	Kind    Kind   `json:"k"`
	Text    string `json:"t"`
	Model   string `json:"m"`
	Tokens  int    `json:"n"`
}

const entryVersion = 1

// maxAnswer bounds an answer, in characters, so that it fits what the contract promises.
const (
	maxAnswer     = 100_000
	maxStructured = 500_000
	maxModel      = 200 // of the model's name
)

// usable tells whether e can be given to a reader of kind. What lies in Redis is not trusted:
// whatever is not usable counts as absent.
func (e *entry) usable(kind Kind) bool {
	return e.Version == entryVersion && e.Kind == kind && e.Tokens >= 0 && utf8.RuneCountInString(e.Model) <= maxModel && usable(kind, e.Text)
}

func usable(kind Kind, text string) bool {
	most := maxAnswer
	if kind != KindChat {
		most = maxStructured
	}
	if strings.TrimSpace(text) == "" || !utf8.ValidString(text) {
		return false
	}
	return len(text) <= most || utf8.RuneCountInString(text) <= most
}

// restorable tells whether an answer stays within bounds once the originals are back: a
// placeholder of ten bytes may stand for a word of 200,000.
func restorable(session *masking.Session, kind Kind, text string) error {
	most := 4 * maxAnswer
	if kind != KindChat {
		most = 4 * maxStructured
	}
	if n := session.RestoredLen(text); n > most {
		return badAnswer(errors.New("ai: the restored answer is too long"))
	}
	return nil
}

var prefixes = map[Kind]string{KindChat: "ai:chat:", KindDocument: "ai:draft:", KindAnalysis: "ai:analysis:"}

// keyOf hashes the fields, each led by its length, so that no two lists of fields look alike.
func keyOf(fields ...string) string {
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

// partition is the part of a key that decides who may share the answer: everybody, or only
// the user whose request it is, and in a case only within that case.
func partition(shared bool, user domain.ID, matter *domain.ID) string {
	switch {
	case shared:
		return ""
	case matter != nil:
		return string(user[:]) + string(matter[:])
	}
	return string(user[:])
}

// lookup reads the cache, from this process's own memory when Redis has not said that the
// entry changed.
func (s *Service) lookup(a *ask) (e entry, ok bool) {
	if s.Redis == nil {
		s.Metrics.CacheLookup(a.kind, LookupError)
		return entry{}, false
	}
	ctx, cancel := context.WithTimeout(s.base, s.lookupTimeout)
	defer cancel()
	raw, err := s.Redis.DoCache(ctx, s.Redis.B().Get().Key(a.cacheKey()).Cache(), localTTL).AsBytes()
	if err != nil && !rueidis.IsRedisNil(err) {
		s.Metrics.CacheLookup(a.kind, LookupError)
		return entry{}, false
	}
	if err == nil && json.Unmarshal(raw, &e) == nil && e.usable(a.kind) && (a.check == nil || a.check(e.Text) == nil) {
		s.Metrics.CacheLookup(a.kind, LookupHit)
		return e, true
	}
	s.Metrics.CacheLookup(a.kind, LookupMiss)
	return entry{}, false
}

// How long Redis may take before the request goes on without it. A client that knows Redis to
// be down fails at once.
const (
	lookupTimeout = time.Second
	leaseTimeout  = 2 * time.Second
	localTTL      = 5 * time.Minute // the longest an entry is kept in this process's memory
)
