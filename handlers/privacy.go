package handlers

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"

	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai"
	"counsel/domain/documents"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/notifications"
	"counsel/domain/privacy"
	"counsel/domain/webhooks"
	"counsel/gen/api"
)

// EraseUser erases a person.
func (s *Server) EraseUser(ctx context.Context, r api.EraseUserRequestObject) (api.EraseUserResponseObject, error) {
	if err := s.Privacy.Erase(ctx, caller(ctx), domain.ID(r.UserID)); err != nil {
		return nil, err
	}
	return api.EraseUser204Response{}, nil
}

// ExportUser copies everything held about a person.
func (s *Server) ExportUser(ctx context.Context, r api.ExportUserRequestObject) (api.ExportUserResponseObject, error) {
	return &userExport{ctx: ctx, server: s, user: domain.ID(r.UserID)}, nil
}

// userExport writes the copy as it is read, so that its size does not matter. Nothing is written
// before the account was found: until then a failure is a problem with its own status.
type userExport struct {
	ctx    context.Context
	server *Server
	user   domain.ID
	out    *bufio.Writer
	part   int // how many of exportParts were begun
	items  int // in the one begun last
}

var exportParts = []string{"consultations", "drafts", "documents", "emails", "signatureRequests", "signatures", "webhooks", "notifications", "notificationPreferences", "templates", "cases"}

func (x *userExport) VisitExportUserResponse(w http.ResponseWriter) error {
	x.out = bufio.NewWriterSize(w, 32<<10)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	err := x.server.Privacy.Export(x.ctx, caller(x.ctx), x.user, x)
	if x.part == 0 {
		return err
	}
	if err == nil {
		x.upTo(len(exportParts))
		_, _ = x.out.WriteString("]}\n")
		if x.out.Flush() == nil {
			return nil
		}
		err = context.Canceled // the client is gone
	}
	recordOf(x.ctx).fail(asDomain(err))
	panic(http.ErrAbortHandler) // or the client would take what it has for the whole
}

// User begins the copy.
func (x *userExport) User(u account.User) error {
	head, err := json.Marshal(map[string]any{"exportedAt": x.server.Clock(), "user": user(u)})
	if err != nil {
		return err
	}
	_, err = x.out.Write(head[:len(head)-1]) // the object goes on
	if err == nil {
		x.upTo(1)
	}
	return err
}

// upTo ends parts and begins those that follow, until n were begun.
func (x *userExport) upTo(n int) {
	for ; x.part < n; x.part++ {
		if x.part > 0 {
			_ = x.out.WriteByte(']')
		}
		_, _ = x.out.WriteString(`,"` + exportParts[x.part] + `":[`)
		x.items = 0
	}
}

func (x *userExport) put(part int, item any) error {
	x.upTo(part)
	raw, err := json.Marshal(item)
	if err != nil {
		return err
	}
	if x.items++; x.items > 1 {
		_ = x.out.WriteByte(',')
	}
	_, err = x.out.Write(raw) // it also says when an earlier write failed
	return err
}

// Consultation adds one.
func (x *userExport) Consultation(c ai.Consultation) error {
	out, err := consultation(c)
	if err != nil {
		return err
	}
	return x.put(1, out)
}

// Draft adds one.
func (x *userExport) Draft(d privacy.Draft) error {
	return x.put(2, exportedDraft(d))
}

func exportedDraft(d privacy.Draft) api.ExportedDraft {
	out := api.ExportedDraft{Draft: draft(d.Draft), Versions: make([]api.DraftVersion, len(d.Versions))}
	for i, v := range d.Versions {
		out.Versions[i] = draftVersion(v)
	}
	return out
}

// Document adds one, with a link to its file.
func (x *userExport) Document(d documents.Stored) error {
	out, err := x.server.storedDocument(x.ctx, d)
	if err != nil {
		return err
	}
	return x.put(3, out)
}

// Email adds one.
func (x *userExport) Email(e email.Email) error { return x.put(4, emailOf(e)) }

// SignatureRequest adds one that they sent.
func (x *userExport) SignatureRequest(r esign.Request) error { return x.put(5, signatureRequest(r)) }

// Signature adds one that they were asked for.
func (x *userExport) Signature(p esign.Part) error {
	r, g := p.Request, p.Signer
	out := api.ExportedSignature{TrackingID: api.ID(r.ID), DocumentName: r.DocumentName, Checksum: r.DocumentSum.String(), SenderName: r.SenderName, Message: said(r.Message),
		Status: api.SignatureStatus(r.Status), CreatedAt: r.CreatedAt, Signer: signer(g), Disclosure: said(g.Disclosure), Events: signatureEvents(p.Log)}
	if m := g.Mark; m != nil {
		out.Signature = &api.Signature{Typed: said(m.Typed)}
		for _, stroke := range m.Strokes {
			points := make([]api.SignaturePoint, len(stroke))
			for i, at := range stroke {
				points[i] = api.SignaturePoint{X: at.X, Y: at.Y}
			}
			out.Signature.Strokes = append(out.Signature.Strokes, points)
		}
		if len(m.Strokes) > 0 {
			out.Signature.Width, out.Signature.Height = &m.Width, &m.Height
		}
	}
	return x.put(6, out)
}

// Webhook adds one.
func (x *userExport) Webhook(w webhooks.Webhook) error { return x.put(7, webhook(w)) }

// Notification adds one.
func (x *userExport) Notification(n notifications.Notification) error {
	return x.put(8, notification(n))
}

// Preference adds one.
func (x *userExport) Preference(p notifications.Preference) error {
	return x.put(9, preferences([]notifications.Preference{p})[0])
}

// Template adds the versions of one.
func (x *userExport) Template(_ documents.Template, versions []documents.TemplateVersion) error {
	for _, v := range versions {
		out, err := templateVersion(v)
		if err != nil {
			return err
		}
		if err := x.put(10, out); err != nil {
			return err
		}
	}
	return nil
}

// Share adds one.
func (x *userExport) Share(c privacy.Share) error {
	out := api.ExportedShare{CaseID: api.ID(c.CaseID), Role: api.CaseRole(c.Role), Since: c.Since, Notes: make([]api.CaseNote, len(c.Notes)),
		Tasks: make([]api.CaseTask, len(c.Tasks)), Consultations: make([]api.Consultation, len(c.Consultations)),
		Drafts: make([]api.ExportedDraft, len(c.Drafts)), Documents: make([]api.StoredDocument, len(c.Documents)), SignatureRequests: make([]api.SignatureRequest, len(c.Signatures))}
	for i, n := range c.Notes {
		out.Notes[i] = note(n)
	}
	for i, t := range c.Tasks {
		out.Tasks[i] = task(t)
	}
	for i, one := range c.Consultations {
		var err error
		if out.Consultations[i], err = consultation(one); err != nil {
			return err
		}
	}
	for i, one := range c.Drafts {
		out.Drafts[i] = exportedDraft(one)
	}
	for i, one := range c.Signatures {
		out.SignatureRequests[i] = signatureRequest(one)
	}
	for i, one := range c.Documents {
		var err error
		if out.Documents[i], err = x.server.storedDocument(x.ctx, one); err != nil {
			return err
		}
	}
	return x.put(11, out)
}

func draftVersion(v documents.DraftVersion) api.DraftVersion {
	return api.DraftVersion{Version: int32(v.Version), Title: v.Title, Body: v.Body, Note: given(v.Note), AuthorID: api.ID(v.AuthorID), CreatedAt: v.CreatedAt}
}
