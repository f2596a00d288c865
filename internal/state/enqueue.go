package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/run"
)

// Enqueue queues a run of the flow that no schedule asked for, and returns its id. When
// one waits already it returns that one's id and ErrAlreadyQueued: it will see whatever
// this one was to see.
func (q *Queue) Enqueue(ctx context.Context, name string) (id string, err error) {
	return q.Request(ctx, Request{Flow: name})
}

// Request asks for a run of a flow that no schedule asked for.
type Request struct {
	Flow string
	// ID is that of the run, which is then a new one, whatever waits: it has something of its
	// own to do, such as a file. Empty: one that waits will do.
	ID string
	// Act is put on record with the run, unless it is zero.
	Act audit.Entry
	// Key names the request among those of whoever acts: a second one with the same key, within
	// a day, is the first one again. Empty: each is one of its own.
	Key string
}

// keyedFor is for how long a key is remembered, of those in the audit.
const keyedFor = 24 * time.Hour

// Errors of requests with a key.
var (
	// ErrRepeated: the request is one that was made before, whose run was returned.
	ErrRepeated = errors.New("the request was made before")
	// ErrKeyUsed: the key is that of a request for something else.
	ErrKeyUsed = errors.New("the key is that of another request within the last day")
)

// Request queues a run with the act that asked for it, and returns its id. It returns the id of
// an earlier run with ErrAlreadyQueued, or with ErrRepeated and then without another act on
// record: nothing was queued. Other errors: ErrUnknownFlow, ErrKeyUsed.
func (q *Queue) Request(ctx context.Context, r Request) (id string, err error) {
	flow, ok := q.times.flow(r.Flow)
	if !ok {
		return "", fmt.Errorf("enqueue flow %q: %w", r.Flow, ErrUnknownFlow)
	}
	return q.store.Jobs().request(ctx, flow, r)
}

func (l Jobs) request(ctx context.Context, flow Flow, r Request) (id string, err error) {
	now, err := l.now(ctx)
	if err != nil {
		return "", fmt.Errorf("enqueue flow %q: %w", flow.Name, err)
	}
	var before error
	err = l.write(ctx, fmt.Sprintf("enqueue flow %q", flow.Name), func(ctx context.Context, tx *sql.Tx) error {
		if id, before, err = earlier(ctx, tx, r, now); err != nil || errors.Is(before, ErrRepeated) {
			return err
		}
		if before == nil {
			if id = r.ID; id == "" {
				id = run.NewID(now)
			}
			if err := l.queueRun(ctx, tx, id, flow, now, time.Time{}); err != nil {
				return err
			}
		}
		if r.Act.Act == "" {
			return nil
		}
		r.Act.Flow, r.Act.Run, r.Act.Note = flow.Name, id, r.note()
		return record(ctx, tx, r.Act)
	})
	if err == nil && before != nil {
		err = fmt.Errorf("enqueue flow %q: %w", flow.Name, before)
	}
	return id, err
}

// note is what the line of the audit says of a request: its key is found there again.
func (r Request) note() string {
	if r.Key == "" {
		return r.Act.Note
	}
	return keyNote + r.Key
}

const keyNote = "key "

// earlier finds the run that will do for a request, and says why it does.
func earlier(ctx context.Context, tx *sql.Tx, r Request, now time.Time) (id string, why, err error) {
	if r.Key != "" {
		found, err := selectAll(ctx, tx, scanLine, `SELECT `+auditColumns+` FROM audit WHERE who = $1 AND note = $2 AND at > $3 ORDER BY sequence LIMIT 1`,
			plain(r.Act.Who), plain(r.note()), now.Add(-keyedFor).UnixMicro())
		switch {
		case err != nil:
			return "", nil, err
		case len(found) == 0:
		case found[0].Act != r.Act.Act || found[0].Flow != r.Flow || found[0].Hash != r.Act.Hash:
			return "", nil, ErrKeyUsed
		default:
			return found[0].Run, ErrRepeated, nil
		}
	}
	if r.ID != "" {
		return "", nil, nil
	}
	waiting, err := selectAll(ctx, tx, value[string], `SELECT id FROM runs
		WHERE flow = $1 AND state = 'queued' ORDER BY queued_at, id LIMIT 1`, r.Flow)
	if err != nil || len(waiting) == 0 {
		return "", nil, err
	}
	return waiting[0], ErrAlreadyQueued, nil
}

