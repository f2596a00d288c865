package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"

	"lucca-exchange/internal/remote"
)

// chunk is how much is read and written at a time, in bytes.
const chunk = 256 << 10

// session is a folder. See remote.Session.
type session struct {
	dir   string
	mode  fs.FileMode // of the files that are uploaded
	calls *calls
	root  *os.Root
	close sync.Once
}

// Peer implements remote.Session.
func (s *session) Peer() remote.Peer {
	return remote.Peer{Address: s.dir, Protocol: "local folder"}
}

// Close implements remote.Session.
func (s *session) Close() error {
	var err error
	s.close.Do(func() { err = s.calls.do(context.Background(), "close", s.root.Close) })
	return err
}

// do checks the names and makes a call. A user sees the name and the verb with what went wrong.
func (s *session) do(ctx context.Context, verb string, op func() error, names ...string) error {
	_, err := ask(ctx, s, verb, func() (struct{}, error) { return struct{}{}, op() }, names...)
	return err
}

// ask is do with a result.
func ask[T any](ctx context.Context, s *session, verb string, op func() (T, error), names ...string) (T, error) {
	var none T
	if err := remote.CheckPaths(names...); err != nil {
		return none, err
	}
	result, err := call(ctx, s.calls, verb, op)
	if err == nil {
		return result, nil
	}
	if len(names) == 0 {
		return result, fmt.Errorf("%s folder: %w", verb, classify(err))
	}
	return result, fmt.Errorf("%s %q: %w", verb, names[0], classify(err))
}

// List implements remote.Session.
func (s *session) List(ctx context.Context, sub string) ([]remote.Entry, error) {
	if sub != "" {
		if err := remote.CheckName(sub); err != nil {
			return nil, err
		}
	}
	infos, err := ask(ctx, s, "list", func() ([]fs.FileInfo, error) { return s.infos(path.Clean(sub)) })
	if err != nil {
		return nil, err
	}
	var entries []remote.Entry
	var unusable []string
	for _, info := range infos {
		if remote.CheckName(info.Name()) != nil {
			unusable = append(unusable, info.Name())
			continue
		}
		entries = append(entries, entry(info))
	}
	if len(unusable) > 0 {
		return entries, fmt.Errorf("list folder: %w", remote.LeftOutError{Count: len(unusable), Names: unusable})
	}
	return entries, nil
}

// infos leaves out what goes away meanwhile.
func (s *session) infos(folder string) ([]fs.FileInfo, error) {
	files, err := fs.ReadDir(s.root.FS(), folder)
	if err != nil {
		return nil, err
	}
	var infos []fs.FileInfo
	for _, file := range files {
		info, err := file.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

func entry(info fs.FileInfo) remote.Entry {
	return remote.Entry{Name: info.Name(), Size: info.Size(), ModTime: info.ModTime(), Regular: info.Mode().IsRegular()}
}

// Stat implements remote.Session.
func (s *session) Stat(ctx context.Context, name string) (remote.Entry, error) {
	info, err := ask(ctx, s, "stat", func() (fs.FileInfo, error) { return s.root.Lstat(name) }, name)
	if err != nil {
		return remote.Entry{}, err
	}
	return entry(info), nil
}

// Upload implements remote.Session. The source is read here and not in the call, which may
// outlive it.
func (s *session) Upload(ctx context.Context, name string, src io.Reader, size int64) error {
	f, err := ask(ctx, s, "create", func() (*os.File, error) {
		f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, defaultMode)
		if err != nil {
			return f, err
		}
		above, err := s.root.Stat(path.Dir(name))
		if err == nil {
			err = give(f, above)
		}
		if err == nil && s.mode != defaultMode {
			err = f.Chmod(s.mode) // whatever the umask is
		}
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}, name)
	if err != nil {
		return err
	}
	err = s.write(ctx, name, f, remote.Exactly(src, size))
	if err == nil {
		err = s.do(ctx, "sync", f.Sync, name)
	}
	if e := s.do(context.WithoutCancel(ctx), "close", f.Close, name); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return s.sync(ctx, path.Dir(name))
}

func (s *session) write(ctx context.Context, name string, f *os.File, src io.Reader) error {
	buffer := make([]byte, chunk)
	for {
		n, end := src.Read(buffer)
		if end != nil && !errors.Is(end, io.EOF) {
			return fmt.Errorf("upload %q: %w", name, end)
		}
		err := s.do(ctx, "write", func() error { _, err := f.Write(buffer[:n]); return err }, name)
		if err != nil || end != nil {
			return err
		}
	}
}

// Download implements remote.Session. Opening a pipe would wait for its writer.
func (s *session) Download(ctx context.Context, name string, dst io.Writer) (int64, error) {
	info, err := ask(ctx, s, "stat", func() (fs.FileInfo, error) { return s.root.Lstat(name) }, name)
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, fmt.Errorf("download %q: not a regular file: %w", name, remote.ErrPermission)
	}
	f, err := ask(ctx, s, "open", func() (*os.File, error) { return s.root.Open(name) }, name)
	if err != nil {
		return 0, err
	}
	n, err := s.read(ctx, name, f, dst)
	if e := s.do(context.WithoutCancel(ctx), "close", f.Close, name); err == nil {
		err = e
	}
	if err == nil && n != info.Size() {
		err = fmt.Errorf("download %q: read %d bytes of %d: the file changed meanwhile", name, n, info.Size())
	}
	return n, err
}

