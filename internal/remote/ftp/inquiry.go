package ftp

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jlaffaye/ftp"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// inquiry asks about the files in the folder in which the server resolves names.
type inquiry struct {
	client *client
	place  *place
	list   lister
	names  *names
	// sized is the file whose size the server has stated last, with its folder.
	sized string
}

func (q *inquiry) stat(name string) (remote.Entry, error) {
	raw := q.names.bytes(name)
	if !q.client.knowsMLSD() || raw != name { // servers that know no UTF-8 die of repeating such a name
		return q.sizeAndTime(name)
	}
	var read *ftp.Entry
	r, err := q.client.call(func(c *ftp.ServerConn) (err error) {
		read, err = c.GetEntry(raw)
		return err
	}, raw)
	switch _, refused := replyOf(err); {
	case unsupported(err):
		return q.sizeAndTime(name)
	case q.left(name, err):
		return remote.Entry{}, fs.ErrNotExist
	case refused && !answered(err, codeNotAvailable):
		return q.find(name)
	case refused || err != nil && r.code == 0:
		return remote.Entry{}, err
	}
	text := factsIn(r.text)
	l, ok := facts(text)
	if err == nil && plainFacts(strings.TrimLeft(text, " ")) {
		l, ok = lineOf(read), true
	}
	if !ok || l.kind == unknown || l.kind == file && l.size < 0 {
		return q.sizeAndTime(name)
	}
	e := q.entry(l)
	e.Name = name
	return e, nil
}

// left tells whether a file is no longer there: the server refuses to state what it has stated
// before. Of one that it has never stated only a listing can tell whether it is missing.
func (q *inquiry) left(name string, err error) bool {
	return answered(err, codeUnavailable) && q.sized == q.place.at(name) && !errors.Is(classify(err), remote.ErrTemporary)
}

// asks are the commands by which stat begins.
func (q *inquiry) asks(name string) []string {
	raw := q.names.bytes(name)
	switch {
	case q.client.knowsMLSD() && raw == name:
		return []string{"MLST " + raw}
	case q.client.conn.IsGetTimeSupported():
		return []string{"SIZE " + raw, "MDTM " + raw}
	}
	return []string{"SIZE " + raw}
}

// sizeAndTime is for servers without MLST, or that leave out facts. Only files have a size.
func (q *inquiry) sizeAndTime(name string) (remote.Entry, error) {
	size, err := q.size(name)
	if q.left(name, err) {
		return remote.Entry{}, fs.ErrNotExist
	}
	if errors.Is(err, errUnstated) {
		refused := answered(err, codeUnavailable)
		e, err := q.find(name)
		if e.Size < 0 && refused {
			e.Regular = false // it has none, and the listing knows no better
		}
		return e, err
	}
	if err != nil {
		return remote.Entry{}, err
	}
	if !q.client.conn.IsGetTimeSupported() {
		return q.timeInListing(name, size)
	}
	modified, err := q.modified(name)
	if err != nil {
		return remote.Entry{}, err
	}
	if modified.IsZero() {
		return q.timeInListing(name, size)
	}
	return remote.Entry{Name: name, Size: size, ModTime: modified, Regular: true}, nil
}

// modified returns what the server answers to MDTM, or nothing.
func (q *inquiry) modified(name string) (time.Time, error) {
	var modified time.Time
	raw := q.names.bytes(name)
	r, err := q.client.call(func(c *ftp.ServerConn) (err error) {
		modified, err = c.GetTime(raw)
		return err
	}, raw)
	if r.code != 0 && r.code != codeNotAvailable {
		return modified, nil // zero where there is none in the answer
	}
	return modified, err
}

// timeInListing is for servers that know the size of a file alone.
func (q *inquiry) timeInListing(name string, size int64) (remote.Entry, error) {
	e, err := q.find(name)
	if err == nil && e.Size < 0 {
		e.Size = size
	}
	return e, err
}

