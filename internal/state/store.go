// Package state is the durable memory of runs, findings, deliveries, export snapshots,
// plans, row outcomes, pickups and hires, in one SQLite file or a PostgreSQL database.
//
// # One run per flow
//
// A flow has at most one run at work, whatever the number of processes. Begin, Claim and
// Resume take an advisory lock, which the Store holds until Finish or Close, and which
// goes when its process dies in any way. So a lock that can be taken proves that whatever
// the table still shows as at work was left behind by a dead process: Begin and Claim
// mark it so before anything else happens on the flow, Resume continues it. No heartbeat in
// a table, no comparison of process ids or clocks. A partial unique index is the net for
// mistakes in this package.
//
// On SQLite the lock is a flock on a file per flow beside the state file. Lock files are
// never removed, and must not be by others while a run is at work: the next to come would
// make a new one and take that run for dead.
//
// On PostgreSQL it is an advisory lock of a session of its own. A session can end while
// its process lives: when the server restarts or the network breaks. Both ends find
// out within some 12 seconds, Watch tells the run, and should it write before it has heard,
// the number of its attempt betrays it: once another process has taken the run, that is
// ErrLost, and a journal that cannot be written is a request that is not sent.
//
// # What has happened is not forgotten
//
// Commits reach the disk before a method returns (synchronous=FULL, synchronous_commit):
// a delivery that is forgotten would be made twice. Finish and the methods that save a
// step ignore the cancellation of their context, since they tell what has happened
// already. Each method is one transaction, after one that marks what a dead process left,
// where there is any. Transactions that write follow one another, in PostgreSQL as well.
//
// # Portability
//
// The queries are the SQL that SQLite and PostgreSQL share ($1 placeholders, ON
// CONFLICT), instants are integers in microseconds and structures are JSON
// text. What is a database's own stays in sqlite.go, lock.go and migrations/sqlite, and in
// postgres.go, pglock.go and migrations/postgres.
//
// But for the queue the package never reads the clock: every instant comes from its caller.
package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
)

// Store is an open state. It is safe for concurrent use; several processes may have
// the same state open. What it keeps it hands out by its owners, each of one kind of thing, in the
// same database.
type Store struct{ *handle }

// The owners of what a Store keeps.
type (
	// Runs are what is at work, and how it ends.
	Runs struct{ *handle }
	// History is runs as they are on record.
	History struct{ *handle }
	// Jobs are slots and what waits: what is to be done when.
	Jobs struct{ *handle }
	// Plans keeps plans and what became of their rows, and whom a source has brought.
	Plans struct{ *handle }
	// Deliveries keeps deliveries, and what a delivered file had in it.
	Deliveries struct{ *handle }
	// Pickups keeps the files that were taken.
	Pickups struct{ *handle }
	// HireBook keeps hires until somebody is hired.
	HireBook struct{ *handle }
	// People keeps which runs know which people.
	People struct{ *handle }
	// Upkeep keeps what the state is to know of itself and its readers, and forgets.
	Upkeep struct{ *handle }
)

// shared is the handle of its owners; nil for a nil Store, before the first run, whose owners are made
// and not used.
func shared(l *Store) *handle {
	if l == nil {
		return nil
	}
	return l.handle
}

// Runs begins and ends runs. That of a nil Store, before the first run, is for a rehearsal, which
// begins and ends none.
func (l *Store) Runs() Runs { return Runs{shared(l)} }

// History looks runs up.
func (l *Store) History() History { return History{shared(l)} }

// Jobs says what waits, and what was due.
func (l *Store) Jobs() Jobs { return Jobs{shared(l)} }

// Plans has the plans.
func (l *Store) Plans() Plans { return Plans{shared(l)} }

// Deliveries has the deliveries.
func (l *Store) Deliveries() Deliveries {
	return Deliveries{shared(l)}
}

// Pickups has the files that were taken. That of a nil Store, before the first run, is for
// Pickups.PickupJournal.
func (l *Store) Pickups() Pickups {
	return Pickups{shared(l)}
}

// HireBook has the hires.
func (l *Store) HireBook() HireBook { return HireBook{shared(l)} }

// People has which runs know which people.
func (l *Store) People() People { return People{shared(l)} }

// Upkeep looks after the state itself.
func (l *Store) Upkeep() Upkeep { return Upkeep{shared(l)} }

