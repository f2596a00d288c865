package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"lucca-exchange/internal/account"
)

// Link gives a file of the spool, which is whole, a second place, whatever room there is: there is
// nothing that may not be there yet. Where the two are on different disks it is a copy.
func Link(from, to string) error {
	if err := MakeFolder(filepath.Dir(to)); err != nil {
		return err
	}
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return account.Explain(to, err)
	}
	return copyFile(from, to)
}

// copyFile copies a file under another name first, so that no half of it is taken for the whole.
func copyFile(from, to string) error {
	in, err := Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	half := to + ".part"
	_, err = (*Room)(nil).Replace(half, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
	if err != nil {
		return err
	}
	if err := os.Rename(half, to); err != nil {
		return errors.Join(fmt.Errorf("keep in the spool: %w", account.Explain(to, err)), Remove(half))
	}
	return nil
}
