package sftp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// HostKey is one of a server's keys.
type HostKey struct {
	// Type is for example "ssh-ed25519".
	Type string `json:"type"`
	// Fingerprint is SHA256:….
	Fingerprint string `json:"fingerprint"`
}

// errKeySeen ends a handshake once the server has shown its key.
var errKeySeen = errors.New("host key seen")

// HostKeys asks the server at addr for its key of each type, without logging in and without
// trusting any of them. The port is 22 unless addr has one.
func HostKeys(ctx context.Context, addr string) ([]HostKey, error) {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		addr = net.JoinHostPort(strings.Trim(addr, "[]"), "22")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, defaultConnectTimeout, errConnectTimeout)
	defer cancel()
	var keys []HostKey
	algorithms := plainAlgorithms()
	for len(algorithms) > 0 {
		var seen ssh.PublicKey
		err := showKey(ctx, addr, &ssh.ClientConfig{
			HostKeyAlgorithms: algorithms,
			HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
				seen = key
				return errKeySeen
			},
		})
		if noneLeft(err) && len(keys) > 0 {
			break
		}
		if !errors.Is(err, errKeySeen) {
			return nil, fmt.Errorf("read host keys of %s: %w", addr, classifyOpen(ctx, err))
		}
		keys = append(keys, HostKey{Type: seen.Type(), Fingerprint: ssh.FingerprintSHA256(seen)})
		algorithms = without(algorithms, seen.Type())
	}
	return keys, nil
}

// showKey runs a handshake up to the host key.
func showKey(ctx context.Context, addr string, config *ssh.ClientConfig) error {
	conn, err := dialConn(ctx, new(net.Dialer).DialContext, addr)
	if err != nil {
		return err
	}
	defer conn.abort()
	_, _, _, err = ssh.NewClientConn(conn, addr, config)
	return err
}

// noneLeft tells whether the server has no key of the types that were asked for.
func noneLeft(err error) bool {
	negotiation, ok := errors.AsType[*ssh.AlgorithmNegotiationError](err)
	return ok && negotiation.What == "host key"
}

// plainAlgorithms are those of keys without a certificate, Ed25519 first since nearly
// every server has such a key.
func plainAlgorithms() []string {
	plain := slices.DeleteFunc(ssh.SupportedAlgorithms().HostKeys, func(a string) bool {
		return a == ssh.KeyAlgoED25519 || isCertificate(a)
	})
	return append([]string{ssh.KeyAlgoED25519}, plain...)
}

// without removes the algorithms with which a key of one type signs.
func without(algorithms []string, keyType string) []string {
	remove := []string{keyType}
	switch keyType {
	case ssh.KeyAlgoRSA:
		remove = append(remove, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512)
	case ssh.CertAlgoRSAv01:
		remove = append(remove, ssh.CertAlgoRSASHA256v01, ssh.CertAlgoRSASHA512v01)
	}
	return slices.DeleteFunc(slices.Clone(algorithms), func(a string) bool { return slices.Contains(remove, a) })
}

// verifier decides whether a server is the right one.
type verifier struct {
	addr  string
	pins  []string
	known *knownHosts // nil without a known_hosts file

	// algorithms are the ones to ask for in the next handshake.
	algorithms []string
	// seen are the keys that were shown and are not right.
	seen []HostKey
	// refused says why certificates among them are not.
	refused []error
	// accepted is the key that is.
	accepted ssh.PublicKey
}

func newVerifier(c Config) (*verifier, error) {
	v := &verifier{addr: c.Address(), pins: c.HostKeys, algorithms: with(plainAlgorithms(), c.Algorithms.HostKeys)}
	if c.KnownHosts == "" {
		return v, nil
	}
	known, err := readKnownHosts(c.KnownHosts, v.addr)
	if err != nil {
		return nil, err
	}
	v.known = known
	// The server must be asked for the type of key that the file lists: it would show its
	// favourite one otherwise, and look like an impostor. SHA-1 signatures are left out.
	safe := with(ssh.SupportedAlgorithms().HostKeys, c.Algorithms.HostKeys)
	listed := slices.DeleteFunc(listedAlgorithms(known.HostKeyDB, v.addr), func(a string) bool { return !slices.Contains(safe, a) })
	switch {
	case len(listed) == 0:
	case len(v.pins) == 0:
		v.algorithms = listed
	default:
		others := slices.DeleteFunc(v.algorithms, func(a string) bool { return slices.Contains(listed, a) })
		v.algorithms = append(listed, others...)
	}
	return v, nil
}

// listedAlgorithms are those of the keys that known_hosts has for a server. An authority
// (@cert-authority) signs keys of every type, whatever its own is.
func listedAlgorithms(known *knownhosts.HostKeyDB, addr string) []string {
	listed := slices.DeleteFunc(known.HostKeyAlgorithms(addr), isCertificate)
	for _, key := range known.HostKeys(addr) {
		if key.Cert {
			certificates := slices.DeleteFunc(ssh.SupportedAlgorithms().HostKeys, func(a string) bool { return !isCertificate(a) })
			return append(certificates, listed...)
		}
	}
	return listed
}

func isCertificate(algorithm string) bool { return strings.Contains(algorithm, "-cert-v01@") }

// fingerprint is that of the key itself, also where a certificate was shown for it.
func fingerprint(key ssh.PublicKey) string {
	if certificate, ok := key.(*ssh.Certificate); ok {
		key = certificate.Key
	}
	return ssh.FingerprintSHA256(key)
}

// check is the ssh.HostKeyCallback: an error ends the handshake before the login.
func (v *verifier) check(host string, addr net.Addr, key ssh.PublicKey) error {
	shown := HostKey{Type: key.Type(), Fingerprint: fingerprint(key)}
	var err error
	if v.known != nil {
		err = v.known.HostKeyCallback()(host, addr, key)
		if _, revoked := errors.AsType[*xknownhosts.RevokedError](err); revoked {
			return fault.Of(remote.ErrHostKey, "%s of %s is revoked in known_hosts", shown.Fingerprint, v.addr)
		}
	}
	pinned := slices.Contains(v.pins, shown.Fingerprint)
	if pinned || v.known != nil && err == nil {
		v.accepted = key
		return nil
	}
	if err != nil && isCertificate(shown.Type) {
		v.refused = append(v.refused, err)
	}
	v.seen = append(v.seen, shown)
	v.algorithms = without(v.algorithms, shown.Type)
	return errKeySeen
}

// another tells whether the server may have a key of another type that is pinned.
func (v *verifier) another() bool { return len(v.pins) > 0 && len(v.algorithms) > 0 }

// mismatch says which keys were shown and which were wanted.
func (v *verifier) mismatch() error {
	shown := make([]string, len(v.seen))
	for i, k := range v.seen {
		shown[i] = k.Fingerprint + " (" + k.Type + ")"
	}
	want := slices.Clone(v.pins)
	if v.known != nil {
		for _, k := range v.known.HostKeys(v.addr) {
			note := ", known_hosts)"
			if k.Cert {
				note = ", authority in known_hosts)"
			}
			want = append(want, ssh.FingerprintSHA256(k)+" ("+k.Type()+note)
		}
	}
	if len(want) == 0 {
		want = append(want, "none: "+v.addr+" is not in known_hosts")
	}
	err := fault.Of(remote.ErrHostKey, "%s shows %s, configured is %s: ask its operator whether the key was changed, and nothing was sent", v.addr, strings.Join(shown, ", "), strings.Join(want, ", "))
	if len(v.refused) > 0 {
		err = fault.Wrap(err, errors.Join(v.refused...))
	}
	return err
}
