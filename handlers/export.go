package handlers

import (
	"bufio"
	"context"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai"
	"counsel/domain/ai/playbooks"
	"counsel/domain/apikeys"
	"counsel/domain/billing"
	"counsel/domain/compliance"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/files"
	"counsel/domain/notifications"
	"counsel/domain/payments"
	"counsel/domain/privacy"
	"counsel/domain/templates"
	"counsel/domain/webhooks"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"counsel/handlers/problem"
	"encoding/json"
	"net/http"
)

// userExport streams the export while it reads, so that its size does not matter. It writes nothing
// until the account is found: a failure before that is answered with its own status.
type userExport struct {
	ctx      context.Context
	server   *Server
	user     domain.ID
	out      *bufio.Writer
	sections int // how many of exportSections were begun
	items    int // in the last of them
}

var exportSections = []string{"consultations", "drafts", "documents", "emails", "signatureRequests", "signatures", "webhooks", "notifications", "notificationPreferences", "templates", "cases", "aiUsage", "playbooks", "apiKeys", "payments", "timeEntries", "invoices", "watches"}

func (x *userExport) VisitExportUserResponse(w http.ResponseWriter) error {
	x.out = bufio.NewWriterSize(w, 32<<10)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	err := x.server.privacy.Export(x.ctx, principal(x.ctx), x.user, x)
	if x.sections == 0 {
		return err
	}
	if err == nil {
		x.begin(len(exportSections))
		_, _ = x.out.WriteString("]}\n")
		if x.out.Flush() == nil {
			return nil
		}
		err = context.Canceled // the client is gone
	}
	middleware.RequestFrom(x.ctx).Fail(problem.FromError(err))
	panic(http.ErrAbortHandler) // else the client would take a part for the whole
}

// User begins the export.
func (x *userExport) User(u account.User) error {
	head, err := json.Marshal(map[string]any{"exportedAt": x.server.clock(), "user": toAPIUser(u)})
	if err != nil {
		return err
	}
	_, err = x.out.Write(head[:len(head)-1]) // without the closing brace
	if err == nil {
		x.begin(1)
	}
	return err
}

// begin closes the open section and opens the next ones, until n were begun.
func (x *userExport) begin(n int) {
	for ; x.sections < n; x.sections++ {
		if x.sections > 0 {
			_ = x.out.WriteByte(']')
		}
		_, _ = x.out.WriteString(`,"` + exportSections[x.sections] + `":[`)
		x.items = 0
	}
}

func (x *userExport) add(section int, item any) error {
	x.begin(section)
	raw, err := json.Marshal(item)
	if err != nil {
		return err
	}
	if x.items++; x.items > 1 {
		_ = x.out.WriteByte(',')
	}
	_, err = x.out.Write(raw) // it also returns the error of an earlier write
	return err
}

// Consultation adds a consultation.
func (x *userExport) Consultation(c ai.Consultation) error {
	out, err := toAPIConsultation(c)
	if err != nil {
		return err
	}
	return x.add(1, out)
}

// Draft adds a draft with its versions.
func (x *userExport) Draft(d privacy.Draft) error {
	return x.add(2, toAPIExportedDraft(d))
}

func toAPIExportedDraft(d privacy.Draft) api.ExportedDraft {
	out := api.ExportedDraft{Draft: toAPIDraft(d.Draft), Versions: make([]api.DraftVersion, len(d.Versions))}
	for i, v := range d.Versions {
		out.Versions[i] = toAPIDraftVersion(v)
	}
	return out
}

// Document adds a document with a link to its file.
func (x *userExport) Document(d files.File) error {
	out, err := x.server.toAPIDocument(x.ctx, d)
	if err != nil {
		return err
	}
	return x.add(3, out)
}

// Email adds an e-mail.
func (x *userExport) Email(e email.Email) error { return x.add(4, toAPIEmail(e)) }

// SignatureRequest adds a signature request that the person sent.
func (x *userExport) SignatureRequest(r esign.Request) error {
	return x.add(5, x.server.toAPISignatureRequest(r))
}

