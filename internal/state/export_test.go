package state

import (
	"context"
	"database/sql"
	"errors"

	"lucca-exchange/internal/audit"
)

// LockKey is the key of a flow's lock on PostgreSQL.
func LockKey(flow string) int64 { return lockKey(flowLock(flow)) }

// Takeover is the longest wait of a run whose process was killed: until it is seen that the process
// is gone, until the job is fetched, and once more where its lock is not free yet.
const Takeover = tendEvery + fetchPoll + lookAgain

// DB returns the connection of a store, to test what a database alone can bring about.
func DB(l *Store) *sql.DB { return l.db }

// CreateAt makes an empty state with the schema of an older version.
func CreateAt(ctx context.Context, dsn string, version int64) error {
	s, err := storeAt(dsn)
	if err != nil {
		return err
	}
	if err := s.create(ctx); err != nil {
		return err
	}
	db, err := s.connect(false)
	if err != nil {
		return err
	}
	provider, err := newStore(&handle{db: db, store: s}).migrations()
	if err == nil {
		_, err = provider.UpTo(ctx, version)
	}
	return errors.Join(err, db.Close())
}

// Verifies reports whether a connection to a PostgreSQL at dsn verifies the server's name.
func Verifies(dsn string) (bool, error) {
	s, err := newPostgres(dsn)
	if err != nil {
		return false, err
	}
	tls := s.config.TLSConfig
	return tls != nil && !tls.InsecureSkipVerify && tls.ServerName == s.config.Host && len(s.config.Fallbacks) == 0, nil
}

// MoveKilled is Move whose process dies once all is in the target, and before the source knows.
func MoveKilled(ctx context.Context, from, to string, act audit.Entry, killed error) error {
	source, err := sole(ctx, from)
	if err != nil {
		return err
	}
	target, err := sole(ctx, to)
	if err != nil {
		return errors.Join(err, source.close())
	}
	err = moving{source.open.handle}.alone(ctx, func(from *sql.Tx) error {
		err := moving{target.open.handle}.alone(ctx, func(to *sql.Tx) error {
			if _, err := (moving{source.open.handle}).copyAll(ctx, from, moving{target.open.handle}, to); err != nil {
				return err
			}
			return record(ctx, to, act)
		})
		return errors.Join(err, killed)
	})
	return errors.Join(err, source.close(), target.close())
}

// MoveCut is Move that fails once everything is copied, and before it is final.
func MoveCut(ctx context.Context, from, to string, act audit.Entry, cut error) (Moved, error) {
	source, err := sole(ctx, from)
	if err != nil {
		return Moved{}, err
	}
	target, err := sole(ctx, to)
	if err != nil {
		return Moved{}, errors.Join(err, source.close())
	}
	var m Moved
	err = moving{source.open.handle}.alone(ctx, func(from *sql.Tx) error {
		return moving{target.open.handle}.alone(ctx, func(to *sql.Tx) error {
			m, err = moving{source.open.handle}.copyAll(ctx, from, moving{target.open.handle}, to)
			if err != nil {
				return err
			}
			return cut
		})
	})
	return m, errors.Join(err, source.close(), target.close())
}
