package config

import (
	"net/url"
	"os"
	"strings"
)

// Registries configures the official registers and the lists of sanctions.
type Registries struct {
	// URL of GLEIF's API of the Global LEI Index. Empty: https://api.gleif.org/api/v1; in dev, a stand-in.
	GLEIFURL string `env:"GLEIF_API_URL"`
	// URL of the API of Companies House. Empty: https://api.company-information.service.gov.uk; in dev, a stand-in.
	CompaniesHouseURL string `env:"COMPANIES_HOUSE_API_URL"`
	// API key of Companies House, from https://developer.company-information.service.gov.uk. Empty: that register is not used.
	CompaniesHouseKey string `env:"COMPANIES_HOUSE_API_KEY" secret:"all"`
	// URL of the REST API of VIES. Empty: https://ec.europa.eu/taxation_customs/vies/rest-api; in dev, a stand-in.
	VIESURL string `env:"VIES_API_URL"`
	// The firm's own VAT number with its prefix, such as DE123456789: VIES then gives each check a consultation number.
	VIESRequester string `env:"VIES_REQUESTER"`
	// Folder with the downloaded lists of sanctions, see docs/compliance.md. Empty: no lists; in dev, a folder with samples.
	SanctionsDir string `env:"SANCTIONS_DIR"`
}

func (r *Registries) urls() map[string]string {
	return map[string]string{"GLEIF_API_URL": r.GLEIFURL, "COMPANIES_HOUSE_API_URL": r.CompaniesHouseURL, "VIES_API_URL": r.VIESURL}
}

func (r *Registries) validate(f *faults) {
	for _, name := range []string{"GLEIF_API_URL", "COMPANIES_HOUSE_API_URL", "VIES_API_URL"} {
		if v := r.urls()[name]; v != "" {
			if u, err := url.Parse(v); err != nil || !isHTTP(u) || u.User != nil || u.RawQuery != "" {
				f.add("%s must be a URL such as https://host/path", name)
			}
		}
	}
	if r.SanctionsDir != "" {
		if info, err := os.Stat(r.SanctionsDir); err != nil || !info.IsDir() {
			f.add("SANCTIONS_DIR must be a folder that exists")
		}
	}
}

func (r *Registries) validateProduction(f *faults) {
	for _, name := range []string{"GLEIF_API_URL", "COMPANIES_HOUSE_API_URL", "VIES_API_URL"} {
		if v := r.urls()[name]; v != "" && !strings.HasPrefix(v, "https://") {
			f.add("%s must start with https://", name)
		}
	}
	f.requires(set("COMPANIES_HOUSE_API_KEY", r.CompaniesHouseKey), set("COMPANIES_HOUSE_API_URL", r.CompaniesHouseURL))
	if r.CompaniesHouseKey != "" {
		f.secret("COMPANIES_HOUSE_API_KEY", r.CompaniesHouseKey)
	}
}

func (r *Registries) warnings() (all []string) {
	if r.CompaniesHouseKey == "" {
		all = append(all, "COMPANIES_HOUSE_API_KEY is not set: companies of the United Kingdom cannot be looked up in their register")
	}
	if r.SanctionsDir == "" {
		all = append(all, "SANCTIONS_DIR is not set: nobody is looked for in lists of sanctions")
	}
	return all
}
