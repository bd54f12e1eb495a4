//go:build !production

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/joho/godotenv"

	"counsel/app"
	"counsel/clients/mail"
	"counsel/config"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/esign/pades"
	"counsel/sandbox"
	"counsel/sandbox/llm"
	"counsel/sandbox/registries"
	"counsel/sandbox/stripe"
)

type devCommand struct {
	StreamTime time.Duration `default:"1.5s" help:"How long the AI stand-in takes to stream an answer."`
}

// Run serves on this machine and starts every server that the environment does not name.
func (c devCommand) Run(ctx context.Context) error {
	up := false
	out := newTerminal(os.Stderr)
	err := c.run(ctx, out, &up)
	out.done()
	if err != nil && !up && ctx.Err() != nil { // interrupted while starting
		fmt.Println("\nStopped before the service was up. The next start continues from here.")
		return nil //nolint:nilerr // the user interrupted it
	}
	return err
}

// run serves until ctx ends. It sets up when the service accepts requests.
func (c devCommand) run(ctx context.Context, out *terminal, up *bool) (err error) {
	if err := godotenv.Load(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf(".env: %w", err)
	}
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	if cfg.DataDir, err = filepath.Abs(cfg.DataDir); err != nil {
		return fmt.Errorf("DATA_DIR: %w", err)
	}
	cfg.Webhooks.AllowPrivate = true
	cfg.HTTP.CORSLocalhost = true
	if err := checkAddress(ctx, cfg.HTTP.Addr); err != nil {
		return err
	}
	log := out.log(cfg)
	out.step("Starting MariaDB, Redis, S3 and the mail server")
	box, err := sandbox.Start(ctx, sandbox.Options{
		Dir: cfg.DataDir, Log: log,
		MySQL: cfg.Database.URL == "", Redis: cfg.Redis.URL == "", S3: cfg.S3.Endpoint == "", SMTP: cfg.SMTP.Host == "",
	})
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, box.Close()); err == nil {
			fmt.Printf("\nStopped. The data is in %s.\n", cfg.DataDir)
		}
	}()
	if cfg.Database.URL == "" {
		cfg.Database.URL = box.DatabaseURL
	}
	if cfg.Redis.URL == "" {
		cfg.Redis.URL = box.RedisURL
	}
	if cfg.S3.Endpoint == "" {
		cfg.S3 = config.S3(box.S3)
	}
	if cfg.SMTP.Host == "" {
		cfg.SMTP = config.SMTP{Host: box.SMTP.Host, Port: box.SMTP.Port, User: box.SMTP.User, Password: box.SMTP.Password, TLS: mail.NoTLS}
	}
	if cfg.Esign.Certificate == "" {
		if cfg.Esign.Certificate, cfg.Esign.PrivateKey, err = loadSeal(cfg.DataDir); err != nil {
			return err
		}
	}
	if cfg.Mail.From == "" {
		cfg.Mail.From = "Counsel <no-reply@counsel.example>"
	}
	sandboxURL := ""
	if cfg.LLM.BaseURL == "" {
		standIn, err := llm.Start(context.WithoutCancel(ctx), llm.Options{PortFile: filepath.Join(sandbox.PortDir(cfg.DataDir), "ai"), StreamTime: c.StreamTime}) // outlives ctx, because requests are drained first
		if err != nil {
			return fmt.Errorf("the stand-in for the AI provider: %w", err)
		}
		defer func() { err = errors.Join(err, standIn.Close()) }()
		if cfg.LLM.APIKey != "" {
			log.Warn("LLM_API_KEY is set but LLM_BASE_URL is not: the stand-in answers instead of a real AI")
		}
		cfg.LLM.BaseURL, cfg.LLM.APIKey, cfg.LLM.Model = standIn.URL, standIn.APIKey, "sandbox"
		sandboxURL = strings.TrimSuffix(standIn.URL, "/v1") + "/sandbox"
	}
	standIn, err := startRegistries(ctx, &cfg)
	if err != nil {
		return fmt.Errorf("the stand-in for the registers: %w", err)
	}
	defer func() { err = errors.Join(err, standIn.Close()) }()
	var pay *stripe.Server // nil: the environment names a payment provider
	if cfg.Stripe.APIKey == "" {
		pay, err = stripe.Start(ctx, stripe.Options{PortFile: filepath.Join(sandbox.PortDir(cfg.DataDir), "stripe"), File: filepath.Join(cfg.DataDir, "stripe.json")})
		if err != nil {
			return fmt.Errorf("the stand-in for Stripe: %w", err)
		}
		defer func() { err = errors.Join(err, pay.Close()) }()
		cfg.Stripe = config.Stripe{APIURL: pay.URL, APIKey: pay.APIKey, WebhookSecret: pay.WebhookSecret}
	}
	if cfg.JWT.Secret == "" {
		if cfg.JWT.Algorithm != "HS256" {
			return fmt.Errorf("JWT_SECRET_KEY is not set: %s needs a private key in PEM", cfg.JWT.Algorithm)
		}
		if cfg.JWT.Secret, _, err = loadSecret(cfg.DataDir, "jwt-secret"); err != nil {
			return err
		}
	}
	out.step("Migrating the database")
	err = migrate(ctx, cfg.Database.URL, log, func(done, total int) { out.update(fmt.Sprintf("Migrating the database: %d of %d", done, total)) })
	if err != nil {
		return err
	}
	out.step("Starting the service")
	test, err := standIns()
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, contract, test, log)
	if err != nil {
		return err
	}
	demo, password, ok, err := demoUser(ctx, a.Services.Accounts, cfg.DataDir)
	if err != nil {
		return errors.Join(fmt.Errorf("the demo account: %w", app.WithFields(err)), a.Close(ctx))
	}
	out.done()
	url := "http://" + a.Address().String()
	if pay != nil {
		pay.SetWebhookURL(url + "/api/payments/webhooks/stripe")
	}
	fmt.Print(welcome(url, cfg, box, sandboxURL))
	if ok {
		fmt.Print(firstQuestion(url, demo, password))
	} else {
		fmt.Printf("\nRegister at %s/docs and ask the first question there. The demo account of this database belongs to another data folder.\n", url)
	}
	fmt.Print("\nCtrl-C stops everything. The log follows.\n\n")
	*up = true
	return a.Run(ctx)
}

