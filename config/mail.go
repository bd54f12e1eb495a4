package config

import (
	"net/mail"
	"strings"
	"time"
)

const defaultSMTPPort = 587

// SMTP configures the mail server. Without a host everything but e-mail works.
type SMTP struct {
	// (*) SMTP server for outgoing mail. Without it, serve sends no mail.
	Host string `env:"SMTP_HOST"`
	// Its port.
	Port int `env:"SMTP_PORT" envDefault:"587"`
	// User name at the SMTP server.
	User string `env:"SMTP_USER"`
	// Password at the SMTP server.
	Password string `env:"SMTP_PASSWORD" secret:"all"`
	// starttls (required, not opportunistic), implicit, or off. Empty: implicit on port 465, otherwise starttls.
	TLS string `env:"SMTP_TLS"`
	// File with the certificate of a private CA, in PEM. Empty: the system's CAs.
	CAFile string `env:"SMTP_CA_FILE"`
}

func (s *SMTP) validate(f *faults) {
	f.between("SMTP_PORT", s.Port, 1, 65535)
	if s.TLS != "" {
		f.oneOf("SMTP_TLS", s.TLS, "starttls", "implicit", "off")
	}
	f.together(set("SMTP_USER", s.User), set("SMTP_PASSWORD", s.Password))
	f.requires(set("SMTP_HOST", s.Host), setting{"SMTP_PORT", s.Port != defaultSMTPPort}, set("SMTP_USER", s.User), set("SMTP_PASSWORD", s.Password),
		set("SMTP_TLS", s.TLS), set("SMTP_CA_FILE", s.CAFile))
}

func (s *SMTP) validateProduction(f *faults) {
	if s.Host != "" && s.Password != "" {
		f.secret("SMTP_PASSWORD", s.Password)
	}
}

func (s *SMTP) warnings() []string {
	switch {
	case s.Host == "":
		return []string{"SMTP_HOST is not set: no e-mail is sent, and nobody can reset a forgotten password"}
	case s.TLS == "off":
		return []string{"SMTP_TLS is off: e-mails and the SMTP password are sent unencrypted"}
	}
	return nil
}

// Mail configures the e-mails that the service sends.
type Mail struct {
	checked
	// Sender of all mail, such as Counsel <no-reply@host>. Required by serve if SMTP_HOST is set.
	From string `env:"MAIL_FROM"`
	// Number of recipients to whom one user can send mail per hour.
	RecipientsPerHour int `env:"MAIL_RECIPIENTS_HOUR" envDefault:"500"`
	// Number of days for which the text of a sent mail is kept: at least 31, or 0 to keep it forever. Subject, recipients,
	// attachment names and delivery status are always kept. While the sender is a member of a case under legal hold, the
	// text is kept as well.
	Retention time.Duration `env:"MAIL_KEEP_DAYS" envDefault:"365" unit:"d"`
	// Domain of the DKIM signature of outgoing mail. Empty: mail is not signed.
	DKIMDomain string `env:"MAIL_DKIM_DOMAIN"`
	// Selector: the public key is published in the DNS at selector._domainkey.domain.
	DKIMSelector string `env:"MAIL_DKIM_SELECTOR"`
	// RSA or Ed25519 private key in PEM that signs outgoing mail.
	DKIMKey string `env:"MAIL_DKIM_KEY" secret:"all"`
}

func (m *Mail) normalize() { m.DKIMKey = unescapeLines(m.DKIMKey) }

func (m *Mail) validate(f *faults) {
	f.between("MAIL_RECIPIENTS_HOUR", m.RecipientsPerHour, 1, 1_000_000)
	if days := m.Retention / day; days != 0 && (days < 31 || days > 36_500) { // a failed mail can be resent for thirty days
		f.add("MAIL_KEEP_DAYS must be 0 (forever) or between 31 and 36500")
	}
	f.together(set("MAIL_DKIM_DOMAIN", m.DKIMDomain), set("MAIL_DKIM_SELECTOR", m.DKIMSelector), set("MAIL_DKIM_KEY", m.DKIMKey))
	if m.From != "" {
		if _, err := mail.ParseAddress(m.From); err != nil {
			f.add("MAIL_FROM must be an address such as Counsel <no-reply@host>")
		}
	}
}

// unescapeLines restores the line breaks of a PEM block stored on one line, as some secret stores do.
func unescapeLines(pem string) string { return strings.ReplaceAll(pem, `\n`, "\n") }
