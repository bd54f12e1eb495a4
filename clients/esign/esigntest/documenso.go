package esigntest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

var dnStatus = map[string]string{"draft": "DRAFT", "open": "PENDING", "completed": "COMPLETED", "declined": "REJECTED", "cancelled": "CANCELLED"}

func (s *Server) routeDocumenso(mux *http.ServeMux) {
	mux.HandleFunc("POST /api/v2/envelope/create", s.dnCreate)
	mux.HandleFunc("GET /api/v2/envelope", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		data := []any{}
		for _, e := range s.envelopes {
			if q := r.URL.Query().Get("query"); strings.Contains(e.ExternalID, q) || strings.Contains(e.Title, q) {
				data = append(data, s.dnEnvelope(e))
			}
		}
		writeJSON(w, http.StatusOK, map[string]any{"data": data, "count": len(data), "currentPage": 1, "perPage": 100, "totalPages": 1})
	})
	mux.HandleFunc("GET /api/v2/envelope/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.withEnvelope(w, r.PathValue("id"), func(e *Envelope) { writeJSON(w, http.StatusOK, s.dnEnvelope(e)) })
	})
	post := func(path string, do func(w http.ResponseWriter, e *Envelope)) {
		mux.HandleFunc("POST /api/v2/envelope/"+path, func(w http.ResponseWriter, r *http.Request) {
			var in struct{ EnvelopeID string }
			_ = json.NewDecoder(r.Body).Decode(&in)
			s.withEnvelope(w, in.EnvelopeID, func(e *Envelope) { do(w, e) })
		})
	}
	post("distribute", func(w http.ResponseWriter, e *Envelope) {
		if e.Status == "draft" {
			e.Status = "open"
		}
		writeJSON(w, http.StatusOK, map[string]any{"success": true, "id": e.ID, "recipients": []any{}})
	})
	post("cancel", func(w http.ResponseWriter, e *Envelope) {
		if e.Status != "open" {
			writeJSON(w, http.StatusBadRequest, map[string]any{"message": "Document cannot be cancelled", "code": "INVALID_REQUEST"})
			return
		}
		e.Status = "cancelled"
		writeJSON(w, http.StatusOK, map[string]any{"success": true})
	})
	post("delete", func(w http.ResponseWriter, e *Envelope) {
		delete(s.envelopes, e.ID)
		writeJSON(w, http.StatusOK, map[string]any{"success": true})
	})
	mux.HandleFunc("GET /api/v2/envelope/item/{id}/download", func(w http.ResponseWriter, r *http.Request) {
		s.withEnvelope(w, "envelope_"+strings.TrimPrefix(r.PathValue("id"), "envelope_item_"), func(e *Envelope) { writePDF(w, e.Signed) })
	})
	mux.HandleFunc("GET /api/v2/envelope/{id}/audit-log/pdf", func(w http.ResponseWriter, r *http.Request) {
		s.withEnvelope(w, r.PathValue("id"), func(e *Envelope) { writePDF(w, e.Audit) })
	})
}

func writePDF(w http.ResponseWriter, b []byte) {
	if b == nil {
		writeJSON(w, http.StatusNotFound, map[string]any{"message": "Not found", "code": "NOT_FOUND"})
		return
	}
	w.Header().Set("Content-Type", "application/pdf")
	_, _ = w.Write(b)
}

func (s *Server) withEnvelope(w http.ResponseWriter, id string, do func(*Envelope)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.envelopes[id]; e != nil {
		do(e)
		return
	}
	writeJSON(w, http.StatusNotFound, map[string]any{"message": "Envelope not found", "code": "NOT_FOUND"})
}

