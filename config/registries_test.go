package config_test

import (
	"strings"
	"testing"

	"counsel/config"
)

func TestRegistries(t *testing.T) {
	for name, value := range map[string]string{
		"GLEIF_API_URL": "api.gleif.org", "COMPANIES_HOUSE_API_URL": "https://user:key@host", "VIES_API_URL": "https://host/?key=1", "SANCTIONS_DIR": "/there/is/no/such/folder",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			if _, err := config.Load(); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), value) {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		})
	}
	t.Setenv("GLEIF_API_URL", "http://api.gleif.org")
	t.Setenv("COMPANIES_HOUSE_API_URL", "https://host")
	cfg, err := config.Load()
	if err != nil {
		t.Fatal(err)
	}
	err = cfg.ValidateProduction()
	for _, want := range []string{"GLEIF_API_URL must start with https://", "COMPANIES_HOUSE_API_KEY is not set: without it COMPANIES_HOUSE_API_URL has no effect"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
