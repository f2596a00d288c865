package sftp_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dial"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/sandbox/partner"
	"lucca-exchange/internal/secret"
)

// jumpOver is the machine's sshd as a jump host, at addr.
func jumpOver(t *testing.T, server *remotetest.Server, addr string) *sftp.Jump {
	t.Helper()
	c := at(t, sftp.Config{}, addr)
	return &sftp.Jump{
		Host: c.Host, Port: c.Port, User: server.User,
		PrivateKey: secret.Ref{File: server.KeyFile}, HostKeys: server.Prints(),
	}
}

func TestContractThroughAJumpHost(t *testing.T) {
	t.Parallel()
	bastion := remotetest.OpenSSH(t)
	remotetest.Run(t, func(t *testing.T) remotetest.Fixture {
		_, c, folder := sandbox(t, partner.Quirks{})
		c.Jump = jumpOver(t, bastion, bastion.Addr)
		return remotetest.Fixture{Remote: sftp.New(c), Folder: folder, Missing: missing(c), Replaces: true}
	})
}

func TestPeerNamesTheJumpHost(t *testing.T) {
	t.Parallel()
	bastion := remotetest.OpenSSH(t)
	server, c, _ := sandbox(t, partner.Quirks{})
	c.Jump = jumpOver(t, bastion, bastion.Addr)
	peer := open(t, c).Peer()
	if peer.Address != server.Addr() || peer.Key != server.HostKeys()[0] || !strings.HasSuffix(peer.Protocol, " through "+bastion.Addr) {
		t.Errorf("peer = %+v", peer)
	}
}

func TestJumpHostFaults(t *testing.T) {
	t.Parallel()
	bastion := remotetest.OpenSSH(t)
	server, good, _ := sandbox(t, partner.Quirks{})
	_, _, stranger := keyPair(t, "")
	for _, tt := range []struct {
		name   string
		change func(*sftp.Config)
		want   error
		says   string
	}{
		{"its key is another", func(c *sftp.Config) { c.Jump.HostKeys = []string{strange} }, remote.ErrHostKey, "jump host"},
		{"it refuses us", func(c *sftp.Config) { c.Jump.PrivateKey = stranger }, remote.ErrAuth, "jump host"},
		{"it is down", func(c *sftp.Config) { c.Jump.Port = 1 }, remote.ErrTemporary, "jump host"},
		{"the server behind it is down", func(c *sftp.Config) { c.Port = 1 }, remote.ErrTemporary, ""},
		{"the server behind it is another", func(c *sftp.Config) { c.HostKeys = []string{strange} }, remote.ErrHostKey, ""},
		{"the server behind it refuses us", func(c *sftp.Config) {
			c.Password = secret.Ref{File: writeFile(t, []byte("wrong"))}
		}, remote.ErrAuth, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := good
			c.Jump = jumpOver(t, bastion, bastion.Addr)
			tt.change(&c)
			refused := server.Refused()
			_, err := sftp.New(c).Open(t.Context())
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) || tt.says == "" && strings.Contains(err.Error(), "jump host") {
				t.Errorf("error = %v, want %v about %q", err, tt.want, tt.says)
			}
			if !errors.Is(tt.want, remote.ErrAuth) && server.Refused() != refused {
				t.Error("a login was tried")
			}
		})
	}
}

// TestSilentJumpHost: the connection between us and the jump host, or between it and the
// server, goes silent in the middle of an upload.
func TestSilentJumpHost(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{true, false} {
		bastion := remotetest.OpenSSH(t)
		server, c, _ := sandbox(t, partner.Quirks{})
		target, entry := server.Addr(), bastion.Addr
		fault := remotetest.Fault{HoldUp: 1 << 20}
		if before {
			proxy := remotetest.NewProxy(t, entry)
			proxy.Break(fault)
			entry = proxy.Addr()
		} else {
			proxy := remotetest.NewProxy(t, target)
			proxy.Break(fault)
			target = proxy.Addr()
		}
		c = brief(at(t, c, target))
		c.Jump = jumpOver(t, bastion, entry)
		err := open(t, c).Upload(t.Context(), "a.csv", strings.NewReader(strings.Repeat("x", 8<<20)), 8<<20)
		if !errors.Is(err, remote.ErrTemporary) {
			t.Errorf("silent before the jump host %t: error = %v, want ErrTemporary", before, err)
		}
	}
}

// TestQuietSessionThroughAJumpHostStaysOpen waits several idle timeouts.
func TestQuietSessionThroughAJumpHostStaysOpen(t *testing.T) {
	t.Parallel()
	bastion := remotetest.OpenSSH(t)
	_, c, _ := sandbox(t, partner.Quirks{})
	c = brief(c)
	c.Jump = jumpOver(t, bastion, bastion.Addr)
	s := open(t, c)
	wait := time.NewTimer(1200 * time.Millisecond)
	defer wait.Stop()
	<-wait.C
	if _, err := s.List(t.Context(), ""); err != nil {
		t.Errorf("a quiet session has ended: %v", err)
	}
}

func TestThroughAProxy(t *testing.T) {
	t.Parallel()
	bastion := remotetest.OpenSSH(t)
	server, c, folder := sandbox(t, partner.Quirks{})
	c.KnownHosts, c.HostKeys = writeFile(t, server.KnownHosts()), nil
	login := secret.Ref{File: writeFile(t, []byte("canary-proxy"))}
	for _, gateway := range []*remotetest.Gateway{
		remotetest.HTTPProxy(t, "u", "canary-proxy"), remotetest.SOCKSProxy(t, "u", "canary-proxy"),
	} {
		c := c
		c.Config = dial.Config{Proxy: gateway.URL, ProxyUser: "u", ProxyPassword: login}
		s := open(t, c)
		if err := s.Upload(t.Context(), "a.csv", strings.NewReader("abc"), 3); err != nil {
			t.Error(err)
		}
		if err := os.Remove(filepath.Join(folder, "a.csv")); err != nil {
			t.Error(err)
		}
		c.Jump = jumpOver(t, bastion, bastion.Addr)
		open(t, c)
		if got, want := gateway.Targets(), []string{server.Addr(), bastion.Addr}; !slices.Equal(got, want) {
			t.Errorf("%s: asked for %q, want %q", gateway.URL, got, want)
		}
		c.ProxyPassword = secret.Ref{File: writeFile(t, []byte("canary-wrong"))}
		if _, err := sftp.New(c).Open(t.Context()); !errors.Is(err, remote.ErrAuth) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: error = %v, want ErrAuth", gateway.URL, err)
		}
	}
}
