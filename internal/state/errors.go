package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"lucca-exchange/internal/fault"
)

// Errors about runs and deliveries.
var (
	// ErrNotFound: there is no such run, or nothing of the kind was kept.
	ErrNotFound = errors.New("not found")
	// ErrAmbiguous: the part of an id that was given fits several.
	ErrAmbiguous = errors.New("fits several: type more of the id")
	// ErrBusy: the flow has a run at work. The error is a *BusyError.
	ErrBusy = errors.New("the flow is busy")
	// ErrNotHeld: the run does not wait for approval.
	ErrNotHeld = errors.New("the run is not held")
	// ErrEnded: the run has its outcome already.
	ErrEnded = errors.New("the run has ended already")
	// ErrSlotTaken: the slot of a scheduled run has its run already.
	ErrSlotTaken = errors.New("the slot has its run already")
	// ErrLost: another process has taken the run, or may have. Stop, and send nothing more.
	ErrLost = errors.New("the run is no longer this process's")
	// ErrDelivered: the file was recorded as delivered, which is final.
	ErrDelivered = errors.New("the file is delivered already")
)

// Errors about the state. Each says what to do.
var (
	// ErrFull: the disk or its quota is exhausted. Nothing of the transaction was kept.
	ErrFull = errors.New("the disk that holds the state is full: free some space, then run again")
	// ErrUnreachable: the database server cannot be reached, or cannot serve us now.
	ErrUnreachable = errors.New("the database cannot be reached: check its address and that it runs, then run again")
	// ErrLocked: another program kept the file locked for longer than we wait.
	ErrLocked = errors.New("the state is locked by another program: close what has it open (a backup, a database browser), then run again")
	// ErrReadOnly: the file or its folder cannot be written.
	ErrReadOnly = errors.New("the state cannot be written: let the user that runs lucca-exchange write the file and its folder")
	// ErrDamaged: the file is no state, or no longer one.
	ErrDamaged = errors.New("not a state of lucca-exchange, or a damaged one: restore it from a backup, or name another file in the configuration")
	// ErrNewerSchema: a later version of the program has migrated the state.
	ErrNewerSchema = errors.New("the state was written by a newer lucca-exchange: use that version or a later one")
	// ErrOlderSchema: the state wants a migration, which reading must not do.
	ErrOlderSchema = errors.New("the state was written by an older lucca-exchange: start the service, or run lucca-exchange runs once: either brings it up to date")
)

// What only a database server can have against us.
var (
	errNotOwner   = &remedy{ErrReadOnly, "the state cannot be written: connect to the primary server, as the user that owns the database"}
	errRefused    = &remedy{ErrUnreachable, "the database server refuses the user: check the user under state, and PGPASSWORD or PGPASSFILE"}
	errNoDatabase = &remedy{ErrUnreachable, "the database does not exist: create it, owned by the user under state"}
)

// remedy is an error of a kind that wants another sentence than its kind has.
type remedy struct {
	kind     error
	sentence string
}

// Error is the sentence.
func (r *remedy) Error() string { return r.sentence }

// Unwrap makes the error one of its kind.
func (r *remedy) Unwrap() error { return r.kind }

// BusyError says what keeps a flow busy. It is an ErrBusy.
type BusyError struct {
	Flow string
	// Run is empty when the holder of the flow has not recorded its run yet.
	Run   string
	Since time.Time
	PID   int
	Host  string
}

// Error names the run and its process.
func (e *BusyError) Error() string {
	if e.Run == "" {
		return fmt.Sprintf("flow %q: another process is starting a run of it: %v", e.Flow, ErrBusy)
	}
	return fmt.Sprintf("flow %q: run %s is at work since %s (process %d on %q): %v",
		e.Flow, e.Run, e.Since.Format(time.RFC3339), e.PID, e.Host, ErrBusy)
}

// Unwrap makes the error an ErrBusy.
func (e *BusyError) Unwrap() error { return ErrBusy }

// explain puts one clear sentence, with a remedy, in the place of a driver's error.
func (l *handle) explain(ctx context.Context, what string, err error) error {
	switch sentence := l.store.translate(err); {
	case err == nil:
		return nil
	case sentence == nil:
		return fmt.Errorf("%s: %w", what, err)
	// A statement that is canceled ends like one whose connection broke.
	case ctx.Err() != nil && (errors.Is(sentence, context.Canceled) || errors.Is(sentence, ErrUnreachable)):
		return fmt.Errorf("%s: %w", what, context.Cause(ctx))
	default:
		return fmt.Errorf("%s: %w", what, sentence)
	}
}

// fileFault puts a clear sentence to the errors of the operating system.
func fileFault(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault.Wrap(err, ErrFull)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fault.Wrap(err, ErrReadOnly)
	}
	return err
}
