package state_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// BenchmarkDrain has the nightly flows of a thousand tenants queued at one instant, and 1,
// 2 and 4 processes' worth of engines drain them; on SQLite there is only one. A run does nothing but wait a little, as
// one that waits for a server does. Latency is from the start of the engines to that of a
// run.
func BenchmarkDrain(b *testing.B) {
	const tenants = 1000
	b.Run("sqlite", func(b *testing.B) { measure(b, tenants, 1, sqliteState) })
	for _, engines := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("postgres/engines=%d", engines), func(b *testing.B) {
			measure(b, tenants, engines, statetest.PostgreSQL)
		})
	}
}

func measure(b *testing.B, tenants, engines int, newState func(testing.TB) string) {
	for b.Loop() {
		latencies, took := drain(b, tenants, engines, newState)
		slices.Sort(latencies)
		b.ReportMetric(float64(tenants)/took.Seconds(), "runs/s")
		b.ReportMetric(latencies[tenants/2].Seconds(), "p50-s")
		b.ReportMetric(latencies[tenants*99/100].Seconds(), "p99-s")
	}
}

func drain(b *testing.B, tenants, engines int, newState func(testing.TB) string) ([]time.Duration, time.Duration) {
	b.StopTimer()
	defer b.StartTimer()
	var mu sync.Mutex
	var latencies []time.Duration
	var began time.Time
	var done sync.WaitGroup
	done.Add(tenants)
	dsn := newState(b)
	opts := state.QueueOptions{
		Logger: slog.New(slog.NewTextHandler(b.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Work: func(context.Context, state.Job) error {
			defer done.Done()
			mu.Lock()
			latencies = append(latencies, time.Since(began))
			mu.Unlock()
			<-time.After(20 * time.Millisecond)
			return nil
		},
	}
	for i := range tenants {
		opts.Flows = append(opts.Flows, state.Flow{Name: fmt.Sprintf("tenant-%04d/users", i)})
	}
	all := make([]*queueProcess, engines)
	for i := range all {
		all[i] = openQueue(b, dsn, opts)
	}
	for _, flow := range opts.Flows {
		_, err := all[0].Enqueue(b.Context(), flow.Name)
		check(b, err)
	}
	b.StartTimer()
	began = time.Now()
	for _, e := range all {
		stop := serveQueue(b, e)
		defer stop()
	}
	done.Wait()
	took := time.Since(began)
	b.StopTimer()
	return latencies, took
}
