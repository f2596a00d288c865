package state_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// childEnv makes the test binary act as another process on the state that it names.
const childEnv = "LUCCA_EXCHANGE_LEDGER_CHILD"

func TestMain(m *testing.M) {
	if role, dsn, ok := strings.Cut(os.Getenv(childEnv), " "); ok {
		if err := child(role, dsn); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child reports on stdout, one line per fact that has reached the disk.
func child(role, dsn string) error {
	if role == "serve" {
		return serveChild(dsn, os.Getenv(childLog))
	}
	ctx := context.Background()
	l, err := state.Open(ctx, dsn)
	if err != nil {
		return err
	}
	switch role {
	case "occupy":
		if _, err := l.Runs().Begin(ctx, newRun("nightly", time.Now())); err != nil {
			return err
		}
		fmt.Println("occupied")
	case "approve":
		held, err := l.History().Runs(ctx, state.Filter{Limit: 1})
		if err != nil {
			return err
		}
		if _, _, err := l.Runs().Claim(ctx, held[0].ID, time.Now()); err != nil {
			return err
		}
		fmt.Println("claimed")
	case "resume":
		return resumeRows(ctx, l)
	case "work":
		for {
			if err := oneRun(ctx, l); err != nil {
				return err
			}
		}
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, l.Close())
}

// resumeRows takes the run that was left and goes on with its rows.
func resumeRows(ctx context.Context, l *state.Store) error {
	runs, err := l.History().Runs(ctx, state.Filter{Limit: 1})
	if err != nil {
		return err
	}
	record, _, err := l.Runs().Resume(ctx, runs[0].ID, time.Now())
	if err != nil {
		return err
	}
	rows, err := l.Plans().Rows(ctx, record.ID)
	if err != nil {
		return err
	}
	for item := len(rows); ; item++ {
		if err := l.Plans().SaveRow(ctx, apply.Outcome{Run: record.ID, Item: item, Step: "done", At: time.Now()}); err != nil {
			return err
		}
		fmt.Println("row", item)
	}
}

func oneRun(ctx context.Context, l *state.Store) error {
	record := newRun("nightly", time.Now())
	if _, err := l.Runs().Begin(ctx, record); err != nil {
		return err
	}
	if err := l.Deliveries().SaveSnapshot(ctx, record.ID, []byte("who was in the file"), nil); err != nil {
		return err
	}
	for _, step := range []delivery.Step{delivery.StepUploading, delivery.StepUploaded, delivery.StepDelivered} {
		if err := l.Deliveries().Save(ctx, sent(record.ID, record.Flow, step, time.Now())); err != nil {
			return err
		}
		fmt.Println(step, record.ID)
	}
	if err := l.Runs().Finish(ctx, ended(record, run.Done)); err != nil {
		return err
	}
	fmt.Println("done", record.ID)
	return nil
}

// process is a child that a test kills.
type process struct {
	*exec.Cmd
	out *bufio.Reader
	dsn string
}

func start(t *testing.T, role, dsn string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+role+" "+dsn)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd, bufio.NewReader(out), dsn}
	t.Cleanup(p.end)
	return p
}

func (p *process) line(t *testing.T) string {
	t.Helper()
	s, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the other process ended: %v", err)
	}
	return strings.TrimSpace(s)
}

// kill is kill -9, after which the flows of the process are free.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.end()
	buried(t, p.dsn)
}

// end may be called again.
func (p *process) end() {
	_ = p.Process.Kill()
	_, _ = io.Copy(io.Discard, p.out)
	_ = p.Wait()
}

// buried waits until the flows of a process that was killed are free, which a database
// server finds out a moment later than the kernel.
func buried(t *testing.T, dsn string) {
	t.Helper()
	if strings.HasPrefix(dsn, "sqlite:") {
		return
	}
	for _, flow := range []string{"nightly", fullRun().Flow} {
		statetest.Exec(t, dsn, `SELECT pg_advisory_xact_lock($1)`, state.LockKey(flow))
	}
}

func at(minute int) time.Time {
	return time.Date(2026, 11, 22, 20, minute, 0, 0, time.UTC)
}

func newRun(flow string, t time.Time) state.Record {
	return state.Record{Run: run.Run{ID: run.NewID(t), Flow: flow, Kind: run.Export, StartedAt: t}}
}

func ended(record state.Record, o run.Outcome) state.Record {
	record.Outcome = o
	record.FinishedAt = record.StartedAt.Add(time.Second)
	return record
}

func sent(run, flow string, step delivery.Step, t time.Time) delivery.Record {
	return delivery.Record{
		Run: run, Flow: flow, Remote: "skillup", Name: "skillup_20261122.csv", Temp: ".skillup_20261122.csv.part", Step: step,
		Bytes: 1234, SHA256: "ab12", Peer: remote.Peer{Address: "127.0.0.1:22", Protocol: "SFTP", Key: "SHA256:abc"}, At: t,
	}
}

// newState returns the address of an empty state.
type newState func(testing.TB) string

// eachState runs a test on every database that may hold a state.
func eachState(t *testing.T, test func(*testing.T, newState)) {
	for name, state := range map[string]newState{"sqlite": stateDSN, "postgres": statetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, state)
		})
	}
}

func stateDSN(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "state", "exchange.db")
}

func open(t *testing.T, dsn string) *state.Store {
	t.Helper()
	l, err := state.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, l.Close()) })
	return l
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error is %v, want %v", err, target)
	}
}

// begun begins a run, and fails the test when another was interrupted.
func begun(t *testing.T, l *state.Store, flow string, when time.Time) state.Record {
	t.Helper()
	record := newRun(flow, when)
	interrupted, err := l.Runs().Begin(t.Context(), record)
	check(t, err)
	if len(interrupted) > 0 {
		t.Fatalf("Begin interrupted %v", interrupted)
	}
	return record
}

func finished(t *testing.T, l *state.Store, flow string, when time.Time, o run.Outcome) state.Record {
	t.Helper()
	record := ended(begun(t, l, flow, when), o)
	check(t, l.Runs().Finish(t.Context(), record))
	return record
}

func fullRun() state.Record {
	paris := time.FixedZone("", 3600)
	return state.Record{
		Run: run.Run{
			ID:         "20261122-215900-7f3a2c",
			Flow:       "acme/skillup-nightly",
			Kind:       run.Export,
			Slot:       time.Date(2026, 11, 22, 22, 59, 0, 0, paris),
			StartedAt:  time.Date(2026, 11, 22, 21, 59, 0, 250000, time.UTC),
			FinishedAt: time.Date(2026, 11, 22, 21, 59, 7, 0, time.UTC),
			Result: run.Result{
				Outcome:  run.Held,
				Reason:   "max_shrink",
				Rows:     &run.Rows{Read: 120, Sent: 118, Rejected: 2},
				File:     &run.File{Name: "skillup_20261122.csv", Bytes: 10240, SHA256: "9f86d081884c7d65"},
				Changes:  &run.Changes{Create: 1, Update: 2, End: 3, Rehire: 4, Unchanged: 5, Reject: 6},
				Limits:   []run.Limit{{Name: "max_shrink", Value: "12.5%", Bound: "10%", Held: true}},
				Requests: &run.Requests{Lucca: 3},
			},
		},
		Findings: []finding.Finding{
			{Severity: finding.Error, Code: "missing", Row: 6, Column: "email", Cell: "D6", Message: "the e-mail is missing"},
			{Severity: finding.Warning, Code: "left_out", Message: "a recommended column is left out"},
		},
	}
}
