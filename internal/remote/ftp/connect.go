package ftp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dial"
)

func (r *Remote) open(ctx context.Context, dir string) (*session, error) {
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
	s.current, s.utf8 = "", false
	if s.tls, err = s.config.tlsConfig(s.newest, func() { s.asked = true }); err != nil {
		return err
	}
	greeting, err := s.dialControl(ctx)
	if err != nil {
		return err
	}
	address, ok := s.control.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return errors.New("the connection is not TCP")
	}
	s.host = address.IP.String()
	if err := s.login(); err != nil {
		return err
	}
	if err := s.prepare(); err != nil {
		return err
	}
	s.describe(greeting)
	if err := s.enter(); err != nil {
		return err
	}
	s.control.idle = s.config.IdleTimeout
	return nil
}

// dialControl connects, reads the greeting and starts TLS.
func (s *session) dialControl(ctx context.Context) (greeting string, err error) {
	w, err := s.wires.dial(ctx, s.config.Address(), 0)
	if err != nil {
		return "", err
	}
	s.control = newControl(w)
	if s.config.Mode == Explicit {
		if greeting, err = s.control.greet(); err != nil {
			return "", err
		}
		if err := s.control.askForTLS(); err != nil {
			return "", err
		}
	}
	if s.tls != nil {
		secured := tls.Client(w, s.tls)
		if err := secured.HandshakeContext(ctx); err != nil {
			return "", s.config.handshakeError(err, s.asked)
		}
		s.control = newControl(secured)
	}
	if s.config.Mode != Explicit {
		return s.control.greet()
	}
	return greeting, nil
}

// greet returns the last line of the greeting.
func (c *control) greet() (string, error) {
	c.verb = "CONNECT"
	r, err := c.answer()
	if err != nil {
		return "", fmt.Errorf("greet: %w", err)
	}
	if r.code < 200 || r.code >= 300 {
		return "", fmt.Errorf("greet: %w", r)
	}
	return r.text[strings.LastIndexByte(r.text, '\n')+1:], nil
}

func (c *control) askForTLS() error {
	r, err := c.command("AUTH", "TLS")
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

// quit says goodbye and does not wait for the answer.
func (c *control) quit() error {
	if err := c.await(c.idle); err != nil {
		return err
	}
	_, err := io.WriteString(c.Conn, "QUIT\r\n")
	return err
}

// login tells a refused account from everything else that can go wrong before a session
// stands. Servers that need no password say so to USER, or to PASS (202).
func (s *session) login() error {
	r, err := s.control.command("USER", s.config.User)
	if err == nil && r.code >= 300 && r.code < 400 && r.code != codeNeedAccount {
		r, err = s.control.command("PASS", s.password)
		if err != nil && isNetwork(err) && !isTimeout(err) {
			return fmt.Errorf("%w as %q: %w", remote.ErrLoginCut, s.config.User, err)
		}
	}
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	if r.code < 300 {
		return nil
	}
	r.text = strings.ReplaceAll(r.text, s.password, "[redacted]")
	if !r.crowded() && (r.code >= 500 || errors.Is(r.sentinel(), remote.ErrAuth) || r.code == codeNotAvailable && r.says(refusals)) {
		return fmt.Errorf("%w as %q: %w", remote.ErrAuth, s.config.User, permanent{r})
	}
	return fmt.Errorf("log in: %w", r)
}

// prepare asks what the server knows, and sets the session up: binary, and encrypted data.
func (s *session) prepare() error {
	r, err := s.control.command("FEAT", "")
	if err != nil {
		return fmt.Errorf("prepare the session by FEAT: %w", err)
	}
	s.features = featuresIn(r)
	s.mlst = (s.features["MLST"] || s.features["MLSD"]) && !s.config.DisableMLSD
	if _, err := s.ask("TYPE", "I"); err != nil {
		return fmt.Errorf("prepare the session by TYPE: %w", err)
	}
	if s.tls == nil {
		return nil
	}
	// PBSZ changes nothing with TLS. With implicit TLS, PROT is not known everywhere: whether
	// the data is encrypted shows when a data connection shakes hands.
	for _, command := range [][2]string{{"PBSZ", "0"}, {"PROT", "P"}} {
		_, err := s.ask(command[0], command[1])
		r, refused := replyOf(err)
		lenient := refused && r.code >= 500 && !r.crowded() && (command[0] == "PBSZ" || s.config.Mode == Implicit)
		if err != nil && !lenient {
			return fmt.Errorf("prepare the session by %s: %w", command[0], err)
		}
	}
	return nil
}

// featuresIn returns the first words of the lines of an answer to FEAT.
func featuresIn(r reply) map[string]bool {
	features := map[string]bool{}
	if r.code != 211 {
		return features
	}
	for text := range strings.SplitSeq(r.text, "\n") {
		if word, _, _ := strings.Cut(strings.TrimSpace(text), " "); word != "" {
			features[strings.ToUpper(word)] = true
		}
	}
	return features
}

// enter goes to the folder, in which all names are from then on. Some servers list a
// missing folder as an empty one, but none enters it.
func (s *session) enter() error {
	if s.config.Dir == "" {
		return nil
	}
	_, err := s.ask("CWD", s.config.Dir)
	if r, refused := replyOf(err); refused && answered(err, codeUnavailable, codeBadName, codeBadArgument) && !r.crowded() {
		return fmt.Errorf("enter folder %q: missing, or not for this account: %w: %w", s.config.Dir, fs.ErrNotExist, r)
	}
	if err != nil {
		return fmt.Errorf("enter folder %q: %w", s.config.Dir, err)
	}
	return nil
}
