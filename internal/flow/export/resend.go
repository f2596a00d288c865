package export

import (
	"context"
	"errors"
	"io"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// Resend sends the file that the partner was sent last once more, the very same bytes under the
// same name: the partner lost it, or took it away too early. In is a run of its own; of is the
// one whose file it is, in its folder.
func Resend(ctx context.Context, d Deps, in, of Input) (flow.Result, error) {
	var r flow.Result
	earlier, err := d.Outbox.Settle(ctx, in.Run.Flow)
	if r.Earlier = earlier; err != nil {
		return r, err
	}
	if err := Resendable(ctx, d, of); err != nil {
		return r, err
	}
	if err := nothingNewer(ctx, d, of); err != nil {
		return r, err
	}
	if err := flow.MakeFolder(d.Room, in.Folder); err != nil {
		return r, err
	}
	r.Rows, r.File, r.Path = of.Run.Rows, of.Run.File, PlainFile(in.Folder, of.Run.File)
	if err := takeOver(ctx, d, in, of); err != nil {
		return r, err
	}
	if r, err = send(ctx, d, in, r); err == nil {
		r.Reason = "the file of run " + of.Run.ID + ", once more" // what was found of it stands with that run
	}
	return r, err
}

// Resendable says why the file of a run cannot be sent once more, as a run.ErrUsage: only the
// last one that the partner was sent can, since no older one may come over a newer one.
func Resendable(ctx context.Context, d Deps, of Input) error {
	id := of.Run.ID
	last, err := d.Store.LastDelivery(ctx, of.Run.Flow)
	switch {
	case errors.Is(err, state.ErrNotFound) || err == nil && last.Run != id && !wasSent(of.Run):
		return fault.Of(run.ErrUsage, "no file of run %s was sent: lucca-exchange run %s makes one and sends it", id, of.Run.Flow)
	case err != nil:
		return err
	case last.Run != id:
		return fault.Of(run.ErrUsage, "run %s sent a newer file since: lucca-exchange resend %s sends that one: %w", last.Run, last.Run, flow.ErrSuperseded)
	}
	if err := unchanged(ctx, d, of); err != nil {
		if errors.Is(err, flow.ErrChanged) {
			return fault.Of(run.ErrUsage, "the flow is not configured as it was for run %s: lucca-exchange run %s sends a new file: %w", id, of.Run.Flow, flow.ErrChanged)
		}
		return err
	}
	if err := inSpool(spooled(of.Folder, of.Run.File)); err != nil {
		if errors.Is(err, flow.ErrFileGone) {
			err = fault.Of(run.ErrUsage, "what run %s sent is not in the spool any more: lucca-exchange run %s sends a new file: %w", id, of.Run.Flow, err)
		}
		return err
	}
	return nil
}

func wasSent(r state.Record) bool { return r.Outcome == run.Done || r.Outcome == run.Rejections }

// takeOver makes what is kept of one run that of another, so that the next file is compared
// with it, and explained by it, as with the first.
func takeOver(ctx context.Context, d Deps, in, of Input) error {
	to := spooled(in.Folder, of.Run.File)
	for i, p := range spooled(of.Folder, of.Run.File) {
		if err := copyFile(d.Room, p.path, to[i].path); err != nil {
			return err
		}
	}
	known, err := remembered(ctx, d, of.Run.ID)
	if err != nil {
		return err
	}
	last, err := atPartner(ctx, d, of.Run.ID)
	if err != nil {
		return err
	}
	last.before(known.snapshot)
	return keep(ctx, d, in.Run.ID, *known.snapshot, known.cells)
}

func copyFile(room *spool.Room, from, to string) error {
	f, err := spool.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = room.Write(to, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
	return err
}
