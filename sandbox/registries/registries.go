// Package registries stands in for the official registers: GLEIF, Companies House and VIES over HTTP, in the formats of the
// real ones, and sample files of sanctions lists. All companies, numbers and people are invented.
//
// Below one address there are /gleif, /companies-house and /vies, the base URLs of the three. PATCH /records/{id} changes a record by a
// JSON merge patch, so that a watch finds something new. PUT /faults/{register} makes a register fail, see Fault.
package registries

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed gleif.json companies_house.json vies.json lists
var data embed.FS

// APIKey is the key that the stand-in for Companies House expects.
const APIKey = "sandbox-companies-house"

// Fault is how a register fails.
type Fault string

// The faults.
const (
	NoFault     Fault = ""
	Down        Fault = "down"      // 503
	RateLimited Fault = "limited"   // 429 with Retry-After
	HTML        Fault = "html"      // a page with status 200
	Retyped     Fault = "retyped"   // fields have changed their types
	Truncated   Fault = "truncated" // the connection ends within the answer
	Huge        Fault = "huge"      // more than any client should read
)

var faults = []Fault{NoFault, Down, RateLimited, HTML, Retyped, Truncated, Huge}

// object is a JSON object.
type object = map[string]any

// Server answers for all registers. It is safe for concurrent use.
type Server struct {
	mux *http.ServeMux

	mu         sync.Mutex
	leis       []object
	parents    map[string]map[string]string
	companies  []object // profile and officers
	vat        []object
	faults     map[string]Fault
	retryAfter time.Duration
	requests   map[string]int
}

// New returns a stand-in with the samples.
func New() *Server {
	s := &Server{faults: map[string]Fault{}, requests: map[string]int{}, retryAfter: 30 * time.Second, mux: http.NewServeMux()}
	var gleif struct {
		Records []object
		Parents map[string]map[string]string
	}
	var house struct{ Companies []object }
	var vies struct{ Numbers []object }
	for name, v := range map[string]any{"gleif.json": &gleif, "companies_house.json": &house, "vies.json": &vies} {
		b, err := data.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(b, v)
		}
		if err != nil {
			panic(fmt.Sprintf("registries: %s: %v", name, err)) // it is embedded
		}
	}
	s.leis, s.parents, s.companies, s.vat = gleif.Records, gleif.Parents, house.Companies, vies.Numbers
	s.mux.HandleFunc("GET /gleif/lei-records", s.register("gleif", s.searchLEIs))
	s.mux.HandleFunc("GET /gleif/lei-records/{lei}", s.register("gleif", s.getLEI))
	s.mux.HandleFunc("GET /gleif/lei-records/{lei}/{relation}", s.register("gleif", s.getParent))
	s.mux.HandleFunc("GET /companies-house/search/companies", s.register("companies-house", s.searchCompanies))
	s.mux.HandleFunc("GET /companies-house/company/{number}", s.register("companies-house", s.getCompany))
	s.mux.HandleFunc("GET /companies-house/company/{number}/officers", s.register("companies-house", s.getOfficers))
	s.mux.HandleFunc("POST /vies/check-vat-number", s.register("vies", s.checkVAT))
	s.mux.HandleFunc("PATCH /records/{id}", s.patchRecord)
	s.mux.HandleFunc("PUT /faults/{register}", s.putFault)
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// SetFault makes a register (gleif, companies-house, vies) fail from now on.
func (s *Server) SetFault(register string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[register] = f
}

// SetRetryAfter sets how long RateLimited asks to wait.
func (s *Server) SetRetryAfter(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retryAfter = d
}

// Requests returns how many requests a register has received.
func (s *Server) Requests(register string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[register]
}

// Patch changes the record of an LEI, a company number or a VAT number by a JSON merge patch (RFC 7396).
func (s *Server) Patch(id string, patch map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	record := s.find(id)
	if record == nil {
		return errors.New("registries: there is no such record")
	}
	merge(record, patch)
	return nil
}

// find returns the record of an id.
func (s *Server) find(id string) object {
	for _, r := range s.leis {
		if r["id"] == id {
			return r
		}
	}
	for _, c := range s.companies {
		if profile, _ := c["profile"].(object); profile["company_number"] == id {
			return c
		}
	}
	for _, v := range s.vat {
		if fmt.Sprint(v["countryCode"], v["vatNumber"]) == id {
			return v
		}
	}
	return nil
}

