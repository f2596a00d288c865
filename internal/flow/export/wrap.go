package export

import (
	"context"
	"io"
	"path/filepath"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/step"
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

// plain is a file as it was rendered, and where it is.
type plain struct {
	file *run.File
	path string
	rows int
}

// wrapped makes the file that is sent out of the plain one, once: what a person approves
// later is this very file. The plain one is CSV, which the partner's format is made of; it never
// comes beside an error, since it could be sent in the other's place.
func wrapped(ctx context.Context, room *spool.Room, in Input, p plain) (*run.File, error) {
	read, path := p.file, p.path // what the partner has, once it is unwrapped
	if in.Binding.Dialect.Format == "" && len(in.Wrap) == 0 && !in.Descriptor {
		return read, nil
	}
	ctx, end := step.Begin(ctx, step.Wrap)
	defer end()
	if in.Binding.Dialect.Format != "" {
		read = &run.File{Name: p.file.Name, Plain: p.file}
		path = sentFile(in.Folder, read)
		if len(in.Wrap) > 0 {
			path = filepath.Join(in.Folder, convertedFolder, read.Name)
		}
		if err := derive(room, read, p.path, path, func(w io.Writer, r io.Reader) error {
			return tabular.Convert(w, r, in.Binding.Dialect, in.Binding.Fields())
		}); err != nil {
			return nil, err
		}
	}
	out, err := sealed(ctx, room, in, path, read)
	if err != nil {
		return nil, err
	}
	if out.Plain != nil {
		out.Plain = p.file
	}
	if in.Descriptor {
		if out.Descriptor, err = described(ctx, room, in, export.Described{
			Name: read.Name, Bytes: read.Bytes, SHA256: read.SHA256, Rows: p.rows, Made: in.Run.Slot,
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// described writes the descriptor of a file, in the shape in which it is sent.
func described(ctx context.Context, room *spool.Room, in Input, of export.Described) (*run.File, error) {
	path := filepath.Join(in.Folder, of.Name+export.DescriptorSuffix)
	written, err := room.Write(path, func(w io.Writer) error { return export.WriteDescriptor(w, in.Binding, of) })
	if err != nil {
		return nil, err
	}
	return sealed(ctx, room, in, path, flow.FileOf(written))
}

// sealed takes a file through the steps of wrap, if there are any.
func sealed(ctx context.Context, room *spool.Room, in Input, path string, f *run.File) (*run.File, error) {
	if len(in.Wrap) == 0 {
		return f, nil
	}
	w, err := wrap.New(in.Wrap)
	if err != nil {
		return nil, err
	}
	out := &run.File{Name: in.Wrap.Name(f.Name), Plain: f}
	if err := derive(room, out, path, sentFile(in.Folder, out), func(to io.Writer, r io.Reader) error {
		_, err := w.Wrap(ctx, to, r, f.Name)
		return err
	}); err != nil {
		return nil, err
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
