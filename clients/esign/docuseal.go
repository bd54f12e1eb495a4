package esign

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"counsel/domain"
	"counsel/domain/esign/envelopes"
)

const docuSealName = "docuseal"

// Headers of DocuSeal's requests and webhooks.
const (
	docuSealKeyHeader       = "X-Auth-Token"
	docuSealSignatureHeader = "X-Docuseal-Signature"
)

// docuSeal is the client of docuseal.com, docuseal.eu, or a self-hosted server with the paid API. Servers
// without it cannot create an envelope from a PDF and return 404.
type docuSeal struct{ *client }

var _ envelopes.Provider = docuSeal{}

// newDocuSeal validates cfg. The URL is https://api.docuseal.com, https://api.docuseal.eu, or https://host/api.
func newDocuSeal(cfg Config) (docuSeal, error) {
	c, err := newClient(cfg, func(h http.Header) { h.Set(docuSealKeyHeader, cfg.APIKey) })
	return docuSeal{c}, err
}

// Name implements envelopes.Provider.
func (docuSeal) Name() string { return docuSealName }

// The parts of DocuSeal's JSON that are used here. A submission is an envelope, a submitter a signer. Only
// submitters have an external id: the envelope's, a colon, and the signer's position from 1.
type (
	dsSubmission struct {
		ID         looseString   `json:"id"`
		Status     string        `json:"status"`
		ArchivedAt looseTime     `json:"archived_at"`
		AuditURL   string        `json:"audit_log_url"`
		Submitters []dsSubmitter `json:"submitters"`
		Documents  []dsFile      `json:"documents"`
		Events     []dsEvent     `json:"submission_events"`
	}
	dsSubmitter struct {
		ID            looseString `json:"id"`
		SubmissionID  looseString `json:"submission_id"`
		ExternalID    looseString `json:"external_id"`
		Email         string      `json:"email"`
		Slug          string      `json:"slug"`
		Status        string      `json:"status"`
		OpenedAt      looseTime   `json:"opened_at"`
		CompletedAt   looseTime   `json:"completed_at"`
		DeclinedAt    looseTime   `json:"declined_at"`
		DeclineReason string      `json:"decline_reason"`
	}
	dsFile struct {
		URL string `json:"url"`
	}
	dsEvent struct {
		SubmitterID looseString     `json:"submitter_id"`
		Type        string          `json:"event_type"`
		Data        json.RawMessage `json:"data"`
	}
)

type (
	dsCreateRequest struct {
		Name       string              `json:"name"`
		SendEmail  bool                `json:"send_email"`
		Order      string              `json:"order"`
		ExpireAt   string              `json:"expire_at"`
		Documents  []dsCreateDocument  `json:"documents"`
		Submitters []dsCreateSubmitter `json:"submitters"`
		RemoveTags bool                `json:"remove_tags"`
	}
	dsCreateDocument struct {
		Name   string    `json:"name"`
		File   string    `json:"file"`
		Fields []dsField `json:"fields"`
	}
	dsField struct {
		Name     string   `json:"name"`
		Type     string   `json:"type"`
		Role     string   `json:"role"`
		Required bool     `json:"required"`
		Areas    []dsArea `json:"areas"`
	}
	dsArea struct {
		X    float64 `json:"x"`
		Y    float64 `json:"y"`
		W    float64 `json:"w"`
		H    float64 `json:"h"`
		Page int     `json:"page"`
	}
	dsCreateSubmitter struct {
		Name       string        `json:"name"`
		Role       string        `json:"role"`
		Email      string        `json:"email"`
		ExternalID string        `json:"external_id"`
		SendEmail  bool          `json:"send_email"`
		Order      int           `json:"order"`
		Fields     []dsPrefilled `json:"fields"`
	}
	dsPrefilled struct {
		Name         string `json:"name"`
		DefaultValue string `json:"default_value"`
		Readonly     bool   `json:"readonly"`
	}
)

// nameShare is the fraction of a signer's box used for the printed name.
const nameShare = 0.25

