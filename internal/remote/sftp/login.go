package sftp

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"lucca-exchange/internal/remote"
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
	// user is who logs in.
	user string
	// signatures are Algorithms.Signatures. rsaShown: an RSA key was shown, and sha1: it has
	// proved itself by a signature of SHA-1.
	signatures []string
	rsaShown   bool
	sha1       atomic.Bool
	// partial are the methods that the server has accepted and that are not enough for it.
	partial, left []string
	// reason is why a dialogue with the server was given up.
	reason error
	// warning is about a certificate that ends soon.
	warning string
}

// Reasons for which a login is given up that a person has to settle.
var (
	errPasswordRefused = errors.New("the password was refused: it may be wrong, or have expired")
	errSecondFactor    = errors.New("the server asks for a second factor besides the password, which no program can give: ask its operator for an account that logs in by a key alone")
	errExpired         = errors.New("the password has expired: set a new one with the server's operator, and put it into the configuration")
)

func newLogin(ctx context.Context, c Config) (*login, error) {
	l := &login{user: c.User, signatures: c.Algorithms.Signatures}
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
			return nil, fmt.Errorf("read private key: %w", otherKey(pem.Reveal(), err))
		}
		return signer, nil
	}
	phrase, err := passphrase.Resolve()
	if err != nil {
		return nil, fmt.Errorf("read passphrase: %w", err)
	}
	signer, err := ssh.ParsePrivateKeyWithPassphrase([]byte(pem.Reveal()), []byte(phrase.Reveal()))
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, errors.New("open private key: the passphrase is not that of the key")
	}
	if err != nil {
		return nil, fmt.Errorf("open private key with its passphrase: %w", otherKey(pem.Reveal(), err))
	}
	return signer, nil
}

// otherKey says what a text is that is not a private key in a form that can be read.
func otherKey(text string, err error) error {
	switch text = strings.TrimSpace(text); {
	case strings.HasPrefix(text, "ssh-"), strings.HasPrefix(text, "ecdsa-"), strings.HasPrefix(text, "sk-"), strings.Contains(text, "PUBLIC KEY"):
		return errors.New("it is a public key: want the private one, whose file has the same name without .pub")
	case strings.HasPrefix(text, "PuTTY-User-Key-File"):
		return errors.New("it is in PuTTY's form: write it in OpenSSH's, with puttygen KEY -O private-openssh -o FILE")
	case text == "":
		return errors.New("it is empty")
	}
	return err
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
		return l.signing(l.signers), nil
	}
	held, err := agent.NewClient(l.agent).Signers()
	if err != nil {
		return nil, fmt.Errorf("list keys of SSH agent: %w", err)
	}
	return l.signing(append(l.signers[:len(l.signers):len(l.signers)], held...)), nil
}

// observe notes what the server has accepted, and changes nothing. A server that has accepted the
// password may ask for it again, in another way.
func (l *login) observe(m *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	if len(m.PartialSuccessMethods) > len(l.partial) && m.PartialSuccessMethods[len(m.PartialSuccessMethods)-1] != "publickey" {
		l.passwordSent = false
	}
	l.partial, l.left = m.PartialSuccessMethods, m.AllowedMethods
	return nil, nil
}

func (l *login) askPassword() (string, error) {
	if l.passwordSent {
		return "", errPasswordRefused
	}
	l.passwordSent, l.offered = true, true
	return l.password.Reveal(), nil
}

// answer gives the password to the one question that asks for it, and the user's name to one that
// asks for that. There is nobody to answer any other.
func (l *login) answer(_, instruction string, questions []string, echos []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i, question := range questions {
		text, err := l.answerTo(question, instruction, echos[i], len(questions))
		if err != nil {
			l.reason = err
			return nil, err
		}
		answers[i] = text
	}
	return answers, nil
}

func (l *login) answerTo(question, instruction string, echo bool, of int) (string, error) {
	about := l.withoutNames(question)
	switch {
	case says(about, "new password", "retype", "change your password", "nouveau mot de passe", "neues passwort", "neues kennwort",
		"nueva contraseña", "nuova password", "nova senha", "nieuw wachtwoord"),
		(of > 1 || l.passwordSent) && says(strings.ToLower(instruction), "expired", "change your password", "expiré", "changer", "abgelaufen", "scaduta", "caducado", "verlopen"),
		l.passwordSent && says(about, "current", "old password", "actuel", "aktuelles", "altes", "actual", "attuale", "huidig"):
		return "", errExpired
	case says(about, "one-time", "one time", "otp", "verification", "vérification", "code", "token", "jeton", "second factor", "duo", "authenticat",
		"two-factor", "2fa", "mfa", "sms", "usage unique", "einmal", "un solo uso", "eenmalig", "yubikey", "securid", "challenge"), asksPIN.MatchString(about):
		return "", errSecondFactor
	case says(about, "password", "passwd", "passphrase", "mot de passe", "passwort", "kennwort", "contraseña", "senha", "wachtwoord"):
		if l.passwordSent && of > 1 {
			return "", errExpired
		}
		return l.askPassword()
	case says(about, "user", "login", "account name", "utilisateur", "benutzer") && echo:
		return l.user, nil
	case l.passwordSent:
		return "", errSecondFactor
	case of == 1 && !echo:
		return l.askPassword()
	}
	return "", fmt.Errorf("the server asks %q, which only a person can answer: ask its operator to let the account log in by a password or key alone", remote.Line(question))
}

// asksPIN is a question for a number, as devices have one.
var asksPIN = regexp.MustCompile(`\bpin\b`)

// withoutNames is a question in lower case without the names of user and host, which may contain
// anything.
func (l *login) withoutNames(question string) string {
	user := strings.ToLower(l.user)
	words := slices.DeleteFunc(strings.Fields(strings.ToLower(question)), func(word string) bool {
		word, _, _ = strings.Cut(strings.Trim(word, `"'():,`), "'")
		return word == user || strings.Contains(word, "@")
	})
	return strings.Join(words, " ")
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