// startRegistries starts the stand-in for the registers that the environment does not name, with sample lists of sanctions.
func startRegistries(ctx context.Context, cfg *config.Config) (*registries.Listener, error) {
	r := &cfg.Registries
	standIn, err := registries.Start(context.WithoutCancel(ctx), filepath.Join(sandbox.PortDir(cfg.DataDir), "registries"))
	if err != nil {
		return nil, err
	}
	if r.GLEIFURL == "" {
		r.GLEIFURL = standIn.URL + "/gleif"
	}
	if r.VIESURL == "" {
		r.VIESURL = standIn.URL + "/vies"
		if r.VIESRequester == "" {
			r.VIESRequester = "DE129273398"
		}
	}
	if r.CompaniesHouseURL == "" && r.CompaniesHouseKey == "" {
		r.CompaniesHouseURL, r.CompaniesHouseKey = standIn.URL+"/companies-house", registries.APIKey
	}
	if r.SanctionsDir == "" {
		r.SanctionsDir = filepath.Join(cfg.DataDir, "sanctions")
		err = registries.WriteLists(r.SanctionsDir)
	}
	return standIn, err
}

// checkAddress fails if the service will not be able to listen, before servers start that would be of no use.
func checkAddress(ctx context.Context, address string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return app.AddressError(address, err)
	}
	return l.Close()
}

const demoEmail = "demo@counsel.example"

