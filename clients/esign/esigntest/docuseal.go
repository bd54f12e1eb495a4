package esigntest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

var dsStatus = map[string]string{"open": "pending", "completed": "completed", "declined": "declined", "cancelled": "pending", "expired": "expired"}

func (s *Server) routeDocuSeal(mux *http.ServeMux) {
	mux.HandleFunc("POST /submissions/pdf", s.dsCreate)
	mux.HandleFunc("GET /submitters", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		data := []any{}
		for _, e := range s.envelopes {
			for i, g := range e.Signers {
				if ext := fmt.Sprintf("%s:%d", e.ExternalID, i+1); ext == r.URL.Query().Get("external_id") {
					data = append(data, s.dsSubmitter(e, g, ext))
				}
			}
		}
		writeJSON(w, http.StatusOK, map[string]any{"data": data, "pagination": map[string]any{"count": len(data), "next": nil, "prev": nil}})
	})
	mux.HandleFunc("GET /submissions/{id}", s.withSubmission(func(w http.ResponseWriter, e *Envelope) { writeJSON(w, http.StatusOK, s.dsSubmission(e)) }))
	mux.HandleFunc("DELETE /submissions/{id}", s.withSubmission(func(w http.ResponseWriter, e *Envelope) {
		if e.Status == "open" {
			e.Status = "cancelled"
		}
		writeJSON(w, http.StatusOK, map[string]any{"id": atoi(e.ID), "archived_at": nullableTime(s.clock())})
	}))
	mux.HandleFunc("GET /submissions/{id}/documents", s.withSubmission(func(w http.ResponseWriter, e *Envelope) {
		writeJSON(w, http.StatusOK, map[string]any{"id": atoi(e.ID), "documents": []any{map[string]any{"name": e.Title, "url": s.URL + "/files/hop/" + e.ID + "/signed.pdf"}}})
	}))
	mux.HandleFunc("GET /files/hop/{id}/signed.pdf", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/files/"+r.PathValue("id")+"/signed.pdf", http.StatusFound)
	})
	file := func(of func(*Envelope) []byte) http.HandlerFunc {
		return s.withSubmission(func(w http.ResponseWriter, e *Envelope) {
			if b := of(e); b != nil {
				_, _ = w.Write(b)
				return
			}
			writeJSON(w, http.StatusNotFound, map[string]any{"error": "Not found"})
		})
	}
	mux.HandleFunc("GET /files/{id}/signed.pdf", file(func(e *Envelope) []byte { return e.Signed }))
	mux.HandleFunc("GET /files/{id}/audit.pdf", file(func(e *Envelope) []byte { return e.Audit }))
}

func (s *Server) withSubmission(do func(http.ResponseWriter, *Envelope)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if e := s.envelopes[r.PathValue("id")]; e != nil {
			do(w, e)
			return
		}
		writeJSON(w, http.StatusNotFound, map[string]any{"error": "Not found"})
	}
}

func (s *Server) dsCreate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name      string
		SendEmail *bool `json:"send_email"`
		Order     string
		ExpireAt  string `json:"expire_at"`
		Documents []struct {
			Name, File string
			Fields     []struct {
				Name, Type, Role string
				Areas            []struct {
					X, Y, W, H float64
					Page       int
				}
			}
		}
		Submitters []struct {
			Name, Role, Email string
			ExternalID        string `json:"external_id"`
			Order             int
		}
	}
	refuse := func(why string) { writeJSON(w, http.StatusUnprocessableEntity, map[string]any{"error": why}) }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Documents) != 1 || len(in.Submitters) == 0 {
		refuse("documents and submitters are required")
		return
	}
	file, err := base64.StdEncoding.DecodeString(in.Documents[0].File)
	if _, at := time.Parse("2006-01-02 15:04:05 UTC", in.ExpireAt); err != nil || at != nil || in.SendEmail == nil || *in.SendEmail {
		refuse("file, expire_at or send_email is wrong")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &Envelope{ID: s.nextID(), Title: in.Name, Status: "open", Sequential: in.Order == "preserved", File: file}
	pages := map[string]int{}
	for _, f := range in.Documents[0].Fields {
		for _, a := range f.Areas {
			if a.X < 0 || a.Y < 0 || a.W <= 0 || a.H <= 0 || a.X+a.W > 1 || a.Y+a.H > 1 || a.Page < 1 {
				refuse("an area is off the page")
				return
			}
			if f.Type == "signature" {
				pages[f.Role] = a.Page
			}
		}
	}
	for _, g := range in.Submitters {
		e.ExternalID, _, _ = strings.Cut(g.ExternalID, ":")
		if pages[g.Role] == 0 || !strings.Contains(g.Email, "@") {
			refuse("a submitter has no signature field or no address")
			return
		}
		e.Signers = append(e.Signers, &Signer{ID: s.nextID(), Name: g.Name, Email: g.Email, Order: g.Order, Token: "slug" + s.nextID(), Page: pages[g.Role], Created: s.clock()})
	}
	s.envelopes[e.ID] = e
	writeJSON(w, http.StatusOK, s.dsSubmission(e))
}

