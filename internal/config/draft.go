package config

import (
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
)

// Draft returns the configuration with an import flow whose files are read as in i: the flow
// of that name, or a new one.
func (c *Config) Draft(name string, i Import) (*Config, error) {
	f, there := c.Flows[name]
	switch {
	case there && f.Import == nil:
		return nil, fault.Of(run.ErrUsage, "%s is no import: learn is about files of users", name)
	case there:
		i.Approval, i.Limits, i.Apply = f.Import.Approval, f.Import.Limits, f.Import.Apply
	default:
		tenant, own, several := strings.Cut(name, "/")
		if !several {
			tenant, own = "", name
		}
		if _, known := c.Tenants[tenant]; !known {
			return nil, fault.Of(run.ErrUsage, "--flow: want the tenant before the name, as in %s/%s", slices.Sorted(maps.Keys(c.Tenants))[0], own)
		}
		if message := CheckFlowName(own); message != "" {
			return nil, fault.Of(run.ErrUsage, "--flow: %s", message)
		}
		i.Apply = ApplyByAPI
		f = Flow{Name: own, Tenant: tenant, Zone: c.Zone()}
	}
	f.Import = &i
	draft := *c
	draft.Flows = map[string]Flow{name: f}
	return &draft, nil
}

// Flow finds a flow by its name. That there is none of the name is the fault of whoever asked.
func (c *Config) Flow(name string) (Flow, error) {
	f, ok := c.Flows[name]
	if !ok {
		return f, fault.Of(run.ErrUsage, "no flow %q in the configuration: there are %s", name,
			strings.Join(slices.Sorted(maps.Keys(c.Flows)), ", "))
	}
	return f, nil
}

// FlowOf is Flow for a run that was made when the flow was of a kind, which it must still be.
func (c *Config) FlowOf(name string, kind run.Kind) (Flow, error) {
	f, err := c.Flow(name)
	if err == nil && f.Kind() != kind {
		err = fault.Of(run.ErrUsage, "flow %s is no %s any more", name, kind)
	}
	return f, err
}