func merge(into, patch object) {
	for name, value := range patch {
		inner, ok := value.(object)
		current, exists := into[name].(object)
		switch {
		case value == nil:
			delete(into, name)
		case ok && exists:
			merge(current, inner)
		default:
			into[name] = value
		}
	}
}

// Lists returns the sample files of sanctions lists.
func Lists() (files [][]byte) {
	for _, name := range listFiles {
		b, err := data.ReadFile("lists/" + name)
		if err != nil {
			panic(err) // it is embedded
		}
		files = append(files, b)
	}
	return files
}

var listFiles = []string{"eu.xml", "uk.csv", "us.xml"}

// WriteLists writes the sample files of sanctions lists to a folder, unless it has files of these names.
func WriteLists(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for i, b := range Lists() {
		path := filepath.Join(dir, listFiles[i])
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// register counts a request and lets it fail if the register has a fault.
func (s *Server) register(name string, next func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests[name]++
		if fail := s.faults[name]; fail != NoFault {
			s.fail(w, fail)
			return
		}
		next(w, r)
	}
}

func (s *Server) fail(w http.ResponseWriter, f Fault) {
	switch f {
	case Down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case RateLimited:
		w.Header().Set("Retry-After", strconv.Itoa(int(s.retryAfter.Seconds())))
		w.WriteHeader(http.StatusTooManyRequests)
	case HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>Dissolved</title><p>Scheduled maintenance. This company is dissolved.")
	case Retyped:
		writeJSON(w, http.StatusOK, object{
			"data": object{"id": 7, "attributes": object{"lei": []string{"x"}, "entity": "INACTIVE"}}, "items": object{},
			"company_name": object{"text": "x"}, "company_number": []int{1}, "company_status": object{"code": "dissolved"}, "valid": "no",
		})
	case Truncated:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `{"company_status":"dissolved","valid":false,"data":`)
	case Huge:
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"items":["`, strings.Repeat("x", 5<<20), `"]}`)
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (s *Server) searchLEIs(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size, number := page(q.Get("page[size]"), 15), page(q.Get("page[number]"), 1)
	found := []object{}
	for _, record := range s.leis {
		entity := at(record, "attributes", "entity")
		country, _ := at(entity, "legalAddress")["country"].(string)
		if lei := q.Get("filter[lei]"); lei != "" && record["id"] != lei || q.Get("filter[entity.legalAddress.country]") != "" && country != q.Get("filter[entity.legalAddress.country]") {
			continue
		}
		if contains(fmt.Sprint(at(entity, "legalName")["name"], entity["otherNames"], entity["registeredAs"]), q.Get("filter[fulltext]")) {
			found = append(found, record)
		}
	}
	pages := (len(found) + size - 1) / size
	writeJSON(w, http.StatusOK, object{
		"meta":  object{"pagination": object{"currentPage": number, "perPage": size, "total": len(found), "lastPage": max(1, pages)}},
		"links": object{}, "data": cut(found, (number-1)*size, size),
	})
}

func (s *Server) getLEI(w http.ResponseWriter, r *http.Request) {
	for _, record := range s.leis {
		if record["id"] == r.PathValue("lei") {
			writeJSON(w, http.StatusOK, object{"meta": object{}, "data": record})
			return
		}
	}
	writeJSON(w, http.StatusNotFound, object{"errors": []object{{"status": "404", "title": "Resource not found"}}})
}

func (s *Server) getParent(w http.ResponseWriter, r *http.Request) {
	r.SetPathValue("lei", s.parents[r.PathValue("lei")][r.PathValue("relation")])
	s.getLEI(w, r)
}

// authorized checks the API key, the user name of basic authentication.
func authorized(w http.ResponseWriter, r *http.Request) bool {
	if user, _, ok := r.BasicAuth(); ok && user == APIKey {
		return true
	}
	writeJSON(w, http.StatusUnauthorized, object{"error": "Invalid Authorization", "type": "ch:service"})
	return false
}

func (s *Server) searchCompanies(w http.ResponseWriter, r *http.Request) {
	if !authorized(w, r) {
		return
	}
	q := r.URL.Query()
	size, start := page(q.Get("items_per_page"), 20), page(q.Get("start_index"), 0)
	items := []object{}
	for _, c := range s.companies {
		p := at(c, "profile")
		if contains(fmt.Sprint(p["company_name"], " ", p["company_number"]), q.Get("q")) {
			item := object{"kind": "searchresults#company", "title": p["company_name"], "company_number": p["company_number"], "company_status": p["company_status"],
				"company_type": p["type"], "date_of_creation": p["date_of_creation"], "address": p["registered_office_address"]}
			if p["date_of_cessation"] != nil {
				item["date_of_cessation"] = p["date_of_cessation"]
			}
			items = append(items, item)
		}
	}
	writeJSON(w, http.StatusOK, object{"kind": "search#companies", "items": cut(items, start, size), "total_results": len(items), "start_index": start, "items_per_page": size})
}

func (s *Server) company(w http.ResponseWriter, r *http.Request) object {
	if !authorized(w, r) {
		return nil
	}
	for _, c := range s.companies {
		if at(c, "profile")["company_number"] == r.PathValue("number") {
			return c
		}
	}
	writeJSON(w, http.StatusNotFound, object{"errors": []object{{"error": "company-profile-not-found", "type": "ch:service"}}})
	return nil
}

func (s *Server) getCompany(w http.ResponseWriter, r *http.Request) {
	if c := s.company(w, r); c != nil {
		writeJSON(w, http.StatusOK, c["profile"])
	}
}

func (s *Server) getOfficers(w http.ResponseWriter, r *http.Request) {
	c := s.company(w, r)
	if c == nil {
		return
	}
	all, _ := c["officers"].([]any)
	size, start := page(r.URL.Query().Get("items_per_page"), 35), page(r.URL.Query().Get("start_index"), 0)
	writeJSON(w, http.StatusOK, object{"kind": "officer-list", "items": cut(all, start, size), "total_results": len(all), "start_index": start, "items_per_page": size})
}

func (s *Server) checkVAT(w http.ResponseWriter, r *http.Request) {
	var q struct{ CountryCode, VATNumber, RequesterMemberStateCode, RequesterNumber string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&q); err != nil || len(q.CountryCode) != 2 {
		writeJSON(w, http.StatusBadRequest, object{"actionSucceed": false, "errorWrappers": []object{{"error": "INVALID_INPUT"}}})
		return
	}
	out := object{"countryCode": q.CountryCode, "vatNumber": q.VATNumber, "requestDate": time.Now().UTC().Format(time.RFC3339Nano), "valid": false, "requestIdentifier": "", "name": "---", "address": "---"}
	for _, v := range s.vat {
		if v["countryCode"] == q.CountryCode && v["vatNumber"] == q.VATNumber {
			if v["userError"] != nil {
				writeJSON(w, http.StatusOK, object{"actionSucceed": false, "errorWrappers": []object{{"error": v["userError"]}}})
				return
			}
			maps.Copy(out, v)
		}
	}
	if q.RequesterNumber != "" {
		out["requestIdentifier"] = "WAPIAAAAX" + strconv.FormatInt(int64(1e6+s.requests["vies"]), 36)
	}
	writeJSON(w, http.StatusOK, out)
}

func (s *Server) patchRecord(w http.ResponseWriter, r *http.Request) {
	var patch object
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&patch); err != nil {
		writeJSON(w, http.StatusBadRequest, object{"error": "the body must be a JSON object"})
		return
	}
	if err := s.Patch(r.PathValue("id"), patch); err != nil {
		writeJSON(w, http.StatusNotFound, object{"error": err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) putFault(w http.ResponseWriter, r *http.Request) {
	var body struct{ Fault Fault }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&body); err != nil || !slices.Contains(faults, body.Fault) {
		writeJSON(w, http.StatusBadRequest, object{"error": fmt.Sprintf("fault must be one of %q", faults)})
		return
	}
	s.SetFault(r.PathValue("register"), body.Fault)
	w.WriteHeader(http.StatusNoContent)
}

// at returns the object below the names, or an empty one.
func at(o object, names ...string) object {
	for _, name := range names {
		o, _ = o[name].(object)
	}
	return o
}

// contains reports whether text has every word of query.
func contains(text, query string) bool {
	text = strings.ToLower(text)
	for _, word := range strings.Fields(strings.ToLower(query)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// page parses a number of a query.
func page(s string, fallback int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return fallback
	}
	return n
}

// cut returns a page of items.
func cut[T any](items []T, start, size int) []T {
	start = min(max(start, 0), len(items))
	return items[start:min(start+size, len(items))]
}
