package wrap

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// gzipLayer compresses, with an empty header: neither time nor name nor system.
type gzipLayer struct{}

func (gzipLayer) seal(dst io.Writer, _ string) (io.WriteCloser, error) {
	return gzip.NewWriter(dst), nil
}

// gunzip uncompresses all members of a gzip file, which are one content (RFC 1952 §2.2).
type gunzip struct{}

func (g gunzip) open(in input) (content, error) {
	r, err := gzip.NewReader(in.r)
	if err != nil {
		return content{}, g.explain(err)
	}
	return content{r: r, name: without(in.name, ".gz"), explain: g.explain}, nil
}

func (gunzip) explain(err error) error {
	if errors.Is(err, gzip.ErrHeader) {
		return fmt.Errorf("not a gzip file, or something follows its end: %w", ErrFormat)
	}
	return fmt.Errorf("gzip file is damaged or ends too early: %w", ErrFormat)
}
