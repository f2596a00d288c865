package lucca

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"lucca-exchange/internal/roster"
)

// identity are the properties by which a user is recognised.
const identity = roster.Login | roster.Mail | roster.FirstName | roster.LastName | roster.EmployeeNumber | roster.ContractStart

// FindUsers looks for a user with a login, former ones included, and where there is none
// for those with an e-mail address: to see whether a Create took place whose answer was
// lost. It returns who they are by login, mail, names, number and contract start, and
// nobody, without an error, when there are none that the key may see.
func (c *Client) FindUsers(ctx context.Context, login, mail string) ([]roster.Employee, error) {
	found, err := lookUp(ctx, c, "login", login, func(e *roster.Employee) string { return e.Login })
	if err != nil || len(found) > 0 {
		return found, err
	}
	return lookUp(ctx, c, "mail", mail, func(e *roster.Employee) string { return e.Mail })
}

// lookUp lists the users whose property has a value.
func lookUp(ctx context.Context, c *Client, name, value string, property func(*roster.Employee) string) ([]roster.Employee, error) {
	if value == "" || value == "null" || strings.Contains(value, ",") {
		// v3 has no way to write these in a filter, and takes none of them for a login or an
		// address.
		return nil, nil
	}
	l := users(newUserDecoder(Config{}, roster.Query{Fields: identity, Former: true}))
	l.query.Set(name, value)
	decode := l.item
	l.item = func(raw json.RawMessage) (roster.Employee, int, error) {
		e, id, err := decode(raw)
		if err == nil && !strings.EqualFold(property(&e), value) {
			return e, id, fmt.Errorf("employee %d, who was not asked for: %w", id, ErrMalformed)
		}
		return e, id, err
	}
	found, err := readAll(ctx, c, l)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return found, err
}

// FindContract returns the id of the work contract of an employee that starts on a day, or an
// error wrapping ErrNotFound when there is none: to see whether a Rehire took place whose
// answer was lost.
func (c *Client) FindContract(ctx context.Context, owner int, start roster.Date) (int, error) {
	type contract struct {
		id     int
		starts roster.Date
	}
	l := list[contract]{
		route:      contracts(allContracts).route,
		query:      url.Values{"ownerId": {strconv.Itoa(owner)}},
		generation: v4, root: contracts(allContracts).root,
		item: decodeItem(func(w struct {
			ID, OwnerID optional[int]
			StartsOn    optional[string]
		}) (k contract, id int, err error) {
			if w.OwnerID.Value != owner {
				return k, 0, fmt.Errorf("a contract of an employee who was not asked for: %w", ErrMalformed)
			}
			k.id = w.ID.Value
			return k, k.id, parseDate("startsOn", w.StartsOn.Value, &k.starts)
		}),
	}
	all, err := readAll(ctx, c, l)
	if err != nil {
		return 0, err
	}
	for _, k := range all {
		if k.starts == start {
			return k.id, nil
		}
	}
	return 0, fmt.Errorf("look for a work contract of employee %d: %w", owner, ErrNotFound)
}

// Me returns the id of the account that the API key acts as. An error wrapping ErrNotFound
// or ErrForbidden means that it has none, or none that it may see.
func (c *Client) Me(ctx context.Context) (int, error) {
	id := 0
	_, err := c.send(ctx, request{
		method: http.MethodGet,
		path:   usersRoute + "/me",
		query:  url.Values{"fields": {"id"}},
		check: func(body []byte) (err error) {
			id, err = v3ID(body, cleaner(nil))
			return err
		},
	})
	if err != nil {
		return 0, fmt.Errorf("read the account of the API key: %w", err)
	}
	return id, nil
}
