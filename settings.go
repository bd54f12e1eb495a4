package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"

	"counsel/config"
)

type configCommand struct {
	EnvFile string `help:"Also read this file, as dev reads .env." type:"existingfile"`
}

// Run prints every setting and where its value comes from. It fails if serve would not start with them.
func (c configCommand) Run() error {
	environment := env.ToMap(os.Environ())
	fromFile := map[string]bool{}
	if c.EnvFile != "" {
		values, err := godotenv.Read(c.EnvFile)
		if err != nil {
			return fmt.Errorf("%s: %w", c.EnvFile, err)
		}
		for name, value := range values {
			if _, ok := environment[name]; ok {
				continue // the environment takes precedence
			}
			environment[name], fromFile[name] = value, true
			if err := os.Setenv(name, value); err != nil {
				return fmt.Errorf("%s: %s: %w", c.EnvFile, name, err)
			}
		}
	}
	cfg, err := config.Load()
	if cfg.LLM.BaseURL == "" {
		cfg.LLM.BaseURL = config.OpenAI
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, s := range cfg.Settings(environment) {
		if fromFile[s.Name] && s.Source == config.FromEnvironment {
			s.Source = c.EnvFile
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", s.Name, s.Value, s.Source)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if err == nil {
		err = cfg.ValidateProduction()
	}
	if err != nil {
		return fmt.Errorf("serve would not start with these settings:\n%w", err)
	}
	for _, warning := range cfg.Warnings() {
		fmt.Fprintln(os.Stderr, "warning:", warning)
	}
	return nil
}
