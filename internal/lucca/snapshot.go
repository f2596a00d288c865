package lucca

import (
	"context"
	"errors"
	"slices"

	"lucca-exchange/internal/roster"
)

// Snapshot reads the parts of the tenant that the query names. Establishments come with
// the employees, at no further request, unless their list or their legal units are wanted
// too.
//
// It returns an error wrapping ErrUnauthorized, ErrForbidden, ErrNotFound, ErrRejected,
// ErrRateLimited, ErrUnavailable, ErrMalformed or ErrChanged, by the Lucca API (v5) ErrClient
// or ErrScope too, and context.Cause(ctx) when ctx ends. There is no snapshot beside an error.
func (c *Client) Snapshot(ctx context.Context, q roster.Query) (roster.Snapshot, error) {
	if c.key.IsZero() {
		return snapshotV5(ctx, c, q)
	}
	s, err := snapshotByKey(ctx, c, q)
	if err == nil || c.tokens == nil || !leaves(err) || !v5Has(q) {
		return s, err
	}
	c.log.WarnContext(ctx, "lucca.route-left", "list", "employees", "err", err)
	s, second := snapshotV5(ctx, c, q)
	if second != nil {
		return roster.Snapshot{}, noWay([]error{err, second})
	}
	return s, nil
}

// snapshotByKey reads a roster by API v3 and v4.
func snapshotByKey(ctx context.Context, c *Client, q roster.Query) (roster.Snapshot, error) {
	// First, since they say how the values are to be read.
	fields, err := readFields(ctx, c, q)
	if err != nil {
		return roster.Snapshot{}, err
	}
	var d *userDecoder
	employees, err := withNewer(ctx, c, q, func(q roster.Query) ([]roster.Employee, error) {
		d = newUserDecoder(c.config, q)
		d.define(fields)
		return readAll(ctx, c, users(d))
	})
	if err != nil {
		return roster.Snapshot{}, err
	}
	c.choose(ctx, users(d).route, nil)
	if unknown := q.Fields &^ d.query.Fields; unknown != 0 {
		for i := range employees {
			employees[i].Hidden |= unknown
		}
	}
	// The other lists come after the employees, so that they hold whatever these refer to.
	s, err := readReferences(ctx, c, q, d)
	if err != nil {
		return roster.Snapshot{}, err
	}
	s.Employees, s.Fields = employees, fields
	d.complete(&s)
	return s, nil
}

// withNewer reads employees; a Lucca that refuses what older ones do not know is read again
// without, now and from now on.
func withNewer[T any](ctx context.Context, c *Client, q roster.Query, read func(roster.Query) (T, error)) (T, error) {
	plain := q
	plain.Fields &^= roster.Newer()
	if plain.Fields == q.Fields || c.old.Load() {
		return read(plain)
	}
	all, err := read(q)
	if !errors.Is(err, ErrRejected) {
		return all, err
	}
	c.log.WarnContext(ctx, "lucca.properties-unknown", "properties", (q.Fields & roster.Newer()).Names(), "err", err)
	if all, err = read(plain); err == nil {
		c.old.Store(true)
	}
	return all, err
}

// References reads all lists that the query names but the employees. Its errors are those
// of Snapshot.
func (c *Client) References(ctx context.Context, q roster.Query) (roster.Snapshot, error) {
	if c.key.IsZero() {
		return referencesV5(ctx, c, q)
	}
	return readReferences(ctx, c, q, nil)
}

// readReferences reads the lists; d has read the employees, if anything has.
func readReferences(ctx context.Context, c *Client, q roster.Query, d *userDecoder) (s roster.Snapshot, err error) {
	if q.Roles {
		if s.Roles, err = readRoles(ctx, c, d); err != nil {
			return s, err
		}
	}
	if q.Departments {
		if s.Departments, err = readDepartments(ctx, c); err != nil {
			return s, err
		}
	}
	if err = fill(ctx, c, &s.Establishments, q.Establishments || q.LegalUnits, establishments(), establishmentsV5()); err != nil {
		return s, err
	}
	if err = fill(ctx, c, &s.LegalUnits, q.LegalUnits, legalUnits(), legalEntities()); err != nil {
		return s, err
	}
	if err = readContracts(ctx, c, q, &s); err != nil {
		return s, err
	}
	if err = fill(ctx, c, &s.Categories, q.Categories, categories(), categoriesV5()); err != nil {
		return s, err
	}
	if err = fill(ctx, c, &s.Pay, q.Pay, payItems()); err != nil {
		return s, err
	}
	if err = fill(ctx, c, &s.ContractTypes, q.ContractTypes && c.tokens != nil, templates()); err != nil {
		return s, err
	}
	s.Sections, err = readSections(ctx, c, q.Axes)
	return s, err
}

