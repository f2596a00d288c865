package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"lucca-exchange/internal/remote"
)

// settler ends an interrupted delivery one way or the other.
type settler struct {
	site    *site
	place   *placer
	inPlace *overwriter
	marker  *marking
}

func (e *settler) conclude(ctx context.Context) error {
	if e.site.record.Step == StepDelivered || e.site.record.Step == StepFailed {
		return nil
	}
	before := e.site.record.Peer
	s, err := e.site.open(ctx)
	if err != nil {
		return err
	}
	if before.Address != "" && s.Peer().Address != before.Address {
		// The remote is another one now. What stands on the old one cannot be known, and what
		// stands here says nothing about it.
		e.site.record.Peer = before
		return e.site.save(ctx, StepFailed)
	}
	delivered, err := e.settle(ctx)
	switch {
	case err == nil:
	case ctx.Err() != nil || !delivered && e.site.link.MayPass(err) || e.site.link.Shut(err) || e.journalFault(err):
		return err
	default:
		// Nobody can do better at another time, and the next file must not wait for it.
		e.site.record.Warning = err
		if !delivered && e.site.leftover == "" {
			e.site.leftover = cmp.Or(e.site.record.Backup, e.site.record.Temp)
		}
	}
	step := StepFailed
	if delivered {
		step = StepDelivered
	}
	if err := e.site.save(ctx, step); err != nil {
		return err
	}
	e.site.record.Leftover = e.site.leftover
	return nil
}

// settle ends an interrupted delivery one way or the other and tells whether the new file
// stands, with its marker. It can be interrupted and repeated itself.
func (e *settler) settle(ctx context.Context) (delivered bool, err error) {
	delivered, err = e.settleFile(ctx)
	if !delivered || err != nil || e.site.target.Options.Marker(e.site.record.Name) == "" {
		return delivered, err
	}
	// The marker says that the file beside it is whole: it is put for ours only.
	stands := &remote.Entry{Size: e.site.record.Bytes}
	if !e.site.target.WriteOnly {
		stands, err = e.site.result(ctx)
	}
	if err == nil && stands != nil && stands.Holds(e.site.record.Bytes) {
		err = e.marker.mark(ctx)
	}
	return true, err
}

func (e *settler) settleFile(ctx context.Context) (delivered bool, err error) {
	switch step := e.site.record.Step; {
	case step == StepMarking:
		return true, nil
	case e.site.record.inPlace():
		return e.inPlace.settleInPlace(ctx)
	case step == StepUploading:
		return false, e.site.removeOurs(ctx, e.site.record.Temp)
	case step == StepReplacing:
		return e.settleSwap(ctx)
	case step == StepUndoing:
		return false, e.undo(ctx)
	case step == StepUploaded:
		return e.settleRename(ctx)
	}
	return false, fmt.Errorf("unknown step %q in the journal", e.site.record.Step)
}

// settleRename finds out whether the rename took place. Our file is no longer under its
// temporary name then; but neither is it when somebody has removed it before.
func (e *settler) settleRename(ctx context.Context) (bool, error) {
	gone, err := e.place.placed(ctx)
	if err != nil || gone && e.site.renaming {
		return gone, err
	}
	if gone {
		// After a crash nobody knows whether the rename was sent. A file that its reader has
		// picked up cannot be told from one that never arrived: sending it twice is the
		// lesser evil.
		stands, err := e.site.result(ctx)
		return err == nil && stands != nil && stands.Size == e.site.record.Bytes, err
	}
	if err := e.site.save(ctx, StepUndoing); err != nil {
		return false, err
	}
	err = e.site.ask(ctx, func(s remote.Session) error { return s.Remove(ctx, e.site.record.Temp) })
	// In a write-only folder this is the only way to know; elsewhere a rename whose answer
	// was lost has come through at last.
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil && remote.Definite(err) {
		e.site.leftover = e.site.record.Temp
		return false, nil
	}
	return false, err
}

// settleSwap goes on to the new file where the old one is aside, and back otherwise.
func (e *settler) settleSwap(ctx context.Context) (bool, error) {
	placed, err := e.place.placed(ctx)
	if err != nil {
		return false, err
	}
	if !placed {
		stands, err := e.site.look(ctx, e.site.record.Name)
		if err != nil {
			return false, err
		}
		if stands == nil {
			err = e.site.rename(ctx, e.site.record.Temp, e.site.record.Name)
			placed = err == nil && e.place.tookEffect(ctx) == nil
		}
		if err != nil && !remote.Definite(err) {
			// The answer is lost or says nothing: look again.
			if placed, err = e.place.placed(ctx); err != nil {
				return false, err
			}
		}
	}
	if placed {
		return true, e.place.removeBackup(ctx)
	}
	if err := e.site.save(ctx, StepUndoing); err != nil {
		return false, err
	}
	return false, e.undo(ctx)
}

// undo puts the old file back where it was moved aside, and removes ours.
func (e *settler) undo(ctx context.Context) error {
	if e.site.record.Backup != "" {
		if err := e.putBack(ctx); err != nil {
			return err
		}
	}
	return e.site.removeOurs(ctx, e.site.record.Temp)
}

func (e *settler) putBack(ctx context.Context) error {
	stands, err := e.site.look(ctx, e.site.record.Name)
	if err != nil {
		return err
	}
	if stands != nil {
		// The old file was never moved, or someone has put a newer one there meanwhile.
		return e.site.remove(ctx, e.site.record.Backup)
	}
	// A server that refuses to rename says so even where there is nothing to be renamed.
	if aside, err := e.site.look(ctx, e.site.record.Backup); aside == nil {
		return err // there was no old file, or its reader has taken it
	}
	err = e.site.rename(ctx, e.site.record.Backup, e.site.record.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// journalFault tells whether it was the journal that failed.
func (e *settler) journalFault(err error) bool {
	_, ok := errors.AsType[journalError](err)
	return ok
}
