package sftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

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
	infos, err := s.sftp.ReadDir(s.config.Dir)
	if err != nil {
		if refusal != nil && answered(err) && !errors.Is(err, fs.ErrNotExist) {
			err = refusal
		}
		return nil, err
	}
	for _, info := range infos {
		if info.Name() == name {
			return info, nil
		}
	}
	return nil, fs.ErrNotExist
}

// untold tells whether a server will not say, as opposed to saying that there is nothing.
func untold(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(classify(err), errors.ErrUnsupported)
}

// exists looks for a name where the folder may be looked into.
func (s *session) exists(name string) bool {
	if s.config.WriteOnly {
		return false
	}
	_, err := s.look(name)
	return err == nil
}

func (s *session) checkFolder() error {
	if !s.config.UseFstat {
		info, err := s.sftp.Stat(s.config.Dir)
		switch {
		case err == nil && !info.IsDir():
			return fmt.Errorf("look for folder: %q is not a folder: %w", s.config.Dir, fs.ErrNotExist)
		case err == nil:
			return nil
		case !untold(err):
			return fmt.Errorf("look for folder %q: %w", s.config.Dir, classify(err))
		}
	}
	if _, err := s.sftp.ReadDir(s.config.Dir); err != nil {
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
		case found.IsDir():
			return nil
		}
		return fs.ErrExist
	}, sub)
	if err != nil {
		return fmt.Errorf("make folder %q: %w", sub, err)
	}
	return nil
}
