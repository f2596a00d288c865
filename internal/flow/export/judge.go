package export

import (
	"context"
	"errors"
	"fmt"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
)

// verdict is what is said of a file before it is sent: it is held when one of the limits is.
type verdict struct {
	Limits []run.Limit
	// Findings are those about people who are in it no more.
	Findings []finding.Finding
	// Gone are the people of whom Lucca says nothing any more: with the file, they are known
	// to the next run.
	Gone []export.Person
	// People are those whom it has otherwise than the last file; nil before the first.
	People *run.People
}

// made is the file at hand.
type made struct {
	file     *export.File
	snapshot export.Snapshot
	cells    *export.Cells
}

// previous is what is known of the file that the partner has: nothing before the first.
type previous struct {
	snapshot *export.Snapshot
	// cells are nil where the program that made the file did not keep them.
	cells *export.Cells
	// run is the one that sent it.
	run string
	// of tells for each establishment, where there is a file for each, in which run the partner was
	// sent the last one.
	of map[int]string
	// forgotten: the partner has a file, or one of its parts, of which nothing is kept any more.
	forgotten bool
}

// judge compares the file with the last one that was delivered, and measures it against the
// limits.
func judge(ctx context.Context, client Lucca, in Input, m made, last previous) (verdict, error) {
	ctx, end := step.Begin(ctx, step.Compare)
	defer end()
	comparison, err := compare(ctx, client, m, last)
	if err != nil {
		return verdict{}, err
	}
	var v verdict
	v.Limits, v.Findings = in.Limits.Judge(m.file, comparison)
	if l, ok := olderDay(in, last); ok {
		v.Limits = append(v.Limits, l)
	}
	if last.forgotten {
		v.Limits = append(v.Limits, run.Limit{
			Name: "last_file", Value: "0", Bound: "1", Held: true,
			Reason: "nothing is kept any more of what the partner was sent last, so that nobody knows who left since: look at the file, then approve",
		})
	}
	if last.snapshot != nil {
		v.Limits = append(v.Limits, judgeParts(in, m, last)...)
	}
	if comparison != nil {
		v.Findings, v.Gone = append(comparison.Findings(), v.Findings...), comparison.Gone
		v.People = new(comparison.Moved())
	}
	return v, nil
}

// judgeParts measures the files of establishments, and whether there is to be one for each as in
// the last run.
func judgeParts(in Input, m made, last previous) []run.Limit {
	was, is := len(last.snapshot.Parts) > 0, in.Split != ""
	if was != is {
		shape := map[bool]string{true: "one file for each establishment", false: "one file"}
		return []run.Limit{{
			Name: "split", Value: shape[is], Bound: shape[was], Held: true,
			Reason: fmt.Sprintf("the partner had %s, and is to get %s: tell them first, then approve", shape[was], shape[is]),
		}}
	}
	return in.Limits.JudgeParts(m.file, m.snapshot, *last.snapshot, valuesOf(m, last))
}

// olderDay holds a file of a day before the one of the file that the partner has: whoever came
// since would be gone there. What a clock that was ahead has sent is no such day.
func olderDay(in Input, last previous) (run.Limit, bool) {
	day := in.Roster.Day
	if last.snapshot == nil || !day.Before(last.snapshot.Day) || !day.Before(roster.DateOf(in.Run.StartedAt.In(in.Run.Slot.Location()))) {
		return run.Limit{}, false
	}
	return run.Limit{
		Name: "older_day", Value: day.String(), Bound: last.snapshot.Day.String(), Held: true,
		Reason: fmt.Sprintf("the file is of %s, and the partner has that of %s: sent now, it would undo what came since", day, last.snapshot.Day),
	}, true
}

// compare returns nil when there is nothing to compare the file with.
func compare(ctx context.Context, client Lucca, m made, last previous) (*export.Comparison, error) {
	if last.snapshot == nil {
		return nil, nil
	}
	var ends map[int]roster.Date
	if gone := export.Vanished(*last.snapshot, m.file, m.snapshot.Day); len(gone) > 0 {
		var err error
		if ends, err = client.Status(ctx, gone); err != nil {
			return nil, fmt.Errorf("ask what became of %d employees: %w", len(gone), err)
		}
	}
	c := export.Compare(*last.snapshot, m.snapshot, ends)
	if last.cells != nil {
		changes := m.cells.ChangesFrom(last.cells)
		c.Values = &changes
	}
	return &c, nil
}

// lastDelivered returns what is known of the file that the partner has.
func lastDelivered(ctx context.Context, d Deps, flow string) (last previous, err error) {
	if d.Store == nil {
		return last, nil
	}
	sent, err := d.Store.LastDelivery(ctx, flow)
	if errors.Is(err, state.ErrNotFound) {
		return last, nil
	}
	if err != nil {
		return last, err
	}
	return atPartner(ctx, d, sent.Run)
}
