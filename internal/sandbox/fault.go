package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"sync"
	"time"
)

// Kind is what goes wrong.
type Kind string

// The kinds of faults.
const (
	// Status answers with Status, Body and RetryAfter; nothing is applied.
	Status Kind = "status"
	// Cut closes the connection without an answer; nothing is applied.
	Cut Kind = "cut"
	// CutBody announces the whole answer and closes the connection in the middle of it.
	CutBody Kind = "cut-body"
	// LostAnswer applies the change, then closes the connection.
	LostAnswer Kind = "lost-answer"
	// Malformed answers with the first half of the JSON, as if it were all.
	Malformed Kind = "malformed"
	// LoginPage answers 200 with an HTML page, as a proxy does whose session ended.
	LoginPage Kind = "login-page"
	// Message answers 200 with a non-empty Message, which is a failure in v3.
	Message Kind = "message"
	// RepeatPage answers a page with the items of the page before it.
	RepeatPage Kind = "repeat-page"
	// ShortPage answers a page with the first half of its items.
	ShortPage Kind = "short-page"
	// DropItem leaves the first item of a page out, as when someone was deleted while
	// pages were read: the page is full nevertheless where there are more.
	DropItem Kind = "drop-item"
	// DoubleItem gives the first item of a page twice.
	DoubleItem Kind = "double-item"
	// Delay answers as usual, later.
	Delay Kind = "delay"
)

// Fault is one thing to go wrong with some requests.
type Fault struct {
	Kind Kind `json:"kind"`
	// Method is GET, POST or PUT; empty is any.
	Method string `json:"method,omitempty"`
	// Route matches the path, with the patterns of path.Match: "/api/v3/users/*";
	// empty is any.
	Route string `json:"route,omitempty"`
	// After lets this many matching requests pass first.
	After int `json:"after,omitempty"`
	// Times is for how many requests the fault lasts: 0 is one, less than 0 is for ever.
	Times int `json:"times,omitempty"`
	// DelayMillis waits before anything else, with every kind.
	DelayMillis int `json:"delay_millis,omitempty"`

	// Status, Body and RetryAfter are for the kind "status"; Body without a value is an
	// error of the API's own style. Body is also the message of the kind "message".
	Status     int    `json:"status,omitempty"`
	Body       string `json:"body,omitempty"`
	RetryAfter string `json:"retry_after,omitempty"`
}

const loginPage = `<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method="post"></form></body></html>`

// validate reports what makes a fault one that can never happen.
func (f Fault) validate() error {
	kinds := []Kind{
		Status, Cut, CutBody, LostAnswer, Malformed, LoginPage, Message, RepeatPage, ShortPage, DropItem, DoubleItem, Delay,
	}
	if !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("unknown kind %q: want one of %q", f.Kind, kinds)
	}
	if f.Kind == Status && (f.Status < 200 || f.Status > 599) {
		return errors.New("kind \"status\" wants a status from 200 to 599")
	}
	if _, err := path.Match(f.Route, "/"); err != nil {
		return fmt.Errorf("read route %q: %w", f.Route, err)
	}
	if f.After < 0 || f.DelayMillis < 0 {
		return errors.New("after and delay_millis are not negative")
	}
	return nil
}

// faults are the injected faults in the order in which they were.
type faults struct {
	mu     sync.Mutex
	active []*activeFault
}

type activeFault struct {
	Fault
	seen, fired int
}

// Inject makes requests go wrong from now on. Of several faults that match a request,
// the first injected one that is due happens; each counts all requests that match it.
func (t *Tenant) Inject(list ...Fault) error {
	for i, f := range list {
		if err := f.validate(); err != nil {
			return fmt.Errorf("inject fault %d: %w", i+1, err)
		}
	}
	t.faults.mu.Lock()
	defer t.faults.mu.Unlock()
	for _, f := range list {
		t.faults.active = append(t.faults.active, &activeFault{Fault: f})
	}
	return nil
}

// Heal removes all faults.
func (t *Tenant) Heal() {
	t.faults.mu.Lock()
	defer t.faults.mu.Unlock()
	t.faults.active = nil
}

// claim returns the fault that a request meets.
func (fs *faults) claim(r *http.Request) (Fault, bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var due *activeFault
	for _, f := range fs.active {
		if !f.matches(r) {
			continue
		}
		f.seen++
		if due == nil && f.seen > f.After && (f.Times < 0 || f.fired < max(f.Times, 1)) {
			due = f
		}
	}
	if due == nil {
		return Fault{}, false
	}
	due.fired++
	return due.Fault, true
}

func (f Fault) matches(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method {
		return false
	}
	if f.Route == "" {
		return true
	}
	matched, err := path.Match(f.Route, r.URL.Path)
	return err == nil && matched // validate has read the pattern
}

// play lets a request go wrong.
func (f Fault) play(w http.ResponseWriter, r *http.Request, route string, e endpoint) {
	if !wait(r, time.Duration(f.DelayMillis)*time.Millisecond) {
		e.tenant.log.add(r.Method, route, 0)
		panic(http.ErrAbortHandler)
	}
	var a answer
	switch f.Kind {
	case Cut:
	case Status:
		a = f.status(r)
	case LoginPage:
		a = answer{status: http.StatusOK, contentType: htmlType, body: []byte(loginPage)}
	case Message:
		a = successOf(map[string]string{"Message": f.message()})
	default:
		a = e.answer(r, f)
	}
	if f.Kind == Cut || f.Kind == LostAnswer {
		e.tenant.log.add(r.Method, route, 0)
		panic(http.ErrAbortHandler)
	}
	e.tenant.log.add(r.Method, route, a.status)
	switch f.Kind {
	case CutBody:
		a.head(w)
		// Neither can fail in a way that matters: the connection is cut next.
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case Malformed:
		a.body = a.body[:len(a.body)/2]
	}
	a.send(w)
}

// wait reports false when the client left before.
func wait(r *http.Request, d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (f Fault) message() string {
	if f.Body == "" {
		return "An error has occurred"
	}
	return f.Body
}

func (f Fault) status(r *http.Request) answer {
	a := failure(r.URL.Path, f.Status, http.StatusText(f.Status))
	a.retryAfter = f.RetryAfter
	if f.Body == "" {
		return a
	}
	a.body = []byte(f.Body)
	if f.Body[0] == '<' {
		a.contentType = htmlType
	}
	return a
}

// bend applies the kinds that are about pages to a part of a list of n.
func bend(k Kind, w window, n int) (from, to int, doubled bool) {
	w.offset = min(w.offset, n)
	end := min(w.offset+w.limit, n)
	switch k {
	case RepeatPage:
		w.offset = max(0, w.offset-w.limit)
		end = min(w.offset+w.limit, n)
	case ShortPage:
		end = min(w.offset+(w.limit+1)/2, n)
	case DropItem:
		w.offset++
		end = min(w.offset+w.limit, n)
	}
	from = min(w.offset, n)
	return from, max(from, end), k == DoubleItem && end > from
}

// page cuts a page out of a list.
func page[T any](k Kind, items []T, w window) []T {
	from, to, doubled := bend(k, w, len(items))
	part := items[from:to]
	if doubled {
		return append([]T{part[0]}, part...)
	}
	return part
}
