package pickup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/spool"
)

// claim is a file that a run has: what is known of it, and where it is.
type claim struct {
	folder  *folder
	journal Journal
	// record is what the journal holds.
	record    Record
	path      string
	room      *spool.Room
	duplicate string
	warning   error
	// stated is the size that the server states when it is asked for the file alone.
	stated int64
	// bytes is the length of what was fetched, which the server need not have stated; reading:
	// some of it has come.
	bytes   int64
	reading bool
	// whole: path holds as much of the file as the server has sent to its end.
	whole bool
}

func newClaim(from Source, j Journal, r Record) *claim {
	c := &claim{folder: newFolder(from), journal: j, record: r, bytes: r.Size, stated: r.Size}
	if from.Local.Content != nil {
		c.path = from.Local.Content(r.Run, r.plain())
	}
	return c
}

// save puts a step into the journal.
func (c *claim) save(ctx context.Context, step Step) error {
	next := c.record
	next.Step, next.At = step, time.Now().UTC()
	if err := c.journal.Save(ctx, next); err != nil {
		return fmt.Errorf("record step %s: %w", step, err)
	}
	c.record = next
	return nil
}

func (c *claim) taken() *Taken {
	return &Taken{
		Name: c.record.plain(), Path: c.path, Bytes: c.bytes, SHA256: c.record.SHA256, ModTime: c.record.ModTime,
		Place: c.shown(), Duplicate: c.duplicate, Warning: c.warning, claim: c,
	}
}

// own is the file's place in in-progress/, where nothing else has its name: with the version that a
// server has added to it.
func (c *claim) own() string {
	if own := c.aside(); !strings.HasPrefix(c.record.Place, own) {
		return own
	}
	return c.record.Place
}

// aside is where the file is moved to when it is taken.
func (c *claim) aside() string { return inProgress + "/" + withRun(c.record.plain(), c.record.Run) }

// shown is where the file is on the remote, for people.
func (c *claim) shown() string {
	if c.record.Place == Gone {
		return ""
	}
	return c.record.Place
}

// place is where the file is now.
func (c *claim) place() string {
	if c.record.Place != "" {
		return c.record.Place
	}
	return c.record.Name
}

func (c *claim) warn(err error, what string) {
	if err != nil {
		c.warning = errors.Join(c.warning, fmt.Errorf("%s: %w", what, err))
	}
}

func (c *claim) makeFolder(ctx context.Context, folder string) error {
	return c.folder.link.Do(ctx, func(s remote.Session) error { return s.MakeFolder(ctx, folder) })
}

// abandon ends the taking of a file that is in none of its places, so that it does not stand in
// the way of others, and may be taken if it comes back.
func (c *claim) abandon(ctx context.Context) error {
	c.record.Place, c.record.SHA256 = c.own(), ""
	return c.save(ctx, StepSettled)
}

// unmark removes the marker, which must not be taken for that of the next file of the name. It may
// have another form of its name.
func (c *claim) unmark(ctx context.Context) error {
	marker := c.folder.from.Options.marker(c.record.plain())
	err := c.remove(ctx, marker)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	entries, err := c.folder.list(ctx, "")
	if err != nil {
		return err
	}
	for _, m := range c.folder.from.Options.markers(c.record.Name, entries) {
		if err := c.remove(ctx, m.Name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (c *claim) remove(ctx context.Context, name string) error {
	return c.folder.link.Do(ctx, func(s remote.Session) error { return s.Remove(ctx, name) })
}

// named is what has the name of the file, with the version that it came with or without; nil if
// nothing has.
func (c *claim) named(ctx context.Context) (*remote.Entry, error) {
	found, err := c.folder.look(ctx, c.record.Name)
	if found == nil && err == nil && c.record.plain() != c.record.Name {
		return c.folder.look(ctx, c.record.plain())
	}
	return found, err
}

// pullOut moves a file back that the server has moved to in-progress/ and does not show there: some
// let nobody look into a folder that may be written to. It returns nil where there is none.
func (c *claim) pullOut(ctx context.Context) (*remote.Entry, error) {
	err := c.folder.link.Do(ctx, func(s remote.Session) error { return s.Rename(ctx, c.aside(), c.record.Name) })
	if err != nil && !c.folder.refused(ctx, err) {
		return nil, err
	}
	return c.named(ctx)
}

// standing is named, or what the server has made of the file when it was given its name back.
func (c *claim) standing(ctx context.Context) (*remote.Entry, error) {
	found, err := c.named(ctx)
	if found != nil || err != nil {
		return found, err
	}
	name, err := c.folder.version(ctx, c.record.plain())
	if err != nil || name == "" {
		return nil, err
	}
	if found, err = c.folder.look(ctx, name); found != nil && !found.Holds(c.record.Size) {
		found = nil
	}
	return found, err
}
