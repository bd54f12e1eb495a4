package rendering

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/files"
	"counsel/domain/jobs"
)

// MaxBatch is the number of files one batch may render.
const MaxBatch = 500

const (
	progressInterval = 250 * time.Millisecond // minimum time between progress reports
	maxFaults        = 100                    // fields that an error names
	maxOutages       = 3                      // consecutive failures of the service before an attempt ends
	orphanTimeout    = 5 * time.Second        // for adoptOrphan
)

// batchResult is the result of a batch job.
type batchResult struct {
	Items []ItemResult `json:"items"`
}

// ItemResult is the result of one item of a batch: a file or an error.
type ItemResult struct {
	CaseID     *domain.ID `json:"caseId,omitempty"`
	DocumentID *domain.ID `json:"docId,omitempty"`
	Checksum   string     `json:"checksum,omitempty"`
	Size       int64      `json:"size,omitempty"`
	Error      *ItemError `json:"error,omitempty"`
}

// ItemError is why an item was not rendered.
type ItemError struct {
	Code   string       `json:"code"`
	Detail string       `json:"detail"`
	Errors []FieldError `json:"errors,omitempty"`
}

// FieldError names a field of an item that is invalid.
type FieldError struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// StartBatch renders many files in one job, and returns its id.
//
// Each file has an id that is determined by the job, so that a job that runs again, after a crash or an
// outage, renders only the missing files. Permissions are checked again when an item is rendered. An item
// that is rejected does not block the others: the result contains its error. After an outage the job is
// retried; after the last attempt, the result contains an error for each missing item. A file that is
// deleted before its batch has ended may be rendered again.
//
// With an idempotency key, the same items under the same key are one job for as long as it can be looked
// up. Errors are those of Render, before any file is rendered; pointers begin with the item:
// /items/3/data/….
func (s *Service) StartBatch(ctx context.Context, caller domain.Principal, items []Request, key string) (domain.ID, error) {
	if len(items) == 0 || len(items) > MaxBatch {
		return domain.ID{}, domain.InvalidField("/items", "must be 1 to %d", MaxBatch)
	}
	if err := s.checkBatch(ctx, caller, items); err != nil {
		return domain.ID{}, err
	}
	args := RenderBatch{items}
	uniqueKey, err := jobs.UniqueKey(formerBatchKind, args, caller.UserID, key)
	if err != nil {
		return domain.ID{}, err
	}
	ids, err := s.jobs.EnqueueNow(ctx, jobs.Insert{Args: args, Queue: jobs.Bulk, UserID: caller.UserID, KeyID: caller.KeyID, Total: len(items), Key: uniqueKey})
	if err != nil {
		return domain.ID{}, db.Error(err)
	}
	return ids[0], nil
}

