package compliance

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/jobs"
	"counsel/domain/registry"
	query "counsel/gen/query/compliance"
)

const (
	syncEvery    = time.Minute
	syncFor      = 50 * time.Second // then the next run continues
	syncBatch    = 50
	postponed    = 10 * time.Minute // a watch whose register could not be asked, so that it does not hold up the others
	defaultPause = time.Minute
	nightStart   = 22 * time.Hour // UTC
	nightMinutes = 8 * 60
)

// reasonRateLimited is the reason of an error while a register's rate limit is used up.
const reasonRateLimited = "registry_rate_limited"

type syncArgs struct{}

// Kind is the name of the job.
func (syncArgs) Kind() string { return "compliance.sync" }

// RegisterJobs registers the job that checks what is due.
func (s *Service) RegisterJobs(r jobs.Registry) { jobs.Schedule[syncArgs](r, syncEvery, s.Sync) }

// nextCheck returns when a watch is due next: at its minute of the night, which is the same every night.
func nextCheck(id domain.ID, now time.Time) time.Time {
	h := fnv.New32a()
	_, _ = h.Write(id[:])
	minute := time.Duration(binary.BigEndian.Uint32(h.Sum(nil))%nightMinutes) * time.Minute
	next := now.UTC().Truncate(24 * time.Hour).Add(nightStart - 24*time.Hour + minute)
	for !next.After(now) {
		next = next.Add(24 * time.Hour)
	}
	return next
}

// registerNames are the registers, each of which Sync asks in a sequence of its own.
var registerNames = func() (all []string) {
	for _, name := range []registry.SourceName{registry.GLEIF, registry.CompaniesHouse, registry.VIES, registry.Sanctions} {
		all = append(all, string(name), testPrefix+string(name))
	}
	return all
}()

// testPrefix marks the stand-ins of test mode.
const testPrefix = "test-"

// Sync checks what is due, until nothing is, every register asks to wait, or the time of a run is over.
func (s *Service) Sync(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	until := s.clock().Add(syncFor)
	for _, name := range registerNames {
		group.Go(func() error { return s.syncRegister(ctx, name, until) })
	}
	return group.Wait()
}

func (s *Service) syncRegister(ctx context.Context, name string, until time.Time) error {
	for {
		now := s.clock()
		if s.paused(name, now) || !now.Before(until) {
			return nil
		}
		rows, err := query.New(s.db).ListDueWatches(ctx, query.ListDueWatchesParams{Source: name, Due: now, Limit: syncBatch})
		if err != nil {
			return db.Error(err)
		}
		if len(rows) == 0 {
			return nil
		}
		watches, err := toWatches(rows)
		if err != nil {
			return err
		}
		for _, w := range watches {
			if s.paused(name, s.clock()) || !s.clock().Before(until) {
				return nil
			}
			if err := s.checkDue(ctx, name, w); err != nil {
				return err
			}
		}
	}
}

func (s *Service) paused(name string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Before(s.pauses[name])
}

func (s *Service) pause(name string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pauses[name] = until
}

// checkDue checks one watch. A register that cannot be asked is paused.
func (s *Service) checkDue(ctx context.Context, name string, w Watch) error {
	answer, err := s.ask(ctx, w)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch domain.CodeOf(err) {
	case domain.Unavailable, domain.RateLimited, domain.Timeout:
		e, _ := errors.AsType[*domain.Error](err)
		now := s.clock()
		s.pause(name, now.Add(cmp.Or(e.RetryAfter, defaultPause)))
		s.log.InfoContext(ctx, "a register cannot be asked; its checks continue later", "register", name, "reason", e.Reason, "retry_after", cmp.Or(e.RetryAfter, defaultPause))
		if e.Reason == reasonRateLimited {
			return nil
		}
		return db.Error(query.New(s.db).UpdateWatchNextCheck(ctx, query.UpdateWatchNextCheckParams{NextCheckAt: now.Add(postponed), ID: w.ID, Previous: w.NextCheckAt}))
	}
	_, err = s.record(ctx, domain.System(w.UserID), s.newID(), w, answer, err, false)
	if code := domain.CodeOf(err); err != nil && (code == domain.NotFound || code == domain.Conflict) {
		return nil // it was deleted or checked meanwhile
	}
	return err
}

