package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
)

// Filter chooses runs; its zero value chooses all.
type Filter struct {
	Flow    string
	Outcome run.Outcome
	// Since leaves out the runs that started before.
	Since time.Time
	// After is the id of a run: only those that began before it are chosen, which come after it in
	// a list. ErrNotFound where it is gone.
	After string
	// Limit is the largest number of runs; 0 means no limit.
	Limit int
}

const runColumns = `id, flow, kind, slot, outcome, reason, started_at, finished_at, facts, due_at, resumable, attempt, sequence`

// begun leaves out the runs that no process has taken: they wait in the queue, or were
// canceled there.
const begun = `attempt > 0`

// Run returns the run with this id and its findings, or ErrNotFound.
func (l History) Run(ctx context.Context, id string) (Record, error) {
	return get(ctx, l.handle, "read run", func(ctx context.Context, tx *sql.Tx) (Record, error) { return loadRun(ctx, tx, id) })
}

// FindRun returns the one run whose id is, starts with or ends with part, with its
// findings. It returns ErrNotFound, or ErrAmbiguous when part fits several runs.
func (l History) FindRun(ctx context.Context, part string) (Record, error) {
	part = strings.ToLower(strings.TrimSpace(part))
	// No id holds anything else, and LIKE would take % and _ for wildcards.
	if part == "" || strings.Trim(part, "0123456789abcdef-") != "" {
		return Record{}, fmt.Errorf("find run %q: %w", part, ErrNotFound)
	}
	return get(ctx, l.handle, "find run", func(ctx context.Context, tx *sql.Tx) (Record, error) {
		ids, err := selectAll(ctx, tx, value[string], `SELECT id FROM runs WHERE id LIKE $1 OR id LIKE $2 ORDER BY id DESC LIMIT 2`, part+"%", "%"+part)
		switch {
		case err != nil:
			return Record{}, err
		case len(ids) == 0:
			return Record{}, fmt.Errorf("run %q: %w", part, ErrNotFound)
		case len(ids) > 1:
			return Record{}, fmt.Errorf("%q (such as %s): %w", part, strings.Join(ids, " and "), ErrAmbiguous)
		}
		return loadRun(ctx, tx, ids[0])
	})
}

// Runs returns runs without their findings, the newest first, whatever the clock said when
// they began.
func (l History) Runs(ctx context.Context, filter Filter) (runs []Record, err error) {
	limit := int64(math.MaxInt64)
	if filter.Limit > 0 {
		limit = int64(filter.Limit)
	}
	err = l.read(ctx, "list runs", func(ctx context.Context, tx *sql.Tx) error {
		// A statement of its own for each filter, so that it can use the index of the flow.
		where, args := `WHERE `, []any{limit}
		and := func(condition string, value any) {
			args = append(args, value)
			where += fmt.Sprintf(condition+" AND ", len(args))
		}
		if filter.Flow != "" {
			and(`flow = $%d`, filter.Flow)
		}
		if filter.Outcome != "" {
			and(`outcome = $%d`, filter.Outcome)
		}
		if !filter.Since.IsZero() {
			and(`started_at >= $%d`, micros(filter.Since))
		}
		if filter.After != "" {
			var sequence int64
			err := tx.QueryRowContext(ctx, `SELECT sequence FROM runs WHERE id = $1`, filter.After).Scan(&sequence)
			if err != nil {
				return orNotFound(err, "run", filter.After)
			}
			and(`sequence < $%d`, sequence)
		}
		query := `SELECT ` + runColumns + ` FROM runs ` + where + begun + ` ORDER BY sequence DESC LIMIT $1`
		runs, err = selectAll(ctx, tx, scanRun, query, args...)
		return err
	})
	return runs, err
}

// loadRun reads a run with its findings.
func loadRun(ctx context.Context, tx *sql.Tx, id string) (Record, error) {
	record, err := readRun(ctx, tx, id)
	if err != nil {
		return Record{}, err
	}
	record.Findings, err = selectAll(ctx, tx, scanFinding, `SELECT severity, code, row_number, column_key, cell, message FROM findings WHERE run = $1 ORDER BY position`, id)
	return record, err
}

// readRun reads a run without its findings.
func readRun(ctx context.Context, tx *sql.Tx, id string) (Record, error) {
	record, err := scanRun(tx.QueryRowContext(ctx, `SELECT `+runColumns+` FROM runs WHERE id = $1`, id))
	return record, orNotFound(err, "run", id)
}

// scanner is a *sql.Row or a *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

