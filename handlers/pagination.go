package handlers

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"

	"counsel/domain"
	"counsel/domain/templates"
	"counsel/gen/api"
)

// defaultLimit is the contract's default of `limit`, the page size.
const defaultLimit = 20

func limit(l *api.Limit) int {
	if l == nil {
		return defaultLimit
	}
	return int(*l)
}

// A cursor is the position after which the next page begins, in base64. It is an id in most lists;
// the functions below it serve the lists that are ordered by something else.

func encodeCursor(next *domain.ID) *api.NextCursor {
	if next == nil {
		return nil
	}
	return encodeCursorBytes(next[:])
}

func decodeCursor(c *api.Cursor) (*domain.ID, error) {
	raw, err := decodeCursorBytes(c)
	if err != nil || raw == nil {
		return nil, err
	}
	if len(raw) != len(domain.ID{}) {
		return nil, invalidCursor()
	}
	id := domain.ID(raw)
	return &id, nil
}

// encodeSequenceCursor is for the timeline, ordered by sequence number.
func encodeSequenceCursor(next uint64) *api.NextCursor {
	if next == 0 {
		return nil
	}
	return encodeCursorBytes(binary.BigEndian.AppendUint64(nil, next))
}

// decodeSequenceCursor returns 0 for the first page.
func decodeSequenceCursor(c *api.Cursor) (uint64, error) {
	raw, err := decodeCursorBytes(c)
	if err != nil || raw == nil {
		return 0, err
	}
	var sequence uint64
	if len(raw) == 8 {
		sequence = binary.BigEndian.Uint64(raw)
	}
	if sequence == 0 || sequence > 1<<62 {
		return 0, invalidCursor()
	}
	return sequence, nil
}

// encodeVersionCursor is for the versions of a draft.
func encodeVersionCursor(next int) *api.NextCursor {
	if next <= 0 {
		return nil
	}
	return encodeCursorBytes([]byte(strconv.Itoa(next)))
}

// decodeVersionCursor returns 0 for the first page.
func decodeVersionCursor(c *api.Cursor) (int, error) {
	raw, err := decodeCursorBytes(c)
	if err != nil || raw == nil {
		return 0, err
	}
	version, err := strconv.Atoi(string(raw))
	if err != nil || version < 1 {
		return 0, invalidCursor()
	}
	return version, nil
}

// decodeTemplateCursor returns "" for the first page; templates are ordered by id.
func decodeTemplateCursor(c *api.Cursor) (string, error) {
	raw, err := decodeCursorBytes(c)
	if err == nil && raw != nil && !templates.IsID(string(raw)) {
		return "", invalidCursor()
	}
	return string(raw), err
}

// encodeCursorBytes returns nil on the last page.
func encodeCursorBytes(next []byte) *api.NextCursor {
	return optional(base64.RawURLEncoding.EncodeToString(next))
}

// decodeCursorBytes returns nil for the first page: without a cursor, and with an empty one.
func decodeCursorBytes(c *api.Cursor) ([]byte, error) {
	if c == nil || *c == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*c)
	if err != nil {
		return nil, invalidCursor()
	}
	return raw, nil
}

func invalidCursor() error {
	return domain.InvalidParameter("cursor", "is not a cursor of this list")
}
