package ftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/jlaffaye/ftp"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// chunk is how much is read and written at a time, in bytes.
const chunk = 256 << 10

// lateSize is how long a server may take to state the right size after it has said that the file
// is there, lateFile how long until the file is there at all.
const (
	lateSize = 20 * time.Second
	lateFile = 5 * time.Second
)

var errUnstated = errors.New("the server does not state the size")

// Upload implements remote.Session. See the package comment about a file that appears
// under the name in between.
func (s *session) Upload(ctx context.Context, name string, src io.Reader, size int64) error {
	err := s.in(ctx, name, func(base string) error { return s.upload(ctx, base, remote.Exactly(src, size), size) })
	if err != nil {
		return fmt.Errorf("upload %q: %w", name, err)
	}
	return nil
}

func (s *session) upload(ctx context.Context, name string, src io.Reader, size int64) error {
	if !s.client.config.DisableEPSV {
		s.client.control.ahead.foresee("SIZE", "EPSV")
	}
	_, err := s.ask.size(name)
	if err == nil {
		return fs.ErrExist
	}
	if !errors.Is(err, errUnstated) {
		return err
	}
	if !answered(err, codeUnavailable) {
		// The server knows no SIZE.
		if taken, err := s.ask.exists(name); taken || err != nil {
			return errors.Join(err, existing(taken))
		}
	}
	raw := s.names.bytes(name)
	r, err := s.client.call(func(c *ftp.ServerConn) error { return c.Stor(raw, source{src, ctx}) }, raw)
	d := s.client.data
	switch _, refused := replyOf(err); {
	case d != nil && d.source != nil:
		return d.source
	case s.client.control.stage == asked && isTimeout(err):
		return fault.Of(remote.ErrTemporary, "the server took the command for the upload, and did not say within %s (idle_timeout) that it is ready for the file", s.client.config.IdleTimeout)
	case s.client.control.stage == asked:
		return s.refused(name, s.client.transferred(err))
	case s.client.control.stage == begun && d.broken != nil:
		return d.broken
	case s.client.control.stage == begun:
		return s.unanswered(err)
	case refused && r.code != codeAborted:
		return s.client.transferred(err)
	case d.broken != nil:
		err = d.broken
	}
	// Some servers say that the transfer was aborted, or reset the connection, when all had come.
	return s.confirm(ctx, name, size, s.client.transferred(err))
}

// source ends with ctx.
type source struct {
	io.Reader
	ctx context.Context
}

func (s source) Read(p []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	return s.Reader.Read(p)
}

// unanswered explains that the server has every byte and says nothing.
func (s *session) unanswered(err error) error {
	if isTimeout(err) {
		return remote.Unanswered(s.client.patience, err)
	}
	if isNetwork(err) {
		return fault.Wrap(remote.ErrUnanswered, err)
	}
	return err
}

// refused finds out whether a file was refused because the name belongs to something that
// has no size, such as a folder.
func (s *session) refused(name string, err error) error {
	if r, _ := replyOf(err); !s.client.config.WriteOnly && answered(err, codeUnavailable, codeBadName) && !r.says(remote.Denied) {
		if _, e := s.ask.find(name); e == nil {
			return fs.ErrExist
		}
	}
	return err
}

// confirm decides by the size, where the server states it, and else by what it answered. Some
// servers state the right size late.
func (s *session) confirm(ctx context.Context, name string, size int64, answer error) error {
	start := time.Now()
	for wait := 250 * time.Millisecond; ; wait *= 2 {
		held, err := s.ask.held(name)
		patience := min(lateSize, s.client.config.IdleTimeout)
		switch {
		case errors.Is(err, errUnstated):
			return answer
		case errors.Is(err, fs.ErrNotExist):
			if patience = min(lateFile, s.client.config.IdleTimeout); time.Since(start) > patience {
				return answer // taken already, or to be missed at the next step
			}
		case err != nil:
			return err
		case held == size:
			return nil
		case time.Since(start) > patience:
			return remote.SizeError{Sent: size, Stated: held}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(min(wait, patience)):
		}
	}
}

// Download implements remote.Session.
func (s *session) Download(ctx context.Context, name string, dst io.Writer) (int64, error) {
	var n int64
	err := s.in(ctx, name, func(base string) (err error) {
		n, err = s.download(base, destination{dst, ctx})
		return err
	})
	if err != nil {
		return n, fmt.Errorf("download %q: %w", name, err)
	}
	return n, nil
}

func (s *session) download(name string, dst destination) (int64, error) {
	found, err := s.ask.stat(name)
	if err != nil {
		return 0, err
	}
	if !found.Regular {
		return 0, fmt.Errorf("not a regular file: %w", remote.ErrPermission)
	}
	raw := s.names.bytes(name)
	var n int64
	var failed error
	r, err := s.client.call(func(c *ftp.ServerConn) error {
		response, err := c.Retr(raw)
		if err != nil {
			return err
		}
		n, failed = io.CopyBuffer(dst, &until{Reader: response, data: s.client.data, left: found.Size, began: time.Now()}, make([]byte, chunk))
		if _, ours := errors.AsType[local](failed); ours {
			s.client.wires.abort() // before the server sends the rest
			return failed
		}
		return response.Close()
	}, raw)
	switch _, ours := errors.AsType[local](failed); {
	case ours:
		return n, failed
	case err != nil && s.client.control.stage == asked:
		return n, s.client.transferred(err)
	case n == found.Size && (s.client.control.stage == done && (r.code < 300 || r.code == codeAborted) || s.client.control.stage == begun && isNetwork(err)):
		if err != nil && r.code == 0 {
			s.client.wires.abort() // it hung up, or says nothing more
		}
		return n, nil // the whole file is there: how the server ended the connection, or the session, is no matter
	}
	if err = cmpErr(failed, s.client.transferred(err)); err == nil && found.Size >= 0 && n != found.Size {
		err = remote.OtherSizeError{Stated: found.Size, Sent: n}
	}
	return n, err
}

// A file of which less than slowest bytes come in a second, on average, is given up after slow idle
// timeouts: a server that trickles is never silent, and never through.
const (
	slow    = 10
	slowest = 100
)

// until reads a file, and notes when just as much of it has come as the server states.
type until struct {
	io.Reader
	data       *data
	left, came int64
	began      time.Time
}

func (u *until) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	u.left -= int64(n)
	u.came += int64(n)
	u.data.enough = u.left == 0
	if past := time.Since(u.began); err == nil && past > slow*u.data.client.config.IdleTimeout && float64(u.came) < slowest*past.Seconds() {
		u.data.client.wires.abort()
		return n, fault.Of(remote.ErrTemporary, "the server sends the file too slowly: less than %d bytes a second", slowest)
	}
	return n, err
}

// destination marks what goes wrong on this side.
type destination struct {
	io.Writer
	ctx context.Context
}

func (d destination) Write(p []byte) (int, error) {
	if d.ctx.Err() != nil {
		return 0, local{context.Cause(d.ctx)}
	}
	n, err := d.Writer.Write(p)
	if err != nil {
		err = local{fmt.Errorf("write: %w", err)}
	}
	return n, err
}
