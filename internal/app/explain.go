package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/explain"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
)

// Explain says what the last run of a flow did with an employee, by login, e-mail, number
// or Lucca id. Several people may share a number.
func (a *App) Explain(ctx context.Context, flow, who string) ([]explain.Explanation, error) {
	f, err := a.flow(flow)
	if err != nil {
		return nil, err
	}
	if kind(f) != run.Export {
		return a.explainImport(ctx, flow, who)
	}
	none := fmt.Errorf("%w: no run of %s to explain: run it first, or with --dry-run --only", ErrUsage, flow)
	if a.store == nil {
		return nil, none
	}
	id, err := a.store.LastSnapshotRun(ctx, flow)
	if errors.Is(err, state.ErrNotFound) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	record, err := a.store.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	s, err := exports.SnapshotOf(ctx, a.store, id)
	if err != nil {
		return nil, err
	}
	var file explain.File // a run that was killed has none on record
	if record.File != nil {
		file = readBack(exports.PlainFile(filepath.Join(a.config.Spool, record.ID), record.File), s.Dialect)
	}
	return explain.Export(record.Run, s, file, who)
}

// readBack is a file that is read back row by row.
func readBack(path string, d tabular.Dialect) explain.File {
	return explain.File{Name: filepath.Base(path), Row: func(n int) ([]string, error) { return nthRow(path, d, n) }}
}

// nthRow reads one row back, counting from 1; nil when the file has been purged.
func nthRow(path string, d tabular.Dialect, n int) ([]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read back file: %w", err)
	}
	defer f.Close()
	r := tabular.NewReader(f, d)
	r.ReuseRecord = true
	for i := 1; ; i++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read back file: %w", err)
		}
		if i == n {
			return row, nil
		}
	}
}

// explainImport says what the last run of an import with a plan did to an employee.
func (a *App) explainImport(ctx context.Context, flow, who string) ([]explain.Explanation, error) {
	none := fmt.Errorf("%w: no run of %s to explain: run it first, or with --dry-run --only", ErrUsage, flow)
	if a.store == nil {
		return nil, none
	}
	kept, err := a.store.LastPlan(ctx, flow)
	if errors.Is(err, state.ErrNotFound) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	record, err := a.store.Run(ctx, kept.Run)
	if err != nil {
		return nil, err
	}
	stored, err := readPlan(kept, true)
	if err != nil {
		return nil, err
	}
	found, err := explain.Plan(record.Run, record.Findings, stored.plan, stored.people, who)
	if err != nil {
		return nil, err
	}
	rows, err := a.store.Rows(ctx, record.ID)
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i].Why += applied(record, found[i], rows)
	}
	return found, nil
}

// applied says how far an item has come.
func applied(record state.Record, e explain.Explanation, rows []apply.Outcome) string {
	if e.Action == plan.Unchanged || e.Action == plan.Reject {
		return ""
	}
	for _, r := range rows {
		if r.Item != e.Item {
			continue
		}
		switch r.Step {
		case apply.Applied:
			return "; applied at " + r.At.Local().Format("2006-01-02 15:04:05")
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