func (s *Server) dsSubmission(e *Envelope) map[string]any {
	var archived, audit any
	if e.Status == "cancelled" {
		archived = nullableTime(s.clock())
	}
	if e.Audit != nil {
		audit = s.URL + "/files/" + e.ID + "/audit.pdf"
	}
	submitters, events := []any{}, []any{}
	for i, g := range e.Signers {
		submitters = append(submitters, s.dsSubmitter(e, g, fmt.Sprintf("%s:%d", e.ExternalID, i+1)))
		if g.Reason != "" {
			events = append(events, map[string]any{"id": 1, "submitter_id": atoi(g.ID), "event_type": "decline_form", "event_timestamp": nullableTime(g.Declined), "data": map[string]any{"reason": g.Reason}})
		} else {
			events = append(events, map[string]any{"id": 2, "submitter_id": atoi(g.ID), "event_type": "view_form", "event_timestamp": nullableTime(g.Viewed), "data": []any{}})
		}
	}
	return map[string]any{"id": atoi(e.ID), "name": nil, "slug": "VyL4szTwYoSvXq", "source": "api", "submitters_order": "preserved", "status": dsStatus[e.Status], "archived_at": archived,
		"audit_log_url": audit, "combined_document_url": nil, "submitters": submitters, "submission_events": events, "documents": []any{}, "completed_at": nil, "metadata": nil}
}

func (s *Server) dsSubmitter(e *Envelope, g *Signer, external string) map[string]any {
	status := "sent"
	switch {
	case !g.Declined.IsZero():
		status = "declined"
	case !g.Signed.IsZero():
		status = "completed"
	case !g.Viewed.IsZero():
		status = "opened"
	}
	return map[string]any{"id": atoi(g.ID), "submission_id": atoi(e.ID), "external_id": external, "email": g.Email, "slug": g.Token, "status": status, "name": g.Name, "phone": nil,
		"opened_at": nullableTime(g.Viewed), "completed_at": nullableTime(g.Signed), "declined_at": nullableTime(g.Declined), "values": []any{}, "role": "Signer", "metadata": []any{}}
}

func (s *Server) docuSealWebhook(e *Envelope, what, email string) (http.Header, []byte) {
	now := s.clock()
	var v map[string]any
	if email == "" {
		v = map[string]any{"event_type": "submission." + what, "timestamp": nullableTime(now), "data": s.dsSubmission(e)}
	} else {
		g := e.Signer(email)
		data := s.dsSubmitter(e, g, e.ExternalID+":1")
		data["ip"], data["ua"], data["decline_reason"], data["submission"] = "203.0.113.77", "Mozilla/5.0 (Test)", g.Reason, map[string]any{"id": atoi(e.ID), "status": dsStatus[e.Status], "audit_log_url": nil}
		v = map[string]any{"event_type": "form." + map[string]string{"viewed": "viewed", "signed": "completed", "declined": "declined"}[what], "timestamp": nullableTime(now), "data": data}
	}
	body, _ := json.Marshal(v)
	return SignDocuSeal(body, now, WebhookSecret), body
}

// SignDocuSeal returns the header with DocuSeal's signature of a webhook sent at the given time.
func SignDocuSeal(body []byte, at time.Time, secret string) http.Header {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return http.Header{"X-Docuseal-Signature": {fmt.Sprintf("%d.%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))}}
}
