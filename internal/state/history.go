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
func (l History) Run(ctx context.Context, id string) (record Record, err error) {
	err = l.read(ctx, "read run", func(ctx context.Context, tx *sql.Tx) error {
		record, err = loadRun(ctx, tx, id)
		return err
	})
	return record, err
}

// FindRun returns the one run whose id is, starts with or ends with part, with its
// findings. It returns ErrNotFound, or ErrAmbiguous when part fits several runs.
func (l History) FindRun(ctx context.Context, part string) (record Record, err error) {
	part = strings.ToLower(strings.TrimSpace(part))
	// No id holds anything else, and LIKE would take % and _ for wildcards.
	if part == "" || strings.Trim(part, "0123456789abcdef-") != "" {
		return Record{}, fmt.Errorf("find run %q: %w", part, ErrNotFound)
	}
	err = l.read(ctx, "find run", func(ctx context.Context, tx *sql.Tx) error {
		ids, err := collect(tx.QueryContext(ctx, `SELECT id FROM runs WHERE id LIKE $1 OR id LIKE $2 ORDER BY id DESC LIMIT 2`, part+"%", "%"+part))
		switch {
		case err != nil:
			return err
		case len(ids) == 0:
			return fmt.Errorf("run %q: %w", part, ErrNotFound)
		case len(ids) > 1:
			return fmt.Errorf("%q (such as %s): %w", part, strings.Join(ids, " and "), ErrAmbiguous)
		}
		record, err = loadRun(ctx, tx, ids[0])
		return err
	})
	return record, err
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
		//nolint:gosec // the conditions are those above
		query := `SELECT ` + runColumns + ` FROM runs ` + where + begun + ` ORDER BY sequence DESC LIMIT $1`
		rows, err := tx.QueryContext(ctx, query, args...)
		runs, err = scanAll(rows, err, scanRun)
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
	rows, err := tx.QueryContext(ctx, `SELECT severity, code, row_number, column_key, cell, message FROM findings WHERE run = $1 ORDER BY position`, id)
	record.Findings, err = scanAll(rows, err, scanFinding)
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

func scanText(row scanner) (s string, err error) {
	err = row.Scan(&s)
	return s, err
}

// collect reads a result of one text column.
func collect(rows *sql.Rows, err error) ([]string, error) {
	return scanAll(rows, err, scanText)
}

// scanInts reads a result of one column of integers.
func scanInts(rows *sql.Rows, err error) ([]int64, error) {
	return scanAll(rows, err, func(row scanner) (n int64, err error) {
		err = row.Scan(&n)
		return n, err
	})
}

// scanAll reads and closes a whole result.
func scanAll[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		all = append(all, one)
	}
	return all, errors.Join(rows.Err(), rows.Close())
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
	ends = make(map[string]map[run.Outcome]End)
	err = l.read(ctx, "count runs", func(ctx context.Context, tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(ctx, `SELECT flow, outcome, COUNT(*), MAX(finished_at) FROM runs WHERE state IN ('held', 'ended') GROUP BY flow, outcome`)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var flow string
			var outcome run.Outcome
			var end End
			var last sql.Null[int64]
			if err := rows.Scan(&flow, &outcome, &end.Count, &last); err != nil {
				return err
			}
			end.Last = instant(last)
			if ends[flow] == nil {
				ends[flow] = make(map[run.Outcome]End)
			}
			ends[flow][outcome] = end
		}
		return rows.Err()
	})
	return ends, err
}
