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
	"counsel/gen/query"
)

// Registration of a new account.
type Registration struct {
	Email, Password, FullName string
	Locale                    string // of the mail that welcomes them, as a browser gives it
}

// What an account may hold, in characters.
const (
	minPassword = 8
	maxPassword = 128
	maxName     = 200
)

// Register makes an account with the role client, and sends a mail whose link confirms the
// address. It fails with domain.Invalid naming the field, or with domain.Conflict when the
// address has an account.
func (s *Service) Register(ctx context.Context, r Registration) (User, error) {
	return s.create(ctx, r, domain.RoleClient, s.canMail())
}

func (s *Service) create(ctx context.Context, r Registration, role domain.Role, welcome bool) (User, error) {
	u := User{Email: normalEmail(r.Email), FullName: strings.TrimSpace(norm.NFC.String(r.FullName)), Role: role}
	if err := check(u, r.Password); err != nil {
		return User{}, err
	}
	// The unique key decides; asking first spares a hash.
	if _, err := s.rows.GetUserByEmail(ctx, u.Email); err == nil {
		return User{}, taken(nil)
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
			return s.post(ctx, tx, s.newID(), Mail{Kind: MailWelcome, To: u, Locale: r.Locale})
		})
	} else {
		err = db.Error(s.rows.CreateUser(ctx, row))
	}
	if domain.CodeOf(err) == domain.Conflict {
		return User{}, taken(err)
	}
	if err != nil {
		return User{}, err
	}
	if welcome {
		s.mail.Wake()
	}
	return u, nil
}

func taken(cause error) *domain.Error {
	return &domain.Error{Code: domain.Conflict, Message: "An account with this e-mail address exists.", Err: cause}
}

func check(u User, password string) error {
	e := &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted."}
	refuse := func(pointer, detail string) {
		e.Fields = append(e.Fields, domain.Field{Pointer: pointer, Detail: detail})
	}
	if _, err := domain.ParseEmail(u.Email); err != nil {
		refuse("/email", err.Error())
	}
	if fault := passwordFault(password, u); fault != "" {
		refuse("/password", fault)
	}
	switch n := utf8.RuneCountInString(u.FullName); {
	case n == 0 || n > maxName:
		refuse("/fullName", "must have 1 to 200 characters")
	case !utf8.ValidString(u.FullName) || strings.ContainsFunc(u.FullName, unicode.IsControl):
		refuse("/fullName", "must not hold control characters")
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// Address is the spelling in which accounts have an address; ok is false for what is none.
func Address(s string) (address string, ok bool) {
	a, err := domain.ParseEmail(strings.TrimSpace(s))
	if err != nil {
		return "", false
	}
	return normalEmail(a.String()), true
}

// normalEmail is the one spelling by which an account has its address: as people read it, in lower case.
func normalEmail(s string) string {
	return strings.ToLower(domain.EmailForPeople(strings.TrimSpace(s)))
}

// EnsureAdmin makes the first admin at start. An address without an account gets one, with
// the role admin. An account that exists is left as it is, its password and role too: nobody
// is promoted by a setting. When it is no active admin and there is no other, that is a
// domain.Conflict. Servers may call it at the same time and at every start.
func (s *Service) EnsureAdmin(ctx context.Context, email, password string) error {
	_, err := s.create(ctx, Registration{Email: email, Password: password, FullName: "Administrator"}, domain.RoleAdmin, false)
	if domain.CodeOf(err) != domain.Conflict {
		return err
	}
	n, err := s.rows.CountActiveAdmins(ctx)
	if err != nil {
		return db.Error(err)
	}
	if n == 0 {
		return domain.Errorf(domain.Conflict, "the admin's address belongs to an account that is not an active admin, and there is no other admin")
	}
	return nil
}

// ByEmail returns the account with this address; domain.NotFound when there is none.
func (s *Service) ByEmail(ctx context.Context, email string) (User, error) {
	row, err := s.rows.GetUserByEmail(ctx, normalEmail(email))
	if err != nil {
		return User{}, db.Error(err)
	}
	return userOf(row), nil
}

// UserFilter narrows a list of accounts.
type UserFilter struct {
	Role   *domain.Role
	Limit  int        // 1 to 100; 0: 20
	Before *domain.ID // only accounts older than this one
}

// Users lists accounts, the newest first. next is the Before of the following page, nil at
// the end.
func (s *Service) Users(ctx context.Context, f UserFilter) (users []User, next *domain.ID, err error) {
	limit := f.Limit
	if limit == 0 {
		limit = 20
	}
	limit = min(max(limit, 1), 100)
	before := domain.Before(f.Before)
	var rows []query.ListUsersRow
	if f.Role == nil {
		rows, err = s.rows.ListUsers(ctx, query.ListUsersParams{Before: before, Limit: int32(limit + 1)})
	} else {
		var byRole []query.ListUsersByRoleRow
		byRole, err = s.rows.ListUsersByRole(ctx, query.ListUsersByRoleParams{Role: string(*f.Role), Before: before, Limit: int32(limit + 1)})
		for _, r := range byRole {
			rows = append(rows, query.ListUsersRow(r))
		}
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = &rows[limit-1].ID
	}
	users = make([]User, len(rows))
	for i, r := range rows {
		users[i] = User{ID: r.ID, Email: r.Email, FullName: r.FullName, Role: domain.Role(r.Role), Disabled: r.DisabledAt.Valid, EmailVerified: r.EmailVerifiedAt.Valid, CreatedAt: r.CreatedAt}
	}
	return users, next, nil
}

// ByID returns the accounts there are among ids.
func (s *Service) ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]User, error) {
	users := make(map[domain.ID]User, len(ids))
	if len(ids) == 0 {
		return users, nil
	}
	rows, err := s.rows.ListUsersByID(ctx, ids)
	if err != nil {
		return nil, db.Error(err)
	}
	for _, r := range rows {
		users[r.ID] = User{ID: r.ID, Email: r.Email, FullName: r.FullName, Role: domain.Role(r.Role), Disabled: r.DisabledAt.Valid, EmailVerified: r.EmailVerifiedAt.Valid, CreatedAt: r.CreatedAt}
	}
	return users, nil
}

