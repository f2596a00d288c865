package delivery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"lucca-exchange/internal/remote"
)

// mark puts the done-marker, where the remote has one, anew: the one of an earlier file
// says nothing of this one. The file itself stands already.
func (c *courier) mark(ctx context.Context) error {
	name := c.target.Options.Marker(c.record.Name)
	if name == "" {
		return nil
	}
	if err := c.save(ctx, StepMarking); err != nil {
		return err
	}
	err := c.unmark(ctx, name)
	if err == nil {
		err = c.putMarker(ctx, name, c.target.Options.MarkerText)
	}
	if errors.Is(err, fs.ErrExist) && c.stale(ctx, name) {
		// The account may not delete: the marker of an earlier file, or of a lost answer,
		// stands and says the same.
		c.leftover = name
		return nil
	}
	if err != nil {
		return fmt.Errorf("the file is in place, but its marker %q is not%s: %w", name, c.target.Options.markerHint(), err)
	}
	return nil
}

func (c *courier) putMarker(ctx context.Context, name, content string) error {
	return c.ask(ctx, func(s remote.Session) error {
		return s.Upload(ctx, name, strings.NewReader(content), int64(len(content)))
	})
}

// stale tells whether an earlier marker stands. In a write-only folder nothing else would be
// in the way.
func (c *courier) stale(ctx context.Context, name string) bool {
	if c.target.WriteOnly {
		return true
	}
	stands, err := c.look(ctx, name)
	return err == nil && stands != nil && stands.Regular
}

// unmark removes an earlier marker. An account that may not delete may have none to delete:
// putting the new one will tell.
func (c *courier) unmark(ctx context.Context, name string) error {
	err := c.ask(ctx, func(s remote.Session) error { return s.Remove(ctx, name) })
	if err != nil && !remote.Definite(err) {
		return err
	}
	return nil
}
