package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// spool is the local file, verified when it is opened and again while it is sent.
type spool struct {
	*os.File
	request  Request
	progress func(int64)
}

func openSpool(r Request) (*spool, error) {
	f, err := os.Open(r.Path)
	if err != nil {
		return nil, fmt.Errorf("open spool file: %w", err)
	}
	s := &spool{File: f, request: r, progress: r.Progress}
	if err := s.verify(); err != nil {
		_ = f.Close() // only read
		return nil, err
	}
	return s, nil
}

func (s *spool) verify() error {
	if s.request.Bytes == 0 {
		return fmt.Errorf("%w: it is empty, and would replace a good file by nothing", ErrSpool)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, s.File)
	if err != nil {
		return fmt.Errorf("read spool file: %w", err)
	}
	if n != s.request.Bytes {
		return fmt.Errorf("%w: it has %d bytes instead of %d", ErrSpool, n, s.request.Bytes)
	}
	return s.sameHash(sum)
}

func (s *spool) sameHash(sum hash.Hash) error {
	if hex.EncodeToString(sum.Sum(nil)) != s.request.SHA256 {
		return fmt.Errorf("%w: its SHA-256 is another one", ErrSpool)
	}
	return nil
}

// source reads the file from its start, hashing what is sent.
func (s *spool) source() (*source, error) {
	if _, err := s.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("rewind spool file: %w", err)
	}
	return &source{spool: s, sum: sha256.New()}, nil
}

// source is the file on its way.
type source struct {
	spool *spool
	sum   hash.Hash
	read  int64
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.spool.Read(p)
	s.sum.Write(p[:n])
	s.read += int64(n)
	if s.spool.progress != nil && n > 0 {
		s.spool.progress(s.read)
	}
	return n, err
}
