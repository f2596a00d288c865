package export_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/wrap"
)

// strict is what a server does not do for whoever may put files there.
type strict struct{ noList, noSizes, noReading, otherSize bool }

// strictly is a remote that is strict.
type strictly struct {
	remote.Remote
	is strict
}

func (r strictly) Open(ctx context.Context) (remote.Session, error) {
	s, err := r.Remote.Open(ctx)
	return strictSession{s, r.is}, err
}

type strictSession struct {
	remote.Session
	is strict
}

func (s strictSession) List(ctx context.Context, sub string) ([]remote.Entry, error) {
	if s.is.noList {
		return nil, remote.ErrPermission
	}
	list, err := s.Session.List(ctx, sub)
	for i := range list {
		if s.is.noSizes {
			list[i].Size = remote.SizeUnstated
		}
	}
	return list, err
}

func (s strictSession) Download(ctx context.Context, name string, to io.Writer) (int64, error) {
	if s.is.noReading {
		return 0, remote.ErrPermission
	}
	size, err := s.Session.Download(ctx, name, to)
	if err == nil && s.is.otherSize {
		err = remote.OtherSizeError{Stated: size + 1, Sent: size}
	}
	return size, err
}

// asked is Lucca; something happens here while it is asked what became of people.
type asked struct {
	exports.Lucca
	meanwhile func()
}

func (l asked) Status(ctx context.Context, ids []int) (map[int]roster.Date, error) {
	if l.meanwhile != nil {
		l.meanwhile()
	}
	return l.Lucca.Status(ctx, ids)
}

// nightly is an export to a partner's folder, out.
type nightly struct {
	*flowtest.World
	Store exports.Store
	t     *testing.T
	// in is what the flow is configured to do.
	in exports.Input
	// writeOnly: the partner's folder may not be listed.
	writeOnly bool
	// strict is what the partner's server refuses.
	strict strict
	// meanwhile happens once the rows are in the spool, in a run that misses somebody.
	meanwhile func()
	// newer is the id of a run that a refusal must name.
	newer string
}

// good is a company of which everybody can be sent.
func good(people int) *sandbox.Company {
	c := sandbox.NewCompany(people, 1, time.Now())
	for i := range c.Users {
		u := &c.Users[i]
		u.EmployeeNumber = fmt.Sprintf("%05d", i+1)
		if u.Mail == "" {
			u.Mail = fmt.Sprintf("person%d@acme.example", i)
		}
	}
	return c
}

func newNightly(t *testing.T, c *sandbox.Company) *nightly {
	t.Helper()
	p, err := profile.Open("skillup", "")
	if err != nil {
		t.Fatal(err)
	}
	binding := p.Bind(profile.Selection{}, profile.Sources{}, func(f profile.Fault) {
		if !f.Warning {
			t.Fatal(f)
		}
	})
	n := &nightly{World: flowtest.New(t, c, "out"), t: t, in: exports.Input{
		Binding: binding, Name: "users.csv", Named: regexp.MustCompile(`^users\.csv(\.gz)?$`), To: "out",
		Settings: flow.Settings{"to": "1", "export.profile": "2"},
	}}
	n.Store = struct {
		flow.Lookup
		flow.Restores
		exports.Deliveries
	}{&n.State.History, &n.State.Upkeep, &n.State.Deliveries}
	return n
}

func (n *nightly) deps() exports.Deps {
	outbox := n.Outbox()
	outbox.Target = func(name string) (delivery.Target, bool) {
		target, ok := n.Target(name)
		target.WriteOnly = n.writeOnly
		target.Remote = strictly{target.Remote, n.strict}
		return target, ok
	}
	return exports.Deps{
		Lucca: func() (exports.Lucca, error) {
			l, err := n.OpenLucca()
			return asked{l, n.meanwhile}, err
		},
		Store: n.Store, Outbox: outbox, Room: n.Room,
	}
}

func (n *nightly) input(r state.Record) exports.Input {
	in := n.in
	in.Run, in.Folder = r, n.Folder(r.ID)
	in.Roster = roster.Settings{Day: roster.DateOf(r.Slot)}
	return in
}

// attempt is a run of the flow, whose end may be lost.
func (n *nightly) attempt() (state.Record, error) {
	record := n.Begin("nightly", run.Export)
	r, _, err := n.Perform(record, n.work(record))
	return r, err
}

