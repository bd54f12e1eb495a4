package handlers

import (
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"

	"counsel/domain"
	"counsel/domain/doc"
	"counsel/domain/esign"
	"counsel/gen/api"
)

// InitiateSignature sends a document to be signed.
func (s *Server) InitiateSignature(ctx context.Context, r api.InitiateSignatureRequestObject) (api.InitiateSignatureResponseObject, error) {
	n := esign.NewRequest{DocumentID: domain.ID(r.Body.DocID), Workflow: esign.Workflow(r.Body.Workflow), Message: text(r.Body.Message), Language: cmp.Or(text(r.Body.Language), recordOf(ctx).language)}
	if r.Body.ExpiresAt != nil {
		n.ExpiresAt = *r.Body.ExpiresAt
	}
	for _, risk := range r.Body.AcceptRisks {
		n.AcceptRisks = append(n.AcceptRisks, string(risk))
	}
	for _, g := range r.Body.Signers {
		one := esign.NewSigner{Name: g.Name, Email: g.Email}
		if g.Order != nil {
			one.Order = int(*g.Order)
		}
		n.Signers = append(n.Signers, one)
	}
	var sent esign.Request
	var err error
	for try := 0; ; try++ { // what an earlier run could not hand over stays failed; this is another
		n.ID = made(ctx, try)
		if sent, err = s.Esign.Initiate(ctx, caller(ctx), n); sent.Status != esign.Failed || err != nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	concerns(ctx, sent.CaseID)
	return api.InitiateSignature201JSONResponse{SigningURL: s.Esign.SigningURL(sent.ID), ExpiresAt: sent.ExpiresAt, TrackingID: api.ID(sent.ID)}, nil
}

// ListSignatureRequests pages through what was sent to be signed.
func (s *Server) ListSignatureRequests(ctx context.Context, r api.ListSignatureRequestsRequestObject) (api.ListSignatureRequestsResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Esign.List(ctx, caller(ctx), esign.Filter{CaseID: (*domain.ID)(r.Params.CaseID), Status: esign.Status(text(r.Params.Status)), Limit: limit(r.Params.Limit), Before: before})
	if err != nil {
		return nil, err
	}
	page := api.SignatureRequestList{Items: make([]api.SignatureRequest, len(items)), NextCursor: cursor(next)}
	for i, one := range items {
		page.Items[i] = signatureRequest(one)
	}
	return api.ListSignatureRequests200JSONResponse(page), nil
}

// GetSignatureRequest answers where a request stands.
func (s *Server) GetSignatureRequest(ctx context.Context, r api.GetSignatureRequestRequestObject) (api.GetSignatureRequestResponseObject, error) {
	one, err := s.Esign.Get(ctx, caller(ctx), domain.ID(r.TrackingID))
	return api.GetSignatureRequest200JSONResponse(signatureRequest(one)), err
}

// CancelSignatureRequest withdraws a request.
func (s *Server) CancelSignatureRequest(ctx context.Context, r api.CancelSignatureRequestRequestObject) (api.CancelSignatureRequestResponseObject, error) {
	one, err := s.Esign.Cancel(ctx, caller(ctx), domain.ID(r.TrackingID))
	concerns(ctx, one.CaseID)
	return api.CancelSignatureRequest200JSONResponse(signatureRequest(one)), err
}

// RemindSigners mails the links again.
func (s *Server) RemindSigners(ctx context.Context, r api.RemindSignersRequestObject) (api.RemindSignersResponseObject, error) {
	one, err := s.Esign.Remind(ctx, caller(ctx), domain.ID(r.TrackingID))
	concerns(ctx, one.CaseID)
	return api.RemindSigners200JSONResponse(signatureRequest(one)), err
}

// ListSignatureEvents answers a request's log.
func (s *Server) ListSignatureEvents(ctx context.Context, r api.ListSignatureEventsRequestObject) (api.ListSignatureEventsResponseObject, error) {
	log, err := s.Esign.Events(ctx, caller(ctx), domain.ID(r.TrackingID))
	if err != nil {
		return nil, err
	}
	return api.ListSignatureEvents200JSONResponse{Items: signatureEvents(log)}, nil
}

func signatureEvents(log []esign.Event) []api.SignatureEvent {
	out := make([]api.SignatureEvent, len(log))
	for i, e := range log {
		out[i] = api.SignatureEvent{Seq: int64(e.Seq), At: e.At, Kind: api.SignatureEventKind(e.Kind), IP: said(e.Address), UserAgent: said(e.Agent), Detail: said(e.Detail), SignedAs: said(e.SignedAs),
			Prev: hex.EncodeToString(e.Prev), Hash: hex.EncodeToString(e.Hash)}
		if n := int32(e.Signer); n > 0 {
			out[i].Signer = &n
		}
	}
	return out
}

// GetSignatureEvidence answers the evidence of a request.
func (s *Server) GetSignatureEvidence(ctx context.Context, r api.GetSignatureEvidenceRequestObject) (api.GetSignatureEvidenceResponseObject, error) {
	bundle, size, err := s.Esign.Evidence(ctx, caller(ctx), domain.ID(r.TrackingID))
	if err != nil {
		return nil, err
	}
	name := "attachment; filename=evidence-" + r.TrackingID.String() + ".zip"
	return api.GetSignatureEvidence200ApplicationZipResponse{Body: bundle, ContentLength: size, Headers: api.GetSignatureEvidence200ResponseHeaders{ContentDisposition: &name}}, nil
}

// said is nil for nothing.
func said(v string) *string {
	if v == "" {
		return nil
	}
	return &v
}

func signatureRequest(r esign.Request) api.SignatureRequest {
	out := api.SignatureRequest{TrackingID: api.ID(r.ID), UserID: api.ID(r.UserID), CaseID: (*api.ID)(r.CaseID), DocID: api.ID(r.DocumentID), DocumentName: r.DocumentName,
		Checksum: r.DocumentSum.String(), Workflow: api.SignatureWorkflow(r.Workflow), Provider: api.SignatureRequestProvider(r.Provider), Status: api.SignatureStatus(r.Status), SenderName: r.SenderName, Message: said(r.Message), Language: api.SignatureRequestLanguage(r.Language),
		Signers: make([]api.Signer, len(r.Signers)), ExpiresAt: r.ExpiresAt, CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt}
	if r.Status == esign.Completed {
		out.SignedDocID = (*api.ID)(r.SignedID)
	}
	for i, g := range r.Signers {
		out.Signers[i] = signer(g)
	}
	return out
}

func signer(g esign.Signer) api.Signer {
	return api.Signer{Number: int32(g.Number), Turn: int32(g.Turn), Name: g.Name, Email: domain.EmailForPeople(g.Email), Status: api.SignerStatus(g.Status), SignedAt: g.SignedAt, Reason: said(g.Reason)}
}

// visitor is who uses a signing link.
func visitor(ctx context.Context) esign.Visitor {
	rec := recordOf(ctx)
	return esign.Visitor{Address: rec.address, Agent: rec.agent}
}

func signingView(v esign.View) api.SigningView {
	words, _ := esign.DisclosureText(esign.Disclosure)
	r := v.Request
	return api.SigningView{State: api.SigningViewState(v.State), DocumentName: r.DocumentName, Size: r.DocumentSize, Checksum: r.DocumentSum.String(), SenderName: r.SenderName, Message: said(r.Message),
		SignerName: v.Signer.Name, SigningURL: said(v.Elsewhere), ExpiresAt: r.ExpiresAt, Consented: v.Signer.Disclosure == esign.Disclosure, Disclosure: api.SigningDisclosure{Version: esign.Disclosure, Text: words}}
}

// ViewSigning answers what a signing link leads to.
func (s *Server) ViewSigning(ctx context.Context, r api.ViewSigningRequestObject) (api.ViewSigningResponseObject, error) {
	v, err := s.Esign.Look(ctx, r.Body.Token, visitor(ctx))
	return api.ViewSigning200JSONResponse(signingView(v)), err
}

// ConsentToSigning puts down that a signer agrees to sign electronically.
func (s *Server) ConsentToSigning(ctx context.Context, r api.ConsentToSigningRequestObject) (api.ConsentToSigningResponseObject, error) {
	v, err := s.Esign.Consent(ctx, r.Body.Token, r.Body.Disclosure, visitor(ctx))
	return api.ConsentToSigning200JSONResponse(signingView(v)), err
}

// SignDocument takes a signature.
func (s *Server) SignDocument(ctx context.Context, r api.SignDocumentRequestObject) (api.SignDocumentResponseObject, error) {
	given := r.Body.Signature
	m := esign.Mark{Typed: text(given.Typed)}
	if given.Width != nil && given.Height != nil {
		m.Width, m.Height = *given.Width, *given.Height
	}
	for _, stroke := range given.Strokes {
		points := make([]doc.Point, len(stroke))
		for i, p := range stroke {
			points[i] = doc.Point{X: p.X, Y: p.Y}
		}
		m.Strokes = append(m.Strokes, points)
	}
	v, err := s.Esign.Sign(ctx, r.Body.Token, m, visitor(ctx))
	return api.SignDocument200JSONResponse(signingView(v)), err
}

// DeclineSigning ends a request on behalf of a signer.
func (s *Server) DeclineSigning(ctx context.Context, r api.DeclineSigningRequestObject) (api.DeclineSigningResponseObject, error) {
	v, err := s.Esign.Decline(ctx, r.Body.Token, text(r.Body.Reason), visitor(ctx))
	return api.DeclineSigning200JSONResponse(signingView(v)), err
}

// SendSigningLink has a link mailed again.
func (s *Server) SendSigningLink(ctx context.Context, r api.SendSigningLinkRequestObject) (api.SendSigningLinkResponseObject, error) {
	return api.SendSigningLink204Response{}, s.Esign.SendLink(ctx, domain.ID(r.Body.TrackingID), r.Body.Email)
}

// GetSigningText answers the text of a link's document.
func (s *Server) GetSigningText(ctx context.Context, r api.GetSigningTextRequestObject) (api.GetSigningTextResponseObject, error) {
	pages, err := s.Esign.Text(ctx, r.Body.Token)
	if pages == nil {
		pages = []string{}
	}
	return api.GetSigningText200JSONResponse{Pages: pages}, err
}

// GetSigningDocument answers the bytes of a link's document.
func (s *Server) GetSigningDocument(ctx context.Context, r api.GetSigningDocumentRequestObject) (api.GetSigningDocumentResponseObject, error) {
	d, body, err := s.Esign.Document(ctx, r.Body.Token, visitor(ctx))
	if err != nil {
		return nil, err
	}
	return &content{doc: d, etag: `"` + hex.EncodeToString(d.SHA256[:]) + `"`, status: http.StatusOK, length: d.Size, body: body}, nil
}

// VisitGetSigningDocumentResponse writes the bytes.
func (c *content) VisitGetSigningDocumentResponse(w http.ResponseWriter) error {
	return c.VisitGetDocumentContentResponse(w)
}

// ReceiveSignatureWebhook takes what a provider sends.
func (s *Server) ReceiveSignatureWebhook(ctx context.Context, r api.ReceiveSignatureWebhookRequestObject) (api.ReceiveSignatureWebhookResponseObject, error) {
	rec := recordOf(ctx)
	return api.ReceiveSignatureWebhook204Response{}, s.Esign.Webhook(ctx, string(r.Provider), rec.header, rec.body)
}

//go:embed sign.html
var signPage []byte

// signPolicy lets the signing page run its own script and style, known by their hashes, ask this
// service, and show the document it was given. Nothing else.
var signPolicy = func() string {
	hashes := func(tag string) string {
		var all []string
		for _, m := range regexp.MustCompile(`(?s)<`+tag+`>(.*?)</`+tag+`>`).FindAllSubmatch(signPage, -1) {
			sum := sha256.Sum256(m[1])
			all = append(all, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
		}
		return strings.Join(all, " ")
	}
	return "default-src 'none'; script-src " + hashes("script") + "; style-src " + hashes("style") + "; connect-src 'self'; frame-src blob:; object-src blob:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

type signingPage struct{}

// VisitGetSigningPageResponse writes the page.
func (signingPage) VisitGetSigningPageResponse(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", signPolicy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	_, err := w.Write(signPage)
	return err
}

// GetSigningPage answers the page where people sign.
func (s *Server) GetSigningPage(context.Context, api.GetSigningPageRequestObject) (api.GetSigningPageResponseObject, error) {
	return signingPage{}, nil
}
