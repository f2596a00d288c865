package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lucca-exchange/internal/ledger"
	"lucca-exchange/internal/wrap"
)

// wrappedFolder is the folder of a run's spool that holds the file as it is sent, where
// that is not the plain one: the two may have the same name.
const wrappedFolder = "wrapped"

// plainFile is the path of what a run rendered, which is what people are shown.
func plainFile(spool string, f *ledger.File) string {
	if f.Plain != nil {
		f = f.Plain
	}
	return filepath.Join(spool, f.Name)
}

// sentFile is the path of what a run sends.
func sentFile(spool string, f *ledger.File) string {
	if f.Plain != nil {
		return filepath.Join(spool, wrappedFolder, f.Name)
	}
	return filepath.Join(spool, f.Name)
}

// wrap makes the file that is sent out of the plain one, once: what a person approves
// later is this very file.
func (x *exportRun) wrap(ctx context.Context) error {
	if len(x.flow.Wrap) == 0 {
		return nil
	}
	w, err := wrap.New(x.flow.Wrap)
	if err != nil {
		return err
	}
	plain, err := os.Open(x.path)
	if err != nil {
		return fmt.Errorf("open spool file: %w", err)
	}
	defer plain.Close()
	wrapped := &ledger.File{Name: x.flow.Wrap.Name(x.run.File.Name), Plain: x.run.File}
	path := sentFile(x.spool, wrapped)
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder of the wrapped file: %w", err)
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create wrapped file: %w", err)
	}
	sum := sha256.New()
	_, err = w.Wrap(ctx, io.MultiWriter(out, sum), plain, x.run.File.Name)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at wrapped file: %w", err)
	}
	wrapped.Bytes, wrapped.SHA256 = info.Size(), hex.EncodeToString(sum.Sum(nil))
	x.run.File = wrapped
	return nil
}
