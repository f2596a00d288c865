package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"lucca-exchange/internal/audit"
)

// How long a session lasts: without a request, and at most.
const (
	idle     = 30 * time.Minute
	lifetime = 12 * time.Hour
	// touch is how much later a session is seen before that is written.
	touch = time.Minute
	// ahead is how far two clocks of the same company may be apart.
	ahead = time.Minute
)

// Cookies. A browser takes a name with __Host- only over https, for the whole host, and from
// nobody else, so that no neighbour of the same domain can set it.
const (
	secureCookie = "__Host-lucca-exchange"
	plainCookie  = "lucca-exchange"
)

// Session is what is kept of somebody who signed in.
type Session struct {
	// ID is the SHA-256 of the secret in the cookie, in hexadecimal.
	ID      string
	Account Account
	// Basis is a digest of the password's hash with which it began: another password ends it.
	Basis     string
	CreatedAt time.Time
	SeenAt    time.Time
}

// ended reports whether a session is over at t. One that began, or was last seen, under a clock that
// was ahead and has been set right since would last as much longer: it is over too.
func (s Session) ended(t time.Time) bool {
	return s.CreatedAt.Sub(t) > ahead || s.SeenAt.Sub(t) > ahead || t.Sub(s.SeenAt) >= idle || t.Sub(s.CreatedAt) >= lifetime
}

// ErrNotFound says that there is no such session or token.
var ErrNotFound = errors.New("not found")

// Store keeps sessions and tokens. Each act is written together with its line of the audit.
type Store interface {
	// Session returns ErrNotFound for one that is not there.
	Session(ctx context.Context, id string) (Session, error)
	// SignIn keeps a new session.
	SignIn(ctx context.Context, s Session, e audit.Entry) error
	// SeeSession moves SeenAt.
	SeeSession(ctx context.Context, id string, at time.Time) error
	// SignOut forgets a session, or with everywhere all of the same account.
	SignOut(ctx context.Context, s Session, everywhere bool, e audit.Entry) error
	// Refuse records an attempt that failed.
	Refuse(ctx context.Context, e audit.Entry) error
	// Token returns ErrNotFound for one that is not there.
	Token(ctx context.Context, id string) (Token, error)
}

// newSecret returns 256 random bits as text, and what is kept of them.
func newSecret() (text, id string) {
	var b [32]byte
	rand.Read(b[:])
	text = base64.RawURLEncoding.EncodeToString(b[:])
	return text, digest(text)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// basis is what a password session depends on.
func (u User) basis() string { return digest("password " + u.PasswordHash) }

// signIn begins a session and sets its cookie.
func (a *Authenticator) signIn(w http.ResponseWriter, r *http.Request, who Account, basis string) error {
	text, id := newSecret()
	now := time.Now()
	s := Session{ID: id, Account: who, Basis: basis, CreatedAt: now, SeenAt: now}
	entry := a.entry(r, who, audit.SignIn)
	entry.Note = string(who.Via)
	if err := a.store.SignIn(r.Context(), s, entry); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	http.SetCookie(w, a.cookie(r, "", text, int(lifetime/time.Second)))
	return nil
}

func (a *Authenticator) cookie(r *http.Request, suffix, value string, seconds int) *http.Cookie {
	name, secure := a.cookieName(r)
	//nolint:gosec // over plain http, which is served on loopback only, browsers take no Secure one
	return &http.Cookie{Name: name + suffix, Value: value, Path: "/", MaxAge: seconds, Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// cookieName is the safe one wherever a browser takes it. Plain http is served on loopback
// only.
func (a *Authenticator) cookieName(r *http.Request) (name string, secure bool) {
	if r.TLS != nil || a.config.Proxy {
		return secureCookie, true
	}
	return plainCookie, false
}

// session returns that of a request, or ErrNotFound.
func (a *Authenticator) session(r *http.Request) (Session, error) {
	name, _ := a.cookieName(r)
	c, err := r.Cookie(name)
	if err != nil || c.Value == "" {
		return Session{}, ErrNotFound
	}
	s, err := a.store.Session(r.Context(), digest(c.Value))
	if err != nil {
		return Session{}, err
	}
	now := time.Now()
	if s.ended(now) {
		return Session{}, ErrNotFound
	}
	// What the configuration says today counts, not what it said at the sign-in.
	switch s.Account.Via {
	case Password:
		u, there := a.config.Users[s.Account.Name]
		if !there || u.basis() != s.Basis {
			return Session{}, ErrNotFound
		}
		s.Account.Grants = u.grants()
	case OpenID:
		if a.provider == nil || s.Basis != a.provider.basis() {
			return Session{}, ErrNotFound
		}
	case Link:
		if s.Basis != a.boot {
			return Session{}, ErrNotFound
		}
	default:
		return Session{}, ErrNotFound
	}
	if now.Sub(s.SeenAt) >= touch {
		if err := a.store.SeeSession(r.Context(), s.ID, now); err != nil {
			return Session{}, err
		}
	}
	return s, nil
}

func (u User) grants() []Grant { return []Grant{{Role: u.Role, Flows: u.Flows}} }
