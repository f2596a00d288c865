package notify

import (
	"testing"
	"time"

	"lucca-exchange/internal/finding"
)

// step is one event after the other steps of its case, and what it is to a target.
type step struct {
	event Event
	after time.Duration // since the step before
	want  verdict
}

func TestOncePerCause(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	failed := func(reason string) Event { return Event{Kind: Failed, Flow: "f", Run: "r", Reason: reason} }
	refused := failed("skillup: connection refused")
	rejected := func(cell string) Event {
		return Event{Kind: Rejections, Reason: "1 row rejected", Findings: Findings{Errors: 1, First: []string{"error " + cell + " unknown_department: none has this name"}}}
	}
	heldRun := func(run string) Event { return Event{Kind: Held, Run: run, Reason: "ends: 12 over 5%"} }
	missing := Event{Kind: Missing, Reason: "no file by 07:00"}
	all := BadEnds()
	for name, tt := range map[string]struct {
		wanted []Kind
		steps  []step
	}{
		"the same failure is told once":                            {all, []step{{refused, 0, alarm}, {refused, hour, silence}, {refused, hour, silence}}},
		"and again after a day":                                    {all, []step{{refused, 0, alarm}, {refused, 12 * hour, silence}, {refused, 12 * hour, alarm}, {refused, hour, silence}}},
		"a nightly flow reminds every night, on the short one too": {all, []step{{refused, 0, alarm}, {refused, 23*hour - time.Minute, alarm}}},
		"another reason is told":                                   {all, []step{{refused, 0, alarm}, {failed("lucca: status 401"), hour, alarm}, {failed("lucca: status 503"), hour, alarm}}},
		"success in between":                                       {all, []step{{refused, 0, alarm}, {Event{Kind: Done}, hour, recovery}, {Event{Kind: Done}, hour, silence}, {refused, hour, alarm}}},
		"success without a failure is no news":                     {all, []step{{Event{Kind: Done}, 0, silence}, {Event{Kind: Nothing}, hour, silence}}},
		"nothing to do shows that all is in reach":                 {all, []step{{refused, 0, alarm}, {Event{Kind: Nothing}, hour, recovery}}},
		"nothing to do brings no missing file":                     {all, []step{{missing, 0, alarm}, {Event{Kind: Nothing}, hour, silence}, {missing, hour, silence}, {Event{Kind: Done}, hour, recovery}}},
		"nothing to do mends no row":                               {all, []step{{rejected("D6"), 0, alarm}, {Event{Kind: Nothing}, hour, silence}}},
		"every held run waits for a decision":                      {all, []step{{heldRun("r1"), 0, alarm}, {heldRun("r1"), hour, silence}, {heldRun("r2"), hour, alarm}}},
		"other rows are another cause":                             {all, []step{{rejected("D6"), 0, alarm}, {rejected("D6"), hour, silence}, {rejected("D7"), hour, alarm}}},
		"a canceled run says nothing either way":                   {all, []step{{refused, 0, alarm}, {Event{Kind: Canceled}, hour, silence}, {refused, hour, silence}}},
		"unwanted kinds are silent":                                {[]Kind{Failed}, []step{{heldRun("r1"), 0, silence}, {missing, hour, silence}}},
		"unwanted rejections are a run that was done":              {[]Kind{Failed}, []step{{refused, 0, alarm}, {rejected("D6"), hour, recovery}, {refused, hour, alarm}}},
		"an unwanted held run mends nothing":                       {[]Kind{Failed}, []step{{refused, 0, alarm}, {heldRun("r1"), hour, silence}, {refused, hour, silence}}},
		"a clock that was set back":                                {all, []step{{refused, 0, alarm}, {refused, -hour, alarm}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 11, 22, 22, 59, 0, 0, time.UTC)
			var last told
			for i, s := range tt.steps {
				now = now.Add(s.after)
				news, next := last.judge(s.event, tt.wanted, now)
				if news != s.want {
					t.Fatalf("step %d, %s: got %d, want %d", i, s.event.Kind, news, s.want)
				}
				if news != silence {
					last = told{next, now}
				}
			}
		})
	}
}

func TestCauseOverlooksWhatDiffersFromRunToRun(t *testing.T) {
	t.Parallel()
	cause := func(run, reason string) string { return Event{Kind: Failed, Run: run, Reason: reason}.cause() }
	for name, pair := range map[string][2]string{
		"the port of our end":      {"read tcp 10.0.0.5:43210->10.0.0.9:22: timeout", "read tcp 10.0.0.5:51822->10.0.0.9:22: timeout"},
		"the date in a name":       {`put "skillup_20261122.csv": no space`, `put "skillup_20261123.csv": no space`},
		"an instant":               {"no answer since 2026-11-22T22:59:00", "no answer since 2026-11-23T23:00:12"},
		"the run, wherever it is":  {"spool r1 is gone", "spool r2 is gone"},
		"nothing but the same run": {"disk full", "disk full"},
	} {
		if cause("r1", pair[0]) != cause("r2", pair[1]) {
			t.Errorf("%s: %q and %q are two causes", name, pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"status 401", "status 403"}, {"dial tcp 10.0.0.9:22", "dial tcp 10.0.0.9:21"}, {"12 ends", "13 ends"}} {
		if cause("r1", pair[0]) == cause("r1", pair[1]) {
			t.Errorf("%q and %q are one cause", pair[0], pair[1])
		}
	}
}

func TestSummaryListsErrorsFirst(t *testing.T) {
	t.Parallel()
	var all []finding.Finding
	for row := 2; row < 14; row++ {
		all = append(all, finding.Finding{Severity: finding.Warning, Code: "w", Message: "m"}.At(row, 0))
	}
	all = append(all, finding.Finding{Severity: finding.Error, Code: "e", Message: "m"}.At(20, 3))
	got := Summarize(all, nil)
	if got.Errors != 1 || got.Warnings != 12 || len(got.First) != 10 || got.First[0] != "error D20 e: m" || got.First[9] != "warning A10 w: m" {
		t.Errorf("got %+v", got)
	}
}
