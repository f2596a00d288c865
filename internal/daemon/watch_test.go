package daemon

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/schedule"
	"lucca-exchange/internal/state"
)

// watched is an instance with a state of its own and these flows.
func watched(t *testing.T, flows ...string) Instance {
	t.Helper()
	store, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "exchange.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	c := &config.Config{Flows: make(map[string]config.Flow)}
	for _, name := range flows {
		c.Flows[name] = config.Flow{Name: name, Zone: time.UTC, CatchUp: new(config.Age)}
	}
	return Instance{Config: c, Store: store}
}

// ran puts a run on record that ended so long ago.
func ran(t *testing.T, a Instance, flow string, o run.Outcome, ago time.Duration) state.Record {
	t.Helper()
	at := time.Now().Add(-ago)
	r := state.Record{Run: run.Run{ID: run.NewID(at), Flow: flow, Kind: run.Export, StartedAt: at.Add(-time.Second)}}
	if _, err := a.Store.Runs().Begin(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r.Outcome, r.FinishedAt, r.Rows = o, at, &run.Rows{Read: 3, Sent: 3}
	if err := a.Store.Runs().Finish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// heard keeps what it is told.
type heard struct{ told []notify.Message }

func (h *heard) Send(_ context.Context, m notify.Message) (bool, error) {
	h.told = append(h.told, m)
	return true, nil
}

// teller tells nobody else.
func (h *heard) teller(a Instance, on ...notify.Kind) notify.Teller {
	return notify.Teller{
		Targets: func(yield func(notify.Target, error) bool) {
			yield(notify.Target{Place: "notify[0].email", ID: "hr", Channel: h, On: on}, nil)
		},
		Expires: func(context.Context, string) time.Time { return time.Time{} },
		Options: notify.Options{
			Logger: slog.New(slog.DiscardHandler), Hostname: "exchange-1", Memory: a.Store.Notifications(),
			Page: func(run.Run) string { return "" },
		},
	}
}

// TestDigestIsOfTheRunsSinceTheLast: those before it are not counted again, one that still waits is
// told, and of several looks one sends.
func TestDigestIsOfTheRunsSinceTheLast(t *testing.T) {
	t.Parallel()
	a := watched(t, "nightly", "users")
	minutely, err := schedule.Parse("* * * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var hr heard
	a.Digests = notify.Digests{
		Teller: hr.teller(a),
		When:   map[string]notify.Schedule{"hr": minutely}, Claim: a.Store.Upkeep().Take,
		Sum: func(ctx context.Context, since, until time.Time) (notify.Digest, error) {
			return inspect.Digest(ctx, inspect.Inspector{Store: inspect.StoreOf(a.Store), Config: a.Config, Queue: func(ctx context.Context) (map[string]inspect.Queue, error) {
				return Standing(ctx, a.Store, a.Config)
			}}, since, until)
		},
	}.Send
	ran(t, a, "users", run.Held, 50*time.Hour)
	ran(t, a, "nightly", run.Done, 49*time.Hour)
	ran(t, a, "nightly", run.Done, 2*time.Hour)
	ran(t, a, "nightly", run.Failed, time.Hour)
	if err := a.Store.Notifications().Save(t.Context(), "hr", notify.DigestName, "", time.Now().Add(-48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		digests(t.Context(), a, slog.New(slog.NewTextHandler(t.Output(), nil)))
	}
	if len(hr.told) != 1 {
		t.Fatalf("told %d times", len(hr.told))
	}
	if got, want := hr.told[0].Headline(), "[lucca-exchange] 2 runs, 1 failed, 1 run waits for a decision"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, line := range []string{"nightly: 1 failed, 1 done, 6 rows sent", "users: no run, 1 run waits for a decision"} {
		if !strings.Contains(hr.told[0].Text(), line) {
			t.Errorf("%q is not in\n%s", line, hr.told[0].Text())
		}
	}
}

// TestRemindersAreOfWhatIsStillWrong: a flow that failed and has not run since, and one that is held;
// not one that is well again, that somebody paused, or whose run has only just been told of. A run of
// a clock that was far ahead is not waited for.
func TestRemindersAreOfWhatIsStillWrong(t *testing.T) {
	t.Parallel()
	a := watched(t, "ahead", "failed", "held", "mended", "paused", "fresh")
	ran(t, a, "failed", run.Failed, time.Hour)
	ran(t, a, "held", run.Held, time.Hour)
	ran(t, a, "held", run.Nothing, 30*time.Minute)
	ran(t, a, "mended", run.Failed, time.Hour)
	ran(t, a, "mended", run.Done, 30*time.Minute)
	ran(t, a, "paused", run.Failed, time.Hour)
	ran(t, a, "fresh", run.Failed, time.Second)
	ran(t, a, "ahead", run.Held, -500*24*time.Hour)
	if err := a.Store.Pauses().Begin(t.Context(), state.Pause{Flow: "paused", Since: time.Now(), Who: "os:me"}, audit.Entry{At: time.Now(), Who: "os:me", From: "cli", Act: audit.Pause, Flow: "paused"}); err != nil {
		t.Fatal(err)
	}
	var hr heard
	a.Teller = func(string) notify.Teller { return hr.teller(a, notify.Failed, notify.Held) }
	for range 2 { // of two daemons that look, one tells
		remind(t.Context(), a, slog.New(slog.NewTextHandler(t.Output(), nil)))
	}
	var again []string
	for _, m := range hr.told {
		again = append(again, m.Flow+" "+string(m.Kind))
	}
	if want := []string{"ahead held", "failed failed", "held held"}; !slices.Equal(again, want) {
		t.Errorf("told again of %v, want %v", again, want)
	}
}

// TestEndsOfServersAreThoseSeenLast: a server that no run has met yet has none.
func TestEndsOfServersAreThoseSeenLast(t *testing.T) {
	t.Parallel()
	end := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	c := &config.Config{Remotes: map[string]config.Remote{
		"pdlf": {Ends: func() time.Time { return end }},
		"new":  {Ends: func() time.Time { return time.Time{} }},
	}}
	if got := endsOf(c); len(got) != 1 || !got["remotes.pdlf"].Equal(end) {
		t.Errorf("got %v", got)
	}
}