// CheckNow checks a watch at once. Errors are those of the register, which are not recorded, and of the policy. as is
// optional: a retry with the same ID returns the check that the first request made.
func (s *Service) CheckNow(ctx context.Context, p domain.Principal, id, as domain.ID) (Check, error) {
	w, err := s.authorizedToChange(ctx, p, id)
	if err != nil {
		return Check{}, err
	}
	if as.IsZero() {
		as = s.newID()
	} else if row, err := query.New(s.db).GetCheck(ctx, query.GetCheckParams{WatchID: id, ID: as}); err == nil {
		return toCheck(row)
	}
	answer, err := s.ask(ctx, w)
	if err != nil {
		if domain.CodeOf(err) == domain.NotFound {
			return Check{}, domain.Errorf(domain.Conflict, "The register has no such company any more.")
		}
		return Check{}, err
	}
	return s.record(ctx, p, as, w, answer, nil, true)
}

// ask asks the register of a watch.
func (s *Service) ask(ctx context.Context, w Watch) (a Answer, err error) {
	test, q := w.UserID.IsTest(), w.Subject
	switch w.Kind {
	case KindCompany:
		var c registry.Company
		c, a.Officers, err = s.registers.CurrentCompany(ctx, test, q.Source, q.CompanyID)
		a.Company = &c
	case KindSanctions:
		var r registry.ScreeningResult
		r, err = s.registers.Screen(ctx, test, registry.Screening{Name: q.Name, Kind: q.Screened, BirthYear: q.BirthYear})
		a.Sanctions = &r
	case KindVAT:
		var v registry.VATAnswer
		v, err = s.registers.CheckVAT(ctx, test, q.Number)
		a.VAT = &v
	}
	return a, err
}

// record writes a check, the watch's last answer and its next time, and reports changes, all in one transaction. Conflict: somebody
// has checked it meanwhile. logged: the case's timeline has an entry even if nothing has changed.
func (s *Service) record(ctx context.Context, p domain.Principal, id domain.ID, w Watch, answer Answer, failure error, logged bool) (Check, error) {
	now := s.clock()
	c := Check{ID: id, WatchID: w.ID, Outcome: OutcomeUnchanged, Asked: w.Subject, Changes: []Change{}, CheckedAt: now}
	merged := answer
	switch {
	case failure != nil:
		e, ok := errors.AsType[*domain.Error](failure)
		if !ok {
			e = &domain.Error{Code: domain.Internal, Err: failure}
		}
		c.Outcome, c.ErrorCode = OutcomeFailed, cmp.Or(e.Reason, string(e.Code))
	case w.Answer == nil:
		c.Outcome, c.Answer = OutcomeFirst, &answer
	default:
		c.Answer = &answer
		if c.Changes = compare(*w.Answer, answer); len(c.Changes) > 0 {
			c.Outcome = OutcomeChanged
		}
		merged = merge(w.Answer, answer)
	}
	if c.Changes == nil {
		c.Changes = []Change{}
	}
	// Hits of the first check are news, too: nobody has seen them.
	report := c.Outcome == OutcomeChanged || c.Outcome == OutcomeFirst && answer.Sanctions != nil && len(answer.Sanctions.Hits) > 0
	rows, err := c.rows(w, merged, nextCheck(w.ID, now))
	if err != nil {
		return Check{}, err
	}
	write := func(tx db.Tx) error {
		q := query.New(tx)
		current, err := q.LockWatch(ctx, w.ID)
		if errors.Is(err, sql.ErrNoRows) {
			return noSuchWatch()
		}
		if err != nil {
			return err
		}
		if !current.NextCheckAt.Equal(w.NextCheckAt) {
			return domain.Errorf(domain.Conflict, "The watch was checked just now.")
		}
		if err := q.CreateCheck(ctx, rows.check); err != nil {
			return err
		}
		if _, err := q.UpdateWatchChecked(ctx, rows.watch); err != nil {
			return err
		}
		if !report {
			return nil
		}
		return s.events.Publish(ctx, tx, domain.Event{Type: domain.EventWatchChanged, UserID: w.UserID, CaseID: w.CaseID, Data: map[string]domain.ID{"watchId": w.ID, "checkId": c.ID, "assigneeId": w.UserID}})
	}
	if w.CaseID != nil && (report || logged) {
		err = s.recordInCase(ctx, p, w, c, report, write)
	} else {
		err = db.WithTx(ctx, s.db, write)
	}
	if err != nil {
		return Check{}, err
	}
	s.metrics.Checked(w.Kind, c.Outcome)
	return c, nil
}

