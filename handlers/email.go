package handlers

import (
	"bytes"
	"context"
	_ "embed"
	htmltemplate "html/template"
	"net/http"

	"counsel/domain"
	"counsel/domain/email"
	"counsel/gen/api"
)

// SendEmail accepts a mail.
func (s *Server) SendEmail(ctx context.Context, r api.SendEmailRequestObject) (api.SendEmailResponseObject, error) {
	m := emailMessage(*r.Body)
	m.ID = made(ctx, 0)
	e, err := s.Email.Send(ctx, caller(ctx), m)
	if err != nil {
		return nil, err
	}
	return api.SendEmail202JSONResponse{ID: api.ID(e.ID), Status: api.EmailStatus(e.Status)}, nil
}

// SendEmails accepts several mails, each by itself.
func (s *Server) SendEmails(ctx context.Context, r api.SendEmailsRequestObject) (api.SendEmailsResponseObject, error) {
	messages := make([]email.Message, len(r.Body.Emails))
	for i, m := range r.Body.Emails {
		messages[i] = emailMessage(m)
		messages[i].ID = made(ctx, i)
	}
	accepted, err := s.Email.SendBatch(ctx, caller(ctx), messages)
	if err != nil {
		return nil, err
	}
	out := api.SendEmailsResponse{Items: make([]api.SendEmailsItem, len(accepted))}
	for i, a := range accepted {
		if a.Err != nil {
			p := describe(asDomain(a.Err), "", "")
			out.Items[i].Error = &api.SendEmailsError{Code: p.Code, Detail: text(p.Detail), Errors: append([]api.FieldError{}, p.Errors...)}
			continue
		}
		id, status := api.ID(a.Email.ID), api.EmailStatus(a.Email.Status)
		out.Items[i].ID, out.Items[i].Status = &id, &status
	}
	return api.SendEmails202JSONResponse(out), nil
}

func emailMessage(r api.SendEmailRequest) email.Message {
	m := email.Message{To: r.To, Cc: r.Cc, Bcc: r.Bcc, ReplyTo: text(r.ReplyTo), Subject: r.Subject, HTML: text(r.BodyHTML), Text: text(r.BodyText)}
	for _, a := range r.Attachments {
		one := email.Attachment{Filename: a.Filename, URL: text(a.FileURL), Inline: a.Inline != nil && *a.Inline}
		if a.DocID != nil {
			one.DocumentID = domain.ID(*a.DocID)
		}
		m.Attachments = append(m.Attachments, one)
	}
	if r.SendAt != nil {
		m.SendAt = *r.SendAt
	}
	return m
}

// ListEmails pages through mails.
func (s *Server) ListEmails(ctx context.Context, r api.ListEmailsRequestObject) (api.ListEmailsResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Email.List(ctx, caller(ctx), email.Filter{
		UserID: (*domain.ID)(r.Params.UserID), Status: email.Status(text(r.Params.Status)), Limit: limit(r.Params.Limit), Before: before})
	if err != nil {
		return nil, err
	}
	page := api.EmailList{Items: make([]api.Email, len(items)), NextCursor: cursor(next)}
	for i, e := range items {
		page.Items[i] = emailOf(e)
		page.Items[i].BodyText, page.Items[i].BodyHTML = nil, nil
	}
	return api.ListEmails200JSONResponse(page), nil
}

// GetEmail answers what became of a mail.
func (s *Server) GetEmail(ctx context.Context, r api.GetEmailRequestObject) (api.GetEmailResponseObject, error) {
	e, err := s.Email.Get(ctx, caller(ctx), domain.ID(r.EmailID))
	if err != nil {
		return nil, err
	}
	return api.GetEmail200JSONResponse(emailOf(e)), nil
}

// CancelEmail keeps a mail from being sent.
func (s *Server) CancelEmail(ctx context.Context, r api.CancelEmailRequestObject) (api.CancelEmailResponseObject, error) {
	return api.CancelEmail204Response{}, s.Email.Cancel(ctx, caller(ctx), domain.ID(r.EmailID))
}

