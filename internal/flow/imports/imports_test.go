package imports_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/flow/imports"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
	"lucca-exchange/internal/wrap"
)

// users is an import of what is dropped in the folder in.
type users struct {
	*flowtest.World
	t      testing.TB
	in     imports.Input
	unwrap wrap.UnwrapConfig
	expect inbox.Expectation
	steady *sync.Map
	// staff are people who are there and have all that a row needs.
	staff []sandbox.User
}

func newUsers(t testing.TB) *users {
	t.Helper()
	c := sandbox.NewCompany(40, 1, time.Now())
	u := &users{World: flowtest.New(t, c, "in", "out"), t: t, steady: new(sync.Map), in: imports.Input{
		Change: change.Settings{
			Approval: plan.ApproveLimits, Tenant: "https://acme", Zone: time.UTC,
			Approved: flow.Settings{"import.mode": "1"},
		},
		Options: userfile.Options{Identifier: plan.ByLogin},
	}}
	today := sandbox.DayOf(time.Now())
	for _, p := range u.Tenant.Users() {
		last := p.Contracts[len(p.Contracts)-1]
		if p.Mail != "" && last.Start <= today && last.End == 0 {
			u.staff = append(u.staff, p)
		}
	}
	return u
}

func (u *users) deps() imports.Deps {
	return imports.Deps{
		Lucca: func() (change.Lucca, error) { return u.Lucca(), nil },
		Store: u.Store, Outbox: u.Outbox(), Room: u.Room, Logger: slog.New(slog.DiscardHandler), Progress: func(int, int) {},
		Inbox: inbox.Inbox{
			Flow: "users", From: u.Source("in", "*.csv*"), Known: u.Store, Journal: u.Store.PickupJournal(), Steady: u.steady,
			Room: u.Room, Spool: u.Spool(), Logger: slog.New(slog.DiscardHandler), Unwrap: u.unwrap, Expect: u.expect,
		},
	}
}

func (u *users) input(r state.Record) imports.Input {
	in := u.in
	in.Run, in.Folder = r, u.Folder(r.ID)
	in.Change.Roster = roster.Settings{Day: roster.DateOf(r.Slot)}
	return in
}

func (u *users) work(r state.Record) flow.Work {
	return func(ctx context.Context) (flow.Result, error) { return imports.Run(ctx, u.deps(), u.input(r)) }
}

func (u *users) attempt() (state.Record, flow.Result, error) {
	record := u.Begin("users", run.Import)
	return u.Perform(record, u.work(record))
}

// run is one that ends in an outcome.
func (u *users) run(want run.Outcome) state.Record {
	u.t.Helper()
	r, _, err := u.attempt()
	if err != nil || r.Outcome != want {
		u.t.Fatalf("the run ended as %s: %s %v (%v), want %s", r.Outcome, r.Reason, flowtest.Codes(r), err, want)
	}
	return r
}

func (u *users) approve(id string) (state.Record, error) {
	r, _, err := u.Approve(id, func(r state.Record) flow.Work {
		return func(ctx context.Context) (flow.Result, error) { return imports.Approve(ctx, u.deps(), u.input(r)) }
	})
	return r, err
}

// drop drops a file whose rows are of columns that are named in the first one.
func (u *users) drop(name string, rows ...string) { u.Write(strings.Join(rows, "\n")+"\n", "in", name) }

// titles makes rows that give staff a job title each.
func (u *users) titles(n int, title string) []string {
	rows := []string{"login;jobTitle"}
	for i, p := range u.staff[:n] {
		rows = append(rows, fmt.Sprintf("%s;%s %d", p.Login, title, i))
	}
	return rows
}

// newcomers makes rows that create people.
func newcomers(names ...string) []string {
	rows := []string{"login;firstName;lastName;mail;legalEntity;department;rolePrincipal;dtContractStart"}
	for _, name := range names {
		rows = append(rows, fmt.Sprintf("%s;%s;Von %[2]s;%[1]s@acme.example;Acme Lyon;Direction générale;Utilisateur;%[3]s",
			name, strings.ToUpper(name[:1])+name[1:], time.Now().AddDate(0, 0, 3).Format("02/01/2006")))
	}
	return rows
}