// Signature adds a signature that the person was asked for.
func (x *userExport) Signature(p esign.SignerData) error {
	r, g := p.Request, p.Signer
	out := api.ExportedSignature{TrackingID: api.ID(r.ID), DocumentName: r.DocumentName, Checksum: r.DocumentSum.String(), SenderName: r.SenderName, Message: optional(r.Message),
		Status: api.SignatureStatus(r.Status), CreatedAt: r.CreatedAt, Signer: toAPISigner(g), Disclosure: optional(g.Disclosure), Events: toAPISignatureEvents(p.Log)}
	if m := g.Signature; m != nil {
		out.Signature = &api.Signature{Typed: optional(m.Typed)}
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
	return x.add(6, out)
}

// Webhook adds a webhook.
func (x *userExport) Webhook(w webhooks.Webhook) error { return x.add(7, toAPIWebhook(w)) }

// Notification adds a notification.
func (x *userExport) Notification(n notifications.Notification) error {
	return x.add(8, toAPINotification(n))
}

// Preference adds a notification preference.
func (x *userExport) Preference(p notifications.Preference) error {
	return x.add(9, toAPIPreferences([]notifications.Preference{p})[0])
}

// Template adds the versions of a template.
func (x *userExport) Template(_ templates.Template, versions []templates.TemplateVersion) error {
	for _, v := range versions {
		out, err := toAPITemplateVersion(v)
		if err != nil {
			return err
		}
		if err := x.add(10, out); err != nil {
			return err
		}
	}
	return nil
}

// Case adds what the person contributed to a case.
func (x *userExport) Case(c privacy.CaseExport) error {
	out := api.ExportedCase{CaseID: api.ID(c.CaseID), Role: api.CaseRole(c.Role), Since: c.JoinedAt, Notes: make([]api.CaseNote, len(c.Notes)),
		Tasks: make([]api.CaseTask, len(c.Tasks)), Consultations: make([]api.Consultation, len(c.Consultations)),
		Drafts: make([]api.ExportedDraft, len(c.Drafts)), Documents: make([]api.StoredDocument, len(c.Documents)), SignatureRequests: make([]api.SignatureRequest, len(c.Signatures))}
	for i, n := range c.Notes {
		out.Notes[i] = toAPINote(n)
	}
	for i, t := range c.Tasks {
		out.Tasks[i] = toAPITask(t)
	}
	for i, consultation := range c.Consultations {
		var err error
		if out.Consultations[i], err = toAPIConsultation(consultation); err != nil {
			return err
		}
	}
	for i, draft := range c.Drafts {
		out.Drafts[i] = toAPIExportedDraft(draft)
	}
	for i, request := range c.Signatures {
		out.SignatureRequests[i] = x.server.toAPISignatureRequest(request)
	}
	for i, document := range c.Documents {
		var err error
		if out.Documents[i], err = x.server.toAPIDocument(x.ctx, document); err != nil {
			return err
		}
	}
	return x.add(11, out)
}

// AIUsage adds a sum of the person's use of the AI.
func (x *userExport) AIUsage(u ai.Usage) error { return x.add(12, toAPIUsage(u)) }

// Playbook adds a playbook of the person.
func (x *userExport) Playbook(p playbooks.Playbook) error { return x.add(13, toAPIPlaybook(p)) }

// APIKey adds an API key, without its secret.
func (x *userExport) APIKey(k apikeys.Key) error { return x.add(14, toAPIKey(k)) }

// Payment adds a payment for which the person opened a checkout.
func (x *userExport) Payment(p payments.Payment) error { return x.add(15, toAPIPayment(p)) }

// TimeEntry adds what the person worked.
func (x *userExport) TimeEntry(e billing.TimeEntry) error { return x.add(16, toAPITimeEntry(e)) }

// Invoice adds an invoice that the person drafted.
func (x *userExport) Invoice(i billing.Invoice) error { return x.add(17, toAPIInvoice(i)) }

// Watch adds a watch with its checks.
func (x *userExport) Watch(w compliance.Watch, checks []compliance.Check) error {
	return x.add(18, api.ExportedWatch{Watch: toAPIWatch(w), Checks: toAPIChecks(checks)})
}
