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
	// bytes is the length of what was fetched, which the server need not have stated; reading:
	// some of it has come.
	bytes   int64
	reading bool
}

func newClaim(from Source, j Journal, r Record) *claim {
	return &claim{folder: newFolder(from), journal: j, record: r, bytes: r.Size}
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
		Name: c.record.Name, Path: c.path, Bytes: c.bytes, SHA256: c.record.SHA256, ModTime: c.record.ModTime,
		Place: c.record.Place, Duplicate: c.duplicate, Warning: c.warning, claim: c,
	}
}

// own is the file's place in in-progress/, where nothing else has its name: with the version that a
// server has added to it.
func (c *claim) own() string {
	own := inProgress + "/" + withRun(c.record.Name, c.record.Run)
	if strings.HasPrefix(c.record.Place, own) {
		return c.record.Place
	}
	return own
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

// unmark removes the marker, which must not be taken for that of the next file of the name.
func (c *claim) unmark(ctx context.Context) error {
	marker := c.folder.from.Options.marker(c.record.Name)
	err := c.folder.link.Do(ctx, func(s remote.Session) error { return s.Remove(ctx, marker) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
