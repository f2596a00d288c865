package imports_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/flow/imports"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
	"lucca-exchange/internal/wrap"
)

// users is an import of what is dropped in the folder in.
type users struct {
	*flowtest.World
	Store  imports.Store
	t      testing.TB
	in     imports.Input
	unwrap wrap.UnwrapConfig
	expect inbox.Expectation
	steady *sync.Map
	// target, where it is set, changes the remotes that are written to, and lucca the tenant.
	target func(delivery.Target) delivery.Target
	lucca  func(*flowtest.Lucca) change.Lucca
	// on is told of each event that is logged.
	on event
	// company is the one behind the tenant.
	company *sandbox.Company
	// staff are people who are there and have all that a row needs.
	staff []sandbox.User
}

func newUsers(t testing.TB) *users {
	t.Helper()
	c := sandbox.NewCompany(40, 1, time.Now())
	u := &users{World: flowtest.New(t, c, "in", "out"), t: t, company: c, on: func(string) {}, steady: new(sync.Map), in: imports.Input{
		Change: change.Settings{
			Approval: plan.ApproveLimits, Tenant: "https://acme", Zone: time.UTC,
			Approved: flow.Settings{"import.mode": "1"},
		},
		Options: userfile.Options{Identifier: plan.ByLogin},
	}}
	u.Store = struct {
		flow.History
		flow.Restores
		imports.Plans
		imports.Deliveries
		imports.Pickups
	}{&u.State.History, &u.State.Upkeep, &u.State.Plans, &u.State.Deliveries, &u.State.Pickups}
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
	outbox := u.Outbox()
	if u.target != nil {
		outbox.Target = func(name string) (delivery.Target, bool) {
			to, ok := u.Target(name)
			return u.target(to), ok
		}
	}
	logger := slog.New(u.on)
	return imports.Deps{
		Lucca: func() (change.Lucca, error) {
			l, err := u.OpenLucca()
			if u.lucca != nil {
				return u.lucca(l), err
			}
			return l, err
		},
		Store: u.Store, Outbox: outbox, Room: u.Room, Logger: logger, Progress: func(int, int) {},
		Inbox: inbox.Inbox{
			Flow: "users", From: u.Source("in", "*.csv*"), Known: u.State.Inbox(), Journal: u.State.Pickups.PickupJournal(), Steady: u.steady,
			Room: u.Room, Spool: u.Spool(), Logger: logger, Unwrap: u.unwrap, Expect: u.expect,
		},
	}
}

// event is what happens when something is logged, such as that a file was fetched.
type event func(name string)

func (event) Enabled(context.Context, slog.Level) bool { return true }

func (e event) Handle(_ context.Context, r slog.Record) error { e(r.Message); return nil }

func (e event) WithAttrs([]slog.Attr) slog.Handler { return e }

func (e event) WithGroup(string) slog.Handler { return e }

// once does something to the world when an event is logged for the first time.
func (u *users) once(name string, do func()) {
	u.on = func(event string) {
		if event == name {
			name = ""
			do()
		}
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

// give has the next runs be of a file that a person gave.
func (u *users) give(name string, rows []string) {
	u.Write(strings.Join(rows, "\n")+"\n", name)
	u.in.File = filepath.Join(u.Dir, name)
}

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
	if p, err := u.State.Plans.Plan(t.Context(), r.ID); err != nil || p.State != state.PlanApplied {
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

// TestFileIsGivenBackAtOnce when the run could make nothing of it for a reason that is not the
// file's: whoever looks at the folder sees that it waits, and a later run applies it.
func TestFileIsGivenBackAtOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		harm func(u *users)
		says string
	}{
		"Lucca does not answer":       {func(u *users) { u.Faults.Always = "read Lucca" }, flowtest.ErrFault.Error()},
		"the plan cannot be kept":     {func(u *users) { u.Faults.Always = "save plan" }, flowtest.ErrFault.Error()},
		"the run has no folder":       {func(u *users) { u.Write("no folder", "spool") }, "make spool folder"},
		"the file is gone from ours":  {func(u *users) { u.once("file.fetched", u.loseSpool) }, "no such file"},
		"no room for what is relayed": {func(u *users) { u.relays(); u.once("file.fetched", u.fillSpool) }, "the file to hand on"},
		"the key may not see all": {func(u *users) {
			u.Tenant = sandbox.New(u.company, sandbox.Options{Keys: []sandbox.Key{{Secret: u.Read("key"), Hidden: []string{"login"}}}, RequestsPerMinute: -1})
		}, "the role of the API key may not see"},
		"nobody knows whose the key is": {func(u *users) {
			u.lucca = func(l *flowtest.Lucca) change.Lucca { return nameless{l} }
		}, "whose key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			u.drop("users.csv", "login;jobTitle;dtContractEnd", u.staff[0].Login+";Chef;")
			tt.harm(u)
			r := u.run(run.Failed)
			if !strings.Contains(r.Reason, tt.says) {
				t.Errorf("%s, want %s", r.Reason, tt.says)
			}
			if tt.says == flowtest.ErrFault.Error() && (r.Rows == nil || r.Rows.Read != 1) {
				t.Errorf("read are %+v", r.Rows)
			}
			u.folders(list("users.csv"), nil, nil)
			u.mend()
			u.run(run.Done)
			u.folders(nil, list("users.csv"), nil)
		})
	}
}

