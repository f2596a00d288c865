package state_test

import (
	"compress/gzip"
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// Programs of earlier commits made the states in testdata/earlier, of either kind: one run of
// an export that arrived, one held, an import and a run of hires that wait for approval, then a
// daemon with a flow due every two seconds, and a webhook; Lucca stopped answering and the
// daemon was killed. So there is a run of `often` at work and one that waits behind it, a run
// of `ats` at work, slots of which some were merged, and hires of which one was not planned.

// unpacked is a file of testdata/earlier.
func unpacked(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "earlier", name))
	check(t, err)
	defer file.Close()
	packed, err := gzip.NewReader(file)
	check(t, err)
	data, err := io.ReadAll(packed)
	check(t, err)
	return data
}

// earlier is a state that the program of a commit left, with its slots settled until now: else
// those of the time since would be missed.
func earlier(t *testing.T, kind, commit string) (dsn string) {
	t.Helper()
	now := time.Now().UnixMicro()
	if kind == "sqlite" {
		path := filepath.Join(t.TempDir(), "exchange.db")
		check(t, os.WriteFile(path, unpacked(t, commit+".db.gz"), 0o600))
		check(t, os.Mkdir(path+".locks", 0o700))
		db, err := sql.Open("sqlite", path)
		check(t, err)
		_, err = db.ExecContext(t.Context(), `UPDATE engine_flows SET horizon = $1`, now)
		check(t, err)
		check(t, db.Close())
		return "sqlite:" + path
	}
	dsn = statetest.PostgreSQL(t)
	conn, err := pgx.Connect(t.Context(), dsn)
	check(t, err)
	defer func() { check(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	_, err = conn.Exec(t.Context(), string(unpacked(t, commit+".sql.gz")))
	check(t, err)
	_, err = conn.Exec(t.Context(), `UPDATE engine_flows SET horizon = $1`, now)
	check(t, err)
	return dsn
}

// TestEarlierStatesAreTakenOver loses nothing of what earlier versions of the program left.
func TestEarlierStatesAreTakenOver(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		for _, commit := range []string{"4dec5f4", "5acd198"} {
			t.Run(kind+"/"+commit, func(t *testing.T) {
				t.Parallel()
				dsn := earlier(t, kind, commit)
				_, err := state.OpenReadOnly(t.Context(), dsn)
				want(t, err, state.ErrOlderSchema)
				l := open(t, dsn)
				keptHistory(t, l)
				keptQueue(t, dsn, l)
				keptDecisions(t, l)
			})
		}
	}
}

func keptHistory(t *testing.T, l *state.Store) {
	t.Helper()
	runs, err := l.History().Runs(t.Context(), state.Filter{})
	check(t, err)
	got := map[string]int{}
	for _, r := range runs {
		got[r.Flow+" "+string(r.Outcome)]++
		whole, err := l.History().Run(t.Context(), r.ID)
		check(t, err)
		if r.Outcome == run.Rejections && (r.Rows == nil || r.File == nil || len(whole.Findings) == 0 || r.FinishedAt.IsZero()) {
			t.Errorf("run %s of %s has lost what it said: %+v", r.ID, r.Flow, whole)
		}
	}
	for what, n := range map[string]int{"manual rejections": 1, "held held": 1, "users held": 1, "ats held": 1, "often rejections": 2, "often ": 1, "ats ": 1} {
		if got[what] != n {
			t.Errorf("%d runs are %q, want %d: %v", got[what], what, n, got)
		}
	}
	for _, flow := range []string{"manual", "often"} {
		if d, err := l.Deliveries().LastDelivery(t.Context(), flow); err != nil || d.SHA256 == "" {
			t.Errorf("last delivery of %s: %+v, %v", flow, d, err)
		}
	}
	hires, err := l.HireBook().Hires(t.Context(), state.HireFilter{})
	check(t, err)
	if len(hires) != 2 {
		t.Errorf("%d hires, want 2", len(hires))
	}
	if p, err := l.Pickups().PickupOf(t.Context(), runs[slices.IndexFunc(runs, func(r state.Record) bool { return r.Flow == "users" })].ID); err != nil || p.Name != "users.csv" {
		t.Errorf("pickup %+v, %v", p, err)
	}
}

// keptQueue has a daemon perform what waits: what was at work is continued, each run once, and
// no slot has another run.
func keptQueue(t *testing.T, dsn string, l *state.Store) {
	t.Helper()
	before, err := l.Jobs().Slots(t.Context(), "often", 1000)
	check(t, err)
	var of []string
	for _, s := range before {
		of = append(of, string(s.State))
		if _, err := l.History().Run(t.Context(), s.Run); err != nil {
			t.Errorf("the run of slot %v: %v", s.At, err)
		}
	}
	slices.Sort(of)
	if text := strings.Join(of, " "); text != "merged merged merged queued queued queued queued" {
		t.Errorf("slots %q", text)
	}
	jobs := make(chan state.Job, 10)
	q := openQueue(t, dsn, state.QueueOptions{
		Flows: []state.Flow{{Name: "often", Kind: run.Export, Schedule: every(t, "0 0 29 2 *")}, {Name: "ats", Kind: run.Hires}},
		Work:  func(_ context.Context, job state.Job) error { jobs <- job; return nil },
	})
	stop := serveQueue(t, q)
	var done []state.Job
	for range 3 {
		done = append(done, <-jobs)
	}
	eventually(t, "the queue is empty", func() bool {
		depth, err := l.Jobs().Depth(t.Context())
		check(t, err)
		return depth.Queued+depth.Running == 0
	})
	stop()
	if len(jobs) > 0 {
		t.Errorf("more than what waited was performed: %+v", <-jobs)
	}
	var often []state.Job
	for _, job := range done {
		if job.Record.Flow == "ats" && !job.Resumed {
			t.Errorf("the run of ats was at work: %+v", job)
		}
		if job.Record.Flow == "often" {
			often = append(often, job)
		}
		if r, err := l.History().Run(t.Context(), job.Record.ID); err != nil || r.Outcome != run.Done || r.Kind == "" {
			t.Errorf("run %s: %+v, %v", job.Record.ID, r, err)
		}
	}
	if len(often) != 2 || !often[0].Resumed || often[1].Resumed || !often[1].Record.Scheduled || !often[0].Record.Slot.Before(often[1].Record.Slot) {
		t.Errorf("of often: %+v, want the run at work continued, and then the one that waited", often)
	}
	after, err := l.Jobs().Slots(t.Context(), "often", 1000)
	check(t, err)
	for _, s := range after {
		if s.State == state.Queued && s.At.After(before[0].At) {
			t.Errorf("slot %+v got a run", s)
		}
	}
}

func keptDecisions(t *testing.T, l *state.Store) {
	t.Helper()
	runs, err := l.History().Runs(t.Context(), state.Filter{Outcome: run.Held})
	check(t, err)
	for _, held := range runs {
		if _, err := l.Plans().Plan(t.Context(), held.ID); err != nil && held.Kind != run.Export {
			t.Errorf("the plan of run %s of %s: %v", held.ID, held.Flow, err)
		}
		if _, err := l.Deliveries().Snapshot(t.Context(), held.ID); err != nil && held.Kind == run.Export {
			t.Errorf("the snapshot of run %s: %v", held.ID, err)
		}
		if held.Flow == "users" {
			check(t, l.Runs().Reject(t.Context(), held.ID, time.Now()))
			continue
		}
		claimed, _, err := l.Runs().Claim(t.Context(), held.ID, time.Now())
		check(t, err)
		check(t, l.Runs().Finish(t.Context(), ended(claimed, run.Done)))
	}
}
