package state

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/schedule"
)

// Pause says that nothing of a flow runs by itself: its slots pass without a run, and what
// waits in the queue goes on waiting. A run at work ends as ever.
type Pause struct {
	Flow  string
	Since time.Time
	// Until is when it ends by itself; zero: when somebody resumes the flow.
	Until time.Time
	// Who is an account, Reason its own words.
	Who, Reason string
}

// at reports whether the pause is on at an instant.
func (p Pause) at(now time.Time) bool {
	return !p.Since.IsZero() && (p.Until.IsZero() || now.Before(p.Until))
}

// covers reports whether a slot is one of those that pass without a run.
func (p Pause) covers(slot time.Time) bool { return p.at(slot) && !slot.Before(p.Since) }

// next is the first slot that has a run; zero: there is none before somebody resumes the flow.
func (p Pause) next(slots schedule.Schedule, now time.Time) time.Time {
	switch {
	case !p.at(now):
		return slots.Next(now)
	case p.Until.IsZero():
		return time.Time{}
	}
	return slots.Next(p.Until.Add(-time.Nanosecond))
}

// Pauses keeps which flows are paused.
type Pauses struct{ store *Store }

// Pauses returns them.
func (l *Store) Pauses() Pauses { return Pauses{l} }

// Begin pauses a flow, or says anew until when and why of one that is paused, and puts the act
// on record.
func (t Pauses) Begin(ctx context.Context, p Pause, act audit.Entry) error {
	return t.store.write(ctx, "pause flow", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO pauses (flow, since, ends, who, reason) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (flow) DO UPDATE SET since = excluded.since, ends = excluded.ends, who = excluded.who, reason = excluded.reason`,
			p.Flow, micros(p.Since), micros(p.Until), plain(p.Who), plain(p.Reason)); err != nil {
			return err
		}
		return record(ctx, tx, act)
	})
}

// End resumes a flow, and puts the act on record. ErrNotFound: it is not paused.
func (t Pauses) End(ctx context.Context, flow string, act audit.Entry) error {
	now, err := t.store.now(ctx)
	if err != nil {
		return err
	}
	return t.store.write(ctx, "resume flow", func(ctx context.Context, tx *sql.Tx) error {
		paused, err := readPauses(ctx, tx, now)
		if err != nil {
			return err
		}
		if _, ok := paused[flow]; !ok {
			return orNotFound(sql.ErrNoRows, "paused flow", flow)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM pauses WHERE flow = $1`, flow); err != nil {
			return err
		}
		// Where no daemon was up, the slots of the pause are settled by nobody yet.
		if _, err := tx.ExecContext(ctx, `UPDATE schedules SET horizon = $2 WHERE flow = $1 AND horizon < $2`, flow, micros(now)); err != nil {
			return err
		}
		return record(ctx, tx, act)
	})
}

// Now lists the flows that are paused now, by name.
func (t Pauses) Now(ctx context.Context) (map[string]Pause, error) {
	now, err := t.store.now(ctx)
	if err != nil {
		return nil, err
	}
	return get(ctx, t.store.handle, "read pauses", func(ctx context.Context, tx *sql.Tx) (map[string]Pause, error) { return readPauses(ctx, tx, now) })
}

const pauseColumns = `flow, since, ends, who, reason`

// lastPause is the pause of a flow, on or over; zero: it had none since it was last resumed.
func lastPause(ctx context.Context, tx *sql.Tx, flow string) (Pause, error) {
	p, err := scanPause(tx.QueryRowContext(ctx, `SELECT `+pauseColumns+` FROM pauses WHERE flow = $1`, flow))
	if errors.Is(err, sql.ErrNoRows) {
		return Pause{}, nil
	}
	return p, err
}

func scanPause(row scanner) (p Pause, err error) {
	var since, until sql.Null[int64]
	err = row.Scan(&p.Flow, &since, &until, &p.Who, &p.Reason)
	p.Since, p.Until = instant(since), instant(until)
	return p, err
}

func readPauses(ctx context.Context, tx *sql.Tx, now time.Time) (map[string]Pause, error) {
	all, err := selectAll(ctx, tx, scanPause, `SELECT `+pauseColumns+` FROM pauses`)
	paused := make(map[string]Pause, len(all))
	for _, p := range all {
		if p.at(now) {
			paused[p.Flow] = p
		}
	}
	return paused, err
}
