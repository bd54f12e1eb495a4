package documents

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"runtime"
	"strconv"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

// MaxBatch is how many files one batch may make.
const MaxBatch = 500

const (
	batchKind     = "docs.render-batch"
	batchTries    = 10
	batchTime     = 30 * time.Minute       // of one try
	batchProgress = 250 * time.Millisecond // at most this often
	maxFaults     = 100                    // fields a refusal names
	maxOutages    = 3                      // in a row, then a try goes no further
)

// People knows the accounts. account.Service fulfils it.
type People interface {
	// ByID returns the accounts there are among ids.
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
}

// Batches makes many files in one job. It is safe for concurrent use.
//
// Each file has its id before it is made, so that a job that is done again, after a crash or an
// outage, makes only those that are missing. What the caller may do is asked again when a file's
// turn comes. A file that is refused does not hold up the others: the job's result says so in its
// place. An outage has the job tried again; when it has been for the last time, what is missing is
// said to be. A document that is deleted before its batch has ended may be made again.
type Batches struct {
	press  *Press
	jobs   *jobs.Service
	people People
	turns  chan struct{} // files being made for batches, here: no more than half the processors do that
}

// NewBatches makes them, and has jobs do them; before jobs is started.
func NewBatches(p *Press, j *jobs.Service, people People) *Batches {
	b := &Batches{press: p, jobs: j, people: people, turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	j.Handle(batchKind, jobs.Options{Tries: batchTries, Timeout: batchTime, Show: b.show}, b.do)
	return b
}

type batch struct {
	Items []RenderRequest `json:"items"`
}

// BatchItem says what came of one file of a batch. One of a case that is closed to its reader by now
// looks as if there were no such case.
type BatchItem struct {
	CaseID     *domain.ID  `json:"caseId,omitempty"`
	DocumentID *domain.ID  `json:"docId,omitempty"`
	Checksum   string      `json:"checksum,omitempty"`
	Size       int64       `json:"size,omitempty"`
	Error      *BatchFault `json:"error,omitempty"`
}

// BatchFault is why a file was not made.
type BatchFault struct {
	Code   string       `json:"code"`
	Detail string       `json:"detail"`
	Errors []BatchField `json:"errors,omitempty"`
}

// BatchField names a part of the item that cannot be accepted.
type BatchField struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

type batchResult struct {
	Items []BatchItem `json:"items"`
}

// show leaves out of a result what is of cases that are closed to the caller by now.
func (b *Batches) show(ctx context.Context, caller domain.Principal, result json.RawMessage) (json.RawMessage, error) {
	var r batchResult
	if err := json.Unmarshal(result, &r); err != nil || caller.Admin() {
		return result, err
	}
	open := map[domain.ID]bool{}
	for i, item := range r.Items {
		if item.CaseID == nil {
			continue
		}
		may, asked := open[*item.CaseID]
		if !asked {
			var err error
			if may, err = b.press.archive.Cases.CanRead(ctx, *item.CaseID, caller.UserID); err != nil {
				return nil, err
			}
			open[*item.CaseID] = may
		}
		if !may {
			r.Items[i] = BatchItem{Error: faultOf(noCase())}
		}
	}
	return json.Marshal(r)
}

// Start has files made later, and returns the id of the job. With a key, the same items under the
// same key are one job for as long as it can be looked up. It fails as Render does, before any file
// is made; pointers then begin with the item: /items/3/data/….
func (b *Batches) Start(ctx context.Context, caller domain.Principal, items []RenderRequest, key string) (domain.ID, error) {
	if len(items) == 0 || len(items) > MaxBatch {
		return domain.ID{}, domain.InvalidField("/items", "must be 1 to %d", MaxBatch)
	}
	if err := b.check(ctx, caller, items); err != nil {
		return domain.ID{}, err
	}
	work := batch{items}
	once, err := jobs.Once(batchKind, caller.UserID, key, work)
	if err != nil {
		return domain.ID{}, err
	}
	ids, err := b.jobs.AddNow(ctx, jobs.New{Kind: batchKind, Queue: jobs.Bulk, UserID: caller.UserID, Payload: work, Total: len(items), Key: once})
	if err != nil {
		return domain.ID{}, db.Error(err)
	}
	return ids[0], nil
}

// check refuses what is known to fail. Each case is asked once.
func (b *Batches) check(ctx context.Context, caller domain.Principal, items []RenderRequest) error {
	asked := map[domain.ID]bool{}
	for i, r := range items {
		if r.CaseID == nil || asked[*r.CaseID] {
			continue
		}
		asked[*r.CaseID] = true
		if err := b.press.mayKeep(ctx, caller, r.CaseID); err != nil {
			return ofItem(err, i, "/caseId")
		}
	}
	var faults *domain.Error
	for i, r := range items {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := b.press.templates.Document(ctx, caller, r.TemplateID, r.Version, r.Data)
		if err == nil {
			continue
		}
		err = ofItem(err, i, "/templateId")
		e, ok := errors.AsType[*domain.Error](err)
		if !ok || e.Code != domain.Invalid {
			return err
		}
		if faults == nil {
			faults = e
		} else {
			faults.Fields = append(faults.Fields, e.Fields...)
		}
		if len(faults.Fields) >= maxFaults {
			break
		}
	}
	if faults != nil {
		return faults
	}
	return nil
}

// ofItem makes an error name the item it is about: part, where it names nothing in it.
func ofItem(err error, i int, part string) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || !ofRequest(e.Code) {
		return err
	}
	at := "/items/" + strconv.Itoa(i)
	named := e.Under(at)
	if len(named.Fields) == 0 {
		named.Fields = []domain.Field{{Pointer: at + part, Detail: e.Message}}
	}
	return named
}