func scanRun(row scanner) (record Record, err error) {
	var slot, stored string
	var started, finished, due sql.Null[int64]
	if err := row.Scan(&record.ID, &record.Flow, &record.Kind, &slot, &record.Outcome, &record.Reason, &started, &finished, &stored,
		&due, &record.Resumable, &record.Attempt, &record.Sequence); err != nil {
		return Record{}, err
	}
	record.StartedAt, record.FinishedAt, record.Scheduled = instant(started), instant(finished), due.Valid
	if record.Scheduled {
		record.Slot = instant(due)
	}
	if slot != "" {
		if record.Slot, err = time.Parse(time.RFC3339Nano, slot); err != nil {
			return Record{}, fmt.Errorf("run %q: slot: %w", record.ID, ErrDamaged)
		}
	}
	var f facts
	if err := json.Unmarshal([]byte(stored), &f); err != nil {
		return Record{}, fmt.Errorf("run %q: facts: %w", record.ID, ErrDamaged)
	}
	record.setFacts(f)
	return record, nil
}

func scanFinding(row scanner) (f finding.Finding, err error) {
	err = row.Scan(&f.Severity, &f.Code, &f.Row, &f.Column, &f.Cell, &f.Message)
	return f, err
}

// value is a row of one column.
func value[T any](row scanner) (v T, err error) {
	err = row.Scan(&v)
	return v, err
}

// querier is a transaction or, where that must not be, the database itself.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// selectAll is all that a query finds.
func selectAll[T any](ctx context.Context, in querier, scan func(scanner) (T, error), query string, args ...any) (all []T, err error) {
	rows, err := in.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// get is what a function finds on one consistent view of the state.
func get[T any](ctx context.Context, l *handle, what string, find func(context.Context, *sql.Tx) (T, error)) (found T, err error) {
	err = l.read(ctx, what, func(ctx context.Context, tx *sql.Tx) (err error) {
		found, err = find(ctx, tx)
		return err
	})
	return found, err
}

// named is a thing that may be missing, such as a run of this id.
type named struct{ what, name string }

// one is the row that a query finds in the state, or ErrNotFound.
func one[T any](ctx context.Context, l *handle, doing string, of named, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	return get(ctx, l, doing, func(ctx context.Context, tx *sql.Tx) (none T, err error) {
		found, err := scan(tx.QueryRowContext(ctx, query, args...))
		if err != nil {
			return none, orNotFound(err, of.what, of.name)
		}
		return found, nil
	})
}

// maybe is the first row that a query finds, if it finds one: none where there is no state yet.
func maybe[T any](ctx context.Context, l *handle, doing string, scan func(scanner) (T, error), query string, args ...any) (first T, ok bool, err error) {
	if l == nil {
		return first, false, nil
	}
	found, err := list(ctx, l, doing, scan, query, args...)
	if err != nil || len(found) == 0 {
		return first, false, err
	}
	return found[0], true, nil
}

// list is all that one query finds in the state.
func list[T any](ctx context.Context, l *handle, what string, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	return get(ctx, l, what, func(ctx context.Context, tx *sql.Tx) ([]T, error) {
		return selectAll(ctx, tx, scan, query, args...)
	})
}

// noneNotFound names what a statement changed no row of.
func noneNotFound(n int64, err error, what, name string) error {
	if err == nil && n == 0 {
		return fmt.Errorf("%s %q: %w", what, name, ErrNotFound)
	}
	return err
}

// orNotFound names what a query found no row for.
func orNotFound(err error, what, name string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s %q: %w", what, name, ErrNotFound)
	}
	return err
}

// End is how often runs of a flow ended with an outcome, and when the last of them did.
type End struct {
	Count int
	Last  time.Time
}

// Ends counts the runs that have ended, by flow and outcome.
func (l History) Ends(ctx context.Context) (ends map[string]map[run.Outcome]End, err error) {
	type group struct {
		End
		flow    string
		outcome run.Outcome
	}
	groups, err := list(ctx, l.handle, "count runs", func(row scanner) (g group, err error) {
		var last sql.Null[int64]
		err = row.Scan(&g.flow, &g.outcome, &g.Count, &last)
		g.Last = instant(last)
		return g, err
	}, `SELECT flow, outcome, COUNT(*), MAX(finished_at) FROM runs WHERE state IN ('held', 'ended') GROUP BY flow, outcome`)
	ends = make(map[string]map[run.Outcome]End)
	for _, g := range groups {
		if ends[g.flow] == nil {
			ends[g.flow] = make(map[run.Outcome]End)
		}
		ends[g.flow][g.outcome] = g.End
	}
	return ends, err
}
