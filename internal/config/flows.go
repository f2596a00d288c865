package config

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/schedule"
)

// flowName is what flows and remotes may be called: the name goes into file names,
// command lines and logs.
var flowName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// CheckFlowName says what is wrong with the name of a flow; nothing if it is fine.
func CheckFlowName(name string) string {
	if flowName.MatchString(name) {
		return ""
	}
	return "want a name of lower-case letters, digits, - and _"
}

// Kind is what the flow does.
func (f Flow) Kind() run.Kind {
	switch {
	case f.Import != nil:
		return run.Import
	case f.Hires != nil:
		return run.Hires
	default:
		return run.Export
	}
}

func (l *loader) flows(c *Config) {
	if len(c.Flows) == 0 {
		l.fault("flows", "there is no flow: nothing would ever run")
	}
	targets, sources := make(map[string]string), make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(c.Flows)) {
		path := join("flows", name)
		if message := CheckFlowName(name); message != "" {
			l.fault(path, "%s", message)
		}
		f := c.Flows[name]
		f.Name = name
		readSchedule(l.document, path, c.Timezone, &f)
		f.Wrap = f.Wrap.Under(l.dir)
		f.Wrap.Validate(l.under(path))
		checkKinds(l.document, path, f)
		if f.Approvals < 0 || f.Approvals > 2 {
			l.fault(join(path, "approvals"), "want 1 or 2: how many people have to approve a held run")
		}
		switch {
		case f.Import != nil:
			l.unused(path, f, "an import", "wrap")
			checkImport(l.document, path, c, &f)
		case f.Hires != nil:
			l.unused(path, f, "a hires flow", "to", "file", "wrap")
			l.hires(path, c, &f)
		case l.lost(path, "import", "hires"): // what else is wrong only follows from that
		default:
			l.unused(path, f, "an export", "from", "pattern", "pickup", "unwrap", "expect_by")
			for _, file := range checkTarget(l.document, path, c, f) {
				if other, taken := targets[file]; taken {
					l.fault(join(path, "file"), "flow %s writes a file of the same name to the same remote: one would overwrite the other", other)
				}
				targets[file] = name
			}
		}
		if f.From != "" {
			checkTaken(l.document, path, f, sources)
		}
		if f.Export != nil {
			bindColumns(l.document, join(path, "export"), c, &f)
		}
		c.Flows[name] = f
	}
	checkDescriptors(l.document, c, targets)
}

// checkDescriptors reports flows that would take the descriptors of files for files. written are the
// names that flows write, each with the flow.
func checkDescriptors(d *document, c *Config, written map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(c.Flows)) {
		f := c.Flows[name]
		for _, file := range slices.Sorted(maps.Keys(written)) {
			at, found := strings.CutPrefix(file, f.From+"/")
			if !found || f.From == "" || !strings.Contains(at, export.DescriptorSuffix) {
				continue
			}
			if taken, err := path.Match(f.Pattern, at); taken && err == nil {
				d.fault(join(join("flows", name), "pattern"), "would take the descriptors that flow %s writes there for files: narrow it, like users_*.csv", written[file])
			}
		}
	}
}

// unused reports keys that the kind of flow does not read.
func (d *document) unused(path string, f Flow, kind string, keys ...string) {
	given := map[string]bool{
		"to": f.To != "", "file": f.File != "", "wrap": len(f.Wrap) > 0,
		"from": f.From != "", "pattern": f.Pattern != "", "pickup": f.Pickup != pickup.Options{},
		"unwrap": len(f.Unwrap) > 0, "expect_by": f.ExpectBy != "",
	}
	for _, key := range keys {
		if given[key] {
			d.fault(join(path, key), "%s does not use it", kind)
		}
	}
}

// readZone reads a time zone's name; UTC where there is none such.
func readZone(d *document, at, name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err == nil && name != "Local" {
		return zone
	}
	if message := fmt.Sprintf("no time zone %q: want a name such as Europe/Paris", name); !d.has(at, message) {
		d.fault(at, "%s", message)
	}
	return time.UTC
}

// readSchedule reads the flow's zone and schedule.
func readSchedule(d *document, path, timezone string, f *Flow) {
	at := join(path, "timezone")
	if f.Timezone == "" {
		f.Timezone, at = timezone, "timezone"
	}
	zone := readZone(d, at, f.Timezone)
	f.Zone = zone
	setDefault(&f.CatchUp, new(defaultCatchUp))
	if f.Schedule == "" {
		return
	}
	s, err := schedule.Parse(f.Schedule, zone)
	if err != nil {
		d.fault(join(path, "schedule"), "%v", err)
		return
	}
	f.Slots = &s
}

