package sftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/pkg/sftp"

	"lucca-exchange/internal/remote"
)

func (s *session) path(name string) string { return path.Join(s.config.Dir, name) }

// do checks the names and runs op.
func (s *session) do(ctx context.Context, op func() error, names ...string) error {
	for _, name := range names {
		if err := remote.CheckName(name); err != nil {
			return err
		}
	}
	return s.run(ctx, op)
}

// List implements remote.Session. The library reduces a listed name with separators to
// its last element, so a server cannot make one that leads out of the folder.
func (s *session) List(ctx context.Context) ([]remote.Entry, error) {
	var infos []os.FileInfo
	err := s.run(ctx, func() (err error) {
		infos, err = s.readDir()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list folder: %w", err)
	}
	entries := make([]remote.Entry, 0, len(infos))
	var unusable []string
	for _, info := range infos {
		if remote.CheckName(info.Name()) == nil {
			entries = append(entries, entry(info))
		} else if name := info.Name(); name != "." && name != ".." {
			unusable = append(unusable, name)
		}
	}
	if len(unusable) > 0 {
		return entries, fmt.Errorf("list folder: %w", remote.LeftOutError{Count: len(unusable), Names: unusable})
	}
	return entries, nil
}

// entry takes a file whose type the server does not state for a regular one. See wire about its
// size.
func entry(info os.FileInfo) remote.Entry {
	return remote.Entry{Name: info.Name(), Size: info.Size(), ModTime: info.ModTime(), Regular: info.Mode().IsRegular()}
}

func (s *session) Stat(ctx context.Context, name string) (remote.Entry, error) {
	var found remote.Entry
	err := s.do(ctx, func() error {
		info, err := s.look(name)
		if err == nil {
			found = entry(info)
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
func (s *session) Replace(ctx context.Context, from, to string) error {
	target, name, err := s.paths(from, to)
	if err == nil {
		err = s.run(ctx, func() error {
			if _, offered := s.sftp.HasExtension(posixRename); !offered {
				return errors.ErrUnsupported
			}
			return s.renamed(s.sftp.PosixRename(s.path(from), target.path(name)), from, target, name)
		})
	}
	if err != nil {
		return fmt.Errorf("replace %q by %q: %w", to, from, err)
	}
	return nil
}

// Rename tells an existing target, which OpenSSH refuses with a bare failure, by
// fs.ErrExist.
func (s *session) Rename(ctx context.Context, from, to string) error {
	err := s.do(ctx, func() error { return s.move(from, s, to) }, from, to)
	if err != nil {
		return fmt.Errorf("rename %q to %q: %w", from, to, err)
	}
	return nil
}

// Move is Rename by other paths.
func (s *session) Move(ctx context.Context, from, to string) error {
	target, name, err := s.paths(from, to)
	if err == nil {
		err = s.run(ctx, func() error { return s.move(from, target, name) })
	}
	if err != nil {
		return fmt.Errorf("move %q to %q: %w", from, to, err)
	}
	return nil
}

// paths checks two paths, and returns the folder of the second and the name in it.
func (s *session) paths(from, to string) (target *session, name string, err error) {
	_, _, err = remote.SplitPath(from)
	sub, name, e := remote.SplitPath(to)
	if err = errors.Join(err, e); err != nil || sub == "" {
		return s, name, err
	}
	return s.within(sub), name, nil
}

// move renames to a name in target.
func (s *session) move(from string, target *session, name string) error {
	err := s.sftp.Rename(s.path(from), target.path(name))
	if failed(err) && sentinelOf(err) == nil && target.exists(name) {
		return fs.ErrExist
	}
	return s.renamed(err, from, target, name)
}

// renamed finds the reason of a rename that failed without one: there is nothing to rename, or no
// folder to rename to. On Windows, what looks like a missing right to a file of our own is most
// often a scanner that has it open.
func (s *session) renamed(err error, from string, target *session, name string) error {
	switch {
	case err == nil || !answered(err):
		return err
	case failed(err) && sentinelOf(err) == nil:
		if sub, base, _ := remote.SplitPath(from); sub == "" && s.missing(base) || sub != "" && s.within(sub).missing(base) {
			return fs.ErrNotExist
		}
		if target != s && target.missing(name) && target.absent() {
			return fs.ErrNotExist
		}
	case errors.Is(classify(err), remote.ErrPermission) && s.link.onWindows() && s.exists(from):
		return fmt.Errorf("%w: %w", remote.ErrBusy, err)
	}
	return err
}

// Remove looks first: the library's Remove goes on to delete a folder.
func (s *session) Remove(ctx context.Context, name string) error {
	err := s.do(ctx, func() error {
		if !s.config.WriteOnly {
			info, err := s.look(name)
			if err == nil && info.IsDir() {
				return fmt.Errorf("is a folder: %w", remote.ErrPermission)
			}
			if err != nil && !untold(err) {
				return err
			}
		}
		err := s.sftp.Remove(s.path(name))
		if err != nil && s.config.WriteOnly && s.gone(name) {
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
func (s *session) gone(name string) bool {
	rename := s.sftp.Rename
	if _, offered := s.sftp.HasExtension(posixRename); offered {
		rename = s.sftp.PosixRename
	}
	return errors.Is(rename(s.path(name), s.path(name)), fs.ErrNotExist)
}

// full tells whether the disk has no room for the rest of a file.
func (s *session) full(rest int64) bool {
	if _, offered := s.sftp.HasExtension("statvfs@openssh.com"); !offered {
		return false
	}
	disk, err := s.sftp.StatVFS(s.config.Dir)
	if err != nil {
		return false
	}
	return tooSmall(disk, rest)
}

// tooSmall tells whether a disk lacks room for rest more bytes, or for one packet.
func tooSmall(disk *sftp.StatVFS, rest int64) bool {
	return disk.Bavail*disk.Frsize < uint64(max(rest, packet)) || disk.Files > 0 && disk.Favail == 0
}
