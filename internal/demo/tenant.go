package demo

import (
	"context"
	"fmt"
	"net"
	"time"

	"lucca-exchange/internal/sandbox"
)

// Key is the API key of a sandbox tenant. It opens nothing but invented data.
const Key = "5a0dbc00-0000-4000-8000-000000000001"

// ClientID and ClientSecret are the OAuth client of a sandbox tenant, for the
// Lucca API (v5), and TokenPath where it gets access tokens.
const (
	ClientID     = "lucca-exchange"
	ClientSecret = "sandbox-client-secret"
	TokenPath    = sandbox.TokenPath
)

// MinSize is the size of the smallest company of a sandbox.
const MinSize = sandbox.MinSize

// TenantOptions say which Lucca the sandbox stands in for.
type TenantOptions struct {
	Listen    string
	Employees int
	// V3Departments serves the list of departments that was announced to stop.
	V3Departments bool
	// PageLimit is the highest limit of the v4 lists; 0 is what each page documents.
	PageLimit int
	// Off are routes that are not served: the status of their answers, by path.
	Off map[string]int
	// Ends are routes that are announced to end, by path.
	Ends map[string]time.Time
}

// ServeTenant serves a tenant of its own until ctx ends. ready is told its address.
func ServeTenant(ctx context.Context, o TenantOptions, ready func(url string)) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("listen for the sandbox: %w", err)
	}
	tenant := sandbox.New(sandbox.NewCompany(o.Employees, seed, time.Now()), sandbox.Options{
		Keys:    []sandbox.Key{{Secret: Key}},
		Clients: []sandbox.Client{{ID: ClientID, Secret: ClientSecret}},

		V3Departments: o.V3Departments, LargestPage: o.PageLimit, Off: o.Off, Ends: o.Ends,
	})
	ready("http://" + l.Addr().String())
	return tenant.Serve(ctx, l)
}
