package lucca

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Lucca serves its lists in several generations, shuts the older ones down one by one, and
// gives a key the newer ones only where its role has the right. So every list has ways to get
// it, and which of them answers is found out.

// ways are how one list can be had, the newest first.
type ways[T any] []list[T]

// newest keeps the ways that the client has access to.
func newest[T any](c *Client, all ...list[T]) ways[T] {
	return slices.DeleteFunc(all, func(l list[T]) bool {
		if scopeOf(l.route.path) != "" {
			return c.tokens == nil
		}
		return c.key.IsZero()
	})
}

// readWays reads a list by the first way that answers, beginning with the one that did
// before. A way that is not there, or that the key may not use, is left for the next one;
// any other fault is that of the list.
func readWays[T any](ctx context.Context, c *Client, all ways[T]) ([]T, error) {
	items, _, err := tryWays(ctx, c, all, func(l list[T]) ([]T, error) { return readAll(ctx, c, l) })
	return items, err
}

// tryWays is readWays for anything that is done with a list.
func tryWays[T, R any](ctx context.Context, c *Client, all ways[T], do func(list[T]) (R, error)) (result R, used list[T], err error) {
	if len(all) == 0 {
		return result, used, ErrNoKey
	}
	order := slices.Clone(all)
	if i := slices.IndexFunc(order, func(l list[T]) bool { return c.memory.chosen(l.route.what) == l.route.path }); i > 0 {
		order = slices.Concat(order[i:i+1], order[:i], order[i+1:])
	}
	var left []error
	for _, l := range order {
		result, err = do(l)
		if err == nil {
			c.choose(ctx, l.route, left)
			return result, l, nil
		}
		if !leaves(err) {
			return result, l, err
		}
		left = append(left, err)
	}
	return result, used, noWay(left)
}

// leaves reports whether an error is about the way and not about the list: it is not served,
// or not to this key, or by something else than this generation.
func leaves(err error) bool {
	for _, class := range []error{ErrNotFound, ErrForbidden, ErrScope, ErrMalformed} {
		if errors.Is(err, class) {
			return true
		}
	}
	return isBadRequest(err)
}

// noWay picks, of the errors of all ways, the one with the way out: a right that is missing
// can be granted, and a route that is gone stays gone.
func noWay(left []error) error {
	best := left[0]
	for _, class := range []error{ErrMalformed, ErrRejected, ErrScope, ErrForbidden} {
		if i := slices.IndexFunc(left, func(err error) bool { return errors.Is(err, class) }); i >= 0 {
			best = left[i]
		}
	}
	if len(left) > 1 {
		return fmt.Errorf("tried %d ways: %w", len(left), best)
	}
	return best
}

// Route is the way by which a list was had.
type Route struct {
	// List is what is listed, such as "departments".
	List string `json:"list"`
	// Path is below the address of the tenant, Generation v3, v4 or v5.
	Path       string `json:"path"`
	Generation string `json:"generation"`
}

// Routes returns how each list was had so far, ordered by list.
func (c *Client) Routes() []Route { return c.memory.Routes() }

// Memory is what the clients of one tenant learn of it together while a process lives: a
// client is made for each run. The zero value knows nothing yet.
type Memory struct {
	mu sync.Mutex
	// by is the way that answered, by list.
	by map[string]Route
	// sizes are the sizes of pages that a path turned out to give.
	sizes map[string]int
	// endings are the routes that are announced to end.
	endings []Ending
	traffic Traffic
}

// Traffic is what Lucca had the clients of a tenant wait.
type Traffic struct {
	// Limited counts the answers 429; Waited is how long was waited before requests were repeated.
	Limited int
	Waited  time.Duration
}

// Traffic returns it.
func (r *Memory) Traffic() Traffic {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.traffic
}

// delayed notes a wait before a request is repeated.
func (r *Memory) delayed(wait time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.traffic.Waited += wait
	if errors.Is(err, ErrRateLimited) {
		r.traffic.Limited++
	}
}

func (r *Memory) chosen(what string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.by[what].Path
}

// Routes returns how each list was had so far, ordered by list.
func (r *Memory) Routes() []Route {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Route, 0, len(r.by))
	for _, one := range r.by {
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Route) int { return strings.Compare(a.List, b.List) })
	return list
}

// choose remembers the way that answered, and says so where it is another one than before.
func (c *Client) choose(ctx context.Context, r route, left []error) {
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	if c.memory.by[r.what].Path == r.path {
		return
	}
	if c.memory.by == nil {
		c.memory.by = make(map[string]Route)
	}
	one := Route{List: r.what, Path: r.path, Generation: generationOf(r.path)}
	c.memory.by[r.what] = one
	attributes := []any{"list", one.List, "route", one.Path, "generation", one.Generation}
	if len(left) > 0 {
		attributes = append(attributes, "err", errors.Join(left...))
	}
	c.log.InfoContext(ctx, "lucca.route-chosen", attributes...)
}

// generationOf names the generation that a path belongs to.
func generationOf(path string) string {
	switch {
	case scopeOf(path) != "":
		return "v5"
	case strings.HasPrefix(path, "/api/v3/"):
		return "v3"
	default:
		return "v4"
	}
}

// size is the number of items to ask a path for: the documented one, or what it took
// before.
func (r *Memory) size(path string, documented int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if learnt, ok := r.sizes[path]; ok {
		return learnt
	}
	return documented
}

func (r *Memory) learn(path string, size int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sizes == nil {
		r.sizes = make(map[string]int)
	}
	r.sizes[path] = size
}