// now is what the tenant has of somebody, by login.
func (u *users) now(login string) sandbox.User {
	u.t.Helper()
	var found []sandbox.User
	for _, p := range u.Tenant.Users() {
		if p.Login == login {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		u.t.Fatalf("%d people have the login %s", len(found), login)
	}
	return found[0]
}

// folders wants these files in the folder of the remote, and in those below it.
func (u *users) folders(in, processed, failed []string) {
	u.t.Helper()
	for folder, want := range map[string][]string{".": in, "in-progress": nil, "processed": processed, "failed": failed} {
		if got := u.Names("in", folder); !slices.Equal(got, want) {
			u.t.Errorf("%s has %q, want %q", folder, got, want)
		}
	}
}

func list(names ...string) []string { return names }

// held gives the flow a held run of a file.
func (u *users) held(name string, rows ...string) state.Record {
	u.t.Helper()
	u.in.Change.Approval = plan.ApproveAlways
	u.drop(name, rows...)
	r := u.run(run.Held)
	u.in.Change.Approval = plan.ApproveLimits
	return r
}

func TestImportAppliesAFile(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("users.csv", u.titles(3, "Chef")...)
	r := u.run(run.Done)
	for i, p := range u.staff[:3] {
		if got := u.now(p.Login).JobTitle; got != fmt.Sprint("Chef ", i) {
			t.Errorf("%s is %s", p.Login, got)
		}
	}
	if diff := cmp.Diff(&run.Changes{Update: 3}, r.Changes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&run.Rows{Read: 3, Sent: 3}, r.Rows); diff != "" {
		t.Error(diff)
	}
	if r.File == nil || r.File.Name != "users.csv" || r.File.SHA256 == "" || r.Requests == nil || r.Requests.Lucca < 4 {
		t.Errorf("%+v %+v", r.File, r.Requests)
	}
	u.folders(nil, list("users.csv"), nil)
	if diff := cmp.Diff(r.Result, u.Kept(r.ID).Result); diff != "" {
		t.Errorf("what is kept of the run:\n%s", diff)
	}
	if p, err := u.Store.Plan(t.Context(), r.ID); err != nil || p.State != state.PlanApplied {
		t.Errorf("the plan is %s: %v", p.State, err)
	}
}

func TestImportCreatesOnce(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	before := len(u.Tenant.Users())
	u.drop("users.csv", newcomers("nora", "omar")...)
	r := u.run(run.Done)
	if r.Changes.Create != 2 || len(u.Tenant.Users()) != before+2 || u.now("nora").FirstName != "Nora" {
		t.Errorf("%+v, %d people more", r.Changes, len(u.Tenant.Users())-before)
	}
	u.drop("again.csv", newcomers("omar", "nora")...)
	if r := u.run(run.Done); r.Changes.Create != 0 || r.Changes.Unchanged != 2 {
		t.Errorf("again: %+v", r.Changes)
	}
}

func TestNoFileIsNothingToDo(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	if r := u.run(run.Nothing); r.Reason != "no file matches *.csv*" || r.File != nil {
		t.Errorf("%q %v", r.Reason, r.File)
	}
}

func TestMissingFileIsAFailure(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		after   time.Duration
		next    func(time.Time) time.Time
		dropped bool
		want    run.Outcome
	}{
		"due":           {0, nil, false, run.Failed},
		"it came today": {0, nil, true, run.Nothing},
		"not yet due":   {24 * time.Hour, nil, false, run.Nothing},
		"no slot today": {0, func(at time.Time) time.Time { return at.AddDate(0, 0, 2) }, false, run.Nothing},
		"a slot today":  {0, func(at time.Time) time.Time { return at.Add(time.Hour) }, false, run.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			u.expect = inbox.Expectation{By: "07:00", After: tt.after, Zone: time.UTC, Next: tt.next}
			if overdue, err := u.deps().Inbox.Overdue(t.Context(), flow.Now()); err != nil || overdue != (tt.want == run.Failed || tt.dropped) {
				t.Errorf("overdue before a run: %v %v", overdue, err)
			}
			if tt.dropped {
				u.drop("users.csv", u.titles(1, "Chef")...)
				u.run(run.Done)
			}
			r := u.run(tt.want)
			if tt.want == run.Failed && (!slices.Contains(flowtest.Codes(r), finding.Missing) || !strings.Contains(r.Reason, "came by 07:00")) {
				t.Errorf("%q %v", r.Reason, flowtest.Codes(r))
			}
			if overdue, err := u.deps().Inbox.Overdue(t.Context(), flow.Now()); overdue || err != nil {
				t.Errorf("said twice: %v %v", overdue, err)
			}
		})
	}
}

// TestBadRowsAreLeftOut, with a finding each; they can be mended in what is put beside the file.
func TestBadRowsAreLeftOut(t *testing.T) {
	t.Parallel()
	for _, reports := range []string{userfile.ReportsCSV, userfile.ReportsXLSX} {
		t.Run(reports, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			u.in.Options.Reports = reports
			rows := newcomers("nora", "omar", "paul")
			rows[2] = strings.Replace(rows[2], "Utilisateur", "Empereur", 1)
			u.drop("users.csv", rows...)
			r, result, err := u.attempt()
			if err != nil || r.Outcome != run.Rejections || r.Reason != "1 row was rejected: see the findings" {
				t.Fatalf("%s %s %v", r.Outcome, r.Reason, err)
			}
			if r.Rows.Sent != 2 || r.Rows.Rejected != 1 || r.Rows.Read != 3 {
				t.Errorf("%+v", r.Rows)
			}
			want := list("users.csv", "users.csv.rejected.csv", "users.csv.report.csv")
			if reports == userfile.ReportsXLSX {
				want = list("users.csv", "users.csv.rejected.csv", "users.csv.rejected.xlsx", "users.csv.report.csv", "users.csv.report.xlsx")
			}
			u.folders(nil, want, nil)
			if len(result.Reports) != len(want)-1 || result.Place != "processed/users.csv" {
				t.Errorf("said: %q in %q", result.Reports, result.Place)
			}
			rejected := u.Read("in", "processed", "users.csv.rejected.csv")
			if !strings.Contains(rejected, "omar;") || strings.Contains(rejected, "nora;") {
				t.Errorf("rejected:\n%s", rejected)
			}
			// Mended and dropped again, it is applied, and is no measure for the next.
			u.drop("mended.csv", strings.Split(strings.Replace(strings.TrimRight(rejected, "\r\n"), "Empereur", "Utilisateur", 1), "\n")...)
			u.run(run.Done)
			if u.now("omar").LastName != "Von Omar" {
				t.Error("the mended row was not applied")
			}
		})
	}
}

