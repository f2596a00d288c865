package web

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"lucca-exchange/internal/loopback"
	"lucca-exchange/internal/secret"
)

// Defaults and bounds of Config.
const (
	defaultListen = "127.0.0.1:8484"
	// Below the least cost a stolen hash is soon guessed; above the most, a sign-in takes
	// over a second of processor.
	minCost = 10
	maxCost = 14
)

// Role is what a user may do.
type Role string

// The roles.
const (
	// Viewer reads.
	Viewer Role = "viewer"
	// Approver is for a dashboard, which there is none of yet: it reads.
	Approver Role = "approver"
)

// Config says where the daemon answers, and to whom. The zero value is right for one
// machine: loopback only, and open to whoever is logged in there.
type Config struct {
	Listen string `yaml:"listen,omitempty" json:"listen,omitempty" jsonschema:"description=address and port; anything but loopback needs users and tls or proxy,default=127.0.0.1:8484"`
	TLS    *TLS   `yaml:"tls,omitempty" json:"tls,omitempty" jsonschema:"description=serve https"`
	// Proxy: requests come from one address, that of the proxy. What it says of the real
	// one is logged, and tells senders apart for limits; it gives nobody a right.
	Proxy bool            `yaml:"proxy,omitempty" json:"proxy,omitempty" jsonschema:"description=a reverse proxy that serves https stands in front"`
	Users map[string]User `yaml:"users,omitempty" json:"users,omitempty" jsonschema:"description=who may sign in; by name"`
}

// TLS is the server's certificate. Both files are read again within a minute of a change.
type TLS struct {
	Certificate string     `yaml:"certificate" json:"certificate" jsonschema:"required,description=PEM file with the certificate and those that lead to its root"`
	Key         secret.Ref `yaml:"key" json:"key" jsonschema:"required,description=private key of the certificate; PEM"`
}

// User may sign in with a password, of which only a hash is kept.
type User struct {
	PasswordHash string `yaml:"password_hash" json:"password_hash" jsonschema:"required,description=bcrypt hash as printed by htpasswd -nBC 12 NAME"`
	Role         Role   `yaml:"role" json:"role" jsonschema:"required,enum=viewer,enum=approver,description=both read the metrics; approver is for a dashboard which this version does not have"`
}

// Under returns the configuration with relative paths resolved against dir.
func (c Config) Under(dir string) Config {
	if c.TLS == nil {
		return c
	}
	t := TLS{Certificate: c.TLS.Certificate, Key: c.TLS.Key.Under(dir)}
	if t.Certificate != "" && !filepath.IsAbs(t.Certificate) {
		t.Certificate = filepath.Join(dir, t.Certificate)
	}
	c.TLS = &t
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
		if len(c.Users) == 0 {
			report("users", "missing: others than this machine can reach "+strconv.Quote(c.Listen))
		}
		if c.TLS == nil && !c.Proxy {
			report("tls", "missing: passwords would cross the network in the clear; or set proxy: true when a reverse proxy serves https in front")
		}
	}
	if loopback && c.Proxy && len(c.Users) == 0 {
		report("users", "missing: others than this machine can reach it through the proxy")
	}
	for name, u := range c.Users {
		u.validate(name, func(key, message string) { report(fmt.Sprintf("users.%s%s", name, key), message) })
	}
	if c.TLS != nil {
		c.TLS.validate(func(key, message string) { report("tls."+key, message) })
	}
}

func (u User) validate(name string, report func(key, message string)) {
	if name == "" || strings.ContainsAny(name, ":\r\n") {
		report("", "want a name without colon")
	}
	switch cost, err := bcrypt.Cost([]byte(u.PasswordHash)); {
	case err != nil:
		report(".password_hash", "want a bcrypt hash: htpasswd -nBC 12 NAME prints one after the colon")
	case cost < minCost || cost > maxCost:
		report(".password_hash", fmt.Sprintf("has a cost of %d: want %d to %d, as htpasswd -nBC 12 NAME makes", cost, minCost, maxCost))
	}
	if !slices.Contains([]Role{Viewer, Approver}, u.Role) {
		report(".role", "want viewer or approver")
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
