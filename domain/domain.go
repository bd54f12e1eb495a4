// Package domain holds what every subject of the service shares: who is calling,
// how a failure is said, ids and the clock. The subjects themselves live in the
// packages below it, one each. Nothing here or below knows HTTP.
package domain

import (
	"context"
	"time"
)

// Role is what an account may do in general; membership of a case narrows it.
type Role string

// The roles of the contract's x-roles.
const (
	RoleClient Role = "client"
	RoleLawyer Role = "lawyer"
	RoleAdmin  Role = "admin"
)

// Principal is the caller of an operation, as authentication established it.
type Principal struct {
	UserID    ID
	Role      Role
	SessionID ID
}

// Admin reports whether the caller may act for other people.
func (p Principal) Admin() bool { return p.Role == RoleAdmin }

type principalKey struct{}

// WithPrincipal returns ctx carrying the caller.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom returns the caller; ok is false for an anonymous request.
func PrincipalFrom(ctx context.Context) (p Principal, ok bool) {
	p, ok = ctx.Value(principalKey{}).(Principal)
	return p, ok
}

// Clock tells the time. Domain code never calls time.Now itself.
type Clock func() time.Time

// SystemClock is the real clock, in UTC with the microseconds MySQL keeps.
func SystemClock() time.Time {
	return time.Now().UTC().Truncate(time.Microsecond) //nolint:forbidigo // this is the clock that is handed in
}