// TestImportIsHeldByEachLimit: nothing is changed until a person approves, and then exactly what
// was planned.
func TestImportIsHeldByEachLimit(t *testing.T) {
	t.Parallel()
	none := new(limit.Percent)
	for name, tt := range map[string]struct {
		set   func(s *change.Settings)
		first bool
		rows  func(u *users) []string
	}{
		"approval": {func(s *change.Settings) { s.Approval = plan.ApproveAlways }, false, func(u *users) []string { return u.titles(1, "Chef") }},
		"creates": {func(s *change.Settings) { s.Limits.Creates = none }, false, func(*users) []string {
			return newcomers("nora", "omar", "paul", "quentin", "rosa", "sara", "tom", "ugo", "vera", "will", "xenia")
		}},
		"changes_per_field": {func(s *change.Settings) { s.Limits.ChangesPerField = none }, false, func(u *users) []string { return u.titles(9, "Chef") }},
		"shrink":            {func(s *change.Settings) { s.Limits.Shrink = none }, true, func(u *users) []string { return u.titles(2, "Chef") }},
		"rejected": {func(s *change.Settings) { s.Limits.Rejected = none }, false, func(*users) []string {
			rows := newcomers("nora", "omar", "paul", "quentin", "rosa")
			for i := range rows[1:] {
				rows[i+1] = strings.Replace(rows[i+1], "Utilisateur", "Empereur", 1)
			}
			return rows
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			if tt.first {
				u.drop("first.csv", u.titles(9, "Avant")...)
				u.in.Change.Limits.ChangesPerField = new(limit.Percent(100))
				u.run(run.Done)
			}
			tt.set(&u.in.Change)
			before := u.Tenant.Users()
			u.drop("users.csv", tt.rows(u)...)
			r := u.run(run.Held)
			var held []string
			for _, l := range r.Limits {
				if l.Held {
					held = append(held, l.Name)
				}
			}
			if !slices.Equal(held, list(name)) && !slices.Equal(held, list(name+".jobTitle")) || r.Reason == "" || !cmp.Equal(before, u.Tenant.Users()) {
				t.Fatalf("held by %q: %s", held, r.Reason)
			}
			if in := u.Names("in", "in-progress"); len(in) != 1 || len(u.Names("in", "processed")) > 1 {
				t.Errorf("a held file is in %q", in)
			}
			approved, err := u.approve(r.ID)
			if err != nil || approved.Outcome != run.Done && approved.Outcome != run.Rejections {
				t.Fatalf("approved: %s %s %v", approved.Outcome, approved.Reason, err)
			}
			if approved.Rows.Read != r.Rows.Read || approved.Rows.Sent+approved.Rows.Rejected != r.Rows.Read {
				t.Errorf("%+v, and was %+v", approved.Rows, r.Rows)
			}
			if in := u.Names("in", "in-progress"); len(in) != 0 {
				t.Errorf("an approved file is in %q", in)
			}
		})
	}
}

// TestFirstRunWaitsForAPerson unless only limits hold.
func TestFirstRunWaitsForAPerson(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.in.Change.Approval = plan.ApproveFirst
	u.drop("users.csv", u.titles(1, "Chef")...)
	held := u.run(run.Held)
	if _, err := u.approve(held.ID); err != nil {
		t.Fatal(err)
	}
	u.drop("next.csv", u.titles(1, "Cheffe")...)
	u.run(run.Done)
}

// TestOlderFileAfterANewerOneIsHeld, by the dates in the names or the times of the files.
func TestOlderFileAfterANewerOneIsHeld(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		first, second string
		age           time.Duration
		want          run.Outcome
	}{
		"by name":          {"users_20260102.csv", "users_20260101.csv", 0, run.Held},
		"newer by name":    {"users_20260101.csv", "users_20260102.csv", 9 * time.Hour, run.Done},
		"by time":          {"users.csv", "users.csv", 3 * time.Hour, run.Held},
		"a little by time": {"users.csv", "users.csv", 30 * time.Minute, run.Done},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			u.drop(tt.first, u.titles(2, "Chef")...)
			u.run(run.Done)
			u.drop(tt.second, u.titles(2, "Cheffe")...)
			at := time.Now().Add(-tt.age)
			if err := os.Chtimes(filepath.Join(u.Dir, "in", tt.second), at, at); err != nil {
				t.Fatal(err)
			}
			r := u.run(tt.want)
			if tt.want == run.Held && (r.Limits[len(r.Limits)-1].Name != "order" || !strings.Contains(r.Reason, "older than")) {
				t.Errorf("%+v %s", r.Limits, r.Reason)
			}
		})
	}
}

