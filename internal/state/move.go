package state

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
)

// Why a state is not moved.
var (
	// ErrInUse: a daemon has the state, or a run is at work in it.
	ErrInUse = errors.New("the state is in use: stop every daemon and wait for what is at work, then move it")
	// ErrNotEmpty: what the state is to be moved to has runs or acts of its own.
	ErrNotEmpty = errors.New("there is a state already, which is never written over: name a database or a file that is empty")
	// ErrMoved: the state has been moved to another database, and goes on there.
	ErrMoved = errors.New("this state was moved to another database and goes on there: name that one under state")
)

// Moved is what was moved.
type Moved struct {
	Tables int `json:"tables"`
	// Rows are those of all tables, Runs those of the table of runs.
	Rows int `json:"rows"`
	Runs int `json:"runs"`
}

// Move copies a whole state into an empty one of either kind, which it makes where there is none,
// and has the first know that it goes on in the second. All of it is in the second or nothing is:
// rows and their sums are compared before anything is final, so that it can be begun again. The
// act is put on record there. ErrInUse, ErrNotEmpty, ErrMoved; fs.ErrNotExist: there is no state.
func Move(ctx context.Context, from, to string, act audit.Entry) (m Moved, err error) {
	looked, err := OpenReadOnly(ctx, from) // a state is not made here, to be moved
	if err != nil && !errors.Is(err, ErrOlderSchema) {
		return Moved{}, err
	}
	if err == nil {
		if err := looked.Close(); err != nil {
			return Moved{}, err
		}
	}
	source, err := sole(ctx, from)
	if err != nil {
		return Moved{}, err
	}
	defer func() { err = errors.Join(err, source.close()) }()
	if _, err := source.open.Runs().Recover(ctx, act.At); err != nil {
		return Moved{}, err
	}
	target, err := sole(ctx, to)
	if errors.Is(err, ErrMoved) {
		err = fault.As(ErrNotEmpty, "%s is a state that was moved away, and is never written over: move its file aside, or name another one", strings.TrimPrefix(to, "sqlite:"))
	}
	if err != nil {
		return Moved{}, fmt.Errorf("move to %s: %w", strings.SplitN(to, ":", 2)[0], err)
	}
	defer func() { err = errors.Join(err, target.close()) }()
	if source.open.store.name() == target.open.store.name() {
		return Moved{}, fault.Of(ErrNotEmpty, "it is the same state")
	}
	return moving{source.open.handle}.moveTo(ctx, moving{target.open.handle}, act)
}

// soleStore is a state that no daemon has, or can take.
type soleStore struct {
	open  *Store
	place lock
}

func (s soleStore) close() error { return errors.Join(s.place.unlock(), s.open.Close()) }

// sole opens a state as a daemon does, and refuses one that another has.
func sole(ctx context.Context, dsn string) (soleStore, error) {
	l, err := Open(ctx, dsn)
	if err != nil {
		return soleStore{}, err
	}
	place, err := l.store.join(ctx, "move")
	if err != nil {
		if errors.Is(err, ErrRunning) || errors.Is(err, errLockHeld) {
			err = fault.Of(ErrInUse, "%v", err)
		}
		return soleStore{}, errors.Join(err, l.Close())
	}
	s := soleStore{l, place}
	server, ok := l.store.(*postgresStore)
	if !ok {
		return s, nil
	}
	daemons, err := get(ctx, l.handle, "look for daemons", server.daemons)
	if err == nil && daemons > 1 { // one is ours
		err = fault.Of(ErrInUse, "%d daemons work with %q", daemons-1, server.name())
	}
	if err != nil {
		return soleStore{}, errors.Join(err, s.close())
	}
	return s, nil
}

// moving is a state while all of it is copied.
type moving struct{ *handle }

// moveTo copies everything in one transaction on either side, during which nobody else writes.
func (l moving) moveTo(ctx context.Context, target moving, act audit.Entry) (m Moved, err error) {
	err = l.alone(ctx, func(from *sql.Tx) error {
		if err := l.idle(ctx, from); err != nil {
			return err
		}
		err := target.alone(ctx, func(to *sql.Tx) error {
			there, err := l.already(ctx, from, to)
			if err != nil {
				return err
			}
			if there.Tables > 0 {
				m = there
				return nil
			}
			m, err = l.copyAll(ctx, from, target, to)
			if err != nil {
				return err
			}
			return record(ctx, to, act)
		})
		if err != nil {
			return err
		}
		return setMark(ctx, from, markMoved, act.At.UnixMicro())
	})
	return m, err
}

