package engine

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	_ "modernc.org/sqlite" // the driver
)

const (
	// busyTimeout is how long a transaction waits for another process's.
	busyTimeout = 15 * time.Second
	// lockPoll is how often a lock is tried that is held for a moment only, lockPatience how long:
	// whoever holds it may be on a machine that is overloaded.
	lockPoll     = 20 * time.Millisecond
	lockPatience = time.Minute
)

// sqliteDatabase has two connections to the file. Ours waits for the disk at each commit.
// River's does not: a token that a power cut takes away, or brings back, does no harm.
type sqliteDatabase struct {
	own    *sql.DB
	rivers *sql.DB
	client *river.Client[*sql.Tx]
	daemon *flock.Flock
	turn   func(context.Context) (done func(), err error)
}

func openSQLite(ctx context.Context, e *Engine) (_ database, err error) {
	path, err := filepath.Abs(strings.TrimPrefix(e.opts.State, "sqlite:"))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	d := &sqliteDatabase{daemon: flock.New(path+".daemon", flock.SetPermissions(0o600)), turn: e.opts.Turn}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.own, err = openFile(path, "FULL"); err != nil {
		return nil, err
	}
	if d.rivers, err = openFile(path, "NORMAL"); err != nil {
		return nil, err
	}
	driver := riversqlite.New(d.rivers)
	err = locked(ctx, path+".locks", func() error {
		// A property of the file, not of the connection: readers never wait for a writer.
		if _, err := d.own.ExecContext(ctx, `PRAGMA journal_mode = WAL`); err != nil {
			return err
		}
		return migrate(ctx, driver, d.own, goose.DialectSQLite3)
	})
	if err != nil {
		return nil, err
	}
	// Listening would be a look at a table, twenty times a second.
	d.client, err = newClient(e, driver, true)
	return d, err
}

// openFile opens a state that exists; of a missing one the store would take what we
// create for damage.
func openFile(path, synchronous string) (*sql.DB, error) {
	q := url.Values{
		"mode":          {"rw"},
		"_busy_timeout": {fmt.Sprint(busyTimeout.Milliseconds())},
		"_foreign_keys": {"1"},
		"_dqs":          {"0"},
		"_synchronous":  {synchronous},
		"_txlock":       {"immediate"},
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	// River asks for one: SQLite has one writer, and a second would only be refused.
	db.SetMaxOpenConns(1)
	return db, nil
}

// locked calls f while no other process is in its own f for the same folder.
func locked(ctx context.Context, folder string, f func() error) (err error) {
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	lock := flock.New(filepath.Join(folder, "queue"), flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		return fmt.Errorf("lock %q: %w", lock.Path(), err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return f()
}

func (d *sqliteDatabase) close() error {
	var errs []error
	for _, db := range []*sql.DB{d.own, d.rivers} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, d.daemon.Close())...)
}

func (d *sqliteDatabase) now(context.Context) (time.Time, error) { return time.Now(), nil }
func (d *sqliteDatabase) start(ctx context.Context) error        { return d.client.Start(ctx) }
func (d *sqliteDatabase) stop(ctx context.Context) error         { return d.client.Stop(ctx) }

// join takes the lock that makes this the only daemon of the state. The kernel gives it up
// when the process ends, and not before, so there is no heartbeat.
func (d *sqliteDatabase) join(context.Context) error {
	ok, err := d.daemon.TryLock()
	if err != nil {
		return fmt.Errorf("lock %q: %w", d.daemon.Path(), err)
	}
	if !ok {
		// Empty for the instant between lock and number.
		pid, err := os.ReadFile(d.daemon.Path())
		if err != nil {
			return fmt.Errorf("read %q: %w", d.daemon.Path(), err)
		}
		return fmt.Errorf("process %s: %w", bytes.TrimSpace(pid), ErrRunning)
	}
	return os.WriteFile(d.daemon.Path(), fmt.Appendln(nil, os.Getpid()), 0o600)
}

func (d *sqliteDatabase) leave(context.Context) error { return d.daemon.Unlock() }

func (d *sqliteDatabase) lostToken() string { return `json_extract(attempted_by, '$[#-1]') <> $1` }

func (d *sqliteDatabase) query(ctx context.Context, query string, args ...any) (rows, error) {
	return wrapRows(d.own.QueryContext(ctx, query, args...))
}

func (d *sqliteDatabase) write(ctx context.Context, f func(tx) error) (err error) {
	done, err := d.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	began, err := d.own.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// After a failed commit there is nothing to roll back, which it says.
			if undo := began.Rollback(); !errors.Is(undo, sql.ErrTxDone) {
				err = errors.Join(err, undo)
			}
		}
	}()
	if err := f(sqliteTx{began, d.client}); err != nil {
		return err
	}
	return began.Commit()
}

type sqliteTx struct {
	tx     *sql.Tx
	client *river.Client[*sql.Tx]
}

func (t sqliteTx) query(ctx context.Context, query string, args ...any) (rows, error) {
	return wrapRows(t.tx.QueryContext(ctx, query, args...))
}

func (t sqliteTx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := t.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t sqliteTx) insert(ctx context.Context, run string, at time.Time) error {
	_, err := t.client.InsertTx(ctx, t.tx, token{run}, &river.InsertOpts{ScheduledAt: at})
	return err
}

// sqlRows drops the error of Close, which Err has told already.
type sqlRows struct{ *sql.Rows }

func (r sqlRows) Close() { _ = r.Rows.Close() }

func wrapRows(r *sql.Rows, err error) (rows, error) {
	if err != nil {
		return nil, err
	}
	return sqlRows{r}, nil
}
