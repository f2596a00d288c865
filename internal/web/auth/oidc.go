package auth

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"lucca-exchange/internal/fault"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Bounds on a sign-in with the provider.
const (
	providerBudget = 15 * time.Second
	// handshake is how long somebody may take to sign in there.
	handshake = 10 * time.Minute
	// Callback is where the provider sends browsers back to, under PublicURL.
	Callback = "/signin/oidc/callback"

	secureHandshake = "__Host-lucca-exchange-oidc"
	plainHandshake  = "lucca-exchange-oidc"
)

// ErrNoRole says that the provider vouches for somebody who has no role here.
var ErrNoRole = errors.New("the provider knows you, but none of your groups has a role here: ask whoever runs this program")

// ErrHandshake says that a sign-in with the provider was not one that began here.
var ErrHandshake = errors.New("the sign-in did not begin in this browser, or took too long: begin again")

// ErrProvider says that the provider does not work as it should.
var ErrProvider = errors.New("the OpenID provider does not answer as it should")

// provider is the OpenID Connect code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636).
type provider struct {
	config   Provider
	secret   string
	redirect string
	client   *http.Client

	mu    sync.Mutex
	found *oidc.Provider
}

func newProvider(c Provider, publicURL string) (*provider, error) {
	value, err := c.ClientSecret.Resolve()
	if err != nil {
		return nil, fmt.Errorf("web.oidc.client_secret: %w", err)
	}
	return &provider{
		config: c, secret: value.Reveal(), redirect: strings.TrimSuffix(publicURL, "/") + Callback,
		client: &http.Client{Timeout: providerBudget},
	}, nil
}

// basis ends sessions when what a person is let in by has changed.
func (p *provider) basis() string {
	rules, err := json.Marshal([]any{p.config.Issuer, p.config.ClientID, p.config.Groups, p.config.Flows})
	if err != nil {
		panic(err) // strings and maps of strings
	}
	return digest("oidc " + string(rules))
}

// discover reads the provider's configuration, once it answers.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// The keys are fetched later with this context: it must not end with the request.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.config.Issuer)
	if err != nil {
		return nil, fault.Wrap(ErrProvider, err)
	}
	p.found = found
	return found, nil
}

func (p *provider) flow(found *oidc.Provider) *oauth2.Config {
	scopes := p.config.Scopes
	if len(scopes) == 0 {
		scopes = []string{"profile", "email"}
	}
	return &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: p.secret, Endpoint: found.Endpoint(), RedirectURL: p.redirect,
		Scopes: append([]string{oidc.ScopeOpenID}, scopes...),
	}
}

// pendingSignIn is what a browser brings back: it ties the answer to where the question was asked.
type pendingSignIn struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	To       string `json:"to"`
}

// HasProvider reports whether people may sign in with an OpenID provider.
func (a *Authenticator) HasProvider() bool { return a.provider != nil }

// BeginOIDC sends a browser to the provider; afterwards it comes back to the path to.
func (a *Authenticator) BeginOIDC(w http.ResponseWriter, r *http.Request, to string) error {
	if a.provider == nil {
		return ErrStranger
	}
	found, err := a.provider.discover(r.Context())
	if err != nil {
		return err
	}
	b := pendingSignIn{Verifier: oauth2.GenerateVerifier(), To: to}
	b.State, _ = newSecret()
	b.Nonce, _ = newSecret()
	text, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("begin sign-in: %w", err)
	}
	http.SetCookie(w, a.handshake(r, url.QueryEscape(string(text)), int(handshake/time.Second)))
	http.Redirect(w, r, a.provider.flow(found).AuthCodeURL(b.State, oidc.Nonce(b.Nonce), oauth2.S256ChallengeOption(b.Verifier)), http.StatusSeeOther)
	return nil
}

func (a *Authenticator) handshake(r *http.Request, value string, seconds int) *http.Cookie {
	c := a.cookie(r, "", value, seconds) //nolint:gosec // see cookie
	if c.Name = plainHandshake; c.Secure {
		c.Name = secureHandshake
	}
	return c
}

// FinishOIDC begins a session for whoever the provider sends back, and returns the path to go
// on to. It returns ErrHandshake, ErrNoRole or ErrProvider.
func (a *Authenticator) FinishOIDC(w http.ResponseWriter, r *http.Request) (to string, err error) {
	if a.provider == nil {
		return "", ErrStranger
	}
	b, err := a.brought(r)
	http.SetCookie(w, a.handshake(r, "", -1))
	if err != nil {
		return "", errors.Join(err, a.refuse(r, Account{}, "oidc"))
	}
	who, err := a.provider.identify(r.Context(), r.URL.Query(), b)
	if err != nil {
		return "", errors.Join(err, a.refuse(r, Account{}, "oidc"))
	}
	return b.To, a.signIn(w, r, who, a.provider.basis())
}

func (a *Authenticator) brought(r *http.Request) (b pendingSignIn, err error) {
	c, err := r.Cookie(a.handshake(r, "", 0).Name)
	if err != nil {
		return pendingSignIn{}, ErrHandshake
	}
	text, err := url.QueryUnescape(c.Value)
	if err == nil {
		err = json.Unmarshal([]byte(text), &b)
	}
	state := r.URL.Query().Get("state")
	if err != nil || b.State == "" || b.Verifier == "" || subtle.ConstantTimeCompare([]byte(state), []byte(b.State)) != 1 {
		return pendingSignIn{}, ErrHandshake
	}
	return b, nil
}

// identify exchanges the code for an ID token and reads who that is.
func (p *provider) identify(ctx context.Context, answer url.Values, b pendingSignIn) (Account, error) {
	if code := answer.Get("error"); code != "" {
		return Account{}, fault.Of(ErrProvider, "it refused the sign-in")
	}
	found, err := p.discover(ctx)
	if err != nil {
		return Account{}, err
	}
	tokens, err := p.flow(found).Exchange(oidc.ClientContext(ctx, p.client), answer.Get("code"), oauth2.VerifierOption(b.Verifier))
	if err != nil {
		return Account{}, fault.Of(ErrProvider, "it did not take the code")
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := found.VerifierContext(oidc.ClientContext(context.WithoutCancel(ctx), p.client), &oidc.Config{ClientID: p.config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return Account{}, fault.Of(ErrProvider, "its token is not good")
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(b.Nonce)) != 1 {
		return Account{}, ErrHandshake
	}
	return p.read(id)
}

// read takes name and groups from an ID token (OpenID Connect Core 1.0 §5.1). Groups are a
// list, or with one group a text.
func (p *provider) read(id *oidc.IDToken) (Account, error) {
	claims := make(map[string]any)
	if err := id.Claims(&claims); err != nil {
		return Account{}, fault.Of(ErrProvider, "its claims cannot be read")
	}
	name := id.Subject
	for _, claim := range []string{"preferred_username", "email"} {
		if s, _ := claims[claim].(string); s != "" {
			name = s
			break
		}
	}
	claim := p.config.GroupsClaim
	if claim == "" {
		claim = "groups"
	}
	var groups []string
	switch said := claims[claim].(type) {
	case string:
		groups = []string{said}
	case []any:
		for _, g := range said {
			if s, ok := g.(string); ok {
				groups = append(groups, s)
			}
		}
	}
	who, ok := p.config.account(name, groups)
	if !ok {
		return Account{}, ErrNoRole
	}
	return who, nil
}
