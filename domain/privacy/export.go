package privacy

import (
	"context"

	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai"
	"counsel/domain/ai/playbooks"
	"counsel/domain/apikeys"
	"counsel/domain/billing"
	"counsel/domain/cases"
	"counsel/domain/compliance"
	"counsel/domain/drafts"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/files"
	"counsel/domain/notifications"
	"counsel/domain/payments"
	"counsel/domain/templates"
	"counsel/domain/webhooks"
)

// Draft is a draft with all its versions, newest first.
type Draft struct {
	drafts.Draft
	Versions []drafts.Version
}

// CaseExport is the person's data in one case.
type CaseExport struct {
	cases.UserExport
	Consultations []ai.Consultation
	Drafts        []Draft
	Documents     []files.File
	Signatures    []esign.Request
}

// Sink receives an export in parts: the account first, then one kind of item after another. An
// error ends the export.
type Sink interface {
	User(account.User) error
	Consultation(ai.Consultation) error
	Draft(Draft) error
	Document(files.File) error
	Email(email.Email) error
	SignatureRequest(esign.Request) error
	Signature(esign.SignerData) error
	Webhook(webhooks.Webhook) error
	Notification(notifications.Notification) error
	Preference(notifications.Preference) error
	Template(templates.Template, []templates.TemplateVersion) error
	Case(CaseExport) error
	AIUsage(ai.Usage) error
	Playbook(playbooks.Playbook) error
	APIKey(apikeys.Key) error
	Payment(payments.Payment) error
	TimeEntry(billing.TimeEntry) error
	Invoice(billing.Invoice) error
	Watch(compliance.Watch, []compliance.Check) error
}

// pageSize is the number of items read at once.
const pageSize = 100

// eachItem calls yield for the items of every page.
func eachItem[T any](list func(cursor *domain.ID) ([]T, *domain.ID, error), yield func(T) error) error {
	var cursor *domain.ID
	for {
		items, next, err := list(cursor)
		if err != nil {
			return err
		}
		if err := each(items, yield); err != nil {
			return err
		}
		if next == nil {
			return nil
		}
		cursor = next
	}
}

func each[T any](items []T, yield func(T) error) error {
	for _, item := range items {
		if err := yield(item); err != nil {
			return err
		}
	}
	return nil
}

// appendTo returns a yield that appends to items.
func appendTo[T any](items *[]T) func(T) error {
	return func(item T) error {
		*items = append(*items, item)
		return nil
	}
}

