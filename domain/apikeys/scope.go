package apikeys

import (
	"slices"
	"strings"
)

// Scope is a permission of a key: a subject of the API, or all, and a verb. See Scopes.
type Scope string

const (
	allSubjects = "*"
	verbRead    = "read"
	verbWrite   = "write"
)

// subjects are what scopes name: the tags of the contract whose operations keys can call.
var subjects = []string{"ai", "billing", "cases", "compliance", "docs", "drafts", "email", "esign", "jobs", "notifications", "payments", "registry", "templates", "webhooks"}

// Scopes lists all scopes.
var Scopes = func() (scopes []Scope) {
	for _, subject := range append([]string{allSubjects}, subjects...) {
		scopes = append(scopes, Scope(subject+":"+verbRead), Scope(subject+":"+verbWrite))
	}
	scopes = append(scopes, "test-data:write") // there is nothing to read
	slices.Sort(scopes)
	return scopes
}()

// Allows reports whether the key has a scope, by its name or by the one for all subjects.
func (k Key) Allows(needed Scope) bool {
	_, verb, _ := strings.Cut(string(needed), ":")
	return slices.Contains(k.Scopes, needed) || slices.Contains(k.Scopes, Scope(allSubjects+":"+verb))
}
