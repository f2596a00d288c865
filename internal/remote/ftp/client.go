package ftp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jlaffaye/ftp"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// client is the talk with one server. The library speaks the protocol for it.
type client struct {
	config Config
	peer   remote.Peer
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
	// enter goes to the folder, once logged in.
	enter func() error
	// block is called when the port that EPSV named could not be reached.
	block func()
	// ends is told when the certificate of the server ends.
	ends func(time.Time)
	// noMLSD: the server offers MLSD and does not know it.
	noMLSD bool
	// asked: the server asked for a client certificate.
	asked bool
	// unresumed: the last data connection shook hands and did not resume the session.
	unresumed bool
	// revive opens the session anew; timed does something within the idle timeout, unless the
	// operation or the session ends before. Both are nil between operations.
	revive func() error
	timed  func(do func(context.Context) error) error

	closing sync.Once
}

// close says goodbye where the connection is in order, and does not wait for the answer.
func (c *client) close() {
	c.closing.Do(func() {
		if c.wires.life.Err() == nil {
			_ = c.conn.Quit() // every answer that counts was had already
		}
		c.wires.abort()
	})
}

// do calls op, which knows no context, and ends it by closing the connections when ctx ends. After
// an error that may have left the conversation out of step, the session is over.
func (c *client) do(ctx context.Context, op func() error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	stop := context.AfterFunc(ctx, c.wires.abort)
	c.revive = func() error { return c.reopen(ctx) }
	c.timed = func(do func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, c.config.IdleTimeout)
		defer cancel()
		defer context.AfterFunc(c.wires.life, cancel)() //nolint:contextcheck // a session that is aborted ends this too
		return do(ctx)
	}
	err := op()
	c.revive, c.timed = nil, nil
	stop()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		c.wires.abort()
		return context.Cause(ctx)
	}
	if isTimeout(err) && !errors.Is(err, remote.ErrUnanswered) {
		err = fmt.Errorf("the server was silent for %s (idle_timeout): %w", c.config.IdleTimeout, err)
	}
	err = classify(err)
	if !remote.Definite(err) {
		c.wires.abort()
	}
	return c.config.said().Error(err)
}

// call is once, again on a session that is opened anew where the server ended it with the last
// transfer: the command was not heard then.
func (c *client) call(op func(*ftp.ServerConn) error, names ...string) (reply, error) {
	r, err := c.once(op, names...)
	if !c.unheard(err) {
		return r, err
	}
	if err := c.revive(); err != nil {
		return reply{}, err
	}
	return c.call(op, names...)
}

// unheard tells whether err means that the server had ended the session before it heard anything,
// and the session can be opened anew.
func (c *client) unheard(err error) bool {
	return err != nil && c.control.hungUp && c.revive != nil
}

// once has the library do something with such names, or with the whole folder where one is empty.
// It returns the server's last answer, as an error too where it is a refusal.
func (c *client) once(op func(*ftp.ServerConn) error, names ...string) (reply, error) {
	c.data = nil
	err := c.speakUTF8(names...)
	if err == nil {
		err = op(c.conn)
	}
	if c.unheard(err) {
		return reply{}, err
	}
	if d := c.data; err != nil && d != nil {
		if <-d.dialed; d.wire == nil {
			return reply{}, d.broken
		}
	}
	return c.control.verdict(err)
}

// speakUTF8 tells the server, once and before it matters, that names are UTF-8. Whether it knows
// is no matter: names are sent as they are. The library says it at the login or never.
func (c *client) speakUTF8(names ...string) error {
	if !c.control.utf8 || !slices.ContainsFunc(names, func(name string) bool { return name == "" || !isASCII(name) }) {
		return nil
	}
	c.control.utf8 = false
	r, err := c.control.command("OPTS UTF8 ON")
	if r.code == codeNotAvailable {
		return errors.Join(r, err)
	}
	return err
}

// describe fills in the peer once the session stands.
func (c *client) describe() {
	c.peer = remote.Peer{Address: c.config.Address(), Protocol: "FTP without encryption"}
	if secured, ok := c.control.Conn.(*tls.Conn); ok {
		state := secured.ConnectionState()
		how := "explicit"
		if c.config.Mode == Implicit {
			how = "implicit"
		}
		c.peer.Protocol = fmt.Sprintf("FTP over %s (%s)", tls.VersionName(state.Version), how)
		c.peer.Security = tls.CipherSuiteName(state.CipherSuite)
		c.peer.Key = fingerprint(state.PeerCertificates[0])
		c.ends(state.PeerCertificates[0].NotAfter)
		c.peer.Warning = cmp.Or(expiry(state.PeerCertificates[0], time.Now()), weakness(state))
	}
	c.peer.Banner = c.config.said().Redact(remote.Line(c.control.greeting))
}

// transferred adds the reason to the refusal of a data connection.
func (c *client) transferred(err error) error {
	if c.unresumed && answered(err, codeNoData, codeNoSession) {
		r, _ := replyOf(err)
		return fault.Wrap(errSessionReuse, permanent{r})
	}
	return err
}

// knowsMLSD tells whether the server knows MLSD and MLST.
func (c *client) knowsMLSD() bool { return c.conn.IsTimePreciseInList() && !c.noMLSD }
