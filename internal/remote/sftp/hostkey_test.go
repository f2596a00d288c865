package sftp_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/sandbox/partner"
	"lucca-exchange/internal/secret"
)

const strange = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestHostKeysListsEveryType(t *testing.T) {
	t.Parallel()
	server := remotetest.OpenSSH(t)
	keys, err := sftp.HostKeys(t.Context(), server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if server.HostKeys[key.Type] != key.Fingerprint {
			t.Errorf("%s: %s, want %s", key.Type, key.Fingerprint, server.HostKeys[key.Type])
		}
	}
	if len(keys) != len(server.HostKeys) {
		t.Errorf("%d keys, want %d: %+v", len(keys), len(server.HostKeys), keys)
	}
}

func TestAPinOfAnyTypeIsEnough(t *testing.T) {
	t.Parallel()
	server, c := openSSH(t)
	for kind, pin := range server.HostKeys {
		c.KnownHosts, c.HostKeys = "", []string{strange, pin}
		s, err := sftp.New(c).Open(t.Context())
		if err != nil {
			t.Errorf("pin of %s: %v", kind, err)
			continue
		}
		if got := s.Peer().Key; got != pin {
			t.Errorf("peer's key = %s, want the %s one", got, kind)
		}
		if got := s.Peer(); got.Address != server.Addr || !strings.HasPrefix(got.Protocol, "SFTP over SSH 2.0, OpenSSH") {
			t.Errorf("peer = %+v", got)
		}
		_ = s.Close()
	}
}

func TestKnownHostsOfOneTypeIsEnough(t *testing.T) {
	t.Parallel()
	server, c := openSSH(t)
	content, err := os.ReadFile(server.KnownHosts)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		c.KnownHosts = writeFile(t, []byte(line))
		s, err := sftp.New(c).Open(t.Context())
		if err != nil {
			t.Errorf("%s: %v", strings.Fields(line)[1], err)
			continue
		}
		_ = s.Close()
	}
}

func TestTheWrongHostGetsNothing(t *testing.T) {
	t.Parallel()
	other, _, _ := sandbox(t, partner.Quirks{})
	server, c, _ := sandbox(t, partner.Quirks{})
	// The lines of another server under this one's address: its key was changed.
	changed := strings.ReplaceAll(string(other.KnownHosts()), port(other.Addr()), port(server.Addr()))
	for _, tt := range []struct {
		name  string
		pins  []string
		known string
		show  []string
	}{
		{"pinned to another key", []string{strange}, "", append(server.HostKeys(), strange)},
		{"changed in known_hosts", nil, changed, append(server.HostKeys()[:1], other.HostKeys()[0])},
		{"not in known_hosts", nil, string(other.KnownHosts()), append(server.HostKeys()[:1], "not in known_hosts")},
		{"revoked", server.HostKeys(), "@revoked " + firstLine(server.KnownHosts()), append(server.HostKeys()[:1], "revoked")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := c
			c.HostKeys = tt.pins
			if tt.known != "" {
				c.KnownHosts = writeFile(t, []byte(tt.known))
			}
			_, err := sftp.New(c).Open(t.Context())
			if !errors.Is(err, remote.ErrHostKey) || errors.Is(err, remote.ErrTemporary) {
				t.Fatalf("error = %v, want ErrHostKey", err)
			}
			for _, part := range tt.show {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error does not show %s: %v", part, err)
				}
			}
		})
	}
	t.Cleanup(func() {
		if server.Refused() != 0 || server.Logins() != 0 {
			t.Errorf("a login was tried: %d refused, %d done", server.Refused(), server.Logins())
		}
	})
}

func TestKnownHostsOfATypeThatTheServerLacks(t *testing.T) {
	t.Parallel()
	rsa := remotetest.OpenSSH(t)
	server, c, _ := sandbox(t, partner.Quirks{})
	content, err := os.ReadFile(rsa.KnownHosts)
	if err != nil {
		t.Fatal(err)
	}
	var listed string
	for line := range strings.Lines(string(content)) {
		if strings.Contains(line, " ssh-rsa ") {
			listed = strings.ReplaceAll(line, port(rsa.Addr), port(server.Addr()))
		}
	}
	c.HostKeys, c.KnownHosts = nil, writeFile(t, []byte(listed))
	if _, err := sftp.New(c).Open(t.Context()); !errors.Is(err, remote.ErrHostKey) || server.Refused() != 0 {
		t.Errorf("error = %v, want ErrHostKey and no login", err)
	}
}

