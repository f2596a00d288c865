package lucca

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// pageSize is the largest page that v3 and v4 give.
const pageSize = 1000

// list is one list of the API and how to read its items.
type list[T any] struct {
	route route
	// query holds what to ask for; the generation adds the page.
	query      url.Values
	generation generation
	// size is the largest page that Lucca documents for the list; 0 is that of the
	// generation.
	size int
	// root is what is asked of a v4 list beside its items; empty is count and next.
	root string
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
	if l.root != "" {
		q.Set("fields.root", l.root)
	}
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
	r := reading[T]{list: l, seen: make(map[int]struct{})}
	body, err := firstPage(ctx, c, &r)
	for {
		if err != nil {
			return nil, err
		}
		var done bool
		done, err = r.add(body)
		if err != nil {
			return nil, fmt.Errorf("list %s at %s: page %d: %w", l.route.what, l.route.path, r.at.pages, err)
		}
		c.progress(Progress{List: l.route.what, Read: len(r.items), Total: r.total})
		if done {
			return r.items, nil
		}
		if r.clamped {
			c.memory.learn(l.route.path, r.size)
			c.log.InfoContext(ctx, "lucca.page-size-learnt", "route", l.route.path, "size", r.size)
			r.clamped = false
		}
		body, err = c.get(ctx, l.route, l.pageQuery(r.at, r.size))
	}
}

// firstPage asks for the largest page that is documented, or that was given before, and for
// smaller ones where a size is refused: pages and servers differ in what they say.
func firstPage[T any](ctx context.Context, c *Client, r *reading[T]) ([]byte, error) {
	l := r.list
	documented := cmp.Or(l.size, l.generation.size)
	r.size = c.memory.size(l.route.path, documented)
	body, refused := c.get(ctx, l.route, l.pageQuery(r.at, r.size))
	if !refusesPage(refused, r.size) {
		return body, refused
	}
	for _, size := range smallerPages {
		if size >= r.size {
			continue
		}
		body, err := c.get(ctx, l.route, l.pageQuery(r.at, size))
		if isBadRequest(err) {
			continue
		}
		if err == nil {
			r.size = size
			c.memory.learn(l.route.path, size)
			c.log.InfoContext(ctx, "lucca.page-size-learnt", "route", l.route.path, "size", size)
		}
		return body, err
	}
	return nil, refused
}

// refusesPage reports whether a request may have been refused for its size of page: Lucca
// says so in words of its own, or says nothing.
func refusesPage(err error, size int) bool {
	if !isBadRequest(err) {
		return false
	}
	text := strings.ToLower(Message(err))
	return text == "" || slices.ContainsFunc([]string{"limit", "paging", "page", strconv.Itoa(size)}, func(word string) bool { return strings.Contains(text, word) })
}

// smallerPages are the sizes that Lucca's pages have named, and its smallest default.
var smallerPages = [...]int{100, 99, 50, 10}

// probe reads the first page of a list and what the server says of the rest.
func probe[T any](ctx context.Context, c *Client, l list[T]) (reading[T], error) {
	r := reading[T]{list: l, seen: make(map[int]struct{})}
	body, err := firstPage(ctx, c, &r)
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
	// clamped: the first page was smaller than asked, so that size was learnt from it.
	clamped bool
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
	if n := len(p.items); r.at.pages == 1 && r.counted && n > 0 && n < min(r.size, r.total) && !r.list.generation.cursor {
		r.size, r.clamped = n, true
	}
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
