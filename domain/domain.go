// Package domain holds what all subjects of the service share: the caller, errors, events, ids and
// the clock. Each subject is a package below it. None of them knows HTTP.
package domain

import (
	"context"
	"slices"
)

// Role is what an account may do in general. Inside a case the membership restricts it further.
type Role string

// The roles of accounts, as in the contract's x-roles.
const (
	RoleClient Role = "client"
	RoleLawyer Role = "lawyer"
	RoleAdmin  Role = "admin"
)

// Roles lists the roles that an account can have.
var Roles = []Role{RoleClient, RoleLawyer, RoleAdmin}

// Valid reports whether an account can have the role.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// Staff reports whether the role belongs to the firm: a lawyer or an admin.
func (r Role) Staff() bool { return r == RoleLawyer || r == RoleAdmin }

// roleSystem is the role of the service itself. No account has it and no token carries it.
const roleSystem Role = "system"

// Principal is the authenticated caller of an operation.
type Principal struct {
	UserID    ID
	Role      Role
	SessionID ID
	KeyID     ID // the API key that acts for the user; zero: none
}

// System is the service acting on its own on what belongs to the user, such as a job that seals
// what the user sent. It may do what an admin may.
func System(user ID) Principal { return Principal{UserID: user, Role: roleSystem} }

// TestMode reports whether the caller is a test account: the program of a partner that tries the API.
func (p Principal) TestMode() bool { return p.UserID.IsTest() }

// Admin reports whether the caller may act for other people: an admin, or the service itself.
func (p Principal) Admin() bool { return p.Role == RoleAdmin || p.Role == roleSystem }

// MayAccess reports whether the caller may see and change what an owner has outside of cases: the owner
// and admins may, but what a test account has is its own only.
func (p Principal) MayAccess(owner ID) bool {
	return p.UserID == owner || p.Admin() && p.TestMode() == owner.IsTest()
}

// Staff reports whether the caller works for the firm: a lawyer, an admin, or the service itself.
func (p Principal) Staff() bool { return p.Role.Staff() || p.Role == roleSystem }

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
