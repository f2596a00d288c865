package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/loopback"
)

const (
	// connectTimeout bounds a connection's making, unless connect_timeout says otherwise.
	connectTimeout = 10 * time.Second
	// queueTimeout is how long a transaction waits for the others that write.
	queueTimeout = 15 * time.Second
	// transactionTimeout bounds a transaction whose server no longer answers.
	transactionTimeout = 60 * time.Second
	// idleTimeout is after how long the server ends a transaction whose process sends nothing,
	// so that a machine that vanished in the middle does not hold up the others.
	idleTimeout = 10 * time.Second
	// maxConns bounds the connections of a process, beside the one of each run at work.
	maxConns = 12
)

// A dead peer is noticed within 5 + 3*2 seconds, at both ends.
const (
	keepAliveIdle     = 5 * time.Second
	keepAliveInterval = 2 * time.Second
	keepAliveCount    = 3
)

// postgresStore keeps the state in the first schema of the search path of a database.
type postgresStore struct{ config *pgx.ConnConfig }

// newPostgres reads a URL. Its errors do not repeat it, which may hold a password.
func newPostgres(dsn string) (*postgresStore, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, fmt.Errorf("open state: want a URL such as postgres://user@host/db under state: %w", errors.ErrUnsupported)
	}
	query := u.Query()
	if _, literal := u.User.Password(); literal || query.Has("password") {
		return nil, fmt.Errorf("open state: write no password under state: put it into the environment as PGPASSWORD, or into the file that PGPASSFILE names: %w", errors.ErrUnsupported)
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fault.As(errors.ErrUnsupported, "open state: %q is not understood: %w", u.Redacted(), parseFault(err))
	}
	if !local(config.Host) && !query.Has("sslmode") && os.Getenv("PGSSLMODE") == "" {
		query.Set("sslmode", "verify-full")
		u.RawQuery = query.Encode()
		if config, err = pgx.ParseConfig(u.String()); err != nil {
			return nil, fault.As(errors.ErrUnsupported, "open state: %q is not understood: %w", u.Redacted(), parseFault(err))
		}
	}
	configure(config)
	return &postgresStore{config}, nil
}

// parseFault leaves out the connection string, in which a variable may have put a password.
func parseFault(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return cause
	}
	return errors.New("see the parameters of libpq")
}

// local reports whether host is this machine: a socket or the loopback.
func local(host string) bool {
	return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || loopback.Is(host)
}

func configure(config *pgx.ConnConfig) {
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount,
	}}
	config.DialFunc = dialer.DialContext
	millis := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
	for name, value := range map[string]string{
		"tcp_keepalives_idle":                 seconds(keepAliveIdle),
		"tcp_keepalives_interval":             seconds(keepAliveInterval),
		"tcp_keepalives_count":                strconv.Itoa(keepAliveCount),
		"tcp_user_timeout":                    millis(keepAliveIdle + keepAliveCount*keepAliveInterval),
		"idle_in_transaction_session_timeout": millis(idleTimeout),
		"lock_timeout":                        millis(queueTimeout),
	} {
		config.RuntimeParams[name] = value
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "lucca-exchange"
	}
}

func (s *postgresStore) name() string {
	return net.JoinHostPort(s.config.Host, strconv.Itoa(int(s.config.Port))) + "/" + s.config.Database
}

func (s *postgresStore) dialect() goose.Dialect { return goose.DialectPostgres }

func (s *postgresStore) folder() string { return "migrations/postgres" }

// create has nothing to do: the database exists, or connecting says that it does not.
func (s *postgresStore) create(context.Context) error { return nil }

func (s *postgresStore) connect(readOnly bool) (*sql.DB, error) {
	config := s.config.Copy()
	if readOnly {
		config.RuntimeParams["default_transaction_read_only"] = "on"
	}
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(commitToDisk))
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns / 2)
	db.SetConnMaxIdleTime(time.Minute)
	return db, nil
}

// commitToDisk undoes a default of the database or the role that lets a commit return
// before it is on the disk. Stricter ones stay. Every connection calls it once.
func commitToDisk(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`)
	return err
}

func (s *postgresStore) schema(ctx context.Context, db *sql.DB) (version int64, err error) {
	var exists bool
	if err := db.QueryRowContext(ctx, `SELECT to_regclass($1) IS NOT NULL`, versionTable).Scan(&exists); err != nil || !exists {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM `+versionTable).Scan(&version)
	return version, err
}

func (s *postgresStore) made() bool      { return true }
func (s *postgresStore) own() string     { return "" }
func (s *postgresStore) oneWriter() bool { return false }

// beforeMigrations has nothing to do.
func (s *postgresStore) beforeMigrations(context.Context, *sql.DB) error { return nil }

func (s *postgresStore) afterMigrations(*sql.DB) {}

