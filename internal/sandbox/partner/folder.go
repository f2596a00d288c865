package partner

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pkg/sftp"
)

// folder answers the SFTP requests of one session.
type folder struct {
	server *Server
	// cut ends the connection.
	cut func() error

	mu sync.Mutex
	// open counts the handles that this session has open, by path.
	open map[string]int
}

var (
	_ sftp.FileReader           = (*folder)(nil)
	_ sftp.OpenFileWriter       = (*folder)(nil)
	_ sftp.PosixRenameFileCmder = (*folder)(nil)
	_ sftp.LstatFileLister      = (*folder)(nil)
)

// local turns the cleaned absolute path of a request into one that os.Root takes.
func local(p string) string {
	if p = strings.TrimPrefix(path.Clean("/"+p), "/"); p == "" {
		return "."
	}
	return p
}

// status reduces an error to what a client may learn of it: SFTP's code and, for a full
// disk, the system's words. Paths of this machine stay here.
func status(err error) error {
	var fault syscall.Errno
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return sftp.ErrSSHFxNoSuchFile
	case errors.Is(err, fs.ErrPermission):
		return sftp.ErrSSHFxPermissionDenied
	case errors.As(err, &fault) && (fault == syscall.ENOSPC || fault == syscall.EDQUOT):
		return fault
	default:
		return sftp.ErrSSHFxFailure
	}
}

func (f *folder) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	if f.server.opts.WriteOnly {
		return nil, sftp.ErrSSHFxPermissionDenied
	}
	file, err := f.server.root.Open(local(r.Filepath))
	if err != nil {
		return nil, status(err)
	}
	f.count(r.Filepath, 1)
	d := &download{File: file, folder: f, path: r.Filepath}
	if f.server.opts.ShortReads {
		return shortReader{d}, nil
	}
	return d, nil
}

// download is a file being read.
type download struct {
	File   *os.File
	folder *folder
	path   string
}

// ReadAt is the file's.
func (d *download) ReadAt(p []byte, off int64) (int, error) { return d.File.ReadAt(p, off) }

func (d *download) Close() error {
	d.folder.count(d.path, -1)
	return status(d.File.Close())
}

// shortReader answers a read with half of what was asked, which SFTP allows.
type shortReader struct{ *download }

func (s shortReader) ReadAt(p []byte, off int64) (int, error) {
	return s.File.ReadAt(p[:(len(p)+1)/2], off)
}

func (f *folder) Filewrite(r *sftp.Request) (io.WriterAt, error) { return f.OpenFile(r) }

// OpenFile opens for writing, and for reading too where the client asked for both.
func (f *folder) OpenFile(r *sftp.Request) (sftp.WriterAtReaderAt, error) {
	want := r.Pflags()
	if want.Read && f.server.opts.WriteOnly {
		return nil, sftp.ErrSSHFxPermissionDenied
	}
	flags := os.O_WRONLY
	if want.Read {
		flags = os.O_RDWR
	}
	for flag, on := range map[int]bool{os.O_CREATE: want.Creat, os.O_TRUNC: want.Trunc, os.O_EXCL: want.Excl} {
		if on {
			flags |= flag
		}
	}
	file, err := f.server.root.OpenFile(local(r.Filepath), flags, 0o644)
	if err != nil {
		return nil, status(err)
	}
	f.count(r.Filepath, 1)
	return &upload{File: file, folder: f, path: r.Filepath}, nil
}

func (f *folder) count(p string, by int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[p] += by
	if f.open[p] == 0 {
		delete(f.open, p)
	}
}

func (f *folder) isOpen(p string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open[p] > 0
}

// upload is a file being written, up to the limits of the server's quirks.
type upload struct {
	File   *os.File
	folder *folder
	path   string
}

// ReadAt is the file's.
func (u *upload) ReadAt(p []byte, off int64) (int, error) { return u.File.ReadAt(p, off) }

func (u *upload) WriteAt(p []byte, off int64) (int, error) {
	q, end := u.folder.server.opts.Quirks, off+int64(len(p))
	if q.FullAt > 0 && end > q.FullAt {
		return 0, syscall.ENOSPC
	}
	if q.CutAt > 0 && end > q.CutAt {
		return 0, errors.Join(sftp.ErrSSHFxConnectionLost, u.folder.cut())
	}
	if q.StallAt > 0 && end > q.StallAt {
		<-u.folder.server.done
		return 0, sftp.ErrSSHFxConnectionLost
	}
	n, err := u.File.WriteAt(p, off)
	return n, status(err)
}

func (u *upload) Close() error {
	u.folder.count(u.path, -1)
	return status(u.File.Close())
}

func (f *folder) Filecmd(r *sftp.Request) error {
	root, name := f.server.root, local(r.Filepath)
	switch r.Method {
	case "Rename":
		return f.rename(r, f.server.opts.RenameOverwrites)
	case "Remove":
		// SSH_FXP_REMOVE is for files; os.Root removes empty folders too.
		if info, err := root.Lstat(name); err != nil {
			return status(err)
		} else if info.IsDir() {
			return sftp.ErrSSHFxFailure
		}
		return status(root.Remove(name))
	case "Rmdir":
		if info, err := root.Lstat(name); err != nil {
			return status(err)
		} else if !info.IsDir() || name == "." {
			return sftp.ErrSSHFxFailure
		}
		return status(root.Remove(name))
	case "Mkdir":
		return status(root.Mkdir(name, 0o755))
	case "Setstat":
		return f.setstat(r)
	default:
		return sftp.ErrSSHFxOpUnsupported
	}
}

