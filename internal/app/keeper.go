package app

import (
	"context"
	"log/slog"
	"time"

	"lucca-exchange/internal/state"
	"lucca-exchange/internal/upkeep"
)

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

// expire is Expire of package acts, unless the clock jumped.
func expire(ctx context.Context, a *App) error {
	if jumped, err := a.keeper().ClockJumped(ctx); err != nil || jumped {
		return err
	}
	return a.Acts().Expire(ctx)
}
