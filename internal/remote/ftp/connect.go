package ftp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"github.com/jlaffaye/ftp"

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
		s := &session{config: c, connection: &connection{
			names: &r.names, block: func() { r.blocked.Store(true) }, patience: r.patience,
			password: password.Reveal(), newest: newest,
		}}
		if err = s.connect(ctx); err == nil {
			return s, nil
		}
		if !refusesVersion(err) || errors.Is(err, remote.ErrAuth) {
			break
		}
	}
	return nil, err
}

// connect makes one attempt at a session, with one choice of TLS versions.
func (s *session) connect(ctx context.Context) error {
	through, err := dial.New(s.config.Config)
	if err != nil {
		return err
	}
	s.wires = newWires(through)
	stop := context.AfterFunc(ctx, s.wires.abort)
	err = s.start(ctx)
	if stop() && err == nil {
		return nil
	}
	s.wires.abort()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return classify(err)
}

// reopen starts again where the server has ended the session with a transfer.
func (s *session) reopen(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.ConnectTimeout, errConnectTimeout)
	defer cancel()
	_ = s.control.Close() // the server has ended it
	stop := context.AfterFunc(ctx, s.wires.abort)
	err := s.start(ctx)
	if stop() && err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("open the session again, which the server ended with the transfer: %w", err)
}

func (s *session) start(ctx context.Context) (err error) {
	s.current = ""
	if s.tls, err = s.config.tlsConfig(s.newest, func() { s.asked = true }); err != nil {
		return err
	}
	if err := s.dialControl(ctx); err != nil {
		return err
	}
	address, ok := s.control.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return errors.New("the connection is not TCP")
	}
	s.host = address.IP.String()
	s.conn, err = ftp.Dial(s.config.Address(), s.options()...)
	if _, err := s.control.verdict(err); err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	if err := s.login(); err != nil {
		return err
	}
	s.describe()
	if err := s.enter(); err != nil {
		return err
	}
	s.control.idle = s.config.IdleTimeout
	return nil
}

// options make the library use our connections: the first that it asks for is the control
// connection.
func (s *session) options() []ftp.DialOption {
	first := true
	options := []ftp.DialOption{
		ftp.DialWithDialFunc(func(_, address string) (net.Conn, error) {
			if first {
				first = false
				return s.control, nil
			}
			return s.dialData(address)
		}),
		ftp.DialWithDisabledEPSV(s.config.DisableEPSV),
		ftp.DialWithDisabledMLSD(s.config.DisableMLSD || s.noMLSD),
	}
	if s.tls != nil {
		options = append(options, ftp.DialWithTLS(s.tls)) // makes it send PBSZ and PROT
	}
	return options
}

// dialControl connects and starts TLS, and asks for it in place of the library, whose TLS would be
// above the control connection as we mend it.
func (s *session) dialControl(ctx context.Context) error {
	w, err := s.wires.dial(ctx, s.config.Address(), 0)
	if err != nil {
		return err
	}
	s.control = newControl(w)
	if s.config.Mode == Explicit {
		if err := s.control.greet(); err != nil {
			return err
		}
	}
	if s.tls != nil {
		plain, secured := s.control, tls.Client(w, s.tls)
		if err := secured.HandshakeContext(ctx); err != nil {
			return s.config.handshakeError(err, s.asked)
		}
		s.control = newControl(secured)
		s.control.unread = plain.unread
		s.control.greeting, s.control.ahead = plain.greeting, plain.ahead
	}
	s.control.patience, s.control.implicit = s.patience, s.config.Mode == Implicit
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
func (s *session) login() error {
	setup := []string{"TYPE I"}
	if s.tls != nil {
		setup = append(setup, "PBSZ 0", "PROT P")
	}
	if s.config.Dir != "" && isASCII(s.config.Dir) {
		setup = append(setup, "CWD "+s.config.Dir)
	}
	s.control.ahead.foresee("FEAT", setup...)
	_, err := s.control.verdict(s.conn.Login(s.config.User, s.password))
	if err == nil {
		return nil
	}
	r, refused := replyOf(err)
	verb := s.control.verb
	switch {
	case verb != "USER" && verb != "PASS":
		return fmt.Errorf("prepare the session by %s: %w", verb, err)
	case verb == "PASS" && !refused && isNetwork(err) && !isTimeout(err):
		return fmt.Errorf("%w as %q: %w", remote.ErrLoginCut, s.config.User, err)
	case !refused:
		return fmt.Errorf("log in: %w", err)
	}
	if !r.crowded() && (r.code >= 500 || errors.Is(r.sentinel(), remote.ErrAuth) || r.code == codeNotAvailable && r.says(refusals)) {
		return fmt.Errorf("%w as %q: %w", remote.ErrAuth, s.config.User, permanent{r})
	}
	return fmt.Errorf("log in: %w", r)
}

// enter goes to the folder, in which all names are from then on. Some servers list a
// missing folder as an empty one, but none enters it.
func (s *session) enter() error {
	if s.config.Dir == "" {
		return nil
	}
	return s.changeDir(s.config.Dir, s.config.Dir)
}

// changeDir goes to a folder, which errors call so.
func (s *session) changeDir(dir, called string) error {
	_, err := s.call(func(c *ftp.ServerConn) error { return c.ChangeDir(dir) }, dir)
	return entered(err, called)
}

func entered(err error, folder string) error {
	if r, refused := replyOf(err); refused && answered(err, codeUnavailable, codeBadName, codeBadArgument) && !r.crowded() {
		return fmt.Errorf("enter folder %q: missing, or not for this account: %w: %w", folder, fs.ErrNotExist, r)
	}
	if err != nil {
		return fmt.Errorf("enter folder %q: %w", folder, err)
	}
	return nil
}
