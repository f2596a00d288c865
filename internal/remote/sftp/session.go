package sftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pkg/sftp"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// session is one folder over a connection. See remote.Session.
type session struct{ conn *subsystem }

// Peer implements remote.Session.
func (s session) Peer() remote.Peer { return s.conn.link.peer }

// Advice is a sentence about what was found out on the way and can be set better; mostly empty.
func (s session) Advice() string {
	if s.conn.vague == "" {
		return ""
	}
	return fmt.Sprintf("the server does not say when a file is missing, it answers %q: the folder is listed each time to find out, which use_fstat: true does at once", s.conn.vague)
}

// Close implements remote.Session.
func (s session) Close() error {
	s.conn.close()
	return nil
}

// do checks the names and runs op.
func (s session) do(ctx context.Context, op func() error, names ...string) error {
	if err := remote.CheckPaths(names...); err != nil {
		return err
	}
	return s.conn.run(ctx, op)
}

// at returns the folder of a name, which SplitPath can read, and the name in it.
func (s session) at(name string) (folder, string) {
	sub, base, _ := remote.SplitPath(name)
	return s.conn.folder(sub), base
}

// path is where the server has a name.
func (s session) path(name string) string { return s.conn.folder("").path(name) }

// List implements remote.Session. The library reduces a listed name with separators to
// its last element, so a server cannot make one that leads out of the folder.
func (s session) List(ctx context.Context, sub string) ([]remote.Entry, error) {
	if sub != "" {
		if err := remote.CheckName(sub); err != nil {
			return nil, err
		}
	}
	var entries []remote.Entry
	var unusable []string
	err := s.conn.run(ctx, func() (err error) {
		entries, unusable, err = s.conn.folder(sub).entries()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list folder: %w", err)
	}
	if len(unusable) > 0 {
		return entries, fmt.Errorf("list folder: %w", remote.LeftOutError{Count: len(unusable), Names: unusable})
	}
	return entries, nil
}

// entry is what the server states. See wire about its size.
func entry(info os.FileInfo) remote.Entry {
	return remote.Entry{Name: info.Name(), Size: info.Size(), ModTime: info.ModTime(), Regular: info.Mode().IsRegular()}
}

// Stat implements remote.Session.
func (s session) Stat(ctx context.Context, name string) (remote.Entry, error) {
	var found remote.Entry
	err := s.do(ctx, func() error {
		folder, base := s.at(name)
		info, err := folder.look(base)
		if err == nil {
			found = entry(info)
			found.Regular = folder.regular(info)
		}
		return err
	}, name)
	if err != nil {
		return remote.Entry{}, fmt.Errorf("stat %q: %w", name, err)
	}
	return found, nil
}

const posixRename = "posix-rename@openssh.com"

// Replace needs OpenSSH's posix-rename, which most servers have copied.
func (s session) Replace(ctx context.Context, from, to string) error {
	err := s.do(ctx, func() error {
		if _, offered := s.conn.sftp.HasExtension(posixRename); !offered {
			return errors.ErrUnsupported
		}
		err := s.conn.patiently(func() error { return s.conn.sftp.PosixRename(s.path(from), s.path(to)) })
		return s.renamed(err, from, to)
	}, from, to)
	if err != nil {
		return fmt.Errorf("replace %q by %q: %w", to, from, err)
	}
	return nil
}

// Rename tells an existing target, which OpenSSH refuses with a bare failure, by
// fs.ErrExist.
func (s session) Rename(ctx context.Context, from, to string) error {
	err := s.do(ctx, func() error {
		err := s.conn.patiently(func() error { return s.conn.sftp.Rename(s.path(from), s.path(to)) })
		if target, name := s.at(to); failed(err) && sentinelOf(err) == nil && target.exists(name) {
			return fs.ErrExist
		}
		return s.renamed(err, from, to)
	}, from, to)
	if err != nil {
		return fmt.Errorf("rename %q to %q: %w", from, to, err)
	}
	return nil
}

// MakeFolder implements remote.Session.
func (s session) MakeFolder(ctx context.Context, sub string) error {
	err := remote.CheckName(sub)
	if err == nil {
		err = s.conn.run(ctx, s.conn.folder(sub).make)
	}
	if err != nil {
		return fmt.Errorf("make folder %q: %w", sub, err)
	}
	return nil
}

// renamed finds the reason of a rename that failed without one: there is nothing to rename, or no
// folder to rename to. On Windows, what looks like a missing right to a file of our own is most
// often a scanner that has it open.
func (s session) renamed(err error, from, to string) error {
	source, old := s.at(from)
	target, name := s.at(to)
	switch {
	case err == nil || !answered(err):
		return err
	case failed(err) && sentinelOf(err) == nil:
		if source.missing(old) || target.dir != source.dir && target.missing(name) && target.absent() {
			return fs.ErrNotExist
		}
	case errors.Is(classify(err), remote.ErrPermission) && s.conn.link.onWindows() && source.exists(old):
		return fault.Wrap(remote.ErrBusy, err)
	}
	return err
}

// Remove looks first: some servers delete a folder that they are asked to delete like a file.
func (s session) Remove(ctx context.Context, name string) error {
	err := s.do(ctx, func() error {
		if !s.conn.config.WriteOnly {
			folder, base := s.at(name)
			info, err := folder.look(base)
			if err == nil && folder.isFolder(info) {
				return fmt.Errorf("is a folder: %w", remote.ErrPermission)
			}
			if err != nil && !untold(err) {
				return err
			}
		}
		err := s.conn.sftp.Remove(s.path(name))
		if err != nil && s.conn.config.WriteOnly && s.gone(name) {
			return fs.ErrNotExist
		}
		return err
	}, name)
	if err != nil {
		return fmt.Errorf("remove %q: %w", name, err)
	}
	return nil
}

// gone finds out without looking: the library's Remove reports a missing file by the
// status of a file, which a write-only folder refuses to tell. Renaming a file to its own
// name changes nothing.
func (s session) gone(name string) bool {
	rename := s.conn.sftp.Rename
	if _, offered := s.conn.sftp.HasExtension(posixRename); offered {
		rename = s.conn.sftp.PosixRename
	}
	return errors.Is(rename(s.path(name), s.path(name)), fs.ErrNotExist)
}

// full tells whether the disk has no room for the rest of a file.
func (s session) full(rest int64) bool {
	if _, offered := s.conn.sftp.HasExtension("statvfs@openssh.com"); !offered {
		return false
	}
	disk, err := s.conn.sftp.StatVFS(s.conn.config.Dir)
	if err != nil {
		return false
	}
	return tooSmall(disk, rest)
}

// tooSmall tells whether a disk lacks room for rest more bytes, or for one packet.
func tooSmall(disk *sftp.StatVFS, rest int64) bool {
	return disk.Bavail*disk.Frsize < uint64(max(rest, packet)) || disk.Files > 0 && disk.Favail == 0
}
