// Package companieshouse is a client of the public data API of Companies House, the register of companies of the United
// Kingdom (https://api.company-information.service.gov.uk). It implements registry.Source.
//
// The API key is the user name of basic authentication. A profile must have a number, a name and a status; a status
// that is not known here is unknown.
package companieshouse

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"counsel/clients/registryapi"
	"counsel/domain"
	"counsel/domain/registry"
)

// DefaultURL is the API of Companies House.
const DefaultURL = "https://api.company-information.service.gov.uk"

const (
	maxSearch   = 1000 // results that a search reaches
	maxOfficers = 500
)

// Config configures a Client.
type Config struct {
	URL       string // DefaultURL
	APIKey    string
	Transport http.RoundTripper // nil: the client's own
	OnOutcome func(registryapi.Outcome)
	Clock     domain.Clock // nil: the real one
}

// Client is a client of Companies House. It is safe for concurrent use.
type Client struct{ api *registryapi.Client }

var _ registry.Source = (*Client)(nil)

// New validates cfg. Companies House allows 600 requests in five minutes.
func New(cfg Config) (*Client, error) {
	if cfg.APIKey == "" {
		return nil, errors.New("companieshouse: the API key is missing")
	}
	authorization := "Basic " + base64.StdEncoding.EncodeToString([]byte(cfg.APIKey+":"))
	api, err := registryapi.New(registryapi.Config{
		Name: "companieshouse", URL: cmp.Or(cfg.URL, DefaultURL), Requests: 600, Window: 5 * time.Minute,
		Authorize: func(h http.Header) { h.Set("Authorization", authorization) },
		Transport: cfg.Transport, OnOutcome: cfg.OnOutcome, Clock: cfg.Clock,
	})
	if err != nil {
		return nil, err
	}
	return &Client{api}, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.api.Close() }

// Name returns registry.CompaniesHouse.
func (c *Client) Name() registry.SourceName { return registry.CompaniesHouse }

var number = regexp.MustCompile(`^[0-9A-Z]{2}[0-9]{5}[0-9A-Z]$`)

// ValidID reports whether id is a company number: eight digits, or two letters and six characters.
func (c *Client) ValidID(id string) bool { return number.MatchString(id) }

type text = registryapi.Text

type address struct {
	Premises text `json:"premises"`
	POBox    text `json:"po_box"`
	Line1    text `json:"address_line_1"`
	Line2    text `json:"address_line_2"`
	Locality text `json:"locality"`
	Region   text `json:"region"`
	PostCode text `json:"postal_code"`
	Country  text `json:"country"`
}

func (a address) toDomain() registry.Address {
	out := registry.Address{PostalCode: string(a.PostCode), City: string(a.Locality), Region: string(a.Region), Country: string(a.Country)}
	for _, line := range []string{strings.TrimSpace(string(a.Premises) + " " + string(a.Line1)), string(a.Line2), string(a.POBox)} {
		if line != "" {
			out.Lines = append(out.Lines, line)
		}
	}
	return out
}

// Search looks for companies by name or number.
func (c *Client) Search(ctx context.Context, q registry.Query) ([]registry.Company, bool, error) {
	start := (q.Page - 1) * q.Limit
	if q.Country != "" && q.Country != "GB" || start >= maxSearch {
		return nil, false, nil
	}
	v := url.Values{"q": {q.Text}, "items_per_page": {strconv.Itoa(q.Limit)}, "start_index": {strconv.Itoa(start)}}
	var page struct {
		Items *[]struct {
			Number  text    `json:"company_number"`
			Title   text    `json:"title"`
			Status  text    `json:"company_status"`
			Type    text    `json:"company_type"`
			Created text    `json:"date_of_creation"`
			Ceased  text    `json:"date_of_cessation"`
			Address address `json:"address"`
		} `json:"items"`
		Total int `json:"total_results"`
	}
	if err := c.api.Get(ctx, "/search/companies?"+v.Encode(), &page); err != nil {
		return nil, false, err
	}
	if page.Items == nil {
		return nil, false, errIncomplete()
	}
	companies := make([]registry.Company, 0, len(*page.Items))
	for _, i := range *page.Items {
		company := registry.Company{
			ID: string(i.Number), Name: string(i.Title), RegisterStatus: string(i.Status), LegalForm: string(i.Type),
			CreatedOn: i.Created.Day(), DissolvedOn: i.Ceased.Day(), Address: i.Address.toDomain(),
		}
		if err := complete(&company); err != nil {
			return nil, false, err
		}
		companies = append(companies, company)
	}
	end := start + q.Limit
	return companies, page.Total > end && end < maxSearch, nil
}

