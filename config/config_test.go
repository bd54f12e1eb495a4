package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"counsel/config"
)

// clear leaves only what a test sets.
func clear(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		t.Setenv(name, "")
		os.Unsetenv(name)
	}
}

var good = map[string]string{
	"DATABASE_URL": "mysql://counsel:9f0c2b7e@db:3306/counsel", "REDIS_URL": "redis://cache:6379/0",
	"LLM_API_KEY": "k-2718281828", "JWT_SECRET_KEY": "b1946ac92492d2347c6235b4d2611184",
	"S3_ENDPOINT": "https://s3.example", "S3_ACCESS_KEY": "k3Y", "S3_SECRET_KEY": "c8f1d6a0b7",
}

func TestProduction(t *testing.T) {
	for name, c := range map[string]struct{ set, to, says string }{
		"all is well":           {},
		"no secret":             {"JWT_SECRET_KEY", "", "JWT_SECRET_KEY is not set"},
		"short secret":          {"JWT_SECRET_KEY", "b1946ac92492d234", "JWT_SECRET_KEY is shorter"},
		"default secret":        {"JWT_SECRET_KEY", "change-me-change-me-change-me-change-me", "JWT_SECRET_KEY is a default"},
		"one letter":            {"JWT_SECRET_KEY", strings.Repeat("a", 40), "JWT_SECRET_KEY is a default"},
		"no key":                {"LLM_API_KEY", "", "LLM_API_KEY is not set"},
		"placeholder key":       {"LLM_API_KEY", "<your-api-key>", "LLM_API_KEY is a default"},
		"a shorter placeholder": {"LLM_API_KEY", "sk-your-key", "LLM_API_KEY is a default"},
		"dots":                  {"LLM_API_KEY", "sk-...", "LLM_API_KEY is a default"},
		"a row":                 {"JWT_SECRET_KEY", "0123456789abcdef0123456789abcdef", "JWT_SECRET_KEY is a default"},
		"default DSN":           {"DATABASE_URL", "counsel:changeme@unix(/run/x.sock)/counsel", "DATABASE_URL has a default password"},
		"default cache":         {"REDIS_URL", "redis://:password@cache:6379/0", "REDIS_URL has a default password"},
		"short webhook key":     {"WEBHOOK_KEY", "5f1e0c", "WEBHOOK_KEY is shorter"},
		"default webhook key":   {"WEBHOOK_KEY", "change-me-change-me-change-me-change-me", "WEBHOOK_KEY is a default"},
		"no PEM":                {"JWT_ALGORITHM", "RS256", "JWT_SECRET_KEY holds no private key in PEM"},
		"no database":           {"DATABASE_URL", "", "DATABASE_URL is not set"},
		"default password":      {"DATABASE_URL", "mysql://root:root@db/counsel", "DATABASE_URL has a default password"},
		"no redis":              {"REDIS_URL", "", "REDIS_URL is not set"},
		"signing without TLS":   {"ESIGN_PROVIDER_URL", "http://sign.firm.example", "ESIGN_PROVIDER_URL must begin with https://"},
		"signing nowhere":       {"ESIGN_PROVIDER_URL", "sign", "ESIGN_PROVIDER_URL must be a URL"},
		"signing without a key": {"ESIGN_API_KEY", "", "ESIGN_API_KEY is not set"},
		"signing by a default":  {"ESIGN_API_KEY", "your-api-key", "ESIGN_API_KEY is a default"},
		"an open webhook":       {"ESIGN_WEBHOOK_SECRET", "secret", "ESIGN_WEBHOOK_SECRET is a default"},
		"no store":              {"S3_ENDPOINT", "", "S3_ENDPOINT is not set: without it S3_ACCESS_KEY, S3_SECRET_KEY mean nothing"},
		"no store key":          {"S3_ACCESS_KEY", "", "S3_ACCESS_KEY is not set"},
		"no store secret":       {"S3_SECRET_KEY", "", "S3_SECRET_KEY is not set"},
		"MinIO's own secret":    {"S3_SECRET_KEY", "minioadmin", "S3_SECRET_KEY is a default"},
		"store with a path":     {"S3_ENDPOINT", "https://s3.example/bucket", "S3_ENDPOINT must be"},
		"mail":                  {"SMTP_HOST", "smtp.firm.example", ""},
		"no sender":             {"MAIL_FROM", "", "MAIL_FROM is not set"},
		"no place for links":    {"PUBLIC_URL", "", "PUBLIC_URL is not set"},
		"a default password":    {"SMTP_PASSWORD", "changeme-please", "SMTP_PASSWORD is a default"},
		"weak admin":            {"ADMIN_PASSWORD", "password", "ADMIN_PASSWORD is a default"},
		"short admin":           {"ADMIN_PASSWORD", "kU8vXe2", "ADMIN_PASSWORD is a default or shorter"},
		"half a seal":           {"ESIGN_CERTIFICATE", "x", "ESIGN_PRIVATE_KEY is not set: without it ESIGN_CERTIFICATE means nothing"},
		"no timestamps":         {"ESIGN_TSA_URL", "tsa", "ESIGN_TSA_URL must be"},
		"another provider":      {"ESIGN_PROVIDER", "quill", "ESIGN_PROVIDER must be one of builtin"},
		"half a first admin":    {"ADMIN_EMAIL", "", "ADMIN_EMAIL is not set: without it ADMIN_PASSWORD means nothing"},
		"mail from nowhere":     {"SMTP_HOST", "", "SMTP_HOST is not set: without it MAIL_FROM means nothing"},
		"timestamps of nothing": {"ESIGN_TSA_URL", "https://tsa.example", "ESIGN_CERTIFICATE is not set"},
		"no provider named":     {"ESIGN_PROVIDER", "", "ESIGN_PROVIDER (docuseal or documenso) is not set: without it ESIGN_PROVIDER_URL, ESIGN_API_KEY, ESIGN_WEBHOOK_SECRET mean nothing"},
		"an unknown encryption": {"SMTP_TLS", "tls", "SMTP_TLS must be one of starttls, implicit, off"},
	} {
		t.Run(name, func(t *testing.T) {
			clear(t)
			for k, v := range good {
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
				err = cfg.CheckProduction()
			}
			switch {
			case c.says == "" && err != nil:
				t.Fatalf("refused: %v", err)
			case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
				t.Fatalf("says %v, want %q", err, c.says)
			}
			if err != nil && len(c.to) > 7 && strings.Contains(err.Error(), c.to) {
				t.Fatalf("the error holds the secret: %v", err)
			}
		})
	}
}