// checkBatch rejects a batch whose items cannot be rendered. It checks access once for each case.
func (s *Service) checkBatch(ctx context.Context, caller domain.Principal, items []Request) error {
	checked := map[domain.ID]bool{}
	for i, r := range items {
		if r.CaseID == nil || checked[*r.CaseID] {
			continue
		}
		checked[*r.CaseID] = true
		if err := s.files.AuthorizeCreate(ctx, caller, r.CaseID); err != nil {
			return underItem(err, i, "/caseId")
		}
	}
	var faults *domain.Error
	for i, r := range items {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := s.templates.Bind(ctx, caller, r.TemplateID, r.Version, r.Data)
		if err == nil {
			continue
		}
		err = underItem(err, i, "/templateId")
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

// underItem makes an error name item i: the given field of it, if the error names none.
func underItem(err error, i int, field string) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || !isRequestError(e.Code) {
		return err
	}
	pointer := "/items/" + strconv.Itoa(i)
	under := e.WithPointerPrefix(pointer)
	if len(under.Fields) == 0 {
		under.Fields = []domain.Field{{Pointer: pointer + field, Detail: e.Message}}
	}
	return under
}

// isRequestError reports whether the request, not the service, is at fault.
func isRequestError(c domain.Code) bool {
	switch c {
	case domain.Invalid, domain.Malformed, domain.NotFound, domain.Forbidden, domain.Conflict, domain.TooLarge:
		return true
	}
	return false
}

// renderBatch renders the files of a batch that do not exist yet, in order.
func (s *Service) renderBatch(ctx context.Context, job *jobs.Job[RenderBatch]) (any, error) {
	var (
		results      = make([]ItemResult, 0, len(job.Args.Items))
		caller       domain.Principal
		lastAttempt  = job.Attempt >= batchMaxAttempts
		failure      error // of the service: the job is retried
		outages      int   // consecutive
		completed    int
		lastProgress time.Time
	)
	for i, r := range job.Args.Items {
		if now := s.clock(); now.Sub(lastProgress) >= progressInterval || now.Before(lastProgress) {
			lastProgress = now
			err := job.Progress(ctx, completed)
			if err == nil {
				caller, err = s.batchCaller(ctx, job)
			}
			if err != nil {
				return endEarly(ctx, job, results, err)
			}
		}
		id := batchFileID(job.ID, i)
		result, err := s.renderItem(ctx, caller, id, r, outages < maxOutages)
		switch {
		case ctx.Err() != nil && err != nil:
			return endEarly(ctx, job, s.adoptOrphan(ctx, results, id), err)
		case err == nil:
			completed, outages = completed+1, 0
		default:
			result, outages = ItemResult{Error: newItemError(err)}, outages+1
			if lastAttempt {
				completed++
			} else if failure = err; outages >= maxOutages {
				return nil, failure
			}
		}
		results = append(results, result)
	}
	if failure != nil {
		return nil, failure
	}
	if err := job.Progress(ctx, completed); err != nil {
		return endEarly(ctx, job, results, err)
	}
	return batchResult{results}, nil
}

// endEarly ends an attempt before all items are rendered. The result of a canceled job is what has
// been rendered.
func endEarly(ctx context.Context, job *jobs.Job[RenderBatch], results []ItemResult, err error) (any, error) {
	if errors.Is(err, jobs.ErrCancelled) || errors.Is(context.Cause(ctx), jobs.ErrCancelled) {
		_ = job.Progress(ctx, len(results)) // it fails because of the cancellation
		return batchResult{results}, jobs.ErrCancelled
	}
	return nil, err
}

// adoptOrphan adds the file that was being stored when the attempt ended, if storing it succeeded
// after all.
func (s *Service) adoptOrphan(ctx context.Context, results []ItemResult, id domain.ID) []ItemResult {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), orphanTimeout)
	defer cancel()
	if stored, err := s.findItem(ctx, id); err == nil && stored != nil {
		results = append(results, *stored)
	}
	return results
}

// batchCaller returns the owner of a batch with their current role and the key with which they started
// it, or the zero Principal if the account is deleted or disabled.
func (s *Service) batchCaller(ctx context.Context, job *jobs.Job[RenderBatch]) (domain.Principal, error) {
	users, err := s.accounts.ByID(ctx, []domain.ID{job.UserID})
	if err != nil {
		return domain.Principal{}, err
	}
	u, ok := users[job.UserID]
	if !ok || u.Disabled {
		return domain.Principal{}, nil
	}
	return domain.Principal{UserID: job.UserID, Role: u.Role, KeyID: job.KeyID}, nil
}

var errSkipped = domain.Errorf(domain.Unavailable, "The service was unavailable each time this document was due.")