// ListSuppressions pages through the addresses that are not written to.
func (s *Server) ListSuppressions(ctx context.Context, r api.ListSuppressionsRequestObject) (api.ListSuppressionsResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Email.Suppressions(ctx, caller(ctx), limit(r.Params.Limit), before)
	if err != nil {
		return nil, err
	}
	page := api.SuppressionList{Items: make([]api.Suppression, len(items)), NextCursor: cursor(next)}
	for i, one := range items {
		page.Items[i] = suppression(one)
	}
	return api.ListSuppressions200JSONResponse(page), nil
}

// CreateSuppression puts an address onto the list.
func (s *Server) CreateSuppression(ctx context.Context, r api.CreateSuppressionRequestObject) (api.CreateSuppressionResponseObject, error) {
	one, err := s.Email.Suppress(ctx, caller(ctx), r.Body.Address)
	if err != nil {
		return nil, err
	}
	return api.CreateSuppression201JSONResponse(suppression(one)), nil
}

// DeleteSuppression takes an address off the list.
func (s *Server) DeleteSuppression(ctx context.Context, r api.DeleteSuppressionRequestObject) (api.DeleteSuppressionResponseObject, error) {
	return api.DeleteSuppression204Response{}, s.Email.Unsuppress(ctx, caller(ctx), domain.ID(r.SuppressionID))
}

func suppression(one email.Suppression) api.Suppression {
	return api.Suppression{ID: api.ID(one.ID), Address: one.Address, Reason: api.SuppressionReason(one.Reason), CreatedAt: one.CreatedAt}
}

func emailOf(e email.Email) api.Email {
	out := api.Email{ID: api.ID(e.ID), UserID: api.ID(e.UserID), Subject: e.Subject, BodyText: given(e.Text), BodyHTML: given(e.HTML), ReplyTo: given(e.ReplyTo),
		Status: api.EmailStatus(e.Status), Reason: given(e.Reason), Attempts: int32(e.Attempts), SendAt: e.SendAt, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
		Recipients: make([]api.EmailRecipient, len(e.Recipients)), Attachments: make([]api.EmailFile, len(e.Attachments))}
	for i, r := range e.Recipients {
		out.Recipients[i] = api.EmailRecipient{Address: r.Address, Field: api.EmailRecipientField(r.Field), Status: api.EmailRecipientStatus(r.Status), Reason: given(r.Reason)}
	}
	for i, f := range e.Attachments {
		out.Attachments[i] = api.EmailFile{Filename: f.Filename, DocID: api.ID(f.DocumentID), ContentType: f.ContentType, Size: f.Size, Inline: f.Inline}
	}
	return out
}

//go:embed unsubscribe.html
var unsubscribeHTML string

// unsubscribePage asks, or with true says that it is done.
var unsubscribePage = htmltemplate.Must(htmltemplate.New("unsubscribe").Parse(unsubscribeHTML))

type unsubscribed bool

func (u unsubscribed) write(w http.ResponseWriter) error {
	var b bytes.Buffer
	if err := unsubscribePage.Execute(&b, bool(u)); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	_, err := w.Write(b.Bytes())
	return err
}

func (u unsubscribed) VisitGetUnsubscribePageResponse(w http.ResponseWriter) error { return u.write(w) }
func (u unsubscribed) VisitUnsubscribeAddressResponse(w http.ResponseWriter) error { return u.write(w) }

// GetUnsubscribePage asks whether to unsubscribe.
func (s *Server) GetUnsubscribePage(ctx context.Context, r api.GetUnsubscribePageRequestObject) (api.GetUnsubscribePageResponseObject, error) {
	if _, err := s.Email.Subscriber(ctx, r.Link); err != nil {
		return nil, err
	}
	return unsubscribed(false), nil
}

// UnsubscribeAddress takes whoever a mail went to off what is sent to many.
func (s *Server) UnsubscribeAddress(ctx context.Context, r api.UnsubscribeAddressRequestObject) (api.UnsubscribeAddressResponseObject, error) {
	if err := s.Email.Unsubscribe(ctx, r.Link); err != nil {
		return nil, err
	}
	return unsubscribed(true), nil
}
