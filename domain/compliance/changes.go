package compliance

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"counsel/domain/registry"
)

// ChangeType is what has changed.
type ChangeType string

// The types of changes.
const (
	ChangeName         ChangeType = "name"
	ChangeStatus       ChangeType = "status"
	ChangeMerged       ChangeType = "merged" // into another company
	ChangeAddress      ChangeType = "address"
	ChangeLEI          ChangeType = "lei" // such as lapsed
	ChangeParent       ChangeType = "parent"
	ChangeOfficer      ChangeType = "officer"
	ChangeOverdue      ChangeType = "overdue" // something to be filed
	ChangeSanctionsHit ChangeType = "sanctions-hit"
	ChangeVAT          ChangeType = "vat"
)

// Change is one difference between two answers. From is empty for what is new, To for what is gone.
type Change struct {
	Type ChangeType `json:"type"`
	From string     `json:"from,omitempty"`
	To   string     `json:"to,omitempty"`
}

// maxChanges is the limit of the changes of one check.
const maxChanges = 200

// compare lists how an answer differs from the previous one. What a register does not report any more, such as a
// status that became unknown, is no change: it may be an outage or a new format.
func compare(previous, current Answer) []Change {
	var changes []Change
	add := func(t ChangeType, from, to string) {
		if from != to && len(changes) < maxChanges {
			changes = append(changes, Change{t, from, to})
		}
	}
	switch {
	case previous.Company != nil && current.Company != nil:
		compareCompanies(add, *previous.Company, *current.Company)
		compareSets(add, ChangeOfficer, officers(previous.Officers), officers(current.Officers), true)
	case previous.Sanctions != nil && current.Sanctions != nil:
		compareSets(add, ChangeSanctionsHit, hits(*previous.Sanctions), hits(*current.Sanctions), false)
	case previous.VAT != nil && current.VAT != nil:
		if current.VAT.Status != registry.VATUnknown {
			add(ChangeVAT, string(previous.VAT.Status), string(current.VAT.Status))
		}
	}
	return changes
}

func compareCompanies(add func(ChangeType, string, string), a, b registry.Company) {
	add(ChangeName, a.Name, b.Name)
	if b.Status != registry.StatusUnknown {
		from, to := a.RegisterStatus, b.RegisterStatus
		if a.Status != b.Status || !strings.EqualFold(from, to) {
			add(ChangeStatus, cmp.Or(from, string(a.Status)), cmp.Or(to, string(b.Status)))
		}
	}
	successor := func(r registry.Relation) bool { return r.Type == "successor" }
	compareSets(add, ChangeMerged, relations(a, successor), relations(b, successor), false)
	if b.Address.Line() != "" {
		add(ChangeAddress, a.Address.Line(), b.Address.Line())
	}
	if b.LEI.Status != "" {
		add(ChangeLEI, a.LEI.Status, b.LEI.Status)
	}
	parent := func(r registry.Relation) bool { return r.Type != "successor" }
	compareSets(add, ChangeParent, relations(a, parent), relations(b, parent), true)
	compareSets(add, ChangeOverdue, overdue(a), overdue(b), false)
}

// compareSets adds what is new, and what is gone if that matters.
func compareSets(add func(ChangeType, string, string), t ChangeType, a, b []string, gone bool) {
	for _, item := range b {
		if !slices.Contains(a, item) {
			add(t, "", item)
		}
	}
	for _, item := range a {
		if gone && !slices.Contains(b, item) {
			add(t, item, "")
		}
	}
}

func relations(c registry.Company, match func(registry.Relation) bool) (all []string) {
	for _, r := range c.Relations {
		if match(r) {
			all = append(all, r.Type+" "+strings.TrimSpace(r.ID+" "+r.Name))
		}
	}
	return all
}

func overdue(c registry.Company) (all []string) {
	for _, f := range c.Filings {
		if f.Overdue {
			all = append(all, strings.TrimSpace(f.Type+" "+f.DueOn))
		}
	}
	return all
}

func officers(all []registry.Officer) (current []string) {
	for _, o := range all {
		if o.ResignedOn == "" {
			current = append(current, o.Name+", "+o.Role)
		}
	}
	return current
}

func hits(r registry.ScreeningResult) (all []string) {
	for _, h := range r.Hits {
		all = append(all, string(h.List)+" "+h.EntryID+" "+h.PrimaryName)
	}
	return all
}

// merge returns the answer to compare the next one with. A VAT number that is unknown now keeps the last clear answer, a
// company's unknown status the known one, and a list that was not there its hits.
func merge(previous *Answer, current Answer) Answer {
	if previous == nil {
		return current
	}
	switch {
	case current.VAT != nil && previous.VAT != nil && current.VAT.Status == registry.VATUnknown:
		return *previous
	case current.Company != nil && previous.Company != nil && current.Company.Status == registry.StatusUnknown:
		c := *current.Company
		c.Status, c.RegisterStatus = previous.Company.Status, previous.Company.RegisterStatus
		current.Company = &c
	case current.Sanctions != nil && previous.Sanctions != nil:
		result := *current.Sanctions
		result.Hits = slices.Clone(result.Hits)
		for _, hit := range previous.Sanctions.Hits {
			read := slices.ContainsFunc(result.Lists, func(l registry.ScreenedList) bool { return l.Name == hit.List })
			if !read {
				result.Hits = append(result.Hits, hit)
			}
		}
		current.Sanctions = &result
	}
	return current
}

// encode returns v as JSON.
func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
