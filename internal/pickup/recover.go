package pickup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"lucca-exchange/internal/remote"
)

// Recovered is what an interrupted run left behind.
type Recovered struct {
	// Fetched are in the spool, or were: what was done with them only their runs can tell. Each
	// is to be settled or released after Resume.
	Fetched []Record
	// Released were not fetched yet, and are given back. One with Step StepSettled could not
	// have its name back and was moved to failed/.
	Released []Record
}

// Recover gives back the files of a flow that runs have claimed and not fetched, and returns
// those that they have. It is to be called before Look, while no other process runs the flow.
// On an error the rest of what could be done is done, and the records that could not be
// settled stay as they are.
func Recover(ctx context.Context, from Source, j Journal, flow string) (Recovered, error) {
	records, err := j.Unfinished(ctx, flow)
	if err != nil {
		return Recovered{}, fmt.Errorf("read unfinished pickups: %w", err)
	}
	var done Recovered
	var faults []error
	out := false
	for _, r := range records {
		if r.Step == StepFetched {
			done.Fetched = append(done.Fetched, r)
			continue
		}
		if out {
			continue // another login would be refused too, and count
		}
		h := newHand(from, j, r)
		err := h.giveBack(ctx)
		if h.record.Step != r.Step {
			done.Released = append(done.Released, h.record)
		}
		if err != nil && !errors.Is(err, ErrNewer) {
			faults = append(faults, wrap(err, "give back", r.Name, from))
		}
		out = h.shut(err)
	}
	return done, errors.Join(faults...)
}

// giveBack is release of a file that another run has claimed.
func (h *hand) giveBack(ctx context.Context) error {
	if h.record.Remote != h.from.Name {
		return fmt.Errorf("it was taken from %s, which the flow does not use any more", h.record.Remote)
	}
	defer h.drop()
	return h.release(ctx)
}

// release gives the file its name back. It can be interrupted and repeated.
func (h *hand) release(ctx context.Context) error {
	if h.record.Step == StepReleased || h.record.Step == StepSettled {
		return nil
	}
	place, err := h.whereabouts(ctx)
	if err != nil {
		return err
	}
	if place != "" {
		if err := h.putBack(ctx, place); err != nil {
			return err
		}
	}
	if err := h.mark(ctx); err != nil {
		return err
	}
	h.record.Place, h.record.SHA256 = "", ""
	return h.save(ctx, StepReleased)
}

// whereabouts returns the file's place in in-progress/, or nothing when it has not left its
// folder or is gone.
func (h *hand) whereabouts(ctx context.Context) (string, error) {
	if h.from.Options.Keep && h.record.Place == "" {
		return "", nil
	}
	// A move may have come through whose answer, or whose record, was lost.
	found, err := h.look(ctx, h.own())
	if err != nil && remote.Definite(err) && h.record.Place == "" {
		return "", nil
	}
	if err != nil || found == nil {
		return "", err
	}
	return h.own(), nil
}

// putBack moves the file to its folder, or to failed/ where its name is taken: it must not come
// after a newer file, nor in its place.
func (h *hand) putBack(ctx context.Context, place string) error {
	newer, err := h.look(ctx, h.record.Name)
	if err != nil {
		return err
	}
	if newer == nil {
		err = h.move(ctx, place, h.record.Name, place)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if err := h.makeFolder(ctx, failed); err != nil {
		return fmt.Errorf("put aside for a newer file: %w", err)
	}
	h.record.Place = place
	if _, err := h.park(ctx, failed); err != nil {
		return fmt.Errorf("put aside for a newer file: %w", err)
	}
	if err := h.save(ctx, StepSettled); err != nil {
		return err
	}
	return fmt.Errorf("%w: it is in %q", ErrNewer, h.record.Place)
}

// mark puts the marker again that Take has removed: without it nobody would take the file.
func (h *hand) mark(ctx context.Context) error {
	marker := h.from.Options.marker(h.record.Name)
	if marker == "" || h.from.Options.Keep || h.record.Step != StepFetched {
		return nil
	}
	found, err := h.look(ctx, h.record.Name)
	if err != nil || found == nil || found.Size != h.record.Size {
		return err
	}
	err = h.do(ctx, func(s remote.Session) error { return s.Upload(ctx, marker, strings.NewReader(""), 0) })
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// unmark removes the marker, which must not be taken for that of the next file of the name.
func (h *hand) unmark(ctx context.Context) error {
	marker := h.from.Options.marker(h.record.Name)
	err := h.do(ctx, func(s remote.Session) error { return s.Remove(ctx, marker) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
