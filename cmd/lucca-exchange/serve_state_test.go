package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// TestServeCatchesUp starts a daemon that was down for three days. Of a slot a day, the last
// one is run when it is young enough, and the others are missed, which flows says.
func TestServeCatchesUp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, catchUp string
		runs, missed  int
	}{
		{"an hour late", "12h", 1, 2},
		{"too late", "30m", 0, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, lucca := serve(t, company(time.Now()))
			_, head := skillup(t, lucca)
			slot := time.Now().UTC().Add(-time.Hour).Truncate(time.Minute)
			s := newSite(t, webOnAnyPort+head+strings.Replace(exports(map[string]string{"daily": fmt.Sprintf("%d %d * * *", slot.Minute(), slot.Hour())}),
				"export:", "catch_up: "+tt.catchUp+", export:", 1))
			s.start(t).stop(t)
			s.sql(t, `UPDATE schedules SET horizon = $1`, slot.Add(-2*24*time.Hour-time.Hour).UnixMicro())
			if f := s.flows(t)["daily"]; f.Overdue.IsZero() || !strings.Contains(f.Note, "overdue since") {
				t.Errorf("flows says %+v while no daemon is up", f)
			}
			for range 2 { // and not again at the next start
				d := s.start(t)
				eventually(t, "the slots are settled", func() bool {
					f := s.flows(t)["daily"]
					return f.Missed == tt.missed && f.Overdue.IsZero() && done(s.runs(t)) == tt.runs
				})
				d.stop(t)
			}
			for _, r := range s.runs(t) {
				if !r.Slot.Equal(slot) {
					t.Errorf("the run is of the slot %v, want %v", r.Slot, slot)
				}
			}
			if out, _, _ := s.do(t, "flows"); !strings.Contains(out, fmt.Sprintf("slots missed in the last 7 days: %d", tt.missed)) {
				t.Errorf("flows says:\n%s", out)
			}
		})
	}
}

// TestServeGivesUp starts a daemon on a run that has taken down five before it.
func TestServeGivesUp(t *testing.T) {
	t.Parallel()
	front, lucca := gated(t, company(time.Now()))
	_, head := skillup(t, lucca)
	config := head + exports(map[string]string{"often": "@every 1s"})
	s := newSite(t, config)
	front.shut()
	d := s.start(t)
	front.stands(t)
	d.kill()
	front.open()
	first := s.runs(t)[0]
	s.sql(t, `UPDATE river_job SET attempt = 5 WHERE id = (SELECT job FROM runs WHERE id = $1)`, first.ID)
	s.configure(t, head+exports(map[string]string{"often": leapDay}))
	d = s.start(t)
	eventually(t, "the run has an outcome", func() bool { return s.runs(t)[0].Outcome != "" })
	if r := s.runs(t)[0]; r.ID != first.ID || r.Outcome != run.Failed || r.Reason != "given up: the process ended in each of 5 attempts" {
		t.Errorf("the run ended %q, %q", r.Outcome, r.Reason)
	}
	d.stop(t)
}