// Create implements envelopes.Provider.
func (d docuSeal) Create(ctx context.Context, e envelopes.Envelope) (string, error) {
	n := dsCreateRequest{Name: e.Title, Order: "random", ExpireAt: e.ExpiresAt.UTC().Format("2006-01-02 15:04:05 UTC")}
	if e.Sequential {
		n.Order = "preserved"
	}
	file := dsCreateDocument{Name: e.Title, File: base64.StdEncoding.EncodeToString(e.Document)}
	for i, g := range e.Signers {
		place := strconv.Itoa(i + 1)
		role, name, b := "Signer "+place, "Name "+place, g.Box
		file.Fields = append(file.Fields,
			dsField{Name: name, Type: "text", Role: role, Areas: []dsArea{{b.X, b.Y, b.W, b.H * nameShare, b.Page}}},
			dsField{Name: "Signature " + place, Type: "signature", Role: role, Required: true, Areas: []dsArea{{b.X, b.Y + b.H*nameShare, b.W, b.H * (1 - nameShare), b.Page}}})
		n.Submitters = append(n.Submitters, dsCreateSubmitter{Name: g.Name, Role: role, Email: g.Email, ExternalID: e.ExternalID + ":" + place, Order: g.Turn - 1,
			Fields: []dsPrefilled{{name, g.Name, true}}})
	}
	n.Documents = []dsCreateDocument{file}
	const action = "creating an envelope"
	var out dsSubmission
	if err := d.postJSON(ctx, action, "/submissions/pdf", n, &out); err != nil {
		return "", unexpectedNotFound(err)
	}
	if out.ID == "" {
		return "", apiRequest{action: action, method: http.MethodPost}.fail(http.StatusOK, 0, errMalformed)
	}
	return string(out.ID), nil
}

// Find implements envelopes.Provider.
func (d docuSeal) Find(ctx context.Context, externalID string) (string, error) {
	const action = "looking an envelope up"
	var out struct {
		Data []dsSubmitter `json:"data"`
	}
	first := externalID + ":1"
	if err := d.getJSON(ctx, action, "/submitters?limit=100&external_id="+url.QueryEscape(first), &out); err != nil {
		return "", err
	}
	for _, g := range out.Data {
		if string(g.ExternalID) == first && g.SubmissionID != "" {
			return string(g.SubmissionID), nil
		}
	}
	return "", notFound(action)
}

// notFound is the error for an entry missing from a list.
func notFound(action string) error {
	return apiRequest{action: action, method: http.MethodGet}.fail(http.StatusNotFound, 0, errRejected)
}

func (d docuSeal) submission(ctx context.Context, id string) (dsSubmission, error) {
	const action = "reading an envelope"
	var out dsSubmission
	err := d.getJSON(ctx, action, "/submissions/"+url.PathEscape(id), &out)
	if err == nil && string(out.ID) != id {
		err = apiRequest{action: action, method: http.MethodGet}.fail(http.StatusOK, 0, errMalformed)
	}
	return out, err
}

var dsStatuses = map[string]envelopes.Status{"pending": envelopes.Open, "completed": envelopes.Completed, "declined": envelopes.Declined, "expired": envelopes.Expired}

// Get implements envelopes.Provider.
func (d docuSeal) Get(ctx context.Context, id string) (envelopes.State, error) {
	s, err := d.submission(ctx, id)
	if err != nil {
		return envelopes.State{}, err
	}
	out := envelopes.State{Status: dsStatuses[s.Status]}
	switch {
	case out.Status == "":
		return out, apiRequest{action: "reading an envelope", method: http.MethodGet}.fail(http.StatusOK, 0, errMalformed)
	case out.Status == envelopes.Open && !s.ArchivedAt.IsZero():
		out.Status = envelopes.Cancelled
	}
	for _, g := range s.Submitters {
		p := envelopes.SignerState{Email: g.Email, ViewedAt: g.OpenedAt.Time, SignedAt: g.CompletedAt.Time, DeclinedAt: g.DeclinedAt.Time, Reason: g.DeclineReason}
		p.Signed = g.Status == "completed"
		p.Declined = g.Status == "declined"
		p.Viewed = g.Status == "opened" || !g.OpenedAt.IsZero() || p.Signed || p.Declined
		for _, e := range s.Events {
			if e.Type == "decline_form" && e.SubmitterID == g.ID && p.Reason == "" {
				var data struct {
					Reason string `json:"reason"`
				}
				_ = json.Unmarshal(e.Data, &data) // anything else has no reason
				p.Reason = data.Reason
			}
		}
		out.Signers = append(out.Signers, p)
	}
	return out, nil
}

