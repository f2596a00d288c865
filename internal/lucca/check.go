package lucca

import (
	"context"
	"errors"

	"lucca-exchange/internal/roster"
)

// Account is what the API key can see.
type Account struct {
	// Employees is how many employees the query would read, when Counted.
	Employees int
	Counted   bool
	// Hidden are the properties, out of those asked for, that the key may not see. None
	// can be told when there is no employee.
	Hidden roster.Fields
}

// Check tries what Snapshot would need, with one request per list and one item of each.
// When the employees can be read, the account is valid beside an error, which joins what
// is wrong with the other lists.
func (c *Client) Check(ctx context.Context, q roster.Query) (Account, error) {
	if c.key.IsZero() {
		return c.checkV5(ctx, q)
	}
	first, err := probe(ctx, c, users(newUserDecoder(c.config, q)))
	if err != nil {
		return Account{}, err
	}
	a := Account{Employees: first.total, Counted: first.counted}
	for _, e := range first.items {
		a.Hidden |= e.Hidden
	}
	faults := []error{
		try(ctx, c, q.Departments, departments()),
		try(ctx, c, q.Establishments || q.LegalUnits, establishments()),
		try(ctx, c, q.LegalUnits, legalUnits()),
		try(ctx, c, q.Contracts, contracts()),
		try(ctx, c, q.Categories, categories()),
		try(ctx, c, q.Roles, roles()),
		try(ctx, c, q.Pay, payItems()),
		try(ctx, c, q.ContractTypes && c.tokens != nil, templates()),
	}
	for _, axis := range q.Axes {
		faults = append(faults, try(ctx, c, true, sections(axis)))
	}
	return a, errors.Join(faults...)
}

// try probes a list when it is wanted.
func try[T any](ctx context.Context, c *Client, wanted bool, l list[T]) error {
	if !wanted {
		return nil
	}
	_, err := probe(ctx, c, l)
	return err
}
