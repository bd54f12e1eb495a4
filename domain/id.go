package domain

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ID is a UUIDv7: BINARY(16) in the database, text everywhere else. Ids sort by time of creation.
type ID [16]byte

// NewID returns a new id. It panics if the system has no entropy.
func NewID() ID { return ID(uuid.Must(uuid.NewV7())) }

// testMark is the end of the ids of test accounts. A random id ends so once in 2^48.
var testMark = [6]byte{0x7e, 0x57, 0x7e, 0x57, 0x7e, 0x57}

// NewTestID returns a new id of a test account.
func NewTestID() ID {
	id := NewID()
	copy(id[len(id)-len(testMark):], testMark[:])
	return id
}

// IsTest reports whether the id is that of a test account, so that everything it owns is known as test data without a
// query. Queries compare the last six bytes.
func (id ID) IsTest() bool { return [6]byte(id[len(id)-len(testMark):]) == testMark }

// ParseID parses the 36-character form. Anything else is an error.
func ParseID(s string) (ID, error) {
	if len(s) != 36 {
		return ID{}, errors.New("not a UUID")
	}
	u, err := uuid.Parse(s)
	return ID(u), err
}

func (id ID) String() string { return uuid.UUID(id).String() }

// Time returns when a UUIDv7 was created, in milliseconds.
func (id ID) Time() time.Time {
	return time.UnixMilli(int64(id[0])<<40 | int64(id[1])<<32 | int64(id[2])<<24 | int64(id[3])<<16 | int64(id[4])<<8 | int64(id[5])).UTC()
}

// IsZero reports whether id is the zero ID.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText returns the 36-character form.
func (id ID) MarshalText() ([]byte, error) { return uuid.UUID(id).MarshalText() }

// UnmarshalText parses the 36-character form.
func (id *ID) UnmarshalText(b []byte) error {
	p, err := ParseID(string(b))
	if err == nil {
		*id = p
	}
	return err
}

// Value returns the 16 bytes for the database.
func (id ID) Value() (driver.Value, error) { return id[:], nil }

// Scan reads the 16 bytes from the database.
func (id *ID) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != 16 {
		return fmt.Errorf("an id is 16 bytes, not %T", src)
	}
	copy(id[:], b)
	return nil
}