// loseSpool is what somebody does who tidies up at the wrong time, and fillSpool what another program
// does.
func (u *users) loseSpool() {
	if err := os.RemoveAll(u.Spool()); err != nil {
		u.t.Fatal(err)
	}
}

func (u *users) fillSpool() {
	u.Room.Max = 0
	u.Room.Measure()
}

// mend has nothing fail any more.
func (u *users) mend() {
	u.Faults.Always, u.lucca, u.Room.Max = "", nil, 1<<30
	u.SetCompany(u.company)
	if info, err := os.Stat(u.Spool()); err == nil && !info.IsDir() {
		u.loseSpool()
	}
}

// nameless is a tenant that does not say whose the key is.
type nameless struct{ *flowtest.Lucca }

func (nameless) Me(context.Context) (int, error) { return 0, errors.New("whose key it is: no answer") }

// TestFileAtFaultGoesToFailed with a report, and the next one is taken. Where the report cannot be
// written, the next run does it.
func TestFileAtFaultGoesToFailed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content string
		full    bool
	}{
		"a column": {"login;jobTitel\nx;y\n", false}, "no table": {"%PDF-1.7\n", false}, "no room": {"%PDF-1.7\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			u.in.Options.Reports = userfile.ReportsXLSX
			u.Write(tt.content, "in", "a.csv")
			at := time.Now().Add(-time.Minute)
			if err := os.Chtimes(filepath.Join(u.Dir, "in", "a.csv"), at, at); err != nil {
				t.Fatal(err)
			}
			u.drop("b.csv", u.titles(2, "Chef")...)
			if tt.full {
				u.once("file.fetched", u.fillSpool)
				if r := u.run(run.Failed); !strings.Contains(r.Reason, spool.ErrFull.Error()) {
					t.Errorf("%s", r.Reason)
				}
				u.mend()
			}
			r, result, err := u.attempt()
			if err != nil || r.Outcome != run.Failed || result.Waiting != 1 || !slices.Contains(flowtest.Codes(r), "files_waiting") {
				t.Fatalf("%s %s %d %v", r.Outcome, r.Reason, result.Waiting, err)
			}
			failed := list("a.csv", "a.csv.report.csv", "a.csv.report.xlsx")
			u.folders(list("b.csv"), nil, failed)
			if left := u.Names("spool", r.ID, "incoming"); len(left) != 0 {
				t.Errorf("the spool keeps %q of a file that is in failed/", left)
			}
			u.run(run.Done)
			u.folders(nil, list("b.csv"), failed)
		})
	}
}

// TestEndThatLuccaDoesNotKeep is no rejected row, and yet not done.
func TestEndThatLuccaDoesNotKeep(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.lucca = func(l *flowtest.Lucca) change.Lucca { return otherwise{l} }
	u.drop("users.csv", u.titles(1, "Chef")...)
	r := u.run(run.Rejections)
	if r.Reason != "Lucca did not keep all that the file says: see the findings" || r.Rows.Rejected != 0 || r.Rows.Sent != 1 {
		t.Errorf("%s %+v", r.Reason, r.Rows)
	}
}

