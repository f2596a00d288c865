package ftp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jlaffaye/ftp"

	"lucca-exchange/internal/remote"
)

// Remote is one folder on one server. It may be shared.
type Remote struct {
	config Config
	// blocked: a port that EPSV named could not be reached. Further sessions use PASV, which
	// some firewalls understand in its place.
	blocked atomic.Bool
}

var (
	_ remote.Remote  = (*Remote)(nil)
	_ remote.Creator = (*Remote)(nil)
)

// New returns the remote that c describes. Secrets and certificates are read at each Open,
// so that they can be changed while the program runs.
func New(c Config) *Remote { return &Remote{config: c.withDefaults()} }

// Open implements remote.Remote. The whole of it takes at most Config.ConnectTimeout.
func (r *Remote) Open(ctx context.Context) (remote.Session, error) {
	c := r.config
	c.DisableEPSV = c.DisableEPSV || r.blocked.Load()
	s, err := open(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open FTP session with %s: %w", c.Address(), err)
	}
	s.block = func() { r.blocked.Store(true) }
	return s, nil
}

// Create implements remote.Creator.
func (r *Remote) Create(ctx context.Context) error {
	c := r.config
	c.Dir = "" // the folder cannot be entered before it is there
	s, err := open(ctx, c)
	if err != nil {
		return fmt.Errorf("open FTP session with %s: %w", c.Address(), err)
	}
	err = s.do(ctx, func() error { return s.makeFolders(r.config.Dir) })
	if err = errors.Join(err, s.Close()); err != nil {
		return fmt.Errorf("create folder %q: %w", r.config.Dir, err)
	}
	return nil
}

// makeFolders tries every level: servers refuse one that exists with the code of one that
// they do not allow, so that only entering the folder tells what came of it.
func (s *session) makeFolders(dir string) error {
	var refusal error
	for _, level := range remote.Levels(dir) {
		refusal = positive(s.conn.MakeDir(level))
		if _, refused := replyOf(refusal); refusal != nil && !refused {
			return refusal
		}
	}
	if err := positive(s.conn.ChangeDir(dir)); err != nil {
		return errors.Join(refusal, err)
	}
	return nil
}

// session is one folder over a connection. See remote.Session.
type session struct {
	*connection
	config Config
	// sub is the folder below the configured one that a view is of, else empty; fault is
	// what is wrong with its name.
	sub   string
	fault error
}

// connection is what a session shares with its views.
type connection struct {
	peer remote.Peer
	// base is the path of the configured folder, once it was asked for; current is the
	// folder below it in which the server resolves names now.
	base, current string
	// tls is nil without encryption.
	tls     *tls.Config
	wires   *wires
	control *control
	conn    *ftp.ServerConn
	// host is the address of the server, to which data connections go.
	host string
	// listing, while there is one, receives what a data connection brings.
	listing *listing
	// block is called when the port that EPSV named could not be reached; nil where nothing
	// follows.
	block func()
	// asked: the server asked for a client certificate.
	asked bool
	// unresumed: the last data connection shook hands and did not resume the session.
	unresumed bool

	closing sync.Once
}

func (s *session) Peer() remote.Peer { return s.peer }

// Close says goodbye where the connection is in order, and does not wait for the answer.
func (s *session) Close() error {
	if s.sub != "" {
		return nil
	}
	s.closing.Do(func() {
		if s.wires.life.Err() == nil {
			_ = s.conn.Quit() // every answer that counts was had already
		}
		s.wires.abort()
	})
	return nil
}

// do checks the names and calls op, which knows no context, and ends it by closing the
// connections when ctx ends. After an error that may have left the conversation out of step,
// the session is over.
func (s *session) do(ctx context.Context, op func() error, names ...string) error {
	for _, name := range names {
		if err := remote.CheckName(name); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if s.fault != nil {
		return s.fault
	}
	stop := context.AfterFunc(ctx, s.wires.abort)
	err := s.turn()
	if err == nil {
		err = op()
	}
	stop()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		s.wires.abort()
		return context.Cause(ctx)
	}
	err = classify(err)
	if !remote.Definite(err) {
		s.wires.abort()
	}
	return err
}

// describe fills in the peer once the session stands.
func (s *session) describe(greeting string) {
	s.peer = remote.Peer{Address: s.config.Address(), Protocol: "FTP without encryption"}
	if secured, ok := s.control.Conn.(*tls.Conn); ok {
		state := secured.ConnectionState()
		how := "explicit"
		if s.config.Mode == Implicit {
			how = "implicit"
		}
		s.peer.Protocol = fmt.Sprintf("FTP over %s (%s)", tls.VersionName(state.Version), how)
		s.peer.Security = tls.CipherSuiteName(state.CipherSuite)
		s.peer.Key = fingerprint(state.PeerCertificates[0])
		s.peer.Warning = expiry(state.PeerCertificates[0], time.Now())
	}
	s.peer.Banner = remote.Line(greeting)
}
