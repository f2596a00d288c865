package inspect

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// tenant tries Lucca, with all that the flows of a tenant read and write there. The error is why
// nothing could be read.
func (p Prober) tenant(ctx context.Context, tenant string) (Probe, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errGaveUp)
	defer cancel()
	out := Probe{Name: tenantName(tenant), Address: p.Config.Tenants[tenant].URL}
	var q roster.Query
	for _, f := range p.Config.Flows {
		if f.Tenant == tenant {
			q = q.Union(queryOf(f))
		}
	}
	client, err := p.Lucca(tenant)
	if err != nil {
		out.Message = p.Sentence(err)
		return out, err
	}
	account, unread := client.Check(ctx, q)
	switch {
	case unread != nil:
		out.Message = p.Sentence(unread)
	case account.Hidden != 0:
		out.Message = fmt.Sprintf("the API key may not see %s, which flows send: give its role the right to read them",
			strings.Join(account.Hidden.Names(), ", "))
	case account.Counted:
		out.OK, out.Message = true, fmt.Sprintf("%d employees, and all that the flows read", account.Employees)
	default:
		out.OK, out.Message = true, "all that the flows read"
	}
	if out.OK {
		warnings, err := client.Unseen(ctx)
		if out.Warnings = warnings; err != nil {
			out.OK, out.Message = false, p.Sentence(err)
		}
	}
	if out.OK && p.writes(tenant) {
		p.writing(ctx, client, &out)
	}
	if out.OK {
		facts, err := client.Facts(ctx)
		if err != nil {
			out.Warnings = append(out.Warnings, "the facts for the configuration could not be read: "+p.Sentence(err))
		}
		out.Facts = &facts
	}
	out.Routes = client.Routes()
	for _, e := range p.Endings(tenant) {
		out.Warnings = append(out.Warnings, "Lucca announces that "+e.String())
	}
	if out.OK && len(account.Scopes) > 0 {
		out.Message += "; by the Lucca API (v5) with the scopes " + strings.Join(account.Scopes, ", ")
	}
	return out, unread
}

// tenantName is what the probe of a tenant is called.
func tenantName(tenant string) string { return path.Join(tenant, "lucca") }

// writes reports whether a flow of the tenant changes employees.
func (p Prober) writes(tenant string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(p.Config.Flows)), func(f config.Flow) bool {
		return f.Tenant == tenant && (f.Hires != nil || f.Import != nil && f.Import.Apply == config.ApplyByAPI)
	})
}

// writing tries the right to change employees without changing any.
func (p Prober) writing(ctx context.Context, client Lucca, out *Probe) {
	proven, err := client.CheckWriting(ctx)
	switch {
	case err != nil:
		out.OK, out.Message = false, p.Sentence(err)
	case proven:
		out.Message += "; may create and modify employees (tried with empty requests, which Lucca refuses)"
	default:
		out.Warnings = append(out.Warnings, "whether the key may create and modify employees could not be tried: Lucca failed on empty requests")
	}
}

// queryOf is what a flow reads from Lucca, as far as it is known before its file.
func queryOf(f config.Flow) roster.Query {
	if f.Import != nil {
		var columns []plan.Column
		for _, code := range f.Import.Options.Identifier.Columns() {
			columns = append(columns, plan.Column{Code: code})
		}
		for _, code := range []string{plan.FirstName, plan.LastName, plan.Mail, plan.ContractStart, plan.Department, plan.Manager, plan.PrimaryRole} {
			columns = append(columns, plan.Column{Code: code})
		}
		return plan.Query(columns, f.Import.Policy)
	}
	if f.Hires != nil {
		return plan.Query(hire.Settings{Config: f.Hires.HireConfig}.Columns(), f.Hires.Policy()).Union(hire.Query())
	}
	return export.Query(f.Binding, f.Export.Population)
}
