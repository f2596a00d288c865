package inspect

import (
	"context"
	"errors"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// defaultsOf are the defaults of a flow, if it has any.
func defaultsOf(f config.Flow) plan.Defaults {
	switch {
	case f.Import != nil:
		return f.Import.Defaults
	case f.Hires != nil:
		return f.Hires.Defaults
	default:
		return plan.Defaults{}
	}
}

// defaults looks a flow's defaults up in Lucca: one probe for each that is not there. Where
// Lucca refused to be read at all, which is said of the tenant, that is not said again.
func (p Prober) defaults(ctx context.Context, name string, f config.Flow, refused error) []Probe {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errGaveUp)
	defer cancel()
	d := defaultsOf(f)
	people, err := p.referencesOf(ctx, f, d)
	if err != nil {
		message := p.Sentence(err)
		if sameFault(err, refused) {
			message = "not looked up: first mend what is said of " + tenantName(f.Tenant)
		}
		return []Probe{{Name: name + ": defaults", Message: message}}
	}
	var faults []Probe
	d.Check(people, func(key, message string) {
		faults = append(faults, Probe{Name: name + ": defaults." + key, Message: message})
	})
	if len(faults) > 0 {
		return faults
	}
	return []Probe{{Name: name + ": defaults", OK: true, Message: "all of them are in Lucca"}}
}

// sameFault reports whether two errors, of which either may be nil, have one remedy.
func sameFault(err, other error) bool {
	if err == nil || other == nil {
		return false
	}
	for _, fault := range []error{lucca.ErrUnauthorized, lucca.ErrClient, lucca.ErrUnavailable, lucca.ErrNoKey} {
		if errors.Is(err, fault) && errors.Is(other, fault) {
			return true
		}
	}
	return err.Error() == other.Error()
}

// referencesOf reads what the defaults of a flow can name.
func (p Prober) referencesOf(ctx context.Context, f config.Flow, d plan.Defaults) (*roster.Roster, error) {
	client, err := p.Lucca(f.Tenant)
	if err != nil {
		return nil, err
	}
	read := client.References
	if d.NeedsPeople() {
		read = client.Snapshot
	}
	s, err := read(ctx, queryOf(f))
	if err != nil {
		return nil, err
	}
	return roster.New(s, p.Config.Tenants[f.Tenant].Settings(roster.DateOf(time.Now().In(f.Zone))))
}
