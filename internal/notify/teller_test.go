package notify_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/notify/notifytest"
	"lucca-exchange/internal/run"
)

// inbox is a channel that keeps what it is told.
type inbox struct{ told []notify.Message }

func (i *inbox) Send(_ context.Context, m notify.Message) (bool, error) {
	i.told = append(i.told, m)
	return true, nil
}

// targets are a machine that is told everything, one who wants to know of every bad end, and one
// that cannot be opened.
func targets(machine, person *inbox) iter.Seq2[notify.Target, error] {
	return func(yield func(notify.Target, error) bool) {
		_ = yield(notify.Target{Place: "notify[0].email"}, errors.New("password: no such file")) &&
			yield(notify.Target{Place: "notify[1].ping", Follows: true, Channel: machine}, nil) &&
			yield(notify.Target{Place: "notify[2].webhook", ID: "w", On: notify.BadEnds(), Channel: person}, nil)
	}
}

// TestEndOfARunIsToldByWhatItMeans: a file that did not come and a warning that somebody has to see
// are not told like any failure and any success, and whoever is told of a held run is told until when
// it can be approved. One target that cannot be opened keeps none of the others from being told.
func TestEndOfARunIsToldByWhatItMeans(t *testing.T) {
	t.Parallel()
	expires := time.Date(2026, 12, 6, 2, 30, 0, 0, time.UTC)
	said := func(severity finding.Severity, code string) []finding.Finding {
		return []finding.Finding{{Severity: severity, Code: code, Message: "said"}}
	}
	for name, tt := range map[string]struct {
		outcome  run.Outcome
		findings []finding.Finding
		omitted  []finding.Omitted
		want     notify.Kind
		silent   bool
	}{
		"done":                          {outcome: run.Done, want: notify.Done, silent: true},
		"nothing to do":                 {outcome: run.Nothing, want: notify.Nothing, silent: true},
		"failed":                        {outcome: run.Failed, findings: said(finding.Error, "refused"), want: notify.Failed},
		"no file came":                  {outcome: run.Failed, findings: said(finding.Error, finding.Missing), want: notify.Missing},
		"done, with a doubt":            {outcome: run.Done, findings: said(finding.Warning, "similar_person"), want: notify.Warned},
		"done, with a doubt not listed": {outcome: run.Done, omitted: []finding.Omitted{{Severity: finding.Warning, Code: "similar_person", Count: 3}}, want: notify.Warned},
		"done, with a remark":           {outcome: run.Done, findings: said(finding.Warning, "truncated"), want: notify.Done, silent: true},
		"nothing, a file is stuck":      {outcome: run.Nothing, findings: said(finding.Warning, "skipped_stuck"), want: notify.Warned},
		"rejections, with a doubt":      {outcome: run.Rejections, findings: said(finding.Warning, "similar_person"), want: notify.Rejections},
		"held":                          {outcome: run.Held, want: notify.Held},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var machine, person inbox
			var log strings.Builder
			teller := notify.Teller{
				Targets: targets(&machine, &person), Expires: func(context.Context, string) time.Time { return expires },
				Options: notify.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Memory: new(notifytest.Memory), Hostname: "hr1"},
			}
			r := notify.Run{Run: run.Run{ID: "r1", Flow: "users"}}
			teller.Began(t.Context(), r)
			r.Result = run.Result{Outcome: tt.outcome, Reason: "so it was", Rows: &run.Rows{Read: 5, Sent: 3, Rejected: 2}}
			r.Findings, r.Omitted = tt.findings, tt.omitted
			canceled, cancel := context.WithCancel(t.Context())
			cancel() // a run that is stopped is told of
			teller.Ended(canceled, r)

			if len(machine.told) != 2 || machine.told[0].Kind != notify.Started || machine.told[1].Kind != tt.want {
				t.Fatalf("the machine was told %+v, want started and %s", machine.told, tt.want)
			}
			if silent := len(person.told) == 0; silent != tt.silent {
				t.Errorf("the person was told %+v", person.told)
			}
			e := machine.told[1].Event
			if e.Flow != "users" || e.Run != "r1" || e.Reason != "so it was" || e.Rows != (run.Rows{Read: 5, Sent: 3, Rejected: 2}) {
				t.Errorf("told %+v", e)
			}
			held := tt.outcome == run.Held
			if strings.Contains(e.Approve, "lucca-exchange approve r1") != held || e.Expires.Equal(expires) != held {
				t.Errorf("told to approve with %q until %s", e.Approve, e.Expires)
			}
			if n := strings.Count(log.String(), "notify[0].email.password: no such file"); n != 2 {
				t.Errorf("the target that cannot be opened is in the log %d times: %s", n, log.String())
			}
		})
	}
}

