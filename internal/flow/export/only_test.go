package export_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/flow"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
)

// TestDryRunOfOneEmployee says what would become of them, and nothing of anybody else.
func TestDryRunOfOneEmployee(t *testing.T) {
	t.Parallel()
	c := good(40)
	c.Users[6].Mail, c.Users[6].Login = "", "nomail"
	n := newNightly(t, c)
	for login, want := range map[string]struct {
		decision export.Decision
		outcome  run.Outcome
		rows     run.Rows
	}{
		sentLogin(n): {export.Sent, run.Done, run.Rows{Read: 1, Sent: 1}},
		"nomail":     {export.Rejected, run.Rejections, run.Rows{Read: 1, Rejected: 1}},
	} {
		started := flow.Now()
		record := state.Record{Run: run.Run{ID: run.NewID(started), Flow: "nightly", Kind: run.Export, Slot: started, StartedAt: started}}
		r, err := n.Life().Rehearse(t.Context(), &record, func(ctx context.Context, folder string) (flow.Result, error) {
			in := n.input(record)
			in.Only = login
			return exports.Kind{Deps: n.deps(), Input: in}.Rehearse(ctx, folder)
		})
		if err != nil || len(r.Only) != 1 || r.Only[0].Decision != want.decision || r.Only[0].Outcome != want.outcome {
			t.Errorf("%s: %+v, %v", login, r.Only, err)
			continue
		}
		if record.Outcome != want.outcome || record.Rows == nil || *record.Rows != want.rows || record.File != nil || len(record.Limits) != 0 || len(r.Preview) != 0 {
			t.Errorf("%s: the run says %s, %+v, file %v, %d limits, %d rows to show", login, record.Outcome, record.Rows, record.File, len(record.Limits), len(r.Preview))
		}
		if len(record.Findings) != len(r.Only[0].Notes) {
			t.Errorf("%s: %d findings, of which theirs are %d", login, len(record.Findings), len(r.Only[0].Notes))
		}
		if record.FinishedAt.IsZero() {
			t.Errorf("%s: the dry run has no end", login)
		}
	}
}

// TestDryRunOfNobody is refused: the name may be misspelt.
func TestDryRunOfNobody(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	started := flow.Now()
	record := state.Record{Run: run.Run{ID: run.NewID(started), Flow: "nightly", Kind: run.Export, Slot: started, StartedAt: started}}
	_, err := n.Life().Rehearse(t.Context(), &record, func(ctx context.Context, folder string) (flow.Result, error) {
		in := n.input(record)
		in.Only = "nobody"
		return exports.Kind{Deps: n.deps(), Input: in}.Rehearse(ctx, folder)
	})
	if !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "Lucca lists nobody with this login") {
		t.Errorf("%v", err)
	}
}

// sentLogin is the login of somebody who is in the file.
func sentLogin(n *nightly) string {
	today := sandbox.DayOf(flow.Now())
	for _, u := range n.Tenant.Users() {
		if last := u.Contracts[len(u.Contracts)-1]; u.Mail != "" && last.End == 0 && last.Start <= today {
			return u.Login
		}
	}
	return ""
}