// queueRun adds a run and its job. A zero due is that of a run that no schedule asked for.
func (l Jobs) queueRun(ctx context.Context, tx *sql.Tx, id string, flow Flow, now, due time.Time) error {
	slot := due
	if slot.IsZero() {
		slot = now.Truncate(time.Second)
	}
	place, err := next(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO runs (id, flow, kind, slot, state, outcome, reason, started_at, active_since, pid, host, facts,
			due_at, resumable, attempt, queued_at, sequence)
		VALUES ($1, $2, $3, $4, 'queued', '', '', $5, $5, 0, '', '{}', $6, TRUE, 0, $5, $7)`,
		id, flow.Name, flow.Kind, slot.In(flow.zone()).Format(time.RFC3339Nano), micros(now), micros(due), place); err != nil {
		return err
	}
	return l.insertJob(ctx, tx, id)
}

// Cancel takes a run out of the queue that waits there, or asks whoever has it to end it,
// which Watch tells them. One that was begun and waits to be continued is continued, to end
// what is half done. The acts are on record with it. Errors: ErrEnded when the run is not at work (a held one is to be
// rejected), ErrNotFound.
func (l Jobs) Cancel(ctx context.Context, id string, acts ...audit.Entry) error {
	now, err := l.now(ctx)
	if err != nil {
		return fmt.Errorf("cancel run: %w", err)
	}
	return l.write(ctx, "cancel run", func(ctx context.Context, tx *sql.Tx) error {
		if err := l.cancel(ctx, tx, id, now); err != nil {
			return err
		}
		return recordAll(ctx, tx, acts)
	})
}

func (l Jobs) cancel(ctx context.Context, tx *sql.Tx, id string, now time.Time) error {
	var state string
	var attempt int
	var job sql.Null[int64]
	err := tx.QueryRowContext(ctx, `SELECT state, attempt, job FROM runs WHERE id = $1`, id).Scan(&state, &attempt, &job)
	switch {
	case err != nil:
		return orNotFound(err, "run", id)
	case state == stateHeld || state == stateEnded:
		return fmt.Errorf("run %q: %w", id, ErrEnded)
	case state == stateQueued && attempt == 0:
		if _, err := tx.ExecContext(ctx, `UPDATE runs SET state = 'ended', outcome = 'canceled', reason = $2, finished_at = $3, cancel_requested = TRUE
			WHERE id = $1`, id, ErrCanceled.Error(), micros(now)); err != nil {
			return err
		}
		return l.removeJob(ctx, tx, job)
	}
	_, err = tx.ExecContext(ctx, `UPDATE runs SET cancel_requested = TRUE WHERE id = $1`, id)
	return err
}

// now is the clock that slots are measured by.
func (l *handle) now(ctx context.Context) (time.Time, error) {
	now, err := l.store.now(ctx, l.reads)
	if err != nil {
		return now, fmt.Errorf("read clock: %w", l.explain(ctx, "read clock", err))
	}
	return now, nil
}

// Passes reports whether a run that stopped on an error is to go on later: the process stops,
// or lost its contact with the others, or the state could not be used for a reason that
// passes. A run can be continued from wherever its journals end, so that it need not fail for
// that.
func Passes(ctx context.Context, err error) bool {
	return given(ctx) || Unusable(err) || errors.Is(err, ErrBusy) || errors.Is(err, ErrUnknownFlow)
}

// Unusable reports whether an error is one of the state, for a reason that passes.
func Unusable(err error) bool {
	return errors.Is(err, ErrFull) || errors.Is(err, ErrLocked) || errors.Is(err, ErrUnreachable)
}

// given reports whether a run is to be given back to the queue whatever comes of it.
func given(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, ErrStopping) || errors.Is(cause, ErrLost)
}
