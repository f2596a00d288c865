package pickup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"lucca-exchange/internal/fault"
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
	// Warnings are about files that cannot be given back, or could not for a day: somebody must look.
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
		c := newClaim(from, j, r)
		err := newReturning(c).giveBack(ctx)
		if c.record.Step != r.Step {
			done.Released = append(done.Released, c.record)
		}
		old := time.Since(r.At) >= remote.Patience && ctx.Err() == nil && !c.folder.shut(err)
		switch err := wrap(err, "give back", r.Name, from); {
		case errors.Is(err, ErrStuck), err != nil && !errors.Is(err, ErrNewer) && old:
			done.Warnings = append(done.Warnings, err)
		case err != nil && !errors.Is(err, ErrNewer):
			faults = append(faults, err)
		}
		out = c.folder.shut(err)
	}
	return done, errors.Join(faults...)
}

var errElsewhere = errors.New("the flow does not use the remote any more that it was taken from")

// returning gives a claimed file its name back.
type returning struct {
	claim   *claim
	parking *parking
	// kept: it is not on the server, and what was read of it is kept for the next run.
	kept bool
}

func newReturning(c *claim) *returning { return &returning{claim: c, parking: &parking{c}} }

// giveBack gives back a file that another run has claimed.
func (r *returning) giveBack(ctx context.Context) error {
	defer r.claim.folder.link.Drop()
	return r.rename(ctx)
}

// rename gives the file its name back. It can be interrupted and repeated.
func (r *returning) rename(ctx context.Context) error {
	if r.claim.record.Step == StepReleased || r.claim.record.Step == StepSettled {
		return nil
	}
	err := r.tryRename(ctx)
	switch {
	case err == nil || errors.Is(err, ErrNewer):
		return err
	case errors.Is(err, ErrVanished):
		return errors.Join(err, r.claim.abandon(ctx))
	case r.claim.folder.refused(ctx, err) && remote.Definite(err), errors.Is(err, errElsewhere):
		return fault.Of(ErrStuck, "it is in %q: each run of the flow tries again until the server lets it, or somebody moves it back: %w", r.claim.own(), err)
	}
	return err
}

func (r *returning) tryRename(ctx context.Context) error {
	if r.claim.record.Place == Gone {
		if err := r.saveRead(ctx, nil); err != nil {
			return err
		}
		return r.released(ctx)
	}
	if r.claim.record.Remote != r.claim.folder.from.Name {
		return fault.Of(errElsewhere, "%s", r.claim.record.Remote)
	}
	place, err := r.whereabouts(ctx)
	if err != nil {
		return err
	}
	if place != "" {
		if err := r.putBack(ctx, place); err != nil {
			return err
		}
	} else if err := r.standsStill(ctx); err != nil {
		return err
	}
	return r.released(ctx)
}

func (r *returning) released(ctx context.Context) error {
	if !r.kept {
		if err := r.mark(ctx); err != nil && !remote.Definite(err) {
			return err
		}
	}
	r.claim.record.Place, r.claim.record.SHA256 = "", ""
	err := r.claim.save(ctx, StepReleased)
	if err == nil && r.kept {
		err = spool.Remove(r.claim.path)
	}
	return err
}

// standsStill makes sure that a file that is not in in-progress/ has its name: it would be lost
// without a word otherwise. One that was only claimed may have been moved all the same, by a server
// that answered otherwise or not at all and shows it late; if it is nowhere, whoever sent it has
// taken it back.
func (r *returning) standsStill(ctx context.Context) error {
	found, err := r.claim.standing(ctx)
	if err == nil && found == nil && r.claim.record.Step != StepFetched && !r.claim.folder.from.Options.Keep {
		if found, err = r.claim.folder.await(ctx, r.claim.own()); found != nil {
			return r.putBack(ctx, r.claim.own())
		}
		if err == nil && r.claim.record.Step == StepMoved {
			found, err = r.claim.pullOut(ctx)
		}
	}
	if err == nil && !r.itself(found) && r.hasRead() {
		return r.saveRead(ctx, found)
	}
	if r.claim.record.Step == StepClaimed {
		if err != nil && remote.Definite(err) {
			return nil // nothing shows that it has left its folder
		}
		return err
	}
	if err == nil && found == nil {
		return fault.Of(ErrVanished, "it is neither in %q nor under its name", r.claim.own())
	}
	return err
}

