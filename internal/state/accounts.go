package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/web/auth"
)

// Accounts keeps who is signed in to the console, and the tokens of programs.
type Accounts struct{ store *Store }

// Accounts returns the sessions and tokens.
func (l *Store) Accounts() Accounts { return Accounts{l} }

var _ auth.Store = Accounts{}

// Session returns a session by its id, ended or not. It returns auth.ErrNotFound for one that
// is not there.
func (a Accounts) Session(ctx context.Context, id string) (s auth.Session, err error) {
	s, ok, err := maybe(ctx, a.store.handle, "read session", scanSession, `SELECT id, name, via, grants, basis, created_at, seen_at FROM sessions WHERE id = $1`, id)
	if err == nil && !ok {
		err = auth.ErrNotFound
	}
	return s, err
}

func scanSession(row scanner) (s auth.Session, err error) {
	var grants string
	var created, seen int64
	if err := row.Scan(&s.ID, &s.Account.Name, &s.Account.Via, &grants, &s.Basis, &created, &seen); err != nil {
		return auth.Session{}, err
	}
	s.CreatedAt, s.SeenAt = time.UnixMicro(created).UTC(), time.UnixMicro(seen).UTC()
	return s, decode(grants, &s.Account.Grants, "session")
}

func decode(text string, into any, what string) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("%s: %w", what, ErrDamaged)
	}
	return nil
}

// SignIn keeps a new session, and forgets those that have ended long ago.
func (a Accounts) SignIn(ctx context.Context, s auth.Session, e audit.Entry) error {
	const longAgo = 24 * time.Hour
	grants, err := json.Marshal(s.Account.Grants)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	return a.store.write(ctx, "sign in", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE created_at < $1`, s.CreatedAt.Add(-longAgo).UnixMicro()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO sessions (id, name, via, grants, basis, created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			s.ID, s.Account.Name, s.Account.Via, string(grants), s.Basis, s.CreatedAt.UnixMicro(), s.SeenAt.UnixMicro())
		if err != nil {
			return err
		}
		return record(ctx, tx, e)
	})
}

// SeeSession moves the instant at which a session was last seen.
func (a Accounts) SeeSession(ctx context.Context, id string, at time.Time) error {
	return exec(ctx, a.store.handle, "see session", `UPDATE sessions SET seen_at = $2 WHERE id = $1`, id, at.UnixMicro())
}

// SignOut forgets a session, or with everywhere all of the same account.
func (a Accounts) SignOut(ctx context.Context, s auth.Session, everywhere bool, e audit.Entry) error {
	return a.store.write(ctx, "sign out", func(ctx context.Context, tx *sql.Tx) error {
		query, args := `DELETE FROM sessions WHERE id = $1`, []any{s.ID}
		if everywhere {
			query, args = `DELETE FROM sessions WHERE via = $1 AND name = $2`, []any{s.Account.Via, s.Account.Name}
		}
		_, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		return record(ctx, tx, e)
	})
}

// Refuse records an attempt to sign in that failed.
func (a Accounts) Refuse(ctx context.Context, e audit.Entry) error {
	return a.store.Audit().Append(ctx, e)
}

// Token returns a token by its id, expired or not. It returns auth.ErrNotFound for one that
// is not there.
func (a Accounts) Token(ctx context.Context, id string) (t auth.Token, err error) {
	t, ok, err := maybe(ctx, a.store.handle, "read token", scanToken, selectGrants+` WHERE id = $1`, id)
	if err == nil && !ok {
		err = auth.ErrNotFound
	}
	return t, err
}

const selectGrants = `SELECT id, name, scope, expires_at FROM tokens`

func scanToken(row scanner) (t auth.Token, err error) {
	var scope string
	var expires int64
	if err := row.Scan(&t.ID, &t.Name, &scope, &expires); err != nil {
		return auth.Token{}, err
	}
	t.Expires = time.UnixMicro(expires).UTC()
	var kept keptScope
	err = decode(scope, &kept, "token")
	t.Grant, t.Maker = kept.Grant, kept.Maker
	return t, err
}

// keptScope is what a token may, and who made it.
type keptScope struct {
	auth.Grant
	Maker string `json:"maker,omitempty"`
}

// Tokens returns all tokens, by name.
func (a Accounts) Tokens(ctx context.Context) ([]auth.Token, error) {
	return list(ctx, a.store.handle, "list tokens", scanToken, selectGrants+` ORDER BY name`)
}

// CreateToken keeps a new token. It returns ErrBusy when there is one of that name.
func (a Accounts) CreateToken(ctx context.Context, t auth.Token, e audit.Entry) error {
	scope, err := json.Marshal(keptScope{t.Grant, t.Maker})
	if err != nil {
		return fmt.Errorf("create token: %w", err)
	}
	return a.store.write(ctx, "create token", func(ctx context.Context, tx *sql.Tx) error {
		n, err := affected(tx.ExecContext(ctx, `INSERT INTO tokens (name, id, scope, expires_at, created_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (name) DO NOTHING`, t.Name, t.ID, string(scope), t.Expires.UnixMicro(), e.At.UnixMicro()))
		switch {
		case err != nil:
			return err
		case n == 0:
			return fmt.Errorf("token %q: %w", t.Name, ErrBusy)
		}
		return record(ctx, tx, e)
	})
}

// RevokeToken forgets a token. It returns ErrNotFound when there is none of that name.
func (a Accounts) RevokeToken(ctx context.Context, name string, e audit.Entry) error {
	return a.store.write(ctx, "revoke token", func(ctx context.Context, tx *sql.Tx) error {
		n, err := affected(tx.ExecContext(ctx, `DELETE FROM tokens WHERE name = $1`, name))
		if err := noneNotFound(n, err, "token", name); err != nil {
			return err
		}
		return record(ctx, tx, e)
	})
}
