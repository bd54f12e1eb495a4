package handlers

import (
	"context"
	"counsel/domain"
	"counsel/domain/doc"
	"counsel/domain/esign"
	"counsel/domain/esign/evidence"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"counsel/handlers/pages"
	"encoding/hex"
	"net/http"
)

// visitor is whoever uses a signing link.
func visitor(ctx context.Context) esign.Visitor {
	req := middleware.RequestFrom(ctx)
	return esign.Visitor{Address: req.Address, Agent: req.UserAgent}
}

func toAPISigningView(v esign.View) api.SigningView {
	words, _ := esign.DisclosureText(esign.Disclosure)
	r := v.Request
	return api.SigningView{State: api.SigningViewState(v.State), DocumentName: r.DocumentName, Size: r.DocumentSize, Checksum: r.DocumentSum.String(), SenderName: r.SenderName, Message: optional(r.Message),
		SignerName: v.Signer.Name, SigningURL: optional(v.Redirect), ExpiresAt: r.ExpiresAt, Consented: v.Signer.Disclosure == esign.Disclosure, Disclosure: api.SigningDisclosure{Version: esign.Disclosure, Text: words}}
}

// ViewSigning returns what a signing link is for.
func (s *Server) ViewSigning(ctx context.Context, r api.ViewSigningRequestObject) (api.ViewSigningResponseObject, error) {
	v, err := s.esign.View(ctx, r.Body.Token, visitor(ctx))
	return api.ViewSigning200JSONResponse(toAPISigningView(v)), err
}

// ConsentToSigning records a signer's consent to sign electronically.
func (s *Server) ConsentToSigning(ctx context.Context, r api.ConsentToSigningRequestObject) (api.ConsentToSigningResponseObject, error) {
	v, err := s.esign.Consent(ctx, r.Body.Token, r.Body.Disclosure, visitor(ctx))
	return api.ConsentToSigning200JSONResponse(toAPISigningView(v)), err
}

// SignDocument records a signature.
func (s *Server) SignDocument(ctx context.Context, r api.SignDocumentRequestObject) (api.SignDocumentResponseObject, error) {
	given := r.Body.Signature
	m := evidence.Signature{Typed: deref(given.Typed)}
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
	v, err := s.esign.Sign(ctx, r.Body.Token, m, visitor(ctx))
	return api.SignDocument200JSONResponse(toAPISigningView(v)), err
}

// DeclineSigning declines on behalf of a signer, which ends the request.
func (s *Server) DeclineSigning(ctx context.Context, r api.DeclineSigningRequestObject) (api.DeclineSigningResponseObject, error) {
	v, err := s.esign.Decline(ctx, r.Body.Token, deref(r.Body.Reason), visitor(ctx))
	return api.DeclineSigning200JSONResponse(toAPISigningView(v)), err
}

// SendSigningLink e-mails a signing link again.
func (s *Server) SendSigningLink(ctx context.Context, r api.SendSigningLinkRequestObject) (api.SendSigningLinkResponseObject, error) {
	return api.SendSigningLink204Response{}, s.esign.SendLink(ctx, domain.ID(r.Body.TrackingID), r.Body.Email)
}

// GetSigningText returns the text of a link's document.
func (s *Server) GetSigningText(ctx context.Context, r api.GetSigningTextRequestObject) (api.GetSigningTextResponseObject, error) {
	pages, err := s.esign.Text(ctx, r.Body.Token)
	if pages == nil {
		pages = []string{}
	}
	return api.GetSigningText200JSONResponse{Pages: pages}, err
}

// GetSigningDocument returns the bytes of a link's document.
func (s *Server) GetSigningDocument(ctx context.Context, r api.GetSigningDocumentRequestObject) (api.GetSigningDocumentResponseObject, error) {
	d, body, err := s.esign.Document(ctx, r.Body.Token, visitor(ctx))
	if err != nil {
		return nil, err
	}
	return &content{doc: d, etag: `"` + hex.EncodeToString(d.SHA256[:]) + `"`, status: http.StatusOK, length: d.Size, body: body}, nil
}

// VisitGetSigningDocumentResponse writes the bytes.
func (c *content) VisitGetSigningDocumentResponse(w http.ResponseWriter) error {
	return c.VisitGetDocumentContentResponse(w)
}

// ReceiveSignatureWebhook accepts a signing provider's webhook.
func (s *Server) ReceiveSignatureWebhook(ctx context.Context, r api.ReceiveSignatureWebhookRequestObject) (api.ReceiveSignatureWebhookResponseObject, error) {
	req := middleware.RequestFrom(ctx)
	return api.ReceiveSignatureWebhook204Response{}, s.esign.Webhook(ctx, string(r.Provider), req.Header, req.Body)
}

// GetSigningPage returns the page where people sign.
func (s *Server) GetSigningPage(context.Context, api.GetSigningPageRequestObject) (api.GetSigningPageResponseObject, error) {
	return pageResponse{page: pages.Sign}, nil
}
