package sftp_test

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/sandbox/partner"
	"lucca-exchange/internal/secret"
)

const password = "canary-9f31"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// writeFile returns the path of a new private file.
func writeFile(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// at returns the configuration for another address.
func at(t testing.TB, c sftp.Config, addr string) sftp.Config {
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

func missing(c sftp.Config) remote.Remote {
	c.Dir += "-missing"
	return sftp.New(c)
}

// sandbox starts the embedded partner server and returns how to reach its folder /in,
// which is the second result on this machine.
func sandbox(t testing.TB, quirks partner.Quirks) (*partner.Server, sftp.Config, string) {
	t.Helper()
	root := t.TempDir()
	folder := filepath.Join(root, "in")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	server, err := partner.Start(t.Context(), partner.Options{
		Root: root, User: "acme", Password: password, SecondHostKey: true, Quirks: quirks,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server, at(t, sftp.Config{
		User:     "acme",
		Password: secret.Ref{File: writeFile(t, []byte(password))},
		HostKeys: server.HostKeys()[:1],
		Dir:      "/in",
	}, server.Addr()), folder
}

// openSSH starts the machine's sshd and returns how to reach its folder.
func openSSH(t testing.TB, options ...string) (*remotetest.Server, sftp.Config) {
	t.Helper()
	server := remotetest.OpenSSH(t, options...)
	return server, sftp.Config{
		Host: server.Host, Port: server.Port, User: server.User,
		PrivateKey: secret.Ref{File: server.KeyFile},
		KnownHosts: server.KnownHosts,
		Dir:        server.Folder,
	}
}

func open(t testing.TB, c sftp.Config) remote.Session {
	t.Helper()
	s, err := sftp.New(c).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestContractOpenSSH(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]string{
		"as it is":        nil,
		"no posix-rename": {"-P", "posix-rename"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := openSSH(t, options...)
			remotetest.Run(t, func(t *testing.T) remotetest.Fixture {
				c := c
				c.Dir = filepath.Join(t.TempDir(), "inbox")
				if err := os.Mkdir(c.Dir, 0o755); err != nil {
					t.Fatal(err)
				}
				return remotetest.Fixture{Remote: sftp.New(c), Folder: c.Dir, Missing: missing(c), Replaces: options == nil}
			})
		})
	}
}

func TestContractPartner(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]partner.Quirks{
		"like OpenSSH":      {},
		"short reads":       {ShortReads: true},
		"no posix-rename":   {NoPosixRename: true},
		"rename overwrites": {NoPosixRename: true, RenameOverwrites: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			remotetest.Run(t, func(t *testing.T) remotetest.Fixture {
				_, c, folder := sandbox(t, quirks)
				return remotetest.Fixture{Remote: sftp.New(c), Folder: folder, Missing: missing(c), Replaces: !quirks.NoPosixRename}
			})
		})
	}
}

// brief makes the deadlines of a test short.
func brief(c sftp.Config) sftp.Config {
	c.ConnectTimeout, c.IdleTimeout = 3*time.Second, 400*time.Millisecond
	return c
}
