package lucca

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/httpapi"
	"lucca-exchange/internal/secret"
)

// DefaultTokenURL is where the OAuth clients of all tenants get access tokens
// (developers.lucca.fr, documentation/using-api/authentication).
const DefaultTokenURL = "https://accounts.world.luccasoftware.com/connect/token" //nolint:gosec // an address and no secret

// integrationKeys is the page of a tenant on which OAuth clients are made.
const integrationKeys = "/identity/admin/integration-keys"

// Errors about the OAuth client that callers branch on.
var (
	// ErrClient: Lucca does not know the OAuth client, or not with this secret. Never retried.
	ErrClient = errors.New("the OAuth client is not accepted: check client_id and client_secret of lucca.oauth")
	// ErrScope: the OAuth client was not given a scope. Never retried.
	ErrScope = errors.New("the OAuth client lacks a scope")
	// ErrNoKey: what is asked for can be done with an API key only.
	ErrNoKey = errors.New("the Lucca API (v5) cannot do this: set lucca.api_key beside lucca.oauth")
)

// errToken: the access token is not taken, which another one may mend.
var errToken = errors.New("the access token is not accepted")

// OAuth is an OAuth client of the Lucca API (v5).
type OAuth struct {
	ClientID     secret.Ref `yaml:"client_id" json:"client_id" jsonschema:"required,description=client_id of the client made in Lucca at /identity/admin/integration-keys"`
	ClientSecret secret.Ref `yaml:"client_secret" json:"client_secret" jsonschema:"required,description=client_secret of that client; Lucca shows it once"`
	TokenURL     string     `yaml:"token_url,omitempty" json:"token_url,omitempty" jsonschema:"default=https://accounts.world.luccasoftware.com/connect/token,description=where access tokens come from; for a sandbox"`
}

func (o OAuth) validate(report func(key, message string)) {
	for _, s := range []struct {
		key string
		ref secret.Ref
	}{{"oauth.client_id", o.ClientID}, {"oauth.client_secret", o.ClientSecret}} {
		if err := s.ref.Validate(); err != nil {
			report(s.key, err.Error())
		}
	}
	if _, fault := o.tokenURL(); fault != "" {
		report("oauth.token_url", fault)
	}
}

// tokenURL returns the address of the token endpoint, or what is wrong with it. The text
// itself is not repeated: it may hold a password.
func (o OAuth) tokenURL() (u *url.URL, fault string) {
	u, err := url.Parse(cmp.Or(o.TokenURL, DefaultTokenURL))
	switch {
	case err != nil || u.Hostname() == "":
		return nil, "want an address such as " + DefaultTokenURL
	case !httpapi.Private(u):
		return nil, "want https: the client's secret travels with the request"
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, "want an address without user, query or fragment, such as " + DefaultTokenURL
	}
	return u, ""
}

// OAuthClient is what OAuth refers to.
type OAuthClient struct{ ID, Secret secret.Value }

// Resolve reads the client's id and secret.
func (o OAuth) Resolve() (OAuthClient, error) {
	id, err := o.ClientID.Resolve()
	if err != nil {
		return OAuthClient{}, fmt.Errorf("read lucca.oauth.client_id: %w", err)
	}
	key, err := o.ClientSecret.Resolve()
	if err != nil {
		return OAuthClient{}, fmt.Errorf("read lucca.oauth.client_secret: %w", err)
	}
	return OAuthClient{ID: id, Secret: key}, nil
}

// tokens gets access tokens, one after the other, and keeps the last.
type tokens struct {
	http *httpapi.Client
	url  string
	// host is that of url, for errors.
	host   string
	client OAuthClient
	// page is where a person gives scopes to the client.
	page string

	// turn is held by whoever looks at what follows.
	turn  chan struct{}
	value string
	until time.Time
	// scopes are those that were granted, and refused those that were not.
	scopes, refused []string
}

// renewal is how long before its end a token is replaced: longer than a request takes.
const renewal = 90 * time.Second

// maxToken bounds the answer of the token endpoint.
const maxToken = 1 << 20

func newTokens(o Options, base *url.URL, retried func(context.Context, httpapi.Request, time.Duration, error)) (*tokens, error) {
	u, fault := o.Config.OAuth.tokenURL()
	if fault != "" {
		return nil, fmt.Errorf("read lucca.oauth.token_url: %s", fault)
	}
	for _, s := range []secret.Value{o.OAuth.ID, o.OAuth.Secret} {
		if text := s.Reveal(); text == "" || strings.ContainsFunc(text, unprintable) {
			return nil, errors.New("read lucca.oauth: want a client_id and a client_secret of visible characters without blanks")
		}
	}
	return &tokens{
		http: httpapi.New(httpapi.Options{
			HTTP: o.HTTP, Agent: agent(o.Version), Patience: patience(o.Tries), MaxBody: maxToken,
			Unavailable: ErrUnavailable, Malformed: ErrMalformed, Setting: "lucca.oauth.token_url", Retried: retried,
		}),
		url: u.String(), host: u.Host, client: o.OAuth, page: base.JoinPath(integrationKeys).String(), turn: make(chan struct{}, 1),
	}, nil
}