// TestTrialTellsEveryTarget, whatever it wants to know of, in their order, and says which cannot be told.
func TestTrialTellsEveryTarget(t *testing.T) {
	t.Parallel()
	var machine, person inbox
	tried, err := notify.Test(t.Context(), targets(&machine, &person), "users", notify.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, one := range tried {
		line := one.Place
		if one.Err != nil {
			line += " " + one.Err.Error()
		}
		said = append(said, line)
	}
	want := "notify[0].email notify[0].email.password: no such file, notify[1].ping, notify[2].webhook"
	if got := strings.Join(said, ", "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	for _, told := range [][]notify.Message{machine.told, person.told} {
		if len(told) != 1 || told[0].Kind != notify.Trial || told[0].Flow != "users" {
			t.Errorf("told %+v", told)
		}
	}
}

// TestWhatIsStillWrongIsToldAgainAfterADay, and what nobody could be told as soon as somebody can; a
// machine that follows every run hears of a run once.
func TestWhatIsStillWrongIsToldAgainAfterADay(t *testing.T) {
	t.Parallel()
	var machine, person inbox
	memory := new(notifytest.Memory)
	teller := notify.Teller{
		Targets: targets(&machine, &person), Expires: func(context.Context, string) time.Time { return time.Time{} },
		Options: notify.Options{Logger: slog.New(slog.DiscardHandler), Hostname: "exchange-1", Memory: memory},
	}
	failed := notify.Run{Run: run.Run{ID: "20261122-215900-7f3a2c", Flow: "users", Result: run.Result{Outcome: run.Failed, Reason: "the server is down"}}}
	told := func(want int) {
		t.Helper()
		if len(person.told) != want || len(machine.told) != 1 {
			t.Fatalf("the person was told %d times, want %d, and the machine %d times", len(person.told), want, len(machine.told))
		}
	}
	teller.Ended(t.Context(), failed)
	told(1)
	teller.Again(t.Context(), failed)
	told(1)
	memory.Age(23 * time.Hour)
	teller.Again(t.Context(), failed)
	told(2)
	if a := memory.Attempt("notify[0].email", "users"); a.Fault == nil || !strings.Contains(a.Fault.Error(), "notify[0].email.password: no such file") {
		t.Errorf("of a target that cannot be opened: %+v", a)
	}
	if a := memory.Attempt("notify[2].webhook", "users"); a.Fault != nil || a.At.IsZero() {
		t.Errorf("of one that was told: %+v", a)
	}
}

// TestMissedSlotsAndEndsAreTold as what they are.
func TestMissedSlotsAndEndsAreTold(t *testing.T) {
	t.Parallel()
	var machine, person inbox
	teller := notify.Teller{
		Targets: targets(&machine, &person), Expires: func(context.Context, string) time.Time { return time.Time{} },
		Options: notify.Options{Logger: slog.New(slog.DiscardHandler), Hostname: "exchange-1", Memory: new(notifytest.Memory)},
	}
	due := time.Date(2026, 11, 22, 22, 59, 0, 0, time.UTC)
	teller.Missed(t.Context(), "users", 3, due)
	for range 2 {
		teller.Ends(t.Context(), "web.tls.certificate", due.AddDate(0, 0, 7), "put a new one in its place")
	}
	if len(person.told) != 2 {
		t.Fatalf("told %d times", len(person.told))
	}
	for i, want := range [][]string{
		{"[lucca-exchange] users: missing", "Nothing was running when the flow users was due", "3 scheduled runs did not take place and are not made up for, the last of them that of 2026-11-22 22:59"},
		{"[lucca-exchange] web.tls.certificate: warning", "will end: web.tls.certificate", "it ends on 2026-11-29: put a new one in its place"},
	} {
		text := person.told[i].Headline() + "\n" + person.told[i].Text()
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in\n%s", part, text)
			}
		}
	}
}
