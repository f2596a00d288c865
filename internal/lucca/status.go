package lucca

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/roster"
)

// maxIDs bounds the ids in one request, so that its address stays under 1 KiB.
const maxIDs = 100

// Status returns the contract end of each of the employees that Lucca knows, former ones
// included: none for an open-ended contract or one that the key may not see. Ids that
// Lucca does not know, or not to this key, are absent from the result.
func (c *Client) Status(ctx context.Context, ids []int) (map[int]roster.Date, error) {
	if c.key.IsZero() {
		return statusV5(ctx, c, ids)
	}
	ends := make(map[int]roster.Date, len(ids))
	for chunk := range slices.Chunk(ids, maxIDs) {
		if err := readStatus(ctx, c, chunk, ends); err != nil {
			return nil, err
		}
	}
	return ends, nil
}

// readStatus asks for one chunk. Where v3 answers that an employee is not found instead of
// leaving it out, the chunk is halved until the unknown ones are alone.
func readStatus(ctx context.Context, c *Client, ids []int, ends map[int]roster.Date) error {
	found, err := readAll(ctx, c, contractEnds(ids))
	switch {
	case errors.Is(err, ErrNotFound) && len(ids) == 1:
		return nil
	case errors.Is(err, ErrNotFound):
		half := len(ids) / 2
		if err := readStatus(ctx, c, ids[:half], ends); err != nil {
			return err
		}
		return readStatus(ctx, c, ids[half:], ends)
	case err != nil:
		return err
	}
	for _, e := range found {
		ends[e.ID] = e.ContractEnd
	}
	return nil
}

// contractEnds lists the given employees with nothing but their contract end.
func contractEnds(ids []int) list[roster.Employee] {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.Itoa(id)
	}
	q := roster.Query{Fields: roster.ContractEnd, Former: true}
	l := users(newUserDecoder(Config{}, q))
	l.query.Set("id", strings.Join(texts, ","))
	decode := l.item
	l.item = func(raw json.RawMessage) (roster.Employee, int, error) {
		e, id, err := decode(raw)
		if err == nil && !slices.Contains(ids, id) {
			return e, id, fmt.Errorf("employee %d, who was not asked for: %w", id, ErrMalformed)
		}
		return e, id, err
	}
	return l
}
