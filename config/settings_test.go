package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"

	"counsel/config"
)

// TestSecretFiles: a secret is read from the file that NAME_FILE names, without the line break at its end.
func TestSecretFiles(t *testing.T) {
	clearEnv(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("JWT_SECRET_KEY_FILE", write("jwt", "b1946ac92492d2347c6235b4d2611184\r\n"))
	t.Setenv("DATABASE_URL_FILE", write("database", "mysql://counsel:9f0c2b7e@db:3306/counsel\n"))
	cfg, err := config.Load()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.JWT.Secret != "b1946ac92492d2347c6235b4d2611184" || cfg.Database.URL != "mysql://counsel:9f0c2b7e@db:3306/counsel" {
		t.Errorf("%q, %q", cfg.JWT.Secret, cfg.Database.URL)
	}
	for name, c := range map[string]struct{ path, want string }{
		"both":    {write("other", "x"), "JWT_SECRET_KEY and JWT_SECRET_KEY_FILE are both set"},
		"missing": {filepath.Join(dir, "none"), "JWT_SECRET_KEY_FILE: open"},
		"empty":   {write("empty", "\n"), "JWT_SECRET_KEY_FILE: " + filepath.Join(dir, "empty") + " is empty"},
		"large":   {write("large", strings.Repeat("x", 64<<10+1)), "is larger than 65536 bytes"},
		"folder":  {dir, "JWT_SECRET_KEY_FILE: read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("JWT_SECRET_KEY_FILE", c.path)
			if name == "both" {
				t.Setenv("JWT_SECRET_KEY", "y")
			}
			if _, err := config.Load(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// TestEverySecretIsMasked sets every variable and looks for the values of secrets in what Settings returns.
func TestEverySecretIsMasked(t *testing.T) {
	clearEnv(t)
	environment := map[string]string{
		"DATABASE_URL": "counsel:s3cr3t@tcp(db)/counsel", "REDIS_URL": "redis://:s3cr3t@cache/0",
		"S3_BUCKET": "firm", "S3_REGION": "eu-west-1", "LLM_MODEL": "m", "ESIGN_CERTIFICATE": "-----BEGIN\nEND",
	}
	for _, name := range []string{"JWT_SECRET_KEY", "ADMIN_PASSWORD", "METRICS_TOKEN", "S3_ACCESS_KEY", "S3_SECRET_KEY", "LLM_API_KEY", "LLM_FALLBACK_API_KEY", "ESIGN_PRIVATE_KEY", "ESIGN_API_KEY", "ESIGN_WEBHOOK_SECRET", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET", "SMTP_PASSWORD", "MAIL_DKIM_KEY", "WEBHOOK_KEY", "COMPANIES_HOUSE_API_KEY", "SECRET_KEY", "JWT_OLD_SECRET_KEY"} {
		environment[name] = "s3cr3t"
	}
	path := filepath.Join(t.TempDir(), "jwt")
	if err := os.WriteFile(path, []byte("s3cr3t"), 0o600); err != nil {
		t.Fatal(err)
	}
	environment["JWT_SECRET_KEY_FILE"], environment["JWT_SECRET_KEY"] = path, ""
	for name, value := range environment {
		t.Setenv(name, value)
	}
	cfg, _ := config.Load() // some need others, which are not set
	got := map[string]config.Setting{}
	for _, s := range cfg.Settings(env.ToMap(os.Environ())) {
		if got[s.Name] = s; strings.Contains(s.Value, "s3cr3t") || strings.Contains(s.Value, "\n") {
			t.Errorf("%s=%q", s.Name, s.Value)
		}
	}
	for name, want := range map[string]config.Setting{
		"LLM_MODEL":         {Value: "m", Source: config.FromEnvironment},
		"LOG_LEVEL":         {Value: "info", Source: config.FromDefault},
		"JWT_SECRET_KEY":    {Value: "********", Source: path},
		"DATABASE_URL":      {Value: "counsel:********@tcp(db)/counsel", Source: config.FromEnvironment},
		"S3_ENDPOINT":       {Value: "https://s3.eu-west-1.amazonaws.com", Source: config.FromDefault},
		"ESIGN_CERTIFICATE": {Value: `-----BEGIN\nEND`, Source: config.FromEnvironment},
		"WEBHOOK_KEY":       {Value: "********", Source: config.FromEnvironment},
	} {
		if want.Name = name; got[name] != want {
			t.Errorf("%+v, want %+v", got[name], want)
		}
	}
	// A name that says secret is a secret.
	for name := range got {
		for _, word := range []string{"SECRET", "PASSWORD", "TOKEN", "API_KEY", "PRIVATE"} {
			if strings.Contains(name, word) && !strings.HasSuffix(name, "_FILE") && !strings.Contains(name, "EXPIRE") && !strings.Contains(name, "BUDGET") && name != "WEBHOOK_ALLOW_PRIVATE" && environment[name] == "" && name != "JWT_SECRET_KEY" && name != "JWT_OLD_SECRET_KEY_UNTIL" {
				t.Errorf("%s is not tested", name)
			}
		}
	}
}

// TestAWS: a bucket with its keys and no endpoint is one of AWS.
func TestAWS(t *testing.T) {
	for region, want := range map[string]string{"eu-central-1": "https://s3.eu-central-1.amazonaws.com", "cn-north-1": "https://s3.cn-north-1.amazonaws.com.cn"} {
		clearEnv(t)
		for name, value := range map[string]string{"S3_BUCKET": "firm", "S3_REGION": region, "S3_ACCESS_KEY": "k3Y", "S3_SECRET_KEY": "c8f1d6a0b7"} {
			t.Setenv(name, value)
		}
		if cfg, err := config.Load(); err != nil || cfg.S3.Endpoint != want {
			t.Errorf("%s: %q, %v", region, cfg.S3.Endpoint, err)
		}
	}
}
