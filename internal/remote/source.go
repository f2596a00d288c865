package remote

import (
	"errors"
	"io"

	"lucca-exchange/internal/fault"
)

// ErrSource: the local bytes to upload could not be read, or are not as many as was
// said. The fault is on this side, so another connection would not mend it.
var ErrSource = errors.New("unusable source")

// Exactly returns a reader of src for Upload: it ends in io.EOF only when src held exactly
// size bytes. A source that is shorter, longer or fails ends in an error wrapping ErrSource,
// so that no adapter takes a truncated file for a whole one.
func Exactly(src io.Reader, size int64) io.Reader {
	return &exactly{src: src, size: size}
}

type exactly struct {
	src        io.Reader
	size, read int64
}

// Read asks for one byte more than is left: a source that has it is too long.
func (r *exactly) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	left := r.size - r.read
	if left < int64(len(p)) {
		p = p[:max(left, 1)]
	}
	n, err := r.src.Read(p)
	r.read += int64(n)
	switch {
	case r.read > r.size:
		return 0, fault.Of(ErrSource, "longer than %d bytes", r.size)
	case err == io.EOF && r.read < r.size:
		return n, fault.Of(ErrSource, "%d bytes instead of %d", r.read, r.size)
	case err != nil && err != io.EOF:
		return n, fault.Wrap(ErrSource, err)
	}
	return n, err
}
