package imports

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// judge measures the plan. It also holds a file that is older than the last one that was
// applied: what it says was so before; and one that may have been cut, as only the files before
// it show.
func judge(ctx context.Context, t task, p change.Planned, file inbox.File) (change.Verdict, error) {
	last, err := lastApplied(ctx, t)
	if err != nil {
		return change.Verdict{}, err
	}
	before := change.Previous{First: last == nil}
	if last != nil {
		before.Rows = last.Rows.Read
	}
	if last != nil && t.Change.Policy.Mode == plan.Full {
		if before.People, err = lastPeople(ctx, t, last.ID); err != nil {
			return change.Verdict{}, err
		}
	}
	if before.Cautious, err = change.Caution(ctx, t.change(), t.Run.Flow, p); err != nil {
		return change.Verdict{}, err
	}
	v := change.Judge(p, t.Change, before)
	if last == nil {
		return v, nil
	}
	if file.Unclosed && !last.File.Unclosed {
		v = v.Hold(run.Limit{Name: "last_line", Value: "no line end", Bound: "one, as in run " + last.ID},
			"the last row has no line end, as it had in the file of run "+last.ID+": the file may have been cut inside its last cell")
	}
	reason, err := older(ctx, t, file, last)
	if reason != "" {
		v = v.Hold(run.Limit{Name: "order", Value: "older", Bound: "newer than run " + last.ID}, reason)
	}
	return v, err
}

// lastPeople are those who were in the file of the last run that applied one: also when its plan
// is no longer kept.
func lastPeople(ctx context.Context, t task, id string) ([]int, error) {
	ids, err := change.PeopleOf(ctx, t.Store, id)
	if err != nil || ids != nil {
		return ids, err
	}
	kept, err := t.Store.LastFile(ctx, t.Run.Flow)
	return slices.Sorted(maps.Keys(kept)), err
}

// lastApplied returns the run that last applied a whole file of the flow, of which the file and the
// rows are known; nil before the first.
func lastApplied(ctx context.Context, t task) (*state.Record, error) {
	if t.Store == nil {
		return nil, nil
	}
	last, err := t.Store.LastApplied(ctx, t.Run.Flow)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	return &last, err
}

// older says why a file is older than that of a run: by the dates in their names, else by
// their times. Listings of some servers are an hour off when clocks change.
func older(ctx context.Context, t task, file inbox.File, last *state.Record) (string, error) {
	byName, err := byDate(ctx, t, file, last)
	if err != nil {
		return "", err
	}
	if byName != nil {
		if earlier, _ := pickup.Older(file.Name, byName.File.Name); !earlier {
			return "", nil
		}
		return fmt.Sprintf("the file is of %s by its name, older than that of %s, which run %s applied", dayOf(file.Name), dayOf(byName.File.Name), byName.ID), nil
	}
	if !file.Picked() {
		return "", nil
	}
	p, err := t.Store.PickupOf(ctx, last.ID)
	if errors.Is(err, state.ErrNotFound) {
		return "", nil
	}
	if err != nil || !file.ModTime().Before(p.ModTime.Add(-time.Hour)) {
		return "", err
	}
	return fmt.Sprintf("the file is older than the one that run %s applied, by the time that the server states", last.ID), nil
}

// lookedBack is how many runs are asked for a file with a date in its name, where the last one
// had none.
const lookedBack = 100

// byDate returns the run that last applied a file whose name tells which of the two is older;
// nil where none does.
func byDate(ctx context.Context, t task, file inbox.File, last *state.Record) (*state.Record, error) {
	if _, known := pickup.Older(file.Name, last.File.Name); known {
		return last, nil
	}
	if _, dated := pickup.Named(file.Name); !dated {
		return nil, nil
	}
	runs, err := t.Store.Runs(ctx, state.Filter{Flow: t.Run.Flow, Limit: lookedBack})
	if err != nil {
		return nil, err
	}
	for i := range runs {
		r := &runs[i]
		if r.File == nil || r.Outcome != run.Done && r.Outcome != run.Rejections {
			continue
		}
		if _, known := pickup.Older(file.Name, r.File.Name); known {
			return r, nil
		}
	}
	return nil, nil
}

// dayOf is the date in the name of a file, of a month or a week its first day.
func dayOf(name string) string {
	at, _ := pickup.Named(name)
	return at.Format(time.DateOnly)
}

// overtake says what to do about the older files that are held: their rows can no longer be
// approved, and those of a delta file are in no later one.
func overtake(ctx context.Context, t task, r *flow.Result) error {
	runs, err := t.Store.Runs(ctx, state.Filter{Flow: t.Run.Flow})
	if err != nil {
		return err
	}
	for _, older := range runs {
		newer := t.Run.Sequence > 0 && older.Sequence > t.Run.Sequence // a run that began just now is the newest
		if older.Outcome != run.Held || older.ID == t.Run.ID || newer {
			continue
		}
		r.Warn("overtaken", fmt.Sprintf("run %s holds an older file, which can no longer be approved: %s", older.ID, t.overtaken(older)))
	}
	return nil
}

// overtaken says what to do about a held file after a newer one was applied.
func (t task) overtaken(held state.Record) string {
	return explain.Overtaken(held.Run, t.Change.Policy.Mode == plan.Full, true)
}
