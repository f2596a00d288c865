package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
)

// busyTimeout is how long a transaction waits for another process's before ErrLocked.
const busyTimeout = 15 * time.Second

// versionTable is where goose records the migrations.
const versionTable = "ledger_versions"

//go:embed migrations
var migrations embed.FS

// store is what SQLite and PostgreSQL do each in their own way.
type store interface {
	// name says in an error which state it is; it holds no password.
	name() string
	dialect() goose.Dialect
	// folder is that of the migrations.
	folder() string
	// create makes room for a first schema, and refuses what cannot hold one.
	create(ctx context.Context) error
	connect(readOnly bool) (*sql.DB, error)
	// made reports whether the database may be looked at while others make its schema.
	made() bool
	// own is a folder of ours beside the state, if there is one.
	own() string
	// oneWriter reports whether those that write had better come one by one.
	oneWriter() bool
	// schema returns the version of the newest migration, 0 in an empty database.
	schema(ctx context.Context, db *sql.DB) (int64, error)
	// beforeMigrations sets what is a property of the database.
	beforeMigrations(ctx context.Context, db *sql.DB) error
	// afterMigrations undoes what was for them alone.
	afterMigrations(db *sql.DB)
	// jobs is River's driver.
	jobs(db *sql.DB) riverdriver.Driver[*sql.Tx]
	// lastNode is the SQL for the process that last had a job of River's.
	lastNode() string
	// now is the clock that slots are measured by: one for all processes of a state.
	now(ctx context.Context, db *sql.DB) (time.Time, error)
	// journal is what the state is written through.
	journal() journal
	// join makes this process one that works for the queue, and returns what it is known as
	// alive by: ErrRunning when another must be the only one.
	join(ctx context.Context, node string) (lock, error)
	// alive tells which of these processes are at work.
	alive(ctx context.Context, tx *sql.Tx, nodes []string) (map[string]bool, error)
	// daemons counts those that have joined and live.
	daemons(ctx context.Context, tx *sql.Tx) (int, error)
	readOptions() *sql.TxOptions
	// enterWrite makes a transaction wait until it is the only one that writes.
	enterWrite(ctx context.Context, tx *sql.Tx) error
	// bound limits how long a transaction may take.
	bound(ctx context.Context) (context.Context, context.CancelFunc)
	// tryLock takes the lock of this name or returns errLockHeld at once.
	tryLock(ctx context.Context, name string) (lock, error)
	// translate finds the clear sentence for a driver's error; nil: there is none.
	translate(err error) error
}

// journal is what a state is written through, before it is in the database itself.
type journal interface {
	// enter is called before the first write, wrote after each, and leave after the last, which
	// closes the database.
	enter(ctx context.Context, db *sql.DB) error
	wrote(ctx context.Context, db *sql.DB)
	leave(db *sql.DB) error
}

// lock is held until it is released or its process dies.
type lock interface {
	unlock() error
	// lost is canceled when another may have the lock before it is released.
	lost() context.Context
}

// Open opens the state at dsn, creates it when there is none and brings its schema up to
// date.
//
// sqlite:PATH is a file (made 0600, its folder 0700). postgres://user@host/db is a
// database that exists and that the user owns; the connection must be a direct one, since
// poolers that share sessions break its locks. The usual parameters and variables
// of libpq apply. The password is not part of dsn: it comes from PGPASSWORD or the file
// named by PGPASSFILE. To another machine the connection is encrypted and its certificate
// verified unless sslmode says otherwise.
//
// It returns ErrNewerSchema for a state of a later version, ErrDamaged for one that is
// none of ours, ErrNoLog for one whose log is missing, ErrMoved for one that goes on elsewhere,
// ErrReadOnly, ErrFull, ErrLocked or ErrUnreachable; errors.ErrUnsupported for another database.
func Open(ctx context.Context, dsn string) (*Store, error) {
	s, err := storeAt(dsn)
	if err != nil {
		return nil, err
	}
	if err := s.create(ctx); err != nil {
		return nil, fmt.Errorf("create state: %w", err)
	}
	if s.made() {
		if l, err := open(ctx, s, false, false); !errors.Is(err, ErrOlderSchema) {
			return l, err
		}
	}
	// Two processes at their first start must not both migrate, nor both switch SQLite's
	// journal, for which it does not wait.
	schema, err := waitLock(ctx, s, "schema")
	if err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	l, err := open(ctx, s, false, true)
	return l, errors.Join(err, schema.unlock())
}

// OpenReadOnly opens the state at dsn for reading and changes nothing: it returns
// fs.ErrNotExist when there is no state, ErrOlderSchema when it wants a migration.
// Methods that write return ErrReadOnly. While it is open, SQLite keeps its log files
// beside the state as for any reader; they are gone after Close.
func OpenReadOnly(ctx context.Context, dsn string) (*Store, error) {
	s, err := storeAt(dsn)
	if err != nil {
		return nil, err
	}
	return open(ctx, s, true, false)
}

