package ftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/jlaffaye/ftp"

	"lucca-exchange/internal/remote"
)

// Within implements remote.Session. Names are sent without a path, and the server is told
// the folder before: what a listing of a path looks like differs from server to server.
func (s *session) Within(sub string) remote.Session { return s.within(sub) }

func (s *session) within(sub string) *session {
	return &session{
		connection: s.connection, config: s.config,
		sub: path.Join(s.sub, sub), fault: errors.Join(s.fault, remote.CheckName(sub)),
	}
}

// turn makes the server resolve names in the folder of s.
func (s *session) turn() error {
	if s.current == s.sub {
		return nil
	}
	base, err := s.basePath()
	if err != nil {
		return err
	}
	if base != "" {
		return s.change(path.Join(base, s.sub), s.sub)
	}
	// Nobody knows the folder's path: go back to it and down from it.
	for s.current != "" {
		up, _ := path.Split(s.current)
		up = strings.TrimSuffix(up, "/")
		_, err := s.call((*ftp.ServerConn).ChangeDirToParent)
		if unsupported(err) {
			err = s.changeDir("..", up)
		}
		if err := entered(err, up); err != nil {
			return err
		}
		s.current = up
	}
	if s.sub == "" {
		return nil
	}
	return s.change(s.sub, s.sub)
}

// change goes to another folder, which is sub below the configured one.
func (s *session) change(to, sub string) error {
	if err := s.changeDir(to, sub); err != nil {
		return err
	}
	s.current = sub
	return nil
}

// basePath returns the absolute path of the configured folder, or nothing where the server does
// not tell it, or not in a form that can be added to.
func (s *session) basePath() (string, error) {
	switch {
	case s.base != "" || s.baseless:
		return s.base, nil
	case strings.HasPrefix(s.config.Dir, "/"):
		s.base = s.config.Dir
		return s.base, nil
	}
	_, err := s.call(func(c *ftp.ServerConn) (err error) {
		s.base, err = c.CurrentDir()
		return err
	})
	if _, refused := replyOf(err); err != nil && (!refused || answered(err, codeNotAvailable)) {
		return "", fmt.Errorf("ask for the folder: %w", err)
	}
	s.baseless = s.base == ""
	return s.base, nil
}

// askFor enters the folder of a path, as Move takes it, and asks there.
func (s *session) askFor(p string, ask func(folder *session, name string) error) error {
	sub, name, err := remote.SplitPath(p)
	if err != nil {
		return err
	}
	folder := s
	if sub != "" {
		folder = s.within(sub)
	}
	if err := folder.turn(); err != nil {
		return err
	}
	return ask(folder, name)
}

// MakeFolder implements remote.Session. Servers refuse a folder that exists with the code of
// one that they do not allow.
func (s *session) MakeFolder(ctx context.Context, sub string) error {
	err := s.do(ctx, func() error {
		_, refusal := s.call(func(c *ftp.ServerConn) error { return c.MakeDir(sub) }, sub)
		if r, refused := replyOf(refusal); !refused || r.code < 500 {
			return refusal
		}
		err := s.within(sub).turn()
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if taken, err := s.exists(sub); taken || err != nil {
			return errors.Join(err, existing(taken))
		}
		return refusal
	}, sub)
	if err != nil {
		return fmt.Errorf("make folder %q: %w", sub, err)
	}
	return nil
}

// Move implements remote.Session.
func (s *session) Move(ctx context.Context, from, to string) error {
	_, _, err := remote.SplitPath(from)
	_, _, e := remote.SplitPath(to)
	if err = errors.Join(err, e); err == nil {
		err = s.do(ctx, func() error { return s.rename(from, to) })
	}
	if err != nil {
		return fmt.Errorf("move %q to %q: %w", from, to, err)
	}
	return nil
}
