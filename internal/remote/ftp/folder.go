package ftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

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
	if s.base == "" {
		base, err := s.conn.CurrentDir()
		if err != nil {
			return fmt.Errorf("ask for the folder: %w", err)
		}
		s.base = base
	}
	err := positive(s.conn.ChangeDir(path.Join(s.base, s.sub)))
	if r, refused := replyOf(err); refused && answered(err, codeUnavailable, codeBadName, codeBadArgument) {
		return fmt.Errorf("enter folder %q: missing, or not for this account: %w: %w", s.sub, fs.ErrNotExist, r)
	}
	if err != nil {
		return fmt.Errorf("enter folder %q: %w", s.sub, err)
	}
	s.current = s.sub
	return nil
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
		refusal := positive(s.conn.MakeDir(sub))
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
