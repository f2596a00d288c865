package sftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/remote"
)

// Remote is one folder on one server. It may be shared.
type Remote struct{ config Config }

var _ remote.Creator = (*Remote)(nil)

// New returns the remote that c describes. Secrets are read at each Open, so that they
// can be changed while the program runs.
func New(c Config) *Remote { return &Remote{config: c.withDefaults()} }

// Open implements remote.Remote. The whole of it takes at most Config.ConnectTimeout.
func (r *Remote) Open(ctx context.Context) (remote.Session, error) {
	s, err := open(ctx, r.config)
	if err != nil {
		return nil, fmt.Errorf("open SFTP session with %s: %w", r.config.Address(), err)
	}
	return s, nil
}

func open(ctx context.Context, c Config) (*session, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.ConnectTimeout, errConnectTimeout)
	defer cancel()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	l, err := reach(ctx, c)
	if err != nil {
		return nil, c.said().Error(err)
	}
	l.peer.Banner = c.said().Redact(l.peer.Banner)
	s := &session{config: c, connection: &connection{link: l, watchdog: newWatchdog(c.IdleTimeout, l.abort), done: make(chan struct{})}}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(c.said().Error(classifyOpen(ctx, err)), s.Close())
	}
	return s, nil
}

// start opens the SFTP subsystem, looks for the folder, and leaves Open's context behind.
func (s *session) start(ctx context.Context) error {
	channel, err := s.link.ssh.NewSession()
	if _, refused := errors.AsType[*ssh.OpenChannelError](err); err != nil && !refused {
		// The library tells a connection that ends here as an answer of no known kind.
		err = fmt.Errorf("%w: %w", remote.ErrTemporary, err)
	}
	if err != nil {
		return fmt.Errorf("open channel: %w", err)
	}
	if err := s.startSubsystem(channel); err != nil {
		return fmt.Errorf("start sftp subsystem: %w", err)
	}
	if !s.config.WriteOnly {
		if err := s.checkFolder(); err != nil {
			return err
		}
	}
	if !s.link.roll(s.config.IdleTimeout) {
		return context.Cause(ctx)
	}
	s.background.Go(func() { keepAlive(s.link.ssh, keepAliveInterval(s.config.IdleTimeout), s.done) })
	return nil
}

func (s *session) startSubsystem(channel *ssh.Session) error {
	in, err := channel.StdinPipe()
	if err != nil {
		return err
	}
	out, err := channel.StdoutPipe()
	if err != nil {
		return err
	}
	messages, err := channel.StderrPipe()
	if err != nil {
		return err
	}
	if err := channel.RequestSubsystem("sftp"); err != nil {
		return err
	}
	// Unread messages would use up the channel's window, which the data shares.
	s.background.Go(func() { _, _ = io.Copy(io.Discard, messages) })
	s.wire = &wire{src: out, progress: s.watchdog.progress, idle: s.config.IdleTimeout, now: time.Now}
	s.sftp, err = sftp.NewClientPipe(s.wire, in)
	if broken := s.wire.broken(); broken != nil {
		return broken
	}
	if err != nil {
		return err
	}
	return s.widen()
}

// widen sends larger packets to a server that is known to take them: each costs the server an
// answer. OpenSSH does so itself.
func (s *session) widen() error {
	s.writesAtOnce = window
	_, limits := s.sftp.HasExtension("limits@openssh.com")
	if !limits || !strings.HasPrefix(string(s.link.ssh.ServerVersion()), "SSH-2.0-OpenSSH_") {
		return nil
	}
	s.writesAtOnce = wideWindow
	return sftp.MaxPacketUnchecked(widePacket)(s.sftp)
}

// session is one folder over a connection. See remote.Session.
type session struct {
	*connection
	config Config
	// view: the connection is another session's to close. fault is what is wrong with the
	// name of the view's folder.
	view  bool
	fault error
}

// connection is what a session shares with its views.
type connection struct {
	link     *link
	sftp     *sftp.Client
	wire     *wire
	watchdog *watchdog
	// writesAtOnce is how many writes may be on their way.
	writesAtOnce int

	closing    sync.Once
	done       chan struct{}
	background sync.WaitGroup
}

func (s *session) Peer() remote.Peer { return s.link.peer }

// Close drops the connection: every request has been answered, or its caller knows that
// it was not.
func (s *session) Close() error {
	if s.view {
		return nil
	}
	s.closing.Do(func() {
		close(s.done)
		s.link.close()
		if s.sftp != nil {
			_ = s.sftp.Close() // only waits for its reader
		}
		s.background.Wait()
	})
	return nil
}

// run calls op, which knows no context, and ends it by closing the connection when ctx
// ends or when the server is silent for too long.
func (s *session) run(ctx context.Context, op func() error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if s.fault != nil {
		return s.fault
	}
	stop := context.AfterFunc(ctx, s.link.abort)
	s.wire.begin()
	s.watchdog.arm()
	err := op()
	stalled := s.watchdog.disarm()
	stop()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case stalled:
		return errStalled
	case s.wire.broken() != nil:
		return s.config.said().Error(s.wire.broken())
	}
	return s.config.said().Error(classify(err))
}
