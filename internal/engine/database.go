package engine

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"

	"lucca-exchange/internal/state"
)

// versionTable is where goose records our migrations. River has its own table.
const versionTable = "engine_versions"

// errConflict: another process has done at the same time what only one may.
var errConflict = errors.New("another process was quicker")

//go:embed migrations/*.sql
var migrations embed.FS

// database is what differs between SQLite and PostgreSQL. Queries are the same for both.
type database interface {
	reader
	// write runs f in one transaction, which is durable when write returns nil.
	write(ctx context.Context, f func(tx) error) error
	// now is the clock that slots are measured by: one for all processes of a state.
	now(context.Context) (time.Time, error)
	// start begins to hand out tokens, stop ends it and waits for those at work.
	start(context.Context) error
	stop(context.Context) error
	// join takes this process's place among those at work: ErrRunning when there is none.
	// From then on, lost runs are those of no living process.
	join(context.Context) error
	// leave gives the place up.
	leave(context.Context) error
	// lostToken is the condition of a running job of River that its last process, which is
	// not $1, died with.
	lostToken() string
	close() error
}

// sharedDatabase is one that several processes work on.
type sharedDatabase interface {
	database
	// beat says that this process lives; false: the others may have declared it dead.
	beat(context.Context) (alive bool, err error)
}

type reader interface {
	query(ctx context.Context, query string, args ...any) (rows, error)
}

// rows are what database/sql and pgx have in common.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// tx is one transaction.
type tx interface {
	reader
	exec(ctx context.Context, query string, args ...any) (changed int64, err error)
	// insert adds a token for a run, that is handed out from the instant at.
	insert(ctx context.Context, run string, at time.Time) error
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, from reader, scan func(rows) (T, error), query string, args ...any) ([]T, error) {
	found, err := from.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var all []T
	for found.Next() {
		one, err := scan(found)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, found.Err()
}

// one is the scan of queries with a single column.
func one[T any](r rows) (value T, err error) {
	err = r.Scan(&value)
	return value, err
}

// migrate brings River's tables and ours up to date. The caller sees to it that no other
// process does so at the same time.
func migrate[T any](ctx context.Context, driver riverdriver.Driver[T], db *sql.DB, dialect goose.Dialect) error {
	river, err := rivermigrate.New(driver, nil)
	if err != nil {
		return fmt.Errorf("prepare migrations of jobs: %w", err)
	}
	if _, err := river.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	own, err := goose.NewProvider(dialect, db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("prepare migrations of the queue: %w", err)
	}
	current, latest, err := own.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read version of the queue: %w", err)
	case current > latest:
		return fmt.Errorf("queue %d, this program knows %d: %w", current, latest, state.ErrNewerSchema)
	}
	if _, err := own.Up(ctx); err != nil {
		return fmt.Errorf("migrate queue: %w", err)
	}
	return nil
}

// micros is the stored form of an instant.
func micros(t time.Time) int64 { return t.UnixMicro() }

// instant is the inverse of micros, in UTC; NULL is the zero time.
func instant(n sql.Null[int64]) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMicro(n.V).UTC()
}
