package ftp_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/secret"
)

// showing starts a server that shows a certificate.
func showing(t *testing.T, certificate *remotetest.Certificate) (*remotetest.ScriptedFTP, ftp.Config) {
	t.Helper()
	server, c, _ := scripted(t, ftp.Explicit, remotetest.FTPOptions{TLS: &tls.Config{Certificates: []tls.Certificate{certificate.TLS}}})
	c.CAFile = certificate.CertFile
	return server, c
}

func TestCertificatesThatAreNotTrusted(t *testing.T) {
	t.Parallel()
	good := remotetest.NewCertificate(t)
	other := remotetest.NewCertificate(t)
	for name, tt := range map[string]struct {
		shown  *remotetest.Certificate
		change func(*ftp.Config)
		says   string
	}{
		"unknown authority": {good, func(c *ftp.Config) { c.CAFile = "" }, "unknown authority"},
		"another authority": {good, func(c *ftp.Config) { c.CAFile = other.CertFile }, ""},
		"wrong name":        {good, func(c *ftp.Config) { c.Host = "localhost" }, "localhost"},
		"ended": {remotetest.NewCertificate(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }),
			func(*ftp.Config) {}, "expired"},
		"not yet valid": {remotetest.NewCertificate(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }),
			func(*ftp.Config) {}, "not yet valid"},
		"not the pinned one": {good, func(c *ftp.Config) { c.CAFile, c.Certificates = "", []string{other.Print} }, "none of those in certificates"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := showing(t, tt.shown)
			tt.change(&c)
			_, err := ftp.New(c).Open(t.Context())
			wantError(t, err, remote.ErrCertificate)
			if err != nil && (!strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), tt.shown.Print)) {
				t.Errorf("the error gives no reason or print: %v", err)
			}
			if commands := strings.Join(server.Commands(), " "); strings.Contains(commands, "USER") || strings.Count(commands, "CONNECT") > 1 {
				t.Errorf("the server got %s", commands)
			}
		})
	}
}

func TestPinnedCertificate(t *testing.T) {
	t.Parallel()
	// Anything else about it is no matter.
	shown := remotetest.NewCertificate(t, func(c *x509.Certificate) {
		c.NotAfter, c.IPAddresses = time.Now().Add(-time.Minute), nil
	})
	_, c := showing(t, shown)
	c.CAFile = ""
	for _, pin := range []string{shown.Print, strings.ToLower(shown.Print[len("SHA256:"):])} {
		c.Certificates = []string{remotetest.NewCertificate(t).Print, "SHA256:" + strings.TrimPrefix(pin, "SHA256:")}
		s := open(t, c)
		if _, err := s.List(t.Context(), ""); err != nil {
			t.Error(err)
		}
		if p := s.Peer(); p.Key != shown.Print || !strings.Contains(p.Warning, "has ended") {
			t.Errorf("peer = %+v", p)
		}
	}
}

func TestCertificateThatEndsSoon(t *testing.T) {
	t.Parallel()
	for days, warned := range map[int]bool{13: true, 15: false} {
		shown := remotetest.NewCertificate(t, func(c *x509.Certificate) { c.NotAfter = time.Now().AddDate(0, 0, days) })
		_, c := showing(t, shown)
		warning := open(t, c).Peer().Warning
		if day := shown.TLS.Leaf.NotAfter.Format(time.DateOnly); warned != strings.Contains(warning, day) {
			t.Errorf("%d days before the end: warning %q", days, warning)
		}
	}
}

// TestCertificateTellsItsEnd at each Open, so that it can be watched long before anything warns.
func TestCertificateTellsItsEnd(t *testing.T) {
	t.Parallel()
	shown := remotetest.NewCertificate(t)
	_, c := showing(t, shown)
	r := ftp.New(c)
	var told []time.Time
	r.Certificate(func(ends time.Time) { told = append(told, ends) })
	s, err := r.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if len(told) != 1 || !told[0].Equal(shown.TLS.Leaf.NotAfter) {
		t.Errorf("told %v, want %v", told, shown.TLS.Leaf.NotAfter)
	}
}

