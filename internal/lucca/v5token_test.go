package lucca_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/secret"
)

func TestAScopeThatIsMissingIsAskedForOnce(t *testing.T) {
	t.Parallel()
	tenant := both(60, func(o *sandbox.Options) { o.Clients[0].Without = []string{"departments.readonly"} })
	c := serve(t, tenant, oauth)
	q := roster.Query{Fields: roster.Mail | roster.JobTitle, Departments: true}
	for range 3 {
		if _, err := c.Snapshot(t.Context(), q); !errors.Is(err, lucca.ErrScope) {
			t.Fatal(err)
		}
	}
	// All three together, and each alone.
	if got := tenant.RequestTotal(); got != 4 {
		t.Errorf("%d requests: %v", got, tenant.Requests())
	}
}

func TestATokenThatIsTakenBackIsReplacedOnce(t *testing.T) {
	t.Parallel()
	tenant := both(250)
	pages := 0
	c := serve(t, tenant, oauth, func(o *lucca.Options) {
		o.Progress = func(lucca.Progress) {
			if pages++; pages == 1 {
				tenant.RevokeTokens()
			}
		}
	})
	s, err := c.Snapshot(t.Context(), roster.Query{Fields: roster.Mail, Former: true})
	if err != nil || len(s.Employees) != 250 {
		t.Fatalf("%d employees, %v", len(s.Employees), err)
	}
	if n := count(tenant, sandbox.TokenPath, 200); n != 2 {
		t.Errorf("%d tokens", n)
	}
	if n := count(tenant, "/lucca-api/employees", 401); n != 1 {
		t.Errorf("%d refusals", n)
	}
}

// TestTokensOfAnotherTenantAreRefused: the token endpoint is common to all tenants, so that a
// client of another one gets tokens that are good for nothing here.
func TestTokensOfAnotherTenantAreRefused(t *testing.T) {
	t.Parallel()
	tenant, elsewhere := both(60), both(24)
	other := httptest.NewServer(elsewhere)
	t.Cleanup(other.Close)
	c := serve(t, tenant, oauth, func(o *lucca.Options) { o.Config.OAuth.TokenURL = other.URL + sandbox.TokenPath })
	_, err := c.Snapshot(t.Context(), roster.Query{Fields: roster.Mail})
	if !errors.Is(err, lucca.ErrClient) || !strings.Contains(err.Error(), "check that the client was made at http") {
		t.Errorf("got %v", err)
	}
	if got := count(tenant, "/lucca-api/employees", 401); got != 2 {
		t.Errorf("tried %d times", got)
	}
}

// inMemory answers requests without sockets, so that synctest can tell when time may pass.
type inMemory struct {
	handler http.Handler
	mu      sync.Mutex
}

func (m *inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

func TestTokensAreRenewedBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tenant := both(60, func(o *sandbox.Options) { o.TokenLife = 10 * time.Minute })
		c, err := lucca.New(lucca.Options{
			Config: lucca.Config{URL: "https://acme.ilucca.net", RequestsPerMinute: 50, OAuth: &lucca.OAuth{TokenURL: "https://accounts.example" + sandbox.TokenPath}},
			OAuth:  lucca.OAuthClient{ID: secret.NewValue(clientID), Secret: secret.NewValue(clientSecret)},
			HTTP:   &http.Client{Transport: &inMemory{handler: tenant}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if _, err := c.Snapshot(t.Context(), roster.Query{Fields: roster.Mail}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		if got := count(tenant, sandbox.TokenPath, 200); got != 3 {
			t.Errorf("%d tokens of 10 minutes in 20, want one every 8½", got)
		}
		if got := count(tenant, "/lucca-api/employees", 401); got != 0 {
			t.Errorf("%d tokens had ended", got)
		}
	})
}

func TestCancelingEndsTheWaitForAToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := lucca.New(lucca.Options{
			Config: lucca.Config{URL: "https://acme.ilucca.net", OAuth: new(lucca.OAuth)},
			OAuth:  lucca.OAuthClient{ID: secret.NewValue(clientID), Secret: secret.NewValue(clientSecret)},
			HTTP:   &http.Client{Transport: &wire{answers: []answer{{status: 503}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		cause := errors.New("shutting down")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { cancel(cause) })
		start := time.Now()
		if _, err := c.Snapshot(ctx, roster.Query{}); !errors.Is(err, cause) || time.Since(start) != 5*time.Second {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}
