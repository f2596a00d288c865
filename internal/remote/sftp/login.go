package sftp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"lucca-exchange/internal/secret"
)

// login holds what proves who we are, for the time of one Open.
type login struct {
	signers  []ssh.Signer
	agent    net.Conn // nil without an agent
	password secret.Value
	// passwordSent keeps a refused password from being sent a second time by another
	// method: two refusals per attempt lock an account twice as fast.
	passwordSent bool
	// offered: the server was shown a key or a password, and may count what comes of it.
	offered bool
	// warning is about a certificate that ends soon.
	warning string
}

var errPasswordRefused = errors.New("the password was refused already")

func newLogin(ctx context.Context, c Config) (*login, error) {
	l := &login{}
	if !c.PrivateKey.IsZero() {
		signer, err := readKey(c.PrivateKey, c.Passphrase)
		if err == nil && c.Certificate != "" {
			signer, l.warning, err = certify(signer, c.Certificate, time.Now())
		}
		if err != nil {
			return nil, err
		}
		l.signers = append(l.signers, signer)
	}
	if !c.Password.IsZero() {
		password, err := c.Password.Resolve()
		if err != nil {
			return nil, fmt.Errorf("read password: %w", err)
		}
		l.password = password
	}
	if c.Agent {
		socket := os.Getenv("SSH_AUTH_SOCK")
		if socket == "" {
			return nil, errors.New("use SSH agent: SSH_AUTH_SOCK is not set: start ssh-agent, or set agent: false")
		}
		conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
		if err != nil {
			return nil, fmt.Errorf("use SSH agent: %w", err)
		}
		l.agent = conn
	}
	return l, nil
}

func readKey(key, passphrase secret.Ref) (ssh.Signer, error) {
	pem, err := key.Resolve()
	if err != nil {
		return nil, fmt.Errorf("read private key: %w", err)
	}
	if passphrase.IsZero() {
		signer, err := ssh.ParsePrivateKey([]byte(pem.Reveal()))
		if _, encrypted := errors.AsType[*ssh.PassphraseMissingError](err); encrypted {
			return nil, errors.New("read private key: it is encrypted: set passphrase")
		}
		if err != nil {
			return nil, fmt.Errorf("read private key: %w", err)
		}
		return signer, nil
	}
	phrase, err := passphrase.Resolve()
	if err != nil {
		return nil, fmt.Errorf("read passphrase: %w", err)
	}
	signer, err := ssh.ParsePrivateKeyWithPassphrase([]byte(pem.Reveal()), []byte(phrase.Reveal()))
	if err != nil {
		return nil, fmt.Errorf("open private key with its passphrase: %w", err)
	}
	return signer, nil
}

// methods are in the order in which they are tried: keys, those of the agent, password.
// A server may ask for the password in a dialogue of its own instead.
func (l *login) methods() []ssh.AuthMethod {
	var methods []ssh.AuthMethod
	if len(l.signers) > 0 || l.agent != nil {
		// The library tries each method once: all keys are one method.
		methods = append(methods, ssh.PublicKeysCallback(l.keys))
	}
	if !l.password.IsZero() {
		methods = append(methods, ssh.PasswordCallback(l.askPassword), ssh.KeyboardInteractive(l.answer))
	}
	return methods
}

func (l *login) keys() ([]ssh.Signer, error) {
	l.offered = true
	if l.agent == nil {
		return l.signers, nil
	}
	held, err := agent.NewClient(l.agent).Signers()
	if err != nil {
		return nil, fmt.Errorf("list keys of SSH agent: %w", err)
	}
	return append(l.signers[:len(l.signers):len(l.signers)], held...), nil
}

func (l *login) askPassword() (string, error) {
	if l.passwordSent {
		return "", errPasswordRefused
	}
	l.passwordSent, l.offered = true, true
	return l.password.Reveal(), nil
}

// answer gives the password to the one hidden question that a server may ask.
func (l *login) answer(_, _ string, questions []string, echos []bool) ([]string, error) {
	switch {
	case len(questions) == 0:
		return nil, nil
	case len(questions) > 1 || echos[0]:
		return nil, errors.New("the server asks for more than a password: use a private key")
	}
	password, err := l.askPassword()
	return []string{password}, err
}

// follow ends a talk with the agent when ctx ends.
func (l *login) follow(ctx context.Context) (release func()) {
	if l.agent == nil {
		return func() {}
	}
	stop := context.AfterFunc(ctx, func() { _ = l.agent.Close() })
	return func() {
		stop()
		_ = l.agent.Close() // nothing is written that could be lost
	}
}
