package config

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/userfile"
)

// How an import changes Lucca: through its API, or by handing the checked file to Lucca's
// own import.
const (
	ApplyByAPI   = "api"
	ApplyByRelay = "relay"
)

// Import is the part of a flow that applies a user file to Lucca.
type Import struct {
	plan.Policy      `yaml:",inline"`
	userfile.Options `yaml:",inline"`
	Approval         plan.Approval `yaml:"approval,omitempty" json:"approval,omitempty" jsonschema:"enum=always,enum=first,enum=limits,default=first,description=which plans wait for a person beside those over a limit"`
	Limits           plan.Limits   `yaml:"limits,omitempty" json:"limits,omitzero"`
	Apply            string        `yaml:"apply,omitempty" json:"apply,omitempty" jsonschema:"enum=api,enum=relay,default=api,description=relay: check the file and hand it to Lucca's own import (to)"`
}

// checkImport checks an import flow.
func checkImport(d *document, path string, c *Config, f *Flow) {
	i := f.Import
	i.Options.Identifier = i.Policy.Identifier
	if i.Options.Identifier == "" {
		i.Options.Identifier = plan.ByLogin
	}
	report := d.under(join(path, "import"))
	i.Policy.Validate(report)
	i.Options.Validate(report)
	i.Approval.Validate(report)
	checkPickup(d, path, c, f)
	checkWriter(d, path, c, "an import")
	setDefault(&i.Apply, ApplyByAPI)
	switch i.Apply {
	case ApplyByAPI:
		d.unused(path, *f, "an import that applies by the API", "to", "file")
	case ApplyByRelay:
		checkRelay(d, path, c, f)
		if i.OnAbsent == plan.EndAbsent {
			d.fault(join(path, "import.on_absent"), "end needs apply: api: the file that is relayed has no rows for the absent")
		}
	default:
		d.fault(join(path, "import.apply"), "want %s or %s", ApplyByAPI, ApplyByRelay)
	}
}

// checkWriter checks that there is an access that writes employees.
func checkWriter(d *document, path string, c *Config, what string) {
	if c.Lucca.OAuth != nil && c.Lucca.APIKey.IsZero() {
		d.fault(path, "%s needs lucca.api_key: no employee can be written by the Lucca API (v5), which lucca.oauth is for", what)
	}
}

// checkRelay checks where the checked file goes. Its name is that of the file that came, or
// made of the template.
func checkRelay(d *document, path string, c *Config, f *Flow) {
	switch _, ok := c.Remotes[f.To]; {
	case f.To == "":
		d.fault(join(path, "to"), "missing: want the name of the remote that Lucca's own import reads")
	case !ok:
		d.fault(join(path, "to"), "there is no remote %q", f.To)
	case f.To == f.From:
		d.fault(join(path, "to"), "want another remote than from: the relayed file would be picked up again")
	}
	if f.File != "" {
		checkFileName(d, path, f)
	}
	if c.Remotes[f.To].WriteOnly && f.Import.Mode != plan.Full && !strings.Contains(f.File, "{time}") {
		d.fault(join(path, "file"), "want {date} and {time} in it: nobody can see in a write_only remote whether the delta file before was fetched, so that each needs a name of its own")
	}
}

// checkPickup checks where a flow's files come from.
func checkPickup(d *document, path string, c *Config, f *Flow) {
	if f.From == "" {
		d.fault(join(path, "from"), "missing: want the name of the remote that the files are dropped on")
	} else if r, ok := c.Remotes[f.From]; !ok {
		d.fault(join(path, "from"), "there is no remote %q", f.From)
	} else if r.WriteOnly {
		d.fault(join(path, "from"), "the remote is write_only: nothing can be read from it")
	}
	if message := pickup.CheckPattern(f.Pattern); message != "" {
		d.fault(join(path, "pattern"), "%s", message)
	}
	f.Pickup.Validate(d.under(join(path, "pickup")))
	f.Unwrap = f.Unwrap.Under(d.dir)
	f.Unwrap.Validate(d.under(path))
	readExpected(d, path, f)
}

// readExpected reads the time of the day by which a file is to be there.
func readExpected(d *document, path string, f *Flow) {
	if f.ExpectBy == "" {
		return
	}
	t, err := time.Parse("15:04", f.ExpectBy)
	if err != nil {
		d.fault(join(path, "expect_by"), "want a time of the day such as 07:00")
		return
	}
	f.Expected = time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// strftime are the signs with which other programs write days into names.
var strftime = regexp.MustCompile(`%[YymdHMSjF]`)

// checkFileName checks the template of a file's name, and returns an example of it, and of what it
// is called once it is wrapped.
func checkFileName(d *document, path string, f *Flow) (unwrapped, example string, ok bool) {
	at := join(path, "file")
	places := placeholder.FindAllString(f.File, -1)
	if split := f.Export != nil && f.Export.Split != ""; split != slices.Contains(places, export.InName) {
		if split {
			d.fault(at, "split makes several files: put %s into their name, like %s_{establishment}_{date}.csv", export.InName, f.Name)
		} else {
			d.fault(at, "%s is only known with split: establishment", export.InName)
		}
		return "", "", false
	}
	for _, p := range places {
		if p != export.InName && p != "{date}" && p != "{time}" && p != "{flow}" {
			d.fault(at, "unknown placeholder %s: there are {date}, {time} and {flow}", p)
			return "", "", false
		}
	}
	if strftime.MatchString(f.File) {
		d.warn(at, "% signs are not filled in: want {date}, as 20261122, and {time}, as 225900")
	}
	unwrapped = FileName(strings.ReplaceAll(f.File, export.InName, "Lyon"), f.Name, time.Date(2026, 11, 22, 22, 59, 0, 0, time.UTC))
	example = f.Wrap.Name(unwrapped)
	if err := remote.CheckName(example); err != nil {
		d.fault(at, "%v", err)
	}
	return unwrapped, example, true
}

// checkKinds checks that a flow does exactly one thing.
func checkKinds(d *document, path string, f Flow) {
	var kinds []string
	if f.Export != nil {
		kinds = append(kinds, "export")
	}
	if f.Import != nil {
		kinds = append(kinds, "import")
	}
	if f.Hires != nil {
		kinds = append(kinds, "hires")
	}
	switch len(kinds) {
	case 0:
		if !d.lost(path, "export", "import", "hires") {
			d.fault(path, "want export, import or hires: what the flow does")
		}
	case 1:
	default:
		d.fault(path, "want one of %s: make a flow for each", strings.Join(kinds, " and "))
	}
}
