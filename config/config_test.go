package config_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"counsel/config"
)

// clearEnv clears the environment for the test.
func clearEnv(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		t.Setenv(name, "")
		os.Unsetenv(name)
	}
}

// valid are the settings that production requires.
var valid = map[string]string{
	"DATABASE_URL": "mysql://counsel:9f0c2b7e@db:3306/counsel", "REDIS_URL": "redis://cache:6379/0",
	"LLM_API_KEY": "k-2718281828", "JWT_SECRET_KEY": "b1946ac92492d2347c6235b4d2611184",
	"S3_ENDPOINT": "https://s3.example", "S3_ACCESS_KEY": "k3Y", "S3_SECRET_KEY": "c8f1d6a0b7",
}

func TestProduction(t *testing.T) {
	for name, c := range map[string]struct{ set, to, want string }{
		"valid":                  {},
		"no secret":              {"JWT_SECRET_KEY", "", "JWT_SECRET_KEY is not set"},
		"short secret":           {"JWT_SECRET_KEY", "b1946ac92492d234", "JWT_SECRET_KEY is shorter"},
		"default secret":         {"JWT_SECRET_KEY", "change-me-change-me-change-me-change-me", "JWT_SECRET_KEY is a default"},
		"repeated letter":        {"JWT_SECRET_KEY", strings.Repeat("a", 40), "JWT_SECRET_KEY is a default"},
		"no key":                 {"LLM_API_KEY", "", "LLM_API_KEY is not set"},
		"placeholder key":        {"LLM_API_KEY", "<your-api-key>", "LLM_API_KEY is a default"},
		"a shorter placeholder":  {"LLM_API_KEY", "sk-your-key", "LLM_API_KEY is a default"},
		"placeholder with dots":  {"LLM_API_KEY", "sk-...", "LLM_API_KEY is a default"},
		"a sequence":             {"JWT_SECRET_KEY", "0123456789abcdef0123456789abcdef", "JWT_SECRET_KEY is a default"},
		"default DSN":            {"DATABASE_URL", "counsel:changeme@unix(/run/x.sock)/counsel", "DATABASE_URL has a default password"},
		"default cache":          {"REDIS_URL", "redis://:password@cache:6379/0", "REDIS_URL has a default password"},
		"short webhook key":      {"WEBHOOK_KEY", "5f1e0c", "WEBHOOK_KEY is shorter"},
		"default webhook key":    {"WEBHOOK_KEY", "change-me-change-me-change-me-change-me", "WEBHOOK_KEY is a default"},
		"short root key":         {"SECRET_KEY", "5f1e0c", "SECRET_KEY is shorter"},
		"default root key":       {"SECRET_KEY", "change-me-change-me-change-me-change-me", "SECRET_KEY is a default"},
		"old key without root":   {"JWT_OLD_SECRET_KEY", "c1946ac92492d2347c6235b4d2611184", "SECRET_KEY is not set: links in mails"},
		"no PEM":                 {"JWT_ALGORITHM", "RS256", "JWT_SECRET_KEY contains no private key in PEM"},
		"no database":            {"DATABASE_URL", "", "DATABASE_URL is not set"},
		"default password":       {"DATABASE_URL", "mysql://root:root@db/counsel", "DATABASE_URL has a default password"},
		"no redis":               {"REDIS_URL", "", "REDIS_URL is not set"},
		"signing without TLS":    {"ESIGN_PROVIDER_URL", "http://sign.firm.example", "ESIGN_PROVIDER_URL must start with https://"},
		"signing without a host": {"ESIGN_PROVIDER_URL", "sign", "ESIGN_PROVIDER_URL must be a URL"},
		"signing without a key":  {"ESIGN_API_KEY", "", "ESIGN_API_KEY is not set"},
		"default signing key":    {"ESIGN_API_KEY", "your-api-key", "ESIGN_API_KEY is a default"},
		"default webhook secret": {"ESIGN_WEBHOOK_SECRET", "secret", "ESIGN_WEBHOOK_SECRET is a default"},
		"no store":               {"S3_ENDPOINT", "", "S3_ENDPOINT is not set: without it S3_ACCESS_KEY, S3_SECRET_KEY have no effect"},
		"no store key":           {"S3_ACCESS_KEY", "", "S3_ACCESS_KEY is not set"},
		"no store secret":        {"S3_SECRET_KEY", "", "S3_SECRET_KEY is not set"},
		"MinIO's default secret": {"S3_SECRET_KEY", "minioadmin", "S3_SECRET_KEY is a default"},
		"store with a path":      {"S3_ENDPOINT", "https://s3.example/bucket", "S3_ENDPOINT must be"},
		"mail":                   {"SMTP_HOST", "smtp.firm.example", ""},
		"no sender":              {"MAIL_FROM", "", "MAIL_FROM is not set"},
		"no public URL":          {"PUBLIC_URL", "", "PUBLIC_URL is not set"},
		"a default password":     {"SMTP_PASSWORD", "changeme-please", "SMTP_PASSWORD is a default"},
		"weak admin":             {"ADMIN_PASSWORD", "password", "ADMIN_PASSWORD is a default"},
		"short admin":            {"ADMIN_PASSWORD", "kU8vXe2", "ADMIN_PASSWORD is a default or shorter"},
		"certificate only":       {"ESIGN_CERTIFICATE", "x", "ESIGN_PRIVATE_KEY is not set: without it ESIGN_CERTIFICATE has no effect"},
		"invalid TSA URL":        {"ESIGN_TSA_URL", "tsa", "ESIGN_TSA_URL must be"},
		"unknown provider":       {"ESIGN_PROVIDER", "quill", "ESIGN_PROVIDER must be one of builtin"},
		"admin password only":    {"ADMIN_EMAIL", "", "ADMIN_EMAIL is not set: without it ADMIN_PASSWORD has no effect"},
		"From without SMTP":      {"SMTP_HOST", "", "SMTP_HOST is not set: without it MAIL_FROM has no effect"},
		"TSA without a seal":     {"ESIGN_TSA_URL", "https://tsa.example", "ESIGN_CERTIFICATE is not set"},
		"no provider named":      {"ESIGN_PROVIDER", "", "ESIGN_PROVIDER (docuseal or documenso) is not set: without it ESIGN_PROVIDER_URL, ESIGN_API_KEY, ESIGN_WEBHOOK_SECRET have no effect"},
		"unknown TLS mode":       {"SMTP_TLS", "tls", "SMTP_TLS must be one of starttls, implicit, off"},
	} {
		t.Run(name, func(t *testing.T) {
			clearEnv(t)
			for k, v := range valid {
				t.Setenv(k, v)
			}
			t.Setenv("ESIGN_PROVIDER", "docuseal")
			t.Setenv("ESIGN_PROVIDER_URL", "https://api.docuseal.com")
			t.Setenv("ESIGN_API_KEY", "d4c1Xw9")
			t.Setenv("ESIGN_WEBHOOK_SECRET", "wh-7Qe2")
			t.Setenv("SMTP_HOST", "smtp.firm.example")
			t.Setenv("MAIL_FROM", "Counsel <no-reply@firm.example>")
			t.Setenv("PUBLIC_URL", "https://counsel.firm.example")
			t.Setenv("ADMIN_EMAIL", "admin@firm.example")
			t.Setenv("ADMIN_PASSWORD", "kU8vXe2-nine-lives")
			if c.set == "SMTP_PASSWORD" {
				t.Setenv("SMTP_USER", "counsel")
			}
			if c.set != "" {
				t.Setenv(c.set, c.to)
			}
			cfg, err := config.Load()
			if err == nil {
				err = cfg.ValidateProduction()
			}
			switch {
			case c.want == "" && err != nil:
				t.Fatalf("rejected: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Fatalf("error %v, want %q", err, c.want)
			}
			if err != nil && len(c.to) > 7 && strings.Contains(err.Error(), c.to) {
				t.Fatalf("the error contains the secret: %v", err)
			}
		})
	}
}

func TestInvalidSettings(t *testing.T) {
	for name, value := range map[string]string{
		"CHAT_CACHE_MINUTES": "14", "LLM_TIMEOUT_MS": "1", "LLM_DEADLINE_MS": "9999", "ACCESS_TOKEN_EXPIRE_MINUTES": "0",
		"RATE_LIMIT": "perhaps", "WORK": "perhaps", "MAIL_KEEP_DAYS": "soon", "LOG_LEVEL": "loud", "JWT_ALGORITHM": "none", "LLM_BASE_URL": "nowhere", "LLM_FALLBACK_BASE_URL": "nowhere", "LLM_FALLBACK_MODEL": "m", "LLM_PRICE_INPUT": "-1", "LLM_FALLBACK_PRICE_OUTPUT": "10000000001", "AI_CURRENCY": "euro", "AI_BUDGET_TOKENS_PER_DAY": "-1", "AI_BUDGET_TOKENS_PER_USER_PER_DAY": "many", "S3_ENDPOINT": "nowhere", "TRUSTED_PROXIES": "everyone", "SMTP_PORT": "0", "SMTP_TLS": "maybe", "MAIL_FROM": "nobody", "PUBLIC_URL": "https://host/path", "ACCOUNT_URL": "host", "APP_URL": "host", "JWT_OLD_SECRET_KEY_UNTIL": "tomorrow", "MAIL_DKIM_DOMAIN": "firm.example", "MAIL_RECIPIENTS_HOUR": "0", "HTTP_ADDR": "8080", "WORK_HTTP_ADDR": "8081", "RATE_LIMIT_USER": "many",
	} {
		t.Run(name, func(t *testing.T) {
			clearEnv(t)
			t.Setenv(name, value)
			if _, err := config.Load(); err == nil || !strings.Contains(err.Error(), name) {
				t.Fatalf("%s=%s: %v", name, value, err)
			}
		})
	}
}

// TestDependentSettings: of settings that need each other, the missing one is named.
func TestDependentSettings(t *testing.T) {
	for set, missing := range map[string]string{
		"AI_BUDGET_COST_PER_MONTH=1": "LLM_PRICE_INPUT or LLM_PRICE_OUTPUT", "AI_BUDGET_COST_PER_USER_PER_MONTH=1": "LLM_PRICE_INPUT or LLM_PRICE_OUTPUT",
		"JWT_OLD_SECRET_KEY=k": "JWT_OLD_SECRET_KEY_UNTIL", "JWT_OLD_SECRET_KEY_UNTIL=2027-01-31T18:00:00Z": "JWT_OLD_SECRET_KEY", "LLM_FALLBACK_BASE_URL=https://h/v1": "LLM_FALLBACK_MODEL", "LLM_FALLBACK_MODEL=m": "LLM_FALLBACK_BASE_URL", "LLM_FALLBACK_API_KEY=k": "LLM_FALLBACK_BASE_URL",
		"ADMIN_EMAIL=a@firm.example": "ADMIN_PASSWORD", "ADMIN_PASSWORD=kU8vXe2-nine-lives": "ADMIN_EMAIL",
		"SMTP_USER=u": "SMTP_PASSWORD", "SMTP_PASSWORD=p": "SMTP_USER", "SMTP_TLS=off": "SMTP_HOST", "SMTP_PORT=25": "SMTP_HOST", "SMTP_CA_FILE=ca.pem": "SMTP_HOST",
		"MAIL_DKIM_DOMAIN=firm.example": "MAIL_DKIM_SELECTOR", "MAIL_DKIM_SELECTOR=s": "MAIL_DKIM_KEY", "MAIL_DKIM_KEY=k": "MAIL_DKIM_DOMAIN",
		"S3_ACCESS_KEY=k": "S3_SECRET_KEY", "S3_BUCKET=files": "S3_ENDPOINT", "S3_REGION=eu-1": "S3_ENDPOINT",
		"ESIGN_PRIVATE_KEY=k": "ESIGN_CERTIFICATE", "ESIGN_API_KEY=k": "ESIGN_PROVIDER", "ESIGN_PROVIDER_URL=https://api.docuseal.com": "ESIGN_PROVIDER", "ESIGN_WEBHOOK_SECRET=s": "ESIGN_PROVIDER",
	} {
		t.Run(set, func(t *testing.T) {
			clearEnv(t)
			name, value, _ := strings.Cut(set, "=")
			t.Setenv(name, value)
			_, err := config.Load()
			if err == nil || !strings.Contains(err.Error(), missing+" ") || !strings.Contains(err.Error(), "is not set: without it") || !strings.Contains(err.Error(), name) {
				t.Errorf("%v", err)
			}
		})
	}
	clearEnv(t)
	for name, value := range map[string]string{"LLM_PRICE_INPUT": "1", "AI_BUDGET_COST_PER_MONTH": "1", "LLM_FALLBACK_BASE_URL": "https://h/v1", "LLM_FALLBACK_MODEL": "m"} {
		t.Setenv(name, value)
	}
	if _, err := config.Load(); err == nil || !strings.Contains(err.Error(), "LLM_FALLBACK_PRICE_INPUT or LLM_FALLBACK_PRICE_OUTPUT is not set") {
		t.Errorf("a cost budget with a fallback that costs nothing: %v", err)
	}
	t.Setenv("LLM_FALLBACK_PRICE_OUTPUT", "1")
	if _, err := config.Load(); err != nil {
		t.Error(err)
	}
	clearEnv(t)
	if _, err := config.Load(); err != nil {
		t.Errorf("nothing set: %v", err)
	}
}

// TestDurations: the environment gives numbers, in the unit that the name of the variable says.
func TestDurations(t *testing.T) {
	clearEnv(t)
	t.Setenv("LLM_TIMEOUT_MS", "2500")
	t.Setenv("MAIL_KEEP_DAYS", "0")
	t.Setenv("REFRESH_TOKEN_EXPIRE_DAYS", "")
	cfg, err := config.Load()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.LLM.Timeout != 2500*time.Millisecond || cfg.Mail.Retention != 0 || cfg.JWT.RefreshTokenTTL != 30*24*time.Hour || cfg.JWT.AccessTokenTTL != 15*time.Minute {
		t.Errorf("%+v %+v %+v", cfg.LLM, cfg.Mail, cfg.JWT)
	}
}

func TestWarnings(t *testing.T) {
	clearEnv(t)
	t.Setenv("RATE_LIMIT", "off")
	cfg, err := config.Load()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(cfg.Warnings(), "\n")
	for _, name := range []string{"S3_ENDPOINT", "SMTP_HOST", "ESIGN_CERTIFICATE", "METRICS_TOKEN", "RATE_LIMIT"} {
		if !strings.Contains(all, name+" is ") {
			t.Errorf("no warning about %s in %q", name, all)
		}
	}
}

// TestDurationOverflow: a number whose duration does not fit is refused, not wrapped around. Nor is a slash a URL.
func TestDurationOverflow(t *testing.T) {
	for name, value := range map[string]string{"MAIL_KEEP_DAYS": "213504", "REFRESH_TOKEN_EXPIRE_DAYS": "213505", "ACCESS_TOKEN_EXPIRE_MINUTES": "-2147483648", "PUBLIC_URL": "/"} {
		clearEnv(t)
		t.Setenv(name, value)
		if _, err := config.Load(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}
