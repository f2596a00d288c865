// Package step measures how long the steps of a run take. The context of a run carries a Clock,
// and whoever does a step begins it there; without one nothing is measured. A program that is built
// with the tag otel also makes a span of each, see Tracer.
package step

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"lucca-exchange/internal/run"
)

// Name is what a step is called in the record of a run, in the metrics and in a trace.
type Name string

// The steps, in the order in which they come.
const (
	// Pickup takes a file from its remote; Ask asks an ATS for hires.
	Pickup Name = "pickup"
	Ask    Name = "ask"
	// Read unwraps a file and reads its rows.
	Read Name = "read"
	// Lucca reads people and what they refer to.
	Lucca Name = "lucca"
	// Render makes the rows of a partner's file; Compare looks at what it would change.
	Render  Name = "render"
	Compare Name = "compare"
	// Plan makes and judges a plan.
	Plan Name = "plan"
	// Wrap packs and encrypts; Send hands a file over.
	Wrap Name = "wrap"
	Send Name = "send"
	// Apply carries a plan out; Report writes reports, and puts a file away.
	Apply  Name = "apply"
	Report Name = "report"
)

// Words are a step in a few words of English, as something that was done.
func (n Name) Words() string {
	words := map[Name]string{
		Pickup: "file taken", Ask: "ATS asked", Read: "file read", Lucca: "Lucca read", Render: "file made",
		Compare: "file compared", Plan: "plan made", Wrap: "file wrapped", Send: "file sent", Apply: "plan applied",
		Report: "file put away",
	}
	return cmp.Or(words[n], string(n))
}

// Clock takes down the steps of one run.
type Clock struct {
	mu    sync.Mutex
	steps []run.Step
	trace trace
}

type ofRun struct{}

// Start begins to measure a run: those who are handed the context take its steps down in the Clock.
// The function ends the run's own span, with how the run ended.
func Start(ctx context.Context, t Tracer, r run.Run) (context.Context, *Clock, func(outcome run.Outcome)) {
	c := new(Clock)
	ctx, end := c.trace.start(ctx, t, r)
	return context.WithValue(ctx, ofRun{}, c), c, end
}

// Begin begins a step of the run of a context. The function ends it, and must be called once.
func Begin(ctx context.Context, name Name) (context.Context, func()) {
	c, measured := ctx.Value(ofRun{}).(*Clock)
	if !measured {
		return ctx, func() {}
	}
	ctx, end := c.trace.step(ctx, name)
	began := time.Now()
	return ctx, func() {
		end()
		c.add(run.Step{Name: string(name), Seconds: time.Since(began).Seconds()})
	}
}

func (c *Clock) add(s run.Step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps = run.Sum(c.steps, s)
}

// Steps are those that ended, in the order in which the first of each did, to the millisecond.
func (c *Clock) Steps() []run.Step {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := slices.Clone(c.steps)
	for i := range out {
		out[i].Seconds = math.Round(out[i].Seconds*1000) / 1000
	}
	return out
}
