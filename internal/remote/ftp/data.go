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

// lateData is how long data may take to come that a server says to have sent.
const lateData = 5 * time.Second

// quietListing is how long nothing of a listing may come before its end is looked for elsewhere.
const quietListing = 15 * time.Second

// data is one data connection as the library sees it. It comes about while the server hears the
// command, which saves a round trip.
type data struct {
	*wire  // once dialed is closed, unless broken
	dialed chan struct{}
	client *client
	// tls is nil without encryption; cork is what it writes to.
	tls   *tls.Conn
	cork  *cork
	ready bool
	// heard: it was read from; enough: all of the file has come that the server states.
	heard, enough bool
	// broken is the first error of the connection, after which the server may tell the reason;
	// source is one of what is uploaded.
	broken, source error
}

// dialData begins to open the connection that the library asks for, and leaves the handshake for
// later.
func (c *client) dialData(address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	// The library makes sure of this; a connection to a third machine would be its doing.
	if host != c.host {
		return nil, errors.New("the server names another machine for the data")
	}
	if c.config.Proxy != "" {
		// Only the proxy knows the address behind the server's name.
		host = c.config.Host
	}
	d := &data{client: c, dialed: make(chan struct{})}
	c.data = d
	extended, timed := c.control.verb == "EPSV", c.timed
	go func() {
		defer close(d.dialed)
		err := timed(func(ctx context.Context) (err error) {
			d.wire, err = c.wires.dial(ctx, net.JoinHostPort(host, port), c.config.IdleTimeout)
			return err
		})
		switch {
		case err != nil:
			d.broken = c.undialed(err, extended)
			c.wires.abort() // the server would wait for the connection
		case c.tls != nil:
			d.cork = &cork{wire: d.wire}
			d.tls = tls.Client(d.cork, c.tls)
		}
	}()
	return d, nil
}

func (c *client) undialed(err error, extended bool) error {
	if !extended {
		return fmt.Errorf("open data connection: %w", err)
	}
	if c.wires.life.Err() == nil {
		c.block()
	}
	return fmt.Errorf("open data connection, for which a firewall may want disable_epsv: true: %w", err)
}

// Handshake is done at the first byte, or by the library where there is none: servers accept it only
// after the command.
func (d *data) Handshake() error {
	<-d.dialed
	if d.broken != nil || d.tls == nil || d.ready {
		return d.broken
	}
	d.client.unresumed = false
	if err := d.client.timed(d.tls.HandshakeContext); err != nil {
		if _, plain := errors.AsType[tls.RecordHeaderError](err); plain {
			err = fmt.Errorf("the server does not encrypt its data connections: ask its operator for it: %w", err)
		}
		return d.check(err)
	}
	d.ready = true
	d.client.unresumed = !d.tls.ConnectionState().DidResume
	return nil
}

// Read gives a listing to the library as far as it can read it.
func (d *data) Read(p []byte) (int, error) {
	if l := d.client.listing; l != nil {
		n, err := l.read(p, d.client.control.verb, stream{d})
		if errors.Is(err, errLongListing) {
			d.client.wires.abort() // whatever else comes
		}
		return n, err
	}
	return stream{d}.Read(p)
}

// stream is what comes over a data connection, decrypted.
type stream struct{ data *data }

func (s stream) Read(p []byte) (n int, err error) {
	d := s.data
	if d.client.control.early.code != 0 && !d.heard || d.enough {
		return s.inTime(p)
	}
	if err := d.Handshake(); err != nil {
		return 0, err
	}
	if n, err = s.whole(p); isTimeout(err) && n == 0 && d.client.listing != nil {
		return s.goOn(p, err)
	}
	return n, d.check(err)
}

// whole reads for the idle timeout at most, or a part of it where a listing is read.
func (s stream) whole(p []byte) (int, error) {
	d := s.data
	if d.client.listing != nil {
		idle := d.idle
		defer func() { d.idle = idle }()
		d.idle = min(idle/2, quietListing)
	}
	if d.tls != nil {
		return d.tls.Read(p)
	}
	return d.wire.Read(p)
}

// goOn reads on where nothing of a listing came for a while: some servers say that they have sent it
// all and leave the connection open.
func (s stream) goOn(p []byte, err error) (n int, _ error) {
	d := s.data
	for waited := min(d.idle/2, quietListing); isTimeout(err) && n == 0 && waited < d.idle; waited += min(d.idle/2, quietListing) {
		if hasEnded(d.client.control) {
			return 0, io.EOF
		}
		n, err = s.whole(p)
	}
	return n, d.check(err)
}

// inTime reads what may not come, and takes silence for the end: first of all from a server that has said
// already that all went well, which may never take the connection, or when a file is whole, after which
// some leave it open.
func (s stream) inTime(p []byte) (int, error) {
	d := s.data
	d.heard = true
	<-d.dialed
	if d.broken != nil {
		return 0, d.broken
	}
	idle := d.idle
	defer func() { d.idle = idle }()
	d.idle = min(idle, lateData)
	conn := net.Conn(d.wire)
	if d.tls != nil {
		conn = d.tls // which shakes hands first
	}
	n, err := conn.Read(p)
	d.ready = d.ready || n > 0
	if n == 0 && err != nil {
		err = io.EOF
	}
	return n, err
}

func (d *data) Write(p []byte) (n int, err error) {
	if err := d.Handshake(); err != nil {
		return 0, err
	}
	if d.tls == nil {
		n, err = d.wire.Write(p)
		return n, d.check(err)
	}
	d.cork.in = true
	n, err = d.tls.Write(p)
	if e := d.cork.out(); err == nil {
		err = e
	}
	return n, d.check(err)
}

// ReadFrom is how the library copies a file to the server. An error of src resets the connections,
// since the server would take their end for that of the file.
func (d *data) ReadFrom(src io.Reader) (total int64, err error) {
	buffer := make([]byte, chunk)
	for {
		n, failed := src.Read(buffer)
		end := errors.Is(failed, io.EOF)
		if failed != nil && !end {
			d.source = failed
			d.client.wires.abort()
			return total, failed
		}
		if n > 0 {
			n, err = d.Write(buffer[:n])
			total += int64(n)
		}
		if end || err != nil {
			return total, err
		}
	}
}

// check keeps an error, and gives the whole session up where the server is silent: it would be asked
// for its answer next, and have another idle timeout for that.
func (d *data) check(err error) error {
	if err != nil && d.broken == nil && !errors.Is(err, io.EOF) {
		d.broken = err
	}
	if isTimeout(err) {
		d.client.wires.abort()
	}
	return err
}

// Close ends the connection so that the server has read everything before: closing with
// something unread, such as a session ticket of TLS 1.3, would reset it. Whether all arrived is told
// by the server's answer and the size, not by how the connection ends.
func (d *data) Close() error {
	if d.client.control.broken != nil {
		d.client.wires.abort() // which ends dialing too
	}
	<-d.dialed
	if d.wire == nil {
		return nil
	}
	if d.tls != nil && d.ready {
		wait := min(farewell, d.idle)
		d.idle = 0 // one deadline for all that follows
		if d.SetDeadline(time.Now().Add(wait)) == nil && d.tls.CloseWrite() == nil && d.closeWrite() == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(d.tls, 64<<10))
		}
	}
	_ = d.wire.Close() // may have been reset
	return nil
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
