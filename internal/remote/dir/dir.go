// Package dir is a local folder as a remote: a mounted share, or the inbox of a server on
// the same machine.
//
// All names are resolved by os.Root, so that neither a name nor a symbolic link in the
// folder leads out of it. A file is on disk (fsync of the file and of its folder) before
// Upload, Replace, Rename and Remove return.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"lucca-exchange/internal/remote"
)

// Config is one remote of type dir.
type Config struct {
	Dir string `yaml:"dir" json:"dir" jsonschema:"required,description=path of the folder; a relative path starts at the configuration file"`
}

// Under returns the configuration with a relative folder resolved against dir.
func (c Config) Under(dir string) Config {
	if c.Dir != "" && !filepath.IsAbs(c.Dir) {
		c.Dir = filepath.Join(dir, c.Dir)
	}
	return c
}

// Validate reports every fault with the key that it is about.
func (c Config) Validate(report func(key, message string)) {
	if c.Dir == "" {
		report("dir", "missing: want the path of a folder")
	}
}

// CanRead is true: a folder can be listed by whoever writes into it.
func (c Config) CanRead() bool { return true }

// Address is the path of the folder.
func (c Config) Address() string { return c.Dir }

// Remote is a folder. It may be shared.
type Remote struct{ dir string }

var _ remote.Creator = (*Remote)(nil)

// New returns the remote that c describes.
func New(c Config) *Remote { return &Remote{dir: c.Dir} }

// Open checks that the folder exists. It does not create it: an unmounted share would
// otherwise collect files that nobody reads.
func (r *Remote) Open(ctx context.Context) (remote.Session, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	info, err := os.Stat(r.dir)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", classify(err))
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("open folder: %q is not a folder: %w", r.dir, fs.ErrNotExist)
	}
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", classify(err))
	}
	return &session{dir: r.dir, root: root, sub: ".", close: new(sync.Once)}, nil
}

// Create implements remote.Creator.
func (r *Remote) Create(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := os.MkdirAll(r.dir, 0o750); err != nil {
		return fmt.Errorf("create folder: %w", classify(err))
	}
	return nil
}

type session struct {
	dir  string
	root *os.Root
	// sub is the folder below root that a view is of; fault is what is wrong with its name.
	sub   string
	fault error
	// close is nil in a view.
	close *sync.Once
}

func (s *session) Peer() remote.Peer {
	return remote.Peer{Address: s.dir, Protocol: "local folder"}
}

func (s *session) Close() error {
	if s.close == nil {
		return nil
	}
	var err error
	s.close.Do(func() { err = s.root.Close() })
	return err
}

func (s *session) List(ctx context.Context) ([]remote.Entry, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	files, err := fs.ReadDir(s.root.FS(), s.sub)
	if err != nil {
		return nil, fmt.Errorf("list folder: %w", classify(err))
	}
	var entries []remote.Entry
	var unusable []string
	for _, file := range files {
		if remote.CheckName(file.Name()) != nil {
			unusable = append(unusable, file.Name())
			continue
		}
		info, err := file.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list folder: %w", classify(err))
		}
		entries = append(entries, entry(info))
	}
	if len(unusable) > 0 {
		return entries, fmt.Errorf("list folder: %w", remote.LeftOutError{Count: len(unusable), Names: unusable})
	}
	return entries, nil
}

func entry(info fs.FileInfo) remote.Entry {
	return remote.Entry{Name: info.Name(), Size: info.Size(), ModTime: info.ModTime(), Regular: info.Mode().IsRegular()}
}

func (s *session) Stat(ctx context.Context, name string) (remote.Entry, error) {
	if err := s.check(ctx, name); err != nil {
		return remote.Entry{}, err
	}
	info, err := s.root.Lstat(s.at(name))
	if err != nil {
		return remote.Entry{}, fmt.Errorf("stat: %w", classify(err))
	}
	return entry(info), nil
}

