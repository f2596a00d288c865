package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"time"
)

// The names of marks. They are stored: never change one.
const (
	// markSequence is the number that was given last, to a run or to a delivery.
	markSequence = "sequence"
	// markIdentity is a random number that tells this state from others.
	markIdentity = "identity"
	// markRestored is the sequence up to which the state is a copy that was put back.
	markRestored = "restored"
	// markClock is the newest instant that was looked at, markDoubt the one after a gap that
	// nothing has confirmed yet.
	markClock = "clock"
	markDoubt = "doubt"
	// markProbe is when it was last tried to write.
	markProbe = "probe"
)

// next gives the next number of the sequence. Whoever writes does so alone, so that none is
// given twice.
func next(ctx context.Context, tx *sql.Tx) (n int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO marks (name, value) VALUES ($1, 1)
		ON CONFLICT (name) DO UPDATE SET value = marks.value + 1 RETURNING value`, markSequence).Scan(&n)
	return n, err
}

// mark reads a mark; 0: there is none.
func mark(ctx context.Context, tx *sql.Tx, name string) (value int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT value FROM marks WHERE name = $1`, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return value, err
}

func setMark(ctx context.Context, tx *sql.Tx, name string, value int64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO marks (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// TryWrite writes something and has it on disk before it returns, to know whether that works.
func (l *Ledger) TryWrite(ctx context.Context, at time.Time) error {
	return l.write(ctx, "try to write", func(ctx context.Context, tx *sql.Tx) error {
		return setMark(ctx, tx, markProbe, at.UnixMicro())
	})
}

// Place says which state this is and how far it has come. It is written beside the working
// files, so that an older copy of the state is recognised for one.
type Place struct {
	Identity int64 `json:"state"`
	Sequence int64 `json:"sequence"`
}

// Place returns it, and gives a state that has none its identity.
func (l *Ledger) Place(ctx context.Context) (p Place, err error) {
	err = l.write(ctx, "read place", func(ctx context.Context, tx *sql.Tx) error {
		if p.Identity, err = mark(ctx, tx, markIdentity); err != nil {
			return err
		}
		if p.Identity == 0 {
			p.Identity = newIdentity()
			if err := setMark(ctx, tx, markIdentity, p.Identity); err != nil {
				return err
			}
		}
		p.Sequence, err = mark(ctx, tx, markSequence)
		return err
	})
	return p, err
}

func newIdentity() int64 {
	var b [8]byte
	// crypto/rand.Read never returns an error: it ends the program instead.
	_, _ = rand.Read(b[:])
	return int64(binary.BigEndian.Uint64(b[:])>>1) | 1
}

// Restored records that the state is an older copy of one that had come to a sequence. What it
// goes on with comes after that; of what it knows now nothing is known to be the last word.
func (l *Ledger) Restored(ctx context.Context, reached int64) error {
	return l.write(ctx, "record restored state", func(ctx context.Context, tx *sql.Tx) error {
		known, err := mark(ctx, tx, markSequence)
		if err != nil {
			return err
		}
		if err := setMark(ctx, tx, markRestored, max(known, reached)); err != nil {
			return err
		}
		return setMark(ctx, tx, markSequence, max(known, reached))
	})
}

// BeforeRestore reports whether a run is known from a copy that was put back. Of a flow that
// has applied or delivered nothing since, an empty id asks whether there was one at all.
func (l *Ledger) BeforeRestore(ctx context.Context, flow, run string) (before bool, err error) {
	err = l.read(ctx, "look for restored state", func(ctx context.Context, tx *sql.Tx) error {
		restored, err := mark(ctx, tx, markRestored)
		if err != nil || restored == 0 {
			return err
		}
		if run != "" {
			return tx.QueryRowContext(ctx, `SELECT COUNT(*) > 0 FROM runs WHERE id = $1 AND sequence <= $2`, run, restored).Scan(&before)
		}
		return tx.QueryRowContext(ctx, `SELECT COUNT(*) = 0 FROM runs WHERE flow = $1 AND sequence > $2 AND outcome IN ('done', 'rejections')`,
			flow, restored).Scan(&before)
	})
	return before, err
}
