package esign

import (
	"context"
	"errors"
	"io"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/esign/evidence"
)

// eofReader calls onEOF before it returns the end of the file: whoever has the last byte was logged.
type eofReader struct {
	io.ReadCloser
	onEOF func() error
}

// Read implements io.Reader.
func (r *eofReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && r.onEOF != nil {
		onEOF := r.onEOF
		r.onEOF = nil
		if err := onEOF(); err != nil {
			return n, err
		}
	}
	return n, err
}

const logViewedTimeout = 10 * time.Second

// logViewed logs that a signer has downloaded the whole document.
func (s *Service) logViewed(ctx context.Context, token string, v View, by Visitor) error {
	// The browser may have disconnected after the last byte that it needed.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logViewedTimeout)
	defer cancel()
	viewed := by.event(evidence.EventViewed, v.Signer.Number)
	if logged, err := s.isLogged(ctx, v.Request.ID, viewed); err != nil || logged {
		return err
	}
	_, err := s.withSigner(ctx, token, "viewed", func(tx db.Tx, r *Request, signer *Signer) error {
		if signer.Status == Sent || signer.Status == Opened {
			if err := signer.move(Viewed); err != nil {
				return err
			}
		}
		return s.log(ctx, tx, r, viewed)
	})
	if domain.CodeOf(err) == domain.Conflict { // the link or its case has closed meanwhile
		return nil
	}
	return err
}

// maxDevices is how many devices of one signer are logged, so that nobody can fill the log.
const maxDevices = 20

// isLogged reports whether the log already has such an event of the same device, or of too many others.
func (s *Service) isLogged(ctx context.Context, id domain.ID, e evidence.Event) (bool, error) {
	log, err := readLog(ctx, s.queries, id)
	if err != nil {
		return false, err
	}
	devices := 0
	for _, old := range log {
		if old.Kind == e.Kind && old.Signer == e.Signer {
			if devices++; old.Address == printable(e.Address, maxAddress) && old.Agent == printable(e.Agent, maxAgent) || devices >= maxDevices {
				return true, nil
			}
		}
	}
	return false, nil
}
