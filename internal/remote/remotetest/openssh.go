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
	// KnownAuthority is a known_hosts file with nothing but the authority that has signed
	// them (@cert-authority).
	KnownAuthority string
	// CertifiedKeyFile is a key that gets in only with the certificate in CertificateFile.
	CertifiedKeyFile, CertificateFile string
	// Banner is what the server says before the login.
	Banner string

	config string
}

// OpenSSH starts the machine's own sshd on a free port of 127.0.0.1, with new keys, and
// stops it when the test ends. The current user may be any who has a
// login shell. options are arguments of its internal-sftp, such as "-P", "posix-rename".
// Without sshd the test is skipped, except where the environment variable CI is "true":
// there it fails.
func OpenSSH(t testing.TB, options ...string) *Server {
	t.Helper()
	account, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	missing := t.Skipf
	if os.Getenv("CI") == "true" {
		missing = t.Fatalf
	}
	if _, err := os.Stat(sshdPath); err != nil {
		missing("OpenSSH server is missing: install the package openssh-server: %v", err)
	}
	if !hasShell(account.Username) {
		missing("OpenSSH lets %s not in: run the tests as a user with a login shell", account.Username)
	}
	dir := t.TempDir()
	s := &Server{
		Folder: filepath.Join(dir, "inbox"), KeyFile: filepath.Join(dir, "id"),
		KnownHosts: filepath.Join(dir, "known_hosts"), config: filepath.Join(dir, "sshd_config"),
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
	place := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		write(t, path, content)
		return path
	}
	client := generate(t, "ssh-ed25519")
	write(t, s.KeyFile, marshal(t, client))
	s.Banner = "Authorised use only."
	lines := []string{
		"StrictModes no", "UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes",
		"PidFile none", "Banner " + place("banner", []byte(s.Banner+"\n")),
		"AuthorizedKeysFile " + place("authorized_keys", ssh.MarshalAuthorizedKey(public(t, client))),
		strings.Join(append([]string{"Subsystem sftp internal-sftp"}, options...), " "),
	}
	authority := generate(t, "ssh-ed25519")
	lines = append(lines, "TrustedUserCAKeys "+place("authority", ssh.MarshalAuthorizedKey(public(t, authority))))
	s.certifyClient(t, dir, authority)
	s.HostKeys = map[string]string{}
	var known bytes.Buffer
	for _, kind := range []string{"ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"} {
		key := generate(t, kind)
		certificate := Certify(t, authority, ssh.Certificate{Key: public(t, key), CertType: ssh.HostCert, ValidPrincipals: []string{s.Host}})
		lines = append(lines,
			"HostKey "+place("host_"+kind, marshal(t, key)),
			"HostCertificate "+place("host_"+kind+"-cert.pub", ssh.MarshalAuthorizedKey(certificate)))
		s.HostKeys[kind] = ssh.FingerprintSHA256(public(t, key))
		fmt.Fprintln(&known, knownhosts.Line([]string{s.Addr}, public(t, key)))
	}
	write(t, s.KnownHosts, known.Bytes())
	s.KnownAuthority = place("known_authority", []byte("@cert-authority "+knownhosts.Line([]string{s.Addr}, public(t, authority))+"\n"))
	write(t, s.config, []byte(strings.Join(lines, "\n")+"\n"))
}

// certifyClient makes the key that is not authorized by itself.
func (s *Server) certifyClient(t testing.TB, dir string, authority crypto.Signer) {
	t.Helper()
	key := generate(t, "ssh-ed25519")
	s.CertifiedKeyFile, s.CertificateFile = filepath.Join(dir, "certified"), filepath.Join(dir, "certified-cert.pub")
	write(t, s.CertifiedKeyFile, marshal(t, key))
	certificate := Certify(t, authority, ssh.Certificate{Key: public(t, key), CertType: ssh.UserCert, ValidPrincipals: []string{s.User}})
	write(t, s.CertificateFile, ssh.MarshalAuthorizedKey(certificate))
}

// Certify signs a certificate, which has no end unless it states one.
func Certify(t testing.TB, authority crypto.Signer, c ssh.Certificate) *ssh.Certificate {
	t.Helper()
	signer, err := ssh.NewSignerFromSigner(authority)
	if err != nil {
		t.Fatal(err)
	}
	if c.ValidBefore == 0 {
		c.ValidBefore = ssh.CertTimeInfinity
	}
	if err := c.SignCert(rand.Reader, signer); err != nil {
		t.Fatal(err)
	}
	return &c
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

// hasShell reports whether sshd lets the user in at all: it refuses accounts whose shell is
// nologin or false.
func hasShell(name string) bool {
	b, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return true // an account from elsewhere: let sshd say
	}
	for line := range strings.Lines(string(b)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) == 7 && fields[0] == name {
			return !strings.HasSuffix(fields[6], "/nologin") && !strings.HasSuffix(fields[6], "/false")
		}
	}
	return true
}
