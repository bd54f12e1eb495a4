// Package privacy answers the requests of the people the service holds data about: a copy of
// everything, and erasure.
//
// A copy has the account; what was asked, the drafts with all their versions and the documents
// outside of cases; the mails they sent; what they sent to be signed; what they were asked to sign, as far
// as it went to an address that is confirmed to be theirs; the webhooks; the notifications; the templates they own; and, for each case the
// person is a member of now, what they have in it. What others wrote about them in cases is the cases'.
//
// Erasure takes the name and the address off the account for good, ends its sessions, deletes
// the drafts, the documents and what was asked outside of cases, the mails they sent, the webhooks, the
// notifications and the jobs, and ends its memberships. That they want no mail is kept, without their address. What the
// person wrote, made or sent in cases stays those cases', without a name; so do, of the templates they own, the
// versions that are published or that documents were made from, the firm's. What they sent to be signed
// outside of cases is withdrawn, and goes two days later, when its signers have been told. Where somebody
// signed, and in cases, the record stays whole, with the names of those in it and the file that all have
// signed: it is the evidence that signers and cases rely on for their claims. So does what the person signed.
// A legal hold on any of their cases refuses it all. It is one transaction. What was under way then, such
// as a question that waited for its answer, is deleted an hour later, when it has ended.
package privacy

import (
	"context"
	"database/sql"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai"
	"counsel/domain/cases"
	"counsel/domain/drafts"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/files"
	"counsel/domain/jobs"
	"counsel/domain/notifications"
	"counsel/domain/rendering"
	"counsel/domain/templates"
	"counsel/domain/webhooks"
)

// Deps know what every subject holds about a person.
type Deps struct {
	DB            *sql.DB
	Clock         domain.Clock
	Accounts      *account.Service
	AI            *ai.Service
	Drafts        *drafts.Service
	Archive       *files.Service
	Cases         *cases.Service
	Webhooks      *webhooks.Service
	Notifications *notifications.Service
	Email         *email.Service
	Jobs          *jobs.Service
	Esign         *esign.Service
	Templates     *templates.Service
	Rendering     *rendering.Service
}

// Service answers the requests of people. It is safe for concurrent use.
type Service struct{ Deps }

const (
	kindForget = "privacy.forget"
	underWay   = time.Hour // nothing that began before an erasure lasts longer
)

// New makes the service and registers its job, which deletes what was under way at an erasure.
func New(d Deps) *Service {
	s := &Service{d}
	s.Jobs.Handle(kindForget, jobs.Options{Timeout: time.Minute}, func(ctx context.Context, run *jobs.Run) (any, error) {
		var user domain.ID
		if err := run.Read(&user); err != nil {
			return nil, err
		}
		return nil, db.WithTx(ctx, s.DB, func(tx db.Tx) error { return s.forget(ctx, tx, user, "") })
	})
	return s
}

// Draft is a draft with all its versions, the newest first.
type Draft struct {
	drafts.Draft
	Versions []drafts.Version
}

// Share is what the person has in one case.
type Share struct {
	cases.UserExport
	Consultations []ai.Consultation // they asked in it
	Drafts        []Draft           // they began
	Documents     []files.File
	Signatures    []esign.Request // they asked for in it
}

// Sink takes a copy piece by piece: the account first, then each kind in turn. An error of it
// ends the copy.
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
	Share(Share) error
}

// pageSize is how much is read at once.
const pageSize = 100

