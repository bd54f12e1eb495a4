package registry

import "context"

// ListName names a list of sanctions.
type ListName string

// The lists.
const (
	ListEU ListName = "eu" // the European Union's consolidated list
	ListUK ListName = "uk" // the UK Sanctions List, or OFSI's consolidated list
	ListUS ListName = "us" // OFAC's Specially Designated Nationals
)

// ListNames lists the lists.
var ListNames = []ListName{ListEU, ListUK, ListUS}

// Kind is what is listed or looked for.
type Kind string

// The kinds.
const (
	KindPerson  Kind = "person"
	KindCompany Kind = "company" // or another organization
	KindOther   Kind = "other"   // a ship or an aircraft
)

// ListedName is a name of an entry. Weak aliases are those that the list calls of low quality.
type ListedName struct {
	Name string
	Weak bool
}

// ListEntry is a person or organization on a list. The first name is the primary one.
type ListEntry struct {
	ID         string
	Kind       Kind
	Names      []ListedName
	BirthYears []int
	Countries  []string // as the list writes them
	Programme  string
}

// List is one list as it was read from a file. It never changes.
type List struct {
	Name        ListName
	PublishedOn string // a day, or "" if the file does not name it
	Entries     []ListEntry
}

// Lists returns the lists that there are; a list that was read again is another pointer. If there is none, it fails as Source does.
type Lists interface {
	Lists(ctx context.Context) ([]*List, error)
}
