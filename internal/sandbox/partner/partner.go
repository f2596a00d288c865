// Package partner is a partner's SFTP server inside this program: for the demo, for
// trials and for tests. It serves one folder and never lets a client out of it, neither
// by ".." nor by a symbolic link (os.Root).
//
// By default it behaves like OpenSSH: posix-rename is offered and overwrites, plain
// rename refuses an existing target, failures carry no explanation beyond SFTP's codes.
// Options make it as awkward as the servers that partners really run.
package partner

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Options describes one server. Root, User and at least one way to log in are required.
type Options struct {
	// Root is an existing folder; clients see it as "/".
	Root string

	// User may log in with Password, where it is set, or with one of AuthorizedKeys.
	User           string
	Password       string
	AuthorizedKeys []ssh.PublicKey

	// HostKeys are the server's keys; none means a new Ed25519 key.
	HostKeys []ssh.Signer
	// SecondHostKey adds a new ECDSA P-256 key, as servers with several keys have.
	SecondHostKey bool
	// Banner is shown before the login.
	Banner string

	Quirks
}

// Quirks are the ways in which a server differs from OpenSSH. Sizes are in bytes of one
// file; 0 is never.
type Quirks struct {
	// NoPosixRename: the posix-rename@openssh.com extension is neither offered nor served.
	NoPosixRename bool
	// RenameOverwrites: plain rename replaces an existing target, as SFTPGo's does.
	RenameOverwrites bool
	// RefuseRename: every rename is answered "permission denied".
	RefuseRename bool
	// WriteOnly: listing, reading and the status of a file are refused, but for the
	// status of a file that the same session has open for writing.
	WriteOnly bool
	// NoStat: the status of paths and of open files is unsupported.
	NoStat bool
	// StatTakes: who asks for the status of a file by its path has taken it: it is gone.
	StatTakes bool
	// Phantoms are names that the listing of every folder has besides the real ones.
	Phantoms []string
	// CutOnRefusal: a refused password or key ends the connection without an answer.
	CutOnRefusal bool
	// Legacy: only algorithms of the year 2000 are offered, from diffie-hellman-group1-sha1
	// to hmac-sha1-96.
	Legacy bool
	// ShortReads: a read is answered with at most half of what was asked.
	ShortReads bool
	// FullAt: a write beyond this size fails with "no space left on device".
	FullAt int64
	// CutAt: a write beyond this size cuts the connection.
	CutAt int64
	// StallAt: a write beyond this size is never answered.
	StallAt int64
	// PickUp is an existing folder outside Root to which the server moves each file as
	// soon as it has been renamed, before the rename is answered.
	PickUp string
}

// Server is a running server. It is safe for concurrent use.
type Server struct {
	opts     Options
	ssh      *ssh.ServerConfig
	keys     []ssh.PublicKey
	root     *os.Root
	pickUp   *os.Root
	listener net.Listener

	done    chan struct{}
	running sync.WaitGroup
	refused atomic.Int64
	logins  atomic.Int64

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
	// detach stops the server from following its context.
	detach func() bool
}

// Start listens and serves until Close, or until ctx ends.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.User == "" || o.Password == "" && len(o.AuthorizedKeys) == 0 {
		return nil, errors.New("start partner server: want a user and a password or an authorized key")
	}
	s := &Server{opts: o, done: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start partner server: %w", err), s.release())
	}
	s.running.Go(s.accept)
	s.detach = context.AfterFunc(ctx, func() { s.shut() })
	return s, nil
}

func (s *Server) open(ctx context.Context) error {
	signers, err := hostKeys(s.opts)
	if err != nil {
		return err
	}
	s.ssh = s.loginConfig()
	for _, k := range signers {
		s.ssh.AddHostKey(k)
		s.keys = append(s.keys, k.PublicKey())
	}
	if s.root, err = os.OpenRoot(s.opts.Root); err != nil {
		return err
	}
	if s.opts.PickUp != "" {
		if s.pickUp, err = os.OpenRoot(s.opts.PickUp); err != nil {
			return err
		}
	}
	s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	return err
}

func hostKeys(o Options) ([]ssh.Signer, error) {
	keys := slices.Clone(o.HostKeys)
	if len(keys) == 0 {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("generate host key: %w", err)
		}
		signer, err := ssh.NewSignerFromSigner(private)
		if err != nil {
			return nil, fmt.Errorf("use host key: %w", err)
		}
		keys = append(keys, signer)
	}
	if o.SecondHostKey {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("generate second host key: %w", err)
		}
		signer, err := ssh.NewSignerFromSigner(private)
		if err != nil {
			return nil, fmt.Errorf("use second host key: %w", err)
		}
		keys = append(keys, signer)
	}
	return keys, nil
}

// Addr is the server's host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// HostKeys returns the fingerprints of the server's keys, SHA256:…, the Ed25519 one
// first unless Options.HostKeys says otherwise.
func (s *Server) HostKeys() []string {
	prints := make([]string, len(s.keys))
	for i, k := range s.keys {
		prints[i] = ssh.FingerprintSHA256(k)
	}
	return prints
}

// KnownHosts returns the server's lines of a known_hosts file.
func (s *Server) KnownHosts() []byte {
	var lines []byte
	for _, k := range s.keys {
		lines = append(lines, knownhosts.Line([]string{s.Addr()}, k)...)
		lines = append(lines, '\n')
	}
	return lines
}

// Refused returns how many passwords and keys were refused so far.
func (s *Server) Refused() int { return int(s.refused.Load()) }

// Logins returns how many logins succeeded so far.
func (s *Server) Logins() int { return int(s.logins.Load()) }

// CutAll cuts every connection, as a restart of the server would; new ones are accepted.
func (s *Server) CutAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close() // the peer finds out; there is nobody else to tell
	}
}

// Close stops listening, cuts every connection and waits until all is released. It may
// be called more than once.
func (s *Server) Close() error {
	s.detach()
	s.shut()
	s.running.Wait()
	return s.release()
}

// shut ends all waiting without waiting itself.
func (s *Server) shut() {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if first {
		close(s.done)
		_ = s.listener.Close() // fails only when closed already
	}
	s.CutAll()
}

func (s *Server) release() error {
	var errs []error
	for _, r := range []*os.Root{s.root, s.pickUp} {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(errs...)
}