// handle is the database that the parts of a Store share, and the runs that it has at work.
type handle struct {
	db *sql.DB
	// reads is db, or connections beside the one that writes.
	reads    *sql.DB
	turn     turn
	store    store
	inserter *river.Client[*sql.Tx] // adds jobs, and performs none
	readOnly bool
	mine     atWork
}

func newStore(h *handle) *Store { return &Store{h} }

// held is a run at work in this process.
type held struct {
	lock    lock // of its flow
	attempt int  // which of the run's attempts is this one
}

// Close lets go of every flow that this Store holds and closes the state. A run that
// was not finished is then found as interrupted by the next Begin of its flow.
func (l *Store) Close() error {
	var err error
	if l.reads != l.db {
		err = l.reads.Close()
	}
	if l.readOnly {
		err = errors.Join(err, l.db.Close())
	} else {
		err = errors.Join(err, l.store.journal().leave(l.db))
	}
	return errors.Join(err, l.mine.letAllGo())
}

// write runs fn in one transaction that takes the write lock at its start, so that what
// fn has read is still true when it commits.
func (l *handle) write(ctx context.Context, what string, fn func(context.Context, *sql.Tx) error) error {
	if l.readOnly {
		return fmt.Errorf("%s: opened for reading: %w", what, ErrReadOnly)
	}
	done, err := l.takeTurn(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer done()
	err = l.transact(ctx, what, l.db, nil, func(ctx context.Context, tx *sql.Tx) error {
		if err := l.store.enterWrite(ctx, tx); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
	l.store.journal().wrote(ctx, l.db)
	return err
}

// saveOf is write for a run of this process, which tells what has happened: whatever becomes of ctx, but
// ErrLost when the run is no longer this process's.
func saveOf(ctx context.Context, l *handle, run, what string, fn func(context.Context, *sql.Tx) error) error {
	return l.write(context.WithoutCancel(ctx), what, func(ctx context.Context, tx *sql.Tx) error {
		if err := l.fence(ctx, tx, run); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
}

// exec changes the state by one statement.
func exec(ctx context.Context, l *handle, what, query string, args ...any) error {
	return l.write(ctx, what, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

// read runs fn on one consistent view of the state.
func (l *handle) read(ctx context.Context, what string, fn func(context.Context, *sql.Tx) error) error {
	return l.transact(ctx, what, l.reads, l.store.readOptions(), fn)
}

func (l *handle) transact(ctx context.Context, what string, db *sql.DB, opts *sql.TxOptions, fn func(context.Context, *sql.Tx) error) error {
	ctx, cancel := l.store.bound(ctx)
	defer cancel()
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return l.explain(ctx, what, err)
	}
	if err := fn(ctx, tx); err != nil {
		// After some errors, a full disk among them, SQLite has rolled back already and
		// says so: only the first error matters.
		_ = tx.Rollback()
		return l.explain(ctx, what, err)
	}
	return l.explain(ctx, what, tx.Commit())
}

// atWork is the runs at work in this process.
type atWork struct {
	mu   sync.Mutex
	held map[string]held // by run
}

// add remembers a run at work.
func (w *atWork) add(run string, h held) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held[run] = h
}

// of returns what this process holds of the run, if it is at work here.
func (w *atWork) of(run string) (held, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h, ok := w.held[run]
	return h, ok
}

// letGo releases the flow of a run.
func (w *atWork) letGo(run string) error {
	w.mu.Lock()
	h, ok := w.held[run]
	delete(w.held, run)
	w.mu.Unlock()
	if !ok {
		return nil
	}
	return h.lock.unlock()
}

// letAllGo releases every flow.
func (w *atWork) letAllGo() (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, h := range w.held {
		err = errors.Join(err, h.lock.unlock())
		delete(w.held, id)
	}
	return err
}

// plain leaves out of a message what PostgreSQL cannot store as text.
func plain(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\ufffd")
}

// micros is the stored form of an instant; the zero time is stored as NULL.
func micros(t time.Time) sql.Null[int64] {
	return sql.Null[int64]{V: t.UnixMicro(), Valid: !t.IsZero()}
}

// instant is the inverse of micros, in UTC.
func instant(n sql.Null[int64]) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMicro(n.V).UTC()
}
