package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"

	"lucca-exchange/internal/fault"
)

// spool is the local file. Its hash is checked while it is sent, before the file is renamed to its
// name, and beforehand too where it goes straight onto its name.
type spool struct {
	File     *os.File
	request  Request
	progress func(int64)
}

func openSpool(r Request) (*spool, error) {
	f, err := os.Open(r.Path)
	if err != nil {
		return nil, fmt.Errorf("open spool file: %w", err)
	}
	s := &spool{File: f, request: r, progress: r.Progress}
	err = s.checkSize()
	if err == nil && r.To.Options.InPlace {
		err = s.verify()
	}
	if err != nil {
		_ = f.Close() // only read
		return nil, err
	}
	return s, nil
}

func (s *spool) checkSize() error {
	if s.request.Bytes == 0 {
		return fault.Of(ErrSpool, "it is empty, and would replace a good file by nothing")
	}
	info, err := s.File.Stat()
	if err != nil {
		return fmt.Errorf("read spool file: %w", err)
	}
	if info.Size() != s.request.Bytes {
		return fault.Of(ErrSpool, "it has %d bytes instead of %d", info.Size(), s.request.Bytes)
	}
	return nil
}

func (s *spool) verify() error {
	sum := sha256.New()
	if _, err := io.Copy(sum, s.File); err != nil {
		return fmt.Errorf("read spool file: %w", err)
	}
	return s.sameHash(sum)
}

func (s *spool) sameHash(sum hash.Hash) error {
	if hex.EncodeToString(sum.Sum(nil)) != s.request.SHA256 {
		return fault.Of(ErrSpool, "its SHA-256 is another one")
	}
	return nil
}

// source reads the file from its start, hashing what is sent. Its done is to be called.
func (s *spool) source() (*source, error) {
	if _, err := s.File.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("rewind spool file: %w", err)
	}
	src := &source{spool: s, sum: sha256.New(), read: make(chan []byte, 1), free: make(chan []byte, 2), hashed: make(chan struct{})}
	src.free <- nil
	src.free <- nil
	go src.hash()
	return src, nil
}

// source is the file on its way. What is read is hashed beside it, since the network takes its
// time too.
type source struct {
	spool *spool
	sum   hash.Hash
	bytes int64
	// read are copies of what was read, in order, and free the room for further ones.
	read, free chan []byte
	hashed     chan struct{}
}

func (s *source) hash() {
	defer close(s.hashed)
	for chunk := range s.read {
		s.sum.Write(chunk)
		s.free <- chunk
	}
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.spool.File.Read(p)
	if n > 0 {
		s.read <- append((<-s.free)[:0], p[:n]...)
	}
	s.bytes += int64(n)
	if s.spool.progress != nil && n > 0 {
		s.spool.progress(s.bytes)
	}
	return n, err
}

// done ends the hashing and returns ErrSpool unless what was read is the file that was to be
// delivered.
func (s *source) done() error {
	close(s.read)
	<-s.hashed
	return s.spool.sameHash(s.sum)
}
