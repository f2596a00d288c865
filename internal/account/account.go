// Package account tells whose files of this machine are whose. An instance belongs to one account
// of the operating system, that of its service. What root makes in its folders is given to the
// folder's owner, so that a command of root's beside the service leaves nothing that the service
// cannot use; what another account made is told as such, with the command that mends it.
package account

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// ErrForeign: a file or folder belongs to another account, and this process has no right to use it.
var ErrForeign = errors.New("it belongs to another account")

// ownersOnly are the rights that others have on none of our folders.
const ownersOnly = 0o007

// foreign is a fault of rights with whose the file is and what to do.
type foreign struct {
	error
	text string
}

// Error is the fault and what to do about it.
func (f *foreign) Error() string { return f.error.Error() + ": " + f.text }

// Unwrap returns the fault and ErrForeign.
func (f *foreign) Unwrap() []error { return []error{f.error, ErrForeign} }

// Explain says of a fault about the rights on a path whose the path is and what mends it, and
// makes it an ErrForeign. Any other error, and one about what is our own, comes back as it is.
func Explain(path string, err error) error {
	if !errors.Is(err, fs.ErrPermission) || errors.Is(err, ErrForeign) {
		return err
	}
	me := os.Geteuid()
	at, owner, ok := nearest(path)
	if !ok || int(owner.Uid) == me {
		return err
	}
	mend := at
	for parent := filepath.Dir(mend); parent != mend; parent = filepath.Dir(mend) {
		info, statErr := os.Stat(parent)
		if statErr != nil {
			break
		}
		above, known := info.Sys().(*syscall.Stat_t)
		if !known || above.Uid != owner.Uid || info.Mode().Perm()&ownersOnly != 0 {
			break
		}
		mend = parent
	}
	theirs, mine := name(int(owner.Uid)), name(me)
	return &foreign{err, fmt.Sprintf("%q belongs to %s, and this process runs as %s: run it as %s (sudo -u %s lucca-exchange …), or if %s is the account of the service, run sudo chown -R %s: %s",
		at, theirs, mine, theirs, theirs, mine, mine, mend)}
}

// ExplainReading is Explain for what the service reads and need not own, as its configuration: the
// account that may is the owner, or where that is root, the one that the group is called after.
func ExplainReading(path string, err error) error {
	me := os.Geteuid()
	_, owner, ok := nearest(path)
	if !errors.Is(err, fs.ErrPermission) || !ok || int(owner.Uid) == me {
		return err
	}
	theirs := name(int(owner.Uid))
	if group, unknown := user.LookupGroupId(strconv.Itoa(int(owner.Gid))); owner.Uid == 0 && owner.Gid != 0 && unknown == nil {
		theirs = group.Name
	}
	return &foreign{err, fmt.Sprintf("this process runs as %s: run it as the account of the service (sudo -u %s lucca-exchange …)", name(me), theirs)}
}

// nearest is a path, or the first above it that can be looked at, and whose that is.
func nearest(path string) (at string, owner *syscall.Stat_t, ok bool) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", nil, false
	}
	for {
		info, err := os.Lstat(abs)
		if err == nil {
			owner, ok = info.Sys().(*syscall.Stat_t)
			return abs, owner, ok
		}
		parent := filepath.Dir(abs)
		if parent == abs {
			return "", nil, false
		}
		abs = parent
	}
}

// name is that of an account, or its number where it has none.
func name(uid int) string {
	id := strconv.Itoa(uid)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// Give gives what root has made to the owner of the folder that it is in. Of another account, and
// in a folder of root's, it stays as it is: also where root has no right to give anything away, as
// in some containers, whose root is an account like others.
func Give(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	owner, err := folderOf(path)
	if err != nil || owner.Uid == 0 {
		return err
	}
	// The folder is the owner's own, and a link is not followed.
	if err := os.Lchown(path, int(owner.Uid), int(owner.Gid)); err != nil && !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("give %q to its folder's owner: %w", path, err)
	}
	return nil
}

// GiveAll is Give for a folder and all that is in it: everything gets the owner of the folder that
// the path is in.
func GiveAll(path string) error {
	return filepath.WalkDir(path, func(at string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return Give(at) // a folder comes before what is in it
	})
}

// folderOf is whose the folder of a path is.
func folderOf(path string) (*syscall.Stat_t, error) {
	info, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, fmt.Errorf("ask whose %q is: %w", filepath.Dir(path), errors.ErrUnsupported)
	}
	return owner, nil
}

// MakeFolder makes a folder, and those above it that are missing, for the owner of the first that
// is there: only that account can enter them. A folder that is there stays as it is.
func MakeFolder(path string) error {
	err := os.Mkdir(path, 0o700)
	switch {
	case err == nil:
		return Give(path)
	case errors.Is(err, fs.ErrExist):
		info, statErr := os.Stat(path)
		if statErr == nil && !info.IsDir() {
			return &fs.PathError{Op: "mkdir", Path: path, Err: syscall.ENOTDIR}
		}
		return statErr
	case !errors.Is(err, fs.ErrNotExist) || filepath.Dir(path) == path:
		return Explain(path, err)
	}
	if err := MakeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	return MakeFolder(path)
}

// Touch makes an empty file for the owner of its folder, unless it is there, and reports whether it
// made it: only that account can read and write it. Nobody sees it before it has that owner.
func Touch(path string) (made bool, err error) {
	if owner, err := folderOf(path); err == nil && owner.Uid != 0 && os.Geteuid() == 0 {
		return touchFor(path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case err != nil:
		return false, Explain(path, err)
	}
	return true, f.Close()
}

// touchFor gives a file its owner before it gives it its name.
func touchFor(path string) (made bool, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".made-*") // mode 0600
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	if err := errors.Join(f.Close(), Give(f.Name())); err != nil {
		return false, err
	}
	err = os.Link(f.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}