// TestFileWithoutALastLineEndIsHeld where the one before had one: it may have been cut.
func TestFileWithoutALastLineEndIsHeld(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("a.csv", u.titles(2, "Chef")...)
	u.run(run.Done)
	u.Write(strings.Join(u.titles(2, "Cheffe"), "\n"), "in", "b.csv")
	if r := u.run(run.Held); r.Limits[len(r.Limits)-1].Name != "last_line" {
		t.Errorf("%+v", r.Limits)
	}
}

func TestApprovalAppliesExactlyWhatWasHeldOnce(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	held := u.held("users.csv", u.titles(2, "Chef")...)
	r, err := u.approve(held.ID)
	if err != nil || r.Outcome != run.Done || r.Reason != "" || r.Rows.Sent != 2 {
		t.Fatalf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	u.folders(nil, list("users.csv"), nil)
	if _, _, err := u.Store.Claim(t.Context(), held.ID, flow.Now()); !errors.Is(err, state.ErrNotHeld) {
		t.Errorf("approved again: %v", err)
	}
}

// TestApprovalLeavesAloneWhoChangedSince, with a word about it.
func TestApprovalLeavesAloneWhoChangedSince(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	held := u.held("users.csv", u.titles(2, "Chef")...)
	u.drop("other.csv", "login;jobTitle", u.staff[0].Login+";Tout autre")
	other := *u
	other.in.Run.Flow = "other"
	record := u.Begin("other", run.Import)
	if r, _, err := u.Perform(record, func(ctx context.Context) (flow.Result, error) {
		d := u.deps()
		d.Inbox.Flow = "other"
		return imports.Run(ctx, d, u.input(record))
	}); err != nil || r.Outcome != run.Done {
		t.Fatalf("%s %s %v", r.Outcome, r.Reason, err)
	}
	r, err := u.approve(held.ID)
	if err != nil || r.Outcome != run.Rejections || r.Rows.Sent != 1 {
		t.Errorf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	if got := u.now(u.staff[0].Login).JobTitle; got != "Tout autre" {
		t.Errorf("the change of somebody else was lost: %s", got)
	}
}

// TestApprovalIsRefused, and the run stays held with its reason; nothing is changed.
func TestApprovalIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		since func(u *users, held state.Record)
		want  error
		says  string
	}{
		"changed settings": {func(u *users, _ state.Record) {
			u.in.Change.Approved = flow.Settings{"import.mode": "2"}
		}, flow.ErrChanged, "another import.mode"},
		"another tenant": {func(u *users, _ state.Record) { u.in.Change.Tenant = "https://other" }, flow.ErrChanged, "is for https://acme"},
		"a newer file": {func(u *users, _ state.Record) {
			u.drop("newer.csv", u.titles(2, "Cheffe")...)
			r := u.run(run.Done)
			if !slices.Contains(flowtest.Codes(r), "overtaken") {
				u.t.Errorf("nobody was told of the held file: %v", flowtest.Codes(r))
			}
		}, flow.ErrSuperseded, "drop \"users.csv\" again"},
		"the state was restored": {func(u *users, _ state.Record) {
			if err := u.Store.Restored(u.t.Context(), 1<<30); err != nil {
				u.t.Fatal(err)
			}
		}, flow.ErrRestored, "is not known any more"},
		"too late": {func(u *users, held state.Record) {
			p, err := u.Store.Plan(u.t.Context(), held.ID)
			if err != nil {
				u.t.Fatal(err)
			}
			if left := time.Until(p.Expires); left < 6*24*time.Hour || left > 7*24*time.Hour {
				u.t.Errorf("a held plan has %s left", left)
			}
			u.expirePlan(held.ID)
		}, flow.ErrExpired, "was held until"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			held := u.held("users.csv", u.titles(2, "Chef")...)
			tt.since(u, held)
			before := u.Tenant.Users()
			r, err := u.approve(held.ID)
			if !errors.Is(err, tt.want) || !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("approved: %v", err)
			}
			if r.Outcome != run.Held || r.Reason != held.Reason || u.Kept(held.ID).Outcome != run.Held || !cmp.Equal(before, u.Tenant.Users()) {
				t.Errorf("the run is %s now: %s", r.Outcome, r.Reason)
			}
		})
	}
}

// expirePlan has a plan of long ago.
func (u *users) expirePlan(id string) {
	u.t.Helper()
	p, err := u.Store.Plan(u.t.Context(), id)
	if err != nil {
		u.t.Fatal(err)
	}
	stored, err := change.ReadPlan(p, false)
	if err != nil {
		u.t.Fatal(err)
	}
	p.Expires = time.Now().Add(-time.Minute)
	p.Write = stored.Write
	record, _, err := u.Store.Claim(u.t.Context(), id, flow.Now())
	if err == nil {
		err = u.Store.SavePlan(u.t.Context(), p)
	}
	if err == nil {
		record.FinishedAt = flow.Now()
		err = u.Store.State.Runs().Finish(u.t.Context(), record)
	}
	if err != nil {
		u.t.Fatal(err)
	}
}

// TestFileIsGivenBackAtOnce when the run could make nothing of it for a reason that is not the
// file's: whoever looks at the folder sees that it waits.
func TestFileIsGivenBackAtOnce(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"read Lucca", "save plan"} {
		u := newUsers(t)
		u.drop("users.csv", u.titles(2, "Chef")...)
		u.Faults.Reset(0, false, false)
		u.Faults.Always = op
		u.run(run.Failed)
		u.folders(list("users.csv"), nil, nil)
	}
}

