package account

import (
	"context"
	"database/sql"
	"encoding/base64"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/account"
)

// Registration is the data of a new account.
type Registration struct {
	Email, Password, FullName string
	Locale                    string // language of the welcome mail: an Accept-Language value
}

// Lengths in characters.
const (
	minPassword = 8
	maxPassword = 128
	maxName     = 200
)

// Register creates an account with the role client and sends a welcome mail with a verification link. It
// fails with domain.Invalid, naming the fields, or with domain.Conflict if the address has an account.
func (s *Service) Register(ctx context.Context, r Registration) (User, error) {
	return s.createUser(ctx, r, domain.RoleClient, s.canSendMail())
}

func (s *Service) createUser(ctx context.Context, r Registration, role domain.Role, welcome bool) (User, error) {
	u := User{Email: normalizeEmail(r.Email), FullName: strings.TrimSpace(norm.NFC.String(r.FullName)), Role: role}
	if err := validate(u, r.Password); err != nil {
		return User{}, err
	}
	// The unique key decides. Checking first saves a hash.
	if _, err := s.queries.GetUserByEmail(ctx, u.Email); err == nil {
		return User{}, emailTaken(nil)
	} else if err = db.Error(err); domain.CodeOf(err) != domain.NotFound {
		return User{}, err
	}
	hash, err := s.hasher.hash(ctx, r.Password)
	if err != nil {
		return User{}, err
	}
	u.ID, u.CreatedAt = s.newID(), s.clock()
	row := query.CreateUserParams{
		ID: u.ID, Email: u.Email, FullName: u.FullName, Role: string(role), PasswordHash: hash, CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt,
	}
	if welcome {
		err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
			if err := query.New(tx).CreateUser(ctx, row); err != nil {
				return err
			}
			return s.enqueueMail(ctx, tx, s.newID(), Mail{Kind: MailWelcome, To: u, Locale: r.Locale})
		})
	} else {
		err = db.Error(s.queries.CreateUser(ctx, row))
	}
	if domain.CodeOf(err) == domain.Conflict {
		return User{}, emailTaken(err)
	}
	if err != nil {
		return User{}, err
	}
	if welcome {
		s.mailer.Wake()
	}
	return u, nil
}

func emailTaken(cause error) *domain.Error {
	return &domain.Error{Code: domain.Conflict, Message: "An account with this e-mail address already exists.", Err: cause}
}

