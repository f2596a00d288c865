package auth

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/loopback"
	"lucca-exchange/internal/web/pace"
)

// Config says who may sign in. Without users and provider, whoever is on this machine may
// look, and nobody may decide.
type Config struct {
	Users map[string]User
	OIDC  *Provider
	// Proxy: a declared one stands in front, and serves https.
	Proxy bool
	// PublicURL is where browsers find the console, such as https://exchange.acme.example.
	PublicURL string
}

// Closed reports whether somebody has to sign in.
func (c Config) Closed() bool { return len(c.Users) > 0 || c.OIDC != nil }

// Authenticator tells who asks.
type Authenticator struct {
	config    Config
	store     Store
	passwords *passwords
	provider  *provider
	// links are secrets that sign in, and as whom; boot is of this process.
	links map[string]Account
	boot  string

	mu sync.Mutex
	// refusals bounds the lines that strangers can write into the audit; unsaid are those
	// that were left out since the last.
	refusals *pace.Limiter[struct{}]
	unsaid   int
}

// New returns an authenticator for a configuration without faults. It asks nobody yet.
func New(c Config, store Store) (*Authenticator, error) {
	a := &Authenticator{
		config: c, store: store, passwords: newPasswords(c.Users), links: make(map[string]Account),
		refusals: pace.New[struct{}](pace.Pace{PerSecond: 0.1, Burst: 50}),
	}
	_, a.boot = newSecret()
	if c.OIDC != nil {
		var err error
		if a.provider, err = newProvider(*c.OIDC, c.PublicURL); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// ErrStranger says that somebody has to sign in.
var ErrStranger = errors.New("sign in first")

// WaitError says that there were too many wrong passwords.
type WaitError struct{ Wait time.Duration }

// Error says how long to wait.
func (e *WaitError) Error() string {
	return fmt.Sprintf("too many wrong passwords: wait %s", e.Wait.Round(time.Second))
}

// Account returns who asks: by session, token, or name and password in the request, or for
// being on this machine. It returns ErrStranger for nobody, a *WaitError for somebody who
// guesses, and what the store says.
func (a *Authenticator) Account(r *http.Request) (Account, error) {
	if who, tried, err := a.bearer(r); tried {
		return who, stranger(err)
	}
	if name, password, ok := r.BasicAuth(); ok {
		return a.password(r, name, password)
	}
	s, err := a.session(r)
	switch {
	case err == nil:
		return s.Account, nil
	case !errors.Is(err, ErrNotFound):
		return Account{}, err
	case !a.config.Closed() && !isForeign(r):
		return Account{Via: Loopback, Grants: []Grant{{Role: Viewer}}}, nil
	}
	return Account{}, ErrStranger
}

func stranger(err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrStranger
	}
	return err
}

func (a *Authenticator) password(r *http.Request, name, password string) (Account, error) {
	if len(a.config.Users) == 0 {
		return Account{}, ErrStranger
	}
	wait, ok := a.passwords.admit(pace.Sender(r, a.config.Proxy), a.deviceOf(r, name), name, password)
	switch {
	case wait > 0:
		return Account{}, &WaitError{wait}
	case !ok:
		return Account{}, ErrStranger
	}
	return Account{Name: name, Via: Password, Grants: a.config.Users[name].grants()}, nil
}

// HasUsers reports whether there are users with passwords.
func (a *Authenticator) HasUsers() bool { return len(a.config.Users) > 0 }

// SignIn begins a session for a user with the right password. It returns ErrStranger for a
// wrong one, or a *WaitError.
func (a *Authenticator) SignIn(w http.ResponseWriter, r *http.Request, name, password string) (Account, error) {
	who, err := a.password(r, name, password)
	if err != nil {
		return Account{}, errors.Join(err, a.refuse(r, Account{}, "password"))
	}
	if err := a.signIn(w, r, who, a.config.Users[name].basis()); err != nil {
		return Account{}, err
	}
	a.rememberDevice(w, r, name)
	return who, nil
}

// NewLink returns a secret which signs in as who, as often as it is used, while this process
// lives. It is for the demo, whose people are made up.
func (a *Authenticator) NewLink(who Account) string {
	text, id := newSecret()
	who.Via = Link
	a.links[id] = who
	return text
}

// Follow begins a session for the secret of a link.
func (a *Authenticator) Follow(w http.ResponseWriter, r *http.Request, text string) error {
	who, ok := a.links[digest(text)]
	if !ok {
		return errors.Join(ErrStranger, a.refuse(r, Account{}, "link"))
	}
	return a.signIn(w, r, who, a.boot)
}

// SignOut ends the session of a request, or all of its account.
func (a *Authenticator) SignOut(w http.ResponseWriter, r *http.Request, everywhere bool) error {
	http.SetCookie(w, a.cookie(r, "", "", -1))
	s, err := a.session(r)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	entry := a.entry(r, s.Account, audit.SignOut)
	if everywhere {
		entry.Note = "everywhere"
	}
	return a.store.SignOut(r.Context(), s, everywhere, entry)
}

// From is where a request comes from, as the audit has it: an address, not a port.
func (a *Authenticator) From(r *http.Request) string {
	from := pace.Sender(r, a.config.Proxy)
	if from.IsSingleIP() || !from.IsValid() {
		return from.Addr().String()
	}
	return from.String()
}

// Near reports whether a request comes from this machine, and from no web page.
func (a *Authenticator) Near(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && loopback.Is(at.Addr().String()) && !a.config.Proxy && !isForeign(r)
}

// isForeign tells whether a request on loopback comes from elsewhere: through a proxy that
// nobody declared, or from a web page whose name was made to resolve to this machine.
func isForeign(r *http.Request) bool {
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"} {
		if r.Header.Get(header) != "" {
			return true
		}
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return !loopback.Is(host)
}