// get returns a token that is good for the scopes for a while.
func (t *tokens) get(ctx context.Context, scopes []string) (string, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	lacks := func(s string) bool { return !slices.Contains(t.scopes, s) }
	if t.value != "" && time.Now().Before(t.until) && !slices.ContainsFunc(scopes, lacks) {
		return t.value, nil
	}
	wanted := slices.Concat(t.scopes, scopes)
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	token, err := t.ask(ctx, wanted)
	if err != nil {
		return "", fmt.Errorf("get an access token from %s: %w", t.host, err)
	}
	t.value, t.until, t.scopes = token.value, time.Now().Add(token.life-min(renewal, token.life/2)), wanted
	return t.value, nil
}

// drop forgets a token that was not accepted.
func (t *tokens) drop(value string) {
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	if t.value == value {
		t.value = ""
	}
}

// ask gets a token for scopes, unless one of them is known to be refused.
func (t *tokens) ask(ctx context.Context, wanted []string) (token, error) {
	if err := t.lacking(wanted); err != nil {
		return token{}, err
	}
	got, err := t.fetch(ctx, wanted)
	if !errors.Is(err, ErrScope) {
		return got, err
	}
	// The refusal of several does not say of which: each is asked for alone.
	for _, scope := range wanted {
		if slices.Contains(t.scopes, scope) {
			continue
		}
		_, alone := t.fetch(ctx, []string{scope})
		if errors.Is(alone, ErrScope) {
			t.refused = append(t.refused, scope)
		} else if alone != nil {
			return token{}, alone
		}
	}
	if named := t.lacking(wanted); named != nil {
		return token{}, named
	}
	return token{}, fmt.Errorf("the scopes %s together: %w", strings.Join(wanted, " "), err)
}

// lacking says which of the scopes were refused before, and where to give them to the client.
func (t *tokens) lacking(wanted []string) error {
	var names []string
	for _, scope := range wanted {
		if slices.Contains(t.refused, scope) {
			names = append(names, scope)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("tick %s for the client at %s: %w", strings.Join(names, ", "), t.page, ErrScope)
}

// token is an access token and how long it is good for.
type token struct {
	value string
	life  time.Duration
}

// fetch asks for a token with exactly these scopes.
func (t *tokens) fetch(ctx context.Context, scopes []string) (token, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "scope": {strings.Join(scopes, " ")},
		"client_id": {t.client.ID.Reveal()}, "client_secret": {t.client.Secret.Reveal()},
	}
	var found token
	_, err := t.http.Do(ctx, httpapi.Request{
		What: "access token", Method: http.MethodPost, URL: t.url, Body: []byte(form.Encode()),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}},
		Judge: func(a httpapi.Answer) (err error) {
			found, err = decodeToken(a, scopes)
			return err
		},
	})
	return found, err
}

// grantedToken is the answer of a token endpoint (RFC 6749, sections 5.1 and 5.2).
type grantedToken struct {
	AccessToken string      `json:"access_token"`
	TokenType   string      `json:"token_type"`
	ExpiresIn   json.Number `json:"expires_in"`
	// Scope is told when it is not what was asked for.
	Scope *string `json:"scope"`
	Error string  `json:"error"`
}

// defaultLife is that of a token whose answer has none, and maxLife what is believed of one.
const (
	defaultLife = 5 * time.Minute
	maxLife     = 24 * time.Hour
)

// decodeToken reads the answer to a request for a token with these scopes.
func decodeToken(a httpapi.Answer, scopes []string) (token, error) {
	if httpapi.MayPass(a.Status) {
		return token{}, httpapi.Later(a, ErrUnavailable)
	}
	var g grantedToken
	err := json.Unmarshal(a.Body, &g)
	switch {
	case err == nil && g.Error == "invalid_scope":
		return token{}, ErrScope
	case err == nil && (g.Error == "invalid_client" || g.Error == "unauthorized_client"):
		return token{}, ErrClient
	case a.Status != http.StatusOK || err != nil:
		return token{}, fmt.Errorf("status %d, which is not that of a token endpoint: check lucca.oauth.token_url: %w", a.Status, ErrMalformed)
	case g.AccessToken == "" || strings.ContainsFunc(g.AccessToken, unprintable) || !strings.EqualFold(g.TokenType, "Bearer"):
		return token{}, fmt.Errorf("no bearer token in it: check lucca.oauth.token_url: %w", ErrMalformed)
	}
	if g.Scope != nil {
		granted := strings.Fields(*g.Scope)
		if slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(granted, s) }) {
			return token{}, ErrScope
		}
	}
	return token{g.AccessToken, g.life()}, nil
}

func (g grantedToken) life() time.Duration {
	seconds, err := g.ExpiresIn.Int64()
	if err != nil || seconds <= 0 {
		return defaultLife
	}
	return time.Duration(min(seconds, int64(maxLife/time.Second))) * time.Second
}
