package inspect

import (
	"context"
	"errors"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Difference says what is otherwise in the file of a run than in an earlier one of its flow.
type Difference = export.Difference

// Files are two files of an export, by their runs: ids, or unique beginnings or ends of ids.
type Files struct {
	Flow string
	// Run is that of the newer file; empty for the last that was made.
	Run string
	// Previous is that of the older one; empty for the last before it that was sent.
	Previous string
}

// Diff compares two files of an export. The error wraps run.ErrUsage where there is nothing to
// compare.
func (i Inspector) Diff(ctx context.Context, f Files) (Difference, error) {
	if f.Run == "" {
		last, err := lastFile(ctx, i, f.Flow)
		if err != nil {
			return Difference{}, err
		}
		f.Run = last
	}
	r, now, err := sentFile(ctx, i, f.Flow, f.Run)
	if err != nil {
		return Difference{}, err
	}
	if f.Previous == "" {
		if f.Previous, err = sentBefore(ctx, i, r); err != nil {
			return Difference{}, err
		}
	}
	old, then, err := sentFile(ctx, i, f.Flow, f.Previous)
	if err != nil {
		return Difference{}, err
	}
	was, err := keptFile(ctx, i, old, then)
	if err != nil {
		return Difference{}, err
	}
	is, err := keptFile(ctx, i, r, now)
	if err != nil {
		return Difference{}, err
	}
	d, err := export.Diff(was, is)
	d.Flow, d.Run, d.Previous = r.Flow, r.ID, old.ID
	return d, err
}

// lastFile is the last run of a flow that made a file.
func lastFile(ctx context.Context, i Inspector, flow string) (string, error) {
	if f, err := i.Config.Flow(flow); err != nil {
		return "", err
	} else if f.Export == nil {
		return "", fault.Of(run.ErrUsage, "%s makes no files: what an import changes, its plan says", flow)
	}
	none := fault.Of(run.ErrUsage, "%s has made no file yet", flow)
	if i.Store == nil {
		return "", none
	}
	id, err := i.Store.LastSnapshotRun(ctx, flow)
	if errors.Is(err, state.ErrNotFound) {
		return "", none
	}
	return id, err
}

// keptFile is what is known of the file of a run.
func keptFile(ctx context.Context, i Inspector, r state.Record, s export.Snapshot) (export.Kept, error) {
	k := export.Kept{Snapshot: s, Rows: i.Rows(r, s.Dialect)}
	if k.Rows != nil {
		return k, nil
	}
	b, err := i.Store.Cells(ctx, r.ID)
	if errors.Is(err, state.ErrNotFound) {
		return k, nil
	}
	if err == nil {
		k.Cells, err = export.DecodeCells(b)
	}
	return k, err
}

// sentFile is a run of a flow with what was remembered of its file.
func sentFile(ctx context.Context, i Inspector, flow, id string) (state.Record, export.Snapshot, error) {
	r, err := i.Run(ctx, id)
	if err != nil {
		return r, export.Snapshot{}, err
	}
	if r.Flow != flow {
		return r, export.Snapshot{}, fault.Of(run.ErrUsage, "run %s is of %s, not of %s", r.ID, r.Flow, flow)
	}
	s, err := snapshotOf(ctx, i, r.ID)
	if errors.Is(err, state.ErrNotFound) || err == nil && r.File == nil {
		return r, export.Snapshot{}, fault.Of(run.ErrUsage, "nothing is kept of a file of run %s: it made none, or retention.files took it", r.ID)
	}
	return r, s, err
}

// sentBefore is the last run of the flow before this one whose file was sent.
func sentBefore(ctx context.Context, i Inspector, r state.Record) (string, error) {
	runs, err := i.Store.Runs(ctx, state.Filter{Flow: r.Flow})
	if err != nil {
		return "", err
	}
	for _, before := range runs {
		if before.Sequence < r.Sequence && (before.Outcome == run.Done || before.Outcome == run.Rejections) {
			return before.ID, nil
		}
	}
	return "", fault.Of(run.ErrUsage, "no file of %s was sent before run %s", r.Flow, r.ID)
}
