// Eval asks the AI 60 questions, requests 20 drafts and 20 reviews (cases/*.yaml), scores each by rules, prints a
// table and writes it as JSON, to be compared with the next run. It shows what a changed prompt or model is worth.
//
//	go run ./tests/eval [-v] [-out file] [-record file | -replay file]
//
// With LLM_BASE_URL, LLM_API_KEY and LLM_MODEL it asks that provider, and else the sandbox's stand-in, which knows no
// law: only form, language and structure count there. -record keeps the provider's answers, and -replay
// scores kept answers again, after a change of the rules.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"counsel/clients/llm"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/ai"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/masking"
	accountquery "counsel/gen/query/account"
	"counsel/sandbox"
	standin "counsel/sandbox/llm"
)

var (
	verbose    = flag.Bool("v", false, "print every failed check")
	out        = flag.String("out", "bin/eval.json", "the report; the table compares with what was there before")
	recordTo   = flag.String("record", "", "record the answers in this file")
	replayFrom = flag.String("replay", "", "score the answers that were recorded in this file")
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "eval:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "counsel-eval")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	box, err := sandbox.Start(ctx, sandbox.Options{Dir: filepath.Join(dir, "data"), MySQL: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	pool, err := db.Open(ctx, box.DatabaseURL, db.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	if err := db.Migrate(ctx, pool); err != nil {
		return err
	}
	model, closeModel, err := openModel(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeModel()) }()
	r, err := evaluate(ctx, pool, model)
	if err != nil {
		return err
	}
	previous, err := readReport(*out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r.print(os.Stdout, previous, *verbose)
	if *recordTo != "" {
		if recorded, ok := model.(*recording); ok {
			if err := recorded.write(*recordTo); err != nil {
				return err
			}
		}
	}
	return r.write(*out)
}

// openModel returns the model that the flags and the environment name.
func openModel(ctx context.Context) (ai.Model, func() error, error) {
	nothing := func() error { return nil }
	if *replayFrom != "" {
		m, err := replay(*replayFrom)
		return m, nothing, err
	}
	c := llm.Config{BaseURL: os.Getenv("LLM_BASE_URL"), APIKey: os.Getenv("LLM_API_KEY"), Model: or(os.Getenv("LLM_MODEL"), "gpt-4.1-mini"), Timeout: time.Minute, Deadline: 3 * time.Minute}
	stop := nothing
	if c.BaseURL == "" {
		s, err := standin.Start(ctx, standin.Options{})
		if err != nil {
			return nil, nil, err
		}
		c.BaseURL, c.APIKey, c.Model, stop = s.URL, s.APIKey, "sandbox", s.Close
	}
	m, err := llm.New(c)
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	closeAll := func() error { return errors.Join(m.Close(), stop()) }
	if *recordTo != "" {
		return record(m), closeAll, nil
	}
	return m, closeAll, nil
}

// evaluate runs the suite with a service of its own, without a cache.
func evaluate(ctx context.Context, pool *sql.DB, model ai.Model) (r report, err error) {
	s, err := loadSuite()
	if err != nil {
		return r, err
	}
	masker, err := masking.New()
	if err != nil {
		return r, err
	}
	set, err := prompts.Load()
	if err != nil {
		return r, err
	}
	policies, err := policy.Load()
	if err != nil {
		return r, err
	}
	service, err := ai.New(ai.Config{
		Runtime: domain.SystemRuntime(slog.New(slog.DiscardHandler)), DB: pool, Model: model, Masker: masker, Prompts: set, Policies: policies, Deadline: 3 * time.Minute,
	})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, service.Close(context.WithoutCancel(ctx))) }()
	user, now := domain.Principal{UserID: domain.NewID(), Role: domain.RoleClient}, domain.SystemClock()
	if err := accountquery.New(pool).CreateUser(ctx, accountquery.CreateUserParams{
		ID: user.UserID, Email: user.UserID.String() + "@example.com", FullName: "Evaluation", Role: string(user.Role), PasswordHash: "-", CreatedAt: now, UpdatedAt: now,
	}); err != nil {
		return r, err
	}
	return report{Model: model.Name(), Prompts: digest(set), Results: s.run(ctx, service, user)}, nil
}