func TestLimitsOfSettings(t *testing.T) {
	for name, value := range map[string]string{
		"CHAT_CACHE_MINUTES": "14", "LLM_TIMEOUT_MS": "1", "LLM_DEADLINE_MS": "9999", "ACCESS_TOKEN_EXPIRE_MINUTES": "0",
		"RATE_LIMIT": "perhaps", "LOG_LEVEL": "loud", "JWT_ALGORITHM": "none", "LLM_BASE_URL": "nowhere", "S3_ENDPOINT": "nowhere", "TRUSTED_PROXIES": "everyone", "SMTP_PORT": "0", "SMTP_TLS": "maybe", "MAIL_FROM": "nobody", "PUBLIC_URL": "https://host/path", "ACCOUNT_URL": "host", "APP_URL": "host", "MAIL_DKIM_DOMAIN": "firm.example", "MAIL_RECIPIENTS_HOUR": "0", "HTTP_ADDR": "8080", "WORK_HTTP_ADDR": "8081", "RATE_LIMIT_USER": "many",
	} {
		t.Run(name, func(t *testing.T) {
			clear(t)
			t.Setenv(name, value)
			if _, err := config.Load(); err == nil || !strings.Contains(err.Error(), name) {
				t.Fatalf("%s=%s: %v", name, value, err)
			}
		})
	}
}

// TestHalves: of settings that mean something together, the missing one is named.
func TestHalves(t *testing.T) {
	for set, missing := range map[string]string{
		"ADMIN_EMAIL=a@firm.example": "ADMIN_PASSWORD", "ADMIN_PASSWORD=kU8vXe2-nine-lives": "ADMIN_EMAIL",
		"SMTP_USER=u": "SMTP_PASSWORD", "SMTP_PASSWORD=p": "SMTP_USER", "SMTP_TLS=off": "SMTP_HOST", "SMTP_PORT=25": "SMTP_HOST", "SMTP_CA_FILE=ca.pem": "SMTP_HOST",
		"MAIL_DKIM_DOMAIN=firm.example": "MAIL_DKIM_SELECTOR", "MAIL_DKIM_SELECTOR=s": "MAIL_DKIM_KEY or MAIL_DKIM_KEY_FILE", "MAIL_DKIM_KEY_FILE=k": "MAIL_DKIM_DOMAIN",
		"S3_ACCESS_KEY=k": "S3_SECRET_KEY", "S3_BUCKET=files": "S3_ENDPOINT", "S3_REGION=eu-1": "S3_ENDPOINT",
		"ESIGN_PRIVATE_KEY=k": "ESIGN_CERTIFICATE", "ESIGN_API_KEY=k": "ESIGN_PROVIDER", "ESIGN_PROVIDER_URL=https://api.docuseal.com": "ESIGN_PROVIDER", "ESIGN_WEBHOOK_SECRET=s": "ESIGN_PROVIDER",
	} {
		t.Run(set, func(t *testing.T) {
			clear(t)
			name, value, _ := strings.Cut(set, "=")
			t.Setenv(name, value)
			_, err := config.Load()
			if err == nil || !strings.Contains(err.Error(), missing+" ") || !strings.Contains(err.Error(), "is not set: without it") || !strings.Contains(err.Error(), name) {
				t.Errorf("%v", err)
			}
		})
	}
	clear(t)
	if _, err := config.Load(); err != nil {
		t.Errorf("nothing set: %v", err)
	}
}

// TestExampleListsEverySetting keeps .env.example true.
func TestExampleListsEverySetting(t *testing.T) {
	example, err := os.ReadFile("../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("config.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`env:"([A-Z0-9_]+)"(?: envDefault:"([^"]*)")?`).FindAllStringSubmatch(string(source), -1) {
		name := m[1]
		for _, short := range []string{"BASE_URL", "API_KEY", "MODEL", "TIMEOUT_MS", "DEADLINE_MS"} {
			if name == short {
				name = "LLM_" + name
			}
		}
		for _, short := range []string{"ENDPOINT", "BUCKET", "REGION", "ACCESS_KEY", "SECRET_KEY"} {
			if name == short {
				name = "S3_" + name
			}
		}
		if !strings.Contains(string(example), "\n"+name+"="+m[2]+"\n") {
			t.Errorf(".env.example lacks %s=%s", name, m[2])
		}
	}
}
