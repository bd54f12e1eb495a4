package esign

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"counsel/domain"
	"counsel/domain/esign/envelopes"
)

const documensoName = "documenso"

// Headers of Documenso's requests and webhooks.
const (
	documensoKeyHeader      = "Authorization"
	documensoSecretHeader   = "X-Documenso-Secret" //nolint:gosec // the name of a header
	documensoDeliveryHeader = "X-Documenso-Delivery-Id"
)

// documenso is the client of app.documenso.com or a self-hosted server. It uses version 2 of the API.
type documenso struct{ *client }

var _ envelopes.Provider = documenso{}

// newDocumenso validates cfg. The URL is that of the site, https://host.
func newDocumenso(cfg Config) (documenso, error) {
	c, err := newClient(cfg, func(h http.Header) { h.Set(documensoKeyHeader, cfg.APIKey) })
	return documenso{c}, err
}

// Name implements envelopes.Provider.
func (documenso) Name() string { return documensoName }

// apiPath is the path of version 2 of the API on the site.
const apiPath = "/api/v2"

// The parts of Documenso's JSON that are used here.
type (
	dnEnvelope struct {
		ID         looseString   `json:"id"`
		ExternalID looseString   `json:"externalId"`
		Status     string        `json:"status"`
		DeletedAt  looseTime     `json:"deletedAt"`
		Recipients []dnRecipient `json:"recipients"`
		Items      []struct {
			ID looseString `json:"id"`
		} `json:"envelopeItems"`
	}
	dnRecipient struct {
		ID            looseString `json:"id"`
		Email         string      `json:"email"`
		Token         string      `json:"token"`
		ReadStatus    string      `json:"readStatus"`
		SigningStatus string      `json:"signingStatus"`
		SignedAt      looseTime   `json:"signedAt"`
		Reason        string      `json:"rejectionReason"`
	}
	dnCreateRequest struct {
		Title      string              `json:"title"`
		Type       string              `json:"type"`
		ExternalID string              `json:"externalId"`
		Recipients []dnCreateRecipient `json:"recipients"`
		Meta       dnMeta              `json:"meta"`
	}
	dnMeta struct {
		SigningOrder       string          `json:"signingOrder"`
		DistributionMethod string          `json:"distributionMethod"`
		EmailSettings      map[string]bool `json:"emailSettings"`
	}
	dnCreateRecipient struct {
		Email        string    `json:"email"`
		Name         string    `json:"name"`
		Role         string    `json:"role"`
		SigningOrder int       `json:"signingOrder"`
		Fields       []dnField `json:"fields"`
	}
	dnField struct { // position and size in percent of the page
		Type       string  `json:"type"`
		Identifier int     `json:"identifier"` // index of the file
		Page       int     `json:"page"`
		X          float64 `json:"positionX"`
		Y          float64 `json:"positionY"`
		W          float64 `json:"width"`
		H          float64 `json:"height"`
	}
)

// dnNoEmails turns off all of Documenso's own e-mails.
var dnNoEmails = map[string]bool{"recipientSigningRequest": false, "recipientRemoved": false, "recipientSigned": false, "documentPending": false, "documentCompleted": false, "documentDeleted": false, "ownerDocumentCompleted": false}

// Create implements envelopes.Provider. It creates a draft and then distributes it, which opens it for
// signing. A draft that cannot be distributed is deleted.
func (d documenso) Create(ctx context.Context, e envelopes.Envelope) (string, error) {
	const action = "creating an envelope"
	n := dnCreateRequest{Title: e.Title, Type: "DOCUMENT", ExternalID: e.ExternalID, Meta: dnMeta{SigningOrder: "PARALLEL", DistributionMethod: "NONE", EmailSettings: dnNoEmails}}
	if e.Sequential {
		n.Meta.SigningOrder = "SEQUENTIAL"
	}
	for _, g := range e.Signers {
		b := g.Box
		n.Recipients = append(n.Recipients, dnCreateRecipient{Email: g.Email, Name: g.Name, Role: "SIGNER", SigningOrder: g.Turn, Fields: []dnField{
			{"NAME", 0, b.Page, 100 * b.X, 100 * b.Y, 100 * b.W, 100 * b.H * nameShare},
			{"SIGNATURE", 0, b.Page, 100 * b.X, 100 * (b.Y + b.H*nameShare), 100 * b.W, 100 * b.H * (1 - nameShare)},
		}})
	}
	body, contentType, err := multipartBody(n, e.Document)
	if err != nil {
		return "", err
	}
	var created dnEnvelope
	if err := d.call(ctx, apiRequest{action: action, method: http.MethodPost, path: apiPath + "/envelope/create", body: body, contentType: contentType}, &created); err != nil {
		return "", unexpectedNotFound(err)
	}
	id := string(created.ID)
	if id == "" {
		return "", apiRequest{action: action, method: http.MethodPost}.fail(http.StatusOK, 0, errMalformed)
	}
	if err := d.postJSON(ctx, "opening an envelope", apiPath+"/envelope/distribute", map[string]string{"envelopeId": id}, nil); err != nil {
		if isRejection(err) && d.delete(ctx, id) == nil {
			return "", unexpectedNotFound(err)
		}
		return "", &domain.Error{Code: domain.Unavailable, Reason: reasonUnavailable, Message: unavailableMessage, RetryAfter: defaultRetryAfter, Err: errors.Join(err, envelopes.ErrUncertain)}
	}
	return id, nil
}

