package inspect

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/tabular"
)

// Profile is a partner's file contract, as it is shown.
type Profile struct {
	Name        string `json:"name"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	// Missing says what the partner does with people who are not in the file.
	Missing     string `json:"missing,omitempty"`
	LeaversDays int    `json:"leavers_days,omitempty"`
	// Sources are the documents that the contract is after, Unknown what they leave open.
	Sources []profile.Origin `json:"sources,omitempty"`
	Unknown []string         `json:"unknown,omitempty"`
	// Dialect is how the file is written, by the keys of the configuration.
	Dialect tabular.Overrides     `json:"dialect"`
	Caps    map[profile.Level]int `json:"caps,omitempty"`
	Columns []ProfileColumn       `json:"columns"`
	// Flows are the configured flows that use the profile.
	Flows []string `json:"flows,omitempty"`
}

// ProfileColumn is one column of a profile. Where Repeat is not empty it stands for a
// level number in Key, Header and From.
type ProfileColumn struct {
	Key    string        `json:"column"`
	Header string        `json:"header"`
	Level  profile.Level `json:"level"`
	Type   profile.Type  `json:"type"`
	From   []string      `json:"from"`
	Repeat string        `json:"repeat,omitempty"`
	// Values is the table of values, where there is one.
	Values *profile.ValueTable `json:"values,omitempty"`
}

// Entries are those of the column's table of values, each with what it becomes, and what becomes of
// any other value; both are empty without a table.
func (c ProfileColumn) Entries() (list []string, other string) {
	if c.Values == nil {
		return nil, ""
	}
	const nothing = `""`
	for _, value := range slices.Sorted(maps.Keys(c.Values.Map)) {
		list = append(list, value+" → "+cmp.Or(c.Values.Map[value], nothing))
	}
	for _, value := range slices.Sorted(maps.Keys(c.Values.Sources)) {
		list = append(list, value+" → "+c.Values.Sources[value])
	}
	if c.Values.OnUnmatched == profile.UseDefault {
		other = cmp.Or(c.Values.DefaultSource, c.Values.Default, nothing)
	}
	return list, other
}

// BuiltinProfiles are the names of the partners that the program knows.
func BuiltinProfiles() []string { return profile.Builtin() }

// Profiles lists the built-in profiles, and the customer's own that a configuration
// names; c may be nil.
func Profiles(c *config.Config) ([]Profile, error) {
	var list []Profile
	for _, name := range profile.Builtin() {
		p, err := OneProfile(name)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	if c == nil {
		return list, nil
	}
	for _, flow := range slices.Sorted(maps.Keys(c.Flows)) {
		f := c.Flows[flow]
		if f.Export == nil {
			continue
		}
		i := slices.IndexFunc(list, func(p Profile) bool { return p.Name == f.Binding.Profile.Name })
		if i < 0 {
			i = len(list)
			list = append(list, describeProfile(f.Binding.Profile))
		}
		list[i].Flows = append(list[i].Flows, flow)
	}
	return list, nil
}

// OneProfile opens a profile by its built-in name, or by the path of a schema.
func OneProfile(name string) (Profile, error) {
	p, err := profile.Open(name, ".")
	if faulty, ok := errors.AsType[*profile.SchemaError](err); ok {
		return Profile{}, config.SchemaFaults(faulty)
	}
	if err != nil {
		return Profile{}, fault.Wrap(run.ErrUsage, err)
	}
	return describeProfile(p), nil
}

func describeProfile(p *profile.Profile) Profile {
	out := Profile{Name: p.Name, Title: p.Title, Description: p.Description, Missing: p.Missing, LeaversDays: p.LeaversDays, Sources: p.Sources, Unknown: p.Unknown, Dialect: p.Dialect.Overrides(), Caps: p.Caps}
	for _, c := range p.Columns {
		shown := ProfileColumn{Key: c.Key, Header: c.Header, Level: c.Level, Type: c.Type, From: c.From, Repeat: c.Repeat}
		if !c.Values.IsZero() {
			shown.Values = &c.Values
		}
		out.Columns = append(out.Columns, shown)
	}
	return out
}

// ProfileSchema returns the schema of a built-in profile, as it is in the program. The error
// wraps run.ErrUsage where there is none of that name.
func ProfileSchema(name string) ([]byte, error) {
	schema, err := profile.Schema(name)
	if err != nil {
		return nil, fault.Wrap(run.ErrUsage, err)
	}
	return schema, nil
}

// CheckProfile reads the schema of a profile of one's own, and returns how many columns it has,
// or all that is wrong with it.
func CheckProfile(schema []byte, path string) (columns int, faults config.Faults) {
	p, err := profile.Parse(schema, path)
	if faulty, ok := errors.AsType[*profile.SchemaError](err); ok {
		return 0, config.SchemaFaults(faulty)
	}
	return len(p.Columns), nil
}