// TestServeGivesUpOnAFile starts a daemon on a run whose file has taken down five before it: the
// file goes to failed/ with a report, and is not taken again.
func TestServeGivesUpOnAFile(t *testing.T) {
	t.Parallel()
	front, lucca := gated(t, company(time.Now()))
	config := fmt.Sprintf("lucca: {url: %q, api_key: {env: LUCCA_API_KEY}, requests_per_minute: 60000}\n"+
		"remotes: {payroll: {type: dir, dir: drop}}\n"+
		"flows: {users: {import: {approval: limits}, from: payroll, pattern: \"*.csv\", pickup: {marker: \"{file}.done\"}, schedule: %%q}}\n", lucca)
	s := newSite(t, fmt.Sprintf(config, "@every 1s"))
	if err := os.Mkdir(s.path("drop"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, s.path("drop/users.csv"), "login;jobTitle\nbea;Cheffe\n")
	writeFile(t, s.path("drop/users.csv.done"), "")
	front.shut()
	d := s.start(t)
	front.stands(t)
	d.kill()
	front.open()
	first := s.runs(t)[0]
	s.sql(t, `UPDATE river_job SET attempt = 5 WHERE id = (SELECT job FROM runs WHERE id = $1)`, first.ID)
	d = s.start(t)
	eventually(t, "the run has an outcome", func() bool {
		return slices.ContainsFunc(s.runs(t), func(r state.Record) bool {
			return r.ID == first.ID && r.Outcome == run.Failed && strings.HasPrefix(r.Reason, "given up:")
		})
	})
	d.stop(t)
	if _, err := os.Stat(s.path("drop/failed/users.csv")); err != nil {
		t.Error(err)
	}
	if report, err := os.ReadFile(s.path("drop/failed/users.csv.report.csv")); err != nil || !strings.Contains(string(report), "given_up") {
		t.Errorf("%v: %s", err, report)
	}
	if _, err := os.Stat(s.path("drop/users.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file was given back: %v", err)
	}
}

// TestCancelAWaitingRun cancels a run of the daemon that waits for another process.
func TestCancelAWaitingRun(t *testing.T) {
	t.Parallel()
	front, lucca := gated(t, company(time.Now()))
	_, head := skillup(t, lucca)
	s := newSite(t, head+exports(map[string]string{"often": leapDay}))
	front.shut()
	other := s.command(t, "run", "often")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	front.stands(t)
	s.configure(t, head+exports(map[string]string{"often": "@every 1s"}))
	d := s.start(t)
	var waiting []string
	eventually(t, "a run waits", func() bool { waiting = s.flows(t)["often"].Waiting; return len(waiting) > 0 })
	if out, complaints, code := s.do(t, "cancel", waiting[0]); code != 0 {
		t.Errorf("exit code %d: %s%s", code, out, complaints)
	}
	eventually(t, "it waits no more", func() bool {
		now := s.flows(t)["often"].Waiting
		return len(now) == 0 || now[0] != waiting[0]
	})
	if _, complaints, code := s.do(t, "cancel", "20200101-000000-abcdef"); code != 2 || !strings.Contains(complaints, "not found") {
		t.Errorf("an unknown run: exit code %d: %s", code, complaints)
	}
	d.stop(t)
	front.open()
	if err := other.Wait(); err != nil {
		t.Error(err)
	}
	for _, r := range s.runs(t) {
		if r.ID == waiting[0] {
			t.Errorf("the run that was canceled ran: %q", r.Outcome)
		}
	}
}

// TestServeOnAnOlderState opens a state of the first version of the program, with a run in
// it.
func TestServeOnAnOlderState(t *testing.T) {
	t.Parallel()
	_, lucca := serve(t, company(time.Now()))
	_, head := skillup(t, lucca)
	s := newSite(t, head+exports(map[string]string{"often": "@every 1s"}))
	if err := os.Mkdir(s.path("state"), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+s.path("state/exchange.db"))
	if err != nil {
		t.Fatal(err)
	}
	// As the program itself makes it.
	if err := os.WriteFile(s.path("state/exchange.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("../../internal/state/migrations/sqlite"),
		goose.WithTableName("ledger_versions"), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO runs (id, flow, kind, slot, state, outcome, reason, started_at, finished_at, active_since, pid, host, facts)
		VALUES ('20261101-215900-abcdef', 'often', 'export', '', 'ended', 'done', '', 1, 2, 1, 1, 'elsewhere', '{}'),
			('20261102-215900-abcdef', 'often', 'export', '', 'running', '', '', $1, NULL, $1, 1, 'elsewhere', '{}')`, time.Now().UnixMicro()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	d := s.start(t)
	eventually(t, "the flow runs", func() bool { return done(s.runs(t)) >= 2 })
	d.stop(t)
	for _, r := range s.runs(t) {
		if r.ID == "20261102-215900-abcdef" && (r.Outcome != run.Failed || !strings.Contains(r.Reason, "interrupted")) {
			t.Errorf("the run that was at work is %q, %q", r.Outcome, r.Reason)
		}
	}
}
