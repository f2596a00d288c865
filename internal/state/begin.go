package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/run"
)

// The states of a run, of which each has one. A run that is approved is running and keeps
// the outcome Held until the approval ends, so that its death leads back there.
const (
	stateQueued  = "queued"  // waits for its turn, or to be continued
	stateRunning = "running" // a process has it, or had it when it died
	stateHeld    = "held"    // waits for a person
	stateEnded   = "ended"   // has its final outcome
)

// endState is the state of a run with this outcome.
func endState(o run.Outcome) string {
	if o == run.Held {
		return stateHeld
	}
	return stateEnded
}

// Begin takes the flow of run, which it keeps until Finish, and records run as at work, and the
// acts that began it.
// ID, Flow, Kind and StartedAt are required. It returns a *BusyError (ErrBusy) when the
// flow has a run at work in a living process, ErrSlotTaken when a Scheduled run is not the
// first of its slot.
//
// Interrupted are the runs of the flow that a dead process left behind (at most one can
// be), as they were now marked: failed, or where the process was at an approval, held
// again, or done when the file had arrived. They are for logs and notifications; what to
// recover is what UnfinishedDeliveries says, after every Begin and Claim. They may come
// beside an error.
func (l Runs) Begin(ctx context.Context, record Record, acts ...audit.Entry) (interrupted []Record, err error) {
	if err := record.checkBegin(); err != nil {
		return nil, err
	}
	return l.occupy(ctx, record.Flow, record.ID, record.StartedAt, "begin run", func(ctx context.Context, tx *sql.Tx) error {
		if err := insertRun(ctx, tx, &record); err != nil {
			return err
		}
		return recordAll(ctx, tx, acts)
	})
}

// Claim takes a held run for approval, and its flow until Finish, which must then end the
// run as Done, Rejections or Failed, or put it back to Held. Of several processes that
// claim a run, one succeeds, and its acts are on record. It returns the run with its findings;
// interrupted is as for Begin. Errors: ErrNotFound, ErrNotHeld, ErrBusy, and ErrOtherPlan where
// an act is about another hash than the run has.
func (l Runs) Claim(ctx context.Context, id string, at time.Time, acts ...audit.Entry) (record Record, interrupted []Record, err error) {
	record, err = History(l).Run(ctx, id)
	if err != nil {
		return Record{}, nil, err
	}
	if record.Outcome != run.Held {
		return Record{}, nil, notHeld(id, record.Outcome)
	}
	interrupted, err = l.occupy(ctx, record.Flow, id, at, "claim run", func(ctx context.Context, tx *sql.Tx) error {
		if err := claimHeld(ctx, tx, id, at); err != nil {
			return err
		}
		if record, err = loadRun(ctx, tx, id); err != nil {
			return err
		}
		if err := checkHash(ctx, tx, acts...); err != nil {
			return err
		}
		return recordAll(ctx, tx, acts)
	})
	if err != nil {
		return Record{}, interrupted, err
	}
	return record, interrupted, nil
}

// occupy takes the lock of a flow, settles what a dead process left of it, and records
// by enter that the run is at work. What was settled stays so when enter fails.
func (l Runs) occupy(ctx context.Context, flow, run string, at time.Time, what string, enter func(context.Context, *sql.Tx) error) (interrupted []Record, err error) {
	lock, err := l.lockFlow(ctx, flow)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	mine := held{lock: lock}
	if interrupted, err = l.settle(ctx, flow, run, at, everyRun); err == nil {
		err = l.write(ctx, what, func(ctx context.Context, tx *sql.Tx) error {
			if err := enter(ctx, tx); err != nil {
				return err
			}
			return tx.QueryRowContext(ctx, `SELECT attempt FROM runs WHERE id = $1`, run).Scan(&mine.attempt)
		})
	}
	if err != nil {
		return interrupted, errors.Join(err, lock.unlock())
	}
	l.mine.add(run, mine)
	return interrupted, nil
}

