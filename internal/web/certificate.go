package web

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateAge is how long a certificate is served before its files are read again.
// Certificates are renewed every few weeks, and the daemon runs for years.
const certificateAge = time.Minute

// load reads certificate and key, and checks that they belong together.
func (t TLS) load() (*tls.Certificate, error) {
	chain, err := os.ReadFile(t.Certificate)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	key, err := t.Key.Resolve()
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	pair, err := tls.X509KeyPair(chain, []byte(key.Reveal()))
	if err != nil {
		// The package's errors name what is wrong, never the key.
		return nil, fmt.Errorf("use certificate %q with its key: %w", t.Certificate, err)
	}
	return &pair, nil
}

// certificate is the current one, read again when it is of some age.
type certificate struct {
	source TLS
	logger *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	read    time.Time
}

func newCertificate(t TLS, logger *slog.Logger) (*certificate, error) {
	pair, err := t.load()
	if err != nil {
		return nil, err
	}
	return &certificate{source: t, logger: logger, current: pair, read: time.Now()}, nil
}

// get is the GetCertificate of a tls.Config. A renewal that is half written keeps the old
// one for another minute.
func (c *certificate) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.read) < certificateAge {
		return c.current, nil
	}
	c.read = time.Now()
	pair, err := c.source.load()
	if err != nil {
		c.logger.ErrorContext(hello.Context(), "certificate.kept", "err", err)
		return c.current, nil
	}
	c.current = pair
	return c.current, nil
}
