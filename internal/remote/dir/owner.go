package dir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"lucca-exchange/internal/account"
)

// What a command makes as root is given to the owner of the folder that it is in, so that the
// account of the service, or the partner's, can go on with it. A share that knows no owners, or
// takes none from us, is left as it is.

// give gives what is open to the owner of a folder.
func give(f *os.File, folder fs.FileInfo) error {
	owner, known := folder.Sys().(*syscall.Stat_t)
	if os.Geteuid() != 0 || !known || owner.Uid == 0 {
		return nil
	}
	err := f.Chown(int(owner.Uid), int(owner.Gid))
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}

// giveFolder gives a folder that was made in the remote's. It is opened, since whoever may write
// there could put something else in its place.
func (s *session) giveFolder(sub string) error {
	f, err := s.root.Open(sub)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.IsDir() {
		return nil
	}
	above, e := s.root.Stat(".")
	if err := errors.Join(err, e); err != nil {
		return err
	}
	return give(f, above)
}

// makeFolders makes a folder, and those above it that are missing.
func makeFolders(path string) error {
	err := os.Mkdir(path, 0o750)
	switch {
	case err == nil:
		return account.Give(path)
	case errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != path:
		if err := makeFolders(filepath.Dir(path)); err != nil {
			return err
		}
		return makeFolders(path)
	case errors.Is(err, fs.ErrExist):
		return os.MkdirAll(path, 0o750) // which says whether it is a folder
	}
	return err
}
