package sandbox

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

const ratePeriod = 60 * time.Second

// window60 counts the requests of the last 60 seconds. Limit 0 is no limit. Refused
// requests do not count.
type window60 struct {
	limit int

	mu    sync.Mutex
	taken []time.Time
}

// admit counts a request, or reports how long it takes until one would be let through.
func (l *window60) admit(now time.Time) (wait time.Duration, limited bool) {
	if l.limit == 0 {
		return 0, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken = slices.DeleteFunc(l.taken, func(at time.Time) bool { return now.Sub(at) >= ratePeriod })
	if len(l.taken) >= l.limit {
		return ratePeriod - now.Sub(l.taken[0]), true
	}
	l.taken = append(l.taken, now)
	return 0, false
}

// RequestCount is how often one kind of request was answered in one way. It holds no
// query and no id. Status 0 is a connection cut before an answer.
type RequestCount struct {
	Method string `json:"method"`
	Route  string `json:"route"`
	Status int    `json:"status"`
	Count  int    `json:"count"`
}

// requestLog counts requests.
type requestLog struct {
	mu     sync.Mutex
	counts map[RequestCount]int
}

func (l *requestLog) add(method, route string, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = map[RequestCount]int{}
	}
	l.counts[RequestCount{Method: method, Route: route, Status: status}]++
}

func (l *requestLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.counts)
}

func (l *requestLog) list() []RequestCount {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]RequestCount, 0, len(l.counts))
	for c, n := range l.counts {
		c.Count = n
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b RequestCount) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method), a.Status-b.Status)
	})
	return list
}

// Requests returns the counted requests by route, method and status; those to
// /_sandbox/ are not counted.
func (t *Tenant) Requests() []RequestCount { return t.log.list() }

// RequestTotal returns how many requests arrived.
func (t *Tenant) RequestTotal() int {
	total := 0
	for _, c := range t.log.list() {
		total += c.Count
	}
	return total
}

// ResetRequests forgets the requests counted so far.
func (t *Tenant) ResetRequests() { t.log.reset() }
