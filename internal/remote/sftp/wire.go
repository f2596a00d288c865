package sftp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// Packet types of SFTP (draft-ietf-secsh-filexfer-02, section 3).
const (
	packetVersion = 2
	packetStatus  = 101
	packetData    = 103
	packetName    = 104
	packetAttrs   = 105
)

const (
	// maxMessage is the largest packet that the library takes, in bytes.
	maxMessage = 256 << 10
	// maxEntries and maxListing bound one listing, in entries and bytes.
	maxEntries = 200_000
	maxListing = 64 << 20
	// patience is how many idle timeouts one listing may take, whatever it says meanwhile.
	patience = 10
	// slowest is how many bytes of a file must come in a second, on average, when it takes longer than
	// that.
	slowest = 100
)

var (
	errLongListing = fmt.Errorf("the listing does not end: more than %d entries: keep fewer files in the remote's dir", maxEntries)
	errSlowListing = fault.Of(remote.ErrTemporary, "the listing does not end")
	errSlowFile    = fault.Of(remote.ErrTemporary, "the server sends the file too slowly: less than %d bytes a second", slowest)
	errNotSFTP     = errors.New("the server says something else than SFTP")
	errShort       = errors.New("short packet")
)

// wire reads what the SFTP subsystem sends and mends what the library would stumble over
// before the library sees it:
//
//   - An answer of no names ends a listing, and one of no data a file: to the library neither
//     is an end, and it asks for ever. Nor is a part of a listing that is the one before it once
//     more. A listing has bounds.
//   - Attributes without a size are given the size that is none, see unstated; those without a
//     type are given the one that the line of the listing begins with.
//   - A refusal for want of permission keeps the server's words, which the library drops.
//   - The version of the protocol that a server states is of no matter, since it has to speak
//     the one that it was asked for.
type wire struct {
	src io.Reader
	// progress is called for all that arrives.
	progress func()
	// idle is the longest silence; see patience.
	idle time.Duration
	now  func() time.Time

	begun bool
	// part is the last answer, if it was a part of a listing.
	part []byte
	// ready is read next, then pass bytes of src as they are.
	ready []byte
	pass  int

	mu      sync.Mutex
	fault   error
	entries int
	bytes   int
	since   time.Time
}

// begin starts the bounds of another operation anew.
func (w *wire) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.entries, w.bytes, w.since = 0, 0, time.Time{}
}

// broken is what ended the reading, other than the connection's own end.
func (w *wire) broken() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fault
}

// Read implements io.Reader.
func (w *wire) Read(p []byte) (int, error) {
	if err := w.broken(); err != nil {
		return 0, err // the library drops the one that comes with the last byte of a packet
	}
	if len(w.ready) == 0 && w.pass == 0 {
		if err := w.next(); err != nil {
			return 0, err
		}
	}
	if len(w.ready) > 0 {
		n := copy(p, w.ready)
		w.ready = w.ready[n:]
		return n, nil
	}
	n, err := w.src.Read(p[:min(len(p), w.pass)])
	w.pass -= n
	if n > 0 {
		w.progress()
		if e := w.pace(n); e != nil {
			return n, w.end(e)
		}
	}
	return n, err
}

// next prepares the next packet.
func (w *wire) next() error {
	head := make([]byte, 5, 13)
	if _, err := io.ReadFull(w.src, head); err != nil {
		return err
	}
	w.progress()
	size := int(binary.BigEndian.Uint32(head))
	if size < 1 || size > maxMessage {
		return w.end(w.alien(head))
	}
	w.begun = true
	if head[4] != packetName {
		w.part = nil
	}
	switch head[4] {
	case packetData:
		return w.data(head, size)
	case packetName, packetAttrs, packetStatus, packetVersion:
		body := make([]byte, size-1)
		if _, err := io.ReadFull(w.src, body); err != nil {
			return err
		}
		w.progress()
		if head[4] == packetName && w.last(body) {
			w.ready = ended(body[:4])
			return nil
		}
		mended, err := w.mend(head[4], body)
		if err != nil {
			return w.end(err)
		}
		w.ready = frame(head[4:5], mended)
		return nil
	}
	w.ready, w.pass = head, size-1
	return nil
}

