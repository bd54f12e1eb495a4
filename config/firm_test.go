package config

import (
	"strings"
	"testing"
)

// TestFirm: the lines of the address are separated, and what does not fit on an invoice is refused.
func TestFirm(t *testing.T) {
	t.Setenv("FIRM_ADDRESS", `12 Mill Lane\nYork`)
	cfg, err := Load()
	if err != nil || cfg.Firm.Address != "12 Mill Lane\nYork" || cfg.Firm.Name != "Counsel" {
		t.Errorf("%+v, %v", cfg.Firm, err)
	}
	t.Setenv("FIRM_TAX_ID", strings.Repeat("1", 51))
	if _, err := Load(); err == nil || !strings.Contains(err.Error(), "FIRM_TAX_ID") {
		t.Errorf("a long number: %v", err)
	}
}
