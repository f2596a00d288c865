package ftp

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jlaffaye/ftp"

	"lucca-exchange/internal/fault"
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
	errSlowListing = fault.Of(remote.ErrTemporary, "the listing did not end within %s", maxListingTime)
)

// lister lists the folder in which the server resolves names.
type lister struct{ client *client }

// lines returns everything in the folder.
func (ls *lister) lines() ([]line, error) {
	found, err := ls.listOnce()
	if err == nil && len(found) == 0 {
		found, err = ls.reallyEmpty()
	}
	return found, err
}

// listOnce returns everything but "." and "..".
func (ls *lister) listOnce() ([]line, error) {
	var read []*ftp.Entry
	l, err := ls.fetch(func(c *ftp.ServerConn) (err error) {
		read, err = c.List("")
		return err
	})
	if unsupported(err) && ls.client.control.verb == "MLSD" {
		// It is offered all the same.
		ls.client.noMLSD, ls.client.control.noMLSD = true, true
		return ls.listOnce()
	}
	if err != nil {
		return nil, ls.orEmpty(err)
	}
	found, strange := l.join(read, time.Now().UTC())
	switch {
	case strange == 0:
		return found, nil
	case l.verb == "MLSD":
		return nil, fault.Of(errListing, "a line of it has no known form")
	}
	return ls.complete(found, fault.Of(errListing, "%d of its %d lines are in no known form", strange, len(l.lines)))
}

// complete adds the names that NLST has and a listing in a strange form has not. A line that was
// not understood may be the file that everybody waits for.
func (ls *lister) complete(found []line, doubt error) ([]line, error) {
	names, err := ls.fetchNames()
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
func (ls *lister) orEmpty(err error) error {
	r, refused := replyOf(err)
	if !refused || r.code != codeBusy && r.code != codeUnavailable {
		return err
	}
	if r.says(remote.Nothing, remote.Denied, remote.InUse) || nothingFirst.MatchString(strings.ToLower(r.text)) {
		return nil
	}
	return err
}

// reallyEmpty asks a second time where a folder seems empty, in another way. What it
// returns is a file that came meanwhile.
func (ls *lister) reallyEmpty() ([]line, error) {
	names, err := ls.fetchNames()
	if _, refused := replyOf(err); refused && (answered(err, codeBusy) || remote.Definite(classify(err))) {
		return nil, nil // 450 or 550 for nothing found, or no such command
	}
	if err != nil || len(names) == 0 {
		return nil, err
	}
	found, err := ls.listOnce()
	if err == nil && len(found) == 0 {
		err = fault.Of(errListing, "it is empty, but NLST names %d entries", len(names))
	}
	return found, err
}

// fetchNames returns the plain names of NLST, which servers give with or without the folder.
func (ls *lister) fetchNames() ([]string, error) {
	var names []string
	_, err := ls.fetch(func(c *ftp.ServerConn) (err error) {
		names, err = c.NameList("")
		return err
	})
	if err != nil {
		return nil, ls.orEmpty(err)
	}
	for i, name := range names {
		names[i] = baseOf(name)
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" || name == "." || name == ".." }), nil
}

// baseOf is a name without the folder that NLST gives with it, in the way of Unix, Windows or VMS.
func baseOf(name string) string {
	if strings.Contains(name, ":[") || strings.HasPrefix(name, "[") {
		if _, base, ok := strings.Cut(name, "]"); ok && base != "" {
			return base
		}
	}
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

// fetch has the library list the folder, and returns what came.
func (ls *lister) fetch(list func(*ftp.ServerConn) error) (*listing, error) {
	l := new(listing)
	ls.client.listing = l
	r, err := ls.client.call(list, "")
	ls.client.listing = nil
	if errors.Is(l.err, errLongListing) {
		return l, l.err
	}
	if _, refused := replyOf(err); l.err != nil && !refused {
		err = l.err
	}
	if err != nil {
		return l, ls.client.transferred(err)
	}
	// Pure-FTPd says "Output truncated to N matches" in an answer that means success.
	if strings.Contains(strings.ToLower(r.text), "truncated") {
		return l, fault.Wrap(errListing, permanent{r})
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
