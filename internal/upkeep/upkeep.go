// Package upkeep looks after the state and the spool of an instance: what is old goes, an older
// copy of the state that was put back is noticed, and that both can be written is known before
// a run needs it.
package upkeep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// Store is what is looked after of the state.
type Store interface {
	Self
	People
}

// Self is what a state knows of itself; its methods are those of state.Upkeep.
type Self interface {
	Purge(ctx context.Context, o state.PurgeOptions) (spools []string, err error)
	ClockJumped(ctx context.Context, at time.Time) (bool, error)
	Place(ctx context.Context) (p state.Place, fresh bool, err error)
	Known(ctx context.Context) (state.Place, error)
	Noted(ctx context.Context) error
	Restored(ctx context.Context, reached int64) error
	TryWrite(ctx context.Context, at time.Time) error
	Folder() string
}

// People is whom runs know; its methods are those of state.People.
type People interface {
	Unindexed(ctx context.Context) ([]string, error)
	IndexPeople(ctx context.Context, run string, people iter.Seq[state.Known]) error
}

// StoreOf is the part of a state that is looked after; nil for none.
func StoreOf(s *state.Store) Store {
	if s == nil {
		return nil
	}
	return struct {
		Self
		People
	}{s.Upkeep(), s.People()}
}

// Keeper looks after one instance.
type Keeper struct {
	Store Store
	// Spool is the folder of working files.
	Spool string
	// Runs and Files say for how long runs are remembered, and their files kept.
	Runs, Files time.Duration
	// Expire ends what time has ended, such as held plans.
	Expire func(ctx context.Context) error
	// People are those whom the file or plan of a run knows; state.ErrNotFound where none is kept.
	People func(ctx context.Context, run string) (iter.Seq[state.Known], error)
	Logger *slog.Logger
}

// Before is for before a run. It may be that nothing of it could be done.
func (k Keeper) Before(ctx context.Context) error {
	return errors.Join(k.NotePlace(ctx), k.expire(ctx))
}

// After is for after a run, at the instant of its end.
func (k Keeper) After(ctx context.Context, at time.Time) error {
	return errors.Join(k.NotePlace(ctx), k.Purge(ctx, at), k.Index(ctx))
}

// Tidy is for where no flow runs.
func (k Keeper) Tidy(ctx context.Context) error {
	return errors.Join(k.expire(ctx), k.Purge(ctx, flow.Now()), k.Index(ctx))
}

// expire is Expire, unless the clock jumped.
func (k Keeper) expire(ctx context.Context) error {
	if jumped, err := k.ClockJumped(ctx); err != nil || jumped {
		return err
	}
	return k.Expire(ctx)
}

// Enter looks at what a state and its spool are before they are used.
func (k Keeper) Enter(ctx context.Context) error {
	// What is no folder, a run says better.
	if info, err := os.Stat(k.Spool); err == nil && info.IsDir() {
		if err := state.Private(k.Spool); err != nil {
			return fault.Of(run.ErrUsage, "spool: %w", err)
		}
	}
	removeTrials(k.Spool, flow.Now().Add(-trialStuck))
	removeTrials(k.Store.Folder(), flow.Now().Add(-trialStuck))
	if err := k.NotePlace(ctx); err != nil {
		// It is for a day that may never come, and must not keep work from being done.
		k.Logger.WarnContext(ctx, "place.unnoted", "err", err)
	}
	return nil
}

// rehearsalKept is for how long a dry run that was killed leaves its folder.
const rehearsalKept = 24 * time.Hour

// Purge removes what is older than it is kept, and what killed dry runs left.
func (k Keeper) Purge(ctx context.Context, now time.Time) error {
	if jumped, err := k.ClockJumped(ctx); err != nil || jumped {
		return err
	}
	spools, err := k.Store.Purge(ctx, state.PurgeOptions{RunsBefore: now.Add(-k.Runs), FilesBefore: now.Add(-k.Files)})
	if err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	there, err := os.ReadDir(k.Spool)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("purge: %w", err)
	}
	old := make(map[string]bool, len(spools))
	for _, id := range spools {
		old[id] = true
	}
	for _, entry := range there {
		name := entry.Name()
		if strings.HasPrefix(name, flow.RehearsalPrefix) {
			info, err := entry.Info()
			old[name] = err == nil && info.ModTime().Before(now.Add(-rehearsalKept))
		}
		if !old[name] {
			continue
		}
		if err := spool.Remove(filepath.Join(k.Spool, name)); err != nil {
			return fmt.Errorf("purge: %w", err)
		}
	}
	return nil
}

// ClockJumped reports whether nothing may be removed for its age: see state.ClockJumped.
func (k Keeper) ClockJumped(ctx context.Context) (bool, error) {
	jumped, err := k.Store.ClockJumped(ctx, flow.Now())
	if jumped && err == nil {
		k.Logger.WarnContext(ctx, "clock.doubted", "so", "nothing expires and nothing is purged until the clock has been steady for a day")
	}
	return jumped, err
}

// removeTrials removes what killed processes left of their tries to write, as far as it can.
func removeTrials(folder string, before time.Time) {
	left, err := filepath.Glob(filepath.Join(folder, trialPrefix+"*"))
	if err != nil || folder == "" {
		return
	}
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && info.ModTime().Before(before) {
			_ = os.Remove(path)
		}
	}
}
