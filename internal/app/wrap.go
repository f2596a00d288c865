package app

import (
	"context"
	"io"
	"path/filepath"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/wrap"
)

// wrappedFolder is the folder of a run's spool that holds the file as it is sent, where
// that is not the plain one: the two may have the same name.
const wrappedFolder = "wrapped"

// plainFile is the path of what a run rendered, which is what people are shown.
func plainFile(folder string, f *run.File) string {
	if f.Plain != nil {
		f = f.Plain
	}
	return filepath.Join(folder, f.Name)
}

// sentFile is the path of what a run sends.
func sentFile(folder string, f *run.File) string {
	if f.Plain != nil {
		return filepath.Join(folder, wrappedFolder, f.Name)
	}
	return filepath.Join(folder, f.Name)
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
	plain, err := spool.Open(x.path)
	if err != nil {
		return err
	}
	defer plain.Close()
	wrapped := &run.File{Name: x.flow.Wrap.Name(x.run.File.Name), Plain: x.run.File}
	file, err := x.app.room.Write(sentFile(x.spool, wrapped), func(out io.Writer) error {
		_, err := w.Wrap(ctx, out, plain, x.run.File.Name)
		return err
	})
	if err != nil {
		return err
	}
	wrapped.Bytes, wrapped.SHA256 = file.Bytes, file.SHA256
	x.run.File = wrapped
	return nil
}