// SigningURL implements envelopes.Provider.
func (d docuSeal) SigningURL(ctx context.Context, id, email string) (string, error) {
	s, err := d.submission(ctx, id)
	if err != nil {
		return "", err
	}
	for _, g := range s.Submitters {
		if strings.EqualFold(g.Email, email) && g.Slug != "" {
			web := url.URL{Scheme: d.base.Scheme, Host: strings.TrimPrefix(d.base.Host, "api."), Path: strings.TrimSuffix(d.base.Path, "/api") + "/s/" + g.Slug}
			return web.String(), nil
		}
	}
	return "", notFound("looking up a signing URL")
}

// Cancel implements envelopes.Provider.
func (d docuSeal) Cancel(ctx context.Context, id string) error {
	err := d.call(ctx, apiRequest{action: "canceling an envelope", method: http.MethodDelete, path: "/submissions/" + url.PathEscape(id)}, nil)
	if domain.CodeOf(err) == domain.NotFound {
		return nil
	}
	return err
}

// Signed implements envelopes.Provider.
func (d docuSeal) Signed(ctx context.Context, id string) (envelopes.SignedFiles, error) {
	const action = "fetching the signed file"
	s, err := d.submission(ctx, id)
	if err != nil {
		return envelopes.SignedFiles{}, err
	}
	var list dsSubmission
	if err := d.getJSON(ctx, action, "/submissions/"+url.PathEscape(id)+"/documents?merge=true", &list); err != nil {
		return envelopes.SignedFiles{}, err
	}
	if len(list.Documents) != 1 {
		return envelopes.SignedFiles{}, apiRequest{action: action, method: http.MethodGet}.fail(http.StatusOK, 0, errMalformed)
	}
	var out envelopes.SignedFiles
	if out.Document, err = d.downloadPDF(ctx, action, list.Documents[0].URL); err == nil && s.AuditURL != "" {
		out.Audit, err = d.downloadPDF(ctx, "fetching the audit log", s.AuditURL)
	}
	return out, err
}

// ParseWebhook implements envelopes.Provider. The signature is an HMAC over the time and the body.
func (d docuSeal) ParseWebhook(header func(string) string, body []byte, now time.Time) (envelopes.Event, error) {
	at, given, ok := strings.Cut(header(docuSealSignatureHeader), ".")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || d.cfg.WebhookSecret == "" {
		return envelopes.Event{}, invalidSignature("no valid signature header")
	}
	mac := hmac.New(sha256.New, []byte(d.cfg.WebhookSecret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	if !constantTimeEqual(given, hex.EncodeToString(mac.Sum(nil))) {
		return envelopes.Event{}, invalidSignature("wrong signature")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > webhookTolerance || age < -webhookTolerance {
		return envelopes.Event{}, invalidSignature("the signature is too old")
	}
	var w struct {
		Type string    `json:"event_type"`
		At   looseTime `json:"timestamp"`
		Data struct {
			dsSubmitter
			IP         string        `json:"ip"`
			Agent      string        `json:"ua"`
			Submission dsSubmission  `json:"submission"`
			Submitters []dsSubmitter `json:"submitters"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &w) != nil || w.Type == "" || w.Data.ID == "" {
		return envelopes.Event{}, malformedWebhook()
	}
	h := envelopes.Event{ID: w.Type + ":" + string(w.Data.ID), At: w.At.Time}
	kinds := map[string]envelopes.EventKind{"form.viewed": envelopes.EventViewed, "form.completed": envelopes.EventSigned, "form.declined": envelopes.EventDeclined}
	external := w.Data.ExternalID
	if subject, _, _ := strings.Cut(w.Type, "."); subject == "form" {
		h.Kind, h.EnvelopeID, h.Email, h.Address, h.Agent, h.Reason = kinds[w.Type], string(w.Data.Submission.ID), w.Data.Email, w.Data.IP, w.Data.Agent, w.Data.DeclineReason
		if h.Kind == envelopes.EventViewed && !w.Data.OpenedAt.IsZero() {
			h.At = w.Data.OpenedAt.Time
		}
	} else if subject == "submission" && w.Type != "submission.created" {
		h.Kind, h.EnvelopeID = envelopes.EventOther, string(w.Data.ID)
		if len(w.Data.Submitters) > 0 {
			external = w.Data.Submitters[0].ExternalID
		}
	}
	h.ExternalID, _, _ = strings.Cut(string(external), ":")
	return h, nil
}