func TestClientCertificate(t *testing.T) {
	t.Parallel()
	ours, server := remotetest.NewCertificate(t), remotetest.NewCertificate(t)
	pool := x509.NewCertPool()
	pool.AddCert(ours.TLS.Leaf)
	for _, version := range []string{"1.2", "1.3"} {
		_, c, _ := scripted(t, ftp.Explicit, remotetest.FTPOptions{Reuse: true, TLS: &tls.Config{
			Certificates: []tls.Certificate{server.TLS}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		}})
		c.CAFile, c.TLSMax = server.CertFile, version
		_, err := ftp.New(c).Open(t.Context())
		wantError(t, err, remote.ErrAuth)
		stranger := remotetest.NewCertificate(t)
		c.ClientCertificate, c.ClientKey = stranger.CertFile, secret.Ref{File: stranger.KeyFile}
		_, err = ftp.New(c).Open(t.Context())
		wantError(t, err, remote.ErrAuth)
		c.ClientCertificate, c.ClientKey = ours.CertFile, secret.Ref{File: ours.KeyFile}
		if _, err := open(t, c).List(t.Context(), ""); err != nil {
			t.Errorf("TLS %s: %v", version, err)
		}
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		serverMin, serverMax uint16
		min, max             string
		want                 string // part of Peer.Protocol; "" is an error
	}{
		{tls.VersionTLS12, tls.VersionTLS13, "", "", "TLS 1.2"},
		{tls.VersionTLS12, tls.VersionTLS12, "", "", "TLS 1.2"},
		{tls.VersionTLS13, tls.VersionTLS13, "", "", "TLS 1.3"},
		{tls.VersionTLS12, tls.VersionTLS13, "", "1.3", "TLS 1.3"},
		{tls.VersionTLS12, tls.VersionTLS13, "1.3", "", "TLS 1.3"},
		{tls.VersionTLS12, tls.VersionTLS12, "", "1.3", "TLS 1.2"},
		{tls.VersionTLS12, tls.VersionTLS12, "1.3", "", ""},
		{tls.VersionTLS13, tls.VersionTLS13, "", "1.2", ""},
		{tls.VersionTLS10, tls.VersionTLS11, "", "", ""},
	} {
		certificate := remotetest.NewCertificate(t)
		server, c, _ := scripted(t, ftp.Explicit, remotetest.FTPOptions{Reuse: true, TLS: &tls.Config{
			Certificates: []tls.Certificate{certificate.TLS}, MinVersion: tt.serverMin, MaxVersion: tt.serverMax,
		}})
		c.CAFile, c.TLSMin, c.TLSMax = certificate.CertFile, tt.min, tt.max
		s, err := ftp.New(c).Open(t.Context())
		if tt.want == "" {
			wantError(t, err, errPermanent)
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", tt, err)
			continue
		}
		if !strings.Contains(s.Peer().Protocol, tt.want) {
			t.Errorf("%+v: protocol %q", tt, s.Peer().Protocol)
		}
		// Twice with a byte, once without.
		for i, size := range []int64{1, 1, 0} {
			if err := s.Upload(t.Context(), string(rune('a'+i)), strings.NewReader("x"[:size]), size); err != nil {
				t.Errorf("%+v: upload %d: %v", tt, i, err)
			}
		}
		if n := server.Resumed(); n != 3 {
			t.Errorf("%+v: %d of 3 data connections resumed the session", tt, n)
		}
		_ = s.Close()
	}
}

