package dir

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"lucca-exchange/internal/remote"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]error{
		syscall.ENOSPC:    remote.ErrNoSpace,
		syscall.EDQUOT:    remote.ErrNoSpace,
		syscall.EACCES:    remote.ErrPermission,
		syscall.EPERM:     remote.ErrPermission,
		syscall.EROFS:     remote.ErrPermission,
		syscall.ENOENT:    fs.ErrNotExist,
		syscall.EEXIST:    fs.ErrExist,
		syscall.ESTALE:    remote.ErrTemporary,
		syscall.ETIMEDOUT: remote.ErrTemporary,
		syscall.EIO:       remote.ErrTemporary,
		syscall.EHOSTDOWN: remote.ErrTemporary,
		syscall.EBUSY:     remote.ErrBusy,
		syscall.ETXTBSY:   remote.ErrBusy,
	} {
		err := classify(&os.PathError{Op: "write", Path: "a.csv", Err: cause})
		if !errors.Is(err, want) || !errors.Is(err, cause) {
			t.Errorf("classify(%v) = %v, want %v", cause, err, want)
		}
	}
}

func TestFolderWithoutSync(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]bool{syscall.EINVAL: true, syscall.EBADF: true, syscall.ENOSYS: true, syscall.EOPNOTSUPP: true, syscall.EIO: false} {
		if got := noSync(&os.PathError{Op: "sync", Path: ".", Err: cause}); got != want {
			t.Errorf("noSync(%v) = %t", cause, got)
		}
	}
}
