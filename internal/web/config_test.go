package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"

	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/web/auth"
)

func faults(c Config) []string {
	got := make(map[string]bool)
	c.Validate(func(key, message string) { got[fmt.Sprintf("%s: %s", key, message)] = true })
	return slices.Sorted(maps.Keys(got))
}

func TestValidate(t *testing.T) {
	t.Parallel()
	good := map[string]auth.User{"hr": user("right", auth.Approver)}
	weak, err := bcrypt.GenerateFromPassword([]byte("x"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	pair := writeCertificate(t, t.TempDir(), "exchange.example")
	for _, tt := range []struct {
		name   string
		config Config
		want   []string // the keys
	}{
		{"nothing", Config{}, nil},
		{"loopback", Config{Listen: "localhost:9000"}, nil},
		{"loopback, IPv6", Config{Listen: "[::1]:9000"}, nil},
		{"everywhere with users and tls", Config{Listen: ":8484", Users: good, TLS: pair}, nil},
		{"everywhere with users and a proxy", Config{Listen: "0.0.0.0:8484", Users: good, Proxy: true}, nil},
		{"everywhere, open", Config{Listen: ":8484"}, []string{"tls", "users"}},
		{"everywhere, IPv6, open", Config{Listen: "[::]:8484"}, []string{"tls", "users"}},
		{"an address of the network, open", Config{Listen: "192.0.2.7:8484"}, []string{"tls", "users"}},
		{"users in the clear", Config{Listen: "0.0.0.0:8484", Users: good}, []string{"tls"}},
		{"tls without users", Config{Listen: "0.0.0.0:8484", TLS: pair}, []string{"users"}},
		{"proxy on the same machine without users", Config{Proxy: true}, []string{"users"}},
		{"no port", Config{Listen: "127.0.0.1"}, []string{"listen"}},
		{"port of no number", Config{Listen: "127.0.0.1:http"}, []string{"listen"}},
		{"port out of range", Config{Listen: "127.0.0.1:70000"}, []string{"listen"}},
		{"name", Config{Listen: "exchange.example:8484"}, []string{"listen"}},
		{"user without anything", Config{Users: map[string]auth.User{"hr": {}}}, []string{"users.hr.password_hash", "users.hr.role"}},
		{"password instead of a hash", Config{Users: map[string]auth.User{"hr": {PasswordHash: "s3cret", Role: auth.Viewer}}}, []string{"users.hr.password_hash"}},
		{"hash that is soon guessed", Config{Users: map[string]auth.User{"hr": {PasswordHash: string(weak), Role: auth.Viewer}}}, []string{"users.hr.password_hash"}},
		{"name with a colon", Config{Users: map[string]auth.User{"a:b": good["hr"]}}, []string{"users.a:b"}},
		{"empty tls", Config{TLS: &TLS{}}, []string{"tls.certificate", "tls.key"}},
		{"certificate that is not there", Config{TLS: &TLS{Certificate: "/nosuch.pem", Key: pair.Key}}, []string{"tls.certificate"}},
		{"key of another certificate", Config{TLS: &TLS{Certificate: pair.Certificate, Key: writeCertificate(t, t.TempDir(), "b").Key}}, []string{"tls.certificate"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var keys []string
			for _, f := range faults(tt.config) {
				key, message, _ := strings.Cut(f, ": ")
				keys = append(keys, key)
				if message == "" || strings.Contains(message, "s3cret") {
					t.Errorf("message %q", message)
				}
			}
			if !slices.Equal(keys, tt.want) {
				t.Errorf("got faults %q, want %q", faults(tt.config), tt.want)
			}
		})
	}
}

func TestUnder(t *testing.T) {
	t.Parallel()
	c := Config{TLS: &TLS{Certificate: "cert.pem", Key: secret.Ref{File: "key.pem"}}}
	want := Config{TLS: &TLS{Certificate: "/etc/x/cert.pem", Key: secret.Ref{File: "/etc/x/key.pem"}}}
	if diff := cmp.Diff(want, c.Under("/etc/x")); diff != "" {
		t.Error(diff)
	}
	if c.TLS.Certificate != "cert.pem" {
		t.Error("the configuration itself was changed")
	}
	if diff := cmp.Diff(want, want.Under("/elsewhere")); diff != "" {
		t.Error(diff)
	}
}

func TestProbeOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		config Config
		want   Probe
	}{
		{Config{}, Probe{URL: "http://127.0.0.1:8484"}},
		{Config{Listen: "localhost:80"}, Probe{URL: "http://localhost:80"}},
		{Config{Listen: ":9000"}, Probe{URL: "http://127.0.0.1:9000"}},
		{Config{Listen: "0.0.0.0:9000", TLS: &TLS{}}, Probe{URL: "https://127.0.0.1:9000", Unverified: true}},
		{Config{Listen: "[::]:9000"}, Probe{URL: "http://[::1]:9000"}},
		{Config{Listen: "192.0.2.7:9000"}, Probe{URL: "http://192.0.2.7:9000"}},
	} {
		if got := tt.config.Probe(); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.config.Listen, got, tt.want)
		}
	}
}