// UserChange is what an admin may change; nil leaves a thing as it is.
type UserChange struct {
	Role     *domain.Role
	Disabled *bool
}

// UpdateUser changes an account. A change of role, and disabling, end its sessions at once,
// also while Redis is down: then its tokens are refused from now on, and its sessions end in
// Redis before they are believed again. It fails with domain.Forbidden unless p is an admin,
// domain.NotFound, domain.Invalid for an unknown role, and domain.Conflict when no admin who
// can sign in would be left.
func (s *Service) UpdateUser(ctx context.Context, p domain.Principal, id domain.ID, c UserChange) (User, error) {
	if !p.Admin() {
		return User{}, domain.Errorf(domain.Forbidden, "Only an admin may change accounts.")
	}
	if c.Role != nil && !c.Role.Valid() {
		return User{}, domain.InvalidField("/role", "is not a role")
	}
	now := s.clock()
	var u query.User
	var ends bool
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)

		// Always in this order, so that two such changes wait instead of deadlocking.
		admins, err := q.LockActiveAdmins(ctx)
		if err != nil {
			return err
		}
		if u, err = q.LockUser(ctx, id); err != nil {
			return err
		}
		was := u
		if c.Role != nil {
			u.Role = string(*c.Role)
		}
		if c.Disabled != nil && *c.Disabled != u.DisabledAt.Valid {
			u.DisabledAt = sql.NullTime{Time: now, Valid: *c.Disabled}
		}
		if u == was {
			ends = false
			return nil
		}
		active := func(x query.User) bool { return domain.Role(x.Role) == domain.RoleAdmin && !x.DisabledAt.Valid }
		if active(was) && !active(u) && len(admins) < 2 {
			return domain.Errorf(domain.Conflict, "This is the last admin who can sign in.")
		}
		if ends = u.Role != was.Role || u.DisabledAt.Valid && !was.DisabledAt.Valid; ends {
			u.SessionEpoch++
			u.SessionsStale = true
		}
		u.UpdatedAt = now
		return q.UpdateUser(ctx, query.UpdateUserParams{
			ID: id, Role: u.Role, DisabledAt: u.DisabledAt, SessionEpoch: u.SessionEpoch, SessionsStale: u.SessionsStale, UpdatedAt: now,
		})
	})
	if err != nil {
		return User{}, err
	}
	if ends {
		s.endSessionsBelow(ctx, id, u.SessionEpoch)
	}
	return userOf(u), nil
}

// Erase takes the name and the address off an account for good, bars it from signing in and
// ends its sessions, as UpdateUser does. What other subjects hold about the person is for also,
// in the same transaction; it may be run again after a deadlock. Errors: NotFound, Conflict for
// the last admin who can sign in, and those of also, after which nothing was erased.
func (s *Service) Erase(ctx context.Context, id domain.ID, also func(db.Tx, User) error) error {
	var secret [24]byte
	if _, err := io.ReadFull(s.random, secret[:]); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, base64.RawStdEncoding.EncodeToString(secret[:])) // of what nobody knows
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
		if err := also(tx, userOf(u)); err != nil {
			return err
		}
		epoch = u.SessionEpoch + 1
		if err := q.ForgetAccountLinks(ctx, id); err != nil {
			return err
		}
		return q.EraseUser(ctx, query.EraseUserParams{ID: id, Email: "erased-" + id.String() + "@erased.invalid", FullName: "Erased", PasswordHash: hash,
			DisabledAt: sql.NullTime{Time: now, Valid: true}, SessionEpoch: epoch, UpdatedAt: now})
	})
	if err != nil {
		return err
	}
	s.endSessionsBelow(ctx, id, epoch)
	return nil
}