func port(addr string) string { return addr[strings.LastIndex(addr, ":")+1:] }

func firstLine(b []byte) string { return strings.SplitAfter(string(b), "\n")[0] }

func TestPinsAndKnownHostsAddUp(t *testing.T) {
	t.Parallel()
	server, c, _ := sandbox(t, partner.Quirks{})
	other, _, _ := sandbox(t, partner.Quirks{})
	c.KnownHosts = writeFile(t, other.KnownHosts())
	open(t, c)
	c.HostKeys, c.KnownHosts = []string{strange}, writeFile(t, server.KnownHosts())
	open(t, c)
}

func TestHostKeysOfNothing(t *testing.T) {
	t.Parallel()
	server, _, _ := sandbox(t, partner.Quirks{})
	proxy := remotetest.NewProxy(t, server.Addr())
	proxy.Break(remotetest.Fault{Refuse: true})
	if _, err := sftp.HostKeys(t.Context(), proxy.Addr()); !errors.Is(err, remote.ErrTemporary) {
		t.Errorf("error = %v, want ErrTemporary", err)
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	good := sftp.Config{Host: "files.acme.example", User: "hr", Agent: true, HostKeys: []string{strange}}
	for _, tt := range []struct {
		name   string
		change func(*sftp.Config)
		want   []string
	}{
		{"good", func(*sftp.Config) {}, nil},
		{"empty", func(c *sftp.Config) { *c = sftp.Config{} }, []string{"host", "host_keys", "password", "user"}},
		{"URL for a host", func(c *sftp.Config) { c.Host = "sftp://x/in" }, []string{"host"}},
		{"port in the host", func(c *sftp.Config) { c.Host = "x:22" }, []string{"host"}},
		{"IPv6", func(c *sftp.Config) { c.Host = "::1" }, nil},
		{"port", func(c *sftp.Config) { c.Port = 70000 }, []string{"port"}},
		{"pin", func(c *sftp.Config) { c.HostKeys = append(c.HostKeys, "MD5:aa") }, []string{"host_keys[1]"}},
		{"known_hosts", func(c *sftp.Config) { c.KnownHosts = "/none" }, []string{"known_hosts"}},
		{"timeouts", func(c *sftp.Config) { c.ConnectTimeout, c.IdleTimeout = -1, -1 }, []string{"connect_timeout", "idle_timeout"}},
		{"two sources", func(c *sftp.Config) { c.Password = secret.Ref{Env: "A", File: "b"} }, []string{"password"}},
		{"passphrase alone", func(c *sftp.Config) { c.Passphrase = secret.Ref{Env: "A"} }, []string{"passphrase"}},
		{"folder", func(c *sftp.Config) { c.Dir = "a\nb" }, []string{"dir"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := good
			c.HostKeys = slices.Clone(good.HostKeys)
			tt.change(&c)
			var got []string
			c.Validate(func(key, message string) {
				if message == "" {
					t.Errorf("%s: no message", key)
				}
				got = append(got, key)
			})
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("faults in %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRelativePathsStartAtTheConfiguration(t *testing.T) {
	t.Parallel()
	c := sftp.Config{
		KnownHosts: "known_hosts", PrivateKey: secret.Ref{File: "id"}, Password: secret.Ref{File: "/abs"},
		Passphrase: secret.Ref{Env: "P"}, Dir: "in",
	}.Under("/etc/x")
	if c.KnownHosts != "/etc/x/known_hosts" || c.PrivateKey.File != "/etc/x/id" || c.Password.File != "/abs" || c.Passphrase.File != "" || c.Dir != "in" {
		t.Errorf("Under() = %+v", c)
	}
}
