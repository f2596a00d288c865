package state

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io"
	"iter"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
)

// PlanState is how far the application of a plan is known to have come.
type PlanState string

// The states of a plan; a plan begins with none.
const (
	// PlanApplying: its first change may have been sent.
	PlanApplying PlanState = "applying"
	// PlanApplied: nothing of it is left to do.
	PlanApplied PlanState = "applied"
	// PlanDropped: what is left of it will not be applied.
	PlanDropped PlanState = "dropped"
)

// PlanRecord is the frozen plan of a run.
type PlanRecord struct {
	Run  string
	Flow string
	Hash string
	// Write writes the plan in whatever form the caller chose, to be saved; it is compressed
	// on the way. Nil writes nothing.
	Write func(io.Writer) error
	// People are those whom the plan is about, to be saved; nil where nobody asks for them.
	People iter.Seq[Known]
	// Lines are the items as they are looked at, to be saved; nil where nobody does.
	Lines iter.Seq[PlanLine]
	// Expires is the instant from which nobody may approve it; zero for never.
	Expires time.Time
	// State is set by SetPlanState.
	State PlanState

	packed []byte
}

// Open reads what was written of a plan that was found.
func (p PlanRecord) Open() (io.Reader, error) {
	r, err := gzip.NewReader(bytes.NewReader(p.packed))
	if err != nil {
		return nil, fmt.Errorf("unpack plan of run %q: %w", p.Run, fault.Wrap(ErrDamaged, err))
	}
	return r, nil
}

func (p PlanRecord) pack() ([]byte, error) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if p.Write != nil {
		if err := p.Write(w); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress plan: %w", err)
	}
	return packed.Bytes(), nil
}

