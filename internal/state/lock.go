package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"lucca-exchange/internal/account"
)

const (
	// lockPoll is after how long a lock is first tried again that is held for a moment only, and
	// slowestPoll how long that pause becomes: on PostgreSQL each try is a connection.
	lockPoll    = 20 * time.Millisecond
	slowestPoll = 500 * time.Millisecond
	// lockPatience is how long such a lock is waited for. Whoever holds it has little to do, but
	// may do it on a machine that is overloaded, and others may be before us: only one that hangs
	// takes as long.
	lockPatience = time.Minute
)

// errLockHeld: somebody else, in this process or another, has the lock.
var errLockHeld = errors.New("lock is held")

// fileLock is an advisory lock that the kernel releases when its process ends.
type fileLock struct{ file *os.File }

// tryFileLock takes the lock or returns errLockHeld at once.
func tryFileLock(path string) (lock, error) {
	if _, err := account.Touch(path); err != nil {
		return nil, fileFault(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fileFault(account.Explain(path, err))
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case err == nil:
		return &fileLock{file}, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		err = errLockHeld
	}
	return nil, errors.Join(fmt.Errorf("lock %q: %w", path, err), file.Close())
}

func (k *fileLock) unlock() error { return k.file.Close() }

// lost never is: the kernel does not take a lock away from the living.
func (k *fileLock) lost() context.Context { return context.Background() }

// waitLock takes a lock that others hold for moments only, one after the other.
func waitLock(ctx context.Context, s store, name string) (lock, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lockPatience, ErrLocked)
	defer cancel()
	for wait := lockPoll; ; wait = min(2*wait, slowestPoll) {
		lock, err := s.tryLock(ctx, name)
		if !errors.Is(err, errLockHeld) {
			return lock, err
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// lockFlow takes a flow, or returns a *BusyError. A lock without a run at work is that of
// a process between the two, so that is waited for: the next look finds its run, or the
// lock free.
func (l Runs) lockFlow(ctx context.Context, flow string) (lock, error) {
	if l.readOnly {
		return nil, fmt.Errorf("take flow %q: opened for reading: %w", flow, ErrReadOnly)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, lockPatience, &BusyError{Flow: flow})
	defer cancel()
	for wait := lockPoll; ; wait = min(2*wait, slowestPoll) {
		lock, err := l.store.tryLock(ctx, flowLock(flow))
		if !errors.Is(err, errLockHeld) {
			return lock, err
		}
		if err := busy(ctx, l.handle, flow); err != nil {
			return nil, err
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// flowLock is the name of a flow's lock: that of a file, and a flow of a tenant has a
// slash in its name.
func flowLock(flow string) string { return "flow-" + url.PathEscape(flow) }

// busy returns a *BusyError when the flow has a run at work.
func busy(ctx context.Context, l *handle, flow string) error {
	busy := BusyError{Flow: flow}
	err := l.read(ctx, "read the run at work", func(ctx context.Context, tx *sql.Tx) error {
		var since sql.Null[int64]
		err := tx.QueryRowContext(ctx, `SELECT id, active_since, pid, host FROM runs WHERE flow = $1 AND state = 'running'`, flow).
			Scan(&busy.Run, &since, &busy.PID, &busy.Host)
		busy.Since = instant(since)
		return err
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return &busy
}

func pause(ctx context.Context, wait time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(wait):
		return nil
	}
}
