package registry

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/redis/rueidis"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	query "counsel/gen/query/registry"
)

// Registers are the registers of an installation. What is nil or not listed is not configured.
type Registers struct {
	Companies []Source
	VAT       VATSource
	Lists     Lists
}

// Cases is the access policy of cases. cases.Service implements it.
type Cases interface {
	Authorize(ctx context.Context, p domain.Principal, id domain.ID, action cases.Action) error
	AuthorizeRead(ctx context.Context, p domain.Principal, id domain.ID, action cases.Action) error
	AuthorizedTx(ctx context.Context, p domain.Principal, id domain.ID, action *cases.Action, fn func(db.Tx) error) error
	// CheckParty fails with NotFound unless the case has the party.
	CheckParty(ctx context.Context, tx db.Tx, id, party domain.ID) error
}

// Config holds what the service needs.
type Config struct {
	Runtime domain.Runtime
	DB      *sql.DB
	Redis   rueidis.Client // nil: nothing is cached
	Cases   Cases
	Live    Registers
	Test    Registers // of test accounts
}

// Service reads the registers. It is safe for concurrent use.
type Service struct {
	clock domain.Clock
	db    *sql.DB
	redis rueidis.Client
	cases Cases
	live  *registers
	test  *registers
}

// registers are Registers with the index of their lists.
type registers struct {
	Registers
	name  string // part of the keys in Redis
	index *listIndex
}

// New returns the service.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Cases == nil || c.Runtime.Clock == nil {
		return nil, errors.New("registry: Config needs DB, Cases and Runtime")
	}
	return &Service{clock: c.Runtime.Clock, db: c.DB, redis: c.Redis, cases: c.Cases,
		live: &registers{c.Live, "live", newListIndex()}, test: &registers{c.Test, "test", newListIndex()}}, nil
}

// registersFor returns the registers that a caller reads: test accounts get the stand-ins.
func (s *Service) registersFor(test bool) *registers {
	if test {
		return s.test
	}
	return s.live
}

func (r *registers) source(name SourceName) (Source, error) {
	for _, source := range r.Companies {
		if source.Name() == name {
			return source, nil
		}
	}
	return nil, ErrNotConfigured()
}

// Caching: how long an answer about companies may be old, and how long Redis is waited for.
const (
	cacheTTL     = time.Hour
	cacheTimeout = time.Second
)

// Search looks for companies in a register.
type Search struct {
	Source  SourceName
	Text    string
	Country string // ISO 3166-1 alpha-2; "": all
	Limit   int
	Page    int // from 1; 0: the first
}

// found is a page of results as it is cached.
type found struct {
	Companies []Company `json:"companies"`
	More      bool      `json:"more"`
}

// Find returns a page of companies. next is the number of the next page, 0 on the last one.
func (s *Service) Find(ctx context.Context, p domain.Principal, q Search) (companies []Company, next int, err error) {
	registers := s.registersFor(p.TestMode())
	source, err := registers.source(q.Source)
	if err != nil {
		return nil, 0, err
	}
	text := strings.Join(strings.Fields(q.Text), " ")
	if !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return nil, 0, domain.InvalidParameter("query", "must have a letter or a digit")
	}
	page, limit := max(q.Page, 1), domain.PageSize(q.Limit)
	key := cacheKey(registers.name, string(q.Source), "search", strings.ToLower(text), q.Country, strconv.Itoa(page), strconv.Itoa(limit))
	result, err := cached(ctx, s, key, func() (f found, err error) {
		f.Companies, f.More, err = source.Search(ctx, Query{Text: text, Country: q.Country, Page: page, Limit: limit})
		return f, err
	})
	if err != nil {
		return nil, 0, err
	}
	if result.More {
		next = page + 1
	}
	return result.Companies, next, nil
}

// Company returns a company with its officers, of which the register is always asked.
func (s *Service) Company(ctx context.Context, p domain.Principal, name SourceName, id string) (Company, []Officer, error) {
	registers := s.registersFor(p.TestMode())
	source, err := registers.source(name)
	if err != nil {
		return Company{}, nil, err
	}
	c, err := s.company(ctx, registers, source, id)
	if err != nil {
		return Company{}, nil, err
	}
	officers, err := source.Officers(ctx, id)
	return c, officers, err
}

// company returns a company, from the cache if it is there.
func (s *Service) company(ctx context.Context, registers *registers, source Source, id string) (Company, error) {
	if !source.ValidID(id) {
		return Company{}, domain.NoSuch("company")
	}
	return cached(ctx, s, cacheKey(registers.name, string(source.Name()), "company", id), func() (Company, error) { return source.Company(ctx, id) })
}

// CurrentCompany returns a company and its officers as the register reports them now. test selects the stand-ins.
func (s *Service) CurrentCompany(ctx context.Context, test bool, name SourceName, id string) (Company, []Officer, error) {
	source, err := s.registersFor(test).source(name)
	if err != nil {
		return Company{}, nil, err
	}
	if !source.ValidID(id) {
		return Company{}, nil, domain.NoSuch("company")
	}
	c, err := source.Company(ctx, id)
	if err != nil {
		return Company{}, nil, err
	}
	officers, err := source.Officers(ctx, id)
	return c, officers, err
}

// ValidCompanyID reports whether an id has the form of the register's ids. It fails if the register is not configured.
func (s *Service) ValidCompanyID(test bool, name SourceName, id string) (bool, error) {
	source, err := s.registersFor(test).source(name)
	if err != nil {
		return false, err
	}
	return source.ValidID(id), nil
}