// TestFileAtFaultGoesToFailed with a report, and the next one is taken.
func TestFileAtFaultGoesToFailed(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("a.csv", "login;jobTitel", "x;y")
	at := time.Now().Add(-time.Minute)
	if err := os.Chtimes(filepath.Join(u.Dir, "in", "a.csv"), at, at); err != nil {
		t.Fatal(err)
	}
	u.drop("b.csv", u.titles(2, "Chef")...)
	r, result, err := u.attempt()
	if err != nil || r.Outcome != run.Failed || result.Waiting != 1 || !slices.Contains(flowtest.Codes(r), "files_waiting") {
		t.Fatalf("%s %s %d %v", r.Outcome, r.Reason, result.Waiting, err)
	}
	u.folders(list("b.csv"), nil, list("a.csv", "a.csv.report.csv"))
	if left := u.Names("spool", r.ID, "incoming"); len(left) != 0 {
		t.Errorf("the spool keeps %q of a file that is in failed/", left)
	}
	u.run(run.Done)
	u.folders(nil, list("b.csv"), list("a.csv", "a.csv.report.csv"))
}

func TestSameContentIsAppliedOnce(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("a.csv", u.titles(2, "Chef")...)
	first := u.run(run.Done)
	u.drop("b.csv", u.titles(2, "Chef")...)
	if r := u.run(run.Nothing); !strings.Contains(r.Reason, "the content that run "+first.ID) {
		t.Errorf("%s", r.Reason)
	}
	u.folders(nil, list("a.csv", "b.csv"), nil)
}

func TestFilesAreUnwrapped(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.unwrap = wrap.UnwrapConfig{{Gzip: &wrap.Gunzip{}}}
	w, err := wrap.New(wrap.Config{{Gzip: &wrap.Gzip{}}})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	plain := strings.Join(u.titles(2, "Chef"), "\n") + "\n"
	if _, err := w.Wrap(t.Context(), &b, strings.NewReader(plain), "users.csv"); err != nil {
		t.Fatal(err)
	}
	u.Write(b.String(), "in", "users.csv.gz")
	r := u.run(run.Done)
	if r.File.Name != "users.csv.gz" || r.File.Plain == nil || r.File.Plain.Bytes != int64(len(plain)) {
		t.Errorf("%+v", r.File)
	}
	u.Write("no gzip", "in", "broken.csv.gz")
	broken := u.run(run.Failed)
	u.folders(nil, list("users.csv.gz"), list("broken.csv.gz"))
	for _, folder := range list("", "incoming") {
		if left := u.Names("spool", broken.ID, folder); len(left) != 0 {
			t.Errorf("left of what could not be unwrapped: %q", left)
		}
	}
}

func TestGivenFileIsApplied(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("waits.csv", u.titles(1, "Attend")...)
	u.Write(strings.Join(u.titles(2, "Chef"), "\n")+"\n", "given.csv")
	u.in.File = filepath.Join(u.Dir, "given.csv")
	if r := u.run(run.Done); r.File.Name != "given.csv" || u.now(u.staff[1].Login).JobTitle != "Chef 1" {
		t.Errorf("%+v", r.File)
	}
	u.folders(list("waits.csv"), nil, nil)
	u.in.File = filepath.Join(u.Dir, "missing.csv")
	if r := u.run(run.Failed); !strings.Contains(r.Reason, "--file") {
		t.Errorf("%s", r.Reason)
	}
}

// TestDryRunChangesNothing, takes nothing and records nothing.
func TestDryRunChangesNothing(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("users.csv", u.titles(2, "Chef")...)
	before := u.Tenant.Users()
	u.Faults.Reset(0, false, false)
	record := state.Record{Run: run.Run{ID: run.NewID(flow.Now()), Flow: "users", Kind: run.Import, Slot: flow.Now(), StartedAt: flow.Now()}}
	deps := u.deps()
	deps.Store, deps.Inbox.Known, deps.Inbox.Journal = nil, nil, (*state.Store)(nil).Pickups().PickupJournal()
	r, err := u.Life().Rehearse(t.Context(), &record, func(ctx context.Context, folder string) (flow.Result, error) {
		in := u.input(record)
		in.Only = u.staff[1].Login
		return imports.Kind{Deps: deps, Input: in}.Rehearse(ctx, folder)
	})
	if err != nil || record.Outcome != run.Done || r.Plan == nil || record.Changes.Update != 2 || len(r.Only) != 1 || r.Only[0].Row != 3 {
		t.Fatalf("%s %s %+v %+v %v", record.Outcome, record.Reason, record.Changes, r.Only, err)
	}
	if !cmp.Equal(before, u.Tenant.Users()) {
		t.Error("a dry run changed somebody")
	}
	for n := range u.Faults.Count() {
		if name := u.Faults.Name(n + 1); !slices.Contains(list("connect", "list", "read Lucca"), name) && !strings.HasPrefix(name, "download ") && !strings.HasPrefix(name, "stat ") {
			t.Errorf("a dry run did: %s", name)
		}
	}
	u.folders(list("users.csv"), nil, nil)
	ran := u.run(run.Done)
	if diff := cmp.Diff(record.Changes, ran.Changes); diff != "" {
		t.Errorf("the run differs from the dry run:\n%s", diff)
	}
	m, err := imports.Rehearse(t.Context(), u.deps(), u.input(state.Record{Run: run.Run{ID: "dry", Flow: "users"}}))
	if err != nil || m.Outcome != run.Nothing || m.Plan != nil {
		t.Errorf("with no file: %s %s %v", m.Outcome, m.Reason, err)
	}
}

