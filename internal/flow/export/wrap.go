package export

import (
	"context"
	"io"
	"path/filepath"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/tabular"
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

// convertedFolder holds the file in the partner's format, where that is wrapped yet.
const convertedFolder = "converted"

// wrapped makes the file that is sent out of the plain one, once: what a person approves
// later is this very file. The plain one is CSV, which the partner's format is made of.
func wrapped(ctx context.Context, room *spool.Room, in Input, path string, f *run.File) (*run.File, error) {
	out := &run.File{Name: in.Wrap.Name(f.Name), Plain: f}
	if in.Binding.Dialect.Format != "" {
		to := sentFile(in.Folder, out)
		if len(in.Wrap) > 0 {
			to = filepath.Join(in.Folder, convertedFolder, f.Name)
		}
		if err := derive(room, out, path, to, func(w io.Writer, r io.Reader) error {
			return tabular.Convert(w, r, in.Binding.Dialect, in.Binding.Fields())
		}); err != nil {
			return f, err
		}
		path = to
	} else if len(in.Wrap) == 0 {
		return f, nil
	}
	if len(in.Wrap) == 0 {
		return out, nil
	}
	w, err := wrap.New(in.Wrap)
	if err != nil {
		return f, err
	}
	err = derive(room, out, path, sentFile(in.Folder, out), func(to io.Writer, r io.Reader) error {
		_, err := w.Wrap(ctx, to, r, f.Name)
		return err
	})
	if err != nil {
		return f, err
	}
	return out, nil
}

// derive writes a file of the spool out of another one, and says in out what it is.
func derive(room *spool.Room, out *run.File, from, to string, write func(io.Writer, io.Reader) error) error {
	in, err := spool.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	file, err := room.Write(to, func(w io.Writer) error { return write(w, in) })
	if err != nil {
		return err
	}
	out.Bytes, out.SHA256 = file.Bytes, file.SHA256
	return nil
}