// CheckVAT asks VIES about a VAT number with its country's prefix.
func (s *Service) CheckVAT(ctx context.Context, test bool, number string) (VATAnswer, error) {
	country, rest, ok := ParseVATNumber(number)
	if !ok {
		return VATAnswer{}, domain.InvalidField("/number", "must be a VAT number of a member state with its prefix, such as DE123456789")
	}
	source := s.registersFor(test).VAT
	if source == nil {
		return VATAnswer{}, ErrNotConfigured()
	}
	return source.Check(ctx, country, rest)
}

// cacheKey hashes what was asked, which may be a name.
func cacheKey(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return "registry:" + parts[0] + ":" + parts[1] + ":" + hex.EncodeToString(sum.Sum(nil)[:16])
}

// cached returns what Redis has, or else what get returns. Errors of Redis and errors of get are not cached.
func cached[T any](ctx context.Context, s *Service, key string, get func() (T, error)) (v T, err error) {
	if s.redis == nil {
		return get()
	}
	read, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	if b, err := s.redis.Do(read, s.redis.B().Get().Key(key).Build()).AsBytes(); err == nil && json.Unmarshal(b, &v) == nil {
		return v, nil
	}
	if v, err = get(); err != nil {
		return v, err
	}
	if b, err := json.Marshal(v); err == nil {
		write, cancel := context.WithTimeout(ctx, cacheTimeout)
		defer cancel()
		_ = s.redis.Do(write, s.redis.B().Set().Key(key).Value(rueidis.BinaryString(b)).Ex(cacheTTL).Build()).Error() // without it, the register is asked again
	}
	return v, nil
}

// Fields are particulars of a company in the shape of a party in the shipped templates.
type Fields struct {
	Name               string
	LegalForm          string
	RegistrationNumber string
	Address            string
	LEI                string
	Register           string
}

// Fields returns the particulars of the company.
func (c Company) Fields() Fields {
	return Fields{Name: c.Name, LegalForm: c.LegalForm, RegistrationNumber: c.RegistrationNumber, Address: c.Address.Line(), LEI: c.LEI.Code, Register: c.Register}
}

// Line returns the address on one line.
func (a Address) Line() string {
	parts := append([]string{}, a.Lines...)
	for _, part := range []string{strings.TrimSpace(a.PostalCode + " " + a.City), a.Country} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// PartyCompany is the registered company that a party of a case is, as the register reported it when it was linked.
type PartyCompany struct {
	PartyID  domain.ID
	Company  Company
	LinkedBy domain.ID
	LinkedAt time.Time
}

// LinkParty links a party of a case to a registered company. A link that there is already is replaced.
func (s *Service) LinkParty(ctx context.Context, p domain.Principal, caseID, party domain.ID, name SourceName, id string) (PartyCompany, error) {
	action := cases.Action{Verb: cases.VerbUpdate, Resource: cases.ResourceParty, ID: &party, Detail: "linked to " + string(name)}
	if err := s.cases.Authorize(ctx, p, caseID, action); err != nil {
		return PartyCompany{}, err
	}
	if err := db.WithTx(ctx, s.db, func(tx db.Tx) error { return s.cases.CheckParty(ctx, tx, caseID, party) }); err != nil {
		return PartyCompany{}, err
	}
	registers := s.registersFor(p.TestMode())
	source, err := registers.source(name)
	if err != nil {
		return PartyCompany{}, err
	}
	company, err := s.company(ctx, registers, source, id)
	if domain.CodeOf(err) == domain.NotFound {
		return PartyCompany{}, domain.InvalidField("/companyId", "is not a company of this register")
	}
	if err != nil {
		return PartyCompany{}, err
	}
	content, err := json.Marshal(company)
	if err != nil {
		return PartyCompany{}, err
	}
	link := PartyCompany{PartyID: party, Company: company, LinkedBy: p.UserID, LinkedAt: s.clock()}
	err = s.cases.AuthorizedTx(ctx, p, caseID, &action, func(tx db.Tx) error {
		if err := s.cases.CheckParty(ctx, tx, caseID, party); err != nil {
			return err
		}
		return query.New(tx).CreateCasePartyCompany(ctx, query.CreateCasePartyCompanyParams{PartyID: party, CaseID: caseID, Source: string(name), CompanyID: id,
			Content: string(content), LinkedBy: link.LinkedBy, LinkedAt: link.LinkedAt})
	})
	return link, err
}

// PartyCompany returns the company that a party is linked to. NotFound: it is linked to none.
func (s *Service) PartyCompany(ctx context.Context, p domain.Principal, caseID, party domain.ID) (PartyCompany, error) {
	if err := s.cases.AuthorizeRead(ctx, p, caseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceParty, ID: &party}); err != nil {
		return PartyCompany{}, err
	}
	row, err := query.New(s.db).GetCasePartyCompany(ctx, query.GetCasePartyCompanyParams{CaseID: caseID, PartyID: party})
	if errors.Is(err, sql.ErrNoRows) {
		return PartyCompany{}, domain.NoSuch("company of this party")
	}
	if err != nil {
		return PartyCompany{}, db.Error(err)
	}
	link := PartyCompany{PartyID: party, LinkedBy: row.LinkedBy, LinkedAt: row.LinkedAt}
	return link, json.Unmarshal([]byte(row.Content), &link.Company)
}

// UnlinkParty removes the link. NotFound: there is none.
func (s *Service) UnlinkParty(ctx context.Context, p domain.Principal, caseID, party domain.ID) error {
	return s.cases.AuthorizedTx(ctx, p, caseID, &cases.Action{Verb: cases.VerbUpdate, Resource: cases.ResourceParty, ID: &party, Detail: "link removed"}, func(tx db.Tx) error {
		n, err := query.New(tx).DeleteCasePartyCompany(ctx, query.DeleteCasePartyCompanyParams{CaseID: caseID, PartyID: party})
		if err == nil && n == 0 {
			return domain.NoSuch("company of this party")
		}
		return err
	})
}