// TestFullFileOfASourceMissesOnlyWhomItBrought.
func TestFullFileOfASourceMissesOnlyWhomItBrought(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.in.Source = "acme/payroll-a"
	u.in.Change.Policy = plan.Policy{Mode: plan.Full, Source: "payroll-a"}
	all := new(limit.Percent(100))
	u.in.Change.Limits = plan.Limits{ChangesPerField: all, Shrink: all}
	u.drop("a.csv", u.titles(3, "Chef")...)
	u.run(run.Done)
	u.drop("b.csv", u.titles(2, "Cheffe")...)
	r := u.run(run.Done)
	absent := 0
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Code, "absent") {
			absent++
		}
	}
	if absent != 1 {
		t.Errorf("%d are absent, want whom the first file brought: %v", absent, flowtest.Codes(r))
	}
}

// TestAfterARestoreTheFirstChangeIsHeld: whom it would create may have been created already.
func TestAfterARestoreTheFirstChangeIsHeld(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("a.csv", u.titles(1, "Chef")...)
	u.run(run.Done)
	if err := u.Store.Restored(t.Context(), 1<<30); err != nil {
		t.Fatal(err)
	}
	u.drop("b.csv", u.titles(1, "Chef")...)
	u.run(run.Nothing)
	u.drop("c.csv", u.titles(2, "Cheffe")...)
	if r := u.run(run.Held); r.Limits[len(r.Limits)-1].Name != "restored" {
		t.Errorf("%+v %s", r.Limits, r.Reason)
	}
}

// TestRowWithoutAClearAnswerBlocksNothing: the next run asks again, and then leaves it to a
// person.
func TestRowWithoutAClearAnswerBlocksNothing(t *testing.T) {
	t.Parallel()
	for name, heals := range map[string]bool{"answered in the end": true, "never answered": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			u.drop("users.csv", u.titles(1, "Chef")...)
			u.Faults.Always = "update"
			first := u.run(run.Failed)
			if !strings.Contains(first.Reason, "1 rows without a clear answer") {
				t.Errorf("%s", first.Reason)
			}
			if heals {
				u.Faults.Always = ""
				second := u.run(run.Done)
				if !strings.Contains(second.Reason, "finished what run "+first.ID) || u.now(u.staff[0].Login).JobTitle != "Chef 0" {
					t.Errorf("%s", second.Reason)
				}
			} else if second := u.run(run.Rejections); second.Rows.Sent != 0 {
				t.Errorf("%s %+v", second.Reason, second.Rows)
			}
			u.run(run.Nothing)
			if got := u.Names("in", "processed"); !slices.Contains(got, "users.csv") {
				t.Errorf("processed is %q", got)
			}
		})
	}
}

// TestFileOfARunThatIsOverIsDealtWith by the next run of the flow.
func TestFileOfARunThatIsOverIsDealtWith(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end    func(u *users, held state.Record)
		failed bool
	}{
		"rejected": {func(u *users, held state.Record) {
			if err := u.Store.Reject(u.t.Context(), held.ID, flow.Now()); err != nil {
				u.t.Fatal(err)
			}
		}, true},
		"expired": {func(u *users, held state.Record) {
			u.expirePlan(held.ID)
			if runs, err := u.Store.Expire(u.t.Context(), flow.Now()); err != nil || len(runs) != 1 {
				u.t.Fatalf("%d expired: %v", len(runs), err)
			}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			held := u.held("users.csv", u.titles(2, "Chef")...)
			tt.end(u, held)
			u.run(run.Nothing)
			u.folders(nil, nil, list("users.csv"))
		})
	}
}

