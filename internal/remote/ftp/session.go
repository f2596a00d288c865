package ftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/jlaffaye/ftp"

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
	raw := s.names.bytes(name)
	if !s.knowsMLSD() || raw != name { // servers that know no UTF-8 die of repeating such a name
		return s.sizeAndTime(name)
	}
	var read *ftp.Entry
	r, err := s.call(func(c *ftp.ServerConn) (err error) {
		read, err = c.GetEntry(raw)
		return err
	}, raw)
	switch _, refused := replyOf(err); {
	case unsupported(err):
		return s.sizeAndTime(name)
	case s.left(name, err):
		return remote.Entry{}, fs.ErrNotExist
	case refused && !answered(err, codeNotAvailable):
		return s.find(name)
	case refused || err != nil && r.code == 0:
		return remote.Entry{}, err
	}
	text := factsIn(r.text)
	l, ok := facts(text)
	if err == nil && plainFacts(strings.TrimLeft(text, " ")) {
		l, ok = lineOf(read), true
	}
	if !ok || l.kind == unknown || l.kind == file && l.size < 0 {
		return s.sizeAndTime(name)
	}
	e := s.entry(l)
	e.Name = name
	return e, nil
}

// left tells whether a file is no longer there: the server refuses to state what it has stated
// before. Of one that it has never stated only a listing can tell whether it is missing.
func (s *session) left(name string, err error) bool {
	return answered(err, codeUnavailable) && s.sized == path.Join(s.sub, name) && !errors.Is(classify(err), remote.ErrTemporary)
}

// asks are the commands by which stat begins.
func (s *session) asks(name string) []string {
	raw := s.names.bytes(name)
	switch {
	case s.knowsMLSD() && raw == name:
		return []string{"MLST " + raw}
	case s.conn.IsGetTimeSupported():
		return []string{"SIZE " + raw, "MDTM " + raw}
	}
	return []string{"SIZE " + raw}
}

// knowsMLSD tells whether the server knows MLSD and MLST.
func (s *session) knowsMLSD() bool { return s.conn.IsTimePreciseInList() && !s.noMLSD }

// sizeAndTime is for servers without MLST, or that leave out facts. Only files have a size.
func (s *session) sizeAndTime(name string) (remote.Entry, error) {
	size, err := s.size(name)
	if s.left(name, err) {
		return remote.Entry{}, fs.ErrNotExist
	}
	if errors.Is(err, errUnstated) {
		refused := answered(err, codeUnavailable)
		e, err := s.find(name)
		if e.Size < 0 && refused {
			e.Regular = false // it has none, and the listing knows no better
		}
		return e, err
	}
	if err != nil {
		return remote.Entry{}, err
	}
	if !s.conn.IsGetTimeSupported() {
		return s.timeInListing(name, size)
	}
	modified, err := s.modified(name)
	if err != nil {
		return remote.Entry{}, err
	}
	if modified.IsZero() {
		return s.timeInListing(name, size)
	}
	return remote.Entry{Name: name, Size: size, ModTime: modified, Regular: true}, nil
}

// modified returns what the server answers to MDTM, or nothing.
func (s *session) modified(name string) (time.Time, error) {
	var modified time.Time
	raw := s.names.bytes(name)
	r, err := s.call(func(c *ftp.ServerConn) (err error) {
		modified, err = c.GetTime(raw)
		return err
	}, raw)
	if r.code != 0 && r.code != codeNotAvailable {
		return modified, nil // zero where there is none in the answer
	}
	return modified, err
}

// timeInListing is for servers that know the size of a file alone.
func (s *session) timeInListing(name string, size int64) (remote.Entry, error) {
	e, err := s.find(name)
	if err == nil && e.Size < 0 {
		e.Size = size
	}
	return e, err
}