// demoUser returns the account for the first question, a lawyer, which may do everything except administration. Its
// random password is stored in the data folder. ok is false if the account must not be used: the database has
// it from another data folder, or an admin disabled it.
func demoUser(ctx context.Context, accounts *account.Service, dir string) (u account.User, password string, ok bool, err error) {
	password, created, err := loadSecret(dir, "demo-password")
	if err != nil {
		return u, "", false, err
	}
	u, err = accounts.Register(ctx, account.Registration{Email: demoEmail, Password: password, FullName: "Demo Lawyer"})
	if domain.CodeOf(err) == domain.Conflict {
		if u, err = accounts.ByEmail(ctx, demoEmail); err == nil && (created || u.Disabled) {
			return u, "", false, nil
		}
	}
	if err != nil {
		return u, "", false, err
	}
	if lawyer := domain.RoleLawyer; u.Role == domain.RoleClient { // new, or created by an older version
		u, err = accounts.UpdateUser(ctx, domain.Principal{Role: domain.RoleAdmin}, u.ID, account.UserChange{Role: &lawyer})
	}
	return u, password, err == nil, err
}

// loadSecret returns the secret stored in dir under name. It is created on first use, readable only by its owner.
func loadSecret(dir, name string) (secret string, created bool, err error) {
	path := filepath.Join(dir, name)
	switch b, err := os.ReadFile(path); { //nolint:gosec // the operator chooses the folder
	case err == nil:
		return strings.TrimSpace(string(b)), false, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", false, err
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	secret = hex.EncodeToString(random)
	return secret, true, os.WriteFile(path, []byte(secret+"\n"), 0o600)
}

// loadSeal returns the certificate and key in dir that seal signed documents. They are created on first use.
func loadSeal(dir string) (certificate, key string, err error) {
	path := filepath.Join(dir, "esign.pem")
	b, err := os.ReadFile(path) //nolint:gosec // the operator chooses the folder
	if errors.Is(err, fs.ErrNotExist) {
		if certificate, key, err = pades.SelfSigned("Counsel, for development", domain.SystemClock()); err != nil {
			return "", "", err
		}
		b = []byte(certificate + key)
		err = os.WriteFile(path, b, 0o600)
	}
	return string(b), string(b), err // the file contains both
}

func welcome(url string, cfg config.Config, box *sandbox.Sandbox, sandboxURL string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nCounsel is up.\n\n")
	line := func(label, value string) { fmt.Fprintf(&b, "  %-14s %s\n", label, value) }
	line("listening on", url)
	line("documentation", url+"/docs")
	line("data", cfg.DataDir)
	if box.S3.Endpoint != "" {
		line("S3", box.S3.Endpoint+"  (on disk; its keys are in "+filepath.Join(cfg.DataDir, "s3")+")")
	}
	if box.SMTP.Host != "" {
		line("mails", fmt.Sprintf("%s  (stored, not delivered; SMTP at %s:%d)", box.SMTP.Page, box.SMTP.Host, box.SMTP.Port))
	}
	line("registers", cfg.Registries.GLEIFURL+", "+cfg.Registries.VIESURL)
	line("payments", paymentsAddress(cfg))
	line("AI", cfg.LLM.BaseURL+"  ("+cfg.LLM.Model+")")
	if sandboxURL != "" {
		line("", sandboxURL+"/behaviour makes it slow or fail, "+sandboxURL+"/requests shows what it received")
	}
	return b.String()
}

func firstQuestion(url string, demo account.User, password string) string {
	return fmt.Sprintf(`
Ask the first question, as a lawyer:

  TOKEN=$(curl -s %[1]s/api/auth/login -H 'Content-Type: application/json' \
    -d '{"email":"%[2]s","password":"%[3]s"}' \
    | sed 's/.*"accessToken":"\([^"]*\)".*/\1/')
  curl -s %[1]s/api/ai/chat -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
    -d '{"userId":"%[4]s","message":"I am John Miller, john.miller@example.com. How long does an NDA bind me?"}'
`, url, demo.Email, password, demo.ID)
}

// paymentsAddress says where invoices are paid.
func paymentsAddress(cfg config.Config) string {
	if cfg.Stripe.APIURL == "" {
		return "Stripe"
	}
	return cfg.Stripe.APIURL + "  (shows the payments; refunds and disputes are made there)"
}
