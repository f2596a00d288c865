package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
)

// Explanation says why an employee is or is not in a file, column by column, or what an
// import does to them.
type Explanation struct {
	Run      string      `json:"run"`
	Flow     string      `json:"flow"`
	Slot     time.Time   `json:"slot,omitzero"`
	Outcome  run.Outcome `json:"outcome"`
	Employee int         `json:"employee_id,omitempty"`
	// Decision is an export's, Action and Set are those of an import.
	Decision export.Decision                `json:"decision,omitempty"`
	Action   plan.Action                    `json:"action,omitempty"`
	Set      map[string]plan.DocumentChange `json:"set,omitempty"`
	// Why is the decision in a sentence.
	Why     string            `json:"why"`
	File    string            `json:"file,omitempty"`
	Row     int               `json:"row,omitempty"`
	Columns []ExplainedColumn `json:"columns,omitempty"`
	Notes   []finding.Finding `json:"findings,omitempty"`

	// item is the place in the plan.
	item int
}

// ExplainedColumn is one cell of the employee's row.
type ExplainedColumn struct {
	Key    string        `json:"column"`
	Header string        `json:"header"`
	Level  profile.Level `json:"level"`
	From   []string      `json:"from"`
	// Value is nil when there is no row, or the file was purged.
	Value *string `json:"value,omitempty"`
}

// Explain says what the last run of a flow did with an employee, by login, e-mail, number
// or Lucca id. Several people may share a number.
func (a *App) Explain(ctx context.Context, flow, who string) ([]Explanation, error) {
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
	s, err := a.snapshot(ctx, id)
	if err != nil {
		return nil, err
	}
	path := "" // a run that was killed has no file on record
	if record.File != nil {
		path = plainFile(filepath.Join(a.config.Spool, record.ID), record.File)
	}
	return explain(record, *s, path, who)
}

func explain(record state.Record, s export.Snapshot, path, who string) ([]Explanation, error) {
	people := s.Find(who)
	if len(people) == 0 {
		return nil, fmt.Errorf("%w: Lucca lists nobody with this login, e-mail, number or id: left, outside the perimeter of the API key, or misspelt", ErrUsage)
	}
	out := make([]Explanation, 0, len(people))
	for _, p := range people {
		e := Explanation{
			Run: record.ID, Flow: record.Flow, Slot: record.Slot, Outcome: record.Outcome,
			Employee: p.ID, Decision: p.Decision, Why: why(p, record.Outcome), Row: p.Row, Notes: p.Notes,
		}
		var cells []string
		if p.Row > 0 && path != "" {
			e.File = filepath.Base(path)
			var err error
			if cells, err = nthRow(path, s.Dialect, p.Row); err != nil {
				return nil, err
			}
		}
		for i, c := range s.Columns {
			column := ExplainedColumn{Key: c.Key, Header: c.Header, Level: c.Level, From: c.From}
			if i < len(cells) {
				column.Value = &cells[i]
			}
			e.Columns = append(e.Columns, column)
		}
		out = append(out, e)
	}
	return out, nil
}

// why says the decision in a sentence.
func why(p export.Person, outcome run.Outcome) string {
	switch p.Decision {
	case export.Sent:
		in := fmt.Sprintf("in the file, on row %d", p.Row)
		switch outcome {
		case run.Done, run.Rejections:
			return in
		case run.Held:
			return in + "; but the run is held, and the file was not sent"
		default:
			return in + "; but the run did not end well, and the partner may have an older file"
		}
	case export.Rejected:
		return "not in the file: a required value is missing or unusable, see the findings"
	case export.Upcoming:
		return "not in the file: the contract starts later than population.upcoming_days allows"
	case export.Left:
		return fmt.Sprintf("not in the file: the contract ended on %s, longer ago than population.leavers_days allows", p.End)
	case export.Elsewhere:
		return "not in the file: works in an establishment that population.establishments does not name"
	case export.Gone:
		if p.End.IsZero() {
			return fmt.Sprintf("no longer in the file since %s: Lucca does not list this employee any more, and shows no end of contract", p.Since)
		}
		return fmt.Sprintf("no longer in the file since %s: Lucca does not list this employee any more; the contract ended on %s", p.Since, p.End)
	default:
		return string(p.Decision)
	}
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
