package state

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"lucca-exchange/internal/fault"
)

const (
	// pingEvery is how often a lock's connection is tried, and pingTimeout for how long:
	// together with the server's keepalive, either end knows of a broken one within 15 s.
	pingEvery   = 3 * time.Second
	pingTimeout = 5 * time.Second
)

// sessionLock is an advisory lock of a PostgreSQL session of its own. The server releases
// it when the session ends: when the process dies, and when the server no longer hears
// from it.
type sessionLock struct {
	conn *pgx.Conn
	name string
	// stop ends the watch over the connection, watched is closed once it has.
	stop    context.CancelFunc
	watched chan struct{}
	gone    context.Context
	lose    context.CancelCauseFunc
}

// lockKey is the key of an advisory lock: a hash of our name and the lock's, since every
// program that uses the database shares the keys.
func lockKey(name string) int64 {
	sum := sha256.Sum256([]byte("lucca-exchange " + name))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// lockName is what the application's name ends in for a session that keeps a lock.
func lockName(lock string) string { return " lock: " + lock }

func (s *postgresStore) tryLock(ctx context.Context, name string) (lock, error) {
	config := s.config.Copy()
	config.RuntimeParams["application_name"] += lockName(name)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, s.lockFault(ctx, err)
	}
	var taken bool
	err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, lockKey(name)).Scan(&taken)
	switch {
	case err != nil:
		return nil, errors.Join(s.lockFault(ctx, err), conn.Close(ctx))
	case !taken:
		return nil, errors.Join(fmt.Errorf("lock %q: %w", name, errLockHeld), conn.Close(ctx))
	}
	// The lock outlives the call that took it.
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	gone, lose := context.WithCancelCause(context.WithoutCancel(ctx))
	k := &sessionLock{conn: conn, name: name, stop: stop, watched: make(chan struct{}), gone: gone, lose: lose}
	go k.watch(watching)
	return k, nil
}

// lockFault says in a sentence why there is no connection for a lock.
func (s *postgresStore) lockFault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if sentence := s.translate(err); sentence != nil {
		return sentence
	}
	return err
}

// watch notices the end of the session at once where the network says so, and by pings
// where it says nothing.
func (k *sessionLock) watch(ctx context.Context) {
	defer close(k.watched)
	for ctx.Err() == nil {
		if err := k.alive(ctx); err != nil && ctx.Err() == nil {
			k.lose(fmt.Errorf("lock %q: %w", k.name, fault.Wrap(ErrLost, err)))
			return
		}
	}
}

// alive listens for pingEvery and then asks. The question is not cut short by the end of ctx: that
// would break the connection, and the server would keep the lock a while after its release.
func (k *sessionLock) alive(ctx context.Context) error {
	quiet, cancel := context.WithTimeout(ctx, pingEvery)
	defer cancel()
	_, err := k.conn.WaitForNotification(quiet)
	if err != nil && !pgconn.Timeout(err) || ctx.Err() != nil {
		return err
	}
	asked, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingTimeout)
	defer cancel()
	return k.conn.Ping(asked)
}

// unlock lets go of the lock before it returns, where the connection still works; where
// it does not, the server does so.
func (k *sessionLock) unlock() error {
	k.stop()
	<-k.watched
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
	defer cancel()
	if !k.conn.IsClosed() {
		// What matters is that the session ends: Close sees to it either way.
		_, _ = k.conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, lockKey(k.name))
	}
	_ = k.conn.Close(ctx)
	return nil
}

func (k *sessionLock) lost() context.Context { return k.gone }

// connectionBroke reports the ways in which a driver says that its connection is gone.
func connectionBroke(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
