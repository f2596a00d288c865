package state

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"golang.org/x/sys/unix"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"lucca-exchange/internal/account"
)

// sqliteStore keeps the state in one file, and its locks in a folder beside it.
type sqliteStore struct {
	path  string // absolute
	locks string
	log   *fileLog
}

func newSQLite(path string) (*sqliteStore, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open state %q: %w", path, err)
	}
	s := &sqliteStore{path: abs, locks: abs + ".locks"}
	s.log = &fileLog{path: abs, lock: func(ctx context.Context, wait bool) (lock, error) {
		if wait {
			return waitLock(ctx, s, "log")
		}
		return s.tryLock(ctx, "log")
	}}
	return s, nil
}

func (s *sqliteStore) journal() journal { return s.log }

func (s *sqliteStore) name() string           { return s.path }
func (s *sqliteStore) dialect() goose.Dialect { return goose.DialectSQLite3 }
func (s *sqliteStore) folder() string         { return "migrations/sqlite" }

// create makes the folders and the file, for their modes, and finds out here what SQLite
// reports late or as something else.
func (s *sqliteStore) create(context.Context) error {
	if err := account.MakeFolder(filepath.Dir(s.path)); err != nil {
		return fileFault(err)
	}
	made, err := account.Touch(s.path)
	// An existing file is not opened, not even to look at it: closing it would drop
	// SQLite's locks on it in this process (POSIX).
	if err == nil && !made {
		err = checkWritable(s.path)
	}
	if err != nil {
		return fileFault(err)
	}
	return fileFault(account.MakeFolder(s.locks))
}

func checkWritable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%q is not a file: %w", path, ErrDamaged)
	}
	for _, p := range []string{path, filepath.Dir(path)} {
		if err := unix.Access(p, unix.W_OK); err != nil {
			return account.Explain(p, &fs.PathError{Op: "write", Path: p, Err: err})
		}
	}
	return nil
}

func (s *sqliteStore) connect(readOnly bool) (*sql.DB, error) {
	if readOnly {
		info, err := os.Stat(s.path)
		if err != nil {
			return nil, fileFault(err)
		}
		// What a killed first start leaves is an empty file: no state yet either.
		if info.Size() == 0 {
			return nil, fmt.Errorf("%q: %w", s.path, fs.ErrNotExist)
		}
	}
	db := sql.OpenDB(connector{dataSource(s.path, readOnly), !readOnly || s.log.there()})
	// One connection: writers of one process queue here instead of in SQLite's busy loop.
	db.SetMaxOpenConns(1)
	if readOnly {
		db.SetMaxOpenConns(maxReads)
	}
	return db, nil
}

// maxReads is how many read at once, beside the one that writes.
const maxReads = 4

// made goes by the log, which is there while any process has the state open: then the journal
// was switched. The file itself is not opened, see prepare.
func (s *sqliteStore) made() bool {
	_, err := os.Stat(s.path + "-wal")
	return err == nil
}

func (s *sqliteStore) own() string { return s.locks }

func (s *sqliteStore) oneWriter() bool { return true }

// dataSource writes the URI of modernc.org/sqlite for a state file.
func dataSource(path string, readOnly bool) string {
	q := url.Values{
		"mode":          {"rw"},
		"_busy_timeout": {strconv.FormatInt(busyTimeout.Milliseconds(), 10)},
		"_foreign_keys": {"1"},
		"_dqs":          {"0"},
		"_error_rc":     {"1"},
	}
	if readOnly {
		// mode=ro would leave the log files behind.
		q.Set("_query_only", "1")
	} else {
		q.Set("_synchronous", "FULL")
		q.Set("_txlock", "immediate")
		// What retention deletes is about people: overwrite it in the file, too.
		q.Add("_pragma", "secure_delete(1)")
		q.Add("_pragma", "wal_autocheckpoint(0)") // see copyLog
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return u.String()
}

// schema does not leave its question to goose, which takes a damaged table for a missing
// one and a file of another program for an empty one.
func (s *sqliteStore) schema(ctx context.Context, db *sql.DB) (version int64, err error) {
	var tables, ours int
	err = db.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN name = $1 THEN 1 END) FROM sqlite_master WHERE type = 'table'`, versionTable).
		Scan(&tables, &ours)
	switch {
	case err != nil:
		return 0, err
	case ours == 0 && tables > 0:
		return 0, fmt.Errorf("%q: %w", s.path, ErrDamaged)
	case ours == 0:
		return 0, nil
	}
	// It is ours, and so holds what is about people.
	if err := cmp.Or(Private(s.path), owned(s.path), s.log.complete(ctx, db)); err != nil {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM `+versionTable).Scan(&version)
	return version, err
}