func (s *postgresStore) journal() journal { return serverJournal{} }

// serverJournal is the server's own.
type serverJournal struct{}

func (serverJournal) enter(context.Context, *sql.DB) error { return nil }

func (serverJournal) wrote(context.Context, *sql.DB) {}

func (serverJournal) leave(db *sql.DB) error { return db.Close() }

func (s *postgresStore) jobs(db *sql.DB) riverdriver.Driver[*sql.Tx] { return riverdatabasesql.New(db) }

func (s *postgresStore) lastNode() string { return `attempted_by[array_upper(attempted_by, 1)]` }

func (s *postgresStore) now(ctx context.Context, db *sql.DB) (time.Time, error) {
	var now int64
	err := db.QueryRowContext(ctx, `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`).Scan(&now)
	return time.UnixMicro(now), err
}

// join takes the lock of this process, whose session the server ends when the process dies.
func (s *postgresStore) join(ctx context.Context, node string) (lock, error) {
	return s.tryLock(ctx, nodeLock(node))
}

// nodeLock is the name of the lock of a process.
func nodeLock(node string) string { return "node " + node }

// alive looks for the locks of processes among all that are held.
func (s *postgresStore) alive(ctx context.Context, tx *sql.Tx, nodes []string) (map[string]bool, error) {
	keys, err := selectAll(ctx, tx, value[int64], `SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
		WHERE locktype = 'advisory' AND objsubid = 1 AND granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	if err != nil {
		return nil, err
	}
	alive := make(map[string]bool, len(nodes))
	for _, node := range nodes {
		alive[node] = slices.Contains(keys, lockKey(nodeLock(node)))
	}
	return alive, nil
}

// daemons counts the sessions that keep the lock of a process, which tryLock names.
func (s *postgresStore) daemons(ctx context.Context, tx *sql.Tx) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE $1`,
		"%"+lockName(nodeLock(""))+"%").Scan(&n)
	return n, err
}

func (s *postgresStore) readOptions() *sql.TxOptions {
	return &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
}

// enterWrite makes PostgreSQL what SQLite is: a database with one writer, so that what a
// transaction has read is still true when it commits. Transactions are a few statements,
// and runs wait for Lucca and for partners, not for one another here.
func (s *postgresStore) enterWrite(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, lockKey("write"))
	return err
}

func (s *postgresStore) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, transactionTimeout, fmt.Errorf("%q does not answer: %w", s.name(), ErrUnreachable))
}

// translate goes by SQLSTATE, see https://www.postgresql.org/docs/current/errcodes-appendix.html.
func (s *postgresStore) translate(err error) error {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return s.serverFault(server)
	}
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connect):
		return fmt.Errorf("%q (%s): %w", s.name(), strings.Join(causes(connect.Unwrap()), "; "), ErrUnreachable)
	case errors.As(err, &network), connectionBroke(err):
		return fmt.Errorf("%q (%s): %w", s.name(), strings.Join(causes(err), "; "), ErrUnreachable)
	}
	return nil
}

// causes are why a server cannot be reached, each once: the driver tries each address with and without
// encryption, and says it each time, with the address.
func causes(err error) []string {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var all []string
		for _, one := range several.Unwrap() {
			for _, cause := range causes(one) {
				if !slices.Contains(all, cause) {
					all = append(all, cause)
				}
			}
		}
		return all
	}
	if network, ok := errors.AsType[*net.OpError](err); ok {
		err = network.Err
	}
	return []string{err.Error()}
}

func (s *postgresStore) serverFault(server *pgconn.PgError) error {
	switch {
	case server.Code == "23503":
		return fmt.Errorf("run: %w", ErrNotFound)
	case server.ConstraintName == "runs_active":
		return ErrBusy
	case server.ConstraintName == "runs_due":
		return ErrSlotTaken
	}
	if sentence := postgresFault(server.Code); sentence != nil {
		return fmt.Errorf("%q (PostgreSQL: %s, SQLSTATE %s): %w", s.name(), server.Message, server.Code, sentence)
	}
	return fmt.Errorf("%q: %w", s.name(), server)
}

func postgresFault(code string) error {
	switch code {
	case "53100": // disk_full
		return ErrFull
	case "55P03", "40P01": // lock_not_available, deadlock_detected
		return ErrLocked
	case "25006", "42501": // read_only_sql_transaction, insufficient_privilege
		return errNotOwner
	case "42P07", "XX001", "XX002": // duplicate_table: tables of ours without their version; corrupted
		return ErrDamaged
	case "28000", "28P01": // invalid_authorization_specification, invalid_password
		return errRefused
	case "3D000": // invalid_catalog_name
		return errNoDatabase
	}
	switch code[:2] {
	case "08", "53", "57": // connection exception, insufficient resources, operator intervention
		return ErrUnreachable
	}
	return nil
}
