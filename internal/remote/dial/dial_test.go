package dial_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dial"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/secret"
)

const password = "canary-77ab"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// greeter is a server that says hello, and then what it hears.
func greeter(t *testing.T) string {
	t.Helper()
	return serve(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "220 hello\r\n")
		_, _ = io.Copy(conn, conn) // until the client hangs up
	})
}

func serve(t *testing.T, talk func(net.Conn)) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				talk(conn)
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() { _ = listener.Close(); serving.Wait() })
	return listener.Addr().String()
}

func secretFile(t *testing.T, content string) secret.Ref {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return secret.Ref{File: path}
}

func gateways(t *testing.T, user, password string) map[string]*remotetest.Gateway {
	t.Helper()
	return map[string]*remotetest.Gateway{
		"http": remotetest.HTTPProxy(t, user, password), "socks5": remotetest.SOCKSProxy(t, user, password),
	}
}

func TestConnects(t *testing.T) {
	t.Parallel()
	target := greeter(t)
	configs := map[string]dial.Config{"straight": {}}
	for name, g := range gateways(t, "", "") {
		configs[name] = dial.Config{Proxy: g.URL}
	}
	for name, g := range gateways(t, "proxy-user", password) {
		configs[name+" with a login"] = dial.Config{Proxy: g.URL, ProxyUser: "proxy-user", ProxyPassword: secretFile(t, password)}
	}
	for name, c := range configs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open, err := dial.New(c)
			if err != nil {
				t.Fatal(err)
			}
			conn, err := open(t.Context(), "tcp", target)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := io.WriteString(conn, "anyone?"); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len("220 hello\r\nanyone?"))
			if _, err := io.ReadFull(conn, got); err != nil || string(got) != "220 hello\r\nanyone?" {
				t.Errorf("read %q, %v", got, err)
			}
			if addr, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || addr.String() != target {
				t.Errorf("remote address = %v, want the target's %s", conn.RemoteAddr(), target)
			}
		})
	}
}

func TestTheProxyLooksUpNames(t *testing.T) {
	t.Parallel()
	_, port, err := net.SplitHostPort(greeter(t))
	if err != nil {
		t.Fatal(err)
	}
	target := net.JoinHostPort("localhost", port)
	for name, g := range gateways(t, "", "") {
		open, err := dial.New(dial.Config{Proxy: g.URL})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := open(t.Context(), "tcp", target)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
		if got := g.Targets(); !slices.Equal(got, []string{target}) {
			t.Errorf("%s: asked for %q, want %q", name, got, target)
		}
		if addr, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || addr.IP != nil || addr.Port == 0 {
			t.Errorf("%s: remote address = %v, want the port alone", name, conn.RemoteAddr())
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	target := greeter(t)
	for name, g := range gateways(t, "proxy-user", password) {
		for _, c := range []dial.Config{
			{Proxy: g.URL},
			{Proxy: g.URL, ProxyUser: "proxy-user", ProxyPassword: secretFile(t, "canary-wrong")},
		} {
			open, err := dial.New(c)
			if err != nil {
				t.Fatal(err)
			}
			_, err = open(t.Context(), "tcp", target)
			if !errors.Is(err, remote.ErrAuth) || errors.Is(err, remote.ErrTemporary) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: error = %v, want ErrAuth without the password", name, err)
			}
		}
		if g.Refused() != 2 || len(g.Targets()) != 0 {
			t.Errorf("%s: %d refused, targets %q", name, g.Refused(), g.Targets())
		}
	}
}

// TestProxyAnswers plays proxies that answer otherwise than hoped.
func TestProxyAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		scheme, answer string
		want           error // nil: an error of no class
	}{
		{"http", "HTTP/1.1 403 Forbidden\r\n\r\n", remote.ErrPermission},
		{"http", "HTTP/1.1 502 Bad Gateway\r\n\r\n", remote.ErrTemporary},
		{"http", "HTTP/1.1 503 Service Unavailable\r\n\r\n", remote.ErrTemporary},
		{"http", "HTTP/1.1 404 Not Found\r\n\r\n", nil},
		{"http", "220 FTP here\r\n\r\n", nil},
		{"http", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 20<<10), nil},
		{"http", "HTTP/1.1 200 OK\r\n", io.EOF},
		{"socks5", "\x05\xff", remote.ErrAuth},
		{"socks5", "\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00", remote.ErrPermission},
		{"socks5", "\x05\x00\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", remote.ErrTemporary},
		{"socks5", "\x04", remote.ErrTemporary},
	} {
		address := serve(t, func(conn net.Conn) {
			buffer := make([]byte, 1)
			_, _ = conn.Read(buffer) // the client has begun
			_, _ = io.WriteString(conn, tt.answer)
			_ = conn.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, conn) // a close with unread bytes would be a reset
		})
		open, err := dial.New(dial.Config{Proxy: tt.scheme + "://" + address})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := open(t.Context(), "tcp", "192.0.2.1:22")
		if err == nil {
			_ = conn.Close()
			t.Errorf("%s %.30q: connected", tt.scheme, tt.answer)
			continue
		}
		for _, class := range []error{remote.ErrAuth, remote.ErrPermission, remote.ErrTemporary, io.EOF} {
			if errors.Is(err, class) != (tt.want != nil && errors.Is(tt.want, class)) && tt.scheme == "http" {
				t.Errorf("%s %.30q: error = %v, want %v", tt.scheme, tt.answer, err, tt.want)
			}
		}
		if tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s %.30q: error = %v, want %v", tt.scheme, tt.answer, err, tt.want)
		}
	}
}

