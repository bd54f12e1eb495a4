package domain

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ID is a UUIDv7: 16 bytes in the database (BINARY(16)), text everywhere else.
// Sorting ids sorts by time of creation.
type ID [16]byte

// NewID makes a fresh id. It never fails: without entropy the process stops.
func NewID() ID { return ID(uuid.Must(uuid.NewV7())) }

// ParseID reads the 36-character form; anything else is an error.
func ParseID(s string) (ID, error) {
	if len(s) != 36 {
		return ID{}, errors.New("not a UUID")
	}
	u, err := uuid.Parse(s)
	return ID(u), err
}

func (id ID) String() string { return uuid.UUID(id).String() }

// Time is when a UUIDv7 was made, to the millisecond.
func (id ID) Time() time.Time {
	return time.UnixMilli(int64(id[0])<<40 | int64(id[1])<<32 | int64(id[2])<<24 | int64(id[3])<<16 | int64(id[4])<<8 | int64(id[5])).UTC()
}

// IsZero reports whether id was never set.
func (id ID) IsZero() bool { return id == ID{} }

// CursorOrMax is where a page of a list that begins with the newest starts: before id, or, when that
// is nil, before every id there will be.
func CursorOrMax(id *ID) ID {
	if id != nil {
		return *id
	}
	return ID(uuid.Max)
}

// MarshalText writes the 36-character form.
func (id ID) MarshalText() ([]byte, error) { return uuid.UUID(id).MarshalText() }

// UnmarshalText reads the 36-character form.
func (id *ID) UnmarshalText(b []byte) error {
	p, err := ParseID(string(b))
	if err == nil {
		*id = p
	}
	return err
}

// Value gives the database the 16 bytes.
func (id ID) Value() (driver.Value, error) { return id[:], nil }

// Scan reads the 16 bytes the database holds.
func (id *ID) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != 16 {
		return fmt.Errorf("an id is 16 bytes, not %T", src)
	}
	copy(id[:], b)
	return nil
}
