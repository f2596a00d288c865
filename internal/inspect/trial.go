package inspect

import (
	"errors"
	"regexp"
	"slices"
	"strconv"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/tabular"
)

// TrialNeeds are what a schema takes beside what every company has.
type TrialNeeds struct {
	// Columns are the optional columns, the first level of repeated ones, within the caps.
	Columns []string
	// Extensions are custom fields by the names of the configuration, Codes by their codes; Samples
	// are values of those that are no text.
	Extensions, Codes []string
	Samples           map[string]string
	// Values are the tables that would block the file, which pass what they have no entry for: an
	// invented company has other values than one's own.
	Values map[string]any
	// Levels is how many levels of cost centres there are.
	Levels int
	// Dialect is the schema's own.
	Dialect tabular.Dialect
}

var (
	extensionIn  = regexp.MustCompile(`\bextension\.([A-Za-z0-9_]+)`)
	codeIn       = regexp.MustCompile(`(?:^|[^A-Za-z0-9_.'])(e_[A-Za-z0-9_]+)`)
	costCenterIn = regexp.MustCompile(`\bcostCenter\.(\d+)\.`)
)

// ProfileNeeds reads what a schema takes, which is a built-in one by its name or one's own by a
// path that ends in .json. The error is a config.Faults that names every fault, or wraps
// run.ErrUsage.
func ProfileNeeds(name string) (TrialNeeds, error) {
	p, err := profile.Open(name, ".")
	if faulty, ok := errors.AsType[*profile.SchemaError](err); ok {
		return TrialNeeds{}, config.SchemaFaults(faulty)
	}
	if err != nil {
		return TrialNeeds{}, fault.Wrap(run.ErrUsage, err)
	}
	n := TrialNeeds{Samples: make(map[string]string), Values: make(map[string]any), Levels: 1, Dialect: p.Dialect}
	sent := make(map[profile.Level]int)
	for _, c := range p.Columns {
		c = c.First()
		if most, capped := p.Caps[c.Level]; c.Level == profile.Optional && (!capped || sent[c.Level] < most) {
			n.Columns = append(n.Columns, c.Key)
			sent[c.Level]++
		}
		if c.Values.OnUnmatched == profile.Block {
			n.Values[c.Key] = profile.ValueTable{Map: c.Values.Map, Sources: c.Values.Sources}
		}
		n.add(c)
	}
	return n, nil
}

func (n *TrialNeeds) add(c profile.Column) {
	sample := map[profile.Type]string{profile.Day: "2024-02-29", profile.Number: "1 234,50"}[c.Type]
	add := func(list *[]string, name string) {
		if !slices.Contains(*list, name) {
			*list = append(*list, name)
		}
		if sample != "" {
			n.Samples[name] = sample
		}
	}
	for _, from := range slices.Concat(c.From, c.Values.Texts()) {
		for _, found := range extensionIn.FindAllStringSubmatch(from, -1) {
			add(&n.Extensions, found[1])
		}
		for _, found := range codeIn.FindAllStringSubmatch(from, -1) {
			add(&n.Codes, found[1])
		}
		for _, found := range costCenterIn.FindAllStringSubmatch(from, -1) {
			level, _ := strconv.Atoi(found[1]) // digits
			n.Levels = min(max(n.Levels, level), 9)
		}
	}
}
