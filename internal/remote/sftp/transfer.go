package sftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pkg/sftp"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

const (
	// packet is the largest piece of data that every server must take or give in one
	// message (draft-ietf-secsh-filexfer-02, section 3).
	packet = 32 << 10
	// widePacket is what OpenSSH takes in one write, and to spare.
	widePacket = 255 << 10
	// window is how many messages are on their way at once: 2 MiB, as OpenSSH's sftp, or 4 MiB of
	// wide ones.
	window     = 64
	wideWindow = 16
	// lateSize is how long a server may take to state the size of a file that it has closed.
	lateSize = 10 * time.Second
)

// Upload implements remote.Session.
func (s session) Upload(ctx context.Context, name string, src io.Reader, size int64) error {
	err := s.do(ctx, func() error { return s.upload(ctx, name, remote.Exactly(src, size), size) }, name)
	if err != nil {
		return fmt.Errorf("upload %q: %w", name, err)
	}
	return nil
}

func (s session) upload(ctx context.Context, name string, src io.Reader, size int64) error {
	f, err := s.create(name)
	if err != nil {
		return s.whyNot(err, size)
	}
	// Plain ReadFrom sends one packet per round trip unless it knows the reader's type.
	n, err := f.ReadFromWithConcurrency(src, s.conn.writesAtOnce)
	held := errUnstated
	if err == nil && !s.conn.config.WriteOnly {
		held = sizeIs(size, f.Stat)
	}
	sent := err == nil
	// The server may find out only now that it has no room for the last packets.
	if e := s.conn.patiently(f.Close); sent {
		err = e
	}
	switch {
	case sent && err != nil && isNetwork(err):
		return fault.Wrap(remote.ErrUnanswered, err)
	case err != nil:
		return s.whyNot(err, size-n)
	}
	if held == nil || s.conn.config.WriteOnly {
		return nil
	}
	return s.confirm(ctx, name, size, held)
}

