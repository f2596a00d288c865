package app

import (
	"context"
	"iter"
	"log/slog"
	"path/filepath"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/daemon"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
)

// Inspect shows the instance.
func (a *App) Inspect() inspect.Inspector {
	i := inspect.Inspector{
		Config: a.config,
		Queue: func(ctx context.Context) (map[string]inspect.Queue, error) {
			return daemon.Standing(ctx, a.store, a.config)
		},
		Plan: func(r state.PlanRecord, withPeople bool) (inspect.Plan, error) {
			s, err := change.ReadPlan(r, withPeople)
			return inspect.Plan{Plan: s.Plan, People: s.People, Hires: s.Hires}, err
		},
		File: func(r state.Record, d tabular.Dialect) explain.File {
			return exports.ReadBack(plainFile(a.config, r), d)
		},
		Rows: func(r state.Record, d tabular.Dialect) iter.Seq2[[]string, error] {
			return exports.ReadRows(plainFile(a.config, r), d)
		},
		Event: func(h state.Hire) (hire.Event, error) {
			s, err := hires.Decode(h)
			return s.Hire(), err
		},
	}
	if a.store != nil {
		i.Store, i.Acts = inspect.StoreOf(a.store), a.store.Audit().Of
	}
	return i
}

// plainFile is the path of what an export rendered.
func plainFile(c *config.Config, r state.Record) string {
	return exports.PlainFile(filepath.Join(c.Spool, r.ID), r.File)
}

// Prober tries the connections of a configuration. It needs no state.
func Prober(c *config.Config, logger *slog.Logger, version string) inspect.Prober {
	a := newApp(Options{Config: c, Logger: logger, Version: version}, nil)
	a.tries = probeTries // somebody waits for the answer
	return inspect.Prober{
		Config:  c,
		Lucca:   func(tenant string) (inspect.Lucca, error) { return a.client(tenant) },
		Endings: func(tenant string) []lucca.Ending { return a.tenants[tenant].Memory.Endings() },
		Sources: a.sources, Sentence: flow.Sentence,
	}
}
