package ftp

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/textproto"
	"strings"

	"github.com/jlaffaye/ftp"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dial"
)

func open(ctx context.Context, c Config) (*session, error) {
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
		var s *session
		s, err = connect(ctx, c, newest, password.Reveal())
		if err == nil {
			return s, nil
		}
		if !refusesVersion(err) || errors.Is(err, remote.ErrAuth) {
			break
		}
	}
	return nil, err
}

// connect makes one attempt at a session, with one choice of TLS versions.
func connect(ctx context.Context, c Config, newest uint16, password string) (*session, error) {
	through, err := dial.New(c.Config)
	if err != nil {
		return nil, err
	}
	s := &session{config: c, connection: &connection{wires: newWires(through)}}
	if s.tls, err = c.tlsConfig(newest, func() { s.asked = true }); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, s.wires.abort)
	err = s.start(ctx, password)
	if stop() && err == nil {
		s.control.idle = c.IdleTimeout
		return s, nil
	}
	s.wires.abort()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, classify(err)
}

func (s *session) start(ctx context.Context, password string) error {
	var err error
	if s.control, err = s.dialControl(ctx); err != nil {
		return err
	}
	address, ok := s.control.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return errors.New("the connection is not TCP")
	}
	s.host = address.IP.String()
	//nolint:contextcheck // data connections come after Open, whose context is over then
	if s.conn, err = ftp.Dial(s.config.Address(), s.options()...); err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	greeting := s.control.last().text
	if err := s.login(password); err != nil {
		return err
	}
	s.describe(greeting)
	return s.enter()
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
		ftp.DialWithDisabledMLSD(s.config.DisableMLSD),
	}
	if s.tls != nil {
		options = append(options, ftp.DialWithTLS(s.tls)) // makes it send PBSZ and PROT
	}
	return options
}

// dialControl connects and starts TLS.
func (s *session) dialControl(ctx context.Context) (*control, error) {
	w, err := s.wires.dial(ctx, s.config.Address(), 0)
	if err != nil {
		return nil, err
	}
	c := &control{Conn: w}
	if s.tls == nil {
		return c, nil
	}
	if s.config.Mode == Explicit {
		if c.unread, err = askForTLS(c); err != nil {
			return nil, err
		}
	}
	secured := tls.Client(w, s.tls)
	if err := secured.HandshakeContext(ctx); err != nil {
		if _, plain := errors.AsType[tls.RecordHeaderError](err); plain && s.config.Mode == Implicit {
			return nil, fmt.Errorf("the server does not start with TLS: try type ftpes, or port 990: %w", err)
		}
		if s.asked && isAlert(err, alertHandshakeFailure) {
			return nil, fmt.Errorf("%w: the server asks for a client certificate: %w", remote.ErrAuth, err)
		}
		return nil, fmt.Errorf("start TLS: %w", err)
	}
	c.Conn = secured
	return c, nil
}

// askForTLS reads the greeting, which it returns for the library to read again, and asks
// for TLS.
func askForTLS(c *control) (greeting []byte, err error) {
	buffered := bufio.NewReader(c)
	answers := textproto.NewReader(buffered)
	code, text, err := answers.ReadResponse(ftp.StatusReady)
	if err != nil {
		return nil, fmt.Errorf("greet: %w", err)
	}
	if _, err := io.WriteString(c, "AUTH TLS\r\n"); err != nil {
		return nil, err
	}
	if _, _, err := answers.ReadResponse(ftp.StatusAuthOK); err != nil {
		if r, ok := replyOf(err); ok && r.code >= 500 {
			return nil, fmt.Errorf("the server offers no TLS after AUTH TLS (ask its operator for it, or for SFTP): %w", permanent{r})
		}
		return nil, fmt.Errorf("ask for TLS: %w", err)
	}
	// Whoever is on the way could have put answers here, to be taken for encrypted ones.
	if buffered.Buffered()+len(c.unread)+len(c.partial) > 0 {
		return nil, errors.New("the server said more than its answer before TLS began")
	}
	return fmt.Appendf(nil, "%d %s\r\n", code, lastLine(text)), nil
}

// login tells a refused account from everything else that can go wrong before a session
// stands.
func (s *session) login(password string) error {
	err := s.conn.Login(s.config.User, password)
	if err == nil {
		return nil
	}
	r, answered := replyOf(err)
	if !answered && !isNetwork(err) {
		// The library drops the code of an answer to USER.
		r = s.control.last()
		answered = r.code >= 300
	}
	switch {
	case !answered && s.control.verb == "PASS":
		return fmt.Errorf("%w as %q: %w", remote.ErrLoginCut, s.config.User, err)
	case !answered:
		return fmt.Errorf("log in: %w", err)
	}
	r.text = strings.ReplaceAll(r.text, password, "[redacted]")
	if s.control.verb == "USER" || s.control.verb == "PASS" {
		if r.code >= 500 || errors.Is(r.sentinel(), remote.ErrAuth) {
			return fmt.Errorf("%w as %q: %w", remote.ErrAuth, s.config.User, r)
		}
		return fmt.Errorf("log in: %w", r)
	}
	return fmt.Errorf("prepare the session by %s: %w", s.control.verb, r)
}

// enter goes to the folder, in which all names are from then on. Some servers list a
// missing folder as an empty one, but none enters it.
func (s *session) enter() error {
	if s.config.Dir == "" {
		return nil
	}
	err := positive(s.conn.ChangeDir(s.config.Dir))
	if answered(err, codeUnavailable, codeBadName, codeBadArgument) {
		r, _ := replyOf(err)
		return fmt.Errorf("enter folder %q: missing, or not for this account: %w: %w", s.config.Dir, fs.ErrNotExist, r)
	}
	if r, refused := replyOf(err); refused {
		return fmt.Errorf("enter folder %q: %w", s.config.Dir, r)
	}
	return err
}
