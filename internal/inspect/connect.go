package inspect

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/secret"
)

// Probe is the outcome of trying one connection.
type Probe struct {
	// Name is "lucca", with the tenant before it where there are several, the name of a
	// remote, or that of a flow and what is tried of it.
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Address string `json:"address,omitempty"`
	// Protocol is what is spoken, by which software, and what was negotiated.
	Protocol string `json:"protocol,omitempty"`
	// Key is the fingerprint of the server's key.
	Key string `json:"key,omitempty"`
	// Banner is what the server says to everyone before the login.
	Banner string `json:"banner,omitempty"`
	// Message says what worked, or what did not and what to do.
	Message string `json:"message"`
	// Warnings are about what works and may not be meant, or not for long.
	Warnings []string `json:"warnings,omitempty"`
	// Routes are how Lucca's lists were had, Facts what the configuration can name.
	Routes []lucca.Route `json:"routes,omitempty"`
	Facts  *lucca.Facts  `json:"facts,omitempty"`
}

// Fact is one thing in Lucca that the configuration can name.
type Fact = lucca.Fact

// probeTimeout bounds each connection that is tried.
const probeTimeout = time.Minute

// errGaveUp is what a connection is given up with that does not come about.
var errGaveUp = errors.New("given up after a minute")

// Lucca is one tenant of Lucca, as far as it is tried.
type Lucca interface {
	Check(ctx context.Context, q roster.Query) (lucca.Account, error)
	CheckWriting(ctx context.Context) (proven bool, err error)
	Unseen(ctx context.Context) (warnings []string, err error)
	Facts(ctx context.Context) (lucca.Facts, error)
	Routes() []lucca.Route
	References(ctx context.Context, q roster.Query) (roster.Snapshot, error)
	Snapshot(ctx context.Context, q roster.Query) (roster.Snapshot, error)
}

// Prober tries the connections of an instance, as its flows would use them. All of its fields
// are set.
type Prober struct {
	Config *config.Config
	// Lucca makes a client of a tenant, and Endings are the routes of it that were read and are
	// announced to end.
	Lucca   func(tenant string) (Lucca, error)
	Endings func(tenant string) []lucca.Ending
	// Sources are where the hires of each hires flow come from, by flow.
	Sources map[string]hire.Source
	// Sentence is an error as one sentence with the remedy.
	Sentence func(error) string
}

// Connect tries Lucca, each remote and each ATS, as the flows would use them, and looks for
// their defaults in Lucca. It needs no state.
func (p Prober) Connect(ctx context.Context) []Probe {
	c := p.Config
	var probes []Probe
	refused := make(map[string]error, len(c.Tenants))
	for _, tenant := range c.TenantNames() {
		probe, err := p.tenant(ctx, tenant)
		refused[tenant] = err
		probes = append(probes, probe)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Remotes)) {
		probes = append(probes, p.remote(ctx, name))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Flows)) {
		f := c.Flows[name]
		if try := p.Sources[name].Check; try != nil {
			probes = append(probes, p.source(ctx, name+": "+f.Hires.Source, try))
		}
		if d := defaultsOf(f); len(d.Values)+len(d.By) > 0 {
			probes = append(probes, p.defaults(ctx, name, f, refused[f.Tenant])...)
		}
	}
	scrubber := secret.Ours(c.Secrets()...)
	for i := range probes {
		probes[i].scrub(scrubber)
	}
	return probes
}

// scrub takes out what a server may have said back.
func (p *Probe) scrub(s secret.Scrubber) {
	for _, text := range []*string{&p.Protocol, &p.Banner, &p.Message} {
		*text = s.Redact(*text)
	}
	for i := range p.Warnings {
		p.Warnings[i] = s.Redact(p.Warnings[i])
	}
}

// source tries where the hires of a flow come from.
func (p Prober) source(ctx context.Context, name string, c hire.Checker) Probe {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errGaveUp)
	defer cancel()
	out := Probe{Name: name, Address: c.Address()}
	found, err := c.Check(ctx)
	if err != nil {
		out.Message = p.Sentence(err)
		return out
	}
	out.OK, out.Message = true, found
	return out
}