// ofRequest tells what is wrong with a request from what is wrong with the service.
func ofRequest(c domain.Code) bool {
	switch c {
	case domain.Invalid, domain.Malformed, domain.NotFound, domain.Forbidden, domain.Conflict, domain.TooLarge:
		return true
	}
	return false
}

// do makes the files of a batch that are not made yet, in their order.
func (b *Batches) do(ctx context.Context, run *jobs.Run) (any, error) {
	var work batch
	if err := run.Read(&work); err != nil {
		return nil, err
	}
	var (
		items   = make([]BatchItem, 0, len(work.Items))
		caller  domain.Principal
		last    = run.Try >= batchTries
		failure error // of the service: the job is to be done again
		outages int   // in a row
		settled int
		said    time.Time
		clock   = b.press.archive.Clock
	)
	for i, r := range work.Items {
		if now := clock(); now.Sub(said) >= batchProgress || now.Before(said) {
			said = now
			err := run.Progress(ctx, settled)
			if err == nil {
				caller, err = b.caller(ctx, run.UserID)
			}
			if err != nil {
				return b.stopped(ctx, run, items, err)
			}
		}
		id := batchDocument(run.ID, i)
		item, err := b.item(ctx, caller, id, r, outages < maxOutages)
		switch {
		case ctx.Err() != nil && err != nil:
			return b.stopped(ctx, run, b.late(ctx, items, id), err)
		case err == nil:
			settled, outages = settled+1, 0
		default:
			item, outages = BatchItem{Error: faultOf(err)}, outages+1
			if last {
				settled++
			} else if failure = err; outages >= maxOutages {
				return nil, failure
			}
		}
		items = append(items, item)
	}
	if failure != nil {
		return nil, failure
	}
	if err := run.Progress(ctx, settled); err != nil {
		return b.stopped(ctx, run, items, err)
	}
	return batchResult{items}, nil
}

// stopped ends a run early: one that was cancelled with what was done.
func (b *Batches) stopped(ctx context.Context, run *jobs.Run, items []BatchItem, err error) (any, error) {
	if errors.Is(err, jobs.ErrCancelled) || errors.Is(context.Cause(ctx), jobs.ErrCancelled) {
		_ = run.Progress(ctx, len(items)) // what it fails with is known
		return batchResult{items}, jobs.ErrCancelled
	}
	return nil, err
}

