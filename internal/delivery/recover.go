package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"lucca-exchange/internal/remote"
)

// Recover settles deliveries to one target that a crash, or a server that went away, has
// left unfinished: afterwards the whole old or the whole new file stands under each name,
// and none of our other files. It returns the records as they are then: StepDelivered where
// the new file stands, StepFailed where it does not and must be delivered anew. A record
// that could not be settled keeps its step, and the error says why.
//
// The same records must not be delivered by another process meanwhile.
func Recover(ctx context.Context, to Target, j Journal, records []Record) ([]Record, error) {
	settled := slices.Clone(records)
	var faults []error
	to.Options = to.Options.withDefaults()
	c := &courier{target: to, journal: j}
	defer c.drop()
	for i, r := range records {
		c.record, c.leftover, c.renaming = r, "", false
		if err := c.recover(ctx); err != nil {
			c.drop()
			faults = append(faults, fmt.Errorf("recover %q on %s: %w", r.Name, to.Name, err))
		}
		settled[i] = c.record
		if c.refusedEntry(errors.Join(faults...)) {
			break
		}
	}
	return settled, errors.Join(faults...)
}

// refusedEntry tells whether trying again would do harm: accounts get locked.
func (c *courier) refusedEntry(err error) bool {
	for _, refusal := range []error{remote.ErrAuth, remote.ErrHostKey, remote.ErrCertificate} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return errors.Is(err, remote.ErrLoginCut) && !c.entered
}

func (c *courier) recover(ctx context.Context) error {
	if c.record.Step == StepDelivered || c.record.Step == StepFailed {
		return nil
	}
	before := c.record.Peer
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	if before.Address != "" && s.Peer().Address != before.Address {
		// The remote is another one now. What stands on the old one cannot be known, and what
		// stands here says nothing about it.
		c.record.Peer = before
		return c.save(ctx, StepFailed)
	}
	delivered, err := c.settle(ctx)
	switch {
	case err == nil:
	case ctx.Err() != nil || !delivered && c.mayPass(err) || c.refusedEntry(err) || c.journalFault(err):
		return err
	default:
		// Nobody can do better at another time, and the next file must not wait for it.
		c.record.Warning = err
		if !delivered && c.leftover == "" {
			c.leftover = cmp.Or(c.record.Backup, c.record.Temp)
		}
	}
	step := StepFailed
	if delivered {
		step = StepDelivered
	}
	if err := c.save(ctx, step); err != nil {
		return err
	}
	c.record.Leftover = c.leftover
	return nil
}

// journalFault tells whether it was the journal that failed.
func (c *courier) journalFault(err error) bool {
	_, ok := errors.AsType[journalError](err)
	return ok
}

// settle ends an interrupted delivery one way or the other and tells whether the new file
// stands, with its marker. It can be interrupted and repeated itself.
func (c *courier) settle(ctx context.Context) (delivered bool, err error) {
	delivered, err = c.settleFile(ctx)
	if !delivered || err != nil || c.target.Options.Marker(c.record.Name) == "" {
		return delivered, err
	}
	// The marker says that the file beside it is whole: it is put for ours only.
	stands := &remote.Entry{Size: c.record.Bytes}
	if !c.target.WriteOnly {
		stands, err = c.result(ctx)
	}
	if err == nil && stands != nil && stands.Holds(c.record.Bytes) {
		err = c.mark(ctx)
	}
	return true, err
}

func (c *courier) settleFile(ctx context.Context) (delivered bool, err error) {
	switch step := c.record.Step; {
	case step == StepMarking:
		return true, nil
	case c.record.inPlace():
		return c.settleInPlace(ctx)
	case step == StepUploading:
		return false, c.removeOurs(ctx, c.record.Temp)
	case step == StepReplacing:
		return c.settleSwap(ctx)
	case step == StepUndoing:
		return false, c.undo(ctx)
	case step == StepUploaded:
		return c.settleRename(ctx)
	}
	return false, fmt.Errorf("unknown step %q in the journal", c.record.Step)
}

// settleRename finds out whether the rename took place. Our file is no longer under its
// temporary name then; but neither is it when somebody has removed it before.
func (c *courier) settleRename(ctx context.Context) (bool, error) {
	gone, err := c.placed(ctx)
	if err != nil || gone && c.renaming {
		return gone, err
	}
	if gone {
		// After a crash nobody knows whether the rename was sent. A file that its reader has
		// picked up cannot be told from one that never arrived: sending it twice is the
		// lesser evil.
		stands, err := c.result(ctx)
		return err == nil && stands != nil && stands.Size == c.record.Bytes, err
	}
	if err := c.save(ctx, StepUndoing); err != nil {
		return false, err
	}
	err = c.ask(ctx, func(s remote.Session) error { return s.Remove(ctx, c.record.Temp) })
	// In a write-only folder this is the only way to know; elsewhere a rename whose answer
	// was lost has come through at last.
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil && remote.Definite(err) {
		c.leftover = c.record.Temp
		return false, nil
	}
	return false, err
}

// settleSwap goes on to the new file where the old one is aside, and back otherwise.
func (c *courier) settleSwap(ctx context.Context) (bool, error) {
	placed, err := c.placed(ctx)
	if err != nil {
		return false, err
	}
	if !placed {
		stands, err := c.look(ctx, c.record.Name)
		if err != nil {
			return false, err
		}
		if stands == nil {
			err = c.rename(ctx, c.record.Temp, c.record.Name)
			placed = err == nil && c.tookEffect(ctx) == nil
		}
		if err != nil && !remote.Definite(err) {
			// The answer is lost or says nothing: look again.
			if placed, err = c.placed(ctx); err != nil {
				return false, err
			}
		}
	}
	if placed {
		return true, c.removeBackup(ctx)
	}
	if err := c.save(ctx, StepUndoing); err != nil {
		return false, err
	}
	return false, c.undo(ctx)
}

// undo puts the old file back where it was moved aside, and removes ours.
func (c *courier) undo(ctx context.Context) error {
	if c.record.Backup != "" {
		if err := c.putBack(ctx); err != nil {
			return err
		}
	}
	return c.removeOurs(ctx, c.record.Temp)
}

func (c *courier) putBack(ctx context.Context) error {
	stands, err := c.look(ctx, c.record.Name)
	if err != nil {
		return err
	}
	if stands != nil {
		// The old file was never moved, or someone has put a newer one there meanwhile.
		return c.remove(ctx, c.record.Backup)
	}
	// A server that refuses to rename says so even where there is nothing to be renamed.
	if aside, err := c.look(ctx, c.record.Backup); aside == nil {
		return err // there was no old file, or its reader has taken it
	}
	err = c.rename(ctx, c.record.Backup, c.record.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