// readSections reads those of the axes. A Lucca that heeds no filter by axis answers with the
// readSections of all of them.
func readSections(ctx context.Context, c *Client, axes []int) (kept []roster.Section, err error) {
	for _, axis := range axes {
		var all []roster.Section
		if err = fill(ctx, c, &all, true, sections(axis), openSections(axis)); err != nil {
			return kept, err
		}
		kept = append(kept, slices.DeleteFunc(all, func(s roster.Section) bool { return s.AxisID != axis })...)
	}
	return kept, nil
}

// readContracts reads the work contracts. Where only the days of employments are wanted, a route
// that is shut is done without.
func readContracts(ctx context.Context, c *Client, q roster.Query, s *roster.Snapshot) error {
	err := fill(ctx, c, &s.Contracts, which(q) != noContracts, contracts(which(q)))
	if err != nil && leaves(err) && c.tokens != nil && !q.Employments {
		err = readContractsV5(ctx, c, q, s, err)
	}
	if err == nil || q.Contracts || !leaves(err) {
		return err
	}
	c.log.WarnContext(ctx, "lucca.contracts-unreadable", "err", err,
		"effect", "an employment is taken for the contract that applies, and what is signed after it is not seen")
	return nil
}

// readContractsV5 reads the contracts by v5 where v4 has none to give: what is only read may come
// from there. Whoever writes needs the ids of v4.
func readContractsV5(ctx context.Context, c *Client, q roster.Query, s *roster.Snapshot, left error) error {
	people, err := readPeople(ctx, c, roster.Query{Contracts: true, Chains: true, Categories: q.Categories, Former: q.Former}, nil)
	if err != nil {
		return noWay([]error{left, err})
	}
	s.Contracts = people.workContracts()
	c.choose(ctx, route{path: v5Root + "employments", what: contracts(allContracts).route.what}, []error{left})
	return nil
}

// readDepartments reads the tree.
func readDepartments(ctx context.Context, c *Client) ([]roster.Department, error) {
	nodes, err := readWays(ctx, c, newest(c, departments()...))
	if err != nil {
		return nil, err
	}
	return tree(nodes)
}

// readRoles reads the names of the roles: all of them where the key may, else those of the
// people who have one, as they were read with d, or as they are read for it.
func readRoles(ctx context.Context, c *Client, d *userDecoder) ([]roster.Role, error) {
	all, err := readWays(ctx, c, newest(c, roles()))
	if err == nil || !leaves(err) {
		return all, err
	}
	if d == nil {
		d = newUserDecoder(Config{}, roster.Query{Roles: true, Former: true})
		if _, err := readAll(ctx, c, users(d)); err != nil {
			return nil, err
		}
	}
	c.choose(ctx, route{path: usersRoute, what: roles().route.what}, []error{err})
	return d.namedRoles(), nil
}

// fill appends a list to a part of the snapshot when it is wanted.
func fill[T any](ctx context.Context, c *Client, part *[]T, wanted bool, all ...list[T]) error {
	if !wanted {
		return nil
	}
	items, err := readWays(ctx, c, newest(c, all...))
	*part = append(*part, items...)
	return err
}

// complete adds the establishments and sections that employees name but that were not
// listed: all establishments when the list was not asked for, else archived ones.
func (d *userDecoder) complete(s *roster.Snapshot) {
	for _, e := range s.Establishments {
		delete(d.establishments, e.ID)
	}
	for id, name := range d.establishments {
		s.Establishments = append(s.Establishments, roster.Establishment{ID: id, Name: name})
	}
	for _, a := range s.Sections {
		delete(d.sections, a.ID)
	}
	for _, a := range d.sections {
		s.Sections = append(s.Sections, a)
	}
}
