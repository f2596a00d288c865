package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// TestServeOnThreeMachines has three daemons share a PostgreSQL, and kills one of them now
// and then. Each slot has one run, that is done, and one file.
func TestServeOnThreeMachines(t *testing.T) {
	t.Parallel()
	dsn := statetest.PostgreSQL(t)
	_, lucca := serve(t, company(time.Now()))
	in, head := skillup(t, lucca)
	lines := map[string]string{"one": "@every 1s", "two": "@every 2s", "three": "@every 2s"}
	sites := make([]*site, 3)
	daemons := make([]*daemon, len(sites))
	for i := range sites {
		sites[i] = newSite(t, fmt.Sprintf("state: %q\n", dsn)+head+exports(lines))
		sites[i].state = dsn
	}
	// At once, on an empty database.
	for i, s := range sites {
		daemons[i] = s.launch(t)
	}
	for _, d := range daemons {
		d.await(t, `: ready, `)
	}
	for range killRounds(t, 5) {
		<-time.After(2*time.Second + rand.N(2*time.Second))
		i := rand.IntN(len(daemons))
		if rand.IntN(3) == 0 {
			daemons[i].stop(t)
		} else {
			daemons[i].kill()
		}
		<-time.After(rand.N(time.Second))
		daemons[i] = sites[i].start(t)
	}
	for _, d := range daemons {
		d.stop(t)
	}
	// What they left in the queue, one does that has no more slots.
	s := sites[0]
	never := map[string]string{}
	for name := range lines {
		never[name] = leapDay
	}
	s.configure(t, fmt.Sprintf("state: %q\n", dsn)+head+exports(never))
	d := s.start(t)
	eventually(t, "the queue is empty", func() bool {
		for _, f := range s.flows(t) {
			if len(f.Waiting) > 0 || f.Running != "" {
				return false
			}
		}
		return true
	})
	d.stop(t)
	runs := s.runs(t)
	checkOncePerSlot(t, dsn, in.root, lines, runs)
	t.Logf("%d runs", len(runs))
}

// mostTakeover is what a run waits for at most until another daemon goes on with it, of one that is
// killed. That the waits of the queue add up to less is a test of package state.
const mostTakeover = 5 * time.Second

// TestServeTakesOver kills the daemon that has a run at work. Another one goes on with it, and the
// state says when: within five seconds, and what the machine was behind meanwhile.
func TestServeTakesOver(t *testing.T) {
	t.Parallel()
	dsn := statetest.PostgreSQL(t)
	front, lucca := gated(t, company(time.Now()))
	in, head := skillup(t, lucca)
	config := fmt.Sprintf("state: %q\n", dsn) + head + exports(map[string]string{"often": "@every 1s"})
	one, two := newSite(t, config), newSite(t, config)
	one.state, two.state = dsn, dsn
	front.shut()
	d := one.start(t)
	front.stands(t)
	first := one.runs(t)[0]
	other := two.start(t)
	behind := watchPace(t, dsn)
	killed := time.Now()
	d.kill()
	front.open()
	eventually(t, "the next slot has run", func() bool { return done(two.runs(t)) >= 2 })
	other.stop(t)
	all := two.runs(t)
	i := slices.IndexFunc(all, func(r state.Record) bool { return r.ID == first.ID })
	if r := all[i]; r.Outcome != run.Done {
		t.Errorf("the run is %q, %q", r.Outcome, r.Reason)
	}
	if got := names(t, in.root); got[0] != slotFile("often", first.Slot) {
		t.Errorf("the first file is %s", got[0])
	}
	took := activeSince(t, dsn, first.ID)
	late := behind(killed, took)
	if d := took.Sub(killed); d < 0 || d > mostTakeover+late {
		t.Errorf("the run went on after %v, and has to within %v, the machine being %v behind", d, mostTakeover, late)
	}
	t.Logf("the run went on after %v, the machine being %v behind", took.Sub(killed), late)
}

// watchPace does over and over what a takeover consists of: it waits a moment and asks the database.
// By how much that took longer than the wait, between two instants, is what the machine is behind.
func watchPace(t *testing.T, dsn string) (behind func(from, to time.Time) time.Duration) {
	t.Helper()
	const every = 100 * time.Millisecond
	type turn struct {
		at   time.Time
		late time.Duration
	}
	var turns []turn
	ctx, stop := context.WithCancel(t.Context())
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	var watching sync.WaitGroup
	watching.Go(func() {
		for ctx.Err() == nil {
			began := time.Now()
			<-time.After(every)
			if _, err := conn.Exec(ctx, `SELECT count(*) FROM runs`); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
			turns = append(turns, turn{began, time.Since(began) - every})
		}
	})
	end := sync.OnceFunc(func() {
		stop()
		watching.Wait()
		_ = conn.Close(context.Background()) // which stop may have broken
	})
	t.Cleanup(end)
	return func(from, to time.Time) (late time.Duration) {
		end()
		for _, u := range turns {
			if u.at.Before(to) && u.at.Add(every+u.late).After(from) {
				late += u.late
			}
		}
		return late
	}
}

// TestServeOutOfContact has a daemon with a run at work lose its connections, or freeze for
// so long that the other takes it for dead. The run is done once, by either.
func TestServeOutOfContact(t *testing.T) {
	t.Parallel()
	for name, strike := range map[string]func(t *testing.T, dsn string, d *daemon){
		"connections break": func(t *testing.T, dsn string, _ *daemon) {
			statetest.Exec(t, dsn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		},
		"process freezes": func(t *testing.T, _ string, d *daemon) {
			d.signal(t, syscall.SIGSTOP)
			<-time.After(12 * time.Second)
			d.signal(t, syscall.SIGCONT)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := statetest.PostgreSQL(t)
			front, lucca := gated(t, company(time.Now()))
			in, head := skillup(t, lucca)
			state := fmt.Sprintf("state: %q\n", dsn)
			lines := map[string]string{"often": "@every 1s"}
			one, two := newSite(t, state+head+exports(lines)), newSite(t, state+head+exports(lines))
			one.state, two.state = dsn, dsn
			front.shut()
			d := one.start(t)
			front.stands(t)
			first := one.runs(t)[0]
			other := two.start(t)
			strike(t, dsn, d)
			front.open()
			eventually(t, "the next slots have run", func() bool { return done(two.runs(t)) >= 3 })
			d.stop(t)
			other.stop(t)
			one.configure(t, state+head+exports(map[string]string{"often": leapDay}))
			last := one.start(t)
			eventually(t, "the queue is empty", func() bool {
				f := one.flows(t)["often"]
				return len(f.Waiting) == 0 && f.Running == ""
			})
			last.stop(t)
			runs := one.runs(t)
			if runs[0].ID != first.ID {
				t.Errorf("the first run is %s, want %s", runs[0].ID, first.ID)
			}
			checkOncePerSlot(t, dsn, in.root, lines, runs)
		})
	}
}

// activeSince is when a process last took a run.
func activeSince(t *testing.T, dsn, run string) time.Time {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	var at int64
	if err := conn.QueryRow(t.Context(), `SELECT active_since FROM runs WHERE id = $1`, run).Scan(&at); err != nil {
		t.Fatal(err)
	}
	return time.UnixMicro(at)
}
