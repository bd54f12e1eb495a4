package esign_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/email"
	"counsel/domain/text"
)

// fakeAccounts are accounts in memory.
type fakeAccounts map[domain.ID]account.User

func (d fakeAccounts) ByID(_ context.Context, ids []domain.ID) (map[domain.ID]account.User, error) {
	return d, nil
}

func (d fakeAccounts) ByEmail(_ context.Context, address string) (account.User, error) {
	for _, u := range d {
		if u.Email == address {
			return u, nil
		}
	}
	return account.User{}, domain.Errorf(domain.NotFound, "nobody")
}

// fakeMailServer is a mail server with a suppression list and a quota.
type fakeMailServer struct {
	mu      sync.Mutex
	mails   []sentMail
	outcome func(address string) email.Result // nil: every mail is accepted
	bad     bool                              // a rejected address does not exist

	blocked map[string]email.SuppressionReason
	charged int
	quota   int // 0: unlimited
}

func (p *fakeMailServer) ReserveQuota(_ context.Context, _ domain.Principal, n int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quota > 0 && p.charged+n > p.quota {
		return &domain.Error{Code: domain.RateLimited, Message: "too many", RetryAfter: time.Hour}
	}
	p.charged += n
	return nil
}

func (p *fakeMailServer) WhySuppressed(_ context.Context, address string) (email.SuppressionReason, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.blocked[address], nil
}

func (p *fakeMailServer) SuppressBounced(_ context.Context, address string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked[address] = email.SuppressedBounce
	return nil
}

type sentMail struct {
	id                              domain.ID
	to, subject, text, html, answer string
	files                           map[string][]byte
}

func (p *fakeMailServer) Send(_ context.Context, m email.Outgoing) []email.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(m.Recipients) != 1 || m.To[0] != m.Recipients[0] { // a name would be read as part of the address
		return []email.Outcome{{Result: email.Refused, Err: errors.New("no such header")}}
	}
	if p.outcome != nil {
		if r := p.outcome(m.To[0]); r != email.Accepted {
			return []email.Outcome{{Result: r, BadAddress: p.bad, Err: errors.New("the test says so")}}
		}
	}
	l := sentMail{id: m.ID, to: m.To[0], subject: m.Subject, text: m.Text, html: m.HTML, answer: m.ReplyTo, files: map[string][]byte{}}
	for _, f := range m.Files {
		body, err := io.ReadAll(f.Body)
		if err != nil {
			return []email.Outcome{{Err: err}}
		}
		l.files[f.Name] = body
	}
	p.mails = append(p.mails, l)
	return []email.Outcome{{Result: email.Accepted}}
}

// switchableExtractor uses an extractor that a test sets; nil: none, so no document has text.
type switchableExtractor struct{ text.Extractor }

func (s *switchableExtractor) Pages(ctx context.Context, contentType string, file io.ReaderAt, size int64) (text.Text, error) {
	if s.Extractor == nil {
		return text.Text{}, nil
	}
	return s.Extractor.Pages(ctx, contentType, file, size)
}