// size returns the size that the server states by SIZE, or an error that wraps errUnstated, and the
// answer, when it does not say.
func (q *inquiry) size(name string) (int64, error) {
	var n int64
	raw := q.names.bytes(name)
	_, err := q.client.call(func(c *ftp.ServerConn) (err error) {
		n, err = c.FileSize(raw)
		return err
	}, raw)
	refused, isAnswer := replyOf(err)
	switch {
	case isAnswer && refused.code >= 500 && !refused.crowded():
		return 0, fault.Wrap(errUnstated, refused)
	case err == nil && n < 0:
		return 0, errUnstated
	case err == nil:
		q.sized = q.place.at(name)
	}
	return n, err
}

// exists looks for a name, in a write-only folder as far as SIZE tells.
func (q *inquiry) exists(name string) (bool, error) {
	_, err := q.size(name)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, errUnstated) {
		return false, err
	}
	if q.client.config.WriteOnly {
		return false, nil
	}
	_, err = q.find(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// held returns the size that the server states of an uploaded file, errUnstated, or
// fs.ErrNotExist.
func (q *inquiry) held(name string) (int64, error) {
	held, err := q.size(name)
	if !errors.Is(err, errUnstated) {
		return held, err
	}
	missing := answered(err, codeUnavailable)
	if q.client.config.WriteOnly {
		return 0, errUnstated
	}
	found, err := q.find(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !missing, err == nil && found.Size < 0:
		return 0, errUnstated
	case err != nil && remote.Definite(classify(err)) && !errors.Is(err, fs.ErrNotExist):
		return 0, errUnstated // the account may not list
	}
	return found.Size, err
}

// find looks a name up in the listing.
func (q *inquiry) find(name string) (remote.Entry, error) {
	if q.client.config.WriteOnly {
		return remote.Entry{}, fmt.Errorf("the folder may not be looked into: %w", remote.ErrPermission)
	}
	found, err := q.list.lines()
	if err != nil {
		return remote.Entry{}, fmt.Errorf("list folder: %w", err)
	}
	entries, _ := q.entries(found)
	for _, e := range entries {
		if sameName(e.Name, name) {
			if e.Name != name {
				q.names.remember(name, q.names.bytes(e.Name))
				e.Name = name
			}
			return e, nil
		}
	}
	return remote.Entry{}, fs.ErrNotExist
}

// entries returns the entries with usable names, and the names of the others.
func (q *inquiry) entries(found []line) (entries []remote.Entry, unusable []string) {
	for _, l := range found {
		e := q.entry(l)
		if remote.CheckName(e.Name) != nil {
			unusable = append(unusable, e.Name)
			continue
		}
		entries = append(entries, e)
	}
	return entries, unusable
}

// entry is a line as the callers see it. What may be a file, and may be not, has no size yet.
func (q *inquiry) entry(l line) remote.Entry {
	e := remote.Entry{Name: q.names.read(l.name), Size: l.size, ModTime: l.time, Regular: l.kind == file || l.kind == unknown}
	if l.kind == unknown {
		e.Size = -1
	}
	return e
}

// maxAsked is how many entries of a listing are asked about one by one.
const maxAsked = 200

// askSizes asks about what the listing does not tell: the size of a file, or even whether something
// is one, since a folder has no size.
func (q *inquiry) askSizes(found []line) error {
	asked := 0
	for i := range found {
		l := &found[i]
		vague := l.kind == unknown || l.kind == file && l.size < 0
		if !vague || asked == maxAsked || remote.CheckName(q.names.read(l.name)) != nil {
			continue
		}
		asked++
		size, err := q.size(q.names.read(l.name))
		switch {
		case err == nil:
			l.kind, l.size = file, size
		case l.kind == unknown && answered(err, codeUnavailable):
			l.kind = other
			continue
		case !errors.Is(err, errUnstated):
			return err
		}
		if l.time.IsZero() && q.client.conn.IsGetTimeSupported() {
			if l.time, err = q.modified(q.names.read(l.name)); err != nil {
				return err
			}
		}
	}
	return nil
}