func TestCancelEndsTheTalkWithAProxy(t *testing.T) {
	t.Parallel()
	stopped := errors.New("stopped")
	for _, scheme := range []string{"http", "socks5"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		mute := serve(t, func(conn net.Conn) {
			buffer := make([]byte, 1)
			_, _ = conn.Read(buffer)
			cancel(stopped)
			_, _ = io.Copy(io.Discard, conn) // until the client hangs up
		})
		open, err := dial.New(dial.Config{Proxy: scheme + "://" + mute})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := open(ctx, "tcp", "192.0.2.1:22"); !errors.Is(err, stopped) {
			t.Errorf("%s: error = %v, want the cause", scheme, err)
		}
	}
}

func TestATargetCannotAddToTheRequest(t *testing.T) {
	t.Parallel()
	for name, g := range gateways(t, "", "") {
		open, err := dial.New(dial.Config{Proxy: g.URL})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := open(t.Context(), "tcp", "host HTTP/1.1\r\nX: y:22"); err == nil || len(g.Targets()) != 0 {
			t.Errorf("%s: error = %v, asked for %q", name, err, g.Targets())
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		config dial.Config
		want   []string
	}{
		{dial.Config{}, nil},
		{dial.Config{Proxy: "http://proxy.acme.example:3128"}, nil},
		{dial.Config{Proxy: "socks5://[::1]:1080/"}, nil},
		{dial.Config{Proxy: "http://p:1", ProxyUser: "u", ProxyPassword: secret.Ref{Env: "P"}}, nil},
		{dial.Config{Proxy: "proxy.acme.example:3128"}, []string{"proxy"}},
		{dial.Config{Proxy: "http://proxy.acme.example"}, []string{"proxy"}},
		{dial.Config{Proxy: "https://proxy.acme.example:443"}, []string{"proxy"}},
		{dial.Config{Proxy: "http://u:canary@p:1"}, []string{"proxy"}},
		{dial.Config{Proxy: "http://p:1/x"}, []string{"proxy"}},
		{dial.Config{Proxy: "http://%zz"}, []string{"proxy"}},
		{dial.Config{Proxy: "http://p:1", ProxyUser: "u"}, []string{"proxy_password"}},
		{dial.Config{Proxy: "http://p:1", ProxyUser: "u", ProxyPassword: secret.Ref{Env: "P", File: "f"}}, []string{"proxy_password"}},
		{dial.Config{ProxyUser: "u"}, []string{"proxy"}},
	} {
		var got []string
		tt.config.Validate(func(key, message string) {
			got = append(got, key)
			if message == "" || strings.Contains(message, "canary") {
				t.Errorf("%q: %q", tt.config.Proxy, message)
			}
		})
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: faults in %q, want %q", tt.config.Proxy, got, tt.want)
		}
	}
	if got := (dial.Config{ProxyPassword: secret.Ref{File: "p"}}).Under("/etc/x").ProxyPassword.File; got != "/etc/x/p" {
		t.Errorf("Under() = %q", got)
	}
}

func TestUnreadablePasswordIsNoConnection(t *testing.T) {
	t.Parallel()
	if _, err := dial.New(dial.Config{Proxy: "http://p:1", ProxyUser: "u", ProxyPassword: secret.Ref{File: "/none"}}); !errors.Is(err, secret.ErrUnreadable) {
		t.Errorf("error = %v, want ErrUnreadable", err)
	}
}
