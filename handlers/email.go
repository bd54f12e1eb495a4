package handlers

import (
	"context"
	"counsel/domain"
	"counsel/domain/email"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"counsel/handlers/pages"
	"counsel/handlers/problem"
)

// SendEmail accepts an e-mail for delivery.
func (s *Server) SendEmail(ctx context.Context, r api.SendEmailRequestObject) (api.SendEmailResponseObject, error) {
	m := fromAPIEmail(*r.Body)
	m.ID = middleware.DerivedID(ctx, 0)
	e, err := s.email.Send(ctx, principal(ctx), m)
	if err != nil {
		return nil, err
	}
	return api.SendEmail202JSONResponse{ID: api.ID(e.ID), Status: api.EmailStatus(e.Status)}, nil
}

// SendEmails accepts several e-mails, each on its own.
func (s *Server) SendEmails(ctx context.Context, r api.SendEmailsRequestObject) (api.SendEmailsResponseObject, error) {
	messages := make([]email.Message, len(r.Body.Emails))
	for i, m := range r.Body.Emails {
		messages[i] = fromAPIEmail(m)
		messages[i].ID = middleware.DerivedID(ctx, i)
	}
	accepted, err := s.email.SendBatch(ctx, principal(ctx), messages)
	if err != nil {
		return nil, err
	}
	out := api.SendEmailsResponse{Items: make([]api.SendEmailsItem, len(accepted))}
	for i, a := range accepted {
		if a.Err != nil {
			p := s.problems.Describe(problem.FromError(a.Err), "", "")
			out.Items[i].Error = &api.SendEmailsError{Code: p.Code, Detail: deref(p.Detail), Errors: append([]api.FieldError{}, p.Errors...)}
			continue
		}
		id, status := api.ID(a.Email.ID), api.EmailStatus(a.Email.Status)
		out.Items[i].ID, out.Items[i].Status = &id, &status
	}
	return api.SendEmails202JSONResponse(out), nil
}

func fromAPIEmail(r api.SendEmailRequest) email.Message {
	m := email.Message{To: r.To, Cc: r.Cc, Bcc: r.Bcc, ReplyTo: deref(r.ReplyTo), Subject: r.Subject, HTML: deref(r.BodyHTML), Text: deref(r.BodyText)}
	for _, a := range r.Attachments {
		attachment := email.Attachment{Filename: a.Filename, URL: deref(a.FileURL), Inline: a.Inline != nil && *a.Inline}
		if a.DocID != nil {
			attachment.DocumentID = domain.ID(*a.DocID)
		}
		m.Attachments = append(m.Attachments, attachment)
	}
	if r.SendAt != nil {
		m.SendAt = *r.SendAt
	}
	return m
}