// Finish gives a run that this Store began or claimed its outcome, with all that the
// run document holds, and lets go of its flow. It ignores the cancellation of ctx. After
// an error the run is still at work, and Finish may be called again, unless it is ErrEnded
// (the run has an outcome) or ErrLost (another process has taken it since): these let go
// of the flow, too. Other errors: ErrNotFound, ErrBusy when another process has the run.
func (l Runs) Finish(ctx context.Context, record Record) error {
	if err := record.checkFinish(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	err := l.write(ctx, "finish run", func(ctx context.Context, tx *sql.Tx) error {
		if err := l.checkAtWork(ctx, tx, &record); err != nil {
			return err
		}
		return endRun(ctx, tx, &record)
	})
	switch {
	case err == nil:
		return l.mine.letGo(record.ID)
	// There is nothing left to do for it here. The first Finish may have come through
	// though its answer did not.
	case errors.Is(err, ErrEnded), errors.Is(err, ErrLost):
		return errors.Join(err, l.mine.letGo(record.ID))
	}
	return err
}

// checkAtWork says why a run cannot be ended here and in this way.
func (l Runs) checkAtWork(ctx context.Context, tx *sql.Tx, record *Record) error {
	state, outcome, err := runState(ctx, tx, record.ID)
	_, ok := l.mine.of(record.ID)
	switch {
	case err != nil:
		return err
	case state == stateHeld || state == stateEnded:
		return fmt.Errorf("%q: %w", record.ID, ErrEnded)
	case !ok:
		return fmt.Errorf("%q is at work in another process: %w", record.ID, ErrBusy)
	case state == stateRunning && outcome == run.Held && !slices.Contains([]run.Outcome{run.Done, run.Rejections, run.Failed, run.Held}, record.Outcome):
		return fmt.Errorf("%q: an approval cannot end as %q: %w", record.ID, record.Outcome, errIncomplete)
	}
	return l.fence(ctx, tx, record.ID)
}

// Reject ends a held run as Canceled, reason "rejected", and puts the acts on record. Errors: ErrNotFound, ErrNotHeld,
// ErrBusy while the run is being approved, ErrOtherPlan where an act is about another hash.
func (l Runs) Reject(ctx context.Context, id string, at time.Time, acts ...audit.Entry) (err error) {
	flow, err := approving(ctx, l, id)
	if err != nil {
		return err
	}
	// An approval whose process died is found out by taking its flow, as in Begin.
	if flow != "" {
		lock, err := l.lockFlow(ctx, flow)
		if err != nil {
			return fmt.Errorf("reject run: %w", err)
		}
		defer func() { err = errors.Join(err, lock.unlock()) }()
		if _, err := l.settle(ctx, flow, "", at, everyRun); err != nil {
			return err
		}
	}
	return l.write(ctx, "reject run", func(ctx context.Context, tx *sql.Tx) error {
		if err := rejectHeld(ctx, tx, id, at); err != nil {
			return err
		}
		if err := checkHash(ctx, tx, acts...); err != nil {
			return err
		}
		return recordAll(ctx, tx, acts)
	})
}

// Approving reports whether a held run was approved, and is being carried out.
func (l History) Approving(ctx context.Context, id string) (bool, error) {
	flow, err := approving(ctx, Runs(l), id)
	return flow != "", err
}

// approving returns the flow of a run that is being approved, or "" for any other run.
func approving(ctx context.Context, l Runs, id string) (string, error) {
	return get(ctx, l.handle, "read run", func(ctx context.Context, tx *sql.Tx) (string, error) {
		state, outcome, err := runState(ctx, tx, id)
		if err != nil || state != stateRunning || outcome != run.Held {
			return "", err
		}
		return value[string](tx.QueryRowContext(ctx, `SELECT flow FROM runs WHERE id = $1`, id))
	})
}

// Recover settles, in every flow that nobody has taken, what a dead process left behind,
// and returns those runs as they are now. Runs that are Resumable it leaves to their
// queue, to which they show as at work; only the next Begin or Claim of their flow takes
// them for failed. Call it when the program starts and before showing what is at work.
func (l Runs) Recover(ctx context.Context, at time.Time) (interrupted []Record, err error) {
	flows, err := list(ctx, l.handle, "list runs at work", value[string], `SELECT flow FROM runs WHERE `+ownRuns+` ORDER BY flow`)
	if err != nil {
		return nil, err
	}
	for _, flow := range flows {
		settled, err := l.recoverFlow(ctx, flow, at)
		if err != nil && !errors.Is(err, ErrBusy) {
			return interrupted, err
		}
		interrupted = append(interrupted, settled...)
	}
	return interrupted, nil
}

func (l Runs) recoverFlow(ctx context.Context, flow string, at time.Time) (settled []Record, err error) {
	lock, err := l.lockFlow(ctx, flow)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.unlock()) }()
	return l.settle(ctx, flow, "", at, ownRuns)
}