// alone runs fn in a transaction as the only one that writes, however long it takes.
func (l moving) alone(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return l.explain(ctx, "move state", err)
	}
	err = l.store.enterWrite(ctx, tx)
	if err == nil && l.store.dialect() == goose.DialectPostgres {
		_, err = tx.ExecContext(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`)
	}
	if err == nil {
		err = fn(tx)
	}
	if err != nil {
		_ = tx.Rollback() // the first error matters
		return l.explain(ctx, "move state", err)
	}
	return l.explain(ctx, "move state", tx.Commit())
}

// idle refuses a state with a run at work that no daemon would go on with.
func (l moving) idle(ctx context.Context, tx *sql.Tx) error {
	busy, err := selectAll(ctx, tx, value[string], `SELECT id FROM runs WHERE `+ownRuns)
	if err == nil && len(busy) > 0 {
		return fault.Of(ErrInUse, "run %s is at work", busy[0])
	}
	return err
}

// queueTables are River's and goose's: of the first nothing is moved, since a run that waits gets a
// new job where it goes on, and the second tell which schema there is.
func queueTables(name string) bool {
	return strings.HasPrefix(name, "river_") || strings.HasPrefix(name, "goose_") || strings.HasPrefix(name, "sqlite_") || name == versionTable
}

// tables are those that are moved; those that others refer to come first.
func (l moving) tables(ctx context.Context, tx *sql.Tx) ([]string, error) {
	query := `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name`
	if l.store.dialect() == goose.DialectSQLite3 {
		query = `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
	}
	all, err := selectAll(ctx, tx, value[string], query)
	if err != nil {
		return nil, err
	}
	names := []string{"runs", "plans", "person_indexes"}
	for _, name := range all {
		if !slices.Contains(names[:3], name) && !queueTables(name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// copyAll copies every table, and compares.
func (l moving) copyAll(ctx context.Context, from *sql.Tx, target moving, to *sql.Tx) (m Moved, err error) {
	tables, err := l.tables(ctx, from)
	if err != nil {
		return m, err
	}
	others, err := target.tables(ctx, to)
	if err != nil {
		return m, err
	}
	if !slices.Equal(tables, others) {
		return m, fault.Of(ErrDamaged, "the tables differ: %q and %q", tables, others)
	}
	for _, table := range others {
		// A state is born with marks, and nothing else.
		if table == "marks" {
			continue
		}
		var rows int
		if err := to.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table).Scan(&rows); err != nil {
			return m, err
		}
		if rows > 0 {
			return m, fmt.Errorf("%q: %w", target.store.name(), ErrNotEmpty)
		}
	}
	if _, err := to.ExecContext(ctx, `DELETE FROM marks`); err != nil {
		return m, err
	}
	for _, table := range tables {
		rows, err := copyTable(ctx, from, to, table)
		if err != nil {
			return m, fmt.Errorf("table %s: %w", table, target.explain(ctx, "copy", err))
		}
		m.Tables, m.Rows = m.Tables+1, m.Rows+rows
		if table == "runs" {
			m.Runs = rows
		}
	}
	return m, nil
}

// copyTable copies the rows of a table, then reads them back: as many as there were, and the same.
func copyTable(ctx context.Context, from, to *sql.Tx, table string) (rows int, err error) {
	columns, kinds, err := columnsOf(ctx, to, table)
	if err != nil {
		return 0, err
	}
	in := inserter{tx: to, table: table, columns: columns, kinds: kinds}
	read, err := sumOf(ctx, from, table, columns, in.add)
	if err != nil {
		return 0, err
	}
	if err := in.flush(ctx); err != nil {
		return 0, err
	}
	written, err := sumOf(ctx, to, table, columns, nil)
	if err != nil {
		return 0, err
	}
	if read != written {
		return 0, fmt.Errorf("%d rows were read and %d written, or they are not the same: %w", read.rows, written.rows, ErrDamaged)
	}
	return read.rows, nil
}

// columnsOf are the columns of a table by name, and the names of their types.
func columnsOf(ctx context.Context, tx *sql.Tx, table string) (columns, kinds []string, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT * FROM `+table+` LIMIT 0`) //nolint:gosec // the name of a table of ours
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	types, err := rows.ColumnTypes()
	if err := errors.Join(err, rows.Err()); err != nil {
		return nil, nil, err
	}
	for _, t := range types {
		columns, kinds = append(columns, t.Name()), append(kinds, strings.ToUpper(t.DatabaseTypeName()))
	}
	return columns, kinds, nil
}

// tableSum is how many rows a table has, and a sum of their digests, in whatever order.
type tableSum struct {
	rows int
	sum  [4]uint64
}

// sumOf reads a table, and hands each row to each, unless that is nil.
func sumOf(ctx context.Context, tx *sql.Tx, table string, columns []string, each func(context.Context, []any) error) (s tableSum, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+table) //nolint:gosec // names of ours
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		values := make([]any, len(columns))
		places := make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return s, err
		}
		for i, column := range columns {
			if table == "runs" && column == "job" {
				values[i] = nil // it is of a queue that stays behind
			}
		}
		s.add(values)
		if each == nil {
			continue
		}
		if err := each(ctx, values); err != nil {
			return s, err
		}
	}
	return s, rows.Err()
}

// add takes a row in: what one database calls true and another 1 is the same, and so are bytes and
// text.
func (s *tableSum) add(values []any) {
	digest := sha256.New()
	for _, v := range values {
		var text string
		switch v := v.(type) {
		case nil:
			text = "-"
		case bool:
			text = "i0"
			if v {
				text = "i1"
			}
		case []byte:
			text = "t" + string(v)
		case string:
			text = "t" + v
		case time.Time:
			text = "i" + strconv.FormatInt(v.UnixMicro(), 10)
		default:
			text = fmt.Sprintf("i%v", v)
		}
		fmt.Fprintf(digest, "%d:%s", len(text), text)
	}
	sum := digest.Sum(nil)
	for i := range s.sum {
		s.sum[i] += binary.BigEndian.Uint64(sum[8*i:])
	}
	s.rows++
}

// What one statement of an inserter takes: enough that a server far away is not asked for each row.
const (
	batchRows  = 200
	batchBytes = 4 << 20
)

// inserter writes rows of a table, many at a time.
type inserter struct {
	tx             *sql.Tx
	table          string
	columns, kinds []string
	args           []any
	rows, bytes    int
}

func (in *inserter) add(ctx context.Context, values []any) error {
	for i, v := range values {
		v = as(in.kinds[i], v)
		if b, ok := v.([]byte); ok {
			in.bytes += len(b)
		}
		in.args = append(in.args, v)
	}
	if in.rows++; in.rows < batchRows && in.bytes < batchBytes {
		return nil
	}
	return in.flush(ctx)
}

// flush writes what has been collected.
func (in *inserter) flush(ctx context.Context) error {
	if in.rows == 0 {
		return nil
	}
	var query strings.Builder
	fmt.Fprintf(&query, "INSERT INTO %s (%s) VALUES ", in.table, strings.Join(in.columns, ", "))
	for n := range len(in.args) {
		switch {
		case n == 0:
			query.WriteString("(")
		case n%len(in.columns) == 0:
			query.WriteString("), (")
		default:
			query.WriteString(", ")
		}
		fmt.Fprintf(&query, "$%d", n+1)
	}
	query.WriteString(")")
	_, err := in.tx.ExecContext(ctx, query.String(), in.args...)
	in.args, in.rows, in.bytes = in.args[:0], 0, 0
	return err
}

// as is a value for a column of this type, as its driver takes it.
func as(kind string, value any) any {
	switch v := value.(type) {
	case int64:
		if strings.HasPrefix(kind, "BOOL") {
			return v != 0
		}
	case bool:
		if !strings.HasPrefix(kind, "BOOL") && v {
			return int64(1)
		} else if !strings.HasPrefix(kind, "BOOL") {
			return int64(0)
		}
	case []byte:
		if kind == "TEXT" {
			return string(v)
		}
	case string:
		if kind == "BYTEA" || kind == "BLOB" {
			return []byte(v)
		}
	}
	return value
}

// stayed returns ErrMoved for a state that was moved.
func stayed(ctx context.Context, l *handle) error {
	return l.read(ctx, "look where the state is", func(ctx context.Context, tx *sql.Tx) error {
		at, err := mark(ctx, tx, markMoved)
		if err == nil && at != 0 {
			return fmt.Errorf("%q: %w", l.store.name(), ErrMoved)
		}
		return err
	})
}
