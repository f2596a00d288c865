package sftp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/pkg/sftp"

	"lucca-exchange/internal/remote"
)

// look returns what stands under a name. A server that will not tell the status of a path,
// or must not be asked (Config.UseFstat), may still list the folder.
func (s *session) look(name string) (os.FileInfo, error) {
	var refusal error
	if !s.config.UseFstat {
		info, err := s.sftp.Lstat(s.path(name))
		if err == nil || !untold(err) {
			return info, err
		}
		refusal = err
	}
	infos, err := s.readDir()
	if err != nil {
		if refusal != nil && untold(err) {
			err = refusal
		}
		return nil, err
	}
	return named(infos, name)
}

func named(infos []os.FileInfo, name string) (os.FileInfo, error) {
	for _, info := range infos {
		if info.Name() == name {
			return info, nil
		}
	}
	return nil, fs.ErrNotExist
}

// readDir lists the folder. Some servers say that a folder does not exist when it is empty, and
// others give no reason when it does not exist: the folder above tells.
func (s *session) readDir() ([]os.FileInfo, error) {
	infos, err := s.sftp.ReadDir(s.config.Dir)
	switch {
	case err == nil || !answered(err):
		return infos, err
	case errors.Is(err, fs.ErrNotExist):
		if s.stands() {
			return infos, nil
		}
	case failed(err) && s.absent():
		return nil, fs.ErrNotExist
	}
	return nil, err
}

// stands tells whether the folder surely exists.
func (s *session) stands() bool {
	info, err := s.sftp.Stat(s.config.Dir)
	if s.config.UseFstat || err != nil && untold(err) {
		info, err = s.fromAbove()
	}
	return err == nil && (info.IsDir() || untyped(info))
}

// absent tells whether the folder surely does not.
func (s *session) absent() bool {
	_, err := s.fromAbove()
	return errors.Is(err, fs.ErrNotExist)
}

// fromAbove looks for the folder in the one above it.
func (s *session) fromAbove() (os.FileInfo, error) {
	dir := path.Clean(s.config.Dir)
	above, name := path.Split(dir)
	if name == "" || name == "." || name == ".." {
		return nil, errors.ErrUnsupported
	}
	infos, err := s.sftp.ReadDir(cmp.Or(above, "."))
	if err != nil {
		return nil, errors.ErrUnsupported // what cannot be looked into says nothing
	}
	return named(infos, name)
}

// untold tells whether a server will not say, as opposed to saying that there is nothing. Some
// have one answer for both.
func untold(err error) bool { return answered(err) && !errors.Is(err, fs.ErrNotExist) }

// untyped tells whether the server does not say what kind of thing an entry is.
func untyped(info os.FileInfo) bool {
	stat, ok := info.Sys().(*sftp.FileStat)
	return ok && stat.Mode&modeType == 0
}

// exists looks for a name where the folder may be looked into.
func (s *session) exists(name string) bool {
	if s.config.WriteOnly {
		return false
	}
	_, err := s.look(name)
	return err == nil
}

// missing tells whether there is surely nothing under a name.
func (s *session) missing(name string) bool {
	if s.config.WriteOnly {
		return false
	}
	_, err := s.look(name)
	return errors.Is(err, fs.ErrNotExist)
}

func (s *session) checkFolder() error {
	if !s.config.UseFstat {
		info, err := s.sftp.Stat(s.config.Dir)
		switch {
		case err == nil && untyped(info):
		case err == nil && !info.IsDir():
			return fmt.Errorf("look for folder: %q is not a folder: %w", s.config.Dir, fs.ErrNotExist)
		case err == nil:
			return nil
		case !untold(err):
			return fmt.Errorf("look for folder %q: %w", s.config.Dir, classify(err))
		}
	}
	if _, err := s.readDir(); err != nil {
		return fmt.Errorf("look for folder %q: %w", s.config.Dir, classify(err))
	}
	return nil
}

// Create implements remote.Creator.
func (r *Remote) Create(ctx context.Context) error {
	c := r.config
	c.WriteOnly = true // the folder cannot be looked for before it is there
	s, err := open(ctx, c)
	if err != nil {
		return fmt.Errorf("open SFTP session with %s: %w", c.Address(), err)
	}
	err = s.run(ctx, func() error { return s.makeFolders(r.config.WriteOnly) })
	if err = errors.Join(err, s.Close()); err != nil {
		return fmt.Errorf("create folder %q: %w", r.config.Dir, err)
	}
	return nil
}

// makeFolders tries every level: servers refuse one that exists without saying so. What
// came of it is not looked for in a folder that is write-only.
func (s *session) makeFolders(writeOnly bool) error {
	var refusal error
	for _, level := range remote.Levels(s.config.Dir) {
		if refusal = s.sftp.Mkdir(level); refusal != nil && !answered(refusal) {
			return refusal
		}
	}
	if refusal == nil || writeOnly && failed(refusal) {
		return nil
	}
	if writeOnly || s.checkFolder() != nil {
		return refusal
	}
	return nil
}

// Within implements remote.Session.
func (s *session) Within(sub string) remote.Session { return s.within(sub) }

func (s *session) within(sub string) *session {
	c := s.config
	c.Dir = s.path(sub)
	return &session{connection: s.connection, config: c, view: true, fault: errors.Join(s.fault, remote.CheckName(sub))}
}

// MakeFolder implements remote.Session. Servers refuse a folder that exists without saying so.
func (s *session) MakeFolder(ctx context.Context, sub string) error {
	err := s.do(ctx, func() error {
		err := s.sftp.Mkdir(s.path(sub))
		if err == nil || !answered(err) {
			return err
		}
		found, e := s.look(sub)
		switch {
		case e != nil:
			return err
		case found.IsDir() || untyped(found):
			return nil
		}
		return fs.ErrExist
	}, sub)
	if err != nil {
		return fmt.Errorf("make folder %q: %w", sub, err)
	}
	return nil
}
