package ftp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"time"
)

// farewell is how long a server may take to end a data connection that we have ended.
const farewell = 10 * time.Second

// data is one data connection.
type data struct {
	*wire
	session *session
	// tls is nil without encryption; cork is what it writes to.
	tls   *tls.Conn
	cork  *cork
	ready bool
	// early is the final answer of a server that has given it in place of a preliminary one.
	early reply
}

// begin asks for a transfer and returns its data connection, once the server has let it begin.
func (s *session) begin(verb, argument string) (*data, error) {
	if s.features["PRET"] { // the server wants to know what the port is for
		if _, err := s.ask("PRET "+verb, argument); err != nil {
			return nil, err
		}
	}
	if argument == "" || !isASCII(argument) {
		if err := s.speakUTF8(); err != nil {
			return nil, err
		}
	}
	port, extended, err := s.passive()
	if err != nil {
		return nil, err
	}
	// The server hears the command while the connection comes about, which saves a round trip.
	dialed := make(chan error, 1)
	var d *data
	go func() {
		var err error
		d, err = s.dialData(port)
		dialed <- err
	}()
	r, err := s.control.command(verb, argument)
	if err != nil {
		s.wires.abort()
	}
	if e := <-dialed; e != nil {
		return nil, s.undialed(e, extended)
	}
	if err == nil && r.code >= 300 {
		err = r
	}
	if err != nil {
		_ = d.Close() // nothing has gone over it
		return nil, err
	}
	if r.code >= 200 {
		d.early = r
	}
	return d, nil
}

func (s *session) undialed(err error, extended bool) error {
	if !extended {
		return fmt.Errorf("open data connection: %w", err)
	}
	if s.block != nil && s.wires.life.Err() == nil {
		s.block()
	}
	return fmt.Errorf("open data connection, for which a firewall may want disable_epsv: true: %w", err)
}

// passive asks for the port of a data connection.
func (s *session) passive() (port int, extended bool, err error) {
	if !s.config.DisableEPSV && !s.noEPSV {
		r, err := s.ask("EPSV", "")
		if _, refused := replyOf(err); err != nil && !refused || answered(err, codeNotAvailable) {
			return 0, false, err
		}
		if port, ok := epsvPort(r.text); ok && err == nil {
			return port, true, nil
		}
		s.noEPSV = true
	}
	r, err := s.ask("PASV", "")
	if err != nil {
		return 0, false, err
	}
	port, ok := pasvPort(r.text)
	if !ok {
		return 0, false, fmt.Errorf("the server names no port for the data: %w", permanent{r})
	}
	return port, false, nil
}

var (
	epsvAnswer = regexp.MustCompile(`([!-/:-~])([!-/:-~])([!-/:-~])(\d{1,5})([!-/:-~])`)
	// pasvAnswer is the address and the port, with or without parentheses around them.
	pasvAnswer = regexp.MustCompile(`\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})`)
)

func epsvPort(text string) (int, bool) {
	m := epsvAnswer.FindStringSubmatch(text)
	if m == nil || m[1] != m[2] || m[2] != m[3] || m[3] != m[5] {
		return 0, false
	}
	port := number(m[4])
	return port, port > 0 && port <= 65535
}

// pasvPort leaves the address alone: data goes to the machine that the control connection goes to.
func pasvPort(text string) (int, bool) {
	m := pasvAnswer.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	high, low := number(m[1]), number(m[2])
	return high<<8 + low, high <= 255 && low <= 255 && high+low > 0
}

// dialData opens the connection and leaves the handshake for later.
func (s *session) dialData(port int) (*data, error) {
	host := s.host
	if s.config.Proxy != "" {
		// Only the proxy knows the address behind the server's name.
		host = s.config.Host
	}
	var w *wire
	err := s.timed(func(ctx context.Context) (err error) {
		w, err = s.wires.dial(ctx, net.JoinHostPort(host, strconv.Itoa(port)), s.config.IdleTimeout)
		return err
	})
	if err != nil {
		return nil, err
	}
	d := &data{wire: w, session: s}
	if s.tls != nil {
		d.cork = &cork{wire: w}
		d.tls = tls.Client(d.cork, s.tls)
	}
	return d, nil
}

// handshake is done at the first byte, or at the end where there is none: servers accept it only
// after the command.
func (d *data) handshake() error {
	if d.tls == nil || d.ready {
		return nil
	}
	d.session.unresumed = false
	if err := d.session.timed(d.tls.HandshakeContext); err != nil {
		if _, plain := errors.AsType[tls.RecordHeaderError](err); plain {
			err = fmt.Errorf("the server does not encrypt its data connections: ask its operator for it: %w", err)
		}
		return d.check(err)
	}
	d.ready = true
	d.session.unresumed = !d.tls.ConnectionState().DidResume
	return nil
}

func (d *data) Read(p []byte) (int, error) {
	if err := d.handshake(); err != nil {
		return 0, err
	}
	if d.tls != nil {
		n, err := d.tls.Read(p)
		return n, d.check(err)
	}
	n, err := d.wire.Read(p)
	return n, d.check(err)
}

func (d *data) Write(p []byte) (int, error) {
	if err := d.handshake(); err != nil {
		return 0, err
	}
	if d.tls == nil {
		n, err := d.wire.Write(p)
		return n, d.check(err)
	}
	d.cork.in = true
	n, err := d.tls.Write(p)
	if e := d.cork.out(); err == nil {
		err = e
	}
	return n, d.check(err)
}

// check gives the whole session up where the server is silent: it would be asked for its
// answer next, and have another idle timeout for that.
func (d *data) check(err error) error {
	if isTimeout(err) {
		d.wires.abort()
	}
	return err
}

// end ends a data connection and returns the server's final answer. Whether all arrived is told
// by the answer and the size, not by how the connection ends.
func (s *session) end(d *data) (reply, error) {
	d.part()
	if d.early.code != 0 {
		return d.early, nil
	}
	return s.control.final(s.patience)
}

// part ends the connection so that the server has read everything before: closing with
// something unread, such as a session ticket of TLS 1.3, would reset it.
func (d *data) part() {
	if d.tls != nil && d.ready {
		wait := min(farewell, d.idle)
		d.idle = 0 // one deadline for all that follows
		if d.SetDeadline(time.Now().Add(wait)) == nil && d.tls.CloseWrite() == nil && d.closeWrite() == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(d.tls, 64<<10))
		}
	}
	_ = d.Close() // may have been reset
}

// corked is how much a cork holds, in bytes.
const corked = 256 << 10

// cork gathers the records of one write, which TLS would send one by one.
type cork struct {
	*wire
	in     bool
	buffer []byte
}

func (c *cork) Write(p []byte) (int, error) {
	if !c.in {
		return c.wire.Write(p)
	}
	c.buffer = append(c.buffer, p...)
	if len(c.buffer) < corked {
		return len(p), nil
	}
	return len(p), c.flush()
}

func (c *cork) flush() error {
	_, err := c.wire.Write(c.buffer)
	c.buffer = c.buffer[:0]
	return err
}

// out lets everything go.
func (c *cork) out() error {
	c.in = false
	return c.flush()
}
