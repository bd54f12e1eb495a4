package email

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/email"
)

// Get returns a mail that the caller sent; an admin can get any. It fails with NotFound.
func (s *Service) Get(ctx context.Context, caller domain.Principal, id domain.ID) (Email, error) {
	row, err := s.rows.GetEmail(ctx, id)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && (row.Kind != kindMessage || !caller.MayAccess(row.UserID)):
		return Email{}, notFound()
	case err != nil:
		return Email{}, db.Error(err)
	}
	full, err := s.load(ctx, []query.Email{row})
	if err != nil {
		return Email{}, err
	}
	return full[0], nil
}

// List returns a page of mails, newest first. next is the cursor of the next page, nil on the last. It fails with
// Forbidden if a user other than an admin lists the mails of another.
func (s *Service) List(ctx context.Context, caller domain.Principal, f Filter) (items []Email, next *domain.ID, err error) {
	user := f.UserID
	switch {
	case user != nil && !caller.MayAccess(*user):
		return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may read other users' e-mails.")
	case user == nil && !caller.Admin():
		user = &caller.UserID
	}
	limit := domain.PageSize(f.Limit)
	cursor := domain.CursorOrMax(f.Cursor)
	statuses := []Status{f.Status}
	if f.Status == Queued {
		statuses = append(statuses, Sending)
	}
	var rows []query.Email
	for _, status := range statuses { // a separate index range for each
		var some []query.Email
		if user != nil {
			some, err = s.rows.ListEmailsByUser(ctx, query.ListEmailsByUserParams{UserID: *user, Cursor: cursor, Status: string(status), Limit: int32(limit + 1)})
		} else {
			some, err = s.rows.ListEmails(ctx, query.ListEmailsParams{Cursor: cursor, Status: string(status), Limit: int32(limit + 1)})
		}
		if err != nil {
			return nil, nil, db.Error(err)
		}
		rows = append(rows, some...)
	}
	slices.SortFunc(rows, func(a, b query.Email) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	rows, next = domain.Page(rows, limit, func(r query.Email) domain.ID { return r.ID })
	items, err = s.load(ctx, rows)
	return items, next, err
}

// load converts rows and adds recipients and attachments.
func (s *Service) load(ctx context.Context, rows []query.Email) ([]Email, error) {
	out, at, ids := make([]Email, len(rows)), make(map[domain.ID]*Email, len(rows)), make([]domain.ID, len(rows))
	for i, r := range rows {
		out[i] = Email{ID: r.ID, UserID: r.UserID, Subject: r.Subject, Text: r.BodyText, HTML: r.BodyHtml, ReplyTo: domain.EmailUnicode(r.ReplyTo), Status: Status(r.Status), Reason: r.Reason,
			Attempts: int(r.Attempts), SendAt: r.SendAt, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
		if out[i].Status == Sending {
			out[i].Status = Queued
		}
		at[r.ID], ids[i] = &out[i], r.ID
	}
	if len(rows) == 0 {
		return out, nil
	}
	recipients, err := s.rows.ListEmailRecipients(ctx, ids)
	if err != nil {
		return nil, db.Error(err)
	}
	for _, r := range recipients {
		e := at[r.EmailID]
		e.Recipients = append(e.Recipients, Recipient{Field: r.Field, Address: domain.EmailUnicode(r.Address), Status: Status(r.Status), Reason: r.Reason})
	}
	files, err := s.rows.ListEmailAttachments(ctx, ids)
	if err != nil {
		return nil, db.Error(err)
	}
	for _, f := range files {
		e := at[f.EmailID]
		e.Attachments = append(e.Attachments, AttachedFile{DocumentID: f.DocumentID, Filename: f.Filename, ContentType: f.ContentType, Size: f.Size, Inline: f.Inline})
	}
	return out, nil
}

// Cancel cancels a queued mail. It fails with Conflict if the mail was sent or is being sent, and with NotFound like
// Get.
func (s *Service) Cancel(ctx context.Context, caller domain.Principal, id domain.ID) error {
	if _, err := s.Get(ctx, caller, id); err != nil {
		return err
	}
	return db.WithTx(ctx, s.db, func(tx db.Tx) error {
		q := query.New(tx)
		row, err := q.LockEmail(ctx, id)
		if errors.Is(err, sql.ErrNoRows) {
			return notFound()
		} else if err != nil {
			return err
		}
		switch Status(row.Status) {
		case Cancelled:
			return nil
		case Queued:
		default:
			return domain.Errorf(domain.Conflict, "The e-mail has been sent or is being sent.")
		}
		return cancel(ctx, q, row, s.clock())
	})
}
