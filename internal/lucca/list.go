package lucca

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
)

// pageSize is the largest page that v3 and v4 give.
const pageSize = 1000

// list is one list of the API and how to read its items.
type list[T any] struct {
	route route
	// query holds what to ask for; the generation adds the page.
	query      url.Values
	generation generation
	// beside takes what a page of v5 embeds, before its items; nil for nothing.
	beside func(embedded json.RawMessage) error
	// item decodes one item and returns its id.
	item func(json.RawMessage) (T, int, error)
}

// generation is what differs between the lists of v3, v4 and v5.
type generation struct {
	// size is the largest page to ask for.
	size   int
	decode func(body []byte) (page, error)
	// turn adds to the query what selects the page after the position.
	turn func(query url.Values, at position, size int)
	// full: every page but the last holds as many items as were asked for. v4 does not
	// say how large its pages may be, and is counted on only at the end.
	full bool
	// cursor: there is no other way to the next page than what a page says of it.
	cursor bool
}

// pageQuery returns the query for the page after the position.
func (l *list[T]) pageQuery(at position, size int) url.Values {
	q := make(url.Values, len(l.query)+3)
	maps.Copy(q, l.query)
	l.generation.turn(q, at, size)
	return q
}

// position is how far a list has been read.
type position struct {
	items, pages int
	// next is what the last page said, if it did.
	next string
}

var (
	v3 = generation{size: pageSize, full: true, decode: decodeV3, turn: func(q url.Values, at position, size int) {
		q.Set("paging", fmt.Sprintf("%d,%d", at.items, size))
		// Pages are cut by offset: without an order of its own, one page could repeat
		// what another left out.
		q.Set("orderBy", "id,asc")
	}}
	v4 = generation{size: pageSize, decode: decodeV4, turn: func(q url.Values, at position, size int) {
		q.Set("limit", strconv.Itoa(size))
		q.Set("fields.root", "count,next")
		q.Set("page", strconv.Itoa(at.pages+1))
		if at.next != "" {
			q.Set("page", at.next)
		}
	}}
)

// readAll reads a list whole. When it changes meanwhile, for example because somebody is
// hired, it is read once more from its first page.
func readAll[T any](ctx context.Context, c *Client, l list[T]) ([]T, error) {
	items, err := readOnce(ctx, c, l)
	if errors.Is(err, ErrChanged) {
		c.log.WarnContext(ctx, "lucca.list-restarted", "list", l.route.what, "err", err)
		items, err = readOnce(ctx, c, l)
	}
	return items, err
}

func readOnce[T any](ctx context.Context, c *Client, l list[T]) ([]T, error) {
	r := reading[T]{list: l, size: l.generation.size, seen: make(map[int]struct{})}
	for {
		body, err := c.get(ctx, l.route, l.pageQuery(r.at, r.size))
		if err != nil {
			return nil, err
		}
		done, err := r.add(body)
		if err != nil {
			return nil, fmt.Errorf("list %s at %s: page %d: %w", l.route.what, l.route.path, r.at.pages, err)
		}
		c.progress(Progress{List: l.route.what, Read: len(r.items), Total: r.total})
		if done {
			return r.items, nil
		}
	}
}

// probe reads one item of a list and what the server says of the rest.
func probe[T any](ctx context.Context, c *Client, l list[T]) (reading[T], error) {
	r := reading[T]{list: l, size: 1, seen: make(map[int]struct{})}
	body, err := c.get(ctx, l.route, l.pageQuery(r.at, r.size))
	if err != nil {
		return r, err
	}
	if _, err = r.add(body); err != nil {
		return r, fmt.Errorf("list %s at %s: %w", l.route.what, l.route.path, err)
	}
	return r, nil
}

// reading is a list on its way in.
type reading[T any] struct {
	list list[T]
	// size is how many items a page is asked for.
	size  int
	at    position
	items []T
	seen  map[int]struct{}
	// total is the length that the first page stated, if it is counted.
	total   int
	counted bool
}

// add takes one page and reports whether it was the last. With a count, the list ends
// when everything counted has come; without one, with an empty page, since a server may
// give smaller pages than it was asked for.
func (r *reading[T]) add(body []byte) (done bool, err error) {
	r.at.pages++
	p, err := r.list.generation.decode(body)
	if err != nil {
		return false, err
	}
	if r.at.pages == 1 {
		r.total, r.counted = p.count, p.counted
		r.items = slices.Grow(r.items, min(p.count, 100*pageSize))
	}
	if p.counted != r.counted || p.count != r.total {
		return false, fmt.Errorf("a count of %d after one of %d: %w", p.count, r.total, ErrChanged)
	}
	if r.list.beside != nil {
		if err := r.list.beside(p.embedded); err != nil {
			return false, fmt.Errorf("embedded: %w", err)
		}
	}
	for i, raw := range p.items {
		if err := r.addItem(raw); err != nil {
			return false, fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	r.at.items, r.at.next = len(r.items), p.next
	switch {
	case r.counted && len(r.items) > r.total:
		return false, fmt.Errorf("more than the %d counted: %w", r.total, ErrChanged)
	case r.counted && len(r.items) == r.total:
		// A count of this page alone would end the list too early: a next page tells.
		return p.next == "", nil
	case r.list.generation.cursor && p.next == "" && r.counted:
		return false, fmt.Errorf("the last page with %d of %d still to come: %w", r.total-len(r.items), r.total, ErrChanged)
	case r.list.generation.cursor && p.next == "":
		return true, nil
	case r.counted && r.list.generation.full && len(p.items) < r.size:
		return false, fmt.Errorf("a page of %d with %d of %d still to come: %w", len(p.items), r.total-len(r.items), r.total, ErrChanged)
	case len(p.items) > 0:
		return false, nil
	case r.counted:
		return false, fmt.Errorf("%d of the %d counted: %w", len(r.items), r.total, ErrChanged)
	default:
		return true, nil
	}
}

func (r *reading[T]) addItem(raw json.RawMessage) error {
	v, id, err := r.list.item(raw)
	if err != nil {
		return err
	}
	if id <= 0 {
		return fmt.Errorf("no id: %w", ErrMalformed)
	}
	if _, twice := r.seen[id]; twice {
		return fmt.Errorf("id %d comes twice: %w", id, ErrChanged)
	}
	r.seen[id] = struct{}{}
	r.items = append(r.items, v)
	return nil
}