func (n *nightly) work(r state.Record) flow.Work {
	return func(ctx context.Context) (flow.Result, error) { return exports.Run(ctx, n.deps(), n.input(r)) }
}

// run is one that ends in an outcome.
func (n *nightly) run(want run.Outcome) state.Record {
	n.t.Helper()
	r, err := n.attempt()
	if err != nil || r.Outcome != want {
		n.t.Fatalf("the run ended as %s: %s %v (%v), want %s", r.Outcome, r.Reason, flowtest.Codes(r), err, want)
	}
	return r
}

// approve approves a held run.
func (n *nightly) approve(id string) (state.Record, error) {
	r, _, err := n.Approve(id, func(r state.Record) flow.Work {
		return func(ctx context.Context) (flow.Result, error) { return exports.Approve(ctx, n.deps(), n.input(r)) }
	})
	return r, err
}

// partner wants the partner to have exactly these files.
func (n *nightly) partner(want ...string) {
	n.t.Helper()
	if got := n.Names("out"); !slices.Equal(got, want) {
		n.t.Fatalf("the partner has %q, want %q", got, want)
	}
}

// sent are the ids of those whom the partner has.
func (n *nightly) sent() (ids []int) {
	n.t.Helper()
	last, err := n.State.Deliveries.LastDelivery(n.t.Context(), "nightly")
	if err != nil {
		n.t.Fatal(err)
	}
	s, err := exports.SnapshotOf(n.t.Context(), n.Store, last.Run)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, p := range s.People {
		if p.Decision == export.Sent {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// change is the company with some of its people changed.
func (n *nightly) change(ids []int, change func(*sandbox.User)) *sandbox.Company {
	c := good(40)
	for i := range c.Users {
		if slices.Contains(ids, c.Users[i].ID) {
			change(&c.Users[i])
		}
	}
	return c
}

// leaves is the company of which one who was sent has left since.
func (n *nightly) leaves() *sandbox.Company {
	return n.change(n.sent()[12:13], func(u *sandbox.User) {
		u.Contracts[len(u.Contracts)-1].End = sandbox.DayOf(time.Now().AddDate(0, 0, -2))
	})
}

func rows(content string) int { return strings.Count(content, "\n") }

// held makes the flow's next run one that waits for a person.
func (n *nightly) held() state.Record {
	n.t.Helper()
	n.in.Limits.MinRows = new(1000)
	r := n.run(run.Held)
	n.in.Limits.MinRows = nil
	return r
}

func TestExportSendsTheWholeFile(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	r := n.run(run.Done)
	n.partner("users.csv")
	sent := n.Read("out", "users.csv")
	if r.Rows == nil || r.Rows.Sent != rows(sent)-1 || r.Rows.Rejected != 0 || r.Rows.Read != 40-len(former(n)) {
		t.Errorf("the run counts %+v, and the file has %d rows", r.Rows, rows(sent)-1)
	}
	if r.File == nil || r.File.Name != "users.csv" || r.File.Plain != nil || r.File.Bytes != int64(len(sent)) || r.Requests == nil || r.Requests.Lucca != 1 {
		t.Errorf("the run tells of %+v and %+v", r.File, r.Requests)
	}
	if kept := n.Read("spool", r.ID, "users.csv"); kept != sent {
		t.Error("the spool has another file than the partner")
	}
	if diff := cmp.Diff(r.Result, n.Kept(r.ID).Result); diff != "" {
		t.Errorf("what is kept of the run:\n%s", diff)
	}
	s, err := exports.SnapshotOf(t.Context(), n.Store, r.ID)
	if err != nil || s.Sent() != r.Rows.Sent || !cmp.Equal(flow.Settings(s.Settings), n.in.Settings) {
		t.Errorf("remembered are %d people for %v: %v", s.Sent(), s.Settings, err)
	}
	if len(n.Told) != 1 || n.Told[0].ID != r.ID {
		t.Errorf("told of %d ends", len(n.Told))
	}
}

// former are those that Lucca does not list.
func former(n *nightly) (ids []int) {
	today := sandbox.DayOf(time.Now())
	for _, u := range n.Tenant.Users() {
		if last := u.Contracts[len(u.Contracts)-1]; last.End != 0 && last.End < today {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

func TestExportRejectsWhoLacksARequiredValue(t *testing.T) {
	t.Parallel()
	c := good(40)
	c.Users[5].Mail, c.Users[6].Mail = "", ""
	n := newNightly(t, c)
	n.in.Limits.MaxRejected = new(limit.Percent(50))
	r := n.run(run.Rejections)
	if r.Rows.Rejected != 2 || r.Reason != "2 rows were rejected: see the findings" || r.Rows.Sent != rows(n.Read("out", "users.csv"))-1 {
		t.Errorf("%+v %q", r.Rows, r.Reason)
	}
	report := n.Read("spool", r.ID, "users.csv.report.csv")
	if rows(report) < 2 || len(r.Findings) < 2 {
		t.Errorf("the report says\n%s", report)
	}
}

// TestExportIsHeldByEachLimit: each time exactly by that one, and nothing is sent.
func TestExportIsHeldByEachLimit(t *testing.T) {
	t.Parallel()
	ended := sandbox.DayOf(time.Now().AddDate(0, 0, -2))
	for name, tt := range map[string]struct {
		limits export.Limits
		change func(*sandbox.User)
	}{
		"min_rows":     {export.Limits{MinRows: new(500)}, func(*sandbox.User) {}},
		"max_rejected": {export.Limits{MaxRejected: new(limit.Percent(2)), MaxShrink: new(limit.Percent(100))}, func(u *sandbox.User) { u.Mail = "" }},
		"max_leavers":  {export.Limits{MaxLeavers: new(limit.Percent(1))}, func(u *sandbox.User) { u.Contracts[len(u.Contracts)-1].End = ended }},
		"changed_keys": {export.Limits{ChangedKeys: new(limit.Percent(1)), ChangesPerColumn: new(limit.Percent(100))}, func(u *sandbox.User) { u.Mail = "new." + u.Mail }},
		"max_shrink":   {export.Limits{MaxShrink: new(limit.Percent(1)), MaxRejected: new(limit.Percent(100))}, func(u *sandbox.User) { u.Mail = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNightly(t, good(40))
			n.run(run.Done)
			before := n.Read("out", "users.csv")
			n.SetCompany(n.change(n.sent()[:9], tt.change))
			// Whom others report to is among the nine, which is not what is tried.
			tt.limits.EmptiedPerColumn, tt.limits.DanglingManagers = new(limit.Percent(100)), new(limit.Percent(100))
			n.in.Limits = tt.limits
			r := n.run(run.Held)
			var held []string
			for _, l := range r.Limits {
				if l.Held {
					held = append(held, l.Name)
				}
			}
			if !slices.Equal(held, []string{name}) || r.Reason == "" || r.Rows.Sent != 0 {
				t.Errorf("held by %q: %q, %d sent", held, r.Reason, r.Rows.Sent)
			}
			if n.Read("out", "users.csv") != before {
				t.Error("a held file was sent")
			}
			// The next file is measured against what the partner has, not against what was held.
			n.in.Limits = tt.limits
			n.run(run.Held)
			if approved, err := n.approve(r.ID); err != nil || approved.Outcome != run.Done && approved.Outcome != run.Rejections {
				t.Fatalf("approved: %s %s %v", approved.Outcome, approved.Reason, err)
			}
			if n.Read("out", "users.csv") != n.Read("spool", r.ID, "users.csv") {
				t.Error("the partner has another file than the one that was approved")
			}
		})
	}
}

// TestASlotOfYesterdayHasWhoeverWasThereYesterday, though Lucca lists them no more.
func TestASlotOfYesterdayHasWhoeverWasThereYesterday(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	n.run(run.Done)
	today := n.sent()
	yesterday := sandbox.DayOf(time.Now().AddDate(0, 0, -1))
	n.SetCompany(n.change(today[:3], func(u *sandbox.User) { u.Contracts[len(u.Contracts)-1].End = yesterday }))
	record := n.Begin("nightly", run.Export)
	r, _, err := n.Perform(record, func(ctx context.Context) (flow.Result, error) {
		in := n.input(record)
		in.Roster.Day = in.Roster.Day.AddDays(-1)
		in.Limits.DanglingManagers = new(limit.Percent(100))
		return exports.Run(ctx, n.deps(), in)
	})
	if err != nil || r.Outcome != run.Held || !slices.ContainsFunc(r.Limits, func(l run.Limit) bool { return l.Held && l.Name == "older_day" }) {
		t.Fatalf("%s %s %v, want it held: the partner has the file of a later day", r.Outcome, r.Reason, err)
	}
	if approved, err := n.approve(r.ID); err != nil || approved.Outcome != run.Done {
		t.Fatalf("approved: %s %s %v", approved.Outcome, approved.Reason, err)
	}
	if got := n.sent(); !slices.Equal(got, today) {
		t.Errorf("the file of yesterday has %v, want %v", got, today)
	}
}

// TestADayThatIsNoOlderOne is sent: yesterday's where the partner has no later file, the same day
// again, and today's after that of a clock that was ahead.
func TestADayThatIsNoOlderOne(t *testing.T) {
	t.Parallel()
	for name, days := range map[string][]int{"yesterday, again": {-1, -1}, "a clock that was ahead": {1, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNightly(t, good(40))
			for _, day := range days {
				record := n.Begin("nightly", run.Export)
				r, _, err := n.Perform(record, func(ctx context.Context) (flow.Result, error) {
					in := n.input(record)
					in.Roster.Day = in.Roster.Day.AddDays(day)
					in.Limits.DanglingManagers, in.Limits.MaxJoiners = new(limit.Percent(100)), new(limit.Percent(100))
					return exports.Run(ctx, n.deps(), in)
				})
				if err != nil || r.Outcome != run.Done {
					t.Fatalf("%d: %s %s %v", day, r.Outcome, r.Reason, err)
				}
			}
		})
	}
}

// TestEachFormatIsMadeOfTheRows that are shown: the partner has it whole, packed or not, with a
// descriptor of what is inside.
func TestEachFormatIsMadeOfTheRows(t *testing.T) {
	t.Parallel()
	gzip := wrap.Config{{Gzip: &wrap.Gzip{}}}
	for name, tt := range map[string]struct {
		dialect    tabular.Overrides
		wrap       wrap.Config
		name, sent string
		begins     string
	}{
		"a workbook":         {tabular.Overrides{Format: tabular.XLSX}, nil, "users.xlsx", "users.xlsx", "PK"},
		"a packed workbook":  {tabular.Overrides{Format: tabular.XLSX}, gzip, "users.xlsx", "users.xlsx.gz", "\x1f\x8b"},
		"packed by its name": {tabular.Overrides{Format: tabular.JSON}, wrap.Config{{Gzip: &wrap.Gzip{Suffix: new("")}}}, "users.json", "users.json", "\x1f\x8b"},
		"JSON":               {tabular.Overrides{Format: tabular.JSON}, nil, "users.json", "users.json", "["},
		"packed JSON":        {tabular.Overrides{Format: tabular.JSON}, gzip, "users.json", "users.json.gz", "\x1f\x8b"},
		"CSV":                {tabular.Overrides{}, nil, "users.csv", "users.csv", "Login (email)"},
		"without a header":   {tabular.Overrides{Header: new(false)}, nil, "users.csv", "users.csv", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNightly(t, good(30))
			n.in.Binding.Dialect = n.in.Binding.Dialect.With(tt.dialect)
			n.in.Name, n.in.Wrap, n.in.Descriptor = tt.name, tt.wrap, true
			n.in.Named = regexp.MustCompile(`^users\..*`)
			record := n.Begin("nightly", run.Export)
			r, result, err := n.Perform(record, n.work(record))
			if err != nil || r.Outcome != run.Done {
				t.Fatalf("%s %s %v", r.Outcome, r.Reason, err)
			}
			content := n.Read("out", tt.sent)
			if !strings.HasPrefix(content, tt.begins) || r.File.Name != tt.sent || r.File.Bytes != int64(len(content)) || len(n.Names("out")) != 2 {
				t.Errorf("the partner has %q, of which %s has %d bytes: %+v", n.Names("out"), tt.sent, len(content), r.File)
			}
			inside := content
			if tt.wrap != nil {
				inside = unpacked(t, content)
			}
			sum := sha256.Sum256([]byte(inside))
			descriptor := n.Read("out", tt.name+".datapackage.json"+strings.TrimPrefix(tt.sent, tt.name))
			if tt.wrap != nil {
				descriptor = unpacked(t, descriptor)
			}
			if !describes(t, descriptor, tt.name, run.File{Bytes: int64(len(inside)), SHA256: hex.EncodeToString(sum[:])}) {
				t.Errorf("the descriptor is of another file: %s", descriptor)
			}
			if len(result.Preview) != 4 || result.Preview[0][0] != "Login (email)" || !strings.Contains(result.Preview[1][0], "@") {
				t.Errorf("shown are %q", result.Preview)
			}
			// What is kept to be compared and explained is the plain file.
			if kept := rows(n.Read("spool", r.ID, filepath.Base(result.Path))); kept < r.Rows.Sent || !strings.HasPrefix(result.Path, n.Folder(r.ID)) {
				t.Errorf("kept is %s of %d rows", result.Path, kept)
			}
		})
	}
}

// TestDryRunIsComparedWithTheFileThatWasSentLast, and refused where there is none.
func TestDryRunIsComparedWithTheFileThatWasSentLast(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	compare := func(store bool) (flow.Result, error) {
		started := flow.Now()
		record := state.Record{Run: run.Run{ID: run.NewID(started), Flow: "nightly", Kind: run.Export, Slot: started, StartedAt: started}}
		return n.Life().Rehearse(t.Context(), &record, func(ctx context.Context, path string) (flow.Result, error) {
			in, deps := n.input(record), n.deps()
			in.Folder, in.Diff, in.Spool = path, true, n.Spool()
			deps.Store = exports.StoreOf(nil) // before the first run there is none
			if store {
				deps.Store = exports.StoreOf(n.State.Whole)
			}
			return exports.Rehearse(ctx, deps, in)
		})
	}
	for _, store := range []bool{false, true} {
		if _, err := compare(store); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "no file of nightly was sent yet") {
			t.Errorf("before the first: %v", err)
		}
	}
	first := n.run(run.Done)
	sent := n.sent()
	n.SetCompany(n.change(sent[:2], func(u *sandbox.User) { u.LastName += "son" }))
	r, err := compare(true)
	if err != nil || r.Difference == nil || r.Difference.Previous != first.ID || r.Difference.Flow != "nightly" || len(r.Difference.Changed) != 2 {
		t.Fatalf("%+v %v", r.Difference, err)
	}
	kept := filepath.Join(n.Folder(first.ID), "users.csv")
	if err := os.Remove(kept); err != nil {
		t.Fatal(err)
	}
	if r, err := compare(true); err != nil || r.Difference == nil || !r.Difference.Purged || r.Difference.ChangedCount != 2 {
		t.Errorf("once the file is purged: %+v %v", r.Difference, err)
	}
	if err := os.Symlink(kept, kept); err != nil { // which cannot be read
		t.Fatal(err)
	}
	if r, err := compare(true); err != nil || r.Outcome != run.Failed || !strings.Contains(r.Reason, "read back file") {
		t.Errorf("of a file that cannot be read: %s %s %v", r.Outcome, r.Reason, err)
	}
	// The process died once the partner had the file, so that nobody put on record what it is.
	n.Faults.Always = "finish run"
	if _, err := n.attempt(); err == nil {
		t.Fatal("the end is on record")
	}
	n.Restart()
	last, err := n.State.Deliveries.LastDelivery(t.Context(), "nightly")
	if err != nil || last.Run == first.ID || n.Kept(last.Run).File != nil {
		t.Fatalf("%+v %v", last, err)
	}
	if r, err := compare(true); err != nil || r.Difference == nil || r.Difference.Previous != last.Run || r.Difference.ChangedCount != 0 {
		t.Errorf("with the file of a process that died: %+v %v", r.Difference, err)
	}
}

// TestDryRunOfAFileThatWouldBeHeldSaysSo.
func TestDryRunOfAFileThatWouldBeHeldSaysSo(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	n.in.Limits.MinRows = new(1000)
	started := flow.Now()
	record := state.Record{Run: run.Run{ID: run.NewID(started), Flow: "nightly", Kind: run.Export, Slot: started, StartedAt: started}}
	_, err := n.Life().Rehearse(t.Context(), &record, func(ctx context.Context, folder string) (flow.Result, error) {
		return exports.Kind{Deps: n.deps(), Input: n.input(record)}.Rehearse(ctx, folder)
	})
	if err != nil || record.Outcome != run.Held || !strings.Contains(record.Reason, "at least 1000 are expected") {
		t.Errorf("%s %q %v", record.Outcome, record.Reason, err)
	}
}

// older is a state in which an earlier version has kept no values.
type older struct{ exports.Store }

func (older) Cells(context.Context, string) ([]byte, error) { return nil, state.ErrNotFound }

// TestAFileOfWhichNoValuesAreKept is compared by its people, sent once more, and measured by its parts.
func TestAFileOfWhichNoValuesAreKept(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]*nightly{"whole": newNightly(t, good(40)), "in parts": newSplit(t, everywhere(40))} {
		n.run(run.Done)
		n.Store = older{n.Store}
		n.SetCompany(n.change(n.sent()[:3], func(u *sandbox.User) { u.LastName += "son" }))
		if len(n.in.Split) > 0 {
			n.SetCompany(everywhere(40))
		}
		r := n.run(run.Done)
		if r.People == nil || *r.People != (run.People{}) {
			t.Errorf("%s: the run counts %+v", name, r.People)
		}
		if again, _, err := n.resend(r.ID); err != nil || again.Outcome != run.Done {
			t.Errorf("%s: once more: %s %s %v", name, again.Outcome, again.Reason, err)
		}
	}
}

// TestReadBack of rows by their numbers, as of a file that somebody asks about later.
func TestReadBack(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	r := n.run(run.Done)
	path, d := filepath.Join(n.Folder(r.ID), "users.csv"), n.in.Binding.Dialect
	lines := strings.Split(n.Read("spool", r.ID, "users.csv"), "\r\n")
	back := exports.ReadBack(path, d)
	for _, at := range []int{1, 2, len(lines) - 1} {
		row, err := back.Row(at)
		if err != nil || len(row) == 0 || !strings.HasPrefix(lines[at-1], row[0]) {
			t.Errorf("row %d: %q %v", at, row, err)
		}
	}
	if row, err := back.Row(len(lines)); row != nil || err != nil || back.Name != "users.csv" {
		t.Errorf("below the last row of %s: %q %v", back.Name, row, err)
	}
	if row, err := exports.ReadBack(n.Folder(r.ID), d).Row(1); err == nil || !strings.Contains(err.Error(), "read back file") {
		t.Errorf("of a folder: %q %v", row, err)
	}
	if row, err := exports.ReadBack(path+".gone", d).Row(1); row != nil || err != nil {
		t.Errorf("of a file that was purged: %q %v", row, err)
	}
}

// TestLuccaThatCannotAnswerIsWaitedFor: a fault that passes holds a run up and no more; one that stays
// fails it in one sentence, and the partner keeps the file that it has. The next run is whole.
func TestLuccaThatCannotAnswerIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status, times int
		wants         run.Outcome
		waits         time.Duration // but for a fifth, which is chance
		reason        string
	}{
		"once":          {500, 1, run.Done, 2 * time.Second, ""},
		"five in a row": {503, 5, run.Done, 62 * time.Second, ""},
		"for ever":      {502, -1, run.Failed, 62 * time.Second, "list employees at /api/v3/users: status 502: Lucca cannot be reached: run again later"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNightly(t, good(40))
				n.run(run.Done)
				before := n.Read("out", "users.csv")
				n.SetCompany(n.change(n.sent()[:3], func(u *sandbox.User) { u.LastName += "son" }))
				if err := n.Tenant.Inject(sandbox.Fault{Kind: sandbox.Status, Status: tt.status, Times: tt.times}); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				r := n.run(tt.wants)
				if waited := time.Since(began); waited < tt.waits*4/5 || waited > tt.waits*6/5+time.Second || r.Reason != tt.reason {
					t.Errorf("%s after %s", r.Reason, waited)
				}
				if changed := n.Read("out", "users.csv") != before; changed != (tt.wants == run.Done) {
					t.Errorf("the partner has another file: %t", changed)
				}
				n.partner("users.csv")
				n.Tenant.Heal()
				if r := n.run(run.Done); n.Read("out", "users.csv") != n.Read("spool", r.ID, "users.csv") || strings.Count(n.Read("out", "users.csv"), "son") < 3 {
					t.Error("the next run is not whole")
				}
			})
		})
	}
}