// whereabouts returns the file's place in in-progress/, or nothing when it has not left its
// folder or is gone.
func (r *returning) whereabouts(ctx context.Context) (string, error) {
	if r.claim.folder.from.Options.Keep && r.claim.record.Place == "" {
		return "", nil
	}
	// A move may have come through whose answer, or whose record, was lost.
	found, err := r.claim.folder.look(ctx, r.claim.own())
	if err != nil && remote.Definite(err) && r.claim.record.Place == "" {
		return "", nil
	}
	switch {
	case err != nil:
		return "", err
	case found == nil:
		return r.claim.folder.version(ctx, r.claim.own())
	}
	return r.claim.own(), nil
}

// putBack moves the file to its folder, or to failed/ where its name is taken: it must not come
// after a newer file, nor in its place.
func (r *returning) putBack(ctx context.Context, place string) error {
	newer, err := r.claim.named(ctx)
	if err != nil {
		return err
	}
	if newer == nil {
		err = r.claim.folder.move(ctx, place, r.claim.record.plain(), place)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if err := r.claim.makeFolder(ctx, failed); err != nil {
		return fmt.Errorf("put aside for a newer file: %w", err)
	}
	r.claim.record.Place = place
	if _, err := r.parking.park(ctx, failed); err != nil {
		return fmt.Errorf("put aside for a newer file: %w", err)
	}
	if err := r.claim.save(ctx, StepSettled); err != nil {
		return err
	}
	return fault.Of(ErrNewer, "it is in %q", r.claim.record.Place)
}

// itself tells whether what has the name of the file is this very one. Once it was fetched the journal
// knows whether it was taken away.
func (r *returning) itself(found *remote.Entry) bool {
	return found != nil && (r.claim.record.Step == StepFetched || found.Holds(r.claim.record.Size) && precise(found.ModTime).Equal(r.claim.record.ModTime))
}

// hasRead tells whether something of the file was read.
func (r *returning) hasRead() bool {
	size, there, err := spool.FileSize(r.claim.path)
	return r.claim.path != "" && err == nil && there && size > 0
}

// saveRead puts a file again that the server took away when it was read, or keeps what was read for the
// next run where the server does not want it, nothing is to be written to it, or something else has its name.
func (r *returning) saveRead(ctx context.Context, other *remote.Entry) error {
	c := r.claim
	content, err := spool.Sum(c.path)
	switch whole := content.SHA256 == c.record.SHA256 || c.record.SHA256 == "" && (content.Bytes == c.record.Size || c.whole); {
	case err != nil:
		return fault.Of(ErrVanished, "the server took it away once it was read, and what was read is gone: %w", err)
	case !whole:
		return fault.Of(ErrVanished, "what was read of it is in %q, and nobody knows whether it is whole: ask for it to be sent again", c.path)
	}
	if other == nil && c.record.Place == Gone {
		if other, err = c.named(ctx); err != nil && remote.Definite(err) {
			err = nil
		}
	}
	if err == nil && other == nil && c.record.Remote == c.folder.from.Name && !c.folder.from.Options.Keep {
		if err = c.folder.uploadBack(ctx, c.record.plain(), c.record.Run, c.path); err == nil {
			return nil
		}
	}
	_, kept := c.folder.from.Local.keep(c.path, c.record.plain(), c.record.Run, c.record.ModTime)
	if kept != nil {
		return fault.Of(ErrVanished, "it was read whole, its content is in %q, and it could not be put back: %w", c.path, errors.Join(err, kept))
	}
	r.kept = true
	return nil
}

// mark puts the marker again that Take has removed: without it nobody would take the file.
func (r *returning) mark(ctx context.Context) error {
	marker := r.claim.folder.from.Options.marker(r.claim.record.plain())
	if marker == "" || r.claim.folder.from.Options.Keep || r.claim.record.Step != StepFetched {
		return nil
	}
	found, err := r.claim.standing(ctx)
	if err != nil || found == nil || found.Size != r.claim.record.Size {
		return err
	}
	err = r.claim.folder.link.Do(ctx, func(s remote.Session) error { return s.Upload(ctx, marker, strings.NewReader(""), 0) })
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
