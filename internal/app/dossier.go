package app

import (
	"context"

	"lucca-exchange/internal/dossier"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
)

// Dossier gathers or removes all that is kept about one person.
func (a *App) Dossier(ctx context.Context) (dossier.Keeper, error) {
	// Whom runs of an earlier version know is found by what is kept of them.
	for last := 0; ; {
		without, err := a.store.People().Unindexed(ctx)
		if err != nil {
			return dossier.Keeper{}, err
		}
		if len(without) == 0 || len(without) == last {
			break // those that are left were purged meanwhile
		}
		last = len(without)
		if err := a.keeper().Index(ctx); err != nil {
			return dossier.Keeper{}, err
		}
	}
	return dossier.Keeper{
		Config: a.config, Inspector: a.Inspect(),
		Store: struct {
			state.Dossier
			state.Audit
		}{state.DossierOf(a.store), a.store.Audit()},
		Format: func(flow string) tabular.Format {
			if f := a.config.Flows[flow]; f.Import != nil {
				return f.Import.Format()
			}
			return tabular.Format{}
		},
	}, nil
}