// Export copies everything held about a person, for themselves or an admin. Errors before the
// Sink was given anything: Forbidden, NotFound.
func (s *Service) Export(ctx context.Context, caller domain.Principal, user domain.ID, out Sink) error {
	u, err := s.person(ctx, caller, user)
	if err != nil {
		return err
	}
	if err := out.User(u); err != nil {
		return err
	}
	if err := s.consultations(ctx, caller, ai.ConsultationFilter{UserID: &user}, user, out.Consultation); err != nil {
		return err
	}
	if err := s.drafts(ctx, caller, drafts.Filter{UserID: &user}, out.Draft); err != nil {
		return err
	}
	if err := s.documents(ctx, caller, files.Filter{UserID: &user}, out.Document); err != nil {
		return err
	}
	sent := email.Filter{UserID: &user, Limit: pageSize}
	for {
		items, next, err := s.Email.List(ctx, caller, sent)
		if err != nil {
			return err
		}
		for _, one := range items {
			if err := out.Email(one); err != nil {
				return err
			}
		}
		if next == nil {
			break
		}
		sent.Before = next
	}
	if err := s.signatures(ctx, caller, esign.Filter{UserID: &user}, out.SignatureRequest); err != nil {
		return err
	}
	if u.EmailVerified { // else it may be somebody else's
		if err := s.Esign.ExportSigners(ctx, u.Email, out.Signature); err != nil {
			return err
		}
	}
	hooks := webhooks.Filter{UserID: &user, Limit: webhooks.MaxWebhooks}
	items, _, err := s.Webhooks.List(ctx, caller, hooks)
	if err != nil {
		return err
	}
	for _, one := range items {
		if err := out.Webhook(one); err != nil {
			return err
		}
	}
	told := notifications.Filter{Limit: pageSize}
	for {
		items, next, err := s.Notifications.Of(ctx, user, told)
		if err != nil {
			return err
		}
		for _, one := range items {
			if err := out.Notification(one); err != nil {
				return err
			}
		}
		if next == nil {
			break
		}
		told.Before = next
	}
	chosen, err := s.Notifications.PreferencesOf(ctx, user)
	if err != nil {
		return err
	}
	for _, one := range chosen {
		if err := out.Preference(one); err != nil {
			return err
		}
	}
	if err := s.Templates.Export(ctx, user, out.Template); err != nil {
		return err
	}
	return s.Cases.ExportUser(ctx, caller, user, func(c cases.UserExport) error {
		share := Share{UserExport: c}
		err := s.consultations(ctx, caller, ai.ConsultationFilter{CaseID: &c.CaseID}, user, func(one ai.Consultation) error {
			share.Consultations = append(share.Consultations, one)
			return nil
		})
		if err != nil {
			return err
		}
		err = s.drafts(ctx, caller, drafts.Filter{CaseID: &c.CaseID, UserID: &user}, func(one Draft) error {
			share.Drafts = append(share.Drafts, one)
			return nil
		})
		if err != nil {
			return err
		}
		err = s.documents(ctx, caller, files.Filter{CaseID: &c.CaseID, UserID: &user}, func(one files.File) error {
			share.Documents = append(share.Documents, one)
			return nil
		})
		if err != nil {
			return err
		}
		err = s.signatures(ctx, caller, esign.Filter{CaseID: &c.CaseID, UserID: &user}, func(one esign.Request) error {
			share.Signatures = append(share.Signatures, one)
			return nil
		})
		if err != nil {
			return err
		}
		return out.Share(share)
	})
}

func (s *Service) person(ctx context.Context, caller domain.Principal, user domain.ID) (account.User, error) {
	if caller.UserID != user && !caller.Admin() {
		return account.User{}, domain.Errorf(domain.Forbidden, "Only an admin may do this for somebody else.")
	}
	found, err := s.Accounts.ByID(ctx, []domain.ID{user})
	if err != nil {
		return account.User{}, err
	}
	u, ok := found[user]
	if !ok {
		return account.User{}, domain.NoSuch("account")
	}
	return u, nil
}

