package ftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"lucca-exchange/internal/remote"
)

// Stat implements remote.Session. Where the server says no without a reason, the listing
// tells whether the file is missing.
func (s *session) Stat(ctx context.Context, name string) (remote.Entry, error) {
	var found remote.Entry
	err := s.do(ctx, func() (err error) {
		found, err = s.stat(name)
		return err
	}, name)
	if err != nil {
		return remote.Entry{}, fmt.Errorf("stat %q: %w", name, err)
	}
	return found, nil
}

func (s *session) stat(name string) (remote.Entry, error) {
	p, err := s.conn.GetEntry(name)
	switch _, refused := replyOf(err); {
	case err == nil:
		e := entry(name, p)
		for line := range strings.SplitSeq(string(s.control.answer), "\n") {
			if kind := factType(line); kind != "" {
				e.Regular = kind == "file"
			}
		}
		return e, nil
	case unsupported(err):
		return s.sizeAndTime(name)
	case refused && !answered(err, codeNotAvailable):
		return s.find(name)
	}
	return remote.Entry{}, err
}

// sizeAndTime is for servers without MLST. Only files have a size.
func (s *session) sizeAndTime(name string) (remote.Entry, error) {
	size, err := s.size(name)
	if errors.Is(err, errUnstated) || err == nil && !s.conn.IsGetTimeSupported() {
		return s.find(name)
	}
	if err != nil {
		return remote.Entry{}, err
	}
	modified, err := s.conn.GetTime(name)
	if err != nil {
		if _, refused := replyOf(err); !refused || answered(err, codeNotAvailable) {
			return remote.Entry{}, err
		}
		return s.find(name)
	}
	return remote.Entry{Name: name, Size: size, ModTime: modified, Regular: true}, nil
}

// size returns the size that the server states by SIZE, or errUnstated when it does not say.
func (s *session) size(name string) (int64, error) {
	n, err := s.conn.FileSize(name)
	if err == nil {
		return n, nil
	}
	r, refused := replyOf(err)
	if refused && r.code < 500 {
		return 0, err
	}
	if !refused && isNetwork(err) {
		return 0, err
	}
	return 0, errUnstated
}

// exists looks for a name, in a write-only folder as far as SIZE tells.
func (s *session) exists(name string) (bool, error) {
	_, err := s.size(name)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, errUnstated) {
		return false, err
	}
	if s.config.WriteOnly {
		return false, nil
	}
	_, err = s.find(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Replace implements remote.Session: no command of FTP promises as much.
func (s *session) Replace(ctx context.Context, from, to string) error {
	err := s.do(ctx, func() error { return errors.ErrUnsupported }, from, to)
	return fmt.Errorf("replace %q by %q: %w", to, from, err)
}

// Rename implements remote.Session. A server that refuses is asked why.
func (s *session) Rename(ctx context.Context, from, to string) error {
	err := s.do(ctx, func() error { return s.rename(from, to) }, from, to)
	if err != nil {
		return fmt.Errorf("rename %q to %q: %w", from, to, err)
	}
	return nil
}

// rename takes paths as those of Move.
func (s *session) rename(from, to string) error {
	err := s.conn.Rename(from, to)
	r, refused := replyOf(err)
	first := s.control.verb == "RNFR"
	switch {
	case err == nil, refused && !first && positive(err) == nil:
		return nil
	case !refused || answered(err, codeNotAvailable) || unsupported(err):
		return err
	case first && r.code < 500:
		return err
	case first:
		return s.askFor(from, func(folder *session, name string) error { return folder.whyNot(name, r) })
	}
	return s.askFor(to, func(folder *session, name string) error {
		// Pure-FTPd has a transient code for a folder that is missing.
		if r.code < 500 {
			return err
		}
		if taken, err := folder.exists(name); taken || err != nil {
			return errors.Join(err, existing(taken))
		}
		return fmt.Errorf("%w: %w", remote.ErrPermission, r)
	})
}

func existing(taken bool) error {
	if taken {
		return fs.ErrExist
	}
	return nil
}

// Remove implements remote.Session.
func (s *session) Remove(ctx context.Context, name string) error {
	err := s.do(ctx, func() error {
		err := positive(s.conn.Delete(name))
		if r, refused := replyOf(err); refused && r.code >= 500 && !unsupported(err) {
			return s.whyNot(name, r)
		}
		return err
	}, name)
	if err != nil {
		return fmt.Errorf("remove %q: %w", name, err)
	}
	return nil
}

// whyNot finds out whether a name was refused because there is no such file. Servers have
// one code for all reasons.
func (s *session) whyNot(name string, refusal reply) error {
	if s.config.WriteOnly {
		return s.whyNotBlind(name, refusal)
	}
	found, err := s.find(name)
	switch {
	case err != nil:
		return err
	case !found.Regular:
		return fmt.Errorf("is not a regular file: %w: %w", remote.ErrPermission, refusal)
	}
	return fmt.Errorf("%w: %w", remote.ErrPermission, refusal)
}

// whyNotBlind finds out without looking into the folder. A server that takes a name for the
// first half of a rename has it; that one which does so for the folder itself, and not for
// the name, has it not. Renaming to the same name changes nothing.
func (s *session) whyNotBlind(name string, refusal reply) error {
	taken, err := s.exists(name)
	if err != nil {
		return err
	}
	for _, known := range []string{name, "."} {
		if taken {
			break
		}
		err := s.conn.Rename(known, known)
		if _, refused := replyOf(err); err != nil && !refused || answered(err, codeNotAvailable) {
			return err
		}
		if reached := s.control.verb == "RNTO"; reached && known == "." {
			return fs.ErrNotExist
		} else if reached {
			taken = true
		}
	}
	return fmt.Errorf("%w: %w", remote.ErrPermission, refusal)
}
