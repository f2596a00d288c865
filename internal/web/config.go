package web

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"lucca-exchange/internal/loopback"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/web/auth"
)

const defaultListen = "127.0.0.1:8484"

// Config says where the daemon answers, and to whom. The zero value is right for one
// machine: loopback only, and open to whoever is logged in there.
type Config struct {
	Listen string `yaml:"listen,omitempty" json:"listen,omitempty" jsonschema:"description=address and port; anything but loopback needs users and tls or proxy,default=127.0.0.1:8484"`
	TLS    *TLS   `yaml:"tls,omitempty" json:"tls,omitempty" jsonschema:"description=serve https"`
	// Proxy: requests come from one address, that of the proxy. What it says of the real
	// one is logged, and tells senders apart for limits; it gives nobody a right.
	Proxy bool                 `yaml:"proxy,omitempty" json:"proxy,omitempty" jsonschema:"description=a reverse proxy that serves https stands in front"`
	Users map[string]auth.User `yaml:"users,omitempty" json:"users,omitempty" jsonschema:"description=who may sign in; by name"`
	// OIDC lets people in whom another server vouches for.
	OIDC *auth.Provider `yaml:"oidc,omitempty" json:"oidc,omitempty" jsonschema:"description=an OpenID provider whose people may sign in"`
	// PublicURL is where browsers find the console: messages link there, and an OpenID provider sends
	// people back to it.
	PublicURL string `yaml:"public_url,omitempty" json:"public_url,omitempty" jsonschema:"description=address at which browsers find the console; https or of this machine: mails and chat messages link to the run or plan there and an OpenID provider sends people back to it"`
}

// TLS is the server's certificate. Both files are read again within a minute of a change.
type TLS struct {
	Certificate string     `yaml:"certificate" json:"certificate" jsonschema:"required,description=PEM file with the certificate and those that lead to its root"`
	Key         secret.Ref `yaml:"key" json:"key" jsonschema:"required,description=private key of the certificate; PEM"`
}

// Under returns the configuration with relative paths resolved against dir.
func (c Config) Under(dir string) Config {
	if c.OIDC != nil {
		p := c.OIDC.Under(dir)
		c.OIDC = &p
	}
	if c.TLS == nil {
		return c
	}
	c.TLS = &TLS{Certificate: secret.Under(dir, c.TLS.Certificate), Key: c.TLS.Key.Under(dir)}
	return c
}

// Validate reports every fault with the key that it is about.
func (c Config) Validate(report func(key, message string)) {
	c = c.withDefaults()
	loopback, err := onlyHere(c.Listen)
	if err != nil {
		report("listen", err.Error())
	}
	if err == nil && !loopback {
		if !c.closed() {
			report("users", "missing: others than this machine can reach "+strconv.Quote(c.Listen))
		}
		if c.TLS == nil && !c.Proxy {
			report("tls", "missing: passwords would cross the network in the clear; or set proxy: true when a reverse proxy serves https in front")
		}
	}
	if loopback && c.Proxy && !c.closed() {
		report("users", "missing: others than this machine can reach it through the proxy")
	}
	for name, u := range c.Users {
		u.Validate(name, func(key, message string) { report(fmt.Sprintf("users.%s%s", name, key), message) })
	}
	c.validatePublic(report)
	if c.TLS != nil {
		c.TLS.validate(func(key, message string) { report("tls."+key, message) })
	}
}

// Page is the address at which others find a page of the console, which begins with a slash; empty
// where nothing says where that is.
func (c Config) Page(path string) string {
	if c.PublicURL == "" {
		return ""
	}
	return strings.TrimSuffix(c.PublicURL, "/") + path
}

// accounts is who may sign in.
func (c Config) accounts() auth.Config {
	return auth.Config{Users: c.Users, OIDC: c.OIDC, Proxy: c.Proxy, PublicURL: c.PublicURL}
}

func (c Config) closed() bool { return c.accounts().Closed() }

func (c Config) validatePublic(report func(key, message string)) {
	if c.OIDC != nil {
		c.OIDC.Validate(func(key, message string) { report("oidc."+key, message) })
		if c.PublicURL == "" {
			report("public_url", "missing: the OpenID provider sends people back to it")
		}
	}
	if c.PublicURL == "" {
		return
	}
	u, err := url.Parse(c.PublicURL)
	switch {
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.TrimSuffix(u.Path, "/") != "":
		report("public_url", "want an address such as https://exchange.acme.example, without a path")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback.Is(u.Hostname())):
		report("public_url", "want https, or an address of this machine: what is shown there is about people")
	}
}

func (t TLS) validate(report func(key, message string)) {
	good := true
	if t.Certificate == "" {
		good = false
		report("certificate", "missing: want the path of a PEM file")
	}
	if err := t.Key.Validate(); err != nil {
		good = false
		report("key", err.Error())
	}
	if !good {
		return
	}
	if _, err := t.load(); err != nil {
		report("certificate", err.Error())
	}
}

func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = defaultListen
	}
	return c
}

// onlyHere tells whether only this machine reaches an address.
func onlyHere(listen string) (bool, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return false, fmt.Errorf("want an address and a port such as %s", defaultListen)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || (n == 0 && port != "0") {
		return false, fmt.Errorf("want a port from 1 to 65535, or 0 for any")
	}
	if _, err := netip.ParseAddr(host); host != "" && err != nil && !loopback.Is(host) {
		return false, fmt.Errorf("want an IP address of this machine, or localhost, before the port")
	}
	return loopback.Is(host), nil
}
