package ftp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
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
	names   names
	// patience is how long a server may take for the answer that ends a transfer.
	patience time.Duration
}

var (
	_ remote.Remote  = (*Remote)(nil)
	_ remote.Creator = (*Remote)(nil)
)

// New returns the remote that c describes. Secrets and certificates are read at each Open,
// so that they can be changed while the program runs.
func New(c Config) *Remote {
	patience := c.IdleTimeout
	if patience == 0 {
		patience = defaultPatience
	}
	return &Remote{config: c.withDefaults(), patience: patience}
}

// Open implements remote.Remote. The whole of it takes at most Config.ConnectTimeout.
func (r *Remote) Open(ctx context.Context) (remote.Session, error) {
	s, err := r.open(ctx, r.config.Dir)
	if err != nil {
		return nil, fmt.Errorf("open FTP session with %s: %w", r.config.Address(), err)
	}
	return s, nil
}

// Create implements remote.Creator.
func (r *Remote) Create(ctx context.Context) error {
	s, err := r.open(ctx, "") // the folder cannot be entered before it is there
	if err != nil {
		return fmt.Errorf("open FTP session with %s: %w", r.config.Address(), err)
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
		_, refusal = s.call(func(c *ftp.ServerConn) error { return c.MakeDir(level) }, level)
		if _, refused := replyOf(refusal); refusal != nil && !refused {
			return refusal
		}
	}
	if _, err := s.call(func(c *ftp.ServerConn) error { return c.ChangeDir(dir) }, dir); err != nil {
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
	// baseless: the server does not tell that path.
	baseless bool
	// tls is nil without encryption.
	tls   *tls.Config
	wires *wires
	// conn speaks the protocol, over control and over data, which is the last data connection.
	conn    *ftp.ServerConn
	control *control
	data    *data
	// listing, while there is one, receives what a data connection brings.
	listing *listing
	// password is kept for servers that end the session with each transfer; newest is the TLS
	// version that it began with.
	password string
	newest   uint16
	// patience is how long the server may take for the answer that ends a transfer.
	patience time.Duration
	// host is the address of the server, to which data connections go.
	host string
	// names are those of the remote.
	names *names
	// block is called when the port that EPSV named could not be reached.
	block func()
	// noMLSD: the server offers MLSD and does not know it.
	noMLSD bool
	// asked: the server asked for a client certificate.
	asked bool
	// sized is the file whose size the server has stated last.
	sized string
	// unresumed: the last data connection shook hands and did not resume the session.
	unresumed bool
	// revive opens the session anew; timed does something within the idle timeout, unless the
	// operation or the session ends before. Both are nil between operations.
	revive func() error
	timed  func(do func(context.Context) error) error

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
	s.revive = func() error { return s.reopen(ctx) }
	s.timed = func(do func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, s.config.IdleTimeout)
		defer cancel()
		defer context.AfterFunc(s.wires.life, cancel)() //nolint:contextcheck // a session that is aborted ends this too
		return do(ctx)
	}
	err := s.turn()
	if err == nil {
		err = op()
	}
	s.revive, s.timed = nil, nil
	stop()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		s.wires.abort()
		return context.Cause(ctx)
	}
	if isTimeout(err) && !errors.Is(err, remote.ErrUnanswered) {
		err = fmt.Errorf("the server was silent for %s (idle_timeout): %w", s.config.IdleTimeout, err)
	}
	err = classify(err)
	if !remote.Definite(err) {
		s.wires.abort()
	}
	return s.config.said().Error(err)
}

// call has the library do something with such names, or with the whole folder where one is empty. It
// returns the server's last answer, as an error too where it is a refusal. The session is opened
// anew where the server ended it with the last transfer: the command was not heard then.
func (s *session) call(op func(*ftp.ServerConn) error, names ...string) (reply, error) {
	s.data = nil
	err := s.speakUTF8(names...)
	if err == nil {
		err = op(s.conn)
	}
	if err != nil && s.control.hungUp && s.revive != nil {
		if err := s.revive(); err != nil {
			return reply{}, err
		}
		if err := s.turn(); err != nil {
			return reply{}, err
		}
		return s.call(op, names...)
	}
	if d := s.data; err != nil && d != nil {
		if <-d.dialed; d.wire == nil {
			return reply{}, d.broken
		}
	}
	return s.control.verdict(err)
}

// speakUTF8 tells the server, once and before it matters, that names are UTF-8. Whether it knows
// is no matter: names are sent as they are. The library says it at the login or never.
func (s *session) speakUTF8(names ...string) error {
	if !s.control.utf8 || !slices.ContainsFunc(names, func(name string) bool { return name == "" || !isASCII(name) }) {
		return nil
	}
	s.control.utf8 = false
	r, err := s.control.command("OPTS UTF8 ON")
	if r.code == codeNotAvailable {
		return errors.Join(r, err)
	}
	return err
}

// describe fills in the peer once the session stands.
func (s *session) describe() {
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
		s.peer.Warning = cmp.Or(expiry(state.PeerCertificates[0], time.Now()), weakness(state))
	}
	s.peer.Banner = s.config.said().Redact(remote.Line(s.control.greeting))
}
