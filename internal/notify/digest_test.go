package notify_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/notify/notifytest"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/schedule"
)

// week is a digest with something of everything.
func week() notify.Digest {
	until := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	nightly, users := notify.FlowDigest{Flow: "nightly"}, notify.FlowDigest{Flow: "users", Held: 1}
	for range 6 {
		nightly.Add(run.Run{Result: run.Result{Outcome: run.Done, Rows: &run.Rows{Read: 101, Sent: 100, Rejected: 1}}})
	}
	nightly.Add(run.Run{Result: run.Result{Outcome: run.Failed}})
	nightly.Add(run.Run{}) // at work
	users.Add(run.Run{Result: run.Result{Outcome: run.Held, Rows: &run.Rows{Read: 3}}})
	return notify.Digest{
		Since: until.AddDate(0, 0, -7), Until: until, Anchor: "7:ab12",
		Flows: []notify.FlowDigest{nightly, {Flow: "quiet", Paused: true}, users},
	}
}

// TestDigestCountsInItsSubject: whoever reads nothing else of it knows whether to read on.
func TestDigestCountsInItsSubject(t *testing.T) {
	t.Parallel()
	for language, want := range map[message.Language]string{
		message.English: `[lucca-exchange] 8 runs, 1 failed, 1 run waits for a decision
What the runs came to from Mon, 23 Nov 2026 08:00 UTC to Mon, 30 Nov 2026 08:00 UTC:

  nightly: 1 failed, 6 done, 600 rows sent, 6 rejected
  quiet: no run, paused
  users: 1 held, 1 run waits for a decision

The audit up to now: keep this line, and it shows later whether anything is gone.
  lucca-exchange audit verify --anchor 7:ab12
`,
		message.French: "[lucca-exchange] 8 exécutions, 1 échec, 1 exécution attend une décision\n",
		message.German: "[lucca-exchange] 8 Läufe, 1 gescheitert, 1 Lauf wartet auf eine Entscheidung\n",
	} {
		sum := week()
		m := notify.Message{Event: notify.Event{Kind: notify.Summary, Flow: notify.DigestName, Digest: &sum}, Language: language}
		if got := m.Headline() + "\n" + m.Text(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", language, got, want)
		}
	}
}

// broken is a channel that tells nobody, or an inbox once it is mended.
type broken struct {
	inbox
	fault error
}

func (b *broken) Send(ctx context.Context, m notify.Message) (bool, error) {
	if b.fault != nil {
		return false, b.fault
	}
	return b.inbox.Send(ctx, m)
}

// TestDigestComesOnceWhenItIsDue: not before, not twice from two daemons, again where it could not be
// sent, and then of all that was since the last one.
func TestDigestComesOnceWhenItIsDue(t *testing.T) {
	t.Parallel()
	monday, err := schedule.Parse("0 8 * * 1", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var weekly, instant broken
	var since []time.Time
	claimed := make(map[string]time.Time)
	memory := new(notifytest.Memory)
	d := notify.Digests{
		Teller: notify.Teller{
			Targets: iter.Seq2[notify.Target, error](func(yield func(notify.Target, error) bool) {
				_ = yield(notify.Target{Place: "notify[0].email", ID: "weekly", Channel: &weekly}, nil) &&
					yield(notify.Target{Place: "notify[1].webhook", ID: "instant", On: notify.BadEnds(), Channel: &instant}, nil)
			}),
			Options: notify.Options{Logger: slog.New(slog.DiscardHandler), Hostname: "exchange-1", Memory: memory},
		},
		When: map[string]notify.Schedule{"weekly": monday},
		Claim: func(_ context.Context, what string, at time.Time, every time.Duration) (bool, error) {
			mine := at.Sub(claimed[what]) >= every
			if mine {
				claimed[what] = at
			}
			return mine, nil
		},
		Sum: func(_ context.Context, from, _ time.Time) (notify.Digest, error) {
			since = append(since, from)
			return week(), nil
		},
	}
	friday := time.Date(2026, 11, 27, 17, 0, 0, 0, time.UTC)
	due := time.Date(2026, 11, 30, 8, 0, 20, 0, time.UTC)
	for _, step := range []struct {
		name  string
		at    time.Time
		fault error
		told  int
		fails bool
	}{
		{name: "the first time it is only remembered", at: friday},
		{name: "not due yet", at: due.Add(-time.Minute)},
		{name: "due, and nobody can be told", at: due, fault: errors.New("connection refused"), fails: true},
		{name: "somebody tries already", at: due.Add(time.Minute)},
		{name: "tried again", at: due.Add(15 * time.Minute), told: 1},
		{name: "it was sent", at: due.Add(30 * time.Minute), told: 1},
		{name: "the next one", at: due.AddDate(0, 0, 7), told: 2},
	} {
		weekly.fault = step.fault
		if err := d.Send(t.Context(), step.at); (err != nil) != step.fails {
			t.Errorf("%s: %v", step.name, err)
		}
		if len(weekly.told) != step.told {
			t.Errorf("%s: told %d times, want %d", step.name, len(weekly.told), step.told)
		}
		if failed := memory.Attempt("notify[0].email", notify.DigestName).Fault; (failed != nil) != step.fails && step.name != "somebody tries already" {
			t.Errorf("%s: on record is %v", step.name, failed)
		}
	}
	if len(instant.told) > 0 {
		t.Error("who wants no digest got one")
	}
	if want := []time.Time{friday, friday, due.Add(15 * time.Minute)}; len(since) != 3 || !since[0].Equal(want[0]) || !since[1].Equal(want[1]) || !since[2].Equal(want[2]) {
		t.Errorf("since %v, want %v", since, want)
	}
}

// A digest that a clock 500 days ahead sent is no reason for silence until then.
func TestDigestComesAfterOneOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	daily, err := schedule.Parse("0 8 * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var hr broken
	memory := new(notifytest.Memory)
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	if err := memory.Save(t.Context(), "hr", notify.DigestName, "", now.AddDate(0, 0, 500)); err != nil {
		t.Fatal(err)
	}
	d := notify.Digests{
		Teller: notify.Teller{
			Targets: iter.Seq2[notify.Target, error](func(yield func(notify.Target, error) bool) {
				_ = yield(notify.Target{Place: "notify[0].email", ID: "hr", Channel: &hr}, nil)
			}),
			Options: notify.Options{Logger: slog.New(slog.DiscardHandler), Memory: memory},
		},
		When:  map[string]notify.Schedule{"hr": daily},
		Claim: func(context.Context, string, time.Time, time.Duration) (bool, error) { return true, nil },
		Sum:   func(context.Context, time.Time, time.Time) (notify.Digest, error) { return week(), nil },
	}
	for range 2 {
		if err := d.Send(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	if len(hr.told) != 1 {
		t.Errorf("told %d times", len(hr.told))
	}
}
