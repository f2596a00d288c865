package sftp_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/sandbox/partner"
	"lucca-exchange/internal/secret"
)

// keyPair returns a new key and its private half as a file.
func keyPair(t *testing.T, passphrase string) (ed25519.PrivateKey, ssh.PublicKey, secret.Ref) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return key, public, secret.Ref{File: writeFile(t, pem.EncodeToMemory(block))}
}

// keyServer lets in whoever has key.
func keyServer(t *testing.T, key ssh.PublicKey, withPassword bool) (*partner.Server, sftp.Config) {
	t.Helper()
	o := partner.Options{Root: t.TempDir(), User: "acme", AuthorizedKeys: []ssh.PublicKey{key}}
	if withPassword {
		o.Password = password
	}
	server, err := partner.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server, at(t, sftp.Config{User: "acme", HostKeys: server.HostKeys(), Dir: "/"}, server.Addr())
}

func TestLoginByKey(t *testing.T) {
	t.Parallel()
	_, public, file := keyPair(t, "")
	_, c := keyServer(t, public, false)
	c.PrivateKey = file
	open(t, c)
}

func TestLoginByEncryptedKey(t *testing.T) {
	t.Parallel()
	_, public, file := keyPair(t, "canary-phrase")
	_, c := keyServer(t, public, false)
	c.PrivateKey = file
	if _, err := sftp.New(c).Open(t.Context()); err == nil || !strings.Contains(err.Error(), "set passphrase") {
		t.Errorf("error without the passphrase = %v", err)
	}
	c.Passphrase = secret.Ref{File: writeFile(t, []byte("wrong"))}
	if _, err := sftp.New(c).Open(t.Context()); err == nil {
		t.Error("a wrong passphrase is no error")
	}
	c.Passphrase = secret.Ref{File: writeFile(t, []byte("canary-phrase"))}
	open(t, c)
}

func TestAKeyThatIsRefusedIsFollowedByThePassword(t *testing.T) {
	t.Parallel()
	_, public, _ := keyPair(t, "")
	_, _, other := keyPair(t, "")
	server, c := keyServer(t, public, true)
	c.PrivateKey = other
	c.Password = secret.Ref{File: writeFile(t, []byte(password))}
	open(t, c)
	if server.Refused() != 1 {
		t.Errorf("%d refusals, want the key's alone", server.Refused())
	}
}

func TestRefusedLogin(t *testing.T) {
	t.Parallel()
	_, public, _ := keyPair(t, "")
	_, _, other := keyPair(t, "")
	server, c := keyServer(t, public, true)
	c.PrivateKey = other
	c.Password = secret.Ref{File: writeFile(t, []byte("canary-wrong"))}
	_, err := sftp.New(c).Open(t.Context())
	if !errors.Is(err, remote.ErrAuth) || errors.Is(err, remote.ErrTemporary) {
		t.Errorf("error = %v, want ErrAuth", err)
	}
	if err != nil && strings.Contains(err.Error(), "canary") {
		t.Errorf("a secret is in the error: %v", err)
	}
	if server.Refused() != 2 {
		t.Errorf("%d refusals, want one of the key and one of the password", server.Refused())
	}
}

func TestSecretThatCannotBeReadIsNoLogin(t *testing.T) {
	t.Parallel()
	server, c, _ := sandbox(t, partner.Quirks{})
	c.Password = secret.Ref{File: "/none"}
	if _, err := sftp.New(c).Open(t.Context()); !errors.Is(err, secret.ErrUnreadable) {
		t.Errorf("error = %v, want ErrUnreadable", err)
	}
	if server.Refused() != 0 {
		t.Error("a login was tried")
	}
}

// TestLoginByAgent is not parallel: the agent's place is an environment variable.
func TestLoginByAgent(t *testing.T) {
	key, public, _ := keyPair(t, "")
	_, c := keyServer(t, public, false)
	c.Agent = true
	t.Setenv("SSH_AUTH_SOCK", "")
	if _, err := sftp.New(c).Open(t.Context()); err == nil || !strings.Contains(err.Error(), "SSH_AUTH_SOCK is not set") {
		t.Errorf("error without an agent = %v", err)
	}
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "agent")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = agent.ServeAgent(ring, conn) // ends when the client is done
			_ = conn.Close()
		}
	})
	t.Cleanup(func() { _ = listener.Close(); serving.Wait() })
	t.Setenv("SSH_AUTH_SOCK", socket)
	open(t, c)
}

// dialogue is an SSH server that logs nobody in by method "password", only by asking.
func dialogue(t *testing.T, questions []string, echo bool) (addr, pin string, asked *int) {
	t.Helper()
	key, _, _ := keyPair(t, "")
	signer, err := ssh.NewSignerFromSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	asked = new(int)
	config := &ssh.ServerConfig{
		KeyboardInteractiveCallback: func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			*asked++
			echos := make([]bool, len(questions))
			for i := range echos {
				echos[i] = echo
			}
			answers, err := ask("", "", questions, echos)
			if err != nil || len(answers) != 1 || answers[0] != password {
				return nil, errors.New("refused")
			}
			return &ssh.Permissions{}, nil
		},
	}
	config.AddHostKey(signer)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		server, channels, requests, err := ssh.NewServerConn(conn, config)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(requests)
		for c := range channels {
			_ = c.Reject(ssh.Prohibited, "logged in, and that is all") // the client may be gone
		}
		_ = server.Close()
	})
	t.Cleanup(func() { _ = listener.Close(); serving.Wait() })
	return listener.Addr().String(), ssh.FingerprintSHA256(signer.PublicKey()), asked
}

func TestPasswordInADialogue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		questions []string
		echo      bool
		password  string
		loggedIn  bool
	}{
		{"one hidden question", []string{"Password: "}, false, password, true},
		{"wrong password", []string{"Password: "}, false, "wrong", false},
		{"a visible question", []string{"Your name: "}, true, password, false},
		{"a second factor", []string{"Password: ", "Code: "}, false, password, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			addr, pin, asked := dialogue(t, tt.questions, tt.echo)
			_, err := sftp.New(at(t, sftp.Config{
				User: "acme", Password: secret.Ref{File: writeFile(t, []byte(tt.password))}, HostKeys: []string{pin},
			}, addr)).Open(t.Context())
			if err == nil {
				t.Fatal("a server without SFTP opens")
			}
			if errors.Is(err, remote.ErrAuth) == tt.loggedIn {
				t.Errorf("error = %v; want logged in: %t", err, tt.loggedIn)
			}
			if *asked != 1 {
				t.Errorf("asked %d times", *asked)
			}
		})
	}
}
