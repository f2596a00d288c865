package lucca

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"lucca-exchange/internal/roster"
)

// Facts are what an administrator puts into the configuration, as it is in Lucca: ids, codes
// and labels. A part that the key may not read is empty.
type Facts struct {
	Establishments []Fact `json:"establishments,omitempty"`
	// ContractTypes have no label in the older generations.
	ContractTypes []Fact `json:"contract_types,omitempty"`
	Axes          []Fact `json:"axes,omitempty"`
	CustomFields  []Fact `json:"custom_fields,omitempty"`
	Roles         []Fact `json:"roles,omitempty"`
}

// Fact is one thing that the configuration can name.
type Fact struct {
	ID    int    `json:"id,omitempty"`
	Code  string `json:"code,omitempty"`
	Label string `json:"label,omitempty"`
	// InUse is how many applicable contracts have the type.
	InUse int `json:"in_use,omitempty"`
}

// Facts reads them, with some seven requests.
func (c *Client) Facts(ctx context.Context) (f Facts, err error) {
	for _, read := range []func(context.Context, *Client, *Facts) error{
		establishmentFacts, contractFacts, axisFacts, fieldFacts, roleFacts,
	} {
		if err := read(ctx, c, &f); err != nil && (ctx.Err() != nil || !leaves(err) && !errors.Is(err, ErrNoKey)) {
			return f, err
		}
	}
	return f, nil
}

func establishmentFacts(ctx context.Context, c *Client, f *Facts) error {
	list, err := readWays(ctx, c, newest(c, establishments(), establishmentsV5()))
	for _, e := range list {
		f.Establishments = append(f.Establishments, Fact{ID: e.ID, Code: e.Code, Label: e.Name})
	}
	return err
}

func contractFacts(ctx context.Context, c *Client, f *Facts) error {
	labels := make(map[int]string)
	if c.tokens != nil {
		types, err := readWays(ctx, c, newest(c, templates()))
		if err != nil && !leaves(err) {
			return err
		}
		for _, t := range types {
			labels[t.ID] = t.Label
		}
	}
	list, err := readWays(ctx, c, newest(c, contracts(applicableContracts)))
	counts := make(map[int]int)
	for _, k := range list {
		counts[k.TypeID]++
	}
	for id := range labels {
		counts[id] += 0
	}
	for _, id := range slices.Sorted(maps.Keys(counts)) {
		f.ContractTypes = append(f.ContractTypes, Fact{ID: id, Label: labels[id], InUse: counts[id]})
	}
	return err
}

func axisFacts(ctx context.Context, c *Client, f *Facts) error {
	list, err := readWays(ctx, c, newest(c, axes()))
	f.Axes = list
	return err
}

func axes() list[Fact] {
	return list[Fact]{
		route:      route{"/api/v3/axes", "axes", rightAxes},
		query:      url.Values{"fields": {"id,name,collection.count"}},
		generation: v3,
		item: decodeItem(func(w named) (Fact, int, error) {
			return Fact{ID: w.ID.Value, Label: w.Name.Value}, w.ID.Value, nil
		}),
	}
}

// fieldFacts reads the codes of the custom fields: off some people who have values, and by v5
// their definitions.
func fieldFacts(ctx context.Context, c *Client, f *Facts) error {
	if c.key.IsZero() {
		var err error
		f.CustomFields, err = readWays(ctx, c, newest(c, definitions()...))
		f.CustomFields = slices.DeleteFunc(f.CustomFields, func(d Fact) bool { return !strings.HasPrefix(d.Code, "e_") })
		return err
	}
	codes := make(map[string]bool)
	l := list[struct{}]{
		route: route{usersRoute, "employees", rightUsers}, generation: v3, size: 100,
		query: url.Values{"fields": {"id,extendedData,collection.count"}},
		item: decodeItem(func(w struct {
			ID           optional[int]
			ExtendedData optional[map[string]json.RawMessage]
		}) (struct{}, int, error) {
			for code := range w.ExtendedData.Value {
				codes[code] = strings.HasPrefix(code, "e_")
			}
			return struct{}{}, w.ID.Value, nil
		}),
	}
	_, err := probe(ctx, c, l)
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if codes[code] {
			f.CustomFields = append(f.CustomFields, Fact{Code: code})
		}
	}
	return err
}

func roleFacts(ctx context.Context, c *Client, f *Facts) error {
	if c.key.IsZero() {
		return nil
	}
	var list []roster.Role
	list, err := readRoles(ctx, c, nil)
	for _, r := range list {
		f.Roles = append(f.Roles, Fact{ID: r.ID, Label: r.Name})
	}
	return err
}
