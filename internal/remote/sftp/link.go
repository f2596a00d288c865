package sftp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/fault"
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

// allow lets both be silent for so long from now on.
func (l *link) allow(idle time.Duration) {
	if l.via != nil {
		l.via.allow(idle)
	}
	l.conn.allow(idle)
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
		User: c.User, Auth: l.methods(), AuthCallback: l.observe, HostKeyCallback: v.check, ClientVersion: clientVersion,
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
		if what := conn.foreign(); what != "" {
			return nil, errors.New(what)
		}
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
	said, disconnected := goodbye(err)
	switch {
	case errors.Is(err, errKeySeen), noneLeft(err) && len(v.seen) > 0:
		return v.mismatch()
	case noneLeft(err):
		return fault.Of(remote.ErrHostKey, "%s has no key of the type in known_hosts: %w", v.addr, err)
	case disconnected && said.passing(l.offered):
		return fault.Of(remote.ErrTemporary, "the server has no place for us now: it says %q", said.words)
	case l.offered && timedOut:
		return fault.Of(remote.ErrLoginCut, "%q had no answer within the connect timeout", user)
	case l.offered && ctx.Err() == nil && (isNetwork(err) || disconnected && said.ambiguous()):
		return fault.As(remote.ErrLoginCut, "%v as %q: %w", remote.ErrLoginCut, user, err)
	case v.accepted != nil && ctx.Err() == nil && !isNetwork(err):
		return fault.As(remote.ErrAuth, "%v as %q: %w", remote.ErrAuth, user, l.why(err))
	default:
		return classifyOpen(ctx, err)
	}
}

// why is the reason of a refused login, as far as it is known.
func (l *login) why(err error) error {
	switch {
	case l.reason != nil:
		return l.reason
	case strings.Contains(err.Error(), "unexpected message type 60"): // SSH_MSG_USERAUTH_PASSWD_CHANGEREQ
		return errExpired
	case len(l.partial) > 0:
		return fmt.Errorf("the server has accepted the %s and asks for %s besides: %w",
			strings.Join(l.partial, " and "), strings.Join(l.left, " or "), err)
	case l.rsaShown && !slices.Contains(l.signatures, ssh.KeyAlgoRSA):
		return fault.Hint(err, "a server from before 2016 takes an RSA key only with algorithms: {signatures: [ssh-rsa]}, which is SHA-1")
	}
	return err
}

// farewell is what a server says when it disconnects (RFC 4253, section 11.1).
type farewell struct {
	reason int
	words  string
}

// Reasons for which servers disconnect whom they have no place for, and others.
const (
	reasonProtocolError      = 2
	reasonUnavailable        = 7
	reasonByApplication      = 11
	reasonTooManyConnections = 12
)

// goodbye reads the farewell in an error. The library has no exported type for it.
func goodbye(err error) (farewell, bool) {
	const before = "ssh: disconnect, reason "
	_, text, ok := strings.Cut(err.Error(), before)
	if !ok {
		return farewell{}, false
	}
	number, rest, _ := strings.Cut(text, ": ")
	reason, err := strconv.Atoi(number)
	quoted, _ := strconv.QuotedPrefix(rest)
	words, _ := strconv.Unquote(quoted) // empty will do
	return farewell{reason, remote.Line(words)}, err == nil
}

// passing tells whether a server turns us away for now. Some count refused logins, and say so
// with a reason that has another meaning elsewhere.
func (f farewell) passing(offered bool) bool {
	words := strings.ToLower(f.words)
	switch {
	case says(words, "authentication", "auth fail", "password", "login attempt", "credential", "locked"):
		return false
	case f.reason == reasonTooManyConnections || f.reason == reasonUnavailable:
		return true
	case says(words, "too many", "maximum", "max ", "limit", "maintenance", "shut down", "shutting down", "busy", "try again", "overload"),
		remote.Crowded(words):
		return true
	}
	return !offered && (f.reason == reasonProtocolError || f.reason == reasonByApplication)
}

// ambiguous tells whether a farewell after a password was offered may mean that it was refused.
func (f farewell) ambiguous() bool {
	return (f.reason == reasonProtocolError || f.reason == reasonByApplication) && !strings.Contains(strings.ToLower(f.words), "authentication")
}

func describe(client *ssh.Client, v *verifier, l *login, banner string) remote.Peer {
	security, insecure := negotiated(client)
	if l.sha1.Load() {
		insecure = append(insecure, "ssh-rsa signature of our key")
	}
	protocol := "SFTP over SSH 2.0, " + software(client.ServerVersion())
	if len(insecure) > 0 {
		protocol += " with insecure " + strings.Join(insecure, " and ")
	}
	return remote.Peer{
		Address: v.addr, Protocol: protocol, Key: fingerprint(v.accepted),
		Security: security, Banner: remote.Line(banner),
		Warning: strings.Join(slices.DeleteFunc([]string{l.warning, v.known.warning()}, func(s string) bool { return s == "" }), "; "),
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
