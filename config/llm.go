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

	// Prices of a million tokens, in millionths of the currency.
	PriceInput          int64  `env:"LLM_PRICE_INPUT" envDefault:"0"`
	PriceOutput         int64  `env:"LLM_PRICE_OUTPUT" envDefault:"0"`
	FallbackPriceInput  int64  `env:"LLM_FALLBACK_PRICE_INPUT" envDefault:"0"`
	FallbackPriceOutput int64  `env:"LLM_FALLBACK_PRICE_OUTPUT" envDefault:"0"`
	Currency            string `env:"AI_CURRENCY" envDefault:"USD"`

	// Budgets. 0: no limit. Costs are in millionths of the currency.
	UserTokensPerDay int64 `env:"AI_BUDGET_TOKENS_PER_USER_PER_DAY" envDefault:"0"`
	TokensPerDay     int64 `env:"AI_BUDGET_TOKENS_PER_DAY" envDefault:"0"`
	UserCostPerMonth int64 `env:"AI_BUDGET_COST_PER_USER_PER_MONTH" envDefault:"0"`
	CostPerMonth     int64 `env:"AI_BUDGET_COST_PER_MONTH" envDefault:"0"`

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
	Engine string `env:"PDF_ENGINE" envDefault:"maroto"`
}

func (p *PDF) validate(*faults) {}
