package lucca

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"lucca-exchange/internal/roster"
)

// Unseen warns when nobody is seen who has left, or who has not started. The rights to see
// them are given apart, and who lacks them gets no error: people are missing without a word.
func (c *Client) Unseen(ctx context.Context) (warnings []string, err error) {
	if c.key.IsZero() {
		return nil, nil // v5 has no such rights
	}
	// Whoever starts or leaves today is present, and seen by everybody.
	today := roster.DateOf(time.Now())
	yesterday, tomorrow := today.AddDays(-1).String(), today.AddDays(1).String()
	for _, group := range []struct {
		filter          url.Values
		who, but, right string
	}{
		{url.Values{"formerEmployees": {"true"}, "dtContractEnd": {"until," + yesterday}}, "former", "nobody has ever left", rightFormer},
		{url.Values{"dtContractStart": {"since," + tomorrow}}, "future", "nobody is about to start", rightFuture},
	} {
		n, counted, err := countUsers(ctx, c, group.filter)
		if err != nil {
			return warnings, err
		}
		if counted && n == 0 {
			warnings = append(warnings, fmt.Sprintf("no %s employee is seen: unless %s, grant %s to the role of the API key; people are missing without a word otherwise", group.who, group.but, group.right))
		}
	}
	return warnings, nil
}

// countUsers asks how many users a filter finds; not counted: Lucca did not say.
func countUsers(ctx context.Context, c *Client, filter url.Values) (n int, counted bool, err error) {
	filter.Set("fields", "collection.count")
	body, err := c.get(ctx, route{usersRoute, "employees", rightUsers}, filter)
	if err != nil {
		return 0, false, err
	}
	var answer struct {
		Data struct {
			Count optional[int] `json:"count"`
		} `json:"data"`
	}
	if err := decode(body, &answer); err != nil {
		return 0, false, err
	}
	count := answer.Data.Count
	return count.Value, count.Set && !count.Null, nil
}

// nobodysID is the id of no employee: the highest that fits Lucca's.
const nobodysID = 1<<31 - 1

// CheckWriting tries the right to create and to modify users and contracts, without writing:
// Lucca is asked to create a user and a contract of no properties, and to change nothing of an
// employee who does not exist. Whoever has the right is told what is wrong with that, and
// whoever lacks it gets 403. The error wraps ErrForbidden and names the right; not proven and no
// error: Lucca failed on the empty requests, which says nothing.
func (c *Client) CheckWriting(ctx context.Context) (proven bool, err error) {
	if c.key.IsZero() {
		return false, ErrNoKey
	}
	for _, q := range []request{
		{method: http.MethodPost, path: usersRoute, query: url.Values{"contract": {"true"}}},
		{method: http.MethodPut, path: usersRoute + "/" + strconv.Itoa(nobodysID)},
		{method: http.MethodPost, path: contractsRoute},
	} {
		q.body = json.RawMessage("{}")
		_, err := c.send(ctx, q)
		switch {
		case errors.Is(err, ErrForbidden):
			return false, fmt.Errorf("change employees at %s: grant %s to the role of the API key: %w", q.path, rightModify, err)
		case err == nil:
			return false, fmt.Errorf("try %s %s: an empty request was taken, where it should be refused: look in Lucca for an employee or a contract without a name: %w", q.method, q.path, ErrMalformed)
		case errors.Is(err, ErrRejected), errors.Is(err, ErrNotFound):
		case errors.Is(err, ErrUnavailable) && ctx.Err() == nil:
			return false, nil
		default:
			return false, fmt.Errorf("try %s %s: %w", q.method, q.path, err)
		}
	}
	return true, nil
}
