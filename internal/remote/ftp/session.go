package ftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/jlaffaye/ftp"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// session is one folder of a server. See remote.Session.
type session struct {
	client *client
	place  *place
	ask    *inquiry
	names  *names
}

func newSession(c *client, n *names) *session {
	p := &place{client: c}
	c.enter = p.enter
	return &session{client: c, place: p, names: n, ask: &inquiry{client: c, place: p, list: lister{c}, names: n}}
}

// Peer implements remote.Session.
func (s *session) Peer() remote.Peer { return s.client.peer }

// Close implements remote.Session.
func (s *session) Close() error {
	s.client.close()
	return nil
}

// in checks the path of a file, and calls op with its name in the file's folder.
func (s *session) in(ctx context.Context, p string, op func(name string) error) error {
	sub, name, err := remote.SplitPath(p)
	if err != nil {
		return err
	}
	return s.client.do(ctx, func() error {
		if err := s.place.turn(sub); err != nil {
			return err
		}
		return op(name)
	})
}

// above checks paths, and calls op in the configured folder.
func (s *session) above(ctx context.Context, op func() error, paths ...string) error {
	if err := remote.CheckPaths(paths...); err != nil {
		return err
	}
	return s.client.do(ctx, func() error {
		if err := s.place.turn(""); err != nil {
			return err
		}
		return op()
	})
}

