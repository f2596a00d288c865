package ftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/jlaffaye/ftp"

	"lucca-exchange/internal/remote"
)

// Bounds of a listing: bytes, entries, and the time for all of it, however steadily it comes.
const (
	maxListing     = 32 << 20
	maxEntries     = 200_000
	maxListingTime = 15 * time.Minute
)

var (
	// errListing: nobody knows what else is in the folder.
	errListing     = errors.New("the listing cannot be relied on")
	errLongListing = fmt.Errorf("the listing is longer than %d MiB or %d entries: move old files out of the folder", maxListing>>20, maxEntries)
	errSlowListing = fmt.Errorf("%w: the listing did not end within %s", remote.ErrTemporary, maxListingTime)
)

// List implements remote.Session. Devices are left out. Times are exact
// and in UTC where the server knows MLSD; else they are those of its clock on the wall, to
// the minute or the day.
func (s *session) List(ctx context.Context) ([]remote.Entry, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxListingTime, errSlowListing)
	defer cancel()
	var entries []remote.Entry
	var unusable []string
	err := s.do(ctx, func() (err error) {
		found, err := s.lines()
		if err == nil {
			err = s.askSizes(found)
		}
		entries, unusable = s.entries(found)
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

// lines returns everything in the folder.
func (s *session) lines() ([]line, error) {
	found, err := s.listOnce()
	if err == nil && len(found) == 0 {
		found, err = s.reallyEmpty()
	}
	return found, err
}

// entries returns the entries with usable names, and the names of the others.
func (s *session) entries(found []line) (entries []remote.Entry, unusable []string) {
	for _, l := range found {
		e := s.entry(l)
		if remote.CheckName(e.Name) != nil {
			unusable = append(unusable, e.Name)
			continue
		}
		entries = append(entries, e)
	}
	return entries, unusable
}

// entry is a line as the callers see it. What may be a file, and may be not, has no size yet.
func (s *session) entry(l line) remote.Entry {
	e := remote.Entry{Name: s.names.read(l.name), Size: l.size, ModTime: l.time, Regular: l.kind == file || l.kind == unknown}
	if l.kind == unknown {
		e.Size = -1
	}
	return e
}

// maxAsked is how many entries of a listing are asked about one by one.
const maxAsked = 200

// askSizes asks about what the listing does not tell: the size of a file, or even whether something
// is one, since a folder has no size.
func (s *session) askSizes(found []line) error {
	asked := 0
	for i := range found {
		l := &found[i]
		vague := l.kind == unknown || l.kind == file && l.size < 0
		if !vague || asked == maxAsked || remote.CheckName(s.names.read(l.name)) != nil {
			continue
		}
		asked++
		size, err := s.size(s.names.read(l.name))
		switch {
		case err == nil:
			l.kind, l.size = file, size
		case l.kind == unknown && answered(err, codeUnavailable):
			l.kind = other
			continue
		case !errors.Is(err, errUnstated):
			return err
		}
		if l.time.IsZero() && s.conn.IsGetTimeSupported() {
			if l.time, err = s.modified(s.names.read(l.name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// listOnce returns everything but "." and "..".
func (s *session) listOnce() ([]line, error) {
	var read []*ftp.Entry
	l, err := s.fetch(func(c *ftp.ServerConn) (err error) {
		read, err = c.List("")
		return err
	})
	if unsupported(err) && s.control.verb == "MLSD" {
		// It is offered all the same.
		s.noMLSD, s.control.noMLSD = true, true
		return s.listOnce()
	}
	if err != nil {
		return nil, s.orEmpty(err)
	}
	found, strange := l.join(read, time.Now().UTC())
	switch {
	case strange == 0:
		return found, nil
	case l.verb == "MLSD":
		return nil, fmt.Errorf("%w: a line of it has no known form", errListing)
	}
	return s.complete(found, fmt.Errorf("%w: %d of its %d lines are in no known form", errListing, strange, len(l.lines)))
}

// complete adds the names that NLST has and a listing in a strange form has not. A line that was
// not understood may be the file that everybody waits for.
func (s *session) complete(found []line, doubt error) ([]line, error) {
	names, err := s.fetchNames()
	if err != nil {
		return nil, err
	}
	known := map[string]line{}
	for _, l := range found {
		known[l.name] = l
	}
	var all []line
	files := 0
	for _, name := range names {
		l, ok := known[name]
		if !ok {
			l = line{name: name, kind: unknown, size: -1}
		} else if l.kind == file {
			files++
		}
		all = append(all, l)
	}
	for _, l := range found {
		if l.kind == file {
			files--
		}
	}
	if len(names) == 0 || files != 0 {
		return nil, doubt
	}
	return all, nil
}

// orEmpty drops the refusal of a listing that means that there is nothing in the folder, which
// was entered before.
func (s *session) orEmpty(err error) error {
	r, refused := replyOf(err)
	if !refused || r.code != codeBusy && r.code != codeUnavailable {
		return err
	}
	if r.says(nothings, denials, uses) {
		return nil
	}
	return err
}

// reallyEmpty asks a second time where a folder seems empty, in another way. What it
// returns is a file that came meanwhile.
func (s *session) reallyEmpty() ([]line, error) {
	names, err := s.fetchNames()
	if _, refused := replyOf(err); refused && (answered(err, codeBusy) || remote.Definite(classify(err))) {
		return nil, nil // 450 or 550 for nothing found, or no such command
	}
	if err != nil || len(names) == 0 {
		return nil, err
	}
	found, err := s.listOnce()
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: it is empty, but NLST names %d entries", errListing, len(names))
	}
	return found, err
}

// fetchNames returns the plain names of NLST, which servers give with or without the folder.
func (s *session) fetchNames() ([]string, error) {
	var names []string
	_, err := s.fetch(func(c *ftp.ServerConn) (err error) {
		names, err = c.NameList("")
		return err
	})
	if err != nil {
		return nil, s.orEmpty(err)
	}
	for i, name := range names {
		names[i] = name[strings.LastIndexByte(name, '/')+1:]
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" || name == "." || name == ".." }), nil
}

// fetch has the library list the folder, and returns what came.
func (s *session) fetch(list func(*ftp.ServerConn) error) (*listing, error) {
	l := new(listing)
	s.listing = l
	r, err := s.call(list, "")
	s.listing = nil
	if errors.Is(l.err, errLongListing) {
		return l, l.err
	}
	if _, refused := replyOf(err); l.err != nil && !refused {
		err = l.err
	}
	if err != nil {
		return l, s.transferred(err)
	}
	// Pure-FTPd says "Output truncated to N matches" in an answer that means success.
	if strings.Contains(strings.ToLower(r.text), "truncated") {
		return l, fmt.Errorf("%w: %w", errListing, permanent{r})
	}
	return l, nil
}

// cmpErr returns what tells most about a transfer: the server's refusal, or the first error.
func cmpErr(errs ...error) error {
	for _, err := range errs {
		if _, ok := replyOf(err); ok {
			return err
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// find looks a name up in the listing.
func (s *session) find(name string) (remote.Entry, error) {
	if s.config.WriteOnly {
		return remote.Entry{}, fmt.Errorf("the folder may not be looked into: %w", remote.ErrPermission)
	}
	found, err := s.lines()
	if err != nil {
		return remote.Entry{}, fmt.Errorf("list folder: %w", err)
	}
	entries, _ := s.entries(found)
	for _, e := range entries {
		if sameName(e.Name, name) {
			if e.Name != name {
				s.names.remember(name, s.names.bytes(e.Name))
				e.Name = name
			}
			return e, nil
		}
	}
	return remote.Entry{}, fs.ErrNotExist
}