// OpenToLook is OpenReadOnly, and nil where there is no state yet.
func OpenToLook(ctx context.Context, dsn string) (*Store, error) {
	l, err := OpenReadOnly(ctx, dsn)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return l, err
}

// OpenHistory opens the state at dsn to look at its runs, having ended at an instant those whose
// process was killed, which it returns, and having brought its schema up to date. Where there is none
// yet, or it cannot be written, it is OpenToLook.
func OpenHistory(ctx context.Context, dsn string, at time.Time) (*Store, []Record, error) {
	look, older := OpenToLook(ctx, dsn)
	if look == nil && !errors.Is(older, ErrOlderSchema) {
		return nil, nil, older
	}
	l, err := Open(ctx, dsn)
	if errors.Is(err, ErrReadOnly) {
		return look, nil, older
	}
	if look != nil {
		err = errors.Join(err, look.Close())
	}
	if err != nil {
		return nil, nil, err
	}
	interrupted, err := l.Runs().Recover(ctx, at)
	if err != nil {
		return nil, interrupted, errors.Join(err, l.Close())
	}
	return l, interrupted, nil
}

// storeAt chooses the store. Its errors do not repeat dsn, which may hold a password.
func storeAt(dsn string) (store, error) {
	scheme, rest, _ := strings.Cut(dsn, ":")
	switch {
	case scheme == "postgres" || scheme == "postgresql":
		return newPostgres(dsn)
	case scheme == "sqlite" && rest != "":
		return newSQLite(rest)
	}
	return nil, fmt.Errorf("open state: want sqlite:PATH or postgres://user@host/db under state: %w", errors.ErrUnsupported)
}

// open opens a state, to migrate it where that may be. Reading has connections of its own: it
// does not wait for the disk.
func open(ctx context.Context, s store, readOnly, migrate bool) (*Store, error) {
	db, err := s.connect(readOnly)
	if err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	l := newStore(&handle{db: db, reads: db, store: s, readOnly: readOnly, turn: newTurn(), mine: atWork{held: map[string]held{}}})
	if err := l.migrate(ctx, migrate); err != nil {
		return nil, errors.Join(l.explain(ctx, "open state", err), db.Close())
	}
	if err := stayed(ctx, l.handle); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if l.inserter, err = l.Jobs().newInserter(); err != nil {
		return nil, errors.Join(fmt.Errorf("open state: %w", err), db.Close())
	}
	if readOnly {
		return l, nil
	}
	if err := s.journal().enter(ctx, db); err != nil {
		return nil, errors.Join(l.explain(ctx, "open state", err), db.Close())
	}
	if s.oneWriter() {
		if l.reads, err = s.connect(true); err != nil {
			return nil, errors.Join(fmt.Errorf("open state: %w", err), s.journal().leave(db))
		}
	}
	return l, nil
}

func (l *Store) migrations() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, l.store.folder())
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(l.store.dialect(), l.db, files,
		goose.WithGoMigrations(goose.NewGoMigration(queueVersion, &goose.GoFunc{RunDB: l.migrateJobs}, nil)),
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

// migrate brings the schema up to date, or where it may not, checks that it is. Until the
// database is known to be ours, it only reads.
func (l *Store) migrate(ctx context.Context, may bool) error {
	provider, err := l.migrations()
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	latest := sources[len(sources)-1].Version
	current, err := l.store.schema(ctx, l.db)
	switch {
	case err != nil:
		return err
	case current > latest:
		return fmt.Errorf("%q: schema %d, this program knows %d: %w", l.store.name(), current, latest, ErrNewerSchema)
	case current == 0 && l.readOnly && l.store.dialect() == goose.DialectPostgres:
		return fmt.Errorf("%q: %w", l.store.name(), fs.ErrNotExist)
	case current < latest && !may:
		return fmt.Errorf("%q: schema %d, this program wants %d: %w", l.store.name(), current, latest, ErrOlderSchema)
	case !may:
		return nil
	}
	// Also without a migration: a backup that was put back is not written through a log yet.
	if err := l.store.beforeMigrations(ctx, l.db); err != nil {
		return err
	}
	defer l.store.afterMigrations(l.db)
	if current < latest {
		_, err = provider.Up(ctx)
	}
	return err
}

// queueVersion is the schema that has River's tables. A newer River with migrations of its own
// wants another one like it, so that a schema of ours implies one of River's.
const queueVersion = 20

// migrateJobs brings River's tables up to date.
func (l *Store) migrateJobs(ctx context.Context, db *sql.DB) error {
	river, err := rivermigrate.New(l.store.jobs(db), nil)
	if err != nil {
		return fmt.Errorf("prepare migrations of jobs: %w", err)
	}
	if _, err := river.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	return nil
}

// Location is where the state at dsn is: its file, which is empty where a server has it, and the words
// for it, which hold no password.
func Location(dsn string) (file, words string) {
	s, err := storeAt(dsn)
	if err != nil {
		return "", ""
	}
	if of, ok := s.(*sqliteStore); ok {
		file = of.path
	}
	return file, s.name()
}