// renderItem renders one file, or finds it if it exists; attempt is whether to render it. It
// returns an error if the service is at fault; if the item is, the error is in the result.
func (s *Service) renderItem(ctx context.Context, caller domain.Principal, id domain.ID, r Request, attempt bool) (ItemResult, error) {
	stored, err := s.findItem(ctx, id)
	switch {
	case err != nil:
		return ItemResult{}, err
	case stored != nil:
		return *stored, nil
	case !attempt:
		return ItemResult{}, errSkipped
	case caller.UserID.IsZero():
		return ItemResult{Error: newItemError(domain.Errorf(domain.Forbidden, "The account has been disabled."))}, nil
	}
	f, err := s.createItem(ctx, caller, id, r)
	if err != nil {
		if isRequestError(domain.CodeOf(err)) {
			return ItemResult{Error: newItemError(err)}, nil
		}
		return ItemResult{}, err
	}
	return newItemResult(f), nil
}

func (s *Service) createItem(ctx context.Context, caller domain.Principal, id domain.ID, r Request) (files.File, error) {
	if err := s.files.AuthorizeCreate(ctx, caller, r.CaseID); err != nil {
		return files.File{}, err
	}
	select {
	case s.batchSlots <- struct{}{}:
	case <-ctx.Done():
		return files.File{}, ctx.Err()
	}
	n, err := s.renderTemplate(ctx, caller, r)
	<-s.batchSlots
	if err != nil {
		return files.File{}, err
	}
	n.ID, n.Resume = id, true
	return s.files.Create(ctx, n)
}

// findItem returns the file that an earlier attempt stored, or nil.
func (s *Service) findItem(ctx context.Context, id domain.ID) (*ItemResult, error) {
	f, err := s.files.Find(ctx, id)
	if err != nil {
		if domain.CodeOf(err) == domain.NotFound {
			return nil, nil
		}
		return nil, err
	}
	result := newItemResult(f)
	return &result, nil
}

func newItemResult(f files.File) ItemResult {
	return ItemResult{CaseID: f.CaseID, DocumentID: &f.ID, Checksum: f.SHA256.String(), Size: f.Size}
}

func newItemError(err error) *ItemError {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code == domain.Internal {
		return &ItemError{Code: string(domain.Internal), Detail: "The document could not be rendered."}
	}
	out := &ItemError{Code: string(e.Code), Detail: e.Message}
	if e.Reason != "" {
		out.Code = e.Reason
	}
	for _, f := range e.Fields[:min(len(e.Fields), maxFaults)] {
		out.Errors = append(out.Errors, FieldError{Pointer: f.Pointer, Detail: f.Detail})
	}
	return out
}

// redactResult hides the items of cases that the caller may not read any more: they look as if there were
// no such case.
func (s *Service) redactResult(ctx context.Context, caller domain.Principal, result json.RawMessage) (json.RawMessage, error) {
	var r batchResult
	if err := json.Unmarshal(result, &r); err != nil || caller.Admin() {
		return result, err
	}
	readable := map[domain.ID]bool{}
	for i, item := range r.Items {
		if item.CaseID == nil {
			continue
		}
		allowed, checked := readable[*item.CaseID]
		if !checked {
			var err error
			if allowed, err = s.cases.CanRead(ctx, *item.CaseID, caller.UserID); err != nil {
				return nil, err
			}
			readable[*item.CaseID] = allowed
		}
		if !allowed {
			r.Items[i] = ItemResult{Error: newItemError(domain.NoSuch("case"))}
		}
	}
	return json.Marshal(r)
}

// batchFileIDSeed is part of the ids of rendered files and never changes.
const batchFileIDSeed = "docs.render-batch"

// batchFileID is the id of the file of item i: a UUIDv7 of the time of the job, ordered like the items
// (RFC 9562, 6.2), and otherwise determined by the job alone.
func batchFileID(job domain.ID, i int) domain.ID {
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(append([]byte(batchFileIDSeed), job[:]...), uint32(i))) //nolint:gosec // below MaxBatch
	id := job
	binary.BigEndian.PutUint16(id[6:8], 0x7000|uint16(i)) //nolint:gosec // below MaxBatch
	copy(id[8:], sum[:8])
	id[8] = id[8]&0x3f | 0x80
	return id
}