// beforeMigrations switches the journal, so that readers never wait for a writer.
func (s *sqliteStore) beforeMigrations(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, `PRAGMA journal_mode = WAL`)
	// River's migrations are called by one of ours, which keeps its connection.
	db.SetMaxOpenConns(2)
	return err
}

func (s *sqliteStore) afterMigrations(db *sql.DB) { db.SetMaxOpenConns(1) }

func (s *sqliteStore) jobs(db *sql.DB) riverdriver.Driver[*sql.Tx] { return riversqlite.New(db) }

func (s *sqliteStore) lastNode() string { return `json_extract(attempted_by, '$[#-1]')` }

func (s *sqliteStore) now(context.Context, *sql.DB) (time.Time, error) { return time.Now(), nil }

const (
	// daemonLock is what the name of the daemon's lock ends in.
	daemonLock = ".daemon"
	// daemonTries is how often that lock is tried again, each time after lockPoll.
	daemonTries = 5
)

// join takes the lock that makes this the only daemon of the state. The kernel gives it up
// when the process ends, and not before.
func (s *sqliteStore) join(context.Context, string) (lock, error) {
	path := s.path + daemonLock
	only, err := tryFileLock(path)
	// Whoever counts the daemons has the lock for a moment.
	for range daemonTries {
		if !errors.Is(err, errLockHeld) {
			break
		}
		time.Sleep(lockPoll)
		only, err = tryFileLock(path)
	}
	if errors.Is(err, errLockHeld) {
		// Empty for the instant between lock and number.
		pid, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read %q: %w", path, err)
		}
		return nil, fmt.Errorf("process %s: %w", bytes.TrimSpace(pid), ErrRunning)
	}
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, fmt.Appendln(nil, os.Getpid()), 0o600); err != nil {
		return nil, errors.Join(fileFault(err), only.unlock())
	}
	return only, nil
}

// alive has nobody to name but whoever asks: there is one daemon, and it asks.
func (s *sqliteStore) alive(context.Context, *sql.Tx, []string) (map[string]bool, error) {
	return nil, nil
}

// daemons finds out whether the lock of the only one is taken, by sharing it for a moment.
func (s *sqliteStore) daemons(context.Context, *sql.Tx) (int, error) {
	file, err := os.Open(s.path + daemonLock)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fileFault(err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	taken := errors.Is(err, unix.EWOULDBLOCK)
	if taken {
		err = nil
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return 0, fmt.Errorf("look at lock %q: %w", s.path+daemonLock, err)
	}
	if taken {
		return 1, nil
	}
	return 0, nil
}

func (s *sqliteStore) readOptions() *sql.TxOptions { return &sql.TxOptions{ReadOnly: true} }

// enterWrite has nothing to do: _txlock=immediate takes the write lock.
func (s *sqliteStore) enterWrite(context.Context, *sql.Tx) error { return nil }

// bound has nothing to do: SQLite waits for busyTimeout at most.
func (s *sqliteStore) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return ctx, func() {}
}

func (s *sqliteStore) tryLock(_ context.Context, name string) (lock, error) {
	return tryFileLock(filepath.Join(s.locks, name))
}

func (s *sqliteStore) translate(err error) error {
	var driver *sqlite.Error
	if !errors.As(err, &driver) {
		return nil
	}
	code := driver.Code()
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return fmt.Errorf("run: %w", ErrNotFound)
	// Of the unique indexes only that of the runs at work is met without being looked at first.
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return ErrBusy
	case sqlite3.SQLITE_INTERRUPT:
		return context.Canceled
	}
	if sentence := stateFault(code); sentence != nil {
		return fmt.Errorf("%q (SQLite code %d): %w", s.path, code, sentence)
	}
	return fmt.Errorf("%q: %w", s.path, err)
}

// stateFault translates an extended result code of SQLite, see https://sqlite.org/rescode.html.
func stateFault(code int) error {
	// The shared memory of the log is grown by plain writes: without room for them there
	// is this code instead of SQLITE_FULL.
	if code == sqlite3.SQLITE_IOERR_SHMSIZE {
		return ErrFull
	}
	switch code & 0xff {
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrLocked
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return ErrReadOnly
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return ErrDamaged
	}
	return nil
}
