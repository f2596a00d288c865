package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/upkeep"
)

// held finds a held run.
func (a *App) held(ctx context.Context, id string) (state.Record, error) {
	record, err := a.Inspect().Run(ctx, id)
	if err != nil {
		return record, err
	}
	if record.Outcome != run.Held {
		return record, fmt.Errorf("%w: run %s: its outcome is %q: %w", ErrUsage, record.ID, record.Outcome, state.ErrNotHeld)
	}
	return record, nil
}

// keeper looks after the state and the spool.
func (a *App) keeper() upkeep.Keeper {
	kept := a.config.Retention
	return upkeep.Keeper{
		Store: a.store, Spool: a.config.Spool, Logger: a.logger,
		Runs: time.Duration(*kept.Runs), Files: time.Duration(*kept.Files),
	}
}

// spare lists the runs whose files go where the spool has no room for those of another. Whoever
// writes a file then has no context to hand in.
func spare(s *state.Store) func() ([]string, error) {
	return func() ([]string, error) {
		if s == nil {
			return nil, nil
		}
		return s.SpareSpools(context.Background())
	}
}

// went says whose files went before their time.
func went(logger *slog.Logger, runs []string, bytes int64) {
	logger.Warn("spool.full", "so", "the files of the oldest runs that are over were removed before retention.files",
		"runs", len(runs), "first", runs[0], "last", runs[len(runs)-1], "bytes", bytes)
}

// expire ends the held runs whose plans can no longer be approved, puts their files away,
// and has their hires planned again.
func expire(ctx context.Context, a *App) error {
	if jumped, err := a.keeper().ClockJumped(ctx); err != nil || jumped {
		return err
	}
	runs, err := a.store.Expire(ctx, now())
	if err != nil {
		return err
	}
	for _, record := range runs {
		a.logger.WarnContext(ctx, "run.expired", "flow", record.Flow, "run", record.ID)
		if record.Kind == run.Hires {
			if err := hires.Expired(ctx, a.store, record); err != nil {
				return err
			}
		}
		f, ok := a.config.Flows[record.Flow]
		if !ok || f.From == "" || record.Kind == run.Hires {
			continue
		}
		a.wire(record.Flow, f).inbox().TryPutAway(ctx, record.ID)
	}
	return closeOvertaken(ctx, a)
}

// closeOvertaken ends the held runs that nobody can approve any more, since a newer file was
// done: a person would only be asked to reject them.
func closeOvertaken(ctx context.Context, a *App) error {
	held, err := a.store.Runs(ctx, state.Filter{Outcome: run.Held})
	if err != nil {
		return err
	}
	flows := make(map[string]bool)
	for _, r := range held {
		flows[r.Flow] = true
	}
	for _, name := range slices.Sorted(maps.Keys(flows)) {
		overtaken, err := a.Inspect().Overtaken(ctx, name)
		if err != nil {
			return err
		}
		for _, o := range overtaken {
			if err := a.wire(name, a.config.Flows[name]).closeHeld(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// closeHeld ends one held run, and puts its file away.
func (w wiring) closeHeld(ctx context.Context, o inspect.Overtaken) error {
	a, name := w.app, w.name
	reason := "overtaken: run " + o.By + " was done with a newer file" + strings.TrimPrefix(o.ToDo, "reject run "+o.Run)
	at := now()
	err := a.store.Drop(ctx, o.Run, reason, at, audit.Entry{At: at, Who: "lucca-exchange", From: "daemon", Act: audit.Reject, Flow: name, Run: o.Run, Note: reason})
	if errors.Is(err, state.ErrNotHeld) {
		return nil
	}
	if err != nil {
		return err
	}
	a.logger.WarnContext(ctx, "run.overtaken", "flow", name, "run", o.Run, "by", o.By)
	if w.flow.From != "" {
		w.inbox().TryPutAway(ctx, o.Run)
	}
	return nil
}
