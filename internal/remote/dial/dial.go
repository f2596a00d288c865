// Package dial opens TCP connections for the remotes, straight or through a proxy: by HTTP
// CONNECT (RFC 9110, section 9.3.6) or SOCKS5 (RFC 1928, with the login of RFC 1929).
//
// Through a proxy it is the proxy that looks up the target's name. Such a connection's
// RemoteAddr is that of the target, not of the proxy: an FTP client opens its data
// connections to the address that the control connection names. Where the target is
// a name the address has its port and no IP.
package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/proxy"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/secret"
)

// Config says whether a remote is reached through a proxy. It is part of the section of
// each remote that knows proxies.
type Config struct {
	Proxy         string     `yaml:"proxy,omitempty" json:"proxy,omitempty" jsonschema:"description=http://HOST:PORT or socks5://HOST:PORT; straight if left out"`
	ProxyUser     string     `yaml:"proxy_user,omitempty" json:"proxy_user,omitempty"`
	ProxyPassword secret.Ref `yaml:"proxy_password,omitempty" json:"proxy_password,omitzero"`
}

// Under returns the configuration with relative paths of this machine resolved against
// dir.
func (c Config) Under(dir string) Config {
	c.ProxyPassword = c.ProxyPassword.Under(dir)
	return c
}

// Validate reports every fault with the key that it is about. It reads no secret.
func (c Config) Validate(report func(key, message string)) {
	if c.Proxy == "" {
		if c.ProxyUser != "" || !c.ProxyPassword.IsZero() {
			report("proxy", "missing: there is a login for a proxy, but no proxy")
		}
		return
	}
	if _, _, err := split(c.Proxy); err != nil {
		report("proxy", err.Error())
	}
	if (c.ProxyUser == "") != c.ProxyPassword.IsZero() {
		report("proxy_password", "want both proxy_user and proxy_password, or neither")
	}
	if c.ProxyPassword.IsZero() {
		return
	}
	if err := c.ProxyPassword.Validate(); err != nil {
		report("proxy_password", err.Error())
	}
}

// split takes a proxy's URL apart. The error never repeats it: it may hold a password.
func split(raw string) (scheme, address string, err error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Port() == "" || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", "", errors.New("want http://HOST:PORT or socks5://HOST:PORT")
	}
	if u.User != nil {
		return "", "", errors.New("want no user or password in the URL: they have their own keys, proxy_user and proxy_password")
	}
	if u.Scheme != "http" && u.Scheme != "socks5" {
		return "", "", fmt.Errorf("want http:// or socks5://, not %s://", u.Scheme)
	}
	return u.Scheme, u.Host, nil
}

// Func opens a connection to address, host:port. Errors wrap remote.ErrAuth where a
// proxy wants another login, remote.ErrPermission where it forbids the target, and
// remote.ErrTemporary where it may do better later; those of the network come as they are.
// When ctx ends while a proxy is asked, the error is its cause.
type Func func(ctx context.Context, network, address string) (net.Conn, error)

// New reads the proxy's password and returns what opens connections as c says.
func New(c Config) (Func, error) {
	if c.Proxy == "" {
		return new(net.Dialer).DialContext, nil
	}
	scheme, address, err := split(c.Proxy)
	if err != nil {
		return nil, fmt.Errorf("read proxy: %w", err)
	}
	var login *proxy.Auth
	if c.ProxyUser != "" {
		password, err := c.ProxyPassword.Resolve()
		if err != nil {
			return nil, fmt.Errorf("read proxy_password: %w", err)
		}
		login = &proxy.Auth{User: c.ProxyUser, Password: password.Reveal()}
	}
	var through Func
	switch scheme {
	case "http":
		through = tunnel{proxy: address, login: login}.dial
	default:
		if through, err = socks(address, login); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, network, target string) (net.Conn, error) {
		conn, err := dialTarget(ctx, through, network, target)
		if err != nil {
			return nil, proxyError{address, err}
		}
		return conn, nil
	}, nil
}

// proxyError is what went wrong on the way through a proxy.
type proxyError struct {
	address string
	error
}

// Error names the proxy.
func (e proxyError) Error() string {
	return fmt.Sprintf("connect through proxy %s: %v", e.address, e.error)
}

// Unwrap gives the cause, and that it is the proxy's.
func (e proxyError) Unwrap() []error { return []error{remote.ErrProxy, e.error} }

// dialTarget refuses an address that would be more than an address to a proxy.
func dialTarget(ctx context.Context, through Func, network, target string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(host, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return nil, fault.Of(remote.ErrBadName, "not a host")
	}
	conn, err := through(ctx, network, target)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	return targetConn{conn, addressOf(host, port)}, nil
}

// targetConn is a connection through a proxy that names its target.
type targetConn struct {
	net.Conn
	target *net.TCPAddr
}

// RemoteAddr is always a *net.TCPAddr.
func (c targetConn) RemoteAddr() net.Addr { return c.target }

// CloseWrite and SetLinger are those of the connection to the proxy, as far as it is plain TCP.
func (c targetConn) CloseWrite() error {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		return tcp.CloseWrite()
	}
	return nil
}

// SetLinger is explained at CloseWrite.
func (c targetConn) SetLinger(seconds int) error {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		return tcp.SetLinger(seconds)
	}
	return nil
}

func addressOf(host, port string) *net.TCPAddr {
	var target net.TCPAddr
	target.Port, _ = strconv.Atoi(port) // a port by name is 0
	if ip, err := netip.ParseAddr(host); err == nil {
		target.IP, target.Zone = ip.AsSlice(), ip.Zone()
	}
	return &target
}
