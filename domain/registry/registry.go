// Package registry reads official registers: of companies (Source), of VAT numbers (VATSource), and lists of
// sanctions (Lists). It also links the parties of cases to registered companies.
//
// Company data is public and cached in Redis. Officers, VAT answers and what is looked for in sanctions lists are
// about people: they are never cached.
//
// What can fail: a register. Unavailable with a reason of reasons.go means that it cannot be asked now, Upstream that its
// answer cannot be read. Neither says anything about the company: a field that is missing or of an unexpected type
// is an error or stays unknown, and never turns into "dissolved" or "invalid".
package registry

import (
	"context"
	"time"
)

// SourceName names a register, as in the API.
type SourceName string

// The registers.
const (
	GLEIF          SourceName = "gleif"           // the Global LEI Index
	CompaniesHouse SourceName = "companies-house" // of the United Kingdom
	VIES           SourceName = "vies"            // VAT numbers of the European Union
	Sanctions      SourceName = "sanctions"       // the lists that the operator supplies
)

// Status tells whether a company exists, as far as its register reports.
type Status string

// The statuses.
const (
	StatusActive    Status = "active"
	StatusInsolvent Status = "insolvent" // it exists, and is in liquidation, administration or the like
	StatusInactive  Status = "inactive"  // dissolved, closed or merged into another
	StatusUnknown   Status = "unknown"   // the register reports none, or one that is not known here
)

// Address is a postal address.
type Address struct {
	Lines      []string `json:"lines,omitempty"`
	PostalCode string   `json:"postalCode,omitempty"`
	City       string   `json:"city,omitempty"`
	Region     string   `json:"region,omitempty"`
	Country    string   `json:"country,omitempty"` // ISO 3166-1 if the register reports it so, else as it is written
}

// LEI is the state of a Legal Entity Identifier.
type LEI struct {
	Code      string `json:"code,omitempty"`
	Status    string `json:"status,omitempty"` // as GLEIF reports it: ISSUED, LAPSED, MERGED, RETIRED …
	RenewalOn string `json:"renewalOn,omitempty"`
}

// Filing is a duty to file something.
type Filing struct {
	Type    string `json:"type"`            // accounts, confirmation-statement
	DueOn   string `json:"dueOn,omitempty"` // a day
	Overdue bool   `json:"overdue"`
}

// Relation is another company.
type Relation struct {
	Type string `json:"type"` // direct-parent, ultimate-parent, successor
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Company is what a register reports about a company. Days are YYYY-MM-DD; what is unknown is empty.
type Company struct {
	Source             SourceName `json:"source"`
	ID                 string     `json:"id"` // in the register
	Name               string     `json:"name"`
	OtherNames         []string   `json:"otherNames,omitempty"`
	Status             Status     `json:"status"`
	RegisterStatus     string     `json:"registerStatus,omitempty"` // as the register words it
	LegalForm          string     `json:"legalForm,omitempty"`      // as the register codes it
	Jurisdiction       string     `json:"jurisdiction,omitempty"`
	Register           string     `json:"register,omitempty"` // where it is registered, such as RA000242
	RegistrationNumber string     `json:"registrationNumber,omitempty"`
	Address            Address    `json:"address"`
	Headquarters       Address    `json:"headquarters"`
	CreatedOn          string     `json:"createdOn,omitempty"`
	DissolvedOn        string     `json:"dissolvedOn,omitempty"`
	LEI                LEI        `json:"lei"`
	Filings            []Filing   `json:"filings,omitempty"`
	Relations          []Relation `json:"relations,omitempty"`
}

// Officer is a person or company that manages a company. It is personal data: never cached.
type Officer struct {
	Name        string `json:"name"`
	Role        string `json:"role"`
	AppointedOn string `json:"appointedOn,omitempty"`
	ResignedOn  string `json:"resignedOn,omitempty"`
}

// Query looks for companies.
type Query struct {
	Text    string
	Country string // ISO 3166-1 alpha-2; "": all
	Page    int    // from 1
	Limit   int    // 1 to 100
}

// Source is a register of companies. Errors: NotFound for an id that the register does not have, else Unavailable,
// RateLimited and Upstream, as in the package comment.
type Source interface {
	Name() SourceName
	// ValidID reports whether an id has the form of this register's ids.
	ValidID(id string) bool
	// Search returns a page; more tells whether there is another one.
	Search(ctx context.Context, q Query) (companies []Company, more bool, err error)
	Company(ctx context.Context, id string) (Company, error)
	// Officers returns nil if the register has none.
	Officers(ctx context.Context, id string) ([]Officer, error)
}

// VATStatus is the answer about a VAT number.
type VATStatus string

// The answers. An outage of a member state is unknown.
const (
	VATValid   VATStatus = "valid"
	VATInvalid VATStatus = "invalid"
	VATUnknown VATStatus = "unknown"
)

// VATAnswer is the answer about a VAT number.
type VATAnswer struct {
	Number             string    `json:"number"` // with the country's prefix
	Status             VATStatus `json:"status"`
	Reason             string    `json:"reason,omitempty"` // of unknown, as VIES reports it, such as MS_UNAVAILABLE
	Name               string    `json:"name,omitempty"`
	Address            string    `json:"address,omitempty"`
	ConsultationNumber string    `json:"consultationNumber,omitempty"` // evidence of the check; only if the firm's own number is configured
	CheckedAt          time.Time `json:"checkedAt"`
}

// VATSource checks VAT numbers. Errors are those of Source, without NotFound.
type VATSource interface {
	Check(ctx context.Context, country, number string) (VATAnswer, error)
}
