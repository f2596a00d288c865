package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"lucca-exchange/internal/fault"
)

// ErrUnhealthy is wrapped by what Probe.Check says of a daemon that answers, but is not
// well.
var ErrUnhealthy = errors.New("the daemon is not ready")

// Bounds on a probe.
const (
	probeBudget = 10 * time.Second
	maxFaults   = 16 << 10
)

// Probe asks a daemon how it is, from outside.
type Probe struct {
	// URL is where it answers, such as http://127.0.0.1:8484.
	URL string
	// Unverified takes any certificate. The question holds no secret, and the daemon's own
	// certificate is for the name by which others reach it, not for loopback.
	Unverified bool
}

// Probe is how this machine asks a daemon with this configuration.
func (c Config) Probe() Probe {
	c = c.withDefaults()
	scheme := "http"
	if c.TLS != nil {
		scheme = "https"
	}
	at := c.Listen
	if host, port, err := net.SplitHostPort(at); err == nil {
		ip, err := netip.ParseAddr(host)
		switch {
		case host == "" || (err == nil && ip.IsUnspecified() && ip.Is4()):
			at = net.JoinHostPort("127.0.0.1", port)
		case err == nil && ip.IsUnspecified():
			at = net.JoinHostPort("::1", port)
		}
	}
	return Probe{URL: scheme + "://" + at, Unverified: c.TLS != nil}
}

// Check returns nil when /healthz and /readyz answer 200, within 10 s, and what a ready daemon
// has to say beside that, such as who could not be told of a run. What another one says is in the
// error, which wraps ErrUnhealthy.
func (p Probe) Check(ctx context.Context) (remarks []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeBudget)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true}
	if p.Unverified {
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // asks this machine for its own health, whatever name the certificate has
	}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		said, err := ask(ctx, client, strings.TrimSuffix(p.URL, "/")+path)
		if err != nil {
			return nil, err
		}
		remarks = strings.Split(said, "\n")[1:] // the first line says that it is well
	}
	return remarks, nil
}

// ask returns what a page says that answers 200.
func ask(ctx context.Context, client *http.Client, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", fmt.Errorf("ask the daemon: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("ask the daemon: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxFaults))
	if err != nil {
		return "", fmt.Errorf("read %q: %w", url, err)
	}
	said := strings.TrimSpace(string(text))
	if resp.StatusCode == http.StatusOK {
		return said, nil
	}
	said = strings.ReplaceAll(said, "\n", "; ")
	return "", fault.Of(ErrUnhealthy, "%s answers %d: %s", req.URL.Path, resp.StatusCode, said)
}
