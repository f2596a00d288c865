package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/net/proxy"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// socks returns what opens connections through a SOCKS5 proxy.
func socks(address string, login *proxy.Auth) (Func, error) {
	d, err := proxy.SOCKS5("tcp", address, login, new(net.Dialer))
	if err != nil {
		return nil, fmt.Errorf("use SOCKS5 proxy: %w", err)
	}
	dialer, ok := d.(proxy.ContextDialer)
	if !ok {
		return nil, errors.New("use SOCKS5 proxy: the library cannot be canceled")
	}
	return func(ctx context.Context, network, target string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, target)
		return conn, socksError(err)
	}, nil
}

// socksError classifies the library's errors, of which it has only the text: one test per
// text watches over them.
func socksError(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	switch {
	case strings.HasSuffix(text, "username/password authentication failed"),
		strings.HasSuffix(text, "no acceptable authentication methods"):
		return fault.As(remote.ErrAuth, "%v by the proxy: check proxy_user and proxy_password: %w", remote.ErrAuth, err)
	case strings.HasSuffix(text, "connection not allowed by ruleset"):
		return fault.As(remote.ErrPermission, "%v by the proxy: ask its operator to allow the target: %w", remote.ErrPermission, err)
	}
	return fault.Wrap(remote.ErrTemporary, err)
}
