package inspect

import (
	"context"
	"errors"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Explain says what the last run of a flow did with an employee, by login, e-mail, number
// or Lucca id. Several people may share a number.
func (i Inspector) Explain(ctx context.Context, flow, who string) ([]explain.Explanation, error) {
	f, err := i.Config.Flow(flow)
	if err != nil {
		return nil, err
	}
	if i.Store == nil {
		return nil, nothingToExplain(flow)
	}
	say := explainPlan
	if f.Kind() == run.Export {
		say = explainExport
	}
	found, err := say(ctx, i, flow, who)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nothingToExplain(flow)
	}
	return found, err
}

func nothingToExplain(flow string) error {
	return fault.Of(run.ErrUsage, "no run of %s to explain: run it first, or with --dry-run --only", flow)
}

// snapshotOf is what is kept of the file of an export. state.ErrNotFound: nothing is.
func snapshotOf(ctx context.Context, i Inspector, id string) (export.Snapshot, error) {
	kept, err := i.Store.Snapshot(ctx, id)
	if err != nil {
		return export.Snapshot{}, err
	}
	return export.DecodeSnapshot(kept)
}

func explainExport(ctx context.Context, i Inspector, flow, who string) ([]explain.Explanation, error) {
	id, err := i.Store.LastSnapshotRun(ctx, flow)
	if err != nil {
		return nil, err
	}
	record, err := i.Store.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	s, err := snapshotOf(ctx, i, id)
	if err != nil {
		return nil, err
	}
	var file explain.File // a run that was killed has none on record
	if record.File != nil {
		file = i.File(record, s.Dialect)
	}
	return explain.Export(record.Run, s, file, who)
}

func explainPlan(ctx context.Context, i Inspector, flow, who string) ([]explain.Explanation, error) {
	kept, err := i.Store.LastPlan(ctx, flow)
	if err != nil {
		return nil, err
	}
	record, err := i.Store.Run(ctx, kept.Run)
	if err != nil {
		return nil, err
	}
	p, err := i.Plan(kept, true)
	if err != nil {
		return nil, err
	}
	found, err := explain.Plan(record.Run, record.Findings, p.Plan, p.People, who)
	if err != nil {
		return nil, err
	}
	rows, err := i.Store.Rows(ctx, record.ID)
	if err != nil {
		return nil, err
	}
	for n := range found {
		found[n].Why += applied(i, record, found[n], rows)
	}
	return found, nil
}

// settled reports whether there is nothing to apply.
func settled(e explain.Explanation) bool {
	return e.Action == plan.Unchanged || e.Action == plan.Reject
}

// applied says how far an item has come.
func applied(i Inspector, record state.Record, e explain.Explanation, rows []apply.Outcome) string {
	if settled(e) {
		return ""
	}
	for _, r := range rows {
		if r.Item != e.Item {
			continue
		}
		switch r.Step {
		case apply.Applied:
			return "; applied at " + r.At.In(i.Config.Zone()).Format("2006-01-02 15:04:05 MST")
		case apply.Refused, apply.Skipped:
			return "; not applied: " + r.Message
		default:
			return "; it is not known yet whether Lucca applied it: the next run of the flow asks"
		}
	}
	if record.Outcome == run.Held {
		return "; but the run is held, and nothing was applied"
	}
	return "; not applied"
}
