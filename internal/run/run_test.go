package run_test

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"lucca-exchange/internal/run"
)

// TestExitCodes: scripts branch on them (see help exit-codes).
func TestExitCodes(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[run.Outcome]int{
		run.Done: 0, run.Nothing: 0, run.Rejections: 3, run.Held: 4, run.Failed: 1, run.Canceled: 1, "": 1, "unknown": 1,
	} {
		if got := outcome.ExitCode(); got != want {
			t.Errorf("%q: exit code %d, want %d", outcome, got, want)
		}
		if known := outcome != "" && outcome != "unknown"; outcome.Valid() != known {
			t.Errorf("%q: valid is %t", outcome, !known)
		}
	}
}

// TestARunTakesNoLongerThanItWorks: one that waited two days for a person did not take two days.
func TestARunTakesNoLongerThanItWorks(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 22, 59, 0, 0, time.UTC)
	approved := run.Run{StartedAt: at, FinishedAt: at.Add(48 * time.Hour), Result: run.Result{Durations: []run.Step{{Name: "read", Seconds: 0.5}, {Name: "apply", Seconds: 1.5}}}}
	if got := approved.Took(); got != 2*time.Second {
		t.Errorf("it took %s", got)
	}
	unknown := run.Run{StartedAt: at, FinishedAt: at.Add(3 * time.Second)}
	if got := unknown.Took(); got != 3*time.Second {
		t.Errorf("where no step is known it took %s", got)
	}
	back := run.Run{StartedAt: at, FinishedAt: at.Add(-time.Hour)}
	if got := back.Took(); got != 0 {
		t.Errorf("under a clock that was set back it took %s", got)
	}
	back.Durations = approved.Durations
	if got := back.Took(); got != 2*time.Second {
		t.Errorf("under a clock that was set back its steps took %s", got)
	}
}

// TestIDs sort by time, also those of one second by their text alone, and are safe in a path.
func TestIDs(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 22, 59, 0, 0, time.FixedZone("CET", 3600))
	id, other := run.NewID(at), run.NewID(at)
	if !regexp.MustCompile(`^20261122-215900-[0-9a-f]{6}$`).MatchString(id) || id == other {
		t.Errorf("ids %q and %q", id, other)
	}
	if later := run.NewID(at.Add(time.Second)); later <= id {
		t.Errorf("%q does not come after %q", later, id)
	}
}

// TestDocument pins the keys of the run document, which others script against.
func TestDocument(t *testing.T) {
	t.Parallel()
	r := run.Run{
		ID: "20261122-215900-7f3a2c", Flow: "nightly", Kind: run.Import, Attempt: 2, Sequence: 9, Scheduled: true, Resumable: true,
		Slot:      time.Date(2026, 11, 22, 22, 59, 0, 0, time.FixedZone("", 3600)),
		StartedAt: time.Date(2026, 11, 22, 21, 59, 0, 0, time.UTC),
		Result: run.Result{
			Outcome: run.Held, Reason: "max_ends", Rows: &run.Rows{Read: 3, Sent: 2, Rejected: 1},
			File:    &run.File{Name: "users.csv", Bytes: 7, SHA256: "c0ffee", Plain: &run.File{Name: "users.csv"}},
			Changes: &run.Changes{Create: 1}, Limits: []run.Limit{{Name: "max_ends", Value: "2", Bound: "1", Held: true}},
			Requests: &run.Requests{Lucca: 4},
		},
	}
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"20261122-215900-7f3a2c","flow":"nightly","kind":"import","slot":"2026-11-22T22:59:00+01:00","started_at":"2026-11-22T21:59:00Z",` +
		`"outcome":"held","reason":"max_ends","rows":{"read":3,"sent":2,"rejected":1},` +
		`"file":{"name":"users.csv","bytes":7,"sha256":"c0ffee","plain":{"name":"users.csv","bytes":0,"sha256":""}},` +
		`"changes":{"create":1,"update":0,"end":0,"rehire":0,"unchanged":0,"reject":0},` +
		`"limits":[{"name":"max_ends","value":"2","bound":"1","held":true}],"requests":{"lucca":4}}`
	if string(got) != want {
		t.Errorf("the document is\n%s\nwant\n%s", got, want)
	}
}