func (s *session) Upload(ctx context.Context, name string, src io.Reader, size int64) (err error) {
	if err := s.check(ctx, name); err != nil {
		return err
	}
	f, err := s.root.OpenFile(s.at(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("create: %w", classify(err))
	}
	defer func() {
		if e := f.Close(); e != nil && err == nil {
			err = fmt.Errorf("close: %w", classify(e))
		}
	}()
	if _, err := io.Copy(f, contextReader{ctx, remote.Exactly(src, size)}); err != nil {
		return fmt.Errorf("upload %q: %w", name, classify(err))
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("upload: %w", classify(err))
	}
	return s.syncFolder()
}

func (s *session) Download(ctx context.Context, name string, dst io.Writer) (int64, error) {
	if err := s.check(ctx, name); err != nil {
		return 0, err
	}
	info, err := s.root.Lstat(s.at(name))
	if err != nil {
		return 0, fmt.Errorf("stat: %w", classify(err))
	}
	// Opening a pipe would wait for its writer.
	if !info.Mode().IsRegular() {
		return 0, fmt.Errorf("download %q: not a regular file: %w", name, remote.ErrPermission)
	}
	f, err := s.root.Open(s.at(name))
	if err != nil {
		return 0, fmt.Errorf("open: %w", classify(err))
	}
	defer func() { _ = f.Close() }()
	n, err := io.Copy(ours{dst}, contextReader{ctx, f})
	if err != nil {
		return n, fmt.Errorf("download %q: %w", name, classify(err))
	}
	if n != info.Size() {
		return n, fmt.Errorf("download %q: read %d bytes of %d: the file changed meanwhile", name, n, info.Size())
	}
	return n, nil
}

func (s *session) Replace(ctx context.Context, from, to string) error {
	if err := s.checkPaths(ctx, from, to); err != nil {
		return err
	}
	if err := s.root.Rename(s.at(from), s.at(to)); err != nil {
		return fmt.Errorf("rename: %w", classify(err))
	}
	if err := s.sync(path.Dir(s.at(to))); err != nil {
		return err
	}
	return s.sync(path.Dir(s.at(from)))
}

// checkPaths is check of NAME or SUB/NAME.
func (s *session) checkPaths(ctx context.Context, paths ...string) error {
	for _, p := range paths {
		if _, _, err := remote.SplitPath(p); err != nil {
			return err
		}
	}
	return s.check(ctx)
}

// Rename refuses an existing target with fs.ErrExist.
func (s *session) Rename(ctx context.Context, from, to string) error {
	if err := s.check(ctx, from, to); err != nil {
		return err
	}
	return s.move(from, to)
}

// move checks no names.
func (s *session) move(from, to string) error {
	if _, err := s.root.Lstat(s.at(to)); err == nil {
		return fmt.Errorf("rename %q to %q: %w", from, to, fs.ErrExist)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("stat: %w", classify(err))
	}
	if err := s.root.Rename(s.at(from), s.at(to)); err != nil {
		return fmt.Errorf("rename: %w", classify(err))
	}
	if err := s.sync(path.Dir(s.at(to))); err != nil {
		return err
	}
	return s.sync(path.Dir(s.at(from)))
}

// Within implements remote.Session.
func (s *session) Within(sub string) remote.Session {
	return &session{dir: s.dir, root: s.root, sub: path.Join(s.sub, sub), fault: errors.Join(s.fault, remote.CheckName(sub))}
}

// MakeFolder implements remote.Session.
func (s *session) MakeFolder(ctx context.Context, sub string) error {
	if err := s.check(ctx, sub); err != nil {
		return err
	}
	err := s.root.Mkdir(s.at(sub), 0o755)
	if errors.Is(err, fs.ErrExist) {
		if info, e := s.root.Lstat(s.at(sub)); e == nil && info.IsDir() {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("make folder: %w", classify(err))
	}
	return s.syncFolder()
}

// Move implements remote.Session. It refuses an existing target with fs.ErrExist.
func (s *session) Move(ctx context.Context, from, to string) error {
	if err := s.checkPaths(ctx, from, to); err != nil {
		return err
	}
	return s.move(from, to)
}

func (s *session) Remove(ctx context.Context, name string) error {
	if err := s.check(ctx, name); err != nil {
		return err
	}
	info, err := s.root.Lstat(s.at(name))
	if err != nil {
		return fmt.Errorf("stat: %w", classify(err))
	}
	if info.IsDir() {
		return fmt.Errorf("remove %q: is a folder: %w", name, remote.ErrPermission)
	}
	if err := s.root.Remove(s.at(name)); err != nil {
		return fmt.Errorf("remove: %w", classify(err))
	}
	return s.syncFolder()
}

// syncFolder makes a change of names survive a power cut.
func (s *session) syncFolder() error { return s.sync(s.sub) }

func (s *session) sync(folder string) error {
	d, err := s.root.Open(folder)
	if err != nil {
		return fmt.Errorf("sync folder: %w", classify(err))
	}
	defer func() { _ = d.Close() }()
	if err := d.Sync(); err != nil && !noSync(err) {
		return fmt.Errorf("sync folder: %w", classify(err))
	}
	return nil
}

// noSync tells whether a file system knows no fsync of a folder, as network file systems say in
// several ways.
func noSync(err error) bool {
	return slices.ContainsFunc([]error{syscall.EINVAL, syscall.EBADF, syscall.ENOSYS, syscall.ENOTSUP}, func(known error) bool { return errors.Is(err, known) })
}

// at is the path of a name below root.
func (s *session) at(name string) string { return path.Join(s.sub, name) }

func (s *session) check(ctx context.Context, names ...string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, name := range names {
		if err := remote.CheckName(name); err != nil {
			return err
		}
	}
	return s.fault
}

// contextReader makes a copy end with the context's cause.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(p)
}

// ours is where a download goes to.
type ours struct{ w io.Writer }

// ourFault is a fault of that side, which says nothing of the remote: when its disk is full, there
// is nobody to ask for room.
type ourFault struct{ error }

func (f ourFault) Unwrap() error { return f.error }

func (o ours) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		err = ourFault{err}
	}
	return n, err
}

// classify adds the sentinel that callers branch on.
func classify(err error) error {
	if _, ours := errors.AsType[ourFault](err); ours {
		return err
	}
	for _, class := range []struct{ cause, sentinel error }{
		{syscall.ENOSPC, remote.ErrNoSpace},
		{syscall.EDQUOT, remote.ErrNoSpace},
		{fs.ErrPermission, remote.ErrPermission},
		{syscall.EROFS, remote.ErrPermission},
		// A share whose server says that another program has the file open.
		{syscall.EBUSY, remote.ErrBusy},
		{syscall.ETXTBSY, remote.ErrBusy},
		// A network file system that has lost its server.
		{syscall.ESTALE, remote.ErrTemporary},
		{syscall.ETIMEDOUT, remote.ErrTemporary},
		{syscall.EIO, remote.ErrTemporary},
		{syscall.EAGAIN, remote.ErrTemporary},
		{syscall.EHOSTDOWN, remote.ErrTemporary},
		{syscall.EHOSTUNREACH, remote.ErrTemporary},
		{syscall.ENOTCONN, remote.ErrTemporary},
		{syscall.ECONNRESET, remote.ErrTemporary},
	} {
		if errors.Is(err, class.cause) {
			return fmt.Errorf("%w: %w", class.sentinel, err)
		}
	}
	return err
}
