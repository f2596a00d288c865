package export

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

// PlainFile is the path of what a run rendered, which is what people are shown.
func PlainFile(folder string, f *run.File) string {
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

// wrapped makes the file that is sent out of the plain one, once: what a person approves
// later is this very file.
func wrapped(ctx context.Context, room *spool.Room, in Input, path string, f *run.File) (*run.File, error) {
	if len(in.Wrap) == 0 {
		return f, nil
	}
	w, err := wrap.New(in.Wrap)
	if err != nil {
		return f, err
	}
	plain, err := spool.Open(path)
	if err != nil {
		return f, err
	}
	defer plain.Close()
	out := &run.File{Name: in.Wrap.Name(f.Name), Plain: f}
	file, err := room.Write(sentFile(in.Folder, out), func(to io.Writer) error {
		_, err := w.Wrap(ctx, to, plain, f.Name)
		return err
	})
	if err != nil {
		return f, err
	}
	out.Bytes, out.SHA256 = file.Bytes, file.SHA256
	return out, nil
}