// recordInCase writes a check with its entry in the timeline and, for a change, a task. In a closed case, a nightly check
// is recorded without them.
func (s *Service) recordInCase(ctx context.Context, p domain.Principal, w Watch, c Check, report bool, write func(db.Tx) error) error {
	action := cases.Action{Verb: cases.VerbUpdate, Resource: cases.ResourceWatch, ID: &w.ID, Detail: "checked: " + string(c.Outcome)}
	if types := changeTypes(c.Changes); types != "" {
		action.Detail = "changed: " + types
	}
	written := func(tx db.Tx) error {
		if err := write(tx); err != nil || !report {
			return err
		}
		_, err := s.cases.CreateTask(ctx, tx, domain.System(w.UserID), *w.CaseID, "Review: "+w.Label+" ("+cmp.Or(changeTypes(c.Changes), string(ChangeSanctionsHit))+")")
		return err
	}
	err := s.cases.AuthorizedTx(ctx, p, *w.CaseID, &action, written)
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Reason == "case_closed" && p == domain.System(w.UserID) {
		return db.WithTx(ctx, s.db, write)
	}
	return err
}

// changeTypes lists the types of changes, each once.
func changeTypes(changes []Change) string {
	var types []string
	for _, c := range changes {
		if !slices.Contains(types, string(c.Type)) {
			types = append(types, string(c.Type))
		}
	}
	return strings.Join(types, ", ")
}

// checkRows are the rows that a check writes.
type checkRows struct {
	check query.CreateCheckParams
	watch query.UpdateWatchCheckedParams
}

func (c Check) rows(w Watch, merged Answer, next time.Time) (rows checkRows, err error) {
	asked, err := encode(c.Asked)
	if err != nil {
		return rows, err
	}
	changes, err := encode(c.Changes)
	if err != nil {
		return rows, err
	}
	rows.check = query.CreateCheckParams{ID: c.ID, WatchID: w.ID, Outcome: string(c.Outcome), Asked: asked, Changes: changes, ErrorCode: c.ErrorCode, CheckedAt: c.CheckedAt}
	rows.watch = query.UpdateWatchCheckedParams{ID: w.ID, NextCheckAt: next, LastCheckedAt: sql.NullTime{Time: c.CheckedAt, Valid: true}}
	if c.Answer != nil {
		answer, err := encode(*c.Answer)
		if err != nil {
			return rows, err
		}
		last, err := encode(merged)
		if err != nil {
			return rows, err
		}
		rows.check.Answer, rows.watch.Answer = sql.NullString{String: answer, Valid: true}, sql.NullString{String: last, Valid: true}
		return rows, nil
	}
	if w.Answer != nil {
		last, err := encode(*w.Answer)
		if err != nil {
			return rows, err
		}
		rows.watch.Answer = sql.NullString{String: last, Valid: true}
	}
	return rows, nil
}
