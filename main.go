// Counsel is the backend of a legal-services product: it answers legal questions, drafts documents, reviews contracts,
// and has documents signed.
//
// The main package contains the commands. They read the settings and run the service, which package app wires together.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"counsel/app"
	"counsel/config"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/esign/pades"
	"counsel/domain/files/filetype"
	"counsel/domain/isolation"
	"counsel/domain/text/extract"
	"counsel/sandbox/llm"
	"counsel/sandbox/registries"
	"counsel/sandbox/stripe"
)

// contract is the OpenAPI contract, which the service publishes at /openapi.yaml.
//
//go:embed openapi.yaml
var contract []byte

const description = `The backend of a legal-services product.

Settings come from the environment; .env.example lists them all with their defaults. "dev" also reads .env, and starts every server that the environment does not name (MySQL, Redis, S3, SMTP, and a stand-in for the AI provider) with its data in DATA_DIR.`

type commands struct {
	Dev     devCommand     `cmd:"" help:"Run the whole service on this machine, with the servers it needs. For development."`
	Serve   serveCommand   `cmd:"" help:"Run the service with the servers named by the environment. For production: refuses to start if a secret is missing or a default."`
	Work    workCommand    `cmd:"" help:"Only run background jobs, with the same settings as serve."`
	Verify  verifyCommand  `cmd:"" name:"verify-evidence" help:"Verify the evidence of a signature offline: nothing was changed, and all parts are consistent."`
	Config  configCommand  `cmd:"" help:"Print every setting with its source; secrets are masked. Fails if serve would not start with them."`
	Migrate migrateCommand `cmd:"" help:"Migrate the database named by DATABASE_URL to the current schema, then exit."`
	Backup  backupCommand  `cmd:"" help:"Copy all rows and files into a folder, while the service runs."`
	Restore restoreCommand `cmd:"" help:"Restore a backup into an empty database and bucket. Resumes if it was interrupted."`
	Version versionCommand `cmd:"" help:"Print the version, the commit it was built from, and the compiler."`
}

func main() {
	isolation.ServeIfChild(isolation.Tasks{taskVerify: verifyEvidence}, extract.Tasks(), filetype.Tasks(), pades.Tasks())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	cli := kong.Parse(&commands{}, kong.Name("counsel"), kong.Description(description), kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	if err := cli.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "counsel:", err)
		os.Exit(1)
	}
}

// standIns are the outside systems of test mode.
func standIns() (app.StandIns, error) {
	payments, err := stripe.New(stripe.Options{APIKey: app.TestPaymentsKey})
	return app.StandIns{
		AI:         llm.New(llm.Options{APIKey: app.TestAIKey, Model: "test", MaxRequests: 1}),
		Registries: registries.New(), Lists: registries.Lists(), Payments: payments,
	}, err
}

type serveCommand struct{}

// Run serves in production.
func (serveCommand) Run(ctx context.Context) error {
	cfg, log, err := loadProduction()
	if err != nil {
		return err
	}
	for _, warning := range cfg.Warnings() {
		log.Warn(warning)
	}
	test, err := standIns()
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, contract, test, log)
	if err != nil {
		return err
	}
	log.Info("listening", append(versionAttrs(), "address", a.Address().String())...)
	return a.Run(ctx)
}

type workCommand struct{}

// Run runs jobs until it is stopped.
func (workCommand) Run(ctx context.Context) error {
	cfg, log, err := loadProduction()
	if err != nil {
		return err
	}
	cfg.HTTP.Addr, cfg.Jobs.Run = "", true
	test, err := standIns()
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, contract, test, log)
	if err != nil {
		return err
	}
	log.Info("running jobs", append(versionAttrs(), "concurrency", cfg.Jobs.Concurrency)...)
	if address := a.Address(); address != nil {
		log.Info("listening", "address", address.String())
	}
	return a.Run(ctx)
}

// loadProduction reads the settings and rejects those that are not safe in production.
func loadProduction() (config.Config, *slog.Logger, error) {
	cfg, err := config.Load()
	if err != nil {
		return cfg, nil, err
	}
	if cfg.LLM.BaseURL == "" {
		cfg.LLM.BaseURL = config.OpenAI
	}
	if err := cfg.ValidateProduction(); err != nil {
		return cfg, nil, fmt.Errorf("the settings are not safe for production:\n%w", err)
	}
	return cfg, newLog(cfg), nil
}

type migrateCommand struct{}

// Run applies the missing migrations.
func (migrateCommand) Run(ctx context.Context) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	if cfg.Database.URL == "" {
		return errors.New("DATABASE_URL is not set")
	}
	if err := migrate(ctx, cfg.Database.URL, newLog(cfg), nil); err != nil {
		return err
	}
	_, err = fmt.Println("The database schema is up to date.")
	return err
}

// migrate applies the missing migrations. progress, if not nil, receives how many of them are applied.
func migrate(ctx context.Context, url string, log *slog.Logger, progress func(done, total int)) error {
	database, err := db.Open(ctx, url, db.Options{ReadTimeout: 10 * time.Minute, Wait: db.PatientWait, Log: log}) // migrating a large table takes long
	if err != nil {
		return err
	}
	defer database.Close()
	return db.MigrateWithProgress(ctx, database, progress)
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run() error {
	v := app.CurrentVersion()
	_, err := fmt.Printf("counsel %s\ncommit  %s\ndate    %s\nGo      %s\n", v.Version, v.Commit, v.Date, strings.TrimPrefix(v.Go, "go"))
	return err
}

// versionAttrs are the attributes of the first log line of a process.
func versionAttrs() []any {
	v := app.CurrentVersion()
	return []any{"version", v.Version, "commit", v.Commit}
}

// newLog returns a logger that writes one JSON object per line to standard error.
func newLog(cfg config.Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // config has validated it
	return slog.New(domain.LogHandler{Handler: slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level})})
}