// TestRunThatWasGivenUpLeavesItsFileInFailed: it would take down the next process too.
func TestRunThatWasGivenUpLeavesItsFileInFailed(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("users.csv", u.titles(2, "Chef")...)
	record := u.Begin("users", run.Import)
	if _, err := u.deps().Inbox.Take(t.Context(), record, u.Folder(record.ID)); err != nil {
		t.Fatal(err)
	}
	record.Outcome, record.Reason, record.FinishedAt = run.Failed, flow.GivenUp+" the process ended", flow.Now()
	if err := u.Store.Finish(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	u.run(run.Nothing)
	u.folders(nil, nil, list("users.csv"))
}

// relays makes the flow one that hands the rows that passed on.
func (u *users) relays() *users {
	u.in.Relay = &imports.Relay{To: "out"}
	return u
}

func TestRelayHandsOnWhatPassed(t *testing.T) {
	t.Parallel()
	u := newUsers(t).relays()
	rows := newcomers("nora", "omar")
	rows[2] = strings.Replace(rows[2], "Utilisateur", "Empereur", 1)
	u.drop("users.csv", rows...)
	before := u.Tenant.Users()
	r, result, err := u.attempt()
	if err != nil || r.Outcome != run.Rejections || r.Rows.Sent != 1 || result.Receipt == nil {
		t.Fatalf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	sent := u.Read("out", "users.csv")
	if !strings.Contains(sent, "nora") || strings.Contains(sent, "omar") || !cmp.Equal(before, u.Tenant.Users()) {
		t.Errorf("handed on:\n%s", sent)
	}
	u.in.Relay.File = "lucca.csv"
	u.drop("next.csv", newcomers("paul")...)
	u.run(run.Done)
	if got := u.Names("out"); !slices.Equal(got, list("lucca.csv", "users.csv")) {
		t.Errorf("handed on are %q", got)
	}
}

// TestRelayOfNothingThatPassedHandsNothingOn: an empty file might end everybody at the other side.
func TestRelayOfNothingThatPassedHandsNothingOn(t *testing.T) {
	t.Parallel()
	u := newUsers(t).relays()
	rows := newcomers("nora", "omar")
	for i := range rows[1:] {
		rows[i+1] = strings.Replace(rows[i+1], "Utilisateur", "Empereur", 1)
	}
	u.drop("users.csv", rows...)
	r, result, err := u.attempt()
	if err != nil || r.Outcome != run.Rejections || r.Rows.Sent != 0 || r.Rows.Rejected != 2 || result.Receipt != nil || result.Sent {
		t.Errorf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	if got := u.Names("out"); len(got) != 0 {
		t.Errorf("handed on are %q", got)
	}
	if _, err := u.Store.LastDelivery(t.Context(), "users"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("a delivery is recorded: %v", err)
	}
}

func TestRelayThatIsHeldIsHandedOnByTheApproval(t *testing.T) {
	t.Parallel()
	u := newUsers(t).relays()
	held := u.held("users.csv", newcomers("nora")...)
	if got := u.Names("out"); len(got) != 0 {
		t.Fatalf("a held file was handed on: %q", got)
	}
	if r, err := u.approve(held.ID); err != nil || r.Outcome != run.Done || r.Rows.Sent != 1 {
		t.Errorf("%s %s %v", r.Outcome, r.Reason, err)
	}
	if got := u.Names("out"); !slices.Equal(got, list("users.csv")) {
		t.Errorf("handed on are %q", got)
	}
}

// TestRelayWithoutItsSpoolStartsAgain: the file is given back, and the next run takes it.
func TestRelayWithoutItsSpoolStartsAgain(t *testing.T) {
	t.Parallel()
	u := newUsers(t).relays()
	held := u.held("users.csv", newcomers("nora")...)
	if err := os.RemoveAll(u.Folder(held.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := u.approve(held.ID); err == nil || !strings.Contains(err.Error(), "given back") {
		t.Fatalf("approved: %v", err)
	}
	u.folders(list("users.csv"), nil, nil)
	u.run(run.Done)
	if got := u.Names("out"); !slices.Equal(got, list("users.csv")) {
		t.Errorf("handed on are %q", got)
	}
}

// world is what must be the same after any fault: people by login, and files by folder.
func (u *users) world() map[string]string {
	w := make(map[string]string)
	for _, p := range u.Tenant.Users() {
		w[p.Login] += fmt.Sprintf("%s %s %s %s, %d contracts;", p.FirstName, p.LastName, p.Mail, p.JobTitle, len(p.Contracts))
	}
	for _, folder := range []string{"in", "in/in-progress", "in/failed", "out"} {
		w[folder] = strings.Join(u.Names(folder), " ")
	}
	w["in/processed"] = u.Names("in", "processed")[0]
	return w
}

// TestAnyOperationMayFail: whichever one of a run fails, is done without an answer, or is the
// last of its process: later runs apply the file once, create nobody twice, and put it away.
func TestAnyOperationMayFail(t *testing.T) {
	t.Parallel()
	for name, relays := range map[string]bool{"api": false, "relay": true} {
		start := func(t *testing.T) *users {
			u := newUsers(t)
			if relays {
				u.relays()
			}
			rows := newcomers("nora", "omar")
			u.drop("users.csv", append(rows, u.staff[0].Login+strings.Repeat(";", 6)+";", "")[:3]...)
			return u
		}
		u := start(t)
		u.run(run.Done)
		want, operations := u.world(), u.Faults.Count()
		if operations < 12 {
			t.Fatalf("a run of %d operations", operations)
		}
		for _, late := range []bool{false, true} {
			for _, dead := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, late %v, dead %v", name, late, dead), func(t *testing.T) {
					t.Parallel()
					for at := 1; at <= operations; at += flowtest.Step {
						u := start(t)
						u.Faults.Reset(at, late, dead)
						first, _, _ := u.attempt()
						said := u.Faults.Name(min(at, u.Faults.Count()))
						u.Restart()
						outcomes := []run.Outcome{first.Outcome}
						for range 4 {
							r, _, err := u.attempt()
							if err != nil {
								t.Fatal(err)
							}
							if outcomes = append(outcomes, r.Outcome); r.Outcome == run.Nothing {
								break
							}
						}
						if diff := cmp.Diff(want, u.world()); diff != "" {
							t.Errorf("%d (%s), runs ended as %v: %s\n%s", at, said, outcomes, first.Reason, diff)
						}
					}
				})
			}
		}
	}
}

// TestAnyOperationOfAnApprovalMayFail: the plan is applied once, by the approval or by the next run.
func TestAnyOperationOfAnApprovalMayFail(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	held := u.held("users.csv", newcomers("nora", "omar")...)
	if _, err := u.approve(held.ID); err != nil {
		t.Fatal(err)
	}
	want := u.world()
	for _, late := range []bool{false, true} {
		for _, dead := range []bool{false, true} {
			t.Run(fmt.Sprintf("late %v, dead %v", late, dead), func(t *testing.T) {
				t.Parallel()
				for at := 1; ; at += flowtest.Step {
					u := newUsers(t)
					held := u.held("users.csv", newcomers("nora", "omar")...)
					u.Faults.Reset(at, late, dead)
					_, _ = u.approve(held.ID)
					more := u.Faults.Count() >= at
					u.Restart()
					for range 3 {
						if u.Kept(held.ID).Outcome == run.Held {
							if _, err := u.approve(held.ID); err != nil {
								t.Errorf("%d: approved again: %v", at, err)
							}
							continue
						}
						if _, _, err := u.attempt(); err != nil {
							t.Fatal(err)
						}
					}
					if diff := cmp.Diff(want, u.world()); diff != "" {
						t.Errorf("%d: %s\n%s", at, u.Kept(held.ID).Reason, diff)
					}
					if !more {
						return
					}
				}
			})
		}
	}
}

// TestResumedRunGoesOn: the queue takes up a run whose process died.
func TestResumedRunGoesOn(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("users.csv", newcomers("nora", "omar")...)
	u.run(run.Done)
	want := u.world()
	for _, late := range []bool{false, true} {
		for at := 1; ; at += flowtest.Step {
			u := newUsers(t)
			u.drop("users.csv", newcomers("nora", "omar")...)
			u.Faults.Reset(at, late, true)
			record := u.Begin("users", run.Import)
			_, _, err := u.Perform(record, u.work(record))
			if err == nil || u.Kept(record.ID).Outcome != "" {
				break // it ended, whether that was heard of or not
			}
			u.Faults.Reset(0, false, false)
			r, _, err := u.Perform(record, func(ctx context.Context) (flow.Result, error) {
				in := u.input(record)
				in.Resumed = true
				return imports.Run(ctx, u.deps(), in)
			})
			if err != nil || r.Outcome != run.Done {
				t.Errorf("%d, late %v: %s %s %v", at, late, r.Outcome, r.Reason, err)
			}
			if diff := cmp.Diff(want, u.world()); diff != "" {
				t.Errorf("%d, late %v: %s", at, late, diff)
			}
		}
	}
}

// TestGivenFileWaitsForAnInterruptedRun, which comes first.
func TestGivenFileWaitsForAnInterruptedRun(t *testing.T) {
	t.Parallel()
	var u *users
	for at := 1; ; at++ {
		u = newUsers(t)
		u.drop("users.csv", newcomers("nora", "omar")...)
		u.Faults.Reset(at, false, true)
		if _, _, err := u.attempt(); err == nil {
			t.Fatal("no run was interrupted while it applied")
		}
		interrupted := u.Faults.Name(at) == "create"
		u.Restart()
		if interrupted {
			break
		}
	}
	u.Write(strings.Join(u.titles(2, "Chef"), "\n")+"\n", "given.csv")
	u.in.File = filepath.Join(u.Dir, "given.csv")
	if r := u.run(run.Failed); !strings.Contains(r.Reason, "comes first") {
		t.Errorf("%s", r.Reason)
	}
	u.in.File = ""
	u.run(run.Done)
}

// A full file in which most of a department is missing since the last one is held, however small
// the department is; who has left since is not missed.
func TestADepartmentThatShrank(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.in.Change.Policy = plan.Policy{Mode: plan.Full}
	u.drop("users_1.csv", u.titles(len(u.staff), "Before")...)
	u.in.Change.Limits = wide()
	u.run(run.Done)

	members := make(map[int]int)
	for _, p := range u.staff {
		members[p.DepartmentID]++
	}
	whole := 0 // a department of at least two, and of few
	for id, n := range members {
		if n > 1 && (whole == 0 || n < members[whole]) {
			whole = id
		}
	}
	rows := u.titles(len(u.staff), "After")
	var kept []string
	for i, row := range rows {
		if i == 0 || u.staff[i-1].DepartmentID != whole {
			kept = append(kept, row)
		}
	}
	u.drop("users_2.csv", kept...)
	held := u.run(run.Held)
	if !slices.ContainsFunc(held.Limits, func(l run.Limit) bool { return l.Name == "shrink.department" && l.Held }) {
		t.Errorf("held by %+v", held.Limits)
	}
}

// wide are limits that let everything through but doubt.
func wide() plan.Limits {
	all := limit.Percent(100)
	return plan.Limits{Ends: &all, Creates: &all, ChangesPerField: &all, Rejected: &all, Shrink: nil}
}
