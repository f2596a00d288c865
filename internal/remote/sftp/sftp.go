package sftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/remote"
)

// clientVersion is how we present ourselves to servers.
const clientVersion = "SSH-2.0-lucca-exchange"

// Remote is one folder on one server. It may be shared.
type Remote struct{ config Config }

var _ remote.Remote = (*Remote)(nil)

// New returns the remote that c describes. Secrets are read at each Open, so that they
// can be changed while the program runs.
func New(c Config) *Remote { return &Remote{config: c.withDefaults()} }

// Open implements remote.Remote. The whole of it takes at most Config.ConnectTimeout.
func (r *Remote) Open(ctx context.Context) (remote.Session, error) {
	s, err := open(ctx, r.config)
	if err != nil {
		return nil, fmt.Errorf("open SFTP session with %s: %w", r.config.address(), err)
	}
	return s, nil
}

func open(ctx context.Context, c Config) (*session, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.ConnectTimeout, errConnectTimeout)
	defer cancel()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	v, err := newVerifier(c)
	if err != nil {
		return nil, err
	}
	l, err := newLogin(ctx, c)
	if err != nil {
		return nil, err
	}
	defer l.follow(ctx)()
	conn, client, err := connect(ctx, v, &ssh.ClientConfig{
		User:            c.User,
		Auth:            l.methods(),
		HostKeyCallback: v.check,
		ClientVersion:   clientVersion,
	})
	if err != nil {
		return nil, err
	}
	s := &session{
		config:   c,
		conn:     conn,
		ssh:      client,
		watchdog: newWatchdog(c.IdleTimeout, conn.abort),
		done:     make(chan struct{}),
		peer: remote.Peer{
			Address:  c.address(),
			Protocol: "SFTP over SSH 2.0, " + software(client.ServerVersion()),
			Key:      ssh.FingerprintSHA256(v.accepted),
		},
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(classifyOpen(ctx, err), s.Close())
	}
	return s, nil
}

// software keeps the printable part of a server's version line.
func software(version []byte) string {
	text := strings.TrimPrefix(string(version), "SSH-2.0-")
	text = strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return -1
		}
		return r
	}, text)
	return text[:min(len(text), 100)]
}

// connect logs in to a server whose key is right. A server that shows a key that is not
// pinned is asked, on a new connection, for one of another type.
func connect(ctx context.Context, v *verifier, config *ssh.ClientConfig) (*conn, *ssh.Client, error) {
	for {
		conn, err := dial(ctx, v.addr)
		if err != nil {
			return nil, nil, classifyOpen(ctx, err)
		}
		config.HostKeyAlgorithms = v.algorithms
		client, channels, requests, err := ssh.NewClientConn(conn, v.addr, config)
		if err == nil {
			return conn, ssh.NewClient(client, channels, requests), nil
		}
		conn.abort()
		switch {
		case errors.Is(err, errKeySeen) && v.another():
			continue
		case errors.Is(err, errKeySeen), noneLeft(err) && len(v.seen) > 0:
			return nil, nil, v.mismatch()
		case noneLeft(err):
			return nil, nil, fmt.Errorf("%w: %s has no key of the type in known_hosts: %w", remote.ErrHostKey, v.addr, err)
		case v.accepted != nil && ctx.Err() == nil && !isNetwork(err):
			return nil, nil, fmt.Errorf("%w as %q: %w", remote.ErrAuth, config.User, err)
		default:
			return nil, nil, classifyOpen(ctx, err)
		}
	}
}

// start opens the SFTP subsystem, looks for the folder, and leaves Open's context behind.
func (s *session) start(ctx context.Context) error {
	channel, err := s.ssh.NewSession()
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
	if !s.conn.roll(s.config.IdleTimeout) {
		return context.Cause(ctx)
	}
	s.background.Go(func() { keepAlive(s.ssh, keepAliveInterval(s.config.IdleTimeout), s.done) })
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
	s.sftp, err = sftp.NewClientPipe(watched{out, s.watchdog}, in)
	return err
}

func (s *session) checkFolder() error {
	info, err := s.sftp.Stat(s.config.Dir)
	if err != nil {
		return fmt.Errorf("look for folder %q: %w", s.config.Dir, classify(err))
	}
	if !info.IsDir() {
		return fmt.Errorf("look for folder: %q is not a folder: %w", s.config.Dir, fs.ErrNotExist)
	}
	return nil
}

// session is one connection. See remote.Session.
type session struct {
	config   Config
	peer     remote.Peer
	conn     *conn
	ssh      *ssh.Client
	sftp     *sftp.Client
	watchdog *watchdog

	closing    sync.Once
	done       chan struct{}
	background sync.WaitGroup
}

func (s *session) Peer() remote.Peer { return s.peer }

// Close drops the connection: every request has been answered, or its caller knows that
// it was not.
func (s *session) Close() error {
	s.closing.Do(func() {
		close(s.done)
		s.conn.abort()
		_ = s.ssh.Close() // the connection is closed already
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
	stop := context.AfterFunc(ctx, s.conn.abort)
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
	}
	return classify(err)
}