// confirm looks at an uploaded file whose size the server did not state, or stated otherwise, while
// it was open: held says which. Some servers state it late, but none at first more than they have.
func (s session) confirm(ctx context.Context, name string, size int64, held error) error {
	folder, base := s.at(name)
	left := min(lateSize, s.conn.config.IdleTimeout/2)
	for wait := lateSize / 100; ; wait *= 2 {
		again := sizeIs(size, func() (os.FileInfo, error) { return folder.look(base) })
		other, wrong := errors.AsType[remote.SizeError](again)
		switch {
		case wrong && other.Stated < size && left > 0:
		case again == nil || wrong:
			return again
		case errors.Is(held, errUnstated):
			return nil // also where the server hangs up once it has closed a file
		default:
			return held
		}
		wait = min(wait, left)
		left -= wait
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// create opens a new file. Some servers cannot be told that it must be new, and some demand to be
// told that it is to be emptied: there, looking for the name has to do.
func (s session) create(name string) (*sftp.File, error) {
	f, err := s.conn.sftp.OpenFile(s.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err == nil || !answered(err) || errors.Is(classify(err), remote.ErrBusy) {
		return f, err
	}
	if !flagsMatter(err) {
		return nil, err
	}
	folder, base := s.at(name)
	if folder.exists(base) {
		return nil, fs.ErrExist
	}
	if !folder.missing(base) && !saysFlags(err) {
		return nil, err // nobody can tell what is there
	}
	f, again := s.conn.sftp.OpenFile(s.path(name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	switch {
	case again == nil || !answered(again) || errors.Is(again, fs.ErrNotExist):
		return f, again
	case failed(again) && !s.conn.config.WriteOnly && folder.absent():
		return nil, fs.ErrNotExist
	}
	return nil, err
}

// flagsMatter tells whether a file may not have been created for the way in which it was asked for,
// or for no stated reason.
func flagsMatter(err error) bool {
	status, ok := errors.AsType[*sftp.StatusError](err)
	return ok && slices.Contains([]uint32{statusFailure, statusUnsupported, statusBadMessage, statusInvalidParameter}, status.Code) || saysFlags(err)
}

// saysFlags tells whether the server itself says that it was for the way.
func saysFlags(err error) bool {
	status, ok := errors.AsType[*sftp.StatusError](err)
	return ok && (says(strings.ToLower(wordsOf(status)), "excl", "trunc") || slices.Contains([]uint32{statusUnsupported, statusInvalidParameter}, status.Code))
}

var errUnstated = errors.New("the server does not state the size")

// sizeIs compares the size that the server states.
func sizeIs(size int64, stat func() (os.FileInfo, error)) error {
	info, err := stat()
	switch {
	case answered(err):
		return errUnstated
	case err != nil:
		return err
	case info.Size() == remote.SizeUnstated:
		return errUnstated
	case info.Size() != size:
		return remote.SizeError{Stated: info.Size(), Sent: size}
	}
	return nil
}

// whyNot finds out whether a bare failure means that the disk is full.
func (s session) whyNot(err error, rest int64) error {
	if failed(err) && sentinelOf(err) == nil {
		if s.full(rest) {
			return fault.Wrap(remote.ErrNoSpace, err)
		}
		return fmt.Errorf("the server takes no more (its disk or a quota may be full): %w", classify(err))
	}
	return err
}

// Download implements remote.Session.
func (s session) Download(ctx context.Context, name string, dst io.Writer) (int64, error) {
	var n int64
	err := s.do(ctx, func() (err error) {
		n, err = s.download(name, dst)
		return err
	}, name)
	if err != nil {
		return n, fmt.Errorf("download %q: %w", name, err)
	}
	return n, nil
}

func (s session) download(name string, dst io.Writer) (int64, error) {
	f, size, err := s.openRegular(name)
	if err != nil {
		return 0, err
	}
	n, err := s.read(dst, f, size)
	if errors.Is(err, errLonger) {
		n, err = copyOn(dst, f, n, n, size)
	}
	refusal := err
	if failed(err) && s.conn.config.readsAtOnce() > 1 {
		// The file stays open: some servers take it away when it is closed.
		n, err = copyOn(dst, f, n, n, size)
	}
	// The library tells a lost connection like the end of the file.
	_, other := errors.AsType[remote.OtherSizeError](err)
	if e := f.Close(); err == nil || other && e != nil {
		err = e
	}
	if failed(err) && failed(refusal) && s.conn.config.readsAtOnce() > 1 {
		return s.readInOrder(dst, name, n, refusal)
	}
	return n, err
}

// read copies a file that is open. One whose size the server does not state is read to its end.
func (s session) read(dst io.Writer, f *sftp.File, size int64) (int64, error) {
	if size == remote.SizeUnstated {
		return copyOn(dst, f, 0, 0, size)
	}
	return copyAt(dst, f, size, s.conn.config.readsAtOnce())
}

// readInOrder reads a file anew, one piece after the other, from a server that has refused to read
// it in another way, and leaves out what dst has already.
func (s session) readInOrder(dst io.Writer, name string, had int64, refusal error) (int64, error) {
	f, size, err := s.openRegular(name)
	if err != nil {
		return had, refusal
	}
	n, err := copyOn(dst, f, 0, had, size)
	if e := f.Close(); err == nil {
		err = e
	}
	if answered(err) {
		return n, refusal
	}
	return n, err
}

// copyOn copies a file of a size, or of SizeUnstated, in order from a position to its end, without
// the first had bytes, and returns the length of the whole.
func copyOn(dst io.Writer, src io.ReaderAt, position, had, size int64) (n int64, err error) {
	piece := make([]byte, packet)
	for n = position; ; {
		got, err := src.ReadAt(piece, n)
		start := min(max(had-n, 0), int64(got))
		n += int64(got)
		if _, e := dst.Write(piece[start:got]); e != nil {
			return n, local{fmt.Errorf("write: %w", e)}
		}
		switch {
		case errors.Is(err, io.EOF) && size != remote.SizeUnstated && n != size:
			return n, remote.OtherSizeError{Stated: size, Sent: n}
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return n, err
		}
	}
}

// openRegular opens a regular file and returns the size that the server states.
func (s session) openRegular(name string) (*sftp.File, int64, error) {
	folder, base := s.at(name)
	info, lookErr := folder.look(base)
	switch {
	case lookErr != nil && (!s.conn.config.UseFstat || !untold(lookErr)):
		return nil, 0, lookErr
	// Opening a pipe would wait for its writer.
	case lookErr == nil && !folder.regular(info):
		return nil, 0, errNotRegular
	}
	f, err := s.conn.sftp.Open(s.path(name))
	if err != nil {
		return nil, 0, err
	}
	if !s.conn.config.UseFstat {
		return f, info.Size(), nil
	}
	opened, err := f.Stat()
	switch {
	case err == nil && !opened.Mode().IsRegular():
		err = errNotRegular
	case err == nil:
		return f, opened.Size(), nil
	case answered(err) && lookErr == nil:
		return f, info.Size(), nil
	}
	_ = f.Close() // nothing was read
	return nil, 0, err
}

var errNotRegular = fmt.Errorf("not a regular file: %w", remote.ErrPermission)

// piece is one packet's worth of a file, on its way.
type piece struct {
	data  []byte
	err   error
	ready chan struct{}
}

// errLonger: there is more of a file than the server stated, which is to be read on in order.
var errLonger = errors.New("longer than the server states")

// copyAt copies size bytes, and finds out whether there is one more, with some requests on their way
// at once. The pieces arrive in any order and are written in theirs.
func copyAt(dst io.Writer, src io.ReaderAt, size int64, atOnce int) (written int64, err error) {
	queue := make(chan *piece, atOnce-1)
	stop := make(chan struct{})
	go request(src, size, queue, stop)
	defer func() {
		close(stop)
		// Nobody may read from src once this function has returned.
		for p := range queue {
			<-p.ready
		}
	}()
	for p := range queue {
		<-p.ready
		if room := size - written; int64(len(p.data)) > room {
			return written, errLonger
		}
		n, err := dst.Write(p.data)
		written += int64(n)
		if err != nil {
			return written, local{fmt.Errorf("write: %w", err)}
		}
		if errors.Is(p.err, io.EOF) {
			break
		}
		if p.err != nil {
			return written, p.err
		}
	}
	if written != size {
		return written, remote.OtherSizeError{Stated: size, Sent: written}
	}
	return written, nil
}

// request asks for all pieces, the last of which reaches one byte beyond the end.
func request(src io.ReaderAt, size int64, queue chan<- *piece, stop <-chan struct{}) {
	defer close(queue)
	for off := int64(0); off <= size; off += packet {
		p := &piece{data: make([]byte, min(packet, size+1-off)), ready: make(chan struct{})}
		select {
		case queue <- p:
		case <-stop:
			return
		}
		go func() {
			defer close(p.ready)
			var n int
			n, p.err = src.ReadAt(p.data, off)
			p.data = p.data[:n]
		}()
	}
}
