package ftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"lucca-exchange/internal/remote"
)

// Upload implements remote.Session. See the package comment about a file that appears
// under the name in between.
func (s *session) Upload(ctx context.Context, name string, src io.Reader, size int64) error {
	err := s.do(ctx, func() error { return s.upload(ctx, name, remote.Exactly(src, size), size) }, name)
	if err != nil {
		return fmt.Errorf("upload %q: %w", name, err)
	}
	return nil
}

func (s *session) upload(ctx context.Context, name string, src io.Reader, size int64) error {
	_, err := s.size(name)
	if err == nil {
		return fs.ErrExist
	}
	if !errors.Is(err, errUnstated) {
		return err
	}
	if !answered(s.control.last(), codeUnavailable) {
		// The server knows no SIZE.
		if taken, err := s.exists(name); taken || err != nil {
			return errors.Join(err, existing(taken))
		}
	}
	file := &source{Reader: src, ctx: ctx, abort: s.wires.abort}
	err = s.conn.Stor(name, file)
	if file.err != nil {
		return file.err
	}
	err = s.transferred(positive(err))
	// Some servers say that the transfer was aborted when it was complete.
	if err != nil && (!onlyAnswer(err) || !answered(err, codeAborted)) {
		return s.refused(name, err)
	}
	return s.confirm(name, size, err)
}

// refused finds out whether a file was refused because the name belongs to something that
// has no size, such as a folder.
func (s *session) refused(name string, err error) error {
	if !s.config.WriteOnly && !s.control.began() && answered(err, codeUnavailable, codeBadName) {
		if _, e := s.find(name); e == nil {
			return fs.ErrExist
		}
	}
	return err
}

// confirm decides by the size, where the server states it, and else by what it answered.
func (s *session) confirm(name string, size int64, answer error) error {
	held, err := s.size(name)
	if errors.Is(err, errUnstated) && !s.config.WriteOnly && !answered(s.control.last(), codeUnavailable) {
		var found remote.Entry
		if found, err = s.find(name); errors.Is(err, fs.ErrNotExist) {
			err = errUnstated
		}
		held = found.Size
	}
	switch {
	case errors.Is(err, errUnstated):
		return answer
	case err != nil:
		return err
	case held != size:
		return fmt.Errorf("%w: %d instead of %d", errSize, held, size)
	}
	return nil
}

// source resets the connections when it fails or its context ends: the library would end the
// data connection like that of a whole file.
type source struct {
	io.Reader
	ctx   context.Context
	abort func()
	err   error
}

func (r *source) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if r.ctx.Err() != nil {
		err = context.Cause(r.ctx)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
		r.abort()
	}
	return n, err
}

// transferred adds the reason to the refusal of a data connection.
func (s *session) transferred(err error) error {
	if s.unresumed && answered(err, codeNoData, codeNoSession) {
		r, _ := replyOf(err)
		return fmt.Errorf("%w: %w", errSessionReuse, permanent{r})
	}
	return err
}

// Download implements remote.Session.
func (s *session) Download(ctx context.Context, name string, dst io.Writer) (int64, error) {
	var n int64
	err := s.do(ctx, func() (err error) {
		n, err = s.download(name, destination{dst, ctx})
		return err
	}, name)
	if err != nil {
		return n, fmt.Errorf("download %q: %w", name, err)
	}
	return n, nil
}

func (s *session) download(name string, dst destination) (int64, error) {
	found, err := s.stat(name)
	if err != nil {
		return 0, err
	}
	if !found.Regular {
		return 0, fmt.Errorf("not a regular file: %w", remote.ErrPermission)
	}
	body, err := s.conn.Retr(name)
	if err != nil {
		return 0, s.transferred(err)
	}
	// One byte more than stated shows that the file grew.
	n, err := io.Copy(dst, io.LimitReader(body, found.Size+1))
	if _, ours := errors.AsType[local](err); ours || n > found.Size {
		s.wires.abort() // before the library waits for the rest
		_ = body.Close()
		if err == nil {
			err = fmt.Errorf("%w: more than %d bytes", errChanged, found.Size)
		}
		return n, err
	}
	end := s.transferred(positive(body.Close()))
	if n == found.Size {
		// The whole file is there: how the server ended it is no matter, if it did.
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = nil
		}
		if onlyAnswer(end) && answered(end, codeAborted) {
			end = nil
		}
	}
	if err == nil && end == nil && n != found.Size {
		err = fmt.Errorf("%w: %d bytes instead of %d", errChanged, n, found.Size)
	}
	return n, errors.Join(err, end)
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