// last tells whether a part of a listing says that there is no more: it is empty, or the one before
// it. Nothing else that is asked here is answered by names.
func (w *wire) last(body []byte) bool {
	if len(body) < 8 {
		return false
	}
	again := w.part != nil && bytes.Equal(body[4:], w.part)
	w.part = body[4:]
	return again || binary.BigEndian.Uint32(body[4:]) == 0
}

func (w *wire) end(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = err
	return err
}

// alien says what a server sends in the place of SFTP: mostly a greeting of the login shell.
func (w *wire) alien(head []byte) error {
	if w.begun {
		return fault.Of(errNotSFTP, "a packet of an impossible size")
	}
	more := make([]byte, 200)
	n, _ := io.ReadAtLeast(w.src, more, 1) // what there is will do
	return fault.Of(errNotSFTP, "%q: nothing may be printed at the login of this account", remote.Line(string(head)+string(more[:n])))
}

// frame makes a packet of its type and the rest.
func frame(kind, body []byte) []byte {
	p := binary.BigEndian.AppendUint32(make([]byte, 0, 5+len(body)), uint32(1+len(body)))
	return append(append(p, kind...), body...)
}

// ended is the status that says that there is no more. Its text and language are empty.
func ended(id []byte) []byte {
	p := append(append([]byte{}, id...), 0, 0, 0, statusEOF)
	return frame([]byte{packetStatus}, append(p, make([]byte, 8)...))
}

// data passes on the content of a file, which may be long.
func (w *wire) data(head []byte, size int) error {
	if size < 9 {
		return w.end(fault.Wrap(errNotSFTP, errShort))
	}
	rest := make([]byte, 8)
	if _, err := io.ReadFull(w.src, rest); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(rest[4:]) == 0 {
		w.ready = ended(rest[:4])
		return w.skip(size - 9)
	}
	w.ready, w.pass = append(head, rest...), size-9
	return nil
}

func (w *wire) skip(n int) error {
	_, err := io.CopyN(io.Discard, w.src, int64(n))
	return err
}

// mend returns the body of a packet as the library takes it.
func (w *wire) mend(kind byte, body []byte) ([]byte, error) {
	r := reader{rest: body}
	switch kind {
	case packetVersion:
		if r.number(); r.err == nil {
			return append(binary.BigEndian.AppendUint32(nil, protocol), r.rest...), nil
		}
	case packetStatus:
		return status(body), nil
	case packetAttrs:
		id := r.next(4)
		mended := r.attributes(append([]byte{}, id...), "")
		if r.err == nil {
			return append(mended, r.rest...), nil
		}
	case packetName:
		return w.names(&r)
	}
	return body, nil // the library says what is wrong with it
}

// protocol is the version that is spoken.
const protocol = 3

// status turns a lack of permission into a code with which the library keeps the text.
func status(body []byte) []byte {
	const at = 4
	if len(body) >= at+4 && binary.BigEndian.Uint32(body[at:]) == statusPermissionDenied {
		body[at+3] = statusWriteProtect
	}
	return body
}

// names mends a part of a listing.
func (w *wire) names(r *reader) ([]byte, error) {
	id := r.next(4)
	count := r.number()
	if err := w.measure(int(count), len(r.rest)); err != nil {
		return nil, err
	}
	mended := append([]byte{}, id...)
	mended = binary.BigEndian.AppendUint32(mended, count)
	for range count {
		if r.err != nil {
			break
		}
		name, line := r.text(), r.text()
		mended = appendText(appendText(mended, name), "")
		mended = r.attributes(mended, line)
	}
	if r.err != nil {
		return nil, fault.Of(errNotSFTP, "a listing: %w", r.err)
	}
	return mended, nil
}

// measure counts a part of a listing.
func (w *wire) measure(entries, bytes int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if w.since.IsZero() {
		w.since = now
	}
	w.entries += max(entries, 1)
	w.bytes += bytes
	switch {
	case w.entries > maxEntries || w.bytes > maxListing:
		return errLongListing
	case now.Sub(w.since) > patience*w.idle:
		return errSlowListing
	}
	return nil
}

// pace counts what came of a file. A server that trickles is never silent, and never through.
func (w *wire) pace(n int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if w.since.IsZero() {
		w.since = now
	}
	w.bytes += n
	if past := now.Sub(w.since); past > patience*w.idle && float64(w.bytes) < slowest*past.Seconds() {
		return errSlowFile
	}
	return nil
}
