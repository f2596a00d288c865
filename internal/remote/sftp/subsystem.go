package sftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// openSubsystem connects and starts it, and takes at most Config.ConnectTimeout for it.
func openSubsystem(ctx context.Context, c Config, patience time.Duration) (*subsystem, error) {
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
	conn := &subsystem{config: c, patience: patience, link: l, watchdog: newWatchdog(c.IdleTimeout, l.abort), done: make(chan struct{})}
	if err := conn.start(ctx); err != nil {
		conn.close()
		return nil, c.said().Error(classifyOpen(ctx, err))
	}
	return conn, nil
}

// start opens the SFTP subsystem, looks for the folder, and leaves Open's context behind.
func (c *subsystem) start(ctx context.Context) error {
	channel, err := c.link.ssh.NewSession()
	if _, refused := errors.AsType[*ssh.OpenChannelError](err); err != nil && !refused {
		// The library tells a connection that ends here as an answer of no known kind.
		if err = c.farewell(err); !errors.Is(err, remote.ErrTemporary) {
			err = fault.Wrap(remote.ErrTemporary, err)
		}
	}
	if err != nil {
		return fmt.Errorf("open channel: %w", err)
	}
	if err := c.request(channel); err != nil {
		if isNetwork(err) {
			err = c.farewell(err)
		}
		return fmt.Errorf("start sftp subsystem: %w", err)
	}
	if !c.config.WriteOnly {
		if err := c.folder("").check(); err != nil {
			return err
		}
	}
	if !c.link.roll(c.config.IdleTimeout) {
		return context.Cause(ctx)
	}
	c.background.Go(func() { keepAlive(c.link.ssh, keepAliveInterval(c.config.IdleTimeout), c.done) })
	return nil
}

// farewell is what the server said as it ended the connection, which the library tells to nobody
// but who waits for the end; without a word it is err.
func (c *subsystem) farewell(err error) error {
	_ = c.link.ssh.Close() // it is of no use any more, and its end is waited for
	ended := c.link.ssh.Wait()
	if ended == nil {
		return err
	}
	said, ok := goodbye(ended)
	switch {
	case !ok:
		return err
	case said.words == "":
		return fault.Of(remote.ErrTemporary, "the server ended the connection after the login, for reason %d of SSH", said.reason)
	}
	return fault.Of(remote.ErrTemporary, "the server ended the connection after the login: it says %q", said.words)
}

func (c *subsystem) request(channel *ssh.Session) error {
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
	c.background.Go(func() { _, _ = io.Copy(io.Discard, messages) })
	c.wire = &wire{src: out, progress: c.watchdog.progress, idle: c.config.IdleTimeout, now: time.Now}
	c.sftp, err = sftp.NewClientPipe(c.wire, &outgoing{WriteCloser: in})
	if broken := c.wire.broken(); broken != nil {
		return broken
	}
	if err != nil {
		return err
	}
	return c.widen()
}

// widen sends larger packets to a server that is known to take them: each costs the server an
// answer. OpenSSH does so itself.
func (c *subsystem) widen() error {
	c.writesAtOnce = window
	_, limits := c.sftp.HasExtension("limits@openssh.com")
	if !limits || !strings.HasPrefix(string(c.link.ssh.ServerVersion()), "SSH-2.0-OpenSSH_") {
		return nil
	}
	c.writesAtOnce = wideWindow
	return sftp.MaxPacketUnchecked(widePacket)(c.sftp)
}

// subsystem is the SFTP server at the other end of a link, which sessions talk to.
type subsystem struct {
	config   Config
	link     *link
	sftp     *sftp.Client
	wire     *wire
	watchdog *watchdog
	// patience is how long the server may take for an answer to which it may scan or copy a file.
	patience time.Duration
	// writesAtOnce is how many writes may be on their way.
	writesAtOnce int
	// vague: see folder.
	vague string

	closing    sync.Once
	done       chan struct{}
	background sync.WaitGroup
}

// folder returns the configured folder, or the one of a name below it.
func (c *subsystem) folder(sub string) folder {
	return folder{c.sftp, c.config, path.Join(c.config.Dir, sub), &c.vague}
}

// close drops the connection: every request has been answered, or its caller knows that
// it was not.
func (c *subsystem) close() {
	c.closing.Do(func() {
		close(c.done)
		c.link.close()
		if c.sftp != nil {
			_ = c.sftp.Close() // only waits for its reader
		}
		c.background.Wait()
	})
}

// patiently waits for the answer to ask for as long as a server may take that scans or copies a file
// before it.
func (c *subsystem) patiently(ask func() error) error {
	c.link.allow(c.patience + c.config.IdleTimeout) // some say nothing at all meanwhile, and the watchdog comes first
	c.watchdog.allow(c.patience)
	defer func() {
		c.link.allow(c.config.IdleTimeout)
		c.watchdog.allow(c.config.IdleTimeout)
	}()
	return ask()
}

// run calls op, which knows no context, and ends it by closing the connection when ctx
// ends or when the server is silent for too long.
func (c *subsystem) run(ctx context.Context, op func() error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	stop := context.AfterFunc(ctx, c.link.abort)
	c.wire.begin()
	c.watchdog.arm()
	err := op()
	stalled := c.watchdog.disarm()
	stop()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case stalled && errors.Is(err, remote.ErrUnanswered):
		return remote.Unanswered(c.patience, errStalled)
	case stalled:
		return errStalled
	case c.wire.broken() != nil:
		return c.config.said().Error(c.wire.broken())
	}
	return c.config.said().Error(classify(err))
}
