package lucca

import (
	"context"
	"errors"
	"fmt"

	"lucca-exchange/internal/roster"
)

// Account is what the API key can see.
type Account struct {
	// Employees is how many employees the query would read, when Counted.
	Employees int
	Counted   bool
	// Scopes are those that the OAuth client needs; none when the key reads all.
	Scopes []string
	// Hidden are the properties, out of those asked for, that the key may not see. None
	// can be told when there is no employee.
	Hidden roster.Fields
}

// Check tries what Snapshot would need: the first page of each list, by the ways and with the
// page sizes of a run. When the employees can be read, the account is valid beside an error, which joins what
// is wrong with the other lists.
func (c *Client) Check(ctx context.Context, q roster.Query) (Account, error) {
	if c.key.IsZero() {
		return checkV5(ctx, c, q)
	}
	first, err := withNewer(ctx, c, q, func(q roster.Query) (reading[roster.Employee], error) {
		return probe(ctx, c, users(newUserDecoder(c.config, q)))
	})
	if err != nil {
		return Account{}, err
	}
	c.choose(ctx, first.list.route, nil)
	a := Account{Employees: first.total, Counted: first.counted}
	for _, e := range first.items {
		a.Hidden |= e.Hidden
	}
	faults := []error{
		try(ctx, c, q.Departments, departments()...),
		try(ctx, c, q.Establishments || q.LegalUnits, establishments(), establishmentsV5()),
		try(ctx, c, q.LegalUnits, legalUnits(), legalEntities()),
		try(ctx, c, q.Contracts, contracts(which(q))),
		try(ctx, c, q.Categories, categories(), categoriesV5()),
		try(ctx, c, q.Pay, payItems()),
		c.tryClient(ctx, q),
	}
	if err := try(ctx, c, (q.Employments || q.Chains) && !q.Contracts, contracts(which(q))); err != nil && !leaves(err) {
		faults = append(faults, err)
	}
	if err := try(ctx, c, q.Roles, roles()); err != nil && !leaves(err) {
		faults = append(faults, err)
	}
	for _, axis := range q.Axes {
		faults = append(faults, try(ctx, c, true, sections(axis), openSections(axis)))
	}
	return a, errors.Join(faults...)
}

// try probes a list when it is wanted.
func try[T any](ctx context.Context, c *Client, wanted bool, all ...list[T]) error {
	if !wanted {
		return nil
	}
	_, _, err := tryWays(ctx, c, newest(c, all...), func(l list[T]) (reading[T], error) { return probe(ctx, c, l) })
	return err
}

// tryClient tries the OAuth client that stands beside a key: with what it would read where v3
// does not answer any more, and what it reads anyway.
func (c *Client) tryClient(ctx context.Context, q roster.Query) error {
	if c.tokens == nil {
		return nil
	}
	scopes := []string{scopeOf(employeesV5)}
	if v5Has(q) {
		scopes = Scopes(q)
	}
	if _, err := c.tokens.get(ctx, scopes); err != nil {
		return fmt.Errorf("try lucca.oauth beside the key: %w", err)
	}
	return try(ctx, c, q.ContractTypes, templates())
}
