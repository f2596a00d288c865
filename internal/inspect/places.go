package inspect

import (
	"context"

	"lucca-exchange/internal/upkeep"
)

// Places tries what an instance needs on this machine: its state, its spool, and the secrets of
// whoever is told of runs.
func (p Prober) Places(ctx context.Context) []Probe {
	var probes []Probe
	for _, l := range upkeep.Look(ctx, p.Config.State, p.Config.Spool) {
		probes = append(probes, p.tried(Probe{Name: l.Name, Address: l.Address, Message: l.Found}, l.Err))
	}
	for t, err := range p.Config.Targets() {
		probes = append(probes, p.tried(Probe{Name: t.Place, Message: "its settings and secrets can be used; notify test sends a message"}, err))
	}
	return probes
}

// tried is a probe with what came of it.
func (p Prober) tried(found Probe, err error) Probe {
	if found.OK = err == nil; !found.OK {
		found.Message = p.Sentence(err)
	}
	return found
}