// Export writes a copy of everything held about a person to out, at their own request or an
// admin's. Errors before the first call of out: Forbidden, NotFound.
func (s *Service) Export(ctx context.Context, caller domain.Principal, user domain.ID, out Sink) error {
	u, err := s.account(ctx, caller, user)
	if err != nil {
		return err
	}
	for _, export := range []func() error{
		func() error { return out.User(u) },
		func() error {
			return s.exportConsultations(ctx, caller, ai.ConsultationFilter{UserID: &user}, user, out.Consultation)
		},
		func() error { return s.exportDrafts(ctx, caller, drafts.Filter{UserID: &user}, out.Draft) },
		func() error { return s.exportDocuments(ctx, caller, files.Filter{UserID: &user}, out.Document) },
		func() error { return s.exportMails(ctx, caller, user, out) },
		func() error {
			return s.exportSignatures(ctx, caller, esign.Filter{UserID: &user}, out.SignatureRequest)
		},
		func() error {
			if !u.EmailVerified {
				return nil // not verified: it may be somebody else's address
			}
			return s.esign.ExportSigners(ctx, u.Email, out.Signature)
		},
		func() error { return s.exportWebhooks(ctx, caller, user, out) },
		func() error { return s.exportNotifications(ctx, user, out) },
		func() error { return s.templates.Export(ctx, user, out.Template) },
		func() error {
			return s.cases.ExportUser(ctx, caller, user, func(c cases.UserExport) error { return s.exportCase(ctx, caller, user, c, out) })
		},
		func() error { return s.ai.ExportUsage(ctx, user, out.AIUsage) },
		func() error { return s.ai.Playbooks().Export(ctx, user, out.Playbook) },
		func() error { return s.payments.Export(ctx, user, out.Payment) },
		func() error {
			return eachItem(func(cursor *domain.ID) ([]apikeys.Key, *domain.ID, error) {
				return s.apiKeys.List(ctx, caller, apikeys.Filter{UserID: &user, Limit: pageSize, Cursor: cursor})
			}, out.APIKey)
		},
		func() error { return s.billing.ExportTimeEntries(ctx, user, out.TimeEntry) },
		func() error { return s.billing.ExportInvoices(ctx, user, out.Invoice) },
		func() error { return s.compliance.Export(ctx, user, out.Watch) },
	} {
		if err := export(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) exportMails(ctx context.Context, caller domain.Principal, user domain.ID, out Sink) error {
	return eachItem(func(cursor *domain.ID) ([]email.Email, *domain.ID, error) {
		return s.email.List(ctx, caller, email.Filter{UserID: &user, Limit: pageSize, Cursor: cursor})
	}, out.Email)
}

func (s *Service) exportWebhooks(ctx context.Context, caller domain.Principal, user domain.ID, out Sink) error {
	all, _, err := s.webhooks.List(ctx, caller, webhooks.Filter{UserID: &user, Limit: webhooks.MaxWebhooks})
	if err != nil {
		return err
	}
	return each(all, out.Webhook)
}

func (s *Service) exportNotifications(ctx context.Context, user domain.ID, out Sink) error {
	err := eachItem(func(cursor *domain.ID) ([]notifications.Notification, *domain.ID, error) {
		return s.notifications.List(ctx, user, notifications.Filter{Limit: pageSize, Cursor: cursor})
	}, out.Notification)
	if err != nil {
		return err
	}
	preferences, err := s.notifications.Preferences(ctx, user)
	if err != nil {
		return err
	}
	return each(preferences, out.Preference)
}

func (s *Service) exportCase(ctx context.Context, caller domain.Principal, user domain.ID, c cases.UserExport, out Sink) error {
	export := CaseExport{UserExport: c}
	if err := s.exportConsultations(ctx, caller, ai.ConsultationFilter{CaseID: &c.CaseID}, user, appendTo(&export.Consultations)); err != nil {
		return err
	}
	if err := s.exportDrafts(ctx, caller, drafts.Filter{CaseID: &c.CaseID, UserID: &user}, appendTo(&export.Drafts)); err != nil {
		return err
	}
	if err := s.exportDocuments(ctx, caller, files.Filter{CaseID: &c.CaseID, UserID: &user}, appendTo(&export.Documents)); err != nil {
		return err
	}
	if err := s.exportSignatures(ctx, caller, esign.Filter{CaseID: &c.CaseID, UserID: &user}, appendTo(&export.Signatures)); err != nil {
		return err
	}
	return out.Case(export)
}

// exportConsultations yields the consultations of the user that match f.
func (s *Service) exportConsultations(ctx context.Context, caller domain.Principal, f ai.ConsultationFilter, user domain.ID, yield func(ai.Consultation) error) error {
	f.Limit = pageSize
	return eachItem(func(cursor *domain.ID) ([]ai.ConsultationSummary, *domain.ID, error) {
		f.Cursor = cursor
		return s.ai.Consultations(ctx, caller, f)
	}, func(summary ai.ConsultationSummary) error {
		if summary.UserID != user {
			return nil
		}
		c, err := s.ai.Consultation(ctx, caller, summary.ID)
		if domain.CodeOf(err) == domain.NotFound {
			return nil // deleted in the meantime
		}
		if err != nil {
			return err
		}
		return yield(c)
	})
}

// exportDrafts yields the drafts that match f, with all their versions.
func (s *Service) exportDrafts(ctx context.Context, caller domain.Principal, f drafts.Filter, yield func(Draft) error) error {
	f.Limit = pageSize
	return eachItem(func(cursor *domain.ID) ([]drafts.Summary, *domain.ID, error) {
		f.Cursor = cursor
		return s.drafts.List(ctx, caller, f)
	}, func(summary drafts.Summary) error {
		d, versions, err := s.drafts.Export(ctx, caller, summary.ID)
		if domain.CodeOf(err) == domain.NotFound {
			return nil // deleted in the meantime
		}
		if err != nil {
			return err
		}
		return yield(Draft{Draft: d, Versions: versions})
	})
}

// exportDocuments yields the documents that match f.
func (s *Service) exportDocuments(ctx context.Context, caller domain.Principal, f files.Filter, yield func(files.File) error) error {
	f.Limit = pageSize
	return eachItem(func(cursor *domain.ID) ([]files.File, *domain.ID, error) {
		f.Cursor = cursor
		return s.files.List(ctx, caller, f)
	}, yield)
}

// exportSignatures yields the signature requests that match f: those of its case, else those of none.
func (s *Service) exportSignatures(ctx context.Context, caller domain.Principal, f esign.Filter, yield func(esign.Request) error) error {
	f.Limit = pageSize
	return eachItem(func(cursor *domain.ID) ([]esign.Request, *domain.ID, error) {
		f.Cursor = cursor
		return s.esign.List(ctx, caller, f)
	}, func(r esign.Request) error {
		if f.CaseID == nil && r.CaseID != nil {
			return nil
		}
		return yield(r)
	})
}
