package cases

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

const hashSize = sha256.Size

// Entry is one line of a case's timeline. Nothing changes or removes one.
type Entry struct {
	Seq     uint64 // 1, 2, 3 … without a gap
	At      time.Time
	ActorID domain.ID
	Action
	Refused bool
	Prev    []byte // the hash of the entry before; of the first, zeros
	Hash    []byte // SHA-256 over Prev and all the rest
}

type head struct {
	seq  uint64
	hash []byte
}

// lockHead holds the end of a timeline for this transaction: appends of one case wait here for
// each other. It must come before any plain read, so that those see what the one before did.
func lockHead(ctx context.Context, tx db.Tx, id domain.ID) (head, error) {
	h, err := query.New(tx).LockTimeline(ctx, id)
	if err != nil {
		return head{}, absent(err, noCase())
	}
	return head{h.Seq, h.Hash}, nil
}

// append adds an entry after end, which the transaction holds.
func (s *Service) append(ctx context.Context, tx db.Tx, end head, id, actor domain.ID, act Action, refusal *domain.Error) error {
	q := query.New(tx)

	e := Entry{Seq: end.seq + 1, At: s.now(), ActorID: actor, Action: act, Refused: refusal != nil, Prev: end.hash}
	if refusal != nil {
		e.Detail = string(refusal.Code)
		if refusal.Reason != "" {
			e.Detail = refusal.Reason
		}
	}
	e.Hash = e.sum(id)
	err := q.AppendTimeline(ctx, query.AppendTimelineParams{CaseID: id, Seq: e.Seq, CreatedAt: e.At, ActorID: actor, Verb: string(e.Verb), Subject: string(e.Resource),
		SubjectID: e.ID, Refused: e.Refused, Detail: e.Detail, PrevHash: e.Prev, Hash: e.Hash})
	if err != nil {
		return err
	}
	return q.MoveTimelineHead(ctx, query.MoveTimelineHeadParams{CaseID: id, Seq: e.Seq, Hash: e.Hash})
}

// sum is the entry's hash. Each field is led by its length, so that no two entries look alike.
func (e *Entry) sum(id domain.ID) []byte {
	b := make([]byte, 0, 256)
	put := func(field []byte) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(field)))
		b = append(b, field...)
	}
	number := func(n uint64) { put(binary.BigEndian.AppendUint64(nil, n)) }
	put([]byte("counsel.timeline.1"))
	put(e.Prev)
	put(id[:])
	number(e.Seq)
	number(uint64(e.At.UnixMicro()))
	put(e.ActorID[:])
	put([]byte(e.Verb))
	put([]byte(e.Resource))
	if e.ID == nil {
		put(nil)
	} else {
		put(e.ID[:])
	}
	if e.Refused {
		number(1)
	} else {
		number(0)
	}
	put([]byte(e.Detail))
	sum := sha256.Sum256(b)
	return sum[:]
}

func entryOf(r query.CaseTimeline) Entry {
	return Entry{Seq: r.Seq, At: r.CreatedAt, ActorID: r.ActorID, Refused: r.Refused, Prev: r.PrevHash, Hash: r.Hash,
		Action: Action{Verb: Verb(r.Verb), Resource: Resource(r.Subject), ID: r.SubjectID, Detail: r.Detail}}
}

// Timeline lists what happened in a case, the newest first; reading it is an entry too, the
// first of the list. next is the before of the following page, 0 on the last.
func (s *Service) Timeline(ctx context.Context, p domain.Principal, id domain.ID, limit int, before uint64) (items []Entry, next uint64, err error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceTimeline}); err != nil {
		return nil, 0, err
	}
	if before == 0 {
		before = math.MaxInt64
	}
	n := pageSize(limit)
	rows, err := s.rows.ListTimeline(ctx, query.ListTimelineParams{CaseID: id, Before: before, Limit: n + 1})
	if err != nil {
		return nil, 0, db.Error(err)
	}
	if len(rows) > int(n) {
		rows = rows[:n]
		next = rows[n-1].Seq
	}
	for _, r := range rows {
		items = append(items, entryOf(r))
	}
	return items, next, nil
}

// Verification is what a check of a timeline found.
type Verification struct {
	Intact   bool
	Entries  uint64 // that were checked and fit
	BrokenAt uint64 // the first that does not fit, or is missing; 0 when intact
	Head     []byte // the hash of the last entry: whoever keeps it can hold the service to it
}

// verifyBatch is how many entries are read at once.
const verifyBatch = 1000

// Verify recomputes a timeline from its first entry and finds any that was altered, taken out,
// added between, or cut off at the end. Errors as of Read.
func (s *Service) Verify(ctx context.Context, p domain.Principal, id domain.ID) (Verification, error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceTimeline, Detail: "verify"}); err != nil {
		return Verification{}, err
	}
	// One snapshot: what is appended meanwhile is not seen in part.
	var v Verification
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)

		v = Verification{}
		end, err := q.GetTimelineHead(ctx, id)
		if err != nil {
			return absent(err, noCase())
		}
		v.Head = end.Hash
		prev := make([]byte, hashSize)
		for {
			rows, err := q.WalkTimeline(ctx, query.WalkTimelineParams{CaseID: id, After: v.Entries, Limit: verifyBatch})
			if err != nil {
				return err
			}
			for _, r := range rows {
				e := entryOf(r)
				if e.Seq != v.Entries+1 || !bytes.Equal(e.Prev, prev) || !bytes.Equal(e.Hash, e.sum(id)) {
					v.BrokenAt = v.Entries + 1
					return nil
				}
				v.Entries, prev = e.Seq, e.Hash
			}
			if len(rows) < verifyBatch {
				break
			}
		}
		if v.Intact = v.Entries == end.Seq && bytes.Equal(prev, end.Hash); !v.Intact {
			v.BrokenAt = min(v.Entries, end.Seq) + 1
		}
		return nil
	})
	return v, err
}
