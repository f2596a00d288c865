package ledger

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"golang.org/x/sys/unix"
)

// busyTimeout is how long a transaction waits for another process's before ErrLocked.
const busyTimeout = 5 * time.Second

// versionTable is where goose records the migrations.
const versionTable = "ledger_versions"

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// Open opens the state at dsn, sqlite:PATH, creates it when there is none (the folder
// 0700, the file 0600) and brings its schema up to date. It returns ErrNewerSchema for a
// state of a later version, ErrDamaged for a file that is none of ours, ErrReadOnly,
// ErrFull or ErrLocked; errors.ErrUnsupported for another database.
func Open(ctx context.Context, dsn string) (*Ledger, error) {
	path, err := statePath(dsn)
	if err != nil {
		return nil, err
	}
	locks := path + ".locks"
	if err := prepare(path, locks); err != nil {
		return nil, fmt.Errorf("create state: %w", err)
	}
	// Two processes at their first start must not both migrate, nor both switch the
	// journal, for which SQLite does not wait.
	lock, err := waitLock(ctx, filepath.Join(locks, "schema"))
	if err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	l, err := open(ctx, &Ledger{path: path, locks: locks})
	return l, errors.Join(err, lock.release())
}

// OpenReadOnly opens the state at dsn for reading and changes nothing: it returns
// fs.ErrNotExist when there is no state, ErrOlderSchema when it wants a migration.
// Methods that write return ErrReadOnly. While it is open, SQLite keeps its log files
// beside the state as for any reader; they are gone after Close.
func OpenReadOnly(ctx context.Context, dsn string) (*Ledger, error) {
	path, err := statePath(dsn)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open state: %w", fileFault(err))
	}
	// What a killed first start leaves is an empty file: no state yet either.
	if info.Size() == 0 {
		return nil, fmt.Errorf("open state %q: %w", path, fs.ErrNotExist)
	}
	return open(ctx, &Ledger{path: path, readOnly: true})
}

// statePath returns the absolute path of a sqlite:PATH.
func statePath(dsn string) (string, error) {
	scheme, path, _ := strings.Cut(dsn, ":")
	switch {
	// The rest of such a URL may hold a password.
	case scheme == "postgres" || scheme == "postgresql":
		return "", fmt.Errorf("open state: this version keeps it in SQLite only, write sqlite:PATH instead of %s:// under state: %w", scheme, errors.ErrUnsupported)
	case scheme != "sqlite" || path == "":
		return "", fmt.Errorf("open state: want sqlite:PATH under state: %w", errors.ErrUnsupported)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("open state %q: %w", path, err)
	}
	return abs, nil
}

// prepare makes the folders and the file, for their modes, and finds out here what SQLite
// reports late or as something else.
func prepare(path, locks string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fileFault(err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		err = file.Close()
	// An existing file is not opened, not even to look at it: closing it would drop
	// SQLite's locks on it in this process (POSIX).
	case errors.Is(err, fs.ErrExist):
		err = checkWritable(path)
	}
	if err != nil {
		return fileFault(err)
	}
	if err := os.Mkdir(locks, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fileFault(err)
	}
	return nil
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
			return &fs.PathError{Op: "write", Path: p, Err: err}
		}
	}
	return nil
}

func open(ctx context.Context, l *Ledger) (*Ledger, error) {
	db, err := sql.Open("sqlite", dataSource(l.path, l.readOnly))
	if err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	// One connection: writers of one process queue here instead of in SQLite's busy loop.
	db.SetMaxOpenConns(1)
	l.db = db
	l.held = map[string]held{}
	if err := l.migrate(ctx); err != nil {
		return nil, errors.Join(l.explain(ctx, "open state", err), db.Close())
	}
	return l, nil
}

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
		q.Set("_pragma", "secure_delete(1)")
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return u.String()
}

// migrate brings the schema up to date, or in a read-only ledger checks that it is. Until
// the file is known to be ours, it only reads.
func (l *Ledger) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, l.db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	latest := sources[len(sources)-1].Version
	current, err := l.schema(ctx)
	switch {
	case err != nil:
		return err
	case current > latest:
		return fmt.Errorf("%q: schema %d, this program knows %d: %w", l.path, current, latest, ErrNewerSchema)
	case current < latest && l.readOnly:
		return fmt.Errorf("%q: schema %d, this program wants %d: %w", l.path, current, latest, ErrOlderSchema)
	case current == latest:
		return nil
	}
	// A property of the file, not of the connection: readers never wait for a writer.
	if _, err := l.db.ExecContext(ctx, `PRAGMA journal_mode = WAL`); err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// schema returns the version of the newest migration, 0 for an empty file. It does not
// leave that to goose, which takes a damaged table for a missing one and a file of another
// program for an empty one.
func (l *Ledger) schema(ctx context.Context) (version int64, err error) {
	var tables, ours int
	err = l.db.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN name = $1 THEN 1 END) FROM sqlite_master WHERE type = 'table'`, versionTable).
		Scan(&tables, &ours)
	switch {
	case err != nil:
		return 0, err
	case ours == 0 && tables > 0:
		return 0, fmt.Errorf("%q: %w", l.path, ErrDamaged)
	case ours == 0:
		return 0, nil
	}
	err = l.db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM `+versionTable).Scan(&version)
	return version, err
}
