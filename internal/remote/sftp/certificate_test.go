package sftp_test

import (
	"crypto/ed25519"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/sandbox/partner"
	"lucca-exchange/internal/secret"
)

func TestLoginByCertificate(t *testing.T) {
	t.Parallel()
	server, c := openSSH(t)
	c.PrivateKey = secret.Ref{File: server.CertifiedKeyFile}
	if _, err := sftp.New(c).Open(t.Context()); !errors.Is(err, remote.ErrAuth) {
		t.Errorf("error without the certificate = %v, want ErrAuth", err)
	}
	c.Certificate = server.CertificateFile
	if peer := open(t, c).Peer(); peer.Warning != "" {
		t.Errorf("warned of %q", peer.Warning)
	}
}

func TestCertificatesAreCheckedBeforeTheyAreShown(t *testing.T) {
	t.Parallel()
	server, c, _ := sandbox(t, partner.Quirks{})
	_, public, file := keyPair(t, "")
	authority, _, _ := keyPair(t, "")
	c.PrivateKey = file
	issue := func(of ssh.Certificate) string {
		return writeFile(t, ssh.MarshalAuthorizedKey(remotetest.Certify(t, authority, of)))
	}
	now := uint64(time.Now().Unix())
	_, other, _ := keyPair(t, "")
	for name, tt := range map[string]struct {
		certificate string
		says        string
		auth        bool
	}{
		"ended":         {issue(ssh.Certificate{Key: public, CertType: ssh.UserCert, ValidBefore: now - 10}), "ended on", true},
		"not yet valid": {issue(ssh.Certificate{Key: public, CertType: ssh.UserCert, ValidAfter: now + 3600}), "valid only from", true},
		"another key's": {issue(ssh.Certificate{Key: other, CertType: ssh.UserCert}), "another key", false},
		"a host's":      {issue(ssh.Certificate{Key: public, CertType: ssh.HostCert}), "not an OpenSSH user certificate", false},
		"a plain key":   {writeFile(t, ssh.MarshalAuthorizedKey(public)), "not an OpenSSH user certificate", false},
		"nonsense":      {writeFile(t, []byte("x")), "not an OpenSSH certificate", false},
		"missing":       {"/none", "not a readable file", false},
	} {
		c := c
		c.Certificate = tt.certificate
		_, err := sftp.New(c).Open(t.Context())
		if err == nil || !strings.Contains(err.Error(), tt.says) || errors.Is(err, remote.ErrAuth) != tt.auth {
			t.Errorf("%s: error = %v, want %q", name, err, tt.says)
		}
		faults := 0
		c.Validate(func(key, _ string) {
			if key != "certificate" {
				t.Errorf("%s: fault in %q", name, key)
			}
			faults++
		})
		if want := strings.HasPrefix(tt.says, "not a"); (faults == 1) != want {
			t.Errorf("%s: %d faults", name, faults)
		}
	}
	if server.Refused() != 0 {
		t.Error("a login was tried")
	}
}

func TestCertificateThatEndsSoonIsWarnedOf(t *testing.T) {
	t.Parallel()
	server, c := openSSH(t)
	// The same key signed anew, by an authority that the server does not know: it also
	// takes the key as it is, but is only shown the certificate.
	pem, err := os.ReadFile(server.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		t.Fatal(err)
	}
	authority, _, _ := keyPair(t, "")
	certificate := remotetest.Certify(t, authority, ssh.Certificate{
		Key: signer.PublicKey(), CertType: ssh.UserCert, ValidPrincipals: []string{server.User},
		ValidBefore: uint64(time.Now().Add(13 * 24 * time.Hour).Unix()),
	})
	c.Certificate = writeFile(t, ssh.MarshalAuthorizedKey(certificate))
	if _, err := sftp.New(c).Open(t.Context()); !errors.Is(err, remote.ErrAuth) {
		t.Errorf("error = %v, want ErrAuth: the authority is unknown", err)
	}
	partnerServer, pc := keyServer(t, certificate, false)
	pc.PrivateKey, pc.Certificate = c.PrivateKey, c.Certificate
	if peer := open(t, pc).Peer(); !strings.Contains(peer.Warning, "ends on") {
		t.Errorf("warning = %q (%s)", peer.Warning, partnerServer.Addr())
	}
}

// TestKnownAuthority: one line of known_hosts stands for hosts whose keys it has never
// seen, of whatever type.
func TestKnownAuthority(t *testing.T) {
	t.Parallel()
	server, c := openSSH(t)
	c.KnownHosts = server.KnownAuthority
	peer := open(t, c).Peer()
	found := false
	for _, fingerprint := range server.HostKeys {
		found = found || fingerprint == peer.Key
	}
	if !found {
		t.Errorf("peer's key = %s, which is none of %q", peer.Key, server.Prints())
	}
	// The client of OpenSSH agrees.
	cmd := exec.CommandContext(t.Context(), "ssh", "-F", "none", "-i", server.KeyFile, "-p", port(server.Addr), "-s",
		"-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile="+server.KnownAuthority, "-o", "GlobalKnownHostsFile=none", server.User+"@"+server.Host, "sftp")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("ssh: %v\n%s", err, out)
	}
}

func TestCertificatesOfHostsThatAreNotRight(t *testing.T) {
	t.Parallel()
	authority, authorityKey, _ := keyPair(t, "")
	other, _, _ := keyPair(t, "")
	for name, tt := range map[string]struct {
		signedBy    ed25519.PrivateKey
		certificate ssh.Certificate
		right       bool
		says        string
	}{
		"right":             {authority, ssh.Certificate{CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}}, true, ""},
		"ended":             {authority, ssh.Certificate{CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}, ValidBefore: 1}, false, "expired"},
		"another host's":    {authority, ssh.Certificate{CertType: ssh.HostCert, ValidPrincipals: []string{"files.acme.example"}}, false, "principal"},
		"a user's":          {authority, ssh.Certificate{CertType: ssh.UserCert, ValidPrincipals: []string{"127.0.0.1"}}, false, "type"},
		"another authority": {other, ssh.Certificate{CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}}, false, "authorities"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, public, _ := keyPair(t, "")
			signer, err := ssh.NewSignerFromSigner(key)
			if err != nil {
				t.Fatal(err)
			}
			tt.certificate.Key = public
			certified, err := ssh.NewCertSigner(remotetest.Certify(t, tt.signedBy, tt.certificate), signer)
			if err != nil {
				t.Fatal(err)
			}
			server, err := partner.Start(t.Context(), partner.Options{
				Root: t.TempDir(), User: "acme", Password: password, HostKeys: []ssh.Signer{certified},
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Close() })
			c := at(t, sftp.Config{
				User: "acme", Password: secret.Ref{File: writeFile(t, []byte(password))}, Dir: "/",
				KnownHosts: writeFile(t, []byte("@cert-authority "+knownhosts.Line([]string{server.Addr()}, authorityKey)+"\n")),
			}, server.Addr())
			if tt.right {
				open(t, c)
				return
			}
			_, err = sftp.New(c).Open(t.Context())
			if !errors.Is(err, remote.ErrHostKey) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error = %v, want ErrHostKey and %q", err, tt.says)
			}
			if server.Refused() != 0 || server.Logins() != 0 {
				t.Error("a login was tried")
			}
		})
	}
}