// What settle settles: every run, or those alone that no queue continues.
const (
	everyRun = `state = 'running'`
	ownRuns  = `state = 'running' AND (outcome = 'held' OR NOT resumable)`
)

// settle ends whatever is recorded as at work in a flow whose lock the caller has, and so
// is not, but for the run that the caller goes on with.
func (l Runs) settle(ctx context.Context, flow, except string, at time.Time, which string) (settled []Record, err error) {
	err = l.write(ctx, "settle interrupted runs", func(ctx context.Context, tx *sql.Tx) error {
		ids, err := selectAll(ctx, tx, value[string], `SELECT id FROM runs WHERE flow = $1 AND NOT (id = $2 AND outcome = '') AND `+which, flow, except)
		if err != nil {
			return err
		}
		settled = nil
		for _, id := range ids {
			record, err := interruptRun(ctx, tx, id, at)
			if err != nil {
				return err
			}
			settled = append(settled, record)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return settled, nil
}

func interruptRun(ctx context.Context, tx *sql.Tx, id string, at time.Time) (Record, error) {
	record, err := loadRun(ctx, tx, id)
	if err != nil {
		return Record{}, err
	}
	arrived, err := delivered(ctx, tx, id)
	if err != nil {
		return Record{}, err
	}
	applying, err := beingApplied(ctx, tx, id)
	if err != nil {
		return Record{}, err
	}
	switch {
	case applying:
		// Approved or not, it is for the next run to continue: see Interrupted.
		record.Outcome, record.Reason, record.FinishedAt = run.Failed, interruptedReason, at
	case arrived:
		record.interrupt(at)
		record.arrive(at)
	default:
		record.interrupt(at)
	}
	return record, endRun(ctx, tx, &record)
}

// beingApplied reports whether the plan of a run may be applied in part.
func beingApplied(ctx context.Context, tx *sql.Tx, run string) (applying bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) > 0 FROM plans WHERE run = $1 AND state = 'applying'`, run).Scan(&applying)
	return applying, err
}

const (
	interruptedReason = "interrupted: the process ended before the run did"
	arrivedReason     = "; its file had been delivered"
	approvalReason    = "; its approval was interrupted"
)

// interrupt gives a run its outcome after the death of its process.
func (r *Record) interrupt(at time.Time) {
	if r.Outcome == run.Held {
		r.Reason = strings.TrimSuffix(r.Reason, approvalReason) + approvalReason
		return
	}
	r.Outcome, r.Reason, r.FinishedAt = run.Failed, interruptedReason, at
}

// arrive puts an interrupted run right whose file was delivered all the same.
func (r *Record) arrive(at time.Time) {
	switch {
	case r.Outcome == run.Held:
		r.Outcome, r.Reason, r.FinishedAt = run.Done, interruptedReason+arrivedReason, at
		if r.Rows != nil && r.Rows.Rejected > 0 {
			r.Outcome = run.Rejections
		}
	case r.Outcome == run.Failed && r.Reason == interruptedReason:
		r.Reason += arrivedReason
	}
}

// arriveLate does so for a run that was settled before its delivery was.
func arriveLate(ctx context.Context, tx *sql.Tx, id string, at time.Time) error {
	if whole, err := delivered(ctx, tx, id); err != nil || !whole {
		return err
	}
	record, err := readRun(ctx, tx, id)
	if err != nil {
		return err
	}
	record.arrive(at)
	_, err = tx.ExecContext(ctx, `UPDATE runs SET state = $5, outcome = $2, reason = $3, finished_at = $4 WHERE id = $1 AND state IN ('held', 'ended')`,
		id, record.Outcome, record.Reason, micros(record.FinishedAt), endState(record.Outcome))
	return err
}

func insertRun(ctx context.Context, tx *sql.Tx, record *Record) error {
	var slot string
	if !record.Slot.IsZero() {
		slot = record.Slot.Format(time.RFC3339Nano)
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	stored, err := json.Marshal(record.facts())
	if err != nil {
		return err
	}
	due, err := dueAt(ctx, tx, record)
	if err != nil {
		return err
	}
	place, err := next(ctx, tx)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO runs (id, flow, kind, slot, state, outcome, reason, started_at, active_since, pid, host, facts, due_at, resumable, sequence)
		VALUES ($1, $2, $3, $4, 'running', '', '', $5, $5, $6, $7, $8, $9, $10, $11)`,
		record.ID, record.Flow, record.Kind, slot, micros(record.StartedAt), os.Getpid(), host, string(stored), due, record.Resumable, place)
	return err
}

// dueAt returns the instant of a scheduled run's slot, or ErrSlotTaken.
func dueAt(ctx context.Context, tx *sql.Tx, record *Record) (due sql.Null[int64], err error) {
	if !record.Scheduled {
		return due, nil
	}
	due = micros(record.Slot)
	var other string
	err = tx.QueryRowContext(ctx, `SELECT id FROM runs WHERE flow = $1 AND due_at = $2`, record.Flow, due).Scan(&other)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return due, nil
	case err != nil:
		return due, err
	}
	return due, fmt.Errorf("slot %s of flow %q, run %s: %w", record.Slot.Format(time.RFC3339), record.Flow, other, ErrSlotTaken)
}