// TestLeaversAreKnownToTheNextRun, although Lucca lists them no more.
func TestLeaversAreKnownToTheNextRun(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	n.run(run.Done)
	left := n.sent()[12]
	n.SetCompany(n.change([]int{left}, func(u *sandbox.User) {
		u.Contracts[len(u.Contracts)-1].End = sandbox.DayOf(time.Now().AddDate(0, 0, -2))
	}))
	r := n.run(run.Done)
	s, err := exports.SnapshotOf(t.Context(), n.Store, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if p := s.Find(fmt.Sprint(left)); len(p) != 1 || p[0].Decision != export.Gone || p[0].End.IsZero() {
		t.Errorf("of who left is remembered %+v", p)
	}
}

// TestARunCountsWhoJoinedLeftAndChanged since the file that the partner has; the first has none to
// compare with.
func TestARunCountsWhoJoinedLeftAndChanged(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	if r := n.run(run.Done); r.People != nil {
		t.Errorf("the first file is compared: %+v", r.People)
	}
	sent := n.sent()
	company := n.change(sent[:3], func(u *sandbox.User) { u.LastName += "son" })
	company.Users = slices.DeleteFunc(company.Users, func(u sandbox.User) bool { return u.ID == sent[12] })
	n.SetCompany(company)
	r := n.run(run.Done)
	if want := (run.People{Left: 1, Changed: 3}); r.People == nil || *r.People != want {
		t.Errorf("the run counts %+v, want %+v", r.People, want)
	}
	if kept := n.Kept(r.ID); !cmp.Equal(kept.People, r.People) {
		t.Errorf("kept is %+v", kept.People)
	}
}

// TestWhoIsMissingWithoutHavingLeftIsNamed: a changed right or filter must not take people away
// from the partner in silence.
func TestWhoIsMissingWithoutHavingLeftIsNamed(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	n.run(run.Done)
	lost := n.sent()[12]
	n.SetCompany(n.change([]int{lost}, func(u *sandbox.User) { u.Mail = "" }))
	r := n.run(run.Rejections)
	if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
		return f.Code == "unexplained_drop" && strings.HasPrefix(f.Message, fmt.Sprintf("Lucca id %d was in the last file", lost))
	}) {
		t.Errorf("%v", r.Findings)
	}
}

