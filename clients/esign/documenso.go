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
	"counsel/domain/esign"
)

const documensoName = "documenso"

// Headers of Documenso's requests and webhooks.
const (
	documensoKeyHeader      = "Authorization"
	documensoSecretHeader   = "X-Documenso-Secret"
	documensoDeliveryHeader = "X-Documenso-Delivery-Id"
)

// Documenso is the client of app.documenso.com or a self-hosted server. It uses version 2 of the API.
type Documenso struct{ *client }

var _ esign.Provider = Documenso{}

// newDocumenso validates cfg. The URL is that of the site, https://host.
func NewDocumenso(cfg Config) (Documenso, error) {
	c, err := newClient(cfg, func(h http.Header) { h.Set(documensoKeyHeader, cfg.APIKey) })
	return Documenso{c}, err
}

// Name implements esign.Provider.
func (Documenso) Name() string { return documensoName }

// apiPath is the path of version 2 of the API on the site.
const api = "/api/v2"

// The parts of Documenso's JSON that are used here.
type (
	dnEnvelope struct {
		ID         loose         `json:"id"`
		ExternalID loose         `json:"externalId"`
		Status     string        `json:"status"`
		DeletedAt  moment        `json:"deletedAt"`
		Recipients []dnRecipient `json:"recipients"`
		Items      []struct {
			ID loose `json:"id"`
		} `json:"envelopeItems"`
	}
	dnRecipient struct {
		ID            loose  `json:"id"`
		Email         string `json:"email"`
		Token         string `json:"token"`
		ReadStatus    string `json:"readStatus"`
		SigningStatus string `json:"signingStatus"`
		SignedAt      moment `json:"signedAt"`
		Reason        string `json:"rejectionReason"`
	}
	dnNew struct {
		Title      string           `json:"title"`
		Type       string           `json:"type"`
		ExternalID string           `json:"externalId"`
		Recipients []dnNewRecipient `json:"recipients"`
		Meta       dnMeta           `json:"meta"`
	}
	dnMeta struct {
		SigningOrder       string          `json:"signingOrder"`
		DistributionMethod string          `json:"distributionMethod"`
		EmailSettings      map[string]bool `json:"emailSettings"`
	}
	dnNewRecipient struct {
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
var dnSilent = map[string]bool{"recipientSigningRequest": false, "recipientRemoved": false, "recipientSigned": false, "documentPending": false, "documentCompleted": false, "documentDeleted": false, "ownerDocumentCompleted": false}

// Create implements esign.Provider. It creates a draft and then distributes it, which opens it for
// signing. A draft that cannot be distributed is deleted.
func (d Documenso) Create(ctx context.Context, e esign.Envelope) (string, error) {
	const what = "creating an envelope"
	n := dnNew{Title: e.Title, Type: "DOCUMENT", ExternalID: e.ExternalID, Meta: dnMeta{SigningOrder: "PARALLEL", DistributionMethod: "NONE", EmailSettings: dnSilent}}
	if e.Workflow == esign.Sequential {
		n.Meta.SigningOrder = "SEQUENTIAL"
	}
	for _, g := range e.Signers {
		b := g.Box
		n.Recipients = append(n.Recipients, dnNewRecipient{Email: g.Email, Name: g.Name, Role: "SIGNER", SigningOrder: g.Turn, Fields: []dnField{
			{"NAME", 0, b.Page, 100 * b.X, 100 * b.Y, 100 * b.W, 100 * b.H * nameShare},
			{"SIGNATURE", 0, b.Page, 100 * b.X, 100 * (b.Y + b.H*nameShare), 100 * b.W, 100 * b.H * (1 - nameShare)},
		}})
	}
	body, contentType, err := form(n, e.Document)
	if err != nil {
		return "", err
	}
	var made dnEnvelope
	if err := d.ask(ctx, question{what: what, method: http.MethodPost, path: api + "/envelope/create", body: body, contentType: contentType}, &made); err != nil {
		return "", refused(err)
	}
	id := string(made.ID)
	if id == "" {
		return "", question{what: what, method: http.MethodPost}.failed(http.StatusOK, 0, errNonsense)
	}
	if err := d.post(ctx, "opening an envelope", api+"/envelope/distribute", map[string]string{"envelopeId": id}, nil); err != nil {
		if said(err) && d.remove(ctx, id) == nil {
			return "", refused(err)
		}
		return "", &domain.Error{Code: domain.Unavailable, Reason: reasonUnavailable, Message: downMessage, RetryAfter: retryLater, Err: errors.Join(err, esign.ErrUncertain)}
	}
	return id, nil
}

// multipartBody encodes a draft as multipart/form-data with its payload and its file.
func form(n dnNew, file []byte) (body *bytes.Buffer, contentType string, err error) {
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

// Find implements esign.Provider.
func (d Documenso) Find(ctx context.Context, externalID string) (string, error) {
	const what = "looking an envelope up"
	var out struct {
		Data []dnEnvelope `json:"data"`
	}
	if err := d.get(ctx, what, api+"/envelope?type=DOCUMENT&perPage=100&query="+url.QueryEscape(externalID), &out); err != nil {
		return "", err
	}
	for _, e := range out.Data { // the query also matches titles and names
		if string(e.ExternalID) == externalID && e.ID != "" {
			return string(e.ID), nil
		}
	}
	return "", unknown(what)
}

func (d Documenso) envelope(ctx context.Context, id string) (dnEnvelope, error) {
	const what = "reading an envelope"
	var out dnEnvelope
	err := d.get(ctx, what, api+"/envelope/"+url.PathEscape(id), &out)
	if err == nil && string(out.ID) != id {
		err = question{what: what, method: http.MethodGet}.failed(http.StatusOK, 0, errNonsense)
	}
	return out, err
}

var dnStatuses = map[string]esign.EnvelopeStatus{"DRAFT": esign.EnvelopeDraft, "PENDING": esign.EnvelopeOpen, "COMPLETED": esign.EnvelopeCompleted,
	"REJECTED": esign.EnvelopeDeclined, "CANCELLED": esign.EnvelopeCancelled, "EXPIRED": esign.EnvelopeExpired}

// Get implements esign.Provider.
func (d Documenso) Get(ctx context.Context, id string) (esign.EnvelopeState, error) {
	e, err := d.envelope(ctx, id)
	if err != nil {
		return esign.EnvelopeState{}, err
	}
	out := esign.EnvelopeState{Status: dnStatuses[e.Status]}
	switch {
	case out.Status == "":
		return out, question{what: "reading an envelope", method: http.MethodGet}.failed(http.StatusOK, 0, errNonsense)
	case !e.DeletedAt.IsZero() && (out.Status == esign.EnvelopeOpen || out.Status == esign.EnvelopeDraft):
		out.Status = esign.EnvelopeCancelled
	}
	for _, g := range e.Recipients {
		p := esign.EnvelopeProgress{Email: g.Email, Signed: g.SigningStatus == "SIGNED", Declined: g.SigningStatus == "REJECTED", Reason: g.Reason}
		p.Viewed = g.ReadStatus == "OPENED" || p.Signed || p.Declined
		if p.Signed {
			p.SignedAt = g.SignedAt.Time
		}
		out.Signers = append(out.Signers, p)
	}
	return out, nil
}

// SigningURL implements esign.Provider.
func (d Documenso) SigningURL(ctx context.Context, id, email string) (string, error) {
	e, err := d.envelope(ctx, id)
	if err != nil {
		return "", err
	}
	for _, g := range e.Recipients {
		if strings.EqualFold(g.Email, email) && g.Token != "" {
			return d.base.String() + "/sign/" + url.PathEscape(g.Token), nil
		}
	}
	return "", unknown("looking up a signing URL")
}

// Cancel implements esign.Provider. Documenso rejects canceling a draft, or an envelope that has already ended, so
// a rejection is checked against the envelope's status.
func (d Documenso) Cancel(ctx context.Context, id string) error {
	err := d.post(ctx, "canceling an envelope", api+"/envelope/cancel", map[string]string{"envelopeId": id}, nil)
	if !said(err) {
		return err
	}
	switch state, at := d.Get(ctx, id); {
	case domain.CodeOf(at) == domain.NotFound:
		return nil
	case at != nil:
		return at
	case state.Status == esign.EnvelopeDraft, state.Status == esign.EnvelopeOpen: // older servers can only delete
		return d.remove(ctx, id)
	}
	return nil
}

func (d Documenso) remove(ctx context.Context, id string) error {
	err := d.post(ctx, "deleting an envelope", api+"/envelope/delete", map[string]string{"envelopeId": id}, nil)
	if domain.CodeOf(err) == domain.NotFound {
		return nil
	}
	return err
}

// Signed implements esign.Provider.
func (d Documenso) Signed(ctx context.Context, id string) (esign.SignedFiles, error) {
	const what = "fetching the signed file"
	e, err := d.envelope(ctx, id)
	if err != nil {
		return esign.SignedFiles{}, err
	}
	if len(e.Items) != 1 {
		return esign.SignedFiles{}, question{what: what, method: http.MethodGet}.failed(http.StatusOK, 0, errNonsense)
	}
	var out esign.SignedFiles
	if out.Document, err = d.file(ctx, what, api+"/envelope/item/"+url.PathEscape(string(e.Items[0].ID))+"/download?version=signed"); err != nil {
		return esign.SignedFiles{}, err
	}
	out.Audit, err = d.file(ctx, "fetching the audit log", api+"/envelope/"+url.PathEscape(id)+"/audit-log/pdf")
	if domain.CodeOf(err) == domain.NotFound { // older servers have no audit log
		out.Audit, err = nil, nil
	}
	return out, err
}

// ParseWebhook implements esign.Provider. Documenso authenticates with a secret header and does not sign the
// body, so the content is only a hint.
func (d Documenso) ParseWebhook(header func(string) string, body []byte, _ time.Time) (esign.Hint, error) {
	if d.cfg.WebhookSecret == "" || !same(header(documensoSecretHeader), d.cfg.WebhookSecret) {
		return esign.Hint{}, forged("wrong secret")
	}
	var w struct {
		Event   string `json:"event"`
		At      moment `json:"createdAt"`
		Payload struct {
			ID         loose         `json:"id"`
			EnvelopeID loose         `json:"envelopeId"`
			ExternalID loose         `json:"externalId"`
			Recipients []dnRecipient `json:"recipients"`
		} `json:"payload"`
	}
	if json.Unmarshal(body, &w) != nil || w.Event == "" || w.Payload.ID == "" && w.Payload.EnvelopeID == "" {
		return esign.Hint{}, unreadable()
	}
	id := header(documensoDeliveryHeader)
	if id == "" || len(id) > 100 {
		sum := sha256.Sum256(body)
		id = hex.EncodeToString(sum[:])
	}
	h := esign.Hint{ID: id, At: w.At.Time, EnvelopeID: string(w.Payload.EnvelopeID), ExternalID: string(w.Payload.ExternalID)}
	switch strings.ToUpper(strings.ReplaceAll(w.Event, ".", "_")) {
	case "DOCUMENT_OPENED", "DOCUMENT_SIGNED", "DOCUMENT_RECIPIENT_COMPLETED", "DOCUMENT_COMPLETED", "DOCUMENT_REJECTED", "DOCUMENT_CANCELLED", "RECIPIENT_EXPIRED":
		h.Kind = esign.HintEnvelope // the webhook does not say which signer acted
	}
	return h, nil
}
