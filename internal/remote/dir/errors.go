package dir

import (
	"errors"
	"io/fs"
	"slices"
	"syscall"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// noSync tells whether a file system knows no fsync of a folder, as network file systems say in
// several ways.
func noSync(err error) bool {
	return slices.ContainsFunc([]error{syscall.EINVAL, syscall.EBADF, syscall.ENOSYS, syscall.ENOTSUP}, func(known error) bool { return errors.Is(err, known) })
}

// classify adds the sentinel that callers branch on.
func classify(err error) error {
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
			return fault.Wrap(class.sentinel, err)
		}
	}
	return err
}