// consultations gives yield those of user that fit f.
func (s *Service) consultations(ctx context.Context, caller domain.Principal, f ai.ConsultationFilter, user domain.ID, yield func(ai.Consultation) error) error {
	f.Limit = pageSize
	for {
		items, next, err := s.AI.Consultations(ctx, caller, f)
		if err != nil {
			return err
		}
		for _, one := range items {
			if one.UserID != user {
				continue
			}
			c, err := s.AI.Consultation(ctx, caller, one.ID)
			if domain.CodeOf(err) == domain.NotFound {
				continue // deleted a moment ago
			}
			if err != nil {
				return err
			}
			if err := yield(c); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		f.Before = next
	}
}

// drafts gives yield those that fit f, with all their versions.
func (s *Service) drafts(ctx context.Context, caller domain.Principal, f drafts.Filter, yield func(Draft) error) error {
	f.Limit = pageSize
	for {
		items, next, err := s.Drafts.List(ctx, caller, f)
		if err != nil {
			return err
		}
		for _, one := range items {
			d, versions, err := s.Drafts.Export(ctx, caller, one.ID)
			if domain.CodeOf(err) == domain.NotFound {
				continue // deleted a moment ago
			}
			if err != nil {
				return err
			}
			if err := yield(Draft{Draft: d, Versions: versions}); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		f.Before = next
	}
}

// documents gives yield those that fit f.
func (s *Service) documents(ctx context.Context, caller domain.Principal, f files.Filter, yield func(files.File) error) error {
	f.Limit = pageSize
	for {
		items, next, err := s.Archive.List(ctx, caller, f)
		if err != nil {
			return err
		}
		for _, one := range items {
			if err := yield(one); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		f.Before = next
	}
}

// signatures gives yield what fits f: of the case it names, or else of none.
func (s *Service) signatures(ctx context.Context, caller domain.Principal, f esign.Filter, yield func(esign.Request) error) error {
	f.Limit = pageSize
	for {
		items, next, err := s.Esign.List(ctx, caller, f)
		if err != nil {
			return err
		}
		for _, one := range items {
			if f.CaseID == nil && one.CaseID != nil {
				continue
			}
			if err := yield(one); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		f.Before = next
	}
}

// Erase erases a person, for themselves or by an admin. Errors: Forbidden, NotFound, and Conflict
// while a legal hold covers a case of theirs (reason legal_hold), while they are the only owner of
// a case (case_owner), while a document that all have signed is being sealed (signature_sealing), or for
// the last admin who can sign in.
func (s *Service) Erase(ctx context.Context, caller domain.Principal, user domain.ID) error {
	if _, err := s.person(ctx, caller, user); err != nil {
		return err
	}
	return s.Accounts.Erase(ctx, user, func(tx db.Tx, u account.User) error {
		// The cases first: their locks come before anything that is read without one.
		if err := s.Cases.EraseUser(ctx, tx, caller, user, u.Email); err != nil {
			return err
		}
		if err := s.forget(ctx, tx, user, u.Email); err != nil {
			return err
		}
		_, err := s.Jobs.Add(ctx, tx, jobs.LegacyInsert{Kind: kindForget, Payload: user, RunAt: s.Clock().Add(underWay)})
		return err
	})
}

// forget deletes what is somebody's own, and their address where it is known.
func (s *Service) forget(ctx context.Context, tx db.Tx, user domain.ID, address string) error {
	if err := s.AI.DeleteUserData(ctx, tx, user); err != nil {
		return err
	}
	if err := s.Esign.Erase(ctx, tx, user); err != nil { // while its documents are there
		return err
	}
	if err := s.Rendering.EraseUser(ctx, tx, user); err != nil {
		return err
	}
	if err := s.Archive.EraseUser(ctx, tx, user); err != nil {
		return err
	}
	if err := s.Webhooks.Forget(ctx, tx, user); err != nil {
		return err
	}
	if err := s.Notifications.Forget(ctx, tx, user); err != nil {
		return err
	}
	if err := s.Email.EraseUser(ctx, tx, user, address); err != nil {
		return err
	}
	if err := s.Drafts.EraseUser(ctx, tx, user); err != nil {
		return err
	}
	if err := s.Templates.EraseUser(ctx, tx, user); err != nil {
		return err
	}
	return s.Jobs.Forget(ctx, tx, user)
}