// size returns the size that the server states by SIZE, or an error that wraps errUnstated, and the
// answer, when it does not say.
func (s *session) size(name string) (int64, error) {
	var n int64
	raw := s.names.bytes(name)
	_, err := s.call(func(c *ftp.ServerConn) (err error) {
		n, err = c.FileSize(raw)
		return err
	}, raw)
	refused, isAnswer := replyOf(err)
	switch {
	case isAnswer && refused.code >= 500 && !refused.crowded():
		return 0, fmt.Errorf("%w: %w", errUnstated, refused)
	case err == nil && n < 0:
		return 0, errUnstated
	case err == nil:
		s.sized = path.Join(s.sub, name)
	}
	return n, err
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
	_, _, err := remote.SplitPath(from)
	_, _, e := remote.SplitPath(to)
	if err = errors.Join(err, e); err == nil {
		err = s.do(ctx, func() error { return errors.ErrUnsupported })
	}
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
	verb, err := s.askAbout(from, func(c *ftp.ServerConn) error {
		s.names.follow(path.Base(from), path.Base(to))
		s.foreseeRename(from, to)
		return c.Rename(s.bytesOf(from), s.bytesOf(to))
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
	return s.askFor(to, func(folder *session, name string) error {
		if r.code < 500 {
			return err
		}
		if taken, err := folder.exists(name); taken || err != nil {
			return errors.Join(err, existing(taken))
		}
		return fmt.Errorf("%w: %w", remote.ErrPermission, r)
	})
}

// foreseeRename: whoever renames a file looks next for what came of it.
func (s *session) foreseeRename(from, to string) {
	next := []string{"RNTO " + s.bytesOf(to)}
	if !s.config.WriteOnly && path.Base(from) == from && path.Base(to) == to {
		next = append(next, s.asks(from)[0])
		next = append(next, s.asks(to)...)
	}
	s.control.ahead.foresee("RNFR", next...)
}

// notAbout finds out why a command about a file was refused, by its path as Move takes it.
func (s *session) notAbout(p string, err error) error {
	if r, refused := replyOf(err); refused && r.code >= 500 && !unsupported(err) {
		return s.askFor(p, func(folder *session, name string) error { return folder.whyNot(name, r) })
	}
	return err
}

// askAbout does something with a file that is there, by its path as Move takes it. The server may
// know a name by other bytes than UTF-8: a listing tells. verb is the command that decided.
func (s *session) askAbout(p string, op func(*ftp.ServerConn) error, names ...string) (verb string, err error) {
	names = append(names, p)
	_, err = s.call(op, names...)
	verb = s.control.verb
	name := path.Base(p)
	if !answered(err, codeUnavailable, codeBadName, codeBadArgument) || verb == "RNTO" ||
		isASCII(name) || s.names.bytes(name) != name || s.config.WriteOnly {
		return verb, err
	}
	e := s.askFor(p, func(folder *session, name string) error {
		_, err := folder.find(name)
		return err
	})
	if e == nil {
		e = s.turn()
	}
	if e != nil || s.names.bytes(name) == name {
		return verb, cmpErr(err, e)
	}
	_, err = s.call(op, names...)
	return s.control.verb, err
}

// bytesOf is what the server calls a path, as Move takes it.
func (s *session) bytesOf(p string) string {
	sub, name := path.Split(p)
	return sub + s.names.bytes(name)
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
		_, err := s.askAbout(name, func(c *ftp.ServerConn) error { return c.Delete(s.names.bytes(name)) })
		return s.notAbout(name, err)
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
	if sentinel := refusal.sentinel(); errors.Is(sentinel, remote.ErrTemporary) || errors.Is(sentinel, remote.ErrNoSpace) {
		return refusal // it says why
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
		raw := s.names.bytes(known)
		_, err := s.call(func(c *ftp.ServerConn) error { return c.Rename(raw, raw) }, raw)
		reached := s.control.verb == "RNTO"
		if _, refused := replyOf(err); err != nil && !refused || answered(err, codeNotAvailable) {
			return err
		}
		if reached && known == "." {
			return fs.ErrNotExist
		}
		taken = reached
	}
	return fmt.Errorf("%w: %w", remote.ErrPermission, refusal)
}
