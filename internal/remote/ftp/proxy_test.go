package ftp_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dial"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/secret"
)

// proxies are a proxy of each kind, by the scheme of its URL.
func proxies() map[string]func(testing.TB, string, string) *remotetest.Gateway {
	return map[string]func(testing.TB, string, string) *remotetest.Gateway{
		"http": remotetest.HTTPProxy, "socks5": remotetest.SOCKSProxy,
	}
}

// proxied starts a server that demands the TLS session of the control connection on each data
// connection, and returns how to reach it through a proxy.
func proxied(t *testing.T, scheme string, password string) (ftp.Config, *remotetest.Gateway, string) {
	t.Helper()
	root := t.TempDir()
	folder := filepath.Join(root, "in")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	certificate := remotetest.NewCertificate(t)
	server := remotetest.NewScriptedFTP(t, remotetest.FTPOptions{
		Root: root, TLS: &tls.Config{Certificates: []tls.Certificate{certificate.TLS}, MaxVersion: tls.VersionTLS12}, Reuse: true,
	})
	gateway := proxies()[scheme](t, "via", "canary-40aa")
	return at(t, ftp.Config{
		User: server.User, Password: secret.Ref{File: writeFile(t, server.Password)}, Certificates: []string{certificate.Print}, Dir: "/in",
		ConnectTimeout: 10 * time.Second, IdleTimeout: 5 * time.Second,
		Config: dial.Config{Proxy: gateway.URL, ProxyUser: "via", ProxyPassword: secret.Ref{File: writeFile(t, password)}},
	}, server.Addr), gateway, folder
}

// TestControlAndDataThroughAProxy: nothing goes past the proxy.
func TestControlAndDataThroughAProxy(t *testing.T) {
	t.Parallel()
	for scheme := range proxies() {
		for _, disableEPSV := range []bool{false, true} {
			t.Run(scheme, func(t *testing.T) {
				t.Parallel()
				c, gateway, folder := proxied(t, scheme, "canary-40aa")
				c.DisableEPSV = disableEPSV
				s := open(t, c)
				content := strings.Repeat("login;name\n", 10_000)
				if err := s.Upload(t.Context(), "a.csv", strings.NewReader(content), int64(len(content))); err != nil {
					t.Fatal(err)
				}
				var got bytes.Buffer
				if _, err := s.Download(t.Context(), "a.csv", &got); err != nil || got.String() != content {
					t.Errorf("downloaded %d bytes, %v", got.Len(), err)
				}
				if stored, err := os.ReadFile(filepath.Join(folder, "a.csv")); err != nil || string(stored) != content {
					t.Errorf("the server holds %d bytes, %v", len(stored), err)
				}
				targets := gateway.Targets()
				if len(targets) != 3 || slices.ContainsFunc(targets, func(to string) bool { return !strings.HasPrefix(to, "127.0.0.1:") }) {
					t.Errorf("the proxy was asked for %q, want the control connection and two for data", targets)
				}
			})
		}
	}
}

// TestTheProxyLooksUpTheName: this machine never learns the address.
func TestTheProxyLooksUpTheName(t *testing.T) {
	t.Parallel()
	for scheme := range proxies() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			c, gateway, _ := proxied(t, scheme, "canary-40aa")
			c.Host = "localhost"
			if entries, err := open(t, c).List(t.Context(), ""); err != nil || len(entries) != 0 {
				t.Errorf("listed %v, %v", entries, err)
			}
			for _, to := range gateway.Targets() {
				if !strings.HasPrefix(to, "localhost:") {
					t.Errorf("the proxy was asked for %q", to)
				}
			}
		})
	}
}

func TestAProxyThatRefusesTheLogin(t *testing.T) {
	t.Parallel()
	for scheme := range proxies() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			c, _, _ := proxied(t, scheme, "wrong")
			if _, err := ftp.New(c).Open(t.Context()); !errors.Is(err, remote.ErrAuth) {
				t.Errorf("open: %v", err)
			}
		})
	}
}

func TestProxyKeysAreChecked(t *testing.T) {
	t.Parallel()
	var keys []string
	ftp.Config{
		Host: "ftp.pdlf.example", User: "acme", Password: secret.Ref{Env: "HOME"}, Config: dial.Config{Proxy: "gopher://x:70"},
	}.Validate(func(key, _ string) { keys = append(keys, key) })
	if !slices.Equal(keys, []string{"proxy"}) {
		t.Errorf("reported %q", keys)
	}
}
