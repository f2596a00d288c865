package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"path"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
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

// probeTimeout bounds each connection that is tried.
const probeTimeout = time.Minute

// errGaveUp is what a connection is given up with that does not come about.
var errGaveUp = errors.New("given up after a minute")

// Connect tries Lucca, each remote and each ATS, as the flows would use them, and looks for
// their defaults in Lucca. It needs no state.
func Connect(ctx context.Context, c *config.Config, logger *slog.Logger, version string) []Probe {
	a := newApp(Options{Config: c, Logger: logger, Version: version}, nil)
	var probes []Probe
	tenants := make(map[string]Probe, len(c.Tenants))
	for _, tenant := range c.TenantNames() {
		tenants[tenant] = a.probeLucca(ctx, tenant)
		probes = append(probes, tenants[tenant])
	}
	for _, name := range slices.Sorted(maps.Keys(c.Remotes)) {
		probes = append(probes, a.probeRemote(ctx, name))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Flows)) {
		f := c.Flows[name]
		if try := a.sources[name].Check; try != nil {
			probes = append(probes, probeSource(ctx, name+": "+f.Hires.Source, try))
		}
		if d := defaultsOf(f); len(d.Values)+len(d.By) > 0 {
			probes = append(probes, sayOnce(a.probeDefaults(ctx, name, f, d), tenants[f.Tenant])...)
		}
	}
	scrubber := secret.Known(c.Secrets()...)
	for i := range probes {
		probes[i].scrub(scrubber)
	}
	return probes
}

// sayOnce points back to Lucca where a flow's defaults cannot be looked up for the same fault.
func sayOnce(defaults []Probe, tenant Probe) []Probe {
	for i := range defaults {
		if p := &defaults[i]; !p.OK && p.Message == tenant.Message {
			p.Message = "not looked up: first mend what is said of " + tenant.Name
		}
	}
	return defaults
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

// probeSource tries where the hires of a flow come from.
func probeSource(ctx context.Context, name string, c hire.Checker) Probe {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errGaveUp)
	defer cancel()
	p := Probe{Name: name, Address: c.Address()}
	found, err := c.Check(ctx)
	if err != nil {
		p.Message = Sentence(err)
		return p
	}
	p.OK, p.Message = true, found
	return p
}

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

// probeDefaults looks a flow's defaults up in Lucca: one probe for each that is not there.
func (a *App) probeDefaults(ctx context.Context, name string, f config.Flow, d plan.Defaults) []Probe {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errGaveUp)
	defer cancel()
	people, err := a.referencesOf(ctx, f, d)
	if err != nil {
		return []Probe{{Name: name + ": defaults", Message: Sentence(err)}}
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

// referencesOf reads what the defaults of a flow can name.
func (a *App) referencesOf(ctx context.Context, f config.Flow, d plan.Defaults) (*roster.Roster, error) {
	client, err := a.client(f.Tenant)
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
	return roster.New(s, a.config.Tenants[f.Tenant].Settings(roster.DateOf(time.Now().In(f.Zone))))
}

func (a *App) probeLucca(ctx context.Context, tenant string) Probe {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errGaveUp)
	defer cancel()
	p := Probe{Name: path.Join(tenant, "lucca"), Address: a.config.Tenants[tenant].URL}
	var q roster.Query
	for _, f := range a.config.Flows {
		if f.Tenant == tenant {
			q = q.Union(queryOf(f))
		}
	}
	client, err := a.client(tenant)
	if err != nil {
		p.Message = Sentence(err)
		return p
	}
	account, err := client.Check(ctx, q)
	switch {
	case err != nil:
		p.Message = Sentence(err)
	case account.Hidden != 0:
		p.Message = fmt.Sprintf("the API key may not see %s, which flows send: give its role the right to read them",
			strings.Join(account.Hidden.Names(), ", "))
	case account.Counted:
		p.OK, p.Message = true, fmt.Sprintf("%d employees, and all that the flows read", account.Employees)
	default:
		p.OK, p.Message = true, "all that the flows read"
	}
	if p.OK {
		warnings, err := client.Unseen(ctx)
		if p.Warnings = warnings; err != nil {
			p.OK, p.Message = false, Sentence(err)
		}
	}
	if p.OK && a.writes(tenant) {
		a.probeWriting(ctx, client, &p)
	}
	if p.OK {
		facts, err := client.Facts(ctx)
		if err != nil {
			p.Warnings = append(p.Warnings, "the facts for the configuration could not be read: "+Sentence(err))
		}
		p.Facts = &facts
	}
	p.Routes = client.Routes()
	for _, e := range a.tenants[tenant].memory.Endings() {
		p.Warnings = append(p.Warnings, "Lucca announces that "+e.String())
	}
	if p.OK && len(account.Scopes) > 0 {
		p.Message += "; by the Lucca API (v5) with the scopes " + strings.Join(account.Scopes, ", ")
	}
	return p
}

