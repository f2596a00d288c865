package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// compared are the codes whose values a file of unknown columns can be told by.
func compared() []plan.Column {
	var columns []plan.Column
	for _, code := range []string{
		plan.Login, plan.Mail, plan.EmployeeNumber, plan.FirstName, plan.LastName, "jobTitle",
		plan.Establishment, plan.Department, plan.PrimaryRole, "csp",
	} {
		columns = append(columns, plan.Column{Code: code})
	}
	return columns
}

// People reads the employees of a tenant, with what the columns of a file can be compared with.
func (a *App) People(ctx context.Context, tenant string) (*roster.Roster, error) {
	client, err := a.client(tenant)
	if err != nil {
		return nil, err
	}
	s, err := client.Snapshot(ctx, plan.Query(compared(), plan.Policy{NewOnly: true}))
	if err != nil {
		return nil, err
	}
	return roster.New(s, a.config.Tenants[tenant].Settings(roster.DateOf(time.Now())))
}

// Draft returns the configuration with an import flow whose files are read as in i: the flow
// of that name, or a new one.
func Draft(c *config.Config, name string, i config.Import) (*config.Config, error) {
	f, there := c.Flows[name]
	switch {
	case there && f.Import == nil:
		return nil, fmt.Errorf("%w: %s is no import: learn is about files of users", ErrUsage, name)
	case there:
		i.Approval, i.Limits, i.Apply = f.Import.Approval, f.Import.Limits, f.Import.Apply
	default:
		tenant, own, several := strings.Cut(name, "/")
		if !several {
			tenant, own = "", name
		}
		if _, known := c.Tenants[tenant]; !known {
			return nil, fmt.Errorf("%w: --flow: want the tenant before the name, as in %s/%s", ErrUsage, slices.Sorted(maps.Keys(c.Tenants))[0], own)
		}
		if message := config.CheckFlowName(own); message != "" {
			return nil, fmt.Errorf("%w: --flow: %s", ErrUsage, message)
		}
		zone, err := time.LoadLocation(cmp.Or(c.Timezone, "UTC"))
		if err != nil {
			return nil, fmt.Errorf("load time zone: %w", err)
		}
		i.Apply = config.ApplyByAPI
		f = config.Flow{Name: own, Tenant: tenant, Zone: zone}
	}
	f.Import = &i
	draft := *c
	draft.Flows = map[string]config.Flow{name: f}
	return &draft, nil
}
