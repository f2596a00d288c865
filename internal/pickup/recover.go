package pickup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/spool"
)

// Recovered is what an interrupted run left behind.
type Recovered struct {
	// Fetched are in the spool, or were: what was done with them only their runs can tell. Each
	// is to be settled or released after Resume.
	Fetched []Record
	// Released were not fetched yet, and are given back. One with Step StepSettled could not
	// have its name back and was moved to failed/.
	Released []Record
	// Warnings are about files that cannot be given back: somebody must look.
	Warnings []error
}

// Recover gives back the files of a flow that runs have claimed and not fetched, and returns
// those that they have. It is to be called before Look, while no other process runs the flow.
// On an error, which means that the server or the journal did not answer, the rest of what could
// be done is done, and the records that could not be settled stay as they are.
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
		switch err := wrap(err, "give back", r.Name, from); {
		case errors.Is(err, ErrStuck):
			done.Warnings = append(done.Warnings, err)
		case err != nil && !errors.Is(err, ErrNewer):
			faults = append(faults, err)
		}
		out = h.shut(err)
	}
	return done, errors.Join(faults...)
}

var errElsewhere = errors.New("the flow does not use the remote any more that it was taken from")

// giveBack is release of a file that another run has claimed.
func (h *hand) giveBack(ctx context.Context) error {
	defer h.drop()
	return h.release(ctx)
}

// release gives the file its name back. It can be interrupted and repeated.
func (h *hand) release(ctx context.Context) error {
	if h.record.Step == StepReleased || h.record.Step == StepSettled {
		return nil
	}
	err := h.tryRelease(ctx)
	switch {
	case err == nil || errors.Is(err, ErrNewer):
		return err
	case errors.Is(err, ErrVanished):
		return errors.Join(err, h.abandon(ctx))
	case h.refused(ctx, err) && remote.Definite(err), errors.Is(err, errElsewhere):
		return fmt.Errorf("%w: it is in %q: each run of the flow tries again until the server lets it, or somebody moves it back: %w", ErrStuck, h.own(), err)
	}
	return err
}

func (h *hand) tryRelease(ctx context.Context) error {
	if h.record.Remote != h.from.Name {
		return fmt.Errorf("%w: %s", errElsewhere, h.record.Remote)
	}
	place, err := h.whereabouts(ctx)
	if err != nil {
		return err
	}
	if place != "" {
		if err := h.putBack(ctx, place); err != nil {
			return err
		}
	} else if err := h.standsStill(ctx); err != nil {
		return err
	}
	if err := h.mark(ctx); err != nil && !remote.Definite(err) {
		return err
	}
	h.record.Place, h.record.SHA256 = "", ""
	return h.save(ctx, StepReleased)
}

// standsStill makes sure that a file that is not in in-progress/ has its name: it would be lost
// without a word otherwise. One that was only claimed may have been moved all the same, by a server
// that answered otherwise or not at all and shows it late; if it is nowhere, whoever sent it has
// taken it back.
func (h *hand) standsStill(ctx context.Context) error {
	found, err := h.look(ctx, h.record.Name)
	if err == nil && found == nil && h.record.Step != StepFetched && !h.from.Options.Keep {
		if found, err = h.await(ctx, h.own()); found != nil {
			return h.putBack(ctx, h.own())
		}
	}
	if h.record.Step == StepClaimed {
		if err != nil && remote.Definite(err) {
			return nil // nothing shows that it has left its folder
		}
		return err
	}
	if err == nil && found == nil && h.record.Step == StepFetched && h.path != "" {
		if err = h.uploadBack(ctx); err == nil {
			return nil
		}
		return fmt.Errorf("%w: it was read whole, its content is in %q, and it could not be put back: %w", ErrVanished, h.path, err)
	}
	if err == nil && found == nil {
		return fmt.Errorf("%w: it is neither in %q nor under its name", ErrVanished, h.own())
	}
	return err
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

// uploadBack puts a file again that the server took away when it was read: under a temporary name
// first, so that nobody takes half of it.
func (h *hand) uploadBack(ctx context.Context) error {
	temp := h.record.Name + "." + h.record.Run + ".part"
	if file, err := spool.Sum(h.path); err != nil || file.SHA256 != h.record.SHA256 {
		return cmp.Or(err, errors.New("what is in the spool is not the file"))
	}
	return h.do(ctx, func(s remote.Session) error {
		if err := s.Remove(ctx, temp); err != nil && !remote.Definite(err) {
			return err
		}
		if err := upload(ctx, s, temp, h.path); err != nil {
			return err
		}
		return s.Rename(ctx, temp, h.record.Name)
	})
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
