package inspect

import (
	"context"

	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/upkeep"
)

// Places tries what an instance needs on this machine: its state, its spool, and whether
// whoever is told of runs can be reached.
func (p Prober) Places(ctx context.Context) []Probe {
	var probes []Probe
	for _, l := range upkeep.Look(ctx, p.Config.State, p.Config.Spool) {
		probes = append(probes, p.tried(Probe{Name: l.Name, Address: l.Address, Message: l.Found}, l.Err))
	}
	for t, err := range p.Config.Targets() {
		if r, ok := t.Channel.(notify.Reacher); ok && err == nil {
			err = reach(ctx, r)
		}
		probes = append(probes, p.tried(Probe{Name: t.Place, Message: "it answers, and its settings and secrets can be used; notify test sends a message"}, err))
	}
	return probes
}

// reach waits for an answer as long as a message does.
func reach(ctx context.Context, r notify.Reacher) error {
	ctx, cancel := context.WithTimeout(ctx, notify.TimeLimit)
	defer cancel()
	return r.Reach(ctx)
}

// tried is a probe with what came of it.
func (p Prober) tried(found Probe, err error) Probe {
	if found.OK = err == nil; !found.OK {
		found.Message = p.Sentence(err)
	}
	return found
}
