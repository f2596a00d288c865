package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Approve sends the file of a held run exactly as it was rendered. An earlier attempt, which
// may have got through, is settled first.
func Approve(ctx context.Context, d Deps, in Input) (flow.Result, error) {
	r := flow.From(in.Run)
	r.Path = PlainFile(in.Folder, r.File)
	earlier, err := d.Outbox.Settle(ctx, in.Run.Flow)
	if r.Earlier = earlier; err != nil {
		return r, err
	}
	arrived, err := upToDate(ctx, d, in)
	if err != nil {
		return r, err
	}
	if arrived {
		return concluded(ctx, d, r, in.Run.ID)
	}
	if err := nothingNewer(ctx, d, in); err != nil {
		return r, err
	}
	if err := inSpool(parcels(in.Folder, r.File)); err != nil {
		if errors.Is(err, flow.ErrFileGone) {
			err = fault.Of(run.ErrUsage, "reject run %s, and run the flow again: %w", in.Run.ID, err)
		}
		return r, err
	}
	if err := unchanged(ctx, d, in); err != nil {
		return r, err
	}
	if r, err = send(ctx, d, in, r); err != nil {
		return r, err
	}
	return concluded(ctx, d, r, in.Run.ID)
}

// upToDate refuses a run that is older than the file that was delivered last, and tells
// whether that is its own.
func upToDate(ctx context.Context, d Deps, in Input) (arrived bool, err error) {
	last, err := d.Store.LastDelivery(ctx, in.Run.Flow)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case last.Run == in.Run.ID:
		rest, err := missing(ctx, d, in, parcels(in.Folder, in.Run.File))
		return len(rest) == 0, err
	}
	newer, err := d.Store.Run(ctx, last.Run)
	if err == nil && newer.Sequence > in.Run.Sequence {
		err = fault.Of(run.ErrUsage, "run %s was delivered after this one was made: reject run %s, so that the partner keeps the newer file: %w", newer.ID, in.Run.ID, flow.ErrSuperseded)
	}
	return false, err
}

// unchanged checks that the file goes where, and in the shape, that it was held for: a new
// partner's name behind to: must not get it, nor the old partner a plain one that is to be
// encrypted.
func unchanged(ctx context.Context, d Deps, in Input) error {
	held, err := SnapshotOf(ctx, d.Store, in.Run.ID)
	if err != nil {
		return err
	}
	return flow.Settings(held.Settings).Differ(in.Settings, in.Run.ID)
}

// concluded ends a run whose file is with the partner. How many people are in it was not said
// while it was held.
func concluded(ctx context.Context, d Deps, r flow.Result, id string) (flow.Result, error) {
	s, err := SnapshotOf(ctx, d.Store, id)
	if err != nil {
		return r, err
	}
	rows := run.Rows{Read: len(s.People), Rejected: s.Count(export.Rejected)} // where the process that counted them died
	if r.Rows != nil {
		rows = *r.Rows
	}
	rows.Sent = s.Sent()
	r.Rows = &rows
	r.Result = conclude(r.Result)
	return r, nil
}

// nothingNewer refuses to send a held file when something newer of its flow lies on the remote
// that the store knows nothing of: the state may be an older copy, put back without a trace.
// What a partner takes away at once, or does not let us list, it cannot see.
func nothingNewer(ctx context.Context, d Deps, in Input) (err error) {
	if err := flow.NotFromBefore(ctx, d.Store, in.Run.ID); err != nil {
		return err
	}
	target, ok := d.Outbox.Target(in.To)
	if !ok || target.WriteOnly {
		return nil
	}
	session, err := target.Remote.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	entries, err := session.List(ctx, "")
	if err != nil && !remote.Definite(err) {
		return err
	}
	since := in.Run.StartedAt.Truncate(time.Minute) // some listings tell the minute and no more
	for _, e := range entries {
		if !e.Regular || !in.Named.MatchString(e.Name) || e.ModTime.Before(since) {
			continue
		}
		known, err := delivered(ctx, d, in.Run.Flow, session, e)
		if err != nil {
			return err
		}
		if !known {
			return fault.Of(run.ErrUsage, "%q on the remote is newer than run %s, and not known here: reject run %s, and run the flow again: %w", e.Name, in.Run.ID, in.Run.ID, flow.ErrSuperseded)
		}
	}
	return nil
}

// delivered reports whether a file on the remote is the one that was delivered under its name.
func delivered(ctx context.Context, d Deps, name string, session remote.Session, e remote.Entry) (bool, error) {
	last, err := d.Store.DeliveredAs(ctx, name, e.Name)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return false, nil
	case err != nil || !e.Holds(last.Bytes):
		return false, err
	}
	sum := sha256.New()
	_, err = session.Download(ctx, e.Name, remote.AtMost(sum, last.Bytes))
	_, other := errors.AsType[remote.OtherSizeError](err)
	switch {
	case remote.Definite(err):
		return true, nil // it may not be read
	case errors.Is(err, remote.ErrLonger):
		return false, nil
	case err != nil && !other:
		return false, err
	}
	return hex.EncodeToString(sum.Sum(nil)) == last.SHA256, nil
}
