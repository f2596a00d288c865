package remote

import (
	"errors"
	"io"
)

// ErrLonger is the error of a writer of AtMost.
var ErrLonger = errors.New("the file is longer")

// AtMost returns a writer to w that takes so many bytes and refuses more: a server may state no size,
// and send without end.
func AtMost(w io.Writer, bytes int64) io.Writer { return &atMost{w, bytes} }

type atMost struct {
	io.Writer
	left int64
}

func (a *atMost) Write(p []byte) (int, error) {
	if a.left -= int64(len(p)); a.left < 0 {
		return 0, ErrLonger
	}
	return a.Writer.Write(p)
}