func validate(u User, password string) error {
	e := &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted."}
	addField := func(pointer, detail string) {
		e.Fields = append(e.Fields, domain.Field{Pointer: pointer, Detail: detail})
	}
	if _, err := domain.ParseEmail(u.Email); err != nil {
		addField("/email", err.Error())
	}
	if problem := passwordProblem(password, u); problem != "" {
		addField("/password", problem)
	}
	switch n := utf8.RuneCountInString(u.FullName); {
	case n == 0 || n > maxName:
		addField("/fullName", "must have 1 to 200 characters")
	case !utf8.ValidString(u.FullName) || strings.ContainsFunc(u.FullName, unicode.IsControl):
		addField("/fullName", "must not contain control characters")
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// ParseAddress parses and normalizes an e-mail address as accounts store it. ok is false if it is invalid.
func ParseAddress(s string) (address string, ok bool) {
	a, err := domain.ParseEmail(strings.TrimSpace(s))
	if err != nil {
		return "", false
	}
	return normalizeEmail(a.String()), true
}

// normalizeEmail returns the canonical form of an address: Unicode domain, lower case.
func normalizeEmail(s string) string {
	return strings.ToLower(domain.EmailUnicode(strings.TrimSpace(s)))
}

// EnsureAdmin creates the first admin at startup. If the address has no account, it creates one with the
// role admin. An existing account is not changed: a setting never promotes a user. If that account is not
// an active admin and there is no other, it fails with domain.Conflict. Servers may call it at every
// start, also concurrently.
func (s *Service) EnsureAdmin(ctx context.Context, email, password string) error {
	_, err := s.createUser(ctx, Registration{Email: email, Password: password, FullName: "Administrator"}, domain.RoleAdmin, false)
	if domain.CodeOf(err) != domain.Conflict {
		return err
	}
	n, err := s.queries.CountActiveAdmins(ctx)
	if err != nil {
		return db.Error(err)
	}
	if n == 0 {
		return domain.Errorf(domain.Conflict, "the admin address belongs to an account that is not an active admin, and there is no other admin")
	}
	return nil
}

// ByEmail returns the account with an address. It fails with domain.NotFound.
func (s *Service) ByEmail(ctx context.Context, email string) (User, error) {
	row, err := s.queries.GetUserByEmail(ctx, normalizeEmail(email))
	if err != nil {
		return User{}, db.Error(err)
	}
	return toUser(row), nil
}

// UserFilter filters a list of accounts.
type UserFilter struct {
	Role   *domain.Role
	Limit  int        // 1 to 100; 0: 20
	Cursor *domain.ID // page cursor: only older accounts than this
}

// Users lists accounts, newest first. next is the cursor of the next page, nil at the end.
func (s *Service) Users(ctx context.Context, f UserFilter) (users []User, next *domain.ID, err error) {
	limit := f.Limit
	if limit == 0 {
		limit = 20
	}
	limit = min(max(limit, 1), 100)
	cursor := domain.CursorOrMax(f.Cursor)
	var rows []query.ListUsersRow
	if f.Role == nil {
		rows, err = s.queries.ListUsers(ctx, query.ListUsersParams{Cursor: cursor, Limit: int32(limit + 1)})
	} else {
		var byRole []query.ListUsersByRoleRow
		byRole, err = s.queries.ListUsersByRole(ctx, query.ListUsersByRoleParams{Role: string(*f.Role), Cursor: cursor, Limit: int32(limit + 1)})
		for _, r := range byRole {
			rows = append(rows, query.ListUsersRow(r))
		}
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = domain.Page(rows, limit, func(r query.ListUsersRow) domain.ID { return r.ID })
	users = make([]User, len(rows))
	for i, r := range rows {
		users[i] = User{ID: r.ID, Email: r.Email, FullName: r.FullName, Role: domain.Role(r.Role), Disabled: r.DisabledAt.Valid, EmailVerified: r.EmailVerifiedAt.Valid, CreatedAt: r.CreatedAt}
	}
	return users, next, nil
}

// ByID returns accounts by id. Unknown ids are missing from the map.
func (s *Service) ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]User, error) {
	users := make(map[domain.ID]User, len(ids))
	if len(ids) == 0 {
		return users, nil
	}
	rows, err := s.queries.ListUsersByID(ctx, ids)
	if err != nil {
		return nil, db.Error(err)
	}
	for _, r := range rows {
		users[r.ID] = User{ID: r.ID, Email: r.Email, FullName: r.FullName, Role: domain.Role(r.Role), Disabled: r.DisabledAt.Valid, EmailVerified: r.EmailVerifiedAt.Valid, CreatedAt: r.CreatedAt}
	}
	return users, nil
}

// UserChange is a change of an account by an admin. Nil fields stay unchanged.
type UserChange struct {
	Role     *domain.Role
	Disabled *bool
}

// UpdateUser changes an account. A change of role and disabling revoke its sessions immediately, even
// while Redis is down: its tokens are then rejected at once, and its sessions are revoked before Redis is
// trusted again. It fails with domain.Forbidden unless the caller is an admin, with domain.NotFound, with
// domain.Invalid for an unknown role, and with domain.Conflict if no active admin would remain.
func (s *Service) UpdateUser(ctx context.Context, caller domain.Principal, id domain.ID, c UserChange) (User, error) {
	if !caller.Admin() {
		return User{}, domain.Errorf(domain.Forbidden, "Only an admin may change accounts.")
	}
	if c.Role != nil && !c.Role.Valid() {
		return User{}, domain.InvalidField("/role", "is not a role")
	}
	if id.IsTest() { // it follows its owner
		return User{}, domain.NoSuch("account")
	}
	now := s.clock()
	var u query.User
	var revoke bool
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)
		// Lock in this order everywhere to avoid deadlocks.
		admins, err := q.LockActiveAdmins(ctx)
		if err != nil {
			return err
		}
		if u, err = q.LockUser(ctx, id); err != nil {
			return err
		}
		previous := u
		if c.Role != nil {
			u.Role = string(*c.Role)
		}
		if c.Disabled != nil && *c.Disabled != u.DisabledAt.Valid {
			u.DisabledAt = sql.NullTime{Time: now, Valid: *c.Disabled}
		}
		if u == previous {
			revoke = false
			return nil
		}
		isActiveAdmin := func(x query.User) bool { return domain.Role(x.Role) == domain.RoleAdmin && !x.DisabledAt.Valid }
		if isActiveAdmin(previous) && !isActiveAdmin(u) && len(admins) < 2 {
			return domain.Errorf(domain.Conflict, "This is the last admin who can sign in.")
		}
		if revoke = u.Role != previous.Role || u.DisabledAt.Valid && !previous.DisabledAt.Valid; revoke {
			u.SessionEpoch++
			u.SessionsStale = true
		}
		u.UpdatedAt = now
		err = q.UpdateUser(ctx, query.UpdateUserParams{
			ID: id, Role: u.Role, DisabledAt: u.DisabledAt, SessionEpoch: u.SessionEpoch, SessionsStale: u.SessionsStale, UpdatedAt: now,
		})
		if err != nil {
			return err
		}
		return q.UpdateTestAccount(ctx, query.UpdateTestAccountParams{Role: string(TestRole(domain.Role(u.Role))), DisabledAt: u.DisabledAt, UpdatedAt: now, TestOf: &id})
	})
	if err != nil {
		return User{}, err
	}
	if revoke {
		s.revokeOrMarkOutage(ctx, id, u.SessionEpoch)
	}
	return toUser(u), nil
}

