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
	query "counsel/gen/query/cases"
)

const hashSize = sha256.Size

// Entry is one entry of the timeline, the append-only, hash-chained audit log of a case.
type Entry struct {
	Seq     uint64 // 1, 2, 3 … without gaps
	At      time.Time
	ActorID domain.ID
	KeyID   *domain.ID // the API key that acted for the actor; nil: none
	Action
	Refused bool
	Prev    []byte // hash of the previous entry; zeros for the first
	Hash    []byte // SHA-256 over Prev and all other fields
}

type chainHead struct {
	seq  uint64
	hash []byte
}

// lockHead locks the last entry for this transaction, which serializes appends to one case. Call it
// before any plain read, so that reads see what the previous transaction committed.
func lockHead(ctx context.Context, tx db.Tx, id domain.ID) (chainHead, error) {
	h, err := query.New(tx).LockTimeline(ctx, id)
	if err != nil {
		return chainHead{}, notFoundAs(err, errNoCase())
	}
	return chainHead{h.Seq, h.Hash}, nil
}

// appendEntry adds an entry after head, which the transaction has locked.
func (s *Service) appendEntry(ctx context.Context, tx db.Tx, head chainHead, id domain.ID, actor domain.Principal, action Action, denied *domain.Error) error {
	q := query.New(tx)
	e := Entry{Seq: head.seq + 1, At: s.now(), ActorID: actor.UserID, Action: action, Refused: denied != nil, Prev: head.hash}
	if !actor.KeyID.IsZero() {
		e.KeyID = &actor.KeyID
	}
	if denied != nil {
		e.Detail = string(denied.Code)
		if denied.Reason != "" {
			e.Detail = denied.Reason
		}
	}
	e.Hash = e.computeHash(id)
	err := q.CreateTimelineEntry(ctx, query.CreateTimelineEntryParams{CaseID: id, Seq: e.Seq, CreatedAt: e.At, ActorID: e.ActorID, KeyID: e.KeyID, Verb: string(e.Verb), Subject: string(e.Resource),
		SubjectID: e.ID, Refused: e.Refused, Detail: e.Detail, PrevHash: e.Prev, Hash: e.Hash})
	if err != nil {
		return err
	}
	return q.UpdateTimelineHead(ctx, query.UpdateTimelineHeadParams{CaseID: id, Seq: e.Seq, Hash: e.Hash})
}

// computeHash returns the hash of the entry. Each field is preceded by its length, so that no two
// entries have the same encoding.
func (e *Entry) computeHash(id domain.ID) []byte {
	b := make([]byte, 0, 256)
	writeField := func(field []byte) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(field)))
		b = append(b, field...)
	}
	number := func(n uint64) { writeField(binary.BigEndian.AppendUint64(nil, n)) }
	writeField([]byte("counsel.timeline.1"))
	writeField(e.Prev)
	writeField(id[:])
	number(e.Seq)
	number(uint64(e.At.UnixMicro()))
	writeField(e.ActorID[:])
	writeField([]byte(e.Verb))
	writeField([]byte(e.Resource))
	if e.ID == nil {
		writeField(nil)
	} else {
		writeField(e.ID[:])
	}
	if e.Refused {
		number(1)
	} else {
		number(0)
	}
	writeField([]byte(e.Detail))
	if e.KeyID != nil { // older entries have no such field
		writeField(e.KeyID[:])
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

func toEntry(r query.CaseTimeline) Entry {
	return Entry{Seq: r.Seq, At: r.CreatedAt, ActorID: r.ActorID, KeyID: r.KeyID, Refused: r.Refused, Prev: r.PrevHash, Hash: r.Hash,
		Action: Action{Verb: Verb(r.Verb), Resource: Resource(r.Subject), ID: r.SubjectID, Detail: r.Detail}}
}

// Timeline lists the entries of a case, newest first. Reading it is logged too and is the first
// entry of the list. next is the cursor of the next page, 0 on the last.
func (s *Service) Timeline(ctx context.Context, p domain.Principal, id domain.ID, limit int, previous uint64) (items []Entry, next uint64, err error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceTimeline}); err != nil {
		return nil, 0, err
	}
	if previous == 0 {
		previous = math.MaxInt64
	}
	n := domain.PageSize(limit)
	rows, err := s.queries.ListTimelineEntries(ctx, query.ListTimelineEntriesParams{CaseID: id, Cursor: previous, Limit: int32(n + 1)})
	if err != nil {
		return nil, 0, db.Error(err)
	}
	if len(rows) > n {
		rows = rows[:n]
		next = rows[n-1].Seq
	}
	for _, r := range rows {
		items = append(items, toEntry(r))
	}
	return items, next, nil
}

// Verification is the result of verifying a timeline.
type Verification struct {
	Intact   bool
	Entries  uint64 // verified
	BrokenAt uint64 // the first invalid or missing entry; 0 if intact
	Head     []byte // hash of the last entry; a copy kept elsewhere proves the state of the timeline
}

// verifyBatch is how many entries are read at once.
const verifyBatch = 1000

// Verify recomputes the hash chain from the first entry and finds any that was altered, removed,
// inserted, or cut off at the end. Errors are those of AuthorizeRead.
func (s *Service) Verify(ctx context.Context, p domain.Principal, id domain.ID) (Verification, error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceTimeline, Detail: "verify"}); err != nil {
		return Verification{}, err
	}
	// One snapshot: concurrent appends are not seen in part.
	var verification Verification
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)
		verification = Verification{}
		head, err := q.GetTimelineHead(ctx, id)
		if err != nil {
			return notFoundAs(err, errNoCase())
		}
		verification.Head = head.Hash
		prev := make([]byte, hashSize)
		for {
			rows, err := q.ListTimelineEntriesAfter(ctx, query.ListTimelineEntriesAfterParams{CaseID: id, After: verification.Entries, Limit: verifyBatch})
			if err != nil {
				return err
			}
			for _, r := range rows {
				e := toEntry(r)
				if e.Seq != verification.Entries+1 || !bytes.Equal(e.Prev, prev) || !bytes.Equal(e.Hash, e.computeHash(id)) {
					verification.BrokenAt = verification.Entries + 1
					return nil
				}
				verification.Entries, prev = e.Seq, e.Hash
			}
			if len(rows) < verifyBatch {
				break
			}
		}
		if verification.Intact = verification.Entries == head.Seq && bytes.Equal(prev, head.Hash); !verification.Intact {
			verification.BrokenAt = min(verification.Entries, head.Seq) + 1
		}
		return nil
	})
	return verification, err
}
