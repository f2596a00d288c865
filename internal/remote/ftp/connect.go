package ftp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/jlaffaye/ftp"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dial"
)

func (r *Remote) open(ctx context.Context, dir string) (*session, error) {
	s, err := r.enter(ctx, dir)
	return s, r.config.said().Error(err)
}

func (r *Remote) enter(ctx context.Context, dir string) (*session, error) {
	c := r.config
	c.Dir = dir
	c.DisableEPSV = c.DisableEPSV || r.blocked.Load()
	ctx, cancel := context.WithTimeoutCause(ctx, c.ConnectTimeout, errConnectTimeout)
	defer cancel()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	password, err := c.Password.Resolve()
	if err != nil {
		return nil, fmt.Errorf("read password: %w", err)
	}
	if hasControl(password.Reveal()) {
		return nil, errors.New("read password: it contains a control character, such as a line end")
	}
	for _, newest := range c.newestVersions() {
		s := newSession(&client{
			config: c, block: func() { r.blocked.Store(true) }, patience: r.patience,
			password: password.Reveal(), newest: newest, ends: r.ends,
		}, &r.names)
		if err = s.client.connect(ctx); err == nil {
			return s, nil
		}
		if !refusesVersion(err) || errors.Is(err, remote.ErrAuth) {
			break
		}
	}
	return nil, err
}

// connect makes one attempt at a session, with one choice of TLS versions.
func (c *client) connect(ctx context.Context) error {
	through, err := dial.New(c.config.Config)
	if err != nil {
		return err
	}
	c.wires = newWires(through)
	stop := context.AfterFunc(ctx, c.wires.abort)
	err = c.start(ctx)
	if stop() && err == nil {
		return nil
	}
	c.wires.abort()
	if ctx.Err() != nil {
		if errors.Is(context.Cause(ctx), errConnectTimeout) && c.config.Mode != Implicit && c.control != nil && c.control.greeting == "" {
			return errSilent
		}
		return context.Cause(ctx)
	}
	return classify(err)
}

// reopen starts again where the server has ended the session with a transfer.
func (c *client) reopen(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.ConnectTimeout, errConnectTimeout)
	defer cancel()
	_ = c.control.Close() // the server has ended it
	stop := context.AfterFunc(ctx, c.wires.abort)
	err := c.start(ctx)
	if stop() && err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("open the session again, which the server ended with the transfer: %w", err)
}

func (c *client) start(ctx context.Context) (err error) {
	if c.tls, err = c.config.tlsConfig(c.newest, func() { c.asked = true }); err != nil {
		return err
	}
	if err := c.dialControl(ctx); err != nil {
		return err
	}
	address, ok := c.control.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return errors.New("the connection is not TCP")
	}
	c.host = address.IP.String()
	c.conn, err = ftp.Dial(c.config.Address(), c.options()...)
	if _, err := c.control.verdict(err); err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	if err := c.login(); err != nil {
		return err
	}
	c.describe()
	if err := c.enter(); err != nil {
		return err
	}
	c.control.idle = c.config.IdleTimeout
	return nil
}

// options make the library use our connections: the first that it asks for is the control
// connection.
func (c *client) options() []ftp.DialOption {
	first := true
	options := []ftp.DialOption{
		ftp.DialWithDialFunc(func(_, address string) (net.Conn, error) {
			if first {
				first = false
				return c.control, nil
			}
			return c.dialData(address)
		}),
		ftp.DialWithDisabledEPSV(c.config.DisableEPSV),
		ftp.DialWithDisabledMLSD(c.config.DisableMLSD || c.noMLSD),
	}
	if c.tls != nil {
		options = append(options, ftp.DialWithTLS(c.tls)) // makes it send PBSZ and PROT
	}
	return options
}

// dialControl connects and starts TLS, and asks for it in place of the library, whose TLS would be
// above the control connection as we mend it.
func (c *client) dialControl(ctx context.Context) error {
	w, err := c.wires.dial(ctx, c.config.Address(), 0)
	if err != nil {
		return err
	}
	c.control = newControl(w)
	if c.config.Mode == Explicit {
		if err := c.control.greet(); err != nil {
			return err
		}
	}
	if c.tls != nil {
		plain, secured := c.control, tls.Client(w, c.tls)
		if err := secured.HandshakeContext(ctx); err != nil {
			return c.config.handshakeError(err, c.asked)
		}
		c.control = newControl(secured)
		c.control.unread = plain.unread
		c.control.greeting, c.control.ahead = plain.greeting, plain.ahead
	}
	c.control.patience, c.control.implicit = c.patience, c.config.Mode == Implicit
	return nil
}

// greet reads the greeting, for the library to read again, and asks for TLS.
func (c *control) greet() error {
	r, err := c.hear()
	if err == nil && (r.code < 200 || r.code >= 300) {
		err = r
	}
	if err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	greeting := c.mend(r)
	if err := c.askForTLS(); err != nil {
		return err
	}
	c.unread = greeting
	return nil
}

func (c *control) askForTLS() error {
	r, err := c.command("AUTH TLS")
	switch {
	case err != nil:
		return err
	case r.code >= 500 && !r.crowded():
		return fmt.Errorf("the server offers no TLS after AUTH TLS (ask its operator for it, or for SFTP): %w", permanent{r})
	case r.code >= 300:
		return fmt.Errorf("ask for TLS: %w", r)
	}
	// Whoever is on the way could have put answers here, to be taken for encrypted ones.
	if c.in.Buffered() > 0 {
		return errors.New("the server said more than its answer before TLS began")
	}
	return nil
}

// login tells a refused account from everything else that can go wrong before a session
// stands. Besides logging in, the library asks what the server knows and sets the session up: binary,
// and encrypted data.
func (c *client) login() error {
	setup := []string{"TYPE I"}
	if c.tls != nil {
		setup = append(setup, "PBSZ 0", "PROT P")
	}
	if c.config.Dir != "" && isASCII(c.config.Dir) {
		setup = append(setup, "CWD "+c.config.Dir)
	}
	c.control.ahead.foresee("FEAT", setup...)
	_, err := c.control.verdict(c.conn.Login(c.config.User, c.password))
	if err == nil {
		return nil
	}
	r, refused := replyOf(err)
	verb := c.control.verb
	switch {
	case verb != "USER" && verb != "PASS":
		return fmt.Errorf("prepare the session by %s: %w", verb, err)
	case verb == "PASS" && !refused && isNetwork(err) && !isTimeout(err):
		return fault.As(remote.ErrLoginCut, "%v as %q: %w", remote.ErrLoginCut, c.config.User, err)
	case !refused:
		return fmt.Errorf("log in: %w", err)
	}
	if !r.crowded() && (r.code >= 500 || errors.Is(r.sentinel(), remote.ErrAuth) || r.code == codeNotAvailable && remote.Refusing(r.text)) {
		return fault.As(remote.ErrAuth, "%v as %q: %w", remote.ErrAuth, c.config.User, permanent{r})
	}
	return fmt.Errorf("log in: %w", r)
}