// multipartBody encodes a draft as multipart/form-data with its payload and its file.
func multipartBody(n dnCreateRequest, file []byte) (body *bytes.Buffer, contentType string, err error) {
	payload, err := json.Marshal(n)
	if err != nil {
		return nil, "", err
	}
	body = bytes.NewBuffer(make([]byte, 0, len(file)+len(payload)+2048))
	w := multipart.NewWriter(body)
	if err := w.WriteField("payload", string(payload)); err != nil {
		return nil, "", err
	}
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="files"; filename="document.pdf"`},
		"Content-Type":        {"application/pdf"},
	})
	if err != nil {
		return nil, "", err
	}
	if _, err := part.Write(file); err != nil {
		return nil, "", err
	}
	return body, w.FormDataContentType(), w.Close()
}

// Find implements envelopes.Provider.
func (d documenso) Find(ctx context.Context, externalID string) (string, error) {
	const action = "looking an envelope up"
	var out struct {
		Data []dnEnvelope `json:"data"`
	}
	if err := d.getJSON(ctx, action, apiPath+"/envelope?type=DOCUMENT&perPage=100&query="+url.QueryEscape(externalID), &out); err != nil {
		return "", err
	}
	for _, e := range out.Data { // the query also matches titles and names
		if string(e.ExternalID) == externalID && e.ID != "" {
			return string(e.ID), nil
		}
	}
	return "", notFound(action)
}

func (d documenso) envelope(ctx context.Context, id string) (dnEnvelope, error) {
	const action = "reading an envelope"
	var out dnEnvelope
	err := d.getJSON(ctx, action, apiPath+"/envelope/"+url.PathEscape(id), &out)
	if err == nil && string(out.ID) != id {
		err = apiRequest{action: action, method: http.MethodGet}.fail(http.StatusOK, 0, errMalformed)
	}
	return out, err
}

var dnStatuses = map[string]envelopes.Status{"DRAFT": envelopes.Draft, "PENDING": envelopes.Open, "COMPLETED": envelopes.Completed,
	"REJECTED": envelopes.Declined, "CANCELLED": envelopes.Cancelled, "EXPIRED": envelopes.Expired}

// Get implements envelopes.Provider.
func (d documenso) Get(ctx context.Context, id string) (envelopes.State, error) {
	e, err := d.envelope(ctx, id)
	if err != nil {
		return envelopes.State{}, err
	}
	out := envelopes.State{Status: dnStatuses[e.Status]}
	switch {
	case out.Status == "":
		return out, apiRequest{action: "reading an envelope", method: http.MethodGet}.fail(http.StatusOK, 0, errMalformed)
	case !e.DeletedAt.IsZero() && (out.Status == envelopes.Open || out.Status == envelopes.Draft):
		out.Status = envelopes.Cancelled
	}
	for _, g := range e.Recipients {
		p := envelopes.SignerState{Email: g.Email, Signed: g.SigningStatus == "SIGNED", Declined: g.SigningStatus == "REJECTED", Reason: g.Reason}
		p.Viewed = g.ReadStatus == "OPENED" || p.Signed || p.Declined
		if p.Signed {
			p.SignedAt = g.SignedAt.Time
		}
		out.Signers = append(out.Signers, p)
	}
	return out, nil
}

// SigningURL implements envelopes.Provider.
func (d documenso) SigningURL(ctx context.Context, id, email string) (string, error) {
	e, err := d.envelope(ctx, id)
	if err != nil {
		return "", err
	}
	for _, g := range e.Recipients {
		if strings.EqualFold(g.Email, email) && g.Token != "" {
			return d.base.String() + "/sign/" + url.PathEscape(g.Token), nil
		}
	}
	return "", notFound("looking up a signing URL")
}

// Cancel implements envelopes.Provider. Documenso rejects canceling a draft, or an envelope that has already ended, so
// a rejection is checked against the envelope's status.
func (d documenso) Cancel(ctx context.Context, id string) error {
	err := d.postJSON(ctx, "canceling an envelope", apiPath+"/envelope/cancel", map[string]string{"envelopeId": id}, nil)
	if !isRejection(err) {
		return err
	}
	switch state, at := d.Get(ctx, id); {
	case domain.CodeOf(at) == domain.NotFound:
		return nil
	case at != nil:
		return at
	case state.Status == envelopes.Draft, state.Status == envelopes.Open: // older servers can only delete
		return d.delete(ctx, id)
	}
	return nil
}

func (d documenso) delete(ctx context.Context, id string) error {
	err := d.postJSON(ctx, "deleting an envelope", apiPath+"/envelope/delete", map[string]string{"envelopeId": id}, nil)
	if domain.CodeOf(err) == domain.NotFound {
		return nil
	}
	return err
}

// Signed implements envelopes.Provider.
func (d documenso) Signed(ctx context.Context, id string) (envelopes.SignedFiles, error) {
	const action = "fetching the signed file"
	e, err := d.envelope(ctx, id)
	if err != nil {
		return envelopes.SignedFiles{}, err
	}
	if len(e.Items) != 1 {
		return envelopes.SignedFiles{}, apiRequest{action: action, method: http.MethodGet}.fail(http.StatusOK, 0, errMalformed)
	}
	var out envelopes.SignedFiles
	if out.Document, err = d.getPDF(ctx, action, apiPath+"/envelope/item/"+url.PathEscape(string(e.Items[0].ID))+"/download?version=signed"); err != nil {
		return envelopes.SignedFiles{}, err
	}
	out.Audit, err = d.getPDF(ctx, "fetching the audit log", apiPath+"/envelope/"+url.PathEscape(id)+"/audit-log/pdf")
	if domain.CodeOf(err) == domain.NotFound { // older servers have no audit log
		out.Audit, err = nil, nil
	}
	return out, err
}

// ParseWebhook implements envelopes.Provider. Documenso authenticates with a secret header and does not sign the
// body, so the content is only a hint.
func (d documenso) ParseWebhook(header func(string) string, body []byte, _ time.Time) (envelopes.Event, error) {
	if d.cfg.WebhookSecret == "" || !constantTimeEqual(header(documensoSecretHeader), d.cfg.WebhookSecret) {
		return envelopes.Event{}, invalidSignature("wrong secret")
	}
	var w struct {
		Event   string    `json:"event"`
		At      looseTime `json:"createdAt"`
		Payload struct {
			ID         looseString   `json:"id"`
			EnvelopeID looseString   `json:"envelopeId"`
			ExternalID looseString   `json:"externalId"`
			Recipients []dnRecipient `json:"recipients"`
		} `json:"payload"`
	}
	if json.Unmarshal(body, &w) != nil || w.Event == "" || w.Payload.ID == "" && w.Payload.EnvelopeID == "" {
		return envelopes.Event{}, malformedWebhook()
	}
	id := header(documensoDeliveryHeader)
	if id == "" || len(id) > 100 {
		sum := sha256.Sum256(body)
		id = hex.EncodeToString(sum[:])
	}
	h := envelopes.Event{ID: id, At: w.At.Time, EnvelopeID: string(w.Payload.EnvelopeID), ExternalID: string(w.Payload.ExternalID)}
	switch strings.ToUpper(strings.ReplaceAll(w.Event, ".", "_")) {
	case "DOCUMENT_OPENED", "DOCUMENT_SIGNED", "DOCUMENT_RECIPIENT_COMPLETED", "DOCUMENT_COMPLETED", "DOCUMENT_REJECTED", "DOCUMENT_CANCELLED", "RECIPIENT_EXPIRED":
		h.Kind = envelopes.EventOther // the webhook does not say which signer acted
	}
	return h, nil
}