// PosixRename serves the OpenSSH extension: the target, if any, is replaced in one step.
func (f *folder) PosixRename(r *sftp.Request) error {
	if f.server.opts.NoPosixRename {
		return sftp.ErrSSHFxOpUnsupported
	}
	return f.rename(r, true)
}

func (f *folder) rename(r *sftp.Request, overwrite bool) error {
	if f.server.opts.RefuseRename {
		return sftp.ErrSSHFxPermissionDenied
	}
	root, from, to := f.server.root, local(r.Filepath), local(r.Target)
	move := renameNew
	if overwrite {
		move = (*os.Root).Rename
	}
	err := move(root, from, to)
	if err != nil || f.server.pickUp == nil {
		return status(err)
	}
	return status(f.pickUp(to))
}

// renameNew renames unless to exists. A file is linked first, so that nothing can come
// in between.
func renameNew(root *os.Root, from, to string) error {
	info, err := root.Lstat(from)
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		if err := root.Link(from, to); err != nil {
			return err
		}
		return root.Remove(from)
	}
	if _, err := root.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fs.ErrExist
	}
	return root.Rename(from, to)
}

func (f *folder) pickUp(name string) error {
	content, err := f.server.root.ReadFile(name)
	if err != nil {
		return err
	}
	if err := f.server.pickUp.WriteFile(path.Base(name), content, 0o644); err != nil {
		return err
	}
	return f.server.root.Remove(name)
}

func (f *folder) setstat(r *sftp.Request) error {
	root, name, has, attrs := f.server.root, local(r.Filepath), r.AttrFlags(), r.Attributes()
	var errs []error
	if has.Size {
		file, err := root.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return status(err)
		}
		errs = append(errs, file.Truncate(int64(attrs.Size)), file.Close())
	}
	if has.Permissions {
		errs = append(errs, root.Chmod(name, attrs.FileMode().Perm()))
	}
	if has.Acmodtime {
		errs = append(errs, root.Chtimes(name, attrs.AccessTime(), attrs.ModTime()))
	}
	return status(errors.Join(errs...))
}

// Filelist answers listings and Stat. A Stat of a handle arrives as one of its path.
func (f *folder) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	if f.server.opts.WriteOnly && (r.Method == "List" || !f.isOpen(r.Filepath)) {
		return nil, sftp.ErrSSHFxPermissionDenied
	}
	switch r.Method {
	case "List":
		return f.list(local(r.Filepath))
	case "Stat":
		return f.stat(r, f.server.root.Stat)
	default:
		return nil, sftp.ErrSSHFxOpUnsupported
	}
}

// Lstat is Stat without following a link.
func (f *folder) Lstat(r *sftp.Request) (sftp.ListerAt, error) {
	if f.server.opts.WriteOnly && !f.isOpen(r.Filepath) {
		return nil, sftp.ErrSSHFxPermissionDenied
	}
	return f.stat(r, f.server.root.Lstat)
}

// stat answers a request for a status, by path or of an open file.
func (f *folder) stat(r *sftp.Request, ask func(string) (fs.FileInfo, error)) (sftp.ListerAt, error) {
	name := local(r.Filepath)
	info, err := ask(name)
	switch {
	case f.server.opts.NoStat:
		return nil, sftp.ErrSSHFxOpUnsupported
	case err != nil:
		return nil, status(err)
	case f.server.opts.StatTakes && info.Mode().IsRegular() && !f.isOpen(r.Filepath):
		if err := f.server.root.Remove(name); err != nil {
			return nil, status(err)
		}
	}
	return entries{info}, nil
}

func (f *folder) list(name string) (sftp.ListerAt, error) {
	dir, err := f.server.root.Open(name)
	if err != nil {
		return nil, status(err)
	}
	infos, err := dir.Readdir(-1)
	if err := errors.Join(err, dir.Close()); err != nil {
		return nil, status(err)
	}
	slices.SortFunc(infos, func(a, b fs.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	for _, name := range f.server.opts.Phantoms {
		infos = append(infos, phantom(name))
	}
	return entries(infos), nil
}

// phantom is an empty file that exists in listings only.
type phantom string

var _ fs.FileInfo = phantom("")

func (p phantom) Name() string     { return string(p) }
func (phantom) Size() int64        { return 0 }
func (phantom) Mode() fs.FileMode  { return 0o644 }
func (phantom) ModTime() time.Time { return time.Unix(0, 0) }
func (phantom) IsDir() bool        { return false }
func (phantom) Sys() any           { return nil }

// entries is a whole listing.
type entries []fs.FileInfo

func (e entries) ListAt(into []fs.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(e)) {
		return 0, io.EOF
	}
	n := copy(into, e[offset:])
	if n < len(into) {
		return n, io.EOF
	}
	return n, nil
}
