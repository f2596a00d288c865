package export

import (
	"context"
	"errors"
	"fmt"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/state"
)

// Verdict is what is said of a file before it is sent: it is held when one of the limits is.
type Verdict struct {
	Limits []limit.Limit
	// Findings are those about people who are in it no more.
	Findings []finding.Finding
	// Gone are the people of whom Lucca says nothing any more: with the file, they are known
	// to the next run.
	Gone []export.Person
}

// judge compares the file with the last one that was delivered, and measures it against the
// limits.
func judge(ctx context.Context, d Deps, client Lucca, in Input, file *export.File, s export.Snapshot) (Verdict, error) {
	comparison, err := compare(ctx, d, client, in, file, s)
	if err != nil {
		return Verdict{}, err
	}
	v := Verdict{Limits: in.Limits.Judge(file, comparison)}
	if comparison != nil {
		v.Findings, v.Gone = comparison.Findings(), comparison.Gone
	}
	return v, nil
}

// compare returns nil when there is nothing to compare the file with.
func compare(ctx context.Context, d Deps, client Lucca, in Input, file *export.File, s export.Snapshot) (*export.Comparison, error) {
	last, err := lastDelivered(ctx, d, in.Run.Flow)
	if last == nil || err != nil {
		return nil, err
	}
	var ends map[int]roster.Date
	if gone := export.Vanished(*last, file, s.Day); len(gone) > 0 {
		if ends, err = client.Status(ctx, gone); err != nil {
			return nil, fmt.Errorf("ask what became of %d employees: %w", len(gone), err)
		}
	}
	c := export.Compare(*last, s, ends)
	return &c, nil
}

// lastDelivered returns the snapshot of the file that the partner has, or nil before the first.
func lastDelivered(ctx context.Context, d Deps, flow string) (*export.Snapshot, error) {
	if d.Store == nil {
		return nil, nil
	}
	last, err := d.Store.LastDelivery(ctx, flow)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := SnapshotOf(ctx, d.Store, last.Run)
	return &s, err
}
