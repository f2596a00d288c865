package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
)

// Errors about decisions.
var (
	// ErrOtherPlan: what is held is not what whoever decides has seen.
	ErrOtherPlan = errors.New("the plan or file that is held is not the one that was shown")
	// ErrSecond: the approval is on record, and another person has to approve too.
	ErrSecond = errors.New("another person has to approve it too")
	// ErrAgain: whoever approves has approved before, and is not the other person. It comes with
	// ErrSecond.
	ErrAgain = errors.New("you have approved it already")
	// ErrChanged: a hire is no longer as whoever decides has seen it.
	ErrChanged = errors.New("the hire has changed since it was shown")
)

// Agree asks whether a held run may be approved by somebody, of so many people who have to:
// whoever stands in another line of the audit with the same hash is another one, unless
// audit.SamePerson says otherwise. It is nil where the approval can go on, to Claim, which puts
// it on record. Otherwise the approval is on record now and the error is ErrSecond, with
// ErrAgain where it was before. Of two who agree at once one is the second. Other errors:
// ErrNotFound, ErrNotHeld, ErrOtherPlan.
func (l Runs) Agree(ctx context.Context, people int, by audit.Entry) error {
	var answer error
	err := l.write(ctx, "approve run", func(ctx context.Context, tx *sql.Tx) (err error) {
		if err := checkHeld(ctx, tx, by.Run); err != nil {
			return err
		}
		if err := checkHash(ctx, tx, by); err != nil {
			return err
		}
		if answer, err = agreed(ctx, tx, people, by); err != nil || answer == nil || errors.Is(answer, ErrAgain) {
			return err
		}
		return record(ctx, tx, by)
	})
	return errors.Join(err, answer)
}

// agreed is nil where enough people have approved with this one.
func agreed(ctx context.Context, tx *sql.Tx, people int, by audit.Entry) (answer, err error) {
	if people < 2 {
		return nil, nil
	}
	lines, err := selectAll(ctx, tx, scanLine, `SELECT `+auditColumns+` FROM audit WHERE run = $1 AND hash = $2 AND act = $3 ORDER BY sequence`, by.Run, by.Hash, audit.Approve)
	if err != nil {
		return nil, err
	}
	answer = fmt.Errorf("your approval of run %s is on record: %w", by.Run, ErrSecond)
	for _, line := range lines {
		if !audit.SamePerson(line.Who, plain(by.Who)) {
			return nil, nil
		}
		answer = fmt.Errorf("run %s: %w", by.Run, fault.Wrap(ErrAgain, ErrSecond))
	}
	return answer, nil
}

func checkHeld(ctx context.Context, tx *sql.Tx, id string) error {
	state, outcome, err := runState(ctx, tx, id)
	switch {
	case err != nil:
		return err
	case state == stateHeld:
		return nil
	case state == stateRunning && outcome == run.Held:
		return fmt.Errorf("run %q is being approved: %w", id, ErrNotHeld)
	}
	return notHeld(id, outcome)
}

// checkHash refuses an act about another plan or file than the run has.
func checkHash(ctx context.Context, tx *sql.Tx, acts ...audit.Entry) error {
	for _, act := range acts {
		if act.Run == "" || act.Act != audit.Approve && act.Act != audit.Reject {
			continue
		}
		hash, err := heldHash(ctx, tx, act.Run)
		if err != nil {
			return err
		}
		if hash != act.Hash {
			return fmt.Errorf("run %q: %w", act.Run, ErrOtherPlan)
		}
	}
	return nil
}

// HeldHash is what is decided on of a run: the hash of its plan, or that of its file, or empty
// where it has neither. It returns ErrNotFound where there is no such run.
func (l Runs) HeldHash(ctx context.Context, id string) (string, error) {
	return get(ctx, l.handle, "read what is held", func(ctx context.Context, tx *sql.Tx) (string, error) { return heldHash(ctx, tx, id) })
}

func heldHash(ctx context.Context, tx *sql.Tx, id string) (hash string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT hash FROM plans WHERE run = $1`, id).Scan(&hash)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return hash, err
	}
	record, err := readRun(ctx, tx, id)
	if err != nil || record.File == nil {
		return "", err
	}
	return record.File.SHA256, nil
}

// DecideHire records what somebody decided about a hire, and their act, unless the hire is no
// longer as it was when they saw it: then it returns ErrChanged. It returns ErrNotFound where
// there is none of that ID.
func (l HireBook) DecideHire(ctx context.Context, seen, decided Hire, act audit.Entry) error {
	var data any // as it was
	if decided.Data != nil {
		packed, err := pack(decided.Data)
		if err != nil {
			return err
		}
		data = packed
	}
	return l.write(ctx, "decide hire", func(ctx context.Context, tx *sql.Tx) error {
		n, err := affected(tx.ExecContext(ctx, `UPDATE hires SET state = $2, reason = $3, updated_at = $4, employee_id = $5, data = COALESCE($6, data)
			WHERE id = $1 AND state = $7 AND updated_at = $8`,
			seen.ID, decided.State, plain(decided.Reason), decided.Updated.UnixMicro(), decided.EmployeeID, data, seen.State, seen.Updated.UnixMicro()))
		switch {
		case err != nil:
			return err
		case n > 0:
			return record(ctx, tx, act)
		}
		var there string
		err = tx.QueryRowContext(ctx, `SELECT id FROM hires WHERE id = $1`, seen.ID).Scan(&there)
		if err := orNotFound(err, "hire", seen.ID); err != nil {
			return err
		}
		return fmt.Errorf("hire %q: %w", seen.ID, ErrChanged)
	})
}
