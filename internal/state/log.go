package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"
)

// SQLite marks a file that has a log, also after it was closed in good order: so it cannot tell whether
// one is missing. Here the file says in its header (user_version) that it lacks its log, and the log takes
// that back: the file alone is told, and once all of the log is in it, whoever put it there, it is whole.
// Therefore only copyLog copies the log: after so many writes, or after some if it is long, since the
// queue writes by itself what nobody counts.
const (
	copyAfter = 200
	someAfter = 20
	longLog   = 4 << 20 // bytes
)

// ErrNoLog: the state's file is a copy that was made while it was in use, or its log was removed.
var ErrNoLog = errors.New("its log (-wal) is missing, with what was written last: put the log beside it, or move the file away and give restore a backup, or the file itself")

// fileLog looks after the log of a state's file.
type fileLog struct {
	path string
	// lock takes the lock that whoever copies the log has: at once, or when it is free.
	lock func(ctx context.Context, wait bool) (lock, error)
	// writes is how many there were since the log was copied; whoever has the turn counts.
	writes int
}

// there reports whether there is something in the log.
func (l *fileLog) there() bool { return l.size() > 0 }

func (l *fileLog) size() int64 {
	info, err := os.Stat(l.path + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}

// complete refuses a file that lacks its log. Another process may begin or end while it looks: that the
// file is in use is asked before there is a log, and both once more.
func (l *fileLog) complete(ctx context.Context, db *sql.DB) error {
	var journal string
	if err := db.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&journal); err != nil || journal != "wal" {
		return err // a backup that was put in place is whole
	}
	for range 2 {
		if lacks, err := lacking(ctx, db); err != nil || !lacks || l.there() {
			return err
		}
	}
	return fmt.Errorf("%q: %w", l.path, ErrNoLog)
}

// lacking is what file and log together say.
func lacking(ctx context.Context, db *sql.DB) (bool, error) {
	var version int
	err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version)
	return version != 0, err
}

// enter marks the file before anything is written that is in the log alone.
func (l *fileLog) enter(ctx context.Context, db *sql.DB) error {
	only, err := l.lock(ctx, true)
	if err != nil {
		return err
	}
	return errors.Join(copyLog(ctx, db), only.unlock())
}

// wrote copies the log once in a while. Where that fails or others do it, it is done the next time.
func (l *fileLog) wrote(ctx context.Context, db *sql.DB) {
	if l.writes++; l.writes < copyAfter && (l.writes < someAfter || l.size() < longLog) {
		return
	}
	l.writes = 0
	only, err := l.lock(ctx, false)
	if err != nil {
		return
	}
	_ = errors.Join(copyLog(context.WithoutCancel(ctx), db), only.unlock())
}

// copyLog copies the log into the file, which says then that it lacks what comes after.
func copyLog(ctx context.Context, db *sql.DB) error {
	for _, statement := range []string{
		`PRAGMA user_version = 1`, `PRAGMA wal_checkpoint`,
		`PRAGMA journal_size_limit(0)`, `PRAGMA user_version = 0`, `PRAGMA journal_size_limit(-1)`, // no longer than what is in it
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// leave closes the database, and has SQLite remove the log if nobody else has it open and it says that
// the file is whole.
func (l *fileLog) leave(db *sql.DB) (err error) {
	ctx := context.Background()
	if lacks, unknown := lacking(ctx, db); unknown == nil && !lacks {
		err = dropLog(ctx, db)
	}
	return errors.Join(err, db.Close())
}

// dropLog lets a connection remove the log.
func dropLog(ctx context.Context, db *sql.DB) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	return errors.Join(conn.Raw(func(c any) error { return keepLog(c, 0) }), conn.Close())
}

// keepLog says whether the log stays when the last connection is closed: 1 or 0.
func keepLog(conn any, keep int) error {
	file, ok := conn.(sqlite.FileControl)
	if !ok {
		return errors.ErrUnsupported
	}
	_, err := file.FileControlPersistWAL("main", keep)
	return err
}

// connector makes connections. Those of whoever may write, or finds a log, leave it where it is.
type connector struct {
	dsn  string
	keep bool
}

func (c connector) Driver() driver.Driver { return &sqlite.Driver{} }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	if err != nil || !c.keep {
		return conn, err
	}
	if err := keepLog(conn, 1); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}
