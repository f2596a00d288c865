package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"lucca-exchange/internal/state"
)

const (
	// migrateLock keeps two processes from migrating at the same time: an arbitrary number,
	// the same in all versions.
	migrateLock = 7_203_114_887_165_120_443
	// migratePatience is how long others are waited for that migrate.
	migratePatience = "60s"
	// maxConns is how many connections a process has beside that of its heartbeat.
	maxConns = 8
	// uniqueViolation is a SQLSTATE.
	uniqueViolation = "23505"
)

// postgresNow is the database's clock in microseconds.
const postgresNow = `(extract(epoch FROM clock_timestamp()) * 1000000)::bigint`

// postgresDatabase has a connection of its own for the heartbeat: work that uses up all
// others must not make a process look dead.
type postgresDatabase struct {
	node   string
	pool   *pgxpool.Pool
	pulse  *pgxpool.Pool
	client *river.Client[pgx.Tx]
}

func openPostgres(ctx context.Context, e *Engine) (_ database, err error) {
	d := &postgresDatabase{node: e.node}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.pool, err = openPool(ctx, e.opts.State, maxConns); err != nil {
		return nil, err
	}
	if d.pulse, err = openPool(ctx, e.opts.State, 1); err != nil {
		return nil, err
	}
	driver := riverpgxv5.New(d.pool)
	if err := d.migrate(ctx, driver); err != nil {
		return nil, err
	}
	d.client, err = newClient(e, driver, false)
	return d, err
}

// openPool makes connections as the store does: verified, and noticing a dead peer.
func openPool(ctx context.Context, url string, conns int32) (*pgxpool.Pool, error) {
	conn, err := state.ConnConfig(url)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.ConnConfig, config.MaxConns, config.AfterConnect = conn, conns, state.CommitToDisk
	return pgxpool.NewWithConfig(ctx, config)
}

func (d *postgresDatabase) migrate(ctx context.Context, driver *riverpgxv5.Driver) (err error) {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// Those before us may be on machines that are overloaded: longer than a transaction waits.
	if _, err := conn.Exec(ctx, `SELECT set_config('lock_timeout', $1, false)`, migratePatience); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(migrateLock)); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `RESET lock_timeout`); err != nil {
		return err
	}
	defer func() {
		_, unlock := conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, int64(migrateLock))
		err = errors.Join(err, unlock)
	}()
	db := stdlib.OpenDBFromPool(d.pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	return migrate(ctx, driver, db, goose.DialectPostgres)
}

func (d *postgresDatabase) close() error {
	for _, pool := range []*pgxpool.Pool{d.pool, d.pulse} {
		if pool != nil {
			pool.Close()
		}
	}
	return nil
}

func (d *postgresDatabase) start(ctx context.Context) error { return d.client.Start(ctx) }
func (d *postgresDatabase) stop(ctx context.Context) error  { return d.client.Stop(ctx) }

func (d *postgresDatabase) now(ctx context.Context) (time.Time, error) {
	var now int64
	err := d.pool.QueryRow(ctx, `SELECT `+postgresNow).Scan(&now)
	return time.UnixMicro(now), err
}

func (d *postgresDatabase) join(ctx context.Context) error {
	_, err := d.pulse.Exec(ctx, `INSERT INTO engine_nodes (id, seen_at) VALUES ($1, `+postgresNow+`)
		ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`, d.node)
	return err
}

func (d *postgresDatabase) leave(ctx context.Context) error {
	_, err := d.pulse.Exec(ctx, `DELETE FROM engine_nodes WHERE id = $1`, d.node)
	return err
}

func (d *postgresDatabase) beat(ctx context.Context) (bool, error) {
	// One that was silent for too long must not come back to life: whether somebody has
	// looked in the meantime or not, its runs are no longer its own.
	beaten, err := d.pulse.Exec(ctx, `UPDATE engine_nodes SET seen_at = `+postgresNow+`
		WHERE id = $1 AND seen_at > `+postgresNow+` - $2`, d.node, deadAfter.Microseconds())
	if err != nil {
		return false, fmt.Errorf("beat: %w", err)
	}
	if _, err := d.pulse.Exec(ctx, `DELETE FROM engine_nodes WHERE seen_at <= `+postgresNow+` - $1`, deadAfter.Microseconds()); err != nil {
		return false, fmt.Errorf("bury the dead: %w", err)
	}
	return beaten.RowsAffected() == 1, nil
}

func (d *postgresDatabase) lostToken() string {
	return `attempted_by[array_upper(attempted_by, 1)] <> $1
		AND attempted_by[array_upper(attempted_by, 1)] NOT IN (SELECT id FROM engine_nodes)`
}

func (d *postgresDatabase) query(ctx context.Context, query string, args ...any) (rows, error) {
	return postgresRows(d.pool.Query(ctx, query, args...))
}

func (d *postgresDatabase) write(ctx context.Context, f func(tx) error) error {
	err := pgx.BeginFunc(ctx, d.pool, func(began pgx.Tx) error { return f(postgresTx{began, d.client}) })
	if fault := (*pgconn.PgError)(nil); errors.As(err, &fault) && fault.Code == uniqueViolation {
		return fmt.Errorf("%w: %w", errConflict, err)
	}
	return err
}

type postgresTx struct {
	tx     pgx.Tx
	client *river.Client[pgx.Tx]
}

func (t postgresTx) query(ctx context.Context, query string, args ...any) (rows, error) {
	return postgresRows(t.tx.Query(ctx, query, args...))
}

func (t postgresTx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := t.tx.Exec(ctx, query, args...)
	return result.RowsAffected(), err
}

func (t postgresTx) insert(ctx context.Context, run string, at time.Time) error {
	_, err := t.client.InsertTx(ctx, t.tx, token{run}, &river.InsertOpts{ScheduledAt: at})
	return err
}

func postgresRows(r pgx.Rows, err error) (rows, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}
