package ftp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// farewell is how long a server may take to end a data connection that we have ended.
const farewell = 10 * time.Second

// maxListing bounds a listing, in bytes: some 300,000 files.
const maxListing = 32 << 20

var errLongListing = errors.New("the listing is longer than 32 MiB")

// data is one data connection as the library sees it.
type data struct {
	*wire
	session *session
	// tls is nil without encryption.
	tls   *tls.Conn
	ready bool
	// closed: the library closes a connection once, the session may do so before.
	closed bool
}

// dialData opens the connection and leaves the handshake for later.
func (s *session) dialData(address string) (*data, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	// The library makes sure of this; a connection to a third machine would be its doing.
	if host != s.host {
		return nil, errors.New("the server names another machine for the data")
	}
	if s.config.Proxy != "" {
		// Only the proxy knows the address behind the server's name.
		address = net.JoinHostPort(s.config.Host, port)
	}
	ctx, cancel := context.WithTimeout(s.wires.life, s.config.IdleTimeout)
	defer cancel()
	w, err := s.wires.dial(ctx, address, s.config.IdleTimeout)
	if err != nil && s.control.verb == "EPSV" {
		if s.block != nil && s.wires.life.Err() == nil {
			s.block()
		}
		return nil, fmt.Errorf("open data connection, for which a firewall may want disable_epsv: true: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("open data connection: %w", err)
	}
	d := &data{wire: w, session: s}
	if s.tls != nil {
		d.tls = tls.Client(w, s.tls)
	}
	s.unresumed = false
	return d, nil
}

// Handshake is called by the library where no byte was written, and by Read and Write.
func (d *data) Handshake() error {
	if d.tls == nil || d.ready {
		return nil
	}
	ctx, cancel := context.WithTimeout(d.wires.life, d.session.config.IdleTimeout)
	defer cancel()
	if err := d.tls.HandshakeContext(ctx); err != nil {
		return d.check(err)
	}
	d.ready = true
	d.session.unresumed = !d.tls.ConnectionState().DidResume
	return nil
}

func (d *data) Read(p []byte) (n int, err error) {
	if l := d.session.listing; l != nil {
		n, err = l.read(p, stream{d})
	} else {
		n, err = stream{d}.Read(p)
	}
	return n, d.check(err)
}

// stream is what comes over a data connection, decrypted.
type stream struct{ *data }

func (r stream) Read(p []byte) (int, error) {
	if err := r.Handshake(); err != nil {
		return 0, err
	}
	if r.tls != nil {
		return r.tls.Read(p)
	}
	return r.wire.Read(p)
}

func (d *data) Write(p []byte) (n int, err error) {
	if err := d.Handshake(); err != nil {
		return 0, err
	}
	if d.tls != nil {
		n, err = d.tls.Write(p)
	} else {
		n, err = d.wire.Write(p)
	}
	return n, d.check(err)
}

// check gives the whole session up where the server is silent: it would be asked for its
// answer next, and have another idle timeout for that.
func (d *data) check(err error) error {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		d.wires.abort()
	}
	return err
}

// Close ends the connection so that the server has read everything before: closing with
// something unread, such as a session ticket of TLS 1.3, would reset it.
func (d *data) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	if d.tls != nil && d.ready {
		d.part()
	}
	err := d.wire.Close()
	if e := d.session.control.await(); err == nil {
		err = e
	}
	return err
}

// part waits for the server's end of an encrypted connection. Whether all arrived is
// told by the server's answer and the size, not by how it says farewell.
func (d *data) part() {
	wait := min(farewell, d.idle)
	d.idle = 0 // one deadline for all that follows
	if d.SetDeadline(time.Now().Add(wait)) == nil && d.tls.CloseWrite() == nil && d.closeWrite() == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(d.tls, 64<<10))
	}
}