// SavePlan keeps the plan of a run, on disk before it returns. A second plan replaces the
// first and begins without a state. It returns ErrNotFound when there is no such run, ErrLost
// when the run is no longer this process's.
func (l Plans) SavePlan(ctx context.Context, p PlanRecord) error {
	packed, err := p.pack()
	if err != nil {
		return err
	}
	crowd, err := gather(p.People)
	if err != nil {
		return err
	}
	pages, err := paginate(p.Lines)
	if err != nil {
		return err
	}
	return l.write(ctx, "save plan", func(ctx context.Context, tx *sql.Tx) error {
		if err := l.fence(ctx, tx, p.Run); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO plans (run, flow, hash, state, expires_at, data) VALUES ($1, $2, $3, '', $4, $5)
			ON CONFLICT (run) DO UPDATE SET flow = excluded.flow, hash = excluded.hash, state = '',
				expires_at = excluded.expires_at, data = excluded.data`,
			p.Run, p.Flow, p.Hash, micros(p.Expires), packed)
		if err != nil {
			return err
		}
		if err := pages.save(ctx, tx, p.Run); err != nil {
			return err
		}
		return crowd.save(ctx, tx, p.Run)
	})
}

// Plan returns the plan of a run, or ErrNotFound.
func (l Plans) Plan(ctx context.Context, run string) (PlanRecord, error) {
	return l.plan(ctx, run, `data`)
}

// PlanHead is Plan without what was written, which cannot be opened.
func (l Plans) PlanHead(ctx context.Context, run string) (PlanRecord, error) {
	return l.plan(ctx, run, `NULL`)
}

// plan reads a plan with its data, or with something in the place of it.
func (l Plans) plan(ctx context.Context, run, data string) (PlanRecord, error) {
	return one(ctx, l.handle, "read plan", named{"plan of run", run}, func(row scanner) (p PlanRecord, err error) {
		var expires sql.Null[int64]
		err = row.Scan(&p.Run, &p.Flow, &p.Hash, &p.State, &expires, &p.packed)
		p.Expires = instant(expires)
		return p, err
	}, `SELECT run, flow, hash, state, expires_at, `+data+` FROM plans WHERE run = $1`, run)
}

// SetPlanState records how far the plan of a run has come, on disk before it returns,
// whatever becomes of ctx: PlanApplying before the first change is sent, so that
// Interrupted finds what a crash leaves. It returns ErrNotFound or ErrLost.
func (l Plans) SetPlanState(ctx context.Context, run string, state PlanState) error {
	return saveOf(ctx, l.handle, run, "save state of plan", func(ctx context.Context, tx *sql.Tx) error {
		n, err := affected(tx.ExecContext(ctx, `UPDATE plans SET state = $2 WHERE run = $1`, run, state))
		return noneNotFound(n, err, "plan of run", run)
	})
}

// Interrupted returns the runs of a flow that failed, or that a signal ended, while their
// plan was being applied, which is neither applied nor dropped, the oldest first, without
// their findings: the next run continues them, by their Rows. A run that a person canceled
// by RequestCancel is not among them.
func (l Plans) Interrupted(ctx context.Context, flow string) ([]Record, error) {
	return list(ctx, l.handle, "list interrupted plans", scanRun, `SELECT `+runColumns+` FROM runs
		WHERE flow = $1 AND state = 'ended' AND (outcome = 'failed' OR outcome = 'canceled' AND NOT cancel_requested)
			AND id IN (SELECT run FROM plans WHERE flow = $1 AND state = 'applying')
		ORDER BY sequence`, flow)
}

const expiredReason = "expired: nobody approved its plan in time"

// Expire ends the held runs as Canceled whose plan expired by then, reason "expired: …",
// and returns them as they are now, with their findings. One that is being approved is
// left to its approval.
func (l Plans) Expire(ctx context.Context, at time.Time) (runs []Record, err error) {
	err = l.write(ctx, "expire plans", func(ctx context.Context, tx *sql.Tx) error {
		ids, err := selectAll(ctx, tx, value[string], `SELECT id FROM runs WHERE state = 'held'
			AND id IN (SELECT run FROM plans WHERE expires_at <= $1) ORDER BY id`, micros(at))
		if err != nil {
			return err
		}
		runs = nil
		for _, id := range ids {
			record, err := expireHeld(ctx, tx, id, at)
			if err != nil {
				return err
			}
			runs = append(runs, record)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return runs, nil
}

// Drop ends a held run that nobody can approve any more as Canceled, for a reason, and puts
// the act on record. ErrNotHeld: somebody has decided on it, or is about to.
func (l Plans) Drop(ctx context.Context, id, reason string, at time.Time, act audit.Entry) error {
	return l.write(ctx, "drop held run", func(ctx context.Context, tx *sql.Tx) error {
		n, err := affected(tx.ExecContext(ctx, `UPDATE runs SET state = 'ended', outcome = 'canceled', reason = $2, finished_at = $3
			WHERE id = $1 AND state = 'held'`, id, plain(reason), micros(at)))
		if err := whyNotHeld(ctx, tx, id, n, err); err != nil {
			return err
		}
		if err := dropPlan(ctx, tx, id); err != nil {
			return err
		}
		return record(ctx, tx, act)
	})
}

func expireHeld(ctx context.Context, tx *sql.Tx, id string, at time.Time) (Record, error) {
	_, err := tx.ExecContext(ctx, `UPDATE runs SET state = 'ended', outcome = 'canceled', reason = $2, finished_at = $3 WHERE id = $1`,
		id, expiredReason, micros(at))
	if err != nil {
		return Record{}, err
	}
	if err := dropPlan(ctx, tx, id); err != nil {
		return Record{}, err
	}
	return loadRun(ctx, tx, id)
}

// dropPlan sees to it that nothing more comes of a run's plan, if it has one.
func dropPlan(ctx context.Context, tx *sql.Tx, run string) error {
	_, err := tx.ExecContext(ctx, `UPDATE plans SET state = 'dropped' WHERE run = $1`, run)
	return err
}
