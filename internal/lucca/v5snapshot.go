package lucca

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lucca-exchange/internal/roster"
)

// v5Lists are the lists of v5 that a query needs, in the order in which they are read: what
// is referred to comes after what refers to it.
func v5Lists(q roster.Query) []string {
	places := q.Establishments || q.LegalUnits || q.Fields&roster.EstablishmentRef != 0
	var names []string
	for _, l := range []struct {
		name   string
		wanted bool
	}{
		{"employees", true},
		{"employments", q.Contracts || q.Employments || q.Chains || q.Fields&fromContract != 0},
		{"job-positions", q.Contracts && q.Categories || q.Fields&fromPosition != 0},
		{"employee-personal-records", q.Fields&fromRecord != 0},
		{attributes, q.Fields&roster.Extensions != 0},
		{"departments", q.Departments},
		{"business-establishments", places},
		{"legal-entities", q.LegalUnits},
		{"occupation-categories", q.Categories},
		{"employment-templates", q.ContractTypes},
	} {
		if l.wanted {
			names = append(names, l.name)
		}
	}
	return names
}

// v5Has reports whether v5 can answer a query. A login is asked for by each export, so that
// people can be looked up by it; a column that needs one sees that it is hidden. So does one
// that has another source beside a property that not every Lucca knows.
func v5Has(q roster.Query) bool {
	return q.Fields&v5Lacks&^(roster.Login|roster.Newer()) == 0 && !q.Pay && !q.Roles && len(q.Axes)+len(q.Codes) == 0
}

// Scopes are what the OAuth client must be given for a query, when there is no API key.
func Scopes(q roster.Query) []string {
	names := v5Lists(q)
	for i, name := range names {
		names[i] = scopeOf(v5Root + name)
	}
	return names
}

// askGrant gets a token for everything that a query needs, so that whatever is missing is told
// at once. Custom fields can be had in two ways, and one scope of the two is enough.
func askGrant(ctx context.Context, c *Client, q roster.Query) error {
	scopes := Scopes(q)
	_, err := c.tokens.get(ctx, scopes)
	if i := slices.Index(scopes, scopeOf(v5Root+attributes)); i >= 0 && errors.Is(err, ErrScope) {
		scopes[i] = scopeOf(v5Root + extensions)
		if _, err := c.tokens.get(ctx, scopes); err == nil {
			return nil
		}
	}
	return err
}

// snapshotV5 reads a roster by the Lucca API (v5) alone.
func snapshotV5(ctx context.Context, c *Client, q roster.Query) (roster.Snapshot, error) {
	if err := askGrant(ctx, c, q); err != nil {
		return roster.Snapshot{}, err
	}
	people, err := readPeople(ctx, c, q, nil)
	if err != nil {
		return roster.Snapshot{}, err
	}
	s, err := referencesV5(ctx, c, q)
	if err != nil {
		return roster.Snapshot{}, err
	}
	s.Employees = people.employees(q)
	if q.Contracts || q.Employments || q.Chains {
		s.Contracts = people.workContracts()
	}
	return s, nil
}

// referencesV5 reads the lists of the structure.
func referencesV5(ctx context.Context, c *Client, q roster.Query) (s roster.Snapshot, err error) {
	wanted := v5Lists(q)
	has := func(name string) bool { return slices.Contains(wanted, name) }
	if has("departments") {
		if s.Departments, err = readDepartments(ctx, c); err != nil {
			return s, err
		}
	}
	if err = fill(ctx, c, &s.Establishments, has("business-establishments"), establishmentsV5()); err != nil {
		return s, err
	}
	if err = fill(ctx, c, &s.LegalUnits, has("legal-entities"), legalEntities()); err != nil {
		return s, err
	}
	if err = fill(ctx, c, &s.Categories, has("occupation-categories"), categoriesV5()); err != nil {
		return s, err
	}
	err = fill(ctx, c, &s.ContractTypes, has("employment-templates"), templates())
	return s, err
}

// checkV5 tries what snapshotV5 would need, one item of each list.
func checkV5(ctx context.Context, c *Client, q roster.Query) (Account, error) {
	if err := askGrant(ctx, c, q); err != nil {
		return Account{}, err
	}
	first, _, err := tryWays(ctx, c, newest(c, employees(q, nil)), func(l list[wireEmployee]) (reading[wireEmployee], error) {
		return probe(ctx, c, l)
	})
	if err != nil {
		return Account{}, err
	}
	wanted := v5Lists(q)
	has := func(name string) bool { return slices.Contains(wanted, name) }
	return Account{Employees: first.total, Counted: first.counted, Scopes: Scopes(q)}, errors.Join(
		try(ctx, c, has("employments"), employments(nil)),
		try(ctx, c, has("job-positions"), jobPositions()),
		try(ctx, c, has("employee-personal-records"), personalRecords()),
		try(ctx, c, has(attributes) && len(codesV5(c, q)) > 0, customFields(codesV5(c, q), make(fieldNames))...),
		try(ctx, c, has("departments"), departmentsV5()),
		try(ctx, c, has("business-establishments"), establishmentsV5()),
		try(ctx, c, has("legal-entities"), legalEntities()),
		try(ctx, c, has("occupation-categories"), categoriesV5()),
		try(ctx, c, has("employment-templates"), templates()),
	)
}

// statusV5 is Status by v5.
func statusV5(ctx context.Context, c *Client, ids []int) (map[int]roster.Date, error) {
	ends := make(map[int]roster.Date, len(ids))
	for chunk := range slices.Chunk(ids, maxIDs) {
		asked := chunk
		if slices.ContainsFunc(chunk, func(id int) bool { return !identifier(id).known() }) {
			asked = nil // what these numbers stand for is only known from the whole list
		}
		q := roster.Query{Fields: roster.ContractEnd, Former: true}
		people, err := readPeople(ctx, c, q, asked)
		if err != nil {
			return nil, fmt.Errorf("ask for %d employees: %w", len(chunk), err)
		}
		for _, e := range people.employees(q) {
			if slices.Contains(chunk, e.ID) {
				ends[e.ID] = e.ContractEnd
			}
		}
	}
	return ends, nil
}
