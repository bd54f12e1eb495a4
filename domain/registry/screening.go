package registry

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"unicode"

	"counsel/domain"
	"counsel/domain/matching"
)

// maxHits is the limit of the hits of one screening.
const maxHits = 100

// Screening is what is looked for in the lists of sanctions.
type Screening struct {
	Name      string
	Kind      Kind // person or company
	BirthYear int  // 0: unknown
}

// BirthYearMatch tells whether a year of birth agrees with an entry's.
type BirthYearMatch string

// The results of comparing years of birth.
const (
	BirthYearUnknown BirthYearMatch = "unknown" // one of them is
	BirthYearSame    BirthYearMatch = "same"    // or a year apart
	BirthYearDiffers BirthYearMatch = "differs"
)

// Hit is an entry of a list with a similar name. People decide whether it is the same person or company.
type Hit struct {
	List        ListName       `json:"list"`
	EntryID     string         `json:"entryId"`
	Kind        Kind           `json:"kind"`
	PrimaryName string         `json:"primaryName"`
	MatchedName string         `json:"matchedName"`
	WeakAlias   bool           `json:"weakAlias"`
	Score       int            `json:"score"` // percent
	Reasons     []string       `json:"reasons"`
	BirthYear   BirthYearMatch `json:"birthYear"`
	BirthYears  []int          `json:"birthYears,omitempty"`
	Countries   []string       `json:"countries,omitempty"`
	Programme   string         `json:"programme,omitempty"`
}

// ScreenedList is a list that was looked through.
type ScreenedList struct {
	Name        ListName `json:"name"`
	PublishedOn string   `json:"publishedOn,omitempty"`
	Entries     int      `json:"entries"`
}

// ScreeningResult is the answer of the lists.
type ScreeningResult struct {
	Lists []ScreenedList `json:"lists"`
	Hits  []Hit          `json:"hits"`      // the best first
	More  bool           `json:"truncated"` // there are more hits than are listed
}

// Validate checks what is looked for.
func (q *Screening) Validate() error {
	q.Name = strings.Join(strings.Fields(q.Name), " ")
	if !strings.ContainsFunc(q.Name, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return domain.InvalidField("/name", "must have a letter or a digit")
	}
	if q.Kind != KindPerson && q.BirthYear != 0 {
		return domain.InvalidField("/birthYear", "is for people only")
	}
	return nil
}

// Screen looks for a name in the lists of sanctions. test selects the stand-ins.
func (s *Service) Screen(ctx context.Context, test bool, q Screening) (ScreeningResult, error) {
	if err := q.Validate(); err != nil {
		return ScreeningResult{}, err
	}
	registers := s.registersFor(test)
	if registers.Lists == nil {
		return ScreeningResult{}, ErrNotConfigured()
	}
	lists, err := registers.Lists.Lists(ctx)
	if err != nil {
		return ScreeningResult{}, err
	}
	result := ScreeningResult{Lists: []ScreenedList{}, Hits: []Hit{}}
	for _, list := range registers.index.update(lists) {
		result.Lists = append(result.Lists, ScreenedList{list.Name, list.PublishedOn, len(list.Entries)})
		result.Hits = append(result.Hits, list.find(q)...)
	}
	slices.SortStableFunc(result.Hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.List, b.List), cmp.Compare(a.EntryID, b.EntryID))
	})
	if len(result.Hits) > maxHits {
		result.Hits, result.More = result.Hits[:maxHits], true
	}
	return result, nil
}

// listIndex holds the index of each list, which is computed once for each version of the list.
type listIndex struct {
	mu     sync.Mutex
	byList map[ListName]*indexedList
}

func newListIndex() *listIndex { return &listIndex{byList: map[ListName]*indexedList{}} }

// update returns the lists with their indexes.
func (x *listIndex) update(lists []*List) []*indexedList {
	x.mu.Lock()
	defer x.mu.Unlock()
	indexed := make([]*indexedList, len(lists))
	for i, list := range lists {
		if current := x.byList[list.Name]; current == nil || current.List != list {
			x.byList[list.Name] = indexList(list)
		}
		indexed[i] = x.byList[list.Name]
	}
	return indexed
}

// listedPosition is the position of a name in a list.
type listedPosition struct{ entry, name int32 }

// indexedList is a list with the positions of its names by their matching keys, of which the first eight bytes are enough.
type indexedList struct {
	*List
	positions map[uint64][]listedPosition
}

func indexList(list *List) *indexedList {
	x := &indexedList{list, map[uint64][]listedPosition{}}
	for i, e := range list.Entries {
		for j, n := range e.Names {
			stored, _, _ := matching.Parse(n.Name, matchingKind(e.Kind)).Keys()
			for _, key := range stored {
				k := shortKey(key)
				x.positions[k] = append(x.positions[k], listedPosition{int32(i), int32(j)})
			}
		}
	}
	return x
}

func shortKey(key []byte) uint64 { return binary.BigEndian.Uint64(key) }

func matchingKind(k Kind) matching.Kind {
	if k == KindPerson {
		return matching.Person
	}
	return matching.Company
}

// find returns the best hit of each entry. A person is compared with people, a company with everything else.
func (x *indexedList) find(q Screening) []Hit {
	wanted := matching.Parse(q.Name, matchingKind(q.Kind))
	_, exact, similar := wanted.Keys()
	candidates := map[listedPosition]bool{}
	for _, key := range append(slices.Clone(exact), similar...) {
		for _, position := range x.positions[shortKey(key)] {
			candidates[position] = true
		}
	}
	best := map[int32]Hit{}
	for position := range candidates {
		e := x.Entries[position.entry]
		if (e.Kind == KindPerson) != (q.Kind == KindPerson) {
			continue
		}
		name := e.Names[position.name]
		match := matching.Compare(wanted, matching.Parse(name.Name, matchingKind(e.Kind)))
		if match.Score < matching.Possible {
			continue
		}
		hit := Hit{List: x.Name, EntryID: e.ID, Kind: e.Kind, PrimaryName: e.Names[0].Name, MatchedName: name.Name, WeakAlias: name.Weak, Score: int(match.Score*100 + 0.5),
			Reasons: []string{}, BirthYear: compareBirthYears(q.BirthYear, e.BirthYears), BirthYears: e.BirthYears, Countries: e.Countries, Programme: e.Programme}
		for _, reason := range match.Reasons {
			hit.Reasons = append(hit.Reasons, string(reason))
		}
		if current, ok := best[position.entry]; !ok || hit.Score > current.Score || hit.Score == current.Score && hit.MatchedName < current.MatchedName {
			best[position.entry] = hit
		}
	}
	hits := make([]Hit, 0, len(best))
	for _, hit := range best {
		hits = append(hits, hit)
	}
	return hits
}

func compareBirthYears(wanted int, listed []int) BirthYearMatch {
	if wanted == 0 || len(listed) == 0 {
		return BirthYearUnknown
	}
	for _, year := range listed {
		if year >= wanted-1 && year <= wanted+1 {
			return BirthYearSame
		}
	}
	return BirthYearDiffers
}
