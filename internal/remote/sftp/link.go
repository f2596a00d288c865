package sftp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dial"
)

// clientVersion is how we present ourselves to servers.
const clientVersion = "SSH-2.0-lucca-exchange"

// link is an SSH connection to a server whose key is right, logged in.
type link struct {
	conn *conn
	ssh  *ssh.Client
	peer remote.Peer
	// via is the jump host, if any.
	via *link
}

// reach logs in to the server of c, through its proxy and its jump host where it has them.
func reach(ctx context.Context, c Config) (*link, error) {
	open, err := dial.New(c.Config)
	if err != nil {
		return nil, err
	}
	if c.Jump == nil {
		return connect(ctx, c, open)
	}
	via, err := connect(ctx, c.Jump.config(), open)
	if err != nil {
		return nil, fmt.Errorf("jump host %s: %w", c.Jump.config().Address(), err)
	}
	l, err := connect(ctx, c, via.through)
	if err != nil {
		via.close()
		return nil, err
	}
	l.via = via
	l.peer.Protocol += " through " + via.peer.Address
	return l, nil
}

// roll ends the ties to the context of Open, and returns false when that has ended.
func (l *link) roll(idle time.Duration) bool {
	return (l.via == nil || l.via.roll(idle)) && l.conn.roll(idle)
}

// abort ends the connection under whoever uses it. The jump host's comes first: one that
// is silent could not even be told.
func (l *link) abort() {
	if l.via != nil {
		l.via.abort()
	}
	l.conn.abort()
}

func (l *link) close() {
	l.abort()
	_ = l.ssh.Close() // the connection is closed already
	if l.via != nil {
		_ = l.via.ssh.Close() // likewise
	}
}

// connect logs in over connections that open makes. A server that shows a key that is not
// pinned is asked, on a new connection, for one of another type.
func connect(ctx context.Context, c Config, open dial.Func) (*link, error) {
	v, err := newVerifier(c)
	if err != nil {
		return nil, err
	}
	l, err := newLogin(ctx, c)
	if err != nil {
		return nil, err
	}
	defer l.follow(ctx)()
	var banner strings.Builder
	config := &ssh.ClientConfig{
		User: c.User, Auth: l.methods(), HostKeyCallback: v.check, ClientVersion: clientVersion,
		BannerCallback: func(message string) error {
			if banner.Len() < maxBanner {
				banner.WriteString(message)
			}
			return nil
		},
	}
	c.Algorithms.offer(config)
	for {
		conn, err := dialConn(ctx, open, v.addr)
		if err != nil {
			return nil, classifyOpen(ctx, err)
		}
		config.HostKeyAlgorithms = v.algorithms
		client, channels, requests, err := ssh.NewClientConn(conn, v.addr, config)
		if err == nil {
			accepted := &link{conn: conn, ssh: ssh.NewClient(client, channels, requests)}
			accepted.peer = describe(accepted.ssh, v, l, banner.String())
			return accepted, nil
		}
		conn.abort()
		if !errors.Is(err, errKeySeen) || !v.another() {
			return nil, explain(ctx, err, v, l, config.User)
		}
	}
}

// maxBanner bounds what is kept of a banner before it is made fit to show.
const maxBanner = 4 << 10

// explain classifies the end of a handshake.
func explain(ctx context.Context, err error, v *verifier, l *login, user string) error {
	timedOut := errors.Is(context.Cause(ctx), errConnectTimeout)
	switch {
	case errors.Is(err, errKeySeen), noneLeft(err) && len(v.seen) > 0:
		return v.mismatch()
	case noneLeft(err):
		return fmt.Errorf("%w: %s has no key of the type in known_hosts: %w", remote.ErrHostKey, v.addr, err)
	case l.offered && timedOut:
		return fmt.Errorf("%w as %q: no answer within the connect timeout", remote.ErrLoginCut, user)
	case l.offered && ctx.Err() == nil && isNetwork(err):
		return fmt.Errorf("%w as %q: %w", remote.ErrLoginCut, user, err)
	case v.accepted != nil && ctx.Err() == nil && !isNetwork(err):
		return fmt.Errorf("%w as %q: %w", remote.ErrAuth, user, err)
	default:
		return classifyOpen(ctx, err)
	}
}

func describe(client *ssh.Client, v *verifier, l *login, banner string) remote.Peer {
	security, insecure := negotiated(client)
	protocol := "SFTP over SSH 2.0, " + software(client.ServerVersion())
	if len(insecure) > 0 {
		protocol += " with insecure " + strings.Join(insecure, " and ")
	}
	return remote.Peer{
		Address: v.addr, Protocol: protocol, Key: fingerprint(v.accepted),
		Security: security, Banner: remote.Line(banner), Warning: l.warning,
	}
}

// onWindows tells whether the server says that it runs on Windows.
func (l *link) onWindows() bool {
	version := strings.ToLower(string(l.ssh.ServerVersion()))
	return strings.Contains(version, "windows") || strings.Contains(version, "winsshd")
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
