package lucca

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Ending is a route that Lucca announces to end, by the headers Deprecation (RFC 9745) and
// Sunset (RFC 8594) of an answer (developers.lucca.fr, documentation/using-api/versioning).
type Ending struct {
	// Path is below the address of the tenant.
	Path string
	// Since is from when on it is deprecated, On when it stops; either may be unknown.
	Since, On time.Time
}

// String says it in a sentence, without the rest of what to do.
func (e Ending) String() string {
	const day = "2006-01-02"
	switch {
	case !e.On.IsZero():
		return e.Path + " stops on " + e.On.Format(day)
	case !e.Since.IsZero():
		return e.Path + " is deprecated since " + e.Since.Format(day)
	default:
		return e.Path + " is deprecated"
	}
}

// heed notes what an answer announces, and says it once.
func (c *Client) heed(ctx context.Context, path string, h http.Header) {
	deprecation, sunset := h.Get("Deprecation"), h.Get("Sunset")
	if (deprecation == "" || deprecation == "false") && sunset == "" {
		return
	}
	e := Ending{Path: path, Since: headerTime(deprecation), On: headerTime(sunset)}
	if c.memory.note(e) {
		c.log.WarnContext(ctx, "lucca.route-ends", "route", path, "since", e.Since, "on", e.On)
	}
}

// headerTime reads an instant as @SECONDS or as a date of HTTP; anything else, such as true,
// is none.
func headerTime(s string) time.Time {
	if seconds, ok := strings.CutPrefix(s, "@"); ok {
		n, err := strconv.ParseInt(seconds, 10, 64)
		if err != nil || n <= 0 || n > maxInstant {
			return time.Time{}
		}
		return time.Unix(n, 0).UTC()
	}
	t, err := http.ParseTime(s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// maxInstant is the end of the year 9999, in seconds.
const maxInstant = 253402300799

// note reports whether the ending is news.
func (r *Memory) note(e Ending) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.endings, func(other Ending) bool { return other.Path == e.Path })
	if i >= 0 {
		news := !r.endings[i].On.Equal(e.On)
		r.endings[i] = e
		return news
	}
	r.endings = append(r.endings, e)
	return true
}

// Endings returns what was announced so far, the soonest first.
func (r *Memory) Endings() []Ending {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.Clone(r.endings)
	slices.SortStableFunc(list, func(a, b Ending) int {
		if a.On.IsZero() != b.On.IsZero() {
			return map[bool]int{true: 1, false: -1}[a.On.IsZero()]
		}
		return a.On.Compare(b.On)
	})
	return list
}
