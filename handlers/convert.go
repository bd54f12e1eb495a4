package handlers

import (
	"time"

	"github.com/oapi-codegen/runtime/types"
)

// deref returns the value of an optional string, "" when it is absent.
func deref[T ~string](v *T) string {
	if v == nil {
		return ""
	}
	return string(*v)
}

// optional returns nil for "", which leaves the field out of the answer.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// optionalTime returns nil for the zero time.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// toAPIDate is an optional day.
func toAPIDate(t *time.Time) *types.Date {
	if t == nil {
		return nil
	}
	return &types.Date{Time: *t}
}

// nonNil makes nil an empty list, which is [] and not null in JSON.
func nonNil(v []string) []string {
	if v == nil {
		return []string{}
	}
	return v
}