// TestSessionsOfTwoConnections: a cache that they shared would make one resume the other's.
func TestSessionsOfTwoConnections(t *testing.T) {
	t.Parallel()
	for name, start := range realServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := start(t)
			dir, _ := server.Folder(t, "inbox")
			c.Dir = dir
			r := ftp.New(c)
			var sessions []remote.Session
			for range 2 {
				s, err := r.Open(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = s.Close() }()
				sessions = append(sessions, s)
			}
			for range 3 {
				for _, s := range sessions {
					if _, err := s.List(t.Context(), ""); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

func TestReuseDemandedWithoutTickets(t *testing.T) {
	t.Parallel()
	server := remotetest.ProFTPD(t, "TLSProtocol TLSv1.2")
	_, err := open(t, reach(t, server, ftp.Explicit)).List(t.Context(), "")
	wantError(t, err, errPermanent)
	scriptedServer := func() error {
		certificate := remotetest.NewCertificate(t)
		_, c, _ := scripted(t, ftp.Explicit, remotetest.FTPOptions{Reuse: true, TLS: &tls.Config{
			Certificates: []tls.Certificate{certificate.TLS}, SessionTicketsDisabled: true,
		}})
		c.CAFile = certificate.CertFile
		return open(t, c).Upload(t.Context(), "a.csv", strings.NewReader("abc"), 3)
	}
	for _, err := range []error{err, scriptedServer()} {
		for _, way := range []string{"TLSSessionTickets on", "NoSessionReuseRequired"} {
			if err == nil || !strings.Contains(err.Error(), way) || errors.Is(err, remote.ErrTemporary) {
				t.Errorf("error = %v, want it permanent and to name %s", err, way)
			}
		}
	}
	server = remotetest.ProFTPD(t, "TLSProtocol TLSv1.2", "TLSOptions NoSessionReuseRequired")
	if _, err := open(t, reach(t, server, ftp.Explicit)).List(t.Context(), ""); err != nil {
		t.Errorf("without the demand: %v", err)
	}
}

func TestWrongKindOfServer(t *testing.T) {
	t.Parallel()
	_, plain, _ := scripted(t, ftp.Plain, remotetest.FTPOptions{})
	plain.CAFile, plain.AllowPlaintext = remotetest.NewCertificate(t).CertFile, false
	plain.Mode = ftp.Implicit
	_, err := ftp.New(plain).Open(t.Context())
	wantError(t, err, errPermanent)
	if err != nil && !strings.Contains(err.Error(), "ftpes") {
		t.Errorf("error = %v", err)
	}
	plain.Mode = ftp.Explicit
	_, err = ftp.New(plain).Open(t.Context())
	wantError(t, err, errPermanent)
	_, implicit, _ := scripted(t, ftp.Implicit, remotetest.FTPOptions{})
	implicit.Mode, implicit.ConnectTimeout = ftp.Explicit, 300*time.Millisecond
	_, err = ftp.New(implicit).Open(t.Context())
	wantError(t, err, remote.ErrTemporary)
}

// TestAnSFTPServerInThePlaceOfFTP is told by its first line.
func TestAnSFTPServerInThePlaceOfFTP(t *testing.T) {
	t.Parallel()
	s := remotetest.ScriptedSFTP(t, remotetest.SFTPScript{})
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	_, c, _ := scripted(t, ftp.Plain, remotetest.FTPOptions{})
	c.Host = host
	if c.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	_, err = ftp.New(c).Open(t.Context())
	wantError(t, err, errPermanent)
	if err == nil || !strings.Contains(err.Error(), "an SFTP server answers there: want type sftp") {
		t.Errorf("error = %v", err)
	}
}

func TestUnreadableTrust(t *testing.T) {
	t.Parallel()
	_, c, _ := scripted(t, ftp.Explicit, remotetest.FTPOptions{})
	for _, content := range []string{"", "no certificate"} {
		bad := c
		bad.CAFile = writeFile(t, content)
		_, err := ftp.New(bad).Open(t.Context())
		wantError(t, err, errPermanent)
	}
	c.CAFile = "/none"
	if _, err := ftp.New(c).Open(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error = %v", err)
	}
}

func TestWrongPasswordOfRealServers(t *testing.T) {
	t.Parallel()
	for name, start := range realServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := start(t)
			c.Password = secret.Ref{File: writeFile(t, "canary-wrong")}
			_, err := ftp.New(c).Open(t.Context())
			wantError(t, err, remote.ErrAuth)
		})
	}
}

// TestPlainToAServerThatWantsTLS: the servers say what is wrong, each with a code of its own.
func TestPlainToAServerThatWantsTLS(t *testing.T) {
	t.Parallel()
	for _, start := range []func(testing.TB, ...string) *remotetest.FTPServer{remotetest.VSFTPD, remotetest.ProFTPD, remotetest.PureFTPD} {
		_, err := ftp.New(reach(t, start(t), ftp.Plain)).Open(t.Context())
		if err == nil || !strings.Contains(err.Error(), "TLS") && !strings.Contains(err.Error(), "encryption") {
			t.Errorf("error = %v, want the server's reason", err)
		}
	}
}
