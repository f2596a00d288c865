package ftp_test

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// writeFile returns the path of a new private file.
func writeFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// at returns the configuration for another address.
func at(t testing.TB, c ftp.Config, addr string) ftp.Config {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	c.Host = host
	if c.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	return c
}

// reach returns how to reach a real server in one of the modes.
func reach(t testing.TB, s *remotetest.FTPServer, mode ftp.Mode) ftp.Config {
	t.Helper()
	c := ftp.Config{
		Mode: mode, Host: s.Host, Port: s.Port, User: s.User,
		Password:       secret.Ref{File: writeFile(t, s.Password)},
		ConnectTimeout: 20 * time.Second, IdleTimeout: 20 * time.Second,
	}
	if mode == ftp.Plain {
		c.AllowPlaintext = true
	} else {
		c.CAFile = s.Certificate.CertFile
	}
	return c
}

func open(t testing.TB, c ftp.Config) remote.Session {
	t.Helper()
	s, err := ftp.New(c).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// realServers are the servers that the whole contract holds for.
func realServers() map[string]func(testing.TB) (*remotetest.FTPServer, ftp.Config) {
	type starter = func(testing.TB, ...string) *remotetest.FTPServer
	servers := map[string]func(testing.TB) (*remotetest.FTPServer, ftp.Config){}
	add := func(name string, start starter, mode ftp.Mode, change func(*ftp.Config), lines ...string) {
		servers[name] = func(t testing.TB) (*remotetest.FTPServer, ftp.Config) {
			s := start(t, lines...)
			c := reach(t, s, mode)
			if change != nil {
				change(&c)
			}
			return s, c
		}
	}
	newest := func(c *ftp.Config) { c.TLSMax = "1.3" }
	noMLSD := func(c *ftp.Config) { c.DisableMLSD = true }
	add("vsftpd explicit", remotetest.VSFTPD, ftp.Explicit, nil)
	add("vsftpd explicit TLS 1.3", remotetest.VSFTPD, ftp.Explicit, newest)
	add("vsftpd implicit", remotetest.VSFTPD, ftp.Implicit, nil, "implicit_ssl=YES")
	add("vsftpd strict", remotetest.VSFTPD, ftp.Explicit, nil, "strict_ssl_read_eof=YES", "strict_ssl_write_shutdown=YES")
	add("vsftpd strict TLS 1.3", remotetest.VSFTPD, ftp.Explicit, newest, "strict_ssl_read_eof=YES", "strict_ssl_write_shutdown=YES")
	add("vsftpd plain", remotetest.VSFTPD, ftp.Plain, nil, "ssl_enable=NO")
	add("vsftpd plain PASV", remotetest.VSFTPD, ftp.Plain, func(c *ftp.Config) { c.DisableEPSV = true }, "ssl_enable=NO")
	add("ProFTPD explicit", remotetest.ProFTPD, ftp.Explicit, nil)
	add("ProFTPD implicit", remotetest.ProFTPD, ftp.Implicit, nil, "TLSOptions UseImplicitSSL")
	add("ProFTPD LIST", remotetest.ProFTPD, ftp.Explicit, noMLSD)
	add("ProFTPD TLS 1.2 with tickets", remotetest.ProFTPD, ftp.Explicit, nil, "TLSProtocol TLSv1.2", "TLSSessionTickets on")
	add("Pure-FTPd explicit", remotetest.PureFTPD, ftp.Explicit, nil)
	add("Pure-FTPd LIST", remotetest.PureFTPD, ftp.Explicit, noMLSD)
	return servers
}

func TestContractRealServers(t *testing.T) {
	t.Parallel()
	for name, start := range realServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := start(t)
			remotetest.Run(t, func(t *testing.T) remotetest.Fixture {
				dir, folder := server.Folder(t, "inbox")
				there, missing := c, c
				there.Dir, missing.Dir = dir, dir+"-missing"
				return remotetest.Fixture{Remote: ftp.New(there), Missing: ftp.New(missing), Folder: folder, Owner: server.Owner, Hides: true, Latin1: true}
			})
		})
	}
}
