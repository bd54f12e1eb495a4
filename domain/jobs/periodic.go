package jobs

import (
	"context"
	"fmt"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

type period struct {
	name   string
	kind   string
	length time.Duration
	last   int64 // the period that was last added, by whomever
}

// errBusy puts an occasion off, without counting as a try.
var errBusy = domain.Errorf(domain.Conflict, "It still runs from before.")

// busyPause is how long an occasion is put off.
const busyPause = time.Second

type occasion struct {
	Number int64 `json:"number"`
}

// Every registers a task that is done once a period however many servers there are, before Start.
// Periods are counted by the database's clock from 1970. One in which no server runs is left
// out, so is one whose time passed before a worker was free, or while the task still ran from
// before: it does not run twice at a time. A failed one is not tried again: the next period is.
func (s *Service) Every(name string, length time.Duration, do func(context.Context) error) {
	p := &period{name: name, kind: "every." + name, length: length, last: -1}
	s.periods = append(s.periods, p)
	s.Handle(p.kind, Options{Tries: 1, Timeout: max(length, time.Minute), kept: 2*length + time.Hour}, func(ctx context.Context, run *Run) (any, error) {
		var o occasion
		if err := run.Read(&o); err != nil {
			return nil, err
		}
		now, err := s.rows.DatabaseTime(ctx)
		if err != nil {
			return nil, db.Error(err)
		}
		if o.Number < p.number(now) {
			return "late", nil
		}
		others, err := s.rows.CountOthersRunning(ctx, query.CountOthersRunningParams{Kind: run.Kind, ID: run.ID})
		if err != nil {
			return nil, db.Error(err)
		}
		if others > 0 {
			return nil, errBusy
		}
		return nil, do(ctx)
	})
}

func (p *period) number(now time.Time) int64 { return now.UnixMicro() / p.length.Microseconds() }

// addPeriods adds the present occasion of each periodic task, unless somebody has.
func (s *Service) addPeriods(ctx context.Context) error {
	if len(s.periods) == 0 {
		return nil
	}
	now, err := s.rows.DatabaseTime(ctx)
	if err != nil {
		return err
	}
	for _, p := range s.periods {
		n := p.number(now)
		if n == p.last {
			continue
		}
		err := db.WithTx(ctx, s.DB, func(tx db.Tx) error {
			_, err := s.Add(ctx, tx, New{
				Kind: p.kind, Queue: Standard, Payload: occasion{n}, Key: fmt.Sprintf("%s/%s/%d", p.kind, p.length, n),
			})
			return err
		})
		if err != nil {
			return err
		}
		p.last = n
		s.Wake()
	}
	return nil
}