// writes reports whether a flow of the tenant changes employees.
func (a *App) writes(tenant string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(a.config.Flows)), func(f config.Flow) bool {
		return f.Tenant == tenant && (f.Hires != nil || f.Import != nil && f.Import.Apply == config.ApplyByAPI)
	})
}

// probeWriting tries the right to change employees without changing any.
func (a *App) probeWriting(ctx context.Context, client *lucca.Client, p *Probe) {
	proven, err := client.CheckWriting(ctx)
	switch {
	case err != nil:
		p.OK, p.Message = false, Sentence(err)
	case proven:
		p.Message += "; may create and modify employees (tried with empty requests, which Lucca refuses)"
	default:
		p.Warnings = append(p.Warnings, "whether the key may create and modify employees could not be tried: Lucca failed on empty requests")
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

func (a *App) probeRemote(ctx context.Context, name string) Probe {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errGaveUp)
	defer cancel()
	p := Probe{Name: name, Address: a.config.Remotes[name].Address}
	to := a.target(name)
	session, err := to.Remote.Open(ctx)
	if errors.Is(err, fs.ErrNotExist) && to.Options.CreateDir {
		p.OK, p.Message = true, "logged in; the folder does not exist yet: the first delivery creates it"
		return p
	}
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w: %w", delivery.ErrNoFolder, err)
		}
		p.Message = Sentence(err)
		return p
	}
	peer := session.Peer()
	p.Address, p.Protocol, p.Key, p.Banner = peer.Address, peer.Protocol, peer.Key, peer.Banner
	if peer.Security != "" {
		p.Protocol += " (" + peer.Security + ")"
	}
	done, err := a.probeFolder(ctx, session, to)
	if err = errors.Join(err, session.Close()); err != nil {
		p.Message = Sentence(err)
		return p
	}
	p.OK, p.Message = true, done
	if peer.Banner != "" {
		p.Message += fmt.Sprintf("; it says %q", peer.Banner)
	}
	if peer.Warning != "" {
		p.Message += "; warning: " + peer.Warning
	}
	return p
}

// probeFolder lists the folder, and tries there what the flows do.
func (a *App) probeFolder(ctx context.Context, s remote.Session, to delivery.Target) (string, error) {
	if to.WriteOnly {
		return "logged in; a write-only folder is not tried any further, since a file could not be taken back", nil
	}
	entries, err := s.List(ctx)
	if err != nil && !errors.Is(err, remote.ErrBadName) {
		return "", fmt.Errorf("list the folder: %w", err)
	}
	listed := fmt.Sprintf("entries in the folder: %d", len(entries))
	if err != nil {
		listed += " and some with unusable names"
	}
	for _, try := range a.probesOf(to) {
		done, err := try(ctx, s)
		if err != nil {
			return "", err
		}
		listed += "; " + done
	}
	return listed, nil
}

// probesOf are what the flows do with a remote: deliver, or pick up and put away.
func (a *App) probesOf(to delivery.Target) []func(context.Context, remote.Session) (string, error) {
	run := run.NewID(time.Now())
	var delivers, picksUp bool
	for _, f := range a.config.Flows {
		delivers = delivers || f.To == to.Name
		picksUp = picksUp || f.From == to.Name && !f.Pickup.Keep
	}
	var probes []func(context.Context, remote.Session) (string, error)
	if delivers {
		probes = append(probes, func(ctx context.Context, s remote.Session) (string, error) {
			return delivery.Probe(ctx, s, to.Options, run)
		})
	}
	if picksUp {
		probes = append(probes, func(ctx context.Context, s remote.Session) (string, error) {
			return pickup.Probe(ctx, s, pickup.Source{RetryWait: to.Options.RetryWait}, run)
		})
	}
	return probes
}

// Fact is one thing in Lucca that the configuration can name.
type Fact = lucca.Fact

// HostKey is one key that an SSH server shows.
type HostKey = sftp.HostKey

// HostKeys asks an SSH server for its keys, without logging in. The port is 22 unless the
// address has one.
func HostKeys(ctx context.Context, address string) ([]HostKey, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errGaveUp)
	defer cancel()
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(strings.Trim(address, "[]"), "22")
	}
	return sftp.HostKeys(ctx, address)
}