// otherwise is a tenant that makes something else of a contract than it was told.
type otherwise struct{ *flowtest.Lucca }

func (l otherwise) Update(ctx context.Context, id int, p lucca.Properties) error {
	return errors.Join(l.Lucca.Update(ctx, id, p), lucca.ErrNotKept)
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
	u.drop("before.csv", u.titles(2, "Avant")...)
	u.run(run.Done)
	u.drop("waits.csv", u.titles(1, "Attend")...)
	u.give("given.csv", u.titles(2, "Chef"))
	if r := u.run(run.Done); r.File.Name != "given.csv" || u.now(u.staff[1].Login).JobTitle != "Chef 1" {
		t.Errorf("%+v", r.File)
	}
	u.folders(list("waits.csv"), list("before.csv"), nil)
	u.in.File = filepath.Join(u.Dir, "missing.csv")
	if r := u.run(run.Failed); !strings.Contains(r.Reason, "--file") {
		t.Errorf("%s", r.Reason)
	}
}

// rehearse is a dry run; before the first run there is no store.
func (u *users) rehearse(store *state.Store, only string) (state.Record, flow.Result, error) {
	u.t.Helper()
	record := state.Record{Run: run.Run{ID: run.NewID(flow.Now()), Flow: "users", Kind: run.Import, Slot: flow.Now(), StartedAt: flow.Now()}}
	deps := u.deps()
	deps.Store, deps.Inbox.Known, deps.Inbox.Journal = imports.StoreOf(store), inbox.StoreOf(store), store.Pickups().PickupJournal()
	r, err := u.Life().Rehearse(u.t.Context(), &record, func(ctx context.Context, folder string) (flow.Result, error) {
		in := u.input(record)
		in.Only = only
		return imports.Kind{Deps: deps, Input: in}.Rehearse(ctx, folder)
	})
	return record, r, err
}

// TestDryRunChangesNothing, takes nothing and records nothing.
func TestDryRunChangesNothing(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.in.Source = "acme/payroll"
	u.drop("users.csv", u.titles(2, "Chef")...)
	before := u.Tenant.Users()
	u.Faults.Reset(0, false, false)
	record, r, err := u.rehearse(nil, u.staff[1].Login)
	if err != nil || record.Outcome != run.Done || r.Plan == nil || record.Changes.Update != 2 || len(r.Only) != 1 || r.Only[0].Row != 3 {
		t.Fatalf("%s %s %+v %+v %v", record.Outcome, record.Reason, record.Changes, r.Only, err)
	}
	if !cmp.Equal(before, u.Tenant.Users()) {
		t.Error("a dry run changed somebody")
	}
	for i, name := range r.Names {
		if !strings.Contains(name, u.staff[i].LastName) {
			t.Errorf("row %d is about %s, and %q is told", i, u.staff[i].LastName, name)
		}
	}
	if _, err := os.Stat(u.Folder(record.ID)); len(r.Names) != 2 || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("told are %d names, and in the spool is a folder of the run: %v", len(r.Names), err)
	}
	for n := range u.Faults.Count() {
		if name := u.Faults.Name(n + 1); !slices.Contains(list("connect", "list", "list in-progress", "read Lucca"), name) && !strings.HasPrefix(name, "download ") && !strings.HasPrefix(name, "stat ") {
			t.Errorf("a dry run did: %s", name)
		}
	}
	u.folders(list("users.csv"), nil, nil)
	ran := u.run(run.Done)
	if diff := cmp.Diff(record.Changes, ran.Changes); diff != "" {
		t.Errorf("the run differs from the dry run:\n%s", diff)
	}
	if m, r, err := u.rehearse(u.State.Whole, ""); err != nil || m.Outcome != run.Nothing || r.Plan != nil {
		t.Errorf("with no file: %s %s %v", m.Outcome, m.Reason, err)
	}
}

