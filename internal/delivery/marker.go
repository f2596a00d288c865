package delivery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"lucca-exchange/internal/remote"
)

// marking puts the done-marker beside the file.
type marking struct{ site *site }

// mark puts the done-marker, where the remote has one, anew: the one of an earlier file
// says nothing of this one. The file itself stands already.
func (m *marking) mark(ctx context.Context) error {
	name := m.site.target.Options.Marker(m.site.record.Name)
	if name == "" {
		return nil
	}
	if err := m.site.save(ctx, StepMarking); err != nil {
		return err
	}
	err := m.unmark(ctx, name)
	if err == nil {
		err = m.putMarker(ctx, name, m.site.target.Options.MarkerText)
	}
	if errors.Is(err, fs.ErrExist) && m.stale(ctx, name) {
		// The account may not delete: the marker of an earlier file, or of a lost answer,
		// stands and says the same.
		m.site.leftover = name
		return nil
	}
	if err != nil {
		return fmt.Errorf("the file is in place, but its marker %q is not%s: %w", name, m.site.target.Options.markerHint(), err)
	}
	return nil
}

func (m *marking) putMarker(ctx context.Context, name, content string) error {
	return m.site.ask(ctx, func(s remote.Session) error {
		return s.Upload(ctx, name, strings.NewReader(content), int64(len(content)))
	})
}

// stale tells whether an earlier marker stands. In a write-only folder nothing else would be
// in the way.
func (m *marking) stale(ctx context.Context, name string) bool {
	if m.site.target.WriteOnly {
		return true
	}
	stands, err := m.site.look(ctx, name)
	return err == nil && stands != nil && stands.Regular
}

// unmark removes an earlier marker. An account that may not delete may have none to delete:
// putting the new one will tell.
func (m *marking) unmark(ctx context.Context, name string) error {
	err := m.site.ask(ctx, func(s remote.Session) error { return s.Remove(ctx, name) })
	if err != nil && !remote.Definite(err) {
		return err
	}
	return nil
}