// ListEmails lists e-mails.
func (s *Server) ListEmails(ctx context.Context, r api.ListEmailsRequestObject) (api.ListEmailsResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.email.List(ctx, principal(ctx), email.Filter{
		UserID: (*domain.ID)(r.Params.UserID), Status: email.Status(deref(r.Params.Status)), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	page := api.EmailList{Items: make([]api.Email, len(items)), NextCursor: encodeCursor(next)}
	for i, e := range items {
		page.Items[i] = toAPIEmail(e)
		page.Items[i].BodyText, page.Items[i].BodyHTML = nil, nil
	}
	return api.ListEmails200JSONResponse(page), nil
}

// GetEmail returns an e-mail with its delivery status.
func (s *Server) GetEmail(ctx context.Context, r api.GetEmailRequestObject) (api.GetEmailResponseObject, error) {
	e, err := s.email.Get(ctx, principal(ctx), domain.ID(r.EmailID))
	if err != nil {
		return nil, err
	}
	return api.GetEmail200JSONResponse(toAPIEmail(e)), nil
}

// CancelEmail cancels an e-mail that was not sent yet.
func (s *Server) CancelEmail(ctx context.Context, r api.CancelEmailRequestObject) (api.CancelEmailResponseObject, error) {
	return api.CancelEmail204Response{}, s.email.Cancel(ctx, principal(ctx), domain.ID(r.EmailID))
}

// ListSuppressions lists the addresses that get no e-mail.
func (s *Server) ListSuppressions(ctx context.Context, r api.ListSuppressionsRequestObject) (api.ListSuppressionsResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.email.Suppressions(ctx, principal(ctx), limit(r.Params.Limit), cursor)
	if err != nil {
		return nil, err
	}
	page := api.SuppressionList{Items: make([]api.Suppression, len(items)), NextCursor: encodeCursor(next)}
	for i, suppression := range items {
		page.Items[i] = toAPISuppression(suppression)
	}
	return api.ListSuppressions200JSONResponse(page), nil
}

// CreateSuppression adds an address to the suppression list.
func (s *Server) CreateSuppression(ctx context.Context, r api.CreateSuppressionRequestObject) (api.CreateSuppressionResponseObject, error) {
	suppression, err := s.email.Suppress(ctx, principal(ctx), r.Body.Address)
	if err != nil {
		return nil, err
	}
	return api.CreateSuppression201JSONResponse(toAPISuppression(suppression)), nil
}

// DeleteSuppression removes an address from the suppression list.
func (s *Server) DeleteSuppression(ctx context.Context, r api.DeleteSuppressionRequestObject) (api.DeleteSuppressionResponseObject, error) {
	return api.DeleteSuppression204Response{}, s.email.Unsuppress(ctx, principal(ctx), domain.ID(r.SuppressionID))
}

func toAPISuppression(suppression email.Suppression) api.Suppression {
	return api.Suppression{ID: api.ID(suppression.ID), Address: suppression.Address, Reason: api.SuppressionReason(suppression.Reason), CreatedAt: suppression.CreatedAt}
}

func toAPIEmail(e email.Email) api.Email {
	out := api.Email{ID: api.ID(e.ID), UserID: api.ID(e.UserID), Subject: e.Subject, BodyText: optional(e.Text), BodyHTML: optional(e.HTML), ReplyTo: optional(e.ReplyTo),
		Status: api.EmailStatus(e.Status), Reason: optional(e.Reason), Attempts: int32(e.Attempts), SendAt: e.SendAt, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
		Recipients: make([]api.EmailRecipient, len(e.Recipients)), Attachments: make([]api.EmailFile, len(e.Attachments))}
	if e.UserID.IsTest() {
		out.TestMode = testMode()
	}
	for i, r := range e.Recipients {
		out.Recipients[i] = api.EmailRecipient{Address: r.Address, Field: api.EmailRecipientField(r.Field), Status: api.EmailRecipientStatus(r.Status), Reason: optional(r.Reason)}
	}
	for i, f := range e.Attachments {
		out.Attachments[i] = api.EmailFile{Filename: f.Filename, DocID: api.ID(f.DocumentID), ContentType: f.ContentType, Size: f.Size, Inline: f.Inline}
	}
	return out
}

// GetUnsubscribePage returns the page that asks whether to unsubscribe.
func (s *Server) GetUnsubscribePage(ctx context.Context, r api.GetUnsubscribePageRequestObject) (api.GetUnsubscribePageResponseObject, error) {
	if _, err := s.email.UnsubscribeAddress(ctx, r.Link); err != nil {
		return nil, err
	}
	page, err := pages.Unsubscribe(false)
	return pageResponse{page: page}, err
}

// UnsubscribeAddress unsubscribes the recipient from bulk e-mail.
func (s *Server) UnsubscribeAddress(ctx context.Context, r api.UnsubscribeAddressRequestObject) (api.UnsubscribeAddressResponseObject, error) {
	if err := s.email.Unsubscribe(ctx, r.Link); err != nil {
		return nil, err
	}
	page, err := pages.Unsubscribe(true)
	return pageResponse{page: page}, err
}