func TestExportIsWrapped(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	n.in.Wrap = wrap.Config{{Gzip: &wrap.Gzip{}}}
	n.in.Limits.MinRows = new(1000)
	held := n.run(run.Held)
	if held.File.Name != "users.csv.gz" || held.File.Plain == nil || held.File.Plain.Name != "users.csv" {
		t.Fatalf("held is %+v", held.File)
	}
	if r, err := n.approve(held.ID); err != nil || r.Outcome != run.Done {
		t.Fatalf("%s %v", r.Outcome, err)
	}
	n.in.Limits.MinRows = nil
	n.partner("users.csv.gz")
	if !strings.HasPrefix(n.Read("out", "users.csv.gz"), "\x1f\x8b") {
		t.Error("the partner has a plain file")
	}
	if n.Read("out", "users.csv.gz") != n.Read("spool", held.ID, "wrapped", "users.csv.gz") {
		t.Error("another file was sent than the one that was held")
	}
}

// TestDryRunWritesNothing but says the same as the run.
func TestDryRunWritesNothing(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	started := flow.Now()
	record := state.Record{Run: run.Run{ID: run.NewID(started), Flow: "nightly", Kind: run.Export, Slot: started, StartedAt: started}}
	deps := n.deps()
	deps.Store = nil // before the first run there is none
	n.Faults.Reset(0, false, false)
	var folder string
	r, err := n.Life().Rehearse(t.Context(), &record, func(ctx context.Context, path string) (flow.Result, error) {
		in := n.input(record)
		in.Folder, folder = path, path
		r, err := exports.Rehearse(ctx, deps, in)
		if r.Rows.Sent == 0 || filepath.Dir(r.Path) != path {
			t.Errorf("a dry run of %d people in %s", r.Rows.Sent, r.Path)
		}
		return r, err
	})
	if err != nil || record.Outcome != run.Done || len(r.Preview) != 4 || record.Rows.Sent == 0 {
		t.Fatalf("%s %s %v, with %d rows to show", record.Outcome, record.Reason, err, len(r.Preview))
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the dry run: %v", err)
	}
	if n.Faults.Count() != 1 {
		t.Errorf("a dry run did %d things beside reading Lucca", n.Faults.Count()-1)
	}
	n.partner()
	ran := n.run(run.Done)
	if diff := cmp.Diff(record.Rows, ran.Rows); diff != "" {
		t.Errorf("the run differs from the dry run:\n%s", diff)
	}
}