// late adds the document that was being kept when the run ended, if that was still done.
func (b *Batches) late(ctx context.Context, items []BatchItem, id domain.ID) []BatchItem {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTime)
	defer cancel()
	if made, err := b.lookUp(ctx, id); err == nil && made != nil {
		items = append(items, *made)
	}
	return items
}

// caller is what somebody may do now; the zero Principal: nothing.
func (b *Batches) caller(ctx context.Context, id domain.ID) (domain.Principal, error) {
	users, err := b.people.ByID(ctx, []domain.ID{id})
	if err != nil {
		return domain.Principal{}, err
	}
	u, ok := users[id]
	if !ok || u.Disabled {
		return domain.Principal{}, nil
	}
	return domain.Principal{UserID: id, Role: u.Role}, nil
}

var errGivenUp = domain.Errorf(domain.Unavailable, "A part of the service was down whenever it was this document's turn.")

// item makes one file, or finds it made. An error is the service's.
func (b *Batches) item(ctx context.Context, caller domain.Principal, id domain.ID, r RenderRequest, try bool) (BatchItem, error) {
	made, err := b.lookUp(ctx, id)
	switch {
	case err != nil:
		return BatchItem{}, err
	case made != nil:
		return *made, nil
	case !try:
		return BatchItem{}, errGivenUp
	case caller.UserID.IsZero():
		return BatchItem{Error: faultOf(domain.Errorf(domain.Forbidden, "The account may do nothing any more."))}, nil
	}
	s, err := b.make(ctx, caller, id, r)
	if err != nil {
		if ofRequest(domain.CodeOf(err)) {
			return BatchItem{Error: faultOf(err)}, nil
		}
		return BatchItem{}, err
	}
	return itemOf(s), nil
}

func (b *Batches) make(ctx context.Context, caller domain.Principal, id domain.ID, r RenderRequest) (Stored, error) {
	if err := b.press.mayKeep(ctx, caller, r.CaseID); err != nil {
		return Stored{}, err
	}
	select {
	case b.turns <- struct{}{}:
	case <-ctx.Done():
		return Stored{}, ctx.Err()
	}
	n, err := b.press.print(ctx, caller, r)
	<-b.turns
	if err != nil {
		return Stored{}, err
	}
	n.ID, n.Again = id, true
	return b.press.archive.Save(ctx, n)
}

// lookUp finds what an earlier try has made; nil: nothing.
func (b *Batches) lookUp(ctx context.Context, id domain.ID) (*BatchItem, error) {
	row, err := query.New(b.press.archive.DB).GetStoredDocument(ctx, id)
	if err != nil {
		if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
			return nil, nil
		}
		return nil, err
	}
	item := itemOf(stored(row))
	return &item, nil
}

func itemOf(s Stored) BatchItem {
	return BatchItem{CaseID: s.CaseID, DocumentID: &s.ID, Checksum: s.SHA256.String(), Size: s.Size}
}

func faultOf(err error) *BatchFault {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code == domain.Internal {
		return &BatchFault{Code: string(domain.Internal), Detail: "It could not be done."}
	}
	f := &BatchFault{Code: string(e.Code), Detail: e.Message}
	if e.Reason != "" {
		f.Code = e.Reason
	}
	for _, one := range e.Fields[:min(len(e.Fields), maxFaults)] {
		f.Errors = append(f.Errors, BatchField{Pointer: one.Pointer, Detail: one.Detail})
	}
	return f
}

// batchDocument is the id of a batch's document: a UUIDv7 of the time of the job, the documents of
// a batch in their order (RFC 9562, 6.2), and else determined by the job alone.
func batchDocument(job domain.ID, i int) domain.ID {
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(append([]byte(batchKind), job[:]...), uint32(i))) //nolint:gosec // below MaxBatch
	id := job
	binary.BigEndian.PutUint16(id[6:8], 0x7000|uint16(i)) //nolint:gosec // below MaxBatch
	copy(id[8:], sum[:8])
	id[8] = id[8]&0x3f | 0x80
	return id
}
