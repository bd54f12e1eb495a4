package handlers

import (
	"cmp"
	"context"
	"counsel/domain"
	"counsel/domain/esign"
	"counsel/domain/esign/evidence"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"encoding/hex"
)

// InitiateSignature sends a document for signature.
func (s *Server) InitiateSignature(ctx context.Context, r api.InitiateSignatureRequestObject) (api.InitiateSignatureResponseObject, error) {
	n := esign.NewRequest{DocumentID: domain.ID(r.Body.DocID), Workflow: esign.Workflow(r.Body.Workflow), Message: deref(r.Body.Message), Language: cmp.Or(deref(r.Body.Language), middleware.RequestFrom(ctx).Language)}
	if r.Body.ExpiresAt != nil {
		n.ExpiresAt = *r.Body.ExpiresAt
	}
	for _, risk := range r.Body.AcceptRisks {
		n.AcceptRisks = append(n.AcceptRisks, string(risk))
	}
	for _, g := range r.Body.Signers {
		signer := esign.NewSigner{Name: g.Name, Email: g.Email}
		if g.Order != nil {
			signer.Order = int(*g.Order)
		}
		n.Signers = append(n.Signers, signer)
	}
	var sent esign.Request
	var err error
	for attempt := 0; ; attempt++ { // an earlier attempt that failed stays failed: make the next one
		n.ID = middleware.DerivedID(ctx, attempt)
		if sent, err = s.esign.Initiate(ctx, principal(ctx), n); sent.Status != esign.Failed || err != nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	middleware.SetCase(ctx, sent.CaseID)
	return api.InitiateSignature201JSONResponse{SigningURL: s.esign.SigningURL(sent.ID), ExpiresAt: sent.ExpiresAt, TrackingID: api.ID(sent.ID)}, nil
}

// ListSignatureRequests lists signature requests.
func (s *Server) ListSignatureRequests(ctx context.Context, r api.ListSignatureRequestsRequestObject) (api.ListSignatureRequestsResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.esign.List(ctx, principal(ctx), esign.Filter{CaseID: (*domain.ID)(r.Params.CaseID), Status: esign.Status(deref(r.Params.Status)), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	page := api.SignatureRequestList{Items: make([]api.SignatureRequest, len(items)), NextCursor: encodeCursor(next)}
	for i, request := range items {
		page.Items[i] = s.toAPISignatureRequest(request)
	}
	return api.ListSignatureRequests200JSONResponse(page), nil
}

// GetSignatureRequest returns the status of a signature request.
func (s *Server) GetSignatureRequest(ctx context.Context, r api.GetSignatureRequestRequestObject) (api.GetSignatureRequestResponseObject, error) {
	request, err := s.esign.Get(ctx, principal(ctx), domain.ID(r.TrackingID))
	return api.GetSignatureRequest200JSONResponse(s.toAPISignatureRequest(request)), err
}

// CancelSignatureRequest cancels a signature request.
func (s *Server) CancelSignatureRequest(ctx context.Context, r api.CancelSignatureRequestRequestObject) (api.CancelSignatureRequestResponseObject, error) {
	request, err := s.esign.Cancel(ctx, principal(ctx), domain.ID(r.TrackingID))
	middleware.SetCase(ctx, request.CaseID)
	return api.CancelSignatureRequest200JSONResponse(s.toAPISignatureRequest(request)), err
}

// RemindSigners e-mails new links to the signers whose turn it is.
func (s *Server) RemindSigners(ctx context.Context, r api.RemindSignersRequestObject) (api.RemindSignersResponseObject, error) {
	request, err := s.esign.Remind(ctx, principal(ctx), domain.ID(r.TrackingID))
	middleware.SetCase(ctx, request.CaseID)
	return api.RemindSigners200JSONResponse(s.toAPISignatureRequest(request)), err
}

// ListSignatureEvents returns a signature request's log.
func (s *Server) ListSignatureEvents(ctx context.Context, r api.ListSignatureEventsRequestObject) (api.ListSignatureEventsResponseObject, error) {
	log, err := s.esign.Events(ctx, principal(ctx), domain.ID(r.TrackingID))
	if err != nil {
		return nil, err
	}
	return api.ListSignatureEvents200JSONResponse{Items: toAPISignatureEvents(log)}, nil
}

func toAPISignatureEvents(log []evidence.Event) []api.SignatureEvent {
	out := make([]api.SignatureEvent, len(log))
	for i, e := range log {
		out[i] = api.SignatureEvent{Seq: int64(e.Seq), At: e.At, Kind: api.SignatureEventKind(e.Kind), IP: optional(e.Address), UserAgent: optional(e.Agent), Detail: optional(e.Detail), SignedAs: optional(e.SignedAs),
			Prev: hex.EncodeToString(e.Prev), Hash: hex.EncodeToString(e.Hash)}
		if n := int32(e.Signer); n > 0 {
			out[i].Signer = &n
		}
	}
	return out
}

// GetSignatureEvidence returns the evidence of a signature request as a zip file.
func (s *Server) GetSignatureEvidence(ctx context.Context, r api.GetSignatureEvidenceRequestObject) (api.GetSignatureEvidenceResponseObject, error) {
	bundle, size, err := s.esign.Evidence(ctx, principal(ctx), domain.ID(r.TrackingID))
	if err != nil {
		return nil, err
	}
	name := "attachment; filename=evidence-" + r.TrackingID.String() + ".zip"
	return api.GetSignatureEvidence200ApplicationZipResponse{Body: bundle, ContentLength: size, Headers: api.GetSignatureEvidence200ResponseHeaders{ContentDisposition: name}}, nil
}

func (s *Server) toAPISignatureRequest(r esign.Request) api.SignatureRequest {
	out := api.SignatureRequest{TrackingID: api.ID(r.ID), UserID: api.ID(r.UserID), CaseID: (*api.ID)(r.CaseID), DocID: api.ID(r.DocumentID), DocumentName: r.DocumentName,
		Checksum: r.DocumentSum.String(), Workflow: api.SignatureWorkflow(r.Workflow), Provider: api.SignatureRequestProvider(r.Provider), Status: api.SignatureStatus(r.Status), SenderName: r.SenderName, Message: optional(r.Message), Language: api.SignatureRequestLanguage(r.Language),
		Signers: make([]api.Signer, len(r.Signers)), ExpiresAt: r.ExpiresAt, CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt}
	if r.Status == esign.Completed {
		out.SignedDocID = (*api.ID)(r.SignedID)
	}
	for i, g := range r.Signers {
		out.Signers[i] = toAPISigner(g)
		out.Signers[i].SigningURL = optional(s.esign.TestSigningLink(r, g))
	}
	if r.UserID.IsTest() {
		out.TestMode = testMode()
	}
	return out
}

func toAPISigner(g esign.Signer) api.Signer {
	return api.Signer{Number: int32(g.Number), Turn: int32(g.Turn), Name: g.Name, Email: domain.EmailUnicode(g.Email), Status: api.SignerStatus(g.Status), SignedAt: g.SignedAt, Reason: optional(g.Reason)}
}
