package state

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
	// markMoved is when the state was moved to another database.
	markMoved = "moved"
	// markNoted is that the spool was told how far the state has come.
	markNoted = "noted"
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

// Take reports whether something is to be done that is done once in a while by whichever process
// comes first: it was last done so long ago, and is now this process's.
func (l Upkeep) Take(ctx context.Context, what string, at time.Time, every time.Duration) (taken bool, err error) {
	err = l.write(ctx, "take "+what, func(ctx context.Context, tx *sql.Tx) error {
		last, err := mark(ctx, tx, what)
		if err != nil {
			return err
		}
		// A clock that was set back is no reason to wait for it.
		if age := at.Sub(time.UnixMicro(last)); age >= 0 && age < every {
			return nil
		}
		taken = true
		return setMark(ctx, tx, what, at.UnixMicro())
	})
	return taken, err
}

// TryWrite writes something and has it on disk before it returns, to know whether that works.
func (l Upkeep) TryWrite(ctx context.Context, at time.Time) error {
	return l.write(ctx, "try to write", func(ctx context.Context, tx *sql.Tx) error {
		return setMark(ctx, tx, markProbe, at.UnixMicro())
	})
}

// Folder is one that is on the same disk as the state and is the program's own, or empty where the
// state is on a server.
func (l Upkeep) Folder() string { return l.store.own() }

// Place says which state this is and how far it has come. It is written beside the working
// files, so that an older copy of the state is recognised for one.
type Place struct {
	Identity int64 `json:"state"`
	Sequence int64 `json:"sequence"`
	// Noted: the state has written its place down once, and so has a spool that knows it.
	Noted bool `json:"-"`
}

// Known returns it as it is; a state that was never written to has no identity.
func (l Upkeep) Known(ctx context.Context) (Place, error) {
	return get(ctx, l.handle, "read place", place)
}

func place(ctx context.Context, tx *sql.Tx) (p Place, err error) {
	if p.Identity, err = mark(ctx, tx, markIdentity); err != nil {
		return p, err
	}
	if p.Sequence, err = mark(ctx, tx, markSequence); err != nil {
		return p, err
	}
	noted, err := mark(ctx, tx, markNoted)
	p.Noted = noted != 0
	return p, err
}

// Noted records that the spool knows the state.
func (l Upkeep) Noted(ctx context.Context) error {
	return l.write(ctx, "record that the place was noted", func(ctx context.Context, tx *sql.Tx) error {
		return setMark(ctx, tx, markNoted, 1)
	})
}

// Place returns it, and gives a state that has none its identity: fresh says that it did.
func (l Upkeep) Place(ctx context.Context) (p Place, fresh bool, err error) {
	if p, err = l.Known(ctx); err != nil || p.Identity != 0 {
		return p, false, err
	}
	err = l.write(ctx, "give identity", func(ctx context.Context, tx *sql.Tx) error {
		if p, err = place(ctx, tx); err != nil || p.Identity != 0 {
			return err
		}
		p.Identity, fresh = newIdentity(), true
		return setMark(ctx, tx, markIdentity, p.Identity)
	})
	return p, fresh, err
}

func newIdentity() int64 {
	var b [8]byte
	// crypto/rand.Read never returns an error: it ends the program instead.
	_, _ = rand.Read(b[:])
	return int64(binary.BigEndian.Uint64(b[:])>>1) | 1
}

// Restored records that the state is an older copy of one that had come to a sequence. What it
// goes on with comes after that; of what it knows now nothing is known to be the last word, so
// that no plan is continued that was being applied then.
func (l Upkeep) Restored(ctx context.Context, reached int64) error {
	return l.write(ctx, "record restored state", func(ctx context.Context, tx *sql.Tx) error {
		known, err := mark(ctx, tx, markSequence)
		if err != nil {
			return err
		}
		for _, name := range []string{markRestored, markSequence} {
			if err := setMark(ctx, tx, name, max(known, reached)); err != nil {
				return err
			}
		}
		// Its spool need not be the one that knew it: whoever says so now does not say it twice.
		if err := setMark(ctx, tx, markNoted, 0); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE plans SET state = 'dropped' WHERE state = 'applying'`)
		return err
	})
}

// BeforeRestore reports whether a run is known from a copy of the state that was put back.
func (l Upkeep) BeforeRestore(ctx context.Context, run string) (before bool, err error) {
	err = l.read(ctx, "look for restored state", func(ctx context.Context, tx *sql.Tx) error {
		restored, err := mark(ctx, tx, markRestored)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT COUNT(*) > 0 FROM runs WHERE id = $1 AND sequence <= $2`, run, restored).Scan(&before)
	})
	return before, err
}

// Cautious reports whether a flow has done nothing yet since a copy of the state was put back.
func (l Upkeep) Cautious(ctx context.Context, flow string) (cautious bool, err error) {
	err = l.read(ctx, "look for restored state", func(ctx context.Context, tx *sql.Tx) error {
		restored, err := mark(ctx, tx, markRestored)
		if err != nil || restored == 0 {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT COUNT(*) = 0 FROM runs WHERE flow = $1 AND sequence > $2 AND outcome IN ('done', 'rejections')`,
			flow, restored).Scan(&cautious)
	})
	return cautious, err
}
