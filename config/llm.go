package config

import (
	"net/url"
	"time"
)

// OpenAI is the LLM_BASE_URL of production when none is set.
const OpenAI = "https://api.openai.com/v1"

// LLM configures the AI provider: any server of OpenAI's Chat Completions protocol.
type LLM struct {
	BaseURL  string        `env:"LLM_BASE_URL"`
	APIKey   string        `env:"LLM_API_KEY"`
	Model    string        `env:"LLM_MODEL" envDefault:"gpt-4.1-mini"`
	Timeout  time.Duration `env:"LLM_TIMEOUT_MS" envDefault:"10000" unit:"ms"`  // of one attempt
	Deadline time.Duration `env:"LLM_DEADLINE_MS" envDefault:"30000" unit:"ms"` // of all attempts together

	// Fallback is asked while the provider is unavailable. Without a base URL there is none.
	Fallback struct {
		BaseURL string `env:"LLM_FALLBACK_BASE_URL"`
		APIKey  string `env:"LLM_FALLBACK_API_KEY"`
		Model   string `env:"LLM_FALLBACK_MODEL"`
	}

	ChatCacheTTL time.Duration `env:"CHAT_CACHE_MINUTES" envDefault:"30" unit:"m"` // how long a chat answer is reused
}

func (l *LLM) validate(f *faults) {
	f.between("CHAT_CACHE_MINUTES", int(l.ChatCacheTTL/time.Minute), 15, 60)
	f.between("LLM_TIMEOUT_MS", int(l.Timeout/time.Millisecond), 100, 120_000)
	f.between("LLM_DEADLINE_MS", int(l.Deadline/time.Millisecond), int(l.Timeout/time.Millisecond), 600_000)
	for name, address := range map[string]string{"LLM_BASE_URL": l.BaseURL, "LLM_FALLBACK_BASE_URL": l.Fallback.BaseURL} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "") {
			f.add("%s must be a URL such as https://host/v1", name)
		}
	}
	if (l.Fallback.BaseURL == "") != (l.Fallback.Model == "") {
		f.add("LLM_FALLBACK_BASE_URL and LLM_FALLBACK_MODEL must be set together")
	}
}

func (l *LLM) validateProduction(f *faults) {
	f.secret("LLM_API_KEY", l.APIKey)
	if l.Fallback.APIKey != "" { // a server of one's own may need none
		f.secret("LLM_FALLBACK_API_KEY", l.Fallback.APIKey)
	}
}

func (l *LLM) warnings() []string { return nil }

// PDF configures how PDF files are written.
type PDF struct {
	checked
	Engine string `env:"PDF_ENGINE" envDefault:"maroto"`
}

func (p *PDF) validate(*faults) {}