func claimHeld(ctx context.Context, tx *sql.Tx, id string, at time.Time) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	n, err := affected(tx.ExecContext(ctx, `UPDATE runs SET state = 'running', attempt = attempt + 1, cancel_requested = FALSE,
			active_since = $2, pid = $3, host = $4
		WHERE id = $1 AND state = 'held'`, id, micros(at), os.Getpid(), host))
	return whyNotHeld(ctx, tx, id, n, err)
}

func rejectHeld(ctx context.Context, tx *sql.Tx, id string, at time.Time) error {
	n, err := affected(tx.ExecContext(ctx, `UPDATE runs SET state = 'ended', outcome = 'canceled', reason = 'rejected', finished_at = $2
		WHERE id = $1 AND state = 'held'`, id, micros(at)))
	if err := whyNotHeld(ctx, tx, id, n, err); err != nil {
		return err
	}
	return dropPlan(ctx, tx, id)
}

// whyNotHeld explains a guarded update that found no held run.
func whyNotHeld(ctx context.Context, tx *sql.Tx, id string, n int64, err error) error {
	if err != nil || n > 0 {
		return err
	}
	record, err := loadRun(ctx, tx, id)
	if err != nil {
		return err
	}
	return notHeld(id, record.Outcome)
}

func notHeld(id string, outcome run.Outcome) error {
	if outcome == "" {
		return fmt.Errorf("run %q is still at work: %w", id, ErrNotHeld)
	}
	return fmt.Errorf("run %q has ended as %q: %w", id, outcome, ErrNotHeld)
}

// endRun stores the whole of a run that is at work, its findings replaced.
func endRun(ctx context.Context, tx *sql.Tx, record *Record) error {
	stored, err := json.Marshal(record.facts())
	if err != nil {
		return err
	}
	n, err := affected(tx.ExecContext(ctx, `UPDATE runs SET state = $6, outcome = $2, reason = $3, finished_at = $4, facts = $5
		WHERE id = $1 AND state = 'running'`, record.ID, record.Outcome, plain(record.Reason), micros(record.FinishedAt), string(stored), endState(record.Outcome)))
	switch {
	case err != nil:
		return err
	case n == 0:
		return fmt.Errorf("%q: %w", record.ID, ErrEnded)
	}
	return replaceFindings(ctx, tx, record)
}

func replaceFindings(ctx context.Context, tx *sql.Tx, record *Record) (err error) {
	if _, err := tx.ExecContext(ctx, `DELETE FROM findings WHERE run = $1`, record.ID); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO findings (run, position, severity, code, row_number, column_key, cell, message)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for i, f := range record.Findings {
		if _, err := insert.ExecContext(ctx, record.ID, i, f.Severity, f.Code, f.Row, f.Column, f.Cell, plain(f.Message)); err != nil {
			return err
		}
	}
	return nil
}

func runState(ctx context.Context, tx *sql.Tx, id string) (state string, outcome run.Outcome, err error) {
	err = tx.QueryRowContext(ctx, `SELECT state, outcome FROM runs WHERE id = $1`, id).Scan(&state, &outcome)
	return state, outcome, orNotFound(err, "run", id)
}

func affected(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
