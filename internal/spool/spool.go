// Package spool writes the working files of runs: each whole, on the disk and with its hash, or
// not at all, and all of them together within a bound.
//
// The spool is a folder with one folder per run, readable by its owner only. What lies there is
// evidence, such as the very file that a person is to approve, so nothing is written over.
package spool

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"lucca-exchange/internal/account"
	"lucca-exchange/internal/fault"
)

// File is a file of the spool.
type File struct {
	Path   string
	Bytes  int64
	SHA256 string // in hex
}

// Write makes a file that is not there yet, and its folder; only the owner can read them. What
// write writes is on the disk when Write returns without an error; with one, no file is left.
func Write(path string, write func(io.Writer) error) (File, error) {
	return (*Room)(nil).Write(path, write)
}

// Open opens a file to be read.
func Open(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open spool file: %w", account.Explain(path, err))
	}
	return f, nil
}

// Sum reads a file, and says what it is.
func Sum(path string) (File, error) {
	f, err := Open(path)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return File{}, fmt.Errorf("read spool file: %w", err)
	}
	return File{Path: path, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// Write is Write within the room. It returns ErrFull where that is used up.
func (r *Room) Write(path string, write func(io.Writer) error) (File, error) {
	if err := MakeFolder(filepath.Dir(path)); err != nil {
		return File{}, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return File{}, fmt.Errorf("create spool file: %w", account.Explain(path, err))
	}
	if err := account.Give(path); err != nil {
		return File{}, errors.Join(err, f.Close(), Remove(path))
	}
	out := &writer{file: f, sum: sha256.New(), room: r}
	if err = write(out); err == nil {
		err = out.fault // a format may have called it something else
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		if !errors.Is(err, ErrFull) && out.fault != nil {
			err = fault.Wrap(out.fault, err)
		}
		return File{}, errors.Join(err, Remove(path))
	}
	return File{Path: path, Bytes: out.bytes, SHA256: hex.EncodeToString(out.sum.Sum(nil))}, nil
}

// Replace is Write for a file that may be there already, such as the report of a run that goes on.
func (r *Room) Replace(path string, write func(io.Writer) error) (File, error) {
	if err := Remove(path); err != nil {
		return File{}, err
	}
	return r.Write(path, write)
}

// MakeFolder makes a folder that only its owner can enter, where there is none.
func MakeFolder(path string) error {
	if err := account.MakeFolder(path); err != nil {
		return fmt.Errorf("make spool folder: %w", err)
	}
	return nil
}

// Remove removes a file or a folder with all that is in it, where it is there.
func Remove(path string) error {
	if err := os.RemoveAll(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove from the spool: %w", account.Explain(path, err))
	}
	return nil
}

// writer hashes and counts what it writes.
type writer struct {
	file  *os.File
	sum   hash.Hash
	room  *Room
	bytes int64
	// fault is the first one, whatever its callers make of it.
	fault error
}

// Write passes p on while there is room.
func (w *writer) Write(p []byte) (n int, err error) {
	if w.fault != nil {
		return 0, w.fault
	}
	if w.fault = w.room.spend(int64(len(p))); w.fault != nil {
		return 0, w.fault
	}
	n, w.fault = w.file.Write(p)
	w.sum.Write(p[:n])
	w.bytes += int64(n)
	return n, w.fault
}
