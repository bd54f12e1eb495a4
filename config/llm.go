package config

import (
	"net/url"
	"regexp"
	"time"
)

// OpenAI is the LLM_BASE_URL of production when none is set.
const OpenAI = "https://api.openai.com/v1"

// LLM configures the AI provider: any server of OpenAI's Chat Completions protocol.
type LLM struct {
	// (*) AI provider: any server with OpenAI's Chat Completions API (OpenAI, vLLM, Ollama, llama.cpp, …). Empty: serve
	// uses https://api.openai.com/v1; dev uses its built-in stand-in, even if a key is set.
	BaseURL string `env:"LLM_BASE_URL"`
	// API key of the provider. Required by serve.
	APIKey string `env:"LLM_API_KEY" secret:"all"`
	// Model that answers.
	Model string `env:"LLM_MODEL" envDefault:"gpt-4.1-mini"`
	// Number of milliseconds after which an attempt without a sign of life ends.
	Timeout time.Duration `env:"LLM_TIMEOUT_MS" envDefault:"10000" unit:"ms"`
	// Deadline of all attempts together, in milliseconds.
	Deadline time.Duration `env:"LLM_DEADLINE_MS" envDefault:"30000" unit:"ms"`

	// Fallback is asked while the provider is unavailable. Without a base URL there is none.
	Fallback struct {
		// Another provider, asked while the first is unavailable or rejects this service's key, quota or model. Texts go to
		// it under the same masking. Its answers are never served as those of LLM_MODEL.
		BaseURL string `env:"LLM_FALLBACK_BASE_URL"`
		// Its API key. A server of one's own may need none.
		APIKey string `env:"LLM_FALLBACK_API_KEY" secret:"all"`
		// Its model.
		Model string `env:"LLM_FALLBACK_MODEL"`
	}

	// Price of a million tokens of input, in millionths of AI_CURRENCY: 400000 is 0.40. Prices show the cost of the AI in
	// GET /api/ai/usage.
	PriceInput int64 `env:"LLM_PRICE_INPUT" envDefault:"0"`
	// Price of a million tokens of output.
	PriceOutput int64 `env:"LLM_PRICE_OUTPUT" envDefault:"0"`
	// Price of a million tokens of input of the fallback.
	FallbackPriceInput int64 `env:"LLM_FALLBACK_PRICE_INPUT" envDefault:"0"`
	// Price of a million tokens of output of the fallback.
	FallbackPriceOutput int64 `env:"LLM_FALLBACK_PRICE_OUTPUT" envDefault:"0"`
	// Currency of prices and costs, as a code of ISO 4217.
	Currency string `env:"AI_CURRENCY" envDefault:"USD"`

	// Tokens that an account may use on a day (UTC). 0: no limit, here and below. Beyond a budget, requests that need the
	// provider are 429 ai_budget_spent.
	UserTokensPerDay int64 `env:"AI_BUDGET_TOKENS_PER_USER_PER_DAY" envDefault:"0"`
	// Tokens that all accounts together may use on a day.
	TokensPerDay int64 `env:"AI_BUDGET_TOKENS_PER_DAY" envDefault:"0"`
	// What an account may spend in a month, in millionths of AI_CURRENCY: 5000000 is 5.00. Needs a price.
	UserCostPerMonth int64 `env:"AI_BUDGET_COST_PER_USER_PER_MONTH" envDefault:"0"`
	// What all accounts together may spend in a month.
	CostPerMonth int64 `env:"AI_BUDGET_COST_PER_MONTH" envDefault:"0"`

	// Number of minutes for which a chat answer is reused: 15 to 60.
	ChatCacheTTL time.Duration `env:"CHAT_CACHE_MINUTES" envDefault:"30" unit:"m"`
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
	if !currencyCode.MatchString(l.Currency) {
		f.add("AI_CURRENCY must be a code of ISO 4217 such as EUR")
	}
	l.validateAmounts(f)
	f.together(set("LLM_FALLBACK_BASE_URL", l.Fallback.BaseURL), set("LLM_FALLBACK_MODEL", l.Fallback.Model))
	f.requires(set("LLM_FALLBACK_BASE_URL", l.Fallback.BaseURL), set("LLM_FALLBACK_API_KEY", l.Fallback.APIKey))
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// validateAmounts checks prices and budgets. The limits keep their products within 64 bits.
func (l *LLM) validateAmounts(f *faults) {
	const maxPrice, maxBudget = 10_000_000_000, 1_000_000_000_000_000
	for name, amount := range map[string]struct{ value, limit int64 }{
		"LLM_PRICE_INPUT": {l.PriceInput, maxPrice}, "LLM_PRICE_OUTPUT": {l.PriceOutput, maxPrice},
		"LLM_FALLBACK_PRICE_INPUT": {l.FallbackPriceInput, maxPrice}, "LLM_FALLBACK_PRICE_OUTPUT": {l.FallbackPriceOutput, maxPrice},
		"AI_BUDGET_TOKENS_PER_USER_PER_DAY": {l.UserTokensPerDay, maxBudget}, "AI_BUDGET_TOKENS_PER_DAY": {l.TokensPerDay, maxBudget},
		"AI_BUDGET_COST_PER_USER_PER_MONTH": {l.UserCostPerMonth, maxBudget}, "AI_BUDGET_COST_PER_MONTH": {l.CostPerMonth, maxBudget},
	} {
		if amount.value < 0 || amount.value > amount.limit {
			f.add("%s must be from 0 to %d", name, amount.limit)
		}
	}
	f.requires(setting{"LLM_PRICE_INPUT or LLM_PRICE_OUTPUT", l.PriceInput+l.PriceOutput > 0},
		setting{"AI_BUDGET_COST_PER_MONTH", l.CostPerMonth > 0}, setting{"AI_BUDGET_COST_PER_USER_PER_MONTH", l.UserCostPerMonth > 0})
	if l.Fallback.BaseURL != "" && l.CostPerMonth+l.UserCostPerMonth > 0 && l.FallbackPriceInput+l.FallbackPriceOutput == 0 {
		f.add("LLM_FALLBACK_PRICE_INPUT or LLM_FALLBACK_PRICE_OUTPUT is not set: without it a budget of costs has no effect on the fallback")
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
	// PDF engine: maroto.
	Engine string `env:"PDF_ENGINE" envDefault:"maroto"`
}

func (p *PDF) validate(*faults) {}
