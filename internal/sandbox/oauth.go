package sandbox

import (
	"crypto/rand"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Client is an OAuth client of the Lucca API (v5), as it is declared in Lucca at
// /identity/admin/integration-keys.
type Client struct {
	ID, Secret string
	// Without are scopes that the client was not given, such as
	// "employee-personal-records.readonly". It has all others that only read.
	Without []string
}

// documentedLife is how long Lucca's tokens are good for.
const documentedLife = 30 * time.Minute

// TokenPath is where a sandbox gives out access tokens. Lucca does so on a host that is
// common to all tenants.
const TokenPath = "/connect/token"

// tokens are the access tokens that were given out.
type tokens struct {
	mu    sync.Mutex
	given map[string]grant
}

// grant is what an access token allows, until it ends.
type grant struct {
	client *Client
	scopes []string
	ends   time.Time
}

// RevokeTokens makes every access token given out so far one that is answered 401.
func (t *Tenant) RevokeTokens() {
	t.tokens.mu.Lock()
	defer t.tokens.mu.Unlock()
	clear(t.tokens.given)
}

func (k *tokens) give(g grant) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.given == nil {
		k.given = make(map[string]grant)
	}
	token := rand.Text()
	k.given[token] = g
	return token
}

// find returns what a bearer token allows, if it is still good.
func (k *tokens) find(authorization string) (grant, bool) {
	scheme, token, _ := strings.Cut(authorization, " ")
	k.mu.Lock()
	defer k.mu.Unlock()
	g, ok := k.given[token]
	return g, ok && strings.EqualFold(scheme, "Bearer") && time.Now().Before(g.ends)
}

// serveToken answers the client credentials flow (RFC 6749, section 4.4), of which Lucca
// documents a form with the credentials in the body and scopes that are asked for by name.
func (t *Tenant) serveToken(w http.ResponseWriter, r *http.Request) {
	a := t.token(w, r)
	t.log.add(r.Method, TokenPath, a.status)
	w.Header().Set("Cache-Control", "no-store")
	a.send(w)
}

func (t *Tenant) token(w http.ResponseWriter, r *http.Request) answer {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err != nil || kind != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		return tokenRefusal("invalid_request")
	}
	form := r.PostForm
	client := t.client(form)
	scopes := strings.Fields(form.Get("scope"))
	switch {
	case form.Get("grant_type") != "client_credentials":
		return tokenRefusal("unsupported_grant_type")
	case client == nil:
		return tokenRefusal("invalid_client")
	case len(scopes) == 0 || slices.ContainsFunc(scopes, func(s string) bool { return !client.has(s) }):
		return tokenRefusal("invalid_scope")
	}
	life := t.opts.TokenLife
	if life == 0 {
		life = documentedLife
	}
	return successOf(map[string]any{
		"access_token": t.tokens.give(grant{client, scopes, time.Now().Add(life)}),
		"token_type":   "Bearer", "expires_in": int(life / time.Second),
	})
}

func tokenRefusal(code string) answer {
	a := successOf(map[string]string{"error": code})
	a.status = http.StatusBadRequest
	return a
}

func (t *Tenant) client(form url.Values) *Client {
	for i := range t.opts.Clients {
		c := &t.opts.Clients[i]
		if c.ID != "" && c.ID == form.Get("client_id") && c.Secret == form.Get("client_secret") {
			return c
		}
	}
	return nil
}

// has reports whether the client was given a scope. Nothing here can be written, so that
// the scopes to write are as unknown as any other word.
func (c *Client) has(scope string) bool {
	resource, reads := strings.CutSuffix(scope, ".readonly")
	_, known := v5Resources()[resource]
	return reads && known && !slices.Contains(c.Without, scope)
}