// Company returns a company's profile.
func (c *Client) Company(ctx context.Context, id string) (registry.Company, error) {
	var p struct {
		Number        text    `json:"company_number"`
		Name          text    `json:"company_name"`
		Status        text    `json:"company_status"`
		Type          text    `json:"type"`
		Jurisdiction  text    `json:"jurisdiction"`
		Created       text    `json:"date_of_creation"`
		Ceased        text    `json:"date_of_cessation"`
		Address       address `json:"registered_office_address"`
		PreviousNames []struct {
			Name text `json:"name"`
		} `json:"previous_company_names"`
		Accounts     *filing `json:"accounts"`
		Confirmation *filing `json:"confirmation_statement"`
	}
	if err := c.api.Get(ctx, "/company/"+url.PathEscape(id), &p); err != nil {
		return registry.Company{}, err
	}
	company := registry.Company{
		ID: string(p.Number), Name: string(p.Name), RegisterStatus: string(p.Status), LegalForm: string(p.Type), Jurisdiction: string(p.Jurisdiction),
		CreatedOn: p.Created.Day(), DissolvedOn: p.Ceased.Day(), Address: p.Address.toDomain(),
	}
	for _, n := range p.PreviousNames {
		if n.Name != "" {
			company.OtherNames = append(company.OtherNames, string(n.Name))
		}
	}
	for _, f := range []struct {
		kind string
		*filing
	}{{"accounts", p.Accounts}, {"confirmation-statement", p.Confirmation}} {
		if f.filing != nil && (f.NextDue != "" || f.Overdue) {
			company.Filings = append(company.Filings, registry.Filing{Type: f.kind, DueOn: f.NextDue.Day(), Overdue: f.Overdue})
		}
	}
	if err := complete(&company); err != nil {
		return registry.Company{}, err
	}
	if company.ID != id {
		return registry.Company{}, errIncomplete()
	}
	return company, nil
}

type filing struct {
	NextDue text `json:"next_due"`
	Overdue bool `json:"overdue"`
}

// Officers lists the present and former officers. Of a company with more than 500, the first 500.
func (c *Client) Officers(ctx context.Context, id string) ([]registry.Officer, error) {
	var officers []registry.Officer
	for start := 0; start < maxOfficers; {
		var page struct {
			Items *[]struct {
				Name      text `json:"name"`
				Role      text `json:"officer_role"`
				Appointed text `json:"appointed_on"`
				Resigned  text `json:"resigned_on"`
			} `json:"items"`
			Total int `json:"total_results"`
		}
		err := c.api.Get(ctx, "/company/"+url.PathEscape(id)+"/officers?items_per_page=100&start_index="+strconv.Itoa(start), &page)
		if domain.CodeOf(err) == domain.NotFound && start == 0 {
			return nil, nil // it has never had any
		}
		if err != nil {
			return nil, err
		}
		if page.Items == nil {
			return nil, errIncomplete()
		}
		for _, i := range *page.Items {
			if i.Name == "" {
				return nil, errIncomplete()
			}
			officers = append(officers, registry.Officer{Name: string(i.Name), Role: string(i.Role), AppointedOn: i.Appointed.Day(), ResignedOn: i.Resigned.Day()})
		}
		if start += len(*page.Items); len(*page.Items) == 0 || start >= page.Total {
			break
		}
	}
	return officers, nil
}

// statuses are those of the register's enumerations.
var statuses = map[string]registry.Status{
	"active": registry.StatusActive, "open": registry.StatusActive, "registered": registry.StatusActive,
	"liquidation": registry.StatusInsolvent, "receivership": registry.StatusInsolvent, "administration": registry.StatusInsolvent,
	"voluntary-arrangement": registry.StatusInsolvent, "insolvency-proceedings": registry.StatusInsolvent,
	"dissolved": registry.StatusInactive, "converted-closed": registry.StatusInactive, "closed": registry.StatusInactive, "removed": registry.StatusInactive,
}

// complete checks a company and fills in what all have in common.
func complete(c *registry.Company) error {
	if !number.MatchString(c.ID) || c.Name == "" {
		return errIncomplete()
	}
	c.Source, c.Register, c.RegistrationNumber = registry.CompaniesHouse, "Companies House", c.ID
	if c.Status = statuses[c.RegisterStatus]; c.Status == "" {
		c.Status = registry.StatusUnknown
	}
	return nil
}

func errIncomplete() error {
	return registry.ErrResponse(errors.New("companieshouse: the answer is incomplete"))
}
