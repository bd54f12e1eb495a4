package config

import (
	"net/mail"
	"strings"
	"time"
)

const defaultSMTPPort = 587

// SMTP configures the mail server. Without a host everything but e-mail works.
type SMTP struct {
	Host     string `env:"SMTP_HOST"`
	Port     int    `env:"SMTP_PORT" envDefault:"587"`
	User     string `env:"SMTP_USER"`
	Password string `env:"SMTP_PASSWORD"`
	TLS      string `env:"SMTP_TLS"`     // starttls, implicit, off; empty: implicit on port 465, else starttls
	CAFile   string `env:"SMTP_CA_FILE"` // PEM; empty: the system's
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
	From              string        `env:"MAIL_FROM"` // Counsel <no-reply@host>
	RecipientsPerHour int           `env:"MAIL_RECIPIENTS_HOUR" envDefault:"500"`
	Retention         time.Duration `env:"MAIL_KEEP_DAYS" envDefault:"365" unit:"d"` // of the text of a mail; 0: forever
	DKIMDomain        string        `env:"MAIL_DKIM_DOMAIN"`
	DKIMSelector      string        `env:"MAIL_DKIM_SELECTOR"`
	DKIMKey           string        `env:"MAIL_DKIM_KEY"`      // private key in PEM
	DKIMKeyFile       string        `env:"MAIL_DKIM_KEY_FILE"` // or a file with it
}

func (m *Mail) normalize() { m.DKIMKey = unescapeLines(m.DKIMKey) }

func (m *Mail) validate(f *faults) {
	f.between("MAIL_RECIPIENTS_HOUR", m.RecipientsPerHour, 1, 1_000_000)
	if days := m.Retention / day; days != 0 && (days < 31 || days > 36_500) { // a failed mail can be resent for thirty days
		f.add("MAIL_KEEP_DAYS must be 0 (forever) or between 31 and 36500")
	}
	f.together(set("MAIL_DKIM_DOMAIN", m.DKIMDomain), set("MAIL_DKIM_SELECTOR", m.DKIMSelector), set("MAIL_DKIM_KEY or MAIL_DKIM_KEY_FILE", m.DKIMKey+m.DKIMKeyFile))
	if m.From != "" {
		if _, err := mail.ParseAddress(m.From); err != nil {
			f.add("MAIL_FROM must be an address such as Counsel <no-reply@host>")
		}
	}
}

// unescapeLines restores the line breaks of a PEM block stored on one line, as some secret stores do.
func unescapeLines(pem string) string { return strings.ReplaceAll(pem, `\n`, "\n") }