// TestDryRunSaysWhatTheRunWouldBecome, of a file that waits and of one that a person gives.
func TestDryRunSaysWhatTheRunWouldBecome(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.in.Change.Approval = plan.ApproveFirst
	u.drop("users.csv", u.titles(2, "Chef")...)
	if r, _, err := u.rehearse(u.State.Whole, ""); err != nil || r.Outcome != run.Held || !strings.Contains(r.Reason, "first") {
		t.Errorf("the first file: %s %s %v", r.Outcome, r.Reason, err)
	}
	if _, err := u.approve(u.run(run.Held).ID); err != nil {
		t.Fatal(err)
	}
	u.drop("next.csv", u.titles(2, "Cheffe")...)
	if r, _, err := u.rehearse(u.State.Whole, ""); err != nil || r.Outcome != run.Done {
		t.Errorf("a later file: %s %s %v", r.Outcome, r.Reason, err)
	}
	u.give("given.csv", list("login;jobTitle", u.staff[5].Login+";Chef"))
	if r, result, err := u.rehearse(u.State.Whole, u.staff[5].Login); err != nil || r.File.Name != "given.csv" || len(result.Only) != 1 || result.Only[0].Outcome != run.Done {
		t.Errorf("a given file: %+v %+v %v", r.File, result.Only, err)
	}
	if _, result, err := u.rehearse(u.State.Whole, u.staff[5].Mail); err != nil || len(result.Only) != 1 {
		t.Errorf("by mail: %+v %v", result.Only, err)
	}
	if _, _, err := u.rehearse(u.State.Whole, u.staff[0].Login); !errors.Is(err, run.ErrUsage) {
		t.Errorf("of somebody who is not in the file: %v", err)
	}
}

// TestFullFileMissesWhomTheOnesBeforeBrought: neither whom only a rejected row named, nor, of one of
// several sources, whom the others bring. A part of a file that is mended is not the whole of it.
func TestFullFileMissesWhomTheOnesBeforeBrought(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{"one of several sources": "acme/payroll-a", "the only one": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			u.in.Source, u.in.Change.Policy, u.in.Change.Limits = source, plan.Policy{Mode: plan.Full, Source: source}, wide()
			u.in.Change.Limits.Shrink = u.in.Change.Limits.Ends
			row := func(i int, mail string) string { return u.staff[i].Login + ";;;" + mail + ";;;;" }
			u.drop("a.csv", append(newcomers("nora"), row(0, ""), row(1, ""), row(2, "none"), newcomers("omar")[1]+" at once")...)
			u.run(run.Rejections)
			last := map[int]bool{u.now("nora").ID: true, u.staff[0].ID: true, u.staff[1].ID: true}
			u.brought(last, last)

			u.drop("mended.csv", newcomers("nora")[0]+";reasons", row(2, "")+";")
			u.run(run.Done)
			all := maps.Clone(last)
			all[u.staff[2].ID] = true
			u.brought(all, last)

			u.drop("b.csv", newcomers("nora")[0], row(0, ""))
			r := u.run(run.Done)
			absent := 0
			for _, f := range r.Findings {
				if strings.HasPrefix(f.Code, "absent") {
					absent++
				}
			}
			if source != "" && absent != 3 || source == "" && absent < len(u.staff)-1 {
				t.Errorf("%d are absent: %v", absent, flowtest.Codes(r))
			}

			u.in.Change.Policy.Mode = plan.Delta
			u.drop("delta.csv", newcomers("nora")[0], row(2, ""))
			u.run(run.Done)
			u.brought(all, map[int]bool{u.staff[0].ID: true})
		})
	}
}

// brought wants whom the flow's source has ever brought, if it has one, and who was in the last whole file.
func (u *users) brought(ever, last map[int]bool) {
	u.t.Helper()
	if u.in.Source == "" {
		ever = map[int]bool{}
	}
	got, err := u.Store.Brought(u.t.Context(), u.in.Source)
	if err != nil || !maps.Equal(got, ever) {
		u.t.Errorf("the source has brought %v (%v), want %v", got, err, ever)
	}
	if got, err = u.Store.LastFile(u.t.Context(), "users"); err != nil || !maps.Equal(got, last) {
		u.t.Errorf("in the last whole file were %v (%v), want %v", got, err, last)
	}
}
