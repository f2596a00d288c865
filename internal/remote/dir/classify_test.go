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
	} {
		err := classify(&os.PathError{Op: "write", Path: "a.csv", Err: cause})
		if !errors.Is(err, want) || !errors.Is(err, cause) {
			t.Errorf("classify(%v) = %v, want %v", cause, err, want)
		}
	}
}