// checkTarget checks where the file goes, and returns what is written there.
func checkTarget(d *document, path string, c *Config, f Flow) (written []string) {
	if f.To == "" {
		d.fault(join(path, "to"), "missing: want the name of a remote")
	} else if _, ok := c.Remotes[f.To]; !ok {
		d.fault(join(path, "to"), "there is no remote %q", f.To)
	}
	at := join(path, "file")
	if f.File == "" {
		d.fault(at, "missing: want the name of the file, like %s_{date}.csv", f.Name)
		return nil
	}
	unwrapped, example, ok := checkFileName(d, path, &f)
	if !ok {
		return nil
	}
	options := c.Remotes[f.To].Delivery
	if options.IsTemporary(example) {
		d.fault(at, "the endings %s are those of temporary files", strings.Join(options.TempEndings(), " and "))
	}
	names := []string{example}
	if f.Export != nil && f.Export.Descriptor {
		described := f.Wrap.Name(unwrapped + export.DescriptorSuffix)
		if err := remote.CheckName(described); err != nil {
			d.fault(at, "the name of the descriptor: %v", err)
		}
		names = append(names, described)
	}
	for _, name := range names {
		written = append(written, f.To+"/"+name)
		if marker := options.Marker(name); marker != "" {
			written = append(written, f.To+"/"+marker)
		}
	}
	return written
}

// checkTaken reports two flows that would take each other's files.
func checkTaken(d *document, path string, f Flow, taken map[string]string) {
	key := f.From + "/" + f.Pattern
	if other, ok := taken[key]; ok {
		d.fault(join(path, "pattern"), "flow %s takes the same files: each is taken once", other)
	}
	taken[key] = f.Name
}

// bindColumns opens the profile and picks the columns.
func bindColumns(d *document, path string, c *Config, f *Flow) {
	e := f.Export
	if e.Profile == "" {
		d.fault(join(path, "profile"), "missing: there are %s", strings.Join(profile.Builtin(), ", "))
		return
	}
	p, err := profile.Open(e.Profile, d.dir)
	if faulty, ok := errors.AsType[*profile.SchemaError](err); ok {
		d.schema(path, faulty)
		return
	}
	if err != nil {
		d.fault(join(path, "profile"), "%v", err)
		return
	}
	f.Binding = p.Bind(e.Selection, c.sources(), func(fault profile.Fault) {
		d.tell(Fault{Path: join(path, fault.Path), Message: fault.Message, Warning: fault.Warning})
	})
	if days := p.LeaversDays; days > 0 && e.Population.LeaversDays == nil {
		e.Population.LeaversDays = &days
	}
	e.Limits.Validate(f.Binding, func(key, message string) { d.fault(join(path, "limits."+key), "%s", message) })
	e.Population.Validate(f.Binding, func(key, message string) { d.fault(join(path, "population."+key), "%s", message) })
}

// schema takes over the faults of a schema of one's own, which stand in a file of their own.
func (d *document) schema(path string, faulty *profile.SchemaError) {
	d.fault(join(path, "profile"), "the schema has faults: %d", len(faulty.Faults))
	for _, f := range SchemaFaults(faulty) {
		if !slices.Contains(d.faults, f) { // of two flows
			d.faults = append(d.faults, f)
		}
	}
}

// SchemaFaults are the faults of the schema of a profile.
func SchemaFaults(e *profile.SchemaError) Faults {
	list := make(Faults, len(e.Faults))
	for i, f := range e.Faults {
		list[i] = Fault{File: e.Origin, Line: f.Line, Path: strings.TrimSuffix(f.Place(), ": "), Message: f.Message}
	}
	return list
}

// sources says what the section lucca has set up for columns to be made of.
func (c *Config) sources() profile.Sources {
	s := profile.Sources{
		Extensions:     c.Lucca.Extensions,
		CostCenterAxes: c.Lucca.CostCenterAxes,
		ContractTypes:  len(c.Lucca.ContractTypes) > 0,
		Labels:         c.Lucca.OAuth != nil,
		Lacks:          c.Lucca.Lacks(),
		Without:        "the Lucca API (v5), which lucca.oauth is for, does not have it; set lucca.api_key too",
	}
	switch {
	case c.Lucca.AnnualSalary.Field != "":
		s.Salary = profile.SalaryFromExtension
	case c.Lucca.AnnualSalary.Periods > 0:
		s.Salary = profile.SalaryFromPay
	}
	return s
}
