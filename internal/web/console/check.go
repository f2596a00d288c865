package console

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/web/auth"
)

// connectionTest is what the last try of all connections found. There is one at a time.
type connectionTest struct {
	mu      sync.Mutex
	Running bool
	At      time.Time
	Probes  []inspect.Probe
}

// begin reports whether a new try may begin.
func (c *connectionTest) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	free := !c.Running
	c.Running = true
	return free
}

// give lets another try begin in the place of one that did not.
func (c *connectionTest) give() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Running = false
}

func (c *connectionTest) end(found []inspect.Probe) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Running, c.At, c.Probes = false, time.Now(), found
}

// checkPages are about connections.
type checkPages struct {
	*Console
	last *connectionTest
}

func (c checkPages) routes() map[string]handler {
	return map[string]handler{"GET /check": c.check, "POST /check": c.form(c.try)}
}

// checkData is what the page shows.
type checkData struct {
	Running, Tries bool
	At             time.Time
	Probes         []inspect.Probe
}

// check shows what the last try found.
func (c checkPages) check(w http.ResponseWriter, v visit) error {
	c.last.mu.Lock()
	data := checkData{Running: c.last.Running, Tries: tries(v.who), At: c.last.At, Probes: slices.Clone(c.last.Probes)}
	c.last.mu.Unlock()
	p := page{name: "check", title: v.printer.Text("check.title"), data: data}
	if data.Running {
		p.again = checkAgain
	}
	return c.pages.show(w, v, p)
}

// tries reports whether an account may try connections, of which others see the answers.
func tries(who auth.Account) bool { return who.Views() && who.Role() != auth.Viewer }

// try begins to try all connections, while the page is answered.
func (c checkPages) try(w http.ResponseWriter, v visit) error {
	by := c.entry(v, audit.Check)
	if !tries(v.who) {
		return c.refuse(v, by, "/check")
	}
	if c.last.begin() {
		if err := c.options.Audit().Append(v.Request.Context(), by); err != nil {
			c.last.give()
			return err
		}
		c.options.Background(v.Request.Context(), func(ctx context.Context) {
			var found []inspect.Probe
			defer func() { c.last.end(found) }()
			found = c.options.Probe(ctx)
		})
	}
	return seeOther(w, v, "/check", nil)
}

// titledFacts are things in Lucca that the configuration can name, under their title.
type titledFacts struct {
	Title string
	Facts []inspect.Fact
}

func factsOf(title string, facts []inspect.Fact) titledFacts { return titledFacts{title, facts} }