// List implements remote.Session. Devices are left out. Times are exact
// and in UTC where the server knows MLSD; else they are those of its clock on the wall, to
// the minute or the day.
func (s *session) List(ctx context.Context, sub string) ([]remote.Entry, error) {
	if sub != "" {
		if err := remote.CheckName(sub); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, maxListingTime, errSlowListing)
	defer cancel()
	var entries []remote.Entry
	var unusable []string
	err := s.client.do(ctx, func() error {
		if err := s.place.turn(sub); err != nil {
			return err
		}
		found, err := s.ask.list.lines()
		if err == nil {
			err = s.ask.askSizes(found)
		}
		entries, unusable = s.ask.entries(found)
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

// Stat implements remote.Session. Where the server says no without a reason, the listing
// tells whether the file is missing.
func (s *session) Stat(ctx context.Context, name string) (remote.Entry, error) {
	var found remote.Entry
	err := s.in(ctx, name, func(base string) (err error) {
		found, err = s.ask.stat(base)
		found.Name = base
		return err
	})
	if err != nil {
		return remote.Entry{}, fmt.Errorf("stat %q: %w", name, err)
	}
	return found, nil
}

// Replace implements remote.Session: no command of FTP promises as much.
func (s *session) Replace(ctx context.Context, from, to string) error {
	err := s.above(ctx, func() error { return errors.ErrUnsupported }, from, to)
	return fmt.Errorf("replace %q by %q: %w", to, from, err)
}

// Rename implements remote.Session. A server that refuses is asked why.
func (s *session) Rename(ctx context.Context, from, to string) error {
	err := s.above(ctx, func() error { return s.rename(from, to) }, from, to)
	if err != nil {
		return fmt.Errorf("rename %q to %q: %w", from, to, err)
	}
	return nil
}

// rename takes paths as those of Rename, in the configured folder.
func (s *session) rename(from, to string) error {
	verb, err := s.askAbout("", from, func(c *ftp.ServerConn) error {
		s.names.follow(path.Base(from), path.Base(to))
		s.foreseeRename(from, to)
		return c.Rename(s.names.path(from), s.names.path(to))
	}, to)
	if err == nil {
		return nil
	}
	if verb != "RNTO" {
		return s.notAbout(from, err)
	}
	r, refused := replyOf(err)
	// Pure-FTPd has a transient code for a folder that is missing.
	if !refused || unsupported(err) || answered(err, codeNotAvailable) || errors.Is(r.sentinel(), remote.ErrBusy) {
		return err
	}
	return s.askFor(to, func(name string) error {
		if r.code < 500 {
			return err
		}
		if taken, err := s.ask.exists(name); taken || err != nil {
			return errors.Join(err, existing(taken))
		}
		return fault.Wrap(remote.ErrPermission, r)
	})
}

// foreseeRename: whoever renames a file looks next for what came of it.
func (s *session) foreseeRename(from, to string) {
	next := []string{"RNTO " + s.names.path(to)}
	if !s.client.config.WriteOnly && path.Base(from) == from && path.Base(to) == to {
		next = append(next, s.ask.asks(from)[0])
		next = append(next, s.ask.asks(to)...)
	}
	s.client.control.ahead.foresee("RNFR", next...)
}

// notAbout finds out why a command about a file was refused, by its path.
func (s *session) notAbout(p string, err error) error {
	if r, refused := replyOf(err); refused && r.code >= 500 && !unsupported(err) {
		return s.askFor(p, func(name string) error { return s.whyNot(name, r) })
	}
	return err
}

// askAbout does something in the folder here with a file that is there, by its path. The server may
// know a name by other bytes than UTF-8: a listing tells. verb is the command that decided.
func (s *session) askAbout(here, p string, op func(*ftp.ServerConn) error, names ...string) (verb string, err error) {
	names = append(names, p)
	_, err = s.client.call(op, names...)
	verb = s.client.control.verb
	name := path.Base(p)
	if !answered(err, codeUnavailable, codeBadName, codeBadArgument) || verb == "RNTO" ||
		isASCII(name) || s.names.bytes(name) != name || s.client.config.WriteOnly {
		return verb, err
	}
	e := s.askFor(p, func(name string) error {
		_, err := s.ask.find(name)
		return err
	})
	if e == nil {
		e = s.place.turn(here)
	}
	if e != nil || s.names.bytes(name) == name {
		return verb, cmpErr(err, e)
	}
	_, err = s.client.call(op, names...)
	return s.client.control.verb, err
}

// askFor asks in the folder of a path.
func (s *session) askFor(p string, ask func(name string) error) error {
	sub, name, err := remote.SplitPath(p)
	if err == nil {
		err = s.place.turn(sub)
	}
	if err != nil {
		return err
	}
	return ask(name)
}

func existing(taken bool) error {
	if taken {
		return fs.ErrExist
	}
	return nil
}

// Remove implements remote.Session.
func (s *session) Remove(ctx context.Context, name string) error {
	err := s.in(ctx, name, func(base string) error {
		_, err := s.askAbout(s.place.wanted, name, func(c *ftp.ServerConn) error { return c.Delete(s.names.bytes(base)) })
		return s.notAbout(name, err)
	})
	if err != nil {
		return fmt.Errorf("remove %q: %w", name, err)
	}
	return nil
}

// whyNot finds out whether a name was refused because there is no such file. Servers have
// one code for all reasons.
func (s *session) whyNot(name string, refusal reply) error {
	if s.client.config.WriteOnly {
		return s.whyNotBlind(name, refusal)
	}
	if sentinel := refusal.sentinel(); errors.Is(sentinel, remote.ErrTemporary) || errors.Is(sentinel, remote.ErrNoSpace) {
		return refusal // it says why
	}
	found, err := s.ask.find(name)
	switch {
	case err != nil:
		return err
	case !found.Regular:
		return fmt.Errorf("is not a regular file: %w", fault.Wrap(remote.ErrPermission, refusal))
	}
	return fault.Wrap(remote.ErrPermission, refusal)
}

// whyNotBlind finds out without looking into the folder. A server that takes a name for the
// first half of a rename has it; that one which does so for the folder itself, and not for
// the name, has it not. Renaming to the same name changes nothing.
func (s *session) whyNotBlind(name string, refusal reply) error {
	taken, err := s.ask.exists(name)
	if err != nil {
		return err
	}
	for _, known := range []string{name, "."} {
		if taken {
			break
		}
		raw := s.names.bytes(known)
		_, err := s.client.call(func(c *ftp.ServerConn) error { return c.Rename(raw, raw) }, raw)
		reached := s.client.control.verb == "RNTO"
		if _, refused := replyOf(err); err != nil && !refused || answered(err, codeNotAvailable) {
			return err
		}
		if reached && known == "." {
			return fs.ErrNotExist
		}
		taken = reached
	}
	return fault.Wrap(remote.ErrPermission, refusal)
}

// MakeFolder implements remote.Session. Servers refuse a folder that exists with the code of
// one that they do not allow.
func (s *session) MakeFolder(ctx context.Context, sub string) error {
	if err := remote.CheckName(sub); err != nil {
		return err
	}
	err := s.above(ctx, func() error {
		_, refusal := s.client.call(func(c *ftp.ServerConn) error { return c.MakeDir(sub) }, sub)
		if r, refused := replyOf(refusal); !refused || r.code < 500 {
			return refusal
		}
		err := s.place.turn(sub)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if taken, err := s.ask.exists(sub); taken || err != nil {
			return errors.Join(err, existing(taken))
		}
		return refusal
	})
	if err != nil {
		return fmt.Errorf("make folder %q: %w", sub, err)
	}
	return nil
}
