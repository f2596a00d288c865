package app

import (
	"context"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/upkeep"
)

// Places tries what an instance needs on this machine: its state, its spool, and the secrets of
// whoever is told of runs.
func Places(ctx context.Context, c *config.Config) []inspect.Probe {
	var probes []inspect.Probe
	for _, l := range upkeep.Look(ctx, c.State, c.Spool) {
		p := inspect.Probe{Name: l.Name, Address: l.Address, OK: l.Err == nil, Message: l.Found}
		if l.Err != nil {
			p.Message = flow.Sentence(l.Err)
		}
		probes = append(probes, p)
	}
	for t, err := range c.Targets() {
		p := inspect.Probe{Name: t.Place, OK: err == nil, Message: "its settings and secrets can be used; notify test sends a message"}
		if err != nil {
			p.Message = flow.Sentence(err)
		}
		probes = append(probes, p)
	}
	return probes
}
