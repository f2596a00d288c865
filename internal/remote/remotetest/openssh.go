package remotetest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// sshdPath is where every distribution puts the server; it insists on an absolute path.
const sshdPath = "/usr/sbin/sshd"

// Server is the machine's OpenSSH server, serving a folder to the current user.
type Server struct {
	// Addr is host:port, Host and Port its parts.
	Addr, Host string
	Port       int
	// User may log in with the private key in KeyFile.
	User, KeyFile string
	// Folder is an empty folder. OpenSSH serves the whole machine, so that this is also
	// its path over SFTP.
	Folder string
	// HostKeys are the fingerprints of the server's keys by type: ssh-ed25519,
	// ecdsa-sha2-nistp256, ssh-rsa.
	HostKeys map[string]string
	// KnownHosts is a known_hosts file with all of them.
	KnownHosts string

	config string
}

// OpenSSH starts the machine's own sshd on a free port of 127.0.0.1, with new keys, and
// stops it when the test ends. The current user may be any who has a
// login shell. options are arguments of its internal-sftp, such as "-P", "posix-rename".
// Without sshd the test is skipped, except where the environment variable CI is "true":
// there it fails.
func OpenSSH(t testing.TB, options ...string) *Server {
	t.Helper()
	if _, err := os.Stat(sshdPath); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("OpenSSH server is missing: install the package openssh-server: %v", err)
		}
		t.Skipf("OpenSSH server is missing: install the package openssh-server: %v", err)
	}
	dir := t.TempDir()
	s := &Server{Folder: filepath.Join(dir, "inbox"), KeyFile: filepath.Join(dir, "id")}
	account, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s.User = account.Username
	for _, folder := range []string{s.Folder, "/run/sshd"} {
		// The second is sshd's own and can only be made by root, who alone needs it.
		if err := os.MkdirAll(folder, 0o755); err != nil && folder == s.Folder {
			t.Fatal(err)
		}
	}
	addr := inetd(t, func(ctx context.Context) *exec.Cmd {
		return exec.CommandContext(ctx, sshdPath, "-i", "-e", "-f", s.config)
	})
	s.Addr, s.Host, s.Port = addr.String(), addr.IP.String(), addr.Port
	s.configure(t, dir, options)
	return s
}

func (s *Server) configure(t testing.TB, dir string, options []string) {
	t.Helper()
	client := generate(t, "ssh-ed25519")
	write(t, s.KeyFile, marshal(t, client))
	write(t, filepath.Join(dir, "authorized_keys"), ssh.MarshalAuthorizedKey(public(t, client)))
	lines := []string{
		"StrictModes no", "UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes",
		"PidFile none", "AuthorizedKeysFile " + filepath.Join(dir, "authorized_keys"),
		strings.Join(append([]string{"Subsystem sftp internal-sftp"}, options...), " "),
	}
	s.HostKeys = map[string]string{}
	var known bytes.Buffer
	for _, kind := range []string{"ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"} {
		key := generate(t, kind)
		file := filepath.Join(dir, "host_"+kind)
		write(t, file, marshal(t, key))
		lines = append(lines, "HostKey "+file)
		s.HostKeys[kind] = ssh.FingerprintSHA256(public(t, key))
		fmt.Fprintln(&known, knownhosts.Line([]string{s.Addr}, public(t, key)))
	}
	s.KnownHosts, s.config = filepath.Join(dir, "known_hosts"), filepath.Join(dir, "sshd_config")
	write(t, s.KnownHosts, known.Bytes())
	write(t, s.config, []byte(strings.Join(lines, "\n")+"\n"))
}

func generate(t testing.TB, kind string) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch kind {
	case "ssh-rsa":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ecdsa-sha2-nistp256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(t testing.TB, key crypto.Signer) ssh.PublicKey {
	t.Helper()
	k, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func marshal(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Prints returns the fingerprints of all host keys.
func (s *Server) Prints() []string {
	var prints []string
	for _, fingerprint := range s.HostKeys {
		prints = append(prints, fingerprint)
	}
	slices.Sort(prints)
	return prints
}
