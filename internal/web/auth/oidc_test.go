package auth_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/oauth2-proxy/mockoidc"

	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
)

// provider is an OpenID provider, and the program that trusts it.
type provider struct {
	oidc   *mockoidc.MockOIDC
	site   *httptest.Server
	store  *state.Store
	client *http.Client
}

func newProvider(t *testing.T, change func(*auth.Provider)) *provider {
	t.Helper()
	m, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("OIDC_SECRET", m.ClientSecret)
	c := auth.Provider{
		Issuer: m.Issuer(), ClientID: m.ClientID, ClientSecret: secret.Ref{Env: "OIDC_SECRET"}, Scopes: []string{"profile", "email", "groups"},
		Groups: map[string]auth.Role{"hr": auth.Approver, "it": auth.Operator}, Flows: map[string][]string{"hr": {"payroll"}},
	}
	if change != nil {
		change(&c)
	}
	c.Validate(func(key, message string) { t.Errorf("%s: %s", key, message) })
	p := &provider{oidc: m, store: openStore(t)}
	var a *auth.Authenticator
	mux := http.NewServeMux()
	mux.HandleFunc("GET /signin/oidc", func(w http.ResponseWriter, r *http.Request) {
		if err := a.BeginOIDC(w, r, "/runs"); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	})
	mux.HandleFunc("GET "+auth.Callback, func(w http.ResponseWriter, r *http.Request) {
		to, err := a.FinishOIDC(w, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
	mux.HandleFunc("GET /runs", func(w http.ResponseWriter, r *http.Request) {
		who, err := a.Account(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		w.Header().Set("Who", who.Who())
		w.Header().Set("Role", string(who.Role()))
	})
	p.site = httptest.NewServer(mux)
	t.Cleanup(p.site.Close)
	a = newAuth(t, p.store, auth.Config{OIDC: &c, PublicURL: p.site.URL})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p.client = &http.Client{Jar: jar}
	return p
}

func (p *provider) get(t *testing.T, path string) *http.Response {
	t.Helper()
	resp, err := p.client.Get(p.site.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

// TestOpenIDConnect goes through the whole of a sign-in with a provider.
func TestOpenIDConnect(t *testing.T) {
	p := newProvider(t, nil)
	p.oidc.QueueUser(&mockoidc.MockUser{Subject: "42", PreferredUsername: "claire", Email: "claire@acme.example", Groups: []string{"staff", "hr", "it"}})
	resp := p.get(t, "/signin/oidc")
	if resp.StatusCode != 200 || resp.Request.URL.Path != "/runs" || resp.Header.Get("Who") != "oidc:claire" || resp.Header.Get("Role") != "approver" {
		t.Errorf("got %s at %s, %v", resp.Status, resp.Request.URL.Path, resp.Header)
	}
	if got := acts(t, p.store); got != "oidc:claire sign_in oidc" {
		t.Errorf("the audit has %s", got)
	}
}

// TestOpenIDConnectRefuses what is not a whole sign-in of somebody with a role.
func TestOpenIDConnectRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		user   mockoidc.User
		change func(*auth.Provider)
		do     func(t *testing.T, p *provider) *http.Response
		want   int
	}{
		"nobody here": {user: &mockoidc.MockUser{Subject: "7", PreferredUsername: "eve", Groups: []string{"staff"}}, want: 403},
		"an answer that nobody asked for": {want: 403, do: func(t *testing.T, p *provider) *http.Response {
			return p.get(t, auth.Callback+"?code=stolen&state=made-up")
		}},
		"the provider's refusal": {want: 403, do: func(t *testing.T, p *provider) *http.Response {
			p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			resp := p.get(t, "/signin/oidc")
			to, err := url.Parse(resp.Header.Get("Location"))
			if err != nil || to.Query().Get("code_challenge_method") != "S256" || to.Query().Get("nonce") == "" {
				t.Errorf("sent to %s, %v", to, err)
			}
			return p.get(t, auth.Callback+"?error=access_denied&state="+url.QueryEscape(to.Query().Get("state")))
		}},
		"a provider that is down": {want: 502, change: func(c *auth.Provider) { c.Issuer = "http://127.0.0.1:1/oidc" }},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, tt.change)
			p.oidc.QueueUser(tt.user)
			if tt.do == nil {
				tt.do = func(t *testing.T, p *provider) *http.Response { return p.get(t, "/signin/oidc") }
			}
			if resp := tt.do(t, p); resp.StatusCode != tt.want {
				t.Errorf("got %s, want %d", resp.Status, tt.want)
			}
			if resp := p.get(t, "/runs"); resp.StatusCode != http.StatusUnauthorized {
				t.Errorf("afterwards: got %s", resp.Status)
			}
		})
	}
}
