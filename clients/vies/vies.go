// Package vies is a client of the European Commission's VAT information exchange system (its REST API). It implements
// registry.VATSource.
//
// Only a clear "valid": false is invalid. A member state that does not answer, a limit of VIES, and everything else is
// unknown, with VIES's own code as the reason.
package vies

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"counsel/clients/registryapi"
	"counsel/domain"
	"counsel/domain/registry"
)

// DefaultURL is the REST API of VIES.
const DefaultURL = "https://ec.europa.eu/taxation_customs/vies/rest-api"

// Config configures a Client.
type Config struct {
	URL       string            // DefaultURL
	Requester string            // the firm's own VAT number with its prefix: answers then have a consultation number. Optional
	Transport http.RoundTripper // nil: the client's own
	OnOutcome func(registryapi.Outcome)
	Clock     domain.Clock // nil: the real one
}

// Client is a client of VIES. It is safe for concurrent use.
type Client struct {
	api              *registryapi.Client
	requesterCountry string
	requesterNumber  string
	clock            domain.Clock
}

var _ registry.VATSource = (*Client)(nil)

// New validates cfg. VIES publishes no rate but limits concurrent requests: at most two at a time, and 60 a minute.
func New(cfg Config) (*Client, error) {
	if cfg.Clock == nil {
		cfg.Clock = domain.SystemClock
	}
	c := &Client{clock: cfg.Clock}
	if cfg.Requester != "" {
		country, number, ok := registry.ParseVATNumber(cfg.Requester)
		if !ok {
			return nil, errors.New("vies: the requester's VAT number must be like DE123456789")
		}
		c.requesterCountry, c.requesterNumber = country, number
	}
	var err error
	c.api, err = registryapi.New(registryapi.Config{
		Name: "vies", URL: cmp.Or(cfg.URL, DefaultURL), Requests: 60, Window: time.Minute, Parallel: 2, Timeout: 20 * time.Second,
		Transport: cfg.Transport, OnOutcome: cfg.OnOutcome, Clock: cfg.Clock,
	})
	return c, err
}

// Close closes idle connections.
func (c *Client) Close() { c.api.Close() }

type text = registryapi.Text

type request struct {
	Country          string `json:"countryCode"`
	Number           string `json:"vatNumber"`
	RequesterCountry string `json:"requesterMemberStateCode,omitempty"`
	RequesterNumber  string `json:"requesterNumber,omitempty"`
}

type answer struct {
	Valid             *bool `json:"valid"`
	Name              text  `json:"name"`
	Address           text  `json:"address"`
	RequestIdentifier text  `json:"requestIdentifier"`
	UserError         text  `json:"userError"`
	Errors            []struct {
		Error text `json:"error"`
	} `json:"errorWrappers"`
}

// reason is VIES's code of a failure.
var reason = regexp.MustCompile(`^[A-Z][A-Z_]{2,39}$`)

// Check asks VIES about a number. The answer is unknown if VIES or the member state cannot say.
func (c *Client) Check(ctx context.Context, country, number string) (registry.VATAnswer, error) {
	out := registry.VATAnswer{Number: country + number, Status: registry.VATUnknown, CheckedAt: c.clock()}
	var a answer
	status, err := c.api.Post(ctx, "/check-vat-number", request{country, number, c.requesterCountry, c.requesterNumber}, &a)
	if err != nil {
		return registry.VATAnswer{}, err
	}
	failure := string(a.UserError)
	if len(a.Errors) > 0 {
		failure = string(a.Errors[0].Error)
	}
	switch {
	case failure == "INVALID_INPUT":
		return registry.VATAnswer{}, domain.InvalidField("/number", "is not a VAT number of this country")
	case failure != "" && failure != "VALID" && failure != "INVALID":
		if out.Reason = "OTHER"; reason.MatchString(failure) {
			out.Reason = failure
		}
		return out, nil
	case status != http.StatusOK || a.Valid == nil:
		return registry.VATAnswer{}, registry.ErrResponse(errors.New("vies: the answer is incomplete"))
	case !*a.Valid:
		out.Status = registry.VATInvalid
	default:
		out.Status, out.Name, out.Address = registry.VATValid, disclosed(a.Name), disclosed(a.Address)
	}
	out.ConsultationNumber = string(a.RequestIdentifier)
	return out, nil
}

// disclosed returns a text, or "" for what the member state does not disclose.
func disclosed(t text) string {
	if strings.Trim(string(t), "- ") == "" {
		return ""
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(string(t), "\n", ", ")), " ")
}