func (s *session) read(ctx context.Context, name string, f *os.File, dst io.Writer) (total int64, err error) {
	buffer := make([]byte, chunk)
	for {
		n, err := ask(ctx, s, "read", func() (int, error) { return f.Read(buffer) }, name)
		if n > 0 {
			written, e := dst.Write(buffer[:n])
			total += int64(written)
			if e != nil {
				return total, fmt.Errorf("download %q: %w", name, e)
			}
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// Replace implements remote.Session.
func (s *session) Replace(ctx context.Context, from, to string) error {
	if err := remote.CheckPaths(from, to); err != nil {
		return err
	}
	err := s.calls.do(ctx, "rename", func() error { return s.root.Rename(from, to) })
	if err != nil {
		return fmt.Errorf("rename %q to %q: %w", from, to, classify(err))
	}
	if err := s.sync(ctx, path.Dir(to)); err != nil {
		return err
	}
	return s.sync(ctx, path.Dir(from))
}

// Rename refuses an existing target with fs.ErrExist.
func (s *session) Rename(ctx context.Context, from, to string) error {
	if err := remote.CheckPaths(from, to); err != nil {
		return err
	}
	_, err := s.Stat(ctx, to)
	switch {
	case err == nil:
		return fmt.Errorf("rename %q to %q: %w", from, to, fs.ErrExist)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return s.Replace(ctx, from, to)
}

// MakeFolder implements remote.Session.
func (s *session) MakeFolder(ctx context.Context, sub string) error {
	if err := remote.CheckName(sub); err != nil {
		return err
	}
	err := s.do(ctx, "make", func() error {
		err := s.root.Mkdir(sub, 0o755)
		if errors.Is(err, fs.ErrExist) {
			if info, e := s.root.Lstat(sub); e == nil && info.IsDir() {
				return nil
			}
		}
		if err != nil {
			return err
		}
		return s.giveFolder(sub)
	}, sub)
	if err != nil {
		return err
	}
	return s.sync(ctx, ".")
}

// Remove implements remote.Session.
func (s *session) Remove(ctx context.Context, name string) error {
	err := s.do(ctx, "remove", func() error {
		info, err := s.root.Lstat(name)
		if err == nil && info.IsDir() {
			err = fmt.Errorf("is a folder: %w", remote.ErrPermission)
		}
		if err != nil {
			return err
		}
		return s.root.Remove(name)
	}, name)
	if err != nil {
		return err
	}
	return s.sync(ctx, path.Dir(name))
}

// sync makes a change of names survive a power cut.
func (s *session) sync(ctx context.Context, folder string) error {
	return s.do(ctx, "sync", func() error {
		d, err := s.root.Open(folder)
		if err != nil {
			return err
		}
		defer func() { _ = d.Close() }() // only read
		if err := d.Sync(); err != nil && !noSync(err) {
			return err
		}
		return nil
	})
}