func (s *Server) dnCreate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Title, Type, ExternalID string
		Recipients              []struct {
			Email, Name, Role string
			SigningOrder      int
			Fields            []struct {
				Type                                string
				Page                                int
				PositionX, PositionY, Width, Height float64
			}
		}
		Meta struct {
			SigningOrder, DistributionMethod string
		}
	}
	refuse := func(why string) {
		writeJSON(w, http.StatusBadRequest, map[string]any{"message": why, "code": "BAD_REQUEST"})
	}
	err := r.ParseMultipartForm(200 << 20)
	if err != nil || json.Unmarshal([]byte(r.FormValue("payload")), &in) != nil || len(r.MultipartForm.File["files"]) != 1 || in.Type != "DOCUMENT" || in.Meta.DistributionMethod != "NONE" {
		refuse("the payload is wrong")
		return
	}
	f, err := r.MultipartForm.File["files"][0].Open()
	if err != nil {
		refuse("the file is wrong")
		return
	}
	defer f.Close()
	file, _ := io.ReadAll(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &Envelope{ID: "envelope_" + s.nextID(), ExternalID: in.ExternalID, Title: in.Title, Status: "draft", Sequential: in.Meta.SigningOrder == "SEQUENTIAL", File: file}
	for _, g := range in.Recipients {
		signer := &Signer{ID: s.nextID(), Name: g.Name, Email: strings.ToLower(g.Email), Order: g.SigningOrder, Token: "tok" + s.nextID(), Created: s.clock()}
		for _, f := range g.Fields {
			if f.PositionX < 0 || f.PositionY < 0 || f.Width <= 0 || f.Height <= 0 || f.PositionX+f.Width > 100 || f.PositionY+f.Height > 100 {
				refuse("a field is off the page")
				return
			}
			if f.Type == "SIGNATURE" {
				signer.Page = f.Page
			}
		}
		if signer.Page < 1 || g.Role != "SIGNER" {
			refuse("a recipient has nothing to sign")
			return
		}
		e.Signers = append(e.Signers, signer)
	}
	s.envelopes[e.ID] = e
	writeJSON(w, http.StatusOK, map[string]any{"id": e.ID})
}

func (s *Server) dnEnvelope(e *Envelope) map[string]any {
	return map[string]any{"id": e.ID, "externalId": e.ExternalID, "title": e.Title, "type": "DOCUMENT", "status": dnStatus[e.Status], "deletedAt": nil, "completedAt": nil,
		"recipients": dnRecipients(e), "fields": []any{}, "envelopeItems": []any{map[string]any{"id": "envelope_item_" + strings.TrimPrefix(e.ID, "envelope_"), "title": e.Title, "order": 1}}}
}

func dnRecipients(e *Envelope) []any {
	out := []any{}
	for _, g := range e.Signers {
		read, signing, at := "NOT_OPENED", "NOT_SIGNED", any(nil)
		if !g.Viewed.IsZero() {
			read = "OPENED"
		}
		var reason any
		switch {
		case !g.Declined.IsZero():
			signing, reason, at = "REJECTED", g.Reason, nullableTime(g.Declined)
		case !g.Signed.IsZero():
			signing, at = "SIGNED", nullableTime(g.Signed)
		}
		out = append(out, map[string]any{"id": atoi(g.ID), "email": g.Email, "name": g.Name, "role": "SIGNER", "token": g.Token, "signingOrder": g.Order, "readStatus": read,
			"signingStatus": signing, "sendStatus": "SENT", "signedAt": at, "rejectionReason": reason})
	}
	return out
}

func (s *Server) documensoWebhook(e *Envelope, what string) (http.Header, []byte) {
	event := map[string]string{"viewed": "DOCUMENT_OPENED", "signed": "DOCUMENT_SIGNED", "declined": "DOCUMENT_REJECTED", "completed": "DOCUMENT_COMPLETED"}[what]
	body, _ := json.Marshal(map[string]any{"event": event, "createdAt": nullableTime(s.clock()), "webhookEndpoint": "https://counsel.example/hook",
		"payload": map[string]any{"id": 7, "externalId": e.ExternalID, "title": e.Title, "status": dnStatus[e.Status], "recipients": dnRecipients(e), "Recipient": dnRecipients(e)}})
	return http.Header{"X-Documenso-Secret": {WebhookSecret}}, body
}