// Erase permanently removes the name and address of an account, disables it and revokes its sessions.
// eraseRelated erases what other packages store about the person, in the same transaction; it may run
// again after a deadlock. It fails with domain.NotFound, with domain.Conflict for the last active admin,
// and with the errors of eraseRelated, in which case nothing is erased.
func (s *Service) Erase(ctx context.Context, id domain.ID, eraseRelated func(db.Tx, User) error) error {
	var secret [24]byte
	if _, err := io.ReadFull(s.random, secret[:]); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, base64.RawStdEncoding.EncodeToString(secret[:])) // of an unknown password
	if err != nil {
		return err
	}
	now := s.clock()
	var epoch uint32
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)
		admins, err := q.LockActiveAdmins(ctx)
		if err != nil {
			return err
		}
		u, err := q.LockUser(ctx, id)
		if err != nil {
			return err
		}
		if domain.Role(u.Role) == domain.RoleAdmin && !u.DisabledAt.Valid && len(admins) < 2 {
			return domain.Errorf(domain.Conflict, "This is the last admin who can sign in.")
		}
		if err := eraseRelated(tx, toUser(u)); err != nil {
			return err
		}
		epoch = u.SessionEpoch + 1
		if err := q.DeleteAccountLinksByUser(ctx, id); err != nil {
			return err
		}
		err = q.UpdateTestAccountErased(ctx, query.UpdateTestAccountErasedParams{FullName: "Erased", DisabledAt: sql.NullTime{Time: now, Valid: true}, UpdatedAt: now, TestOf: &id})
		if err != nil {
			return err
		}
		return q.UpdateUserErased(ctx, query.UpdateUserErasedParams{ID: id, Email: "erased-" + id.String() + "@erased.invalid", FullName: "Erased", PasswordHash: hash,
			DisabledAt: sql.NullTime{Time: now, Valid: true}, SessionEpoch: epoch, UpdatedAt: now})
	})
	if err != nil {
		return err
	}
	s.revokeOrMarkOutage(ctx, id, epoch)
	return nil
}
