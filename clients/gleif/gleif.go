// Package gleif is a client of GLEIF's API of the Global LEI Index (https://api.gleif.org), a JSON:API without keys. It
// implements registry.Source.
//
// A record must have an LEI, a legal name and a status that is known; else the answer is an error and not a company.
package gleif

import (
	"cmp"
	"context"
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

// DefaultURL is GLEIF's API.
const DefaultURL = "https://api.gleif.org/api/v1"

// Config configures a Client.
type Config struct {
	URL       string            // DefaultURL
	Transport http.RoundTripper // nil: the client's own
	OnOutcome func(registryapi.Outcome)
	Clock     domain.Clock // nil: the real one
}

// Client is a client of GLEIF. It is safe for concurrent use.
type Client struct{ api *registryapi.Client }

var _ registry.Source = (*Client)(nil)

// New validates cfg. GLEIF allows 60 requests a minute.
func New(cfg Config) (*Client, error) {
	api, err := registryapi.New(registryapi.Config{
		Name: "gleif", URL: cmp.Or(cfg.URL, DefaultURL), Accept: "application/vnd.api+json", Requests: 60, Window: time.Minute,
		Transport: cfg.Transport, OnOutcome: cfg.OnOutcome, Clock: cfg.Clock,
	})
	if err != nil {
		return nil, err
	}
	return &Client{api}, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.api.Close() }

// Name returns registry.GLEIF.
func (c *Client) Name() registry.SourceName { return registry.GLEIF }

var lei = regexp.MustCompile(`^[0-9A-Z]{18}[0-9]{2}$`)

// ValidID reports whether id is an LEI with valid check digits (ISO 17442, ISO 7064 mod 97-10).
func (c *Client) ValidID(id string) bool {
	if !lei.MatchString(id) {
		return false
	}
	remainder := 0
	for _, r := range id {
		if r >= 'A' {
			remainder = (remainder*100 + int(r-'A') + 10) % 97
		} else {
			remainder = (remainder*10 + int(r-'0')) % 97
		}
	}
	return remainder == 1
}

type text = registryapi.Text

// record is an lei-record, as far as it is read.
type record struct {
	Attributes struct {
		LEI    text `json:"lei"`
		Entity struct {
			LegalName    name    `json:"legalName"`
			OtherNames   []name  `json:"otherNames"`
			LegalAddress address `json:"legalAddress"`
			Headquarters address `json:"headquartersAddress"`
			RegisteredAt struct {
				ID    text `json:"id"`
				Other text `json:"other"`
			} `json:"registeredAt"`
			RegisteredAs text `json:"registeredAs"`
			Jurisdiction text `json:"jurisdiction"`
			LegalForm    struct {
				ID    text `json:"id"`
				Other text `json:"other"`
			} `json:"legalForm"`
			Status     text `json:"status"`
			Expiration struct {
				Date   text `json:"date"`
				Reason text `json:"reason"`
			} `json:"expiration"`
			CreationDate      text        `json:"creationDate"`
			SuccessorEntity   successor   `json:"successorEntity"`
			SuccessorEntities []successor `json:"successorEntities"`
		} `json:"entity"`
		Registration struct {
			Status          text `json:"status"`
			NextRenewalDate text `json:"nextRenewalDate"`
		} `json:"registration"`
	} `json:"attributes"`
	Relationships map[string]struct {
		Links map[string]text `json:"links"`
	} `json:"relationships"`
}

type name struct {
	Name text `json:"name"`
}

type successor struct {
	LEI  text `json:"lei"`
	Name text `json:"name"`
}

type address struct {
	AddressLines []text `json:"addressLines"`
	City         text   `json:"city"`
	Region       text   `json:"region"`
	Country      text   `json:"country"`
	PostalCode   text   `json:"postalCode"`
}

func (a address) toDomain() registry.Address {
	out := registry.Address{PostalCode: string(a.PostalCode), City: string(a.City), Region: string(a.Region), Country: string(a.Country)}
	for _, line := range a.AddressLines {
		if line != "" {
			out.Lines = append(out.Lines, string(line))
		}
	}
	return out
}

// Search looks for companies by their names, current and former ones.
func (c *Client) Search(ctx context.Context, q registry.Query) ([]registry.Company, bool, error) {
	v := url.Values{"filter[fulltext]": {q.Text}, "page[size]": {strconv.Itoa(q.Limit)}, "page[number]": {strconv.Itoa(q.Page)}}
	if c.ValidID(q.Text) {
		v.Del("filter[fulltext]")
		v.Set("filter[lei]", q.Text)
	}
	if q.Country != "" {
		v.Set("filter[entity.legalAddress.country]", q.Country)
	}
	var page struct {
		Data *[]record `json:"data"`
		Meta struct {
			Pagination struct {
				LastPage int `json:"lastPage"`
			} `json:"pagination"`
		} `json:"meta"`
	}
	if err := c.api.Get(ctx, "/lei-records?"+v.Encode(), &page); err != nil {
		return nil, false, err
	}
	if page.Data == nil {
		return nil, false, errIncomplete()
	}
	companies := make([]registry.Company, 0, len(*page.Data))
	for _, r := range *page.Data {
		company, err := r.toDomain()
		if err != nil {
			return nil, false, err
		}
		companies = append(companies, company)
	}
	return companies, page.Meta.Pagination.LastPage > q.Page, nil
}

// Company returns a company with its parents.
func (c *Client) Company(ctx context.Context, id string) (registry.Company, error) {
	r, err := c.record(ctx, id, "")
	if err != nil {
		return registry.Company{}, err
	}
	company, err := r.toDomain()
	if err != nil {
		return registry.Company{}, err
	}
	if company.ID != id {
		return registry.Company{}, errIncomplete()
	}
	for _, kind := range []string{"direct-parent", "ultimate-parent"} {
		if r.Relationships[kind].Links["lei-record"] == "" {
			continue // it has none, or reports why it names none
		}
		parent, err := c.record(ctx, id, "/"+kind)
		if domain.CodeOf(err) == domain.NotFound {
			continue
		}
		if err != nil {
			return registry.Company{}, err
		}
		p, err := parent.toDomain()
		if err != nil {
			return registry.Company{}, err
		}
		company.Relations = append(company.Relations, registry.Relation{Type: kind, ID: p.ID, Name: p.Name})
	}
	return company, nil
}

// Officers returns nil: the index has none.
func (c *Client) Officers(context.Context, string) ([]registry.Officer, error) { return nil, nil }

func (c *Client) record(ctx context.Context, id, related string) (record, error) {
	var document struct {
		Data record `json:"data"`
	}
	err := c.api.Get(ctx, "/lei-records/"+url.PathEscape(id)+related, &document)
	return document.Data, err
}

func (r record) toDomain() (registry.Company, error) {
	a, e := r.Attributes, r.Attributes.Entity
	c := registry.Company{
		Source: registry.GLEIF, ID: string(a.LEI), Name: string(e.LegalName.Name), RegisterStatus: string(e.Status),
		LegalForm: string(cmp.Or(e.LegalForm.Other, e.LegalForm.ID)), Jurisdiction: string(e.Jurisdiction),
		Register: string(cmp.Or(e.RegisteredAt.Other, e.RegisteredAt.ID)), RegistrationNumber: string(e.RegisteredAs),
		Address: e.LegalAddress.toDomain(), Headquarters: e.Headquarters.toDomain(), CreatedOn: e.CreationDate.Day(), DissolvedOn: e.Expiration.Date.Day(),
		LEI: registry.LEI{Code: string(a.LEI), Status: strings.ToUpper(string(a.Registration.Status)), RenewalOn: a.Registration.NextRenewalDate.Day()},
	}
	if !lei.MatchString(c.ID) || c.Name == "" || c.LEI.Status == "" {
		return registry.Company{}, errIncomplete()
	}
	switch strings.ToUpper(string(e.Status)) {
	case "ACTIVE":
		c.Status = registry.StatusActive
	case "INACTIVE":
		c.Status = registry.StatusInactive
	default: // NULL for an annulled record, or a value that is not known here
		c.Status = registry.StatusUnknown
	}
	for _, n := range e.OtherNames {
		if n.Name != "" && string(n.Name) != c.Name {
			c.OtherNames = append(c.OtherNames, string(n.Name))
		}
	}
	for _, s := range append([]successor{e.SuccessorEntity}, e.SuccessorEntities...) {
		relation := registry.Relation{Type: "successor", ID: string(s.LEI), Name: string(s.Name)}
		if (s.LEI != "" || s.Name != "") && (len(c.Relations) == 0 || c.Relations[len(c.Relations)-1] != relation) {
			c.Relations = append(c.Relations, relation)
		}
	}
	return c, nil
}

func errIncomplete() error {
	return registry.ErrResponse(errors.New("gleif: the record is incomplete"))
}
