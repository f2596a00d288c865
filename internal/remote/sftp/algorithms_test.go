package sftp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/sandbox/partner"
	"lucca-exchange/internal/secret"
)

// legacy starts a server as old as partner.Quirks.Legacy makes it, whose key signs by SHA-1
// only.
func legacy(t *testing.T) (*partner.Server, sftp.Config) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	algorithmSigner, ok := signer.(ssh.AlgorithmSigner)
	if !ok {
		t.Fatal("an RSA key signs by one algorithm only")
	}
	old, err := ssh.NewSignerWithAlgorithms(algorithmSigner, []string{ssh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	server, err := partner.Start(t.Context(), partner.Options{
		Root: t.TempDir(), User: "acme", Password: password, HostKeys: []ssh.Signer{old}, Quirks: partner.Quirks{Legacy: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server, at(t, sftp.Config{
		User: "acme", Password: secret.Ref{File: writeFile(t, []byte(password))}, HostKeys: server.HostKeys(), Dir: "/",
	}, server.Addr())
}

func TestLegacyAlgorithmsNeedAList(t *testing.T) {
	t.Parallel()
	server, c := legacy(t)
	all := sftp.Algorithms{
		KeyExchanges: []string{"diffie-hellman-group1-sha1"}, Ciphers: []string{"aes128-cbc"},
		MACs: []string{"hmac-sha1-96"}, HostKeys: []string{"ssh-rsa"},
	}
	for name, leaveOut := range map[string]func(*sftp.Algorithms){
		"key exchange": func(a *sftp.Algorithms) { a.KeyExchanges = nil },
		"cipher":       func(a *sftp.Algorithms) { a.Ciphers = nil },
		"MAC":          func(a *sftp.Algorithms) { a.MACs = nil },
		"host key":     func(a *sftp.Algorithms) { a.HostKeys = nil },
	} {
		c := c
		c.Algorithms = all
		leaveOut(&c.Algorithms)
		if _, err := sftp.New(c).Open(t.Context()); err == nil || errors.Is(err, remote.ErrTemporary) || errors.Is(err, remote.ErrAuth) {
			t.Errorf("without the %s: error = %v", name, err)
		}
	}
	if server.Refused() != 0 || server.Logins() != 0 {
		t.Error("a login was tried")
	}
	c.Algorithms = all
	peer := open(t, c).Peer()
	if want := " with insecure diffie-hellman-group1-sha1 and ssh-rsa and aes128-cbc and hmac-sha1-96"; !strings.HasSuffix(peer.Protocol, want) {
		t.Errorf("protocol = %q, want %q at its end", peer.Protocol, want)
	}
	if want := "diffie-hellman-group1-sha1, ssh-rsa, aes128-cbc, hmac-sha1-96"; peer.Security != want {
		t.Errorf("security = %q, want %q", peer.Security, want)
	}
}

// TestAListTakesNothingAway: a server that is not old after all is spoken to safely.
func TestAListTakesNothingAway(t *testing.T) {
	t.Parallel()
	_, c := openSSH(t)
	c.Algorithms = sftp.Algorithms{
		KeyExchanges: []string{"diffie-hellman-group1-sha1"}, Ciphers: []string{"aes128-cbc"},
		MACs: []string{"hmac-sha1-96"}, HostKeys: []string{"ssh-rsa"},
	}
	peer := open(t, c).Peer()
	if strings.Contains(peer.Protocol, "insecure") || peer.Security == "" {
		t.Errorf("peer = %+v", peer)
	}
}

func TestAlgorithmFaults(t *testing.T) {
	t.Parallel()
	c := sftp.Config{Host: "h", User: "u", Agent: true, HostKeys: []string{strange}, Algorithms: sftp.Algorithms{
		KeyExchanges: []string{"curve25519-sha256", "diffie-hellman-group1-sha1", "sntrup"}, Ciphers: []string{"blowfish"},
		MACs: []string{"hmac-md5"}, HostKeys: []string{"ssh-rsa", "x"},
	}}
	var got []string
	c.Validate(func(key, message string) {
		if !strings.Contains(message, "there are ") {
			t.Errorf("%s: %q does not say which there are", key, message)
		}
		got = append(got, key)
	})
	if want := []string{"algorithms.key_exchanges[2]", "algorithms.ciphers[0]", "algorithms.macs[0]", "algorithms.host_keys[1]"}; !slices.Equal(got, want) {
		t.Errorf("faults in %q, want %q", got, want)
	}
}
