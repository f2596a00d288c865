package export_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/flow"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/wrap"
)

// newSplit is an export of one file for each establishment.
func newSplit(t *testing.T, c *sandbox.Company) *nightly {
	n := newNightly(t, c)
	n.in.Split, n.in.Name = export.ByEstablishment, "users_"+export.InName+".csv"
	n.in.Named = regexp.MustCompile(`^users_[0-9A-Za-z_-]+\.csv(\.gz)?$`)
	n.in.Limits.DanglingManagers = new(limit.Percent(100))
	return n
}

// everywhere has somebody at each establishment.
func everywhere(people int) *sandbox.Company {
	c := good(people)
	for i := range c.Users {
		u := &c.Users[i]
		u.Contracts[len(u.Contracts)-1].EstablishmentID = c.Establishments[i%len(c.Establishments)].ID
	}
	return c
}

// parts are the contents of the partner's files, by name.
func (n *nightly) parts() map[string]string {
	all := make(map[string]string)
	for _, name := range n.Names("out") {
		all[name] = n.Read("out", name)
	}
	return all
}

func TestEachEstablishmentHasItsFile(t *testing.T) {
	t.Parallel()
	c := everywhere(40)
	n := newSplit(t, c)
	r := n.run(run.Done)
	if len(r.File.Parts) != len(c.Establishments) || len(n.Names("out")) != len(r.File.Parts) {
		t.Fatalf("%d establishments: %+v, %q", len(c.Establishments), r.File.Parts, n.Names("out"))
	}
	header, body, _ := strings.Cut(n.Read("spool", r.ID, "users_all.csv"), "\r\n")
	whole := strings.SplitAfter(strings.TrimSuffix(body, "\r\n"), "\r\n")
	var together []string
	total := 0
	for _, p := range r.File.Parts {
		content := n.Read("out", p.Name)
		if !strings.HasPrefix(content, header+"\r\n") || rows(content) != p.Rows+1 || int64(len(content)) != p.Bytes || p.Establishment == "" {
			t.Errorf("%+v holds\n%s", p, content)
		}
		together = append(together, strings.SplitAfter(strings.TrimPrefix(strings.TrimSuffix(content, "\r\n"), header+"\r\n"), "\r\n")...)
		total += p.Rows
	}
	trim := func(list []string) (out []string) {
		for _, s := range list {
			out = append(out, strings.TrimSuffix(s, "\r\n"))
		}
		slices.Sort(out)
		return out
	}
	if !slices.Equal(trim(whole), trim(together)) || total != r.Rows.Sent {
		t.Errorf("the parts have other rows than the whole file, or %d of %d", total, r.Rows.Sent)
	}
	if kept := n.Kept(r.ID); len(kept.File.Parts) != len(r.File.Parts) || kept.File.Parts[0].EstablishmentID != r.File.Parts[0].EstablishmentID {
		t.Errorf("kept of the run is %+v", kept.File)
	}
	before := n.parts()
	n.run(run.Done)
	if after := n.parts(); !equalFiles(before, after) {
		t.Error("a second run of the day made other files")
	}
}

func equalFiles(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for name := range a {
		if a[name] != b[name] {
			return false
		}
	}
	return true
}

// TestWhoWorksNowhereIsRejected: there is no file for them.
func TestWhoWorksNowhereIsRejected(t *testing.T) {
	t.Parallel()
	c := everywhere(40)
	n := newSplit(t, c)
	n.in.Limits.MaxRejected = new(limit.Percent(100))
	u := &c.Users[20]
	u.Contracts[len(u.Contracts)-1].EstablishmentID = 0
	n.SetCompany(c)
	r := n.run(run.Rejections)
	if r.Rows.Rejected != 1 || !slices.Contains(flowtest.Codes(r), "no_establishment") {
		t.Errorf("%+v %v", r.Rows, flowtest.Codes(r))
	}
}

// TestPartIsHeldByItself: each time by the limit, with the establishment, and nothing is sent.
func TestPartIsHeldByItself(t *testing.T) {
	t.Parallel()
	c := everywhere(60)
	one, other := c.Establishments[0], c.Establishments[1]
	at := func(c *sandbox.Company, place int, do func(*sandbox.User)) *sandbox.Company {
		for i := range c.Users {
			if u := &c.Users[i]; u.Contracts[len(u.Contracts)-1].EstablishmentID == place {
				do(u)
			}
		}
		return c
	}
	for name, company := range map[string]*sandbox.Company{
		// Everybody of one establishment is at another one: nobody is missing from the company.
		"max_establishment": at(everywhere(60), one.ID, func(u *sandbox.User) { u.Contracts[len(u.Contracts)-1].EstablishmentID = other.ID }),
		// As many again come from another one, which keeps half of its people.
		"max_joiners": at(everywhere(60), other.ID, func(u *sandbox.User) {
			if u.ID%2 == 0 {
				u.Contracts[len(u.Contracts)-1].EstablishmentID = one.ID
			}
		}),
		"changed_keys": at(everywhere(60), one.ID, func(u *sandbox.User) { u.Mail = "x" + u.Mail }),
		"max_rejected": at(everywhere(60), one.ID, func(u *sandbox.User) { u.Mail = "" }),
		"file_name":    renamed(everywhere(60), "ZZ9"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newSplit(t, everywhere(60))
			l := &n.in.Limits
			l.MaxShrink, l.ChangedKeys, l.ChangesPerColumn, l.EmptiedPerColumn = new(limit.Percent(100)), new(limit.Percent(30)), new(limit.Percent(100)), new(limit.Percent(100))
			l.MaxRejected = new(limit.Percent(40))
			if name == "max_joiners" {
				l.MaxEstablishment = new(limit.Percent(100))
			}
			n.run(run.Done)
			before := n.parts()
			n.SetCompany(company)
			r := n.run(run.Held)
			if !strings.Contains(r.Reason, one.Name+", which has a file of its own: ") {
				t.Errorf("held: %q", r.Reason)
			}
			if !slices.ContainsFunc(r.Limits, func(l run.Limit) bool { return l.Held && l.Name == name }) {
				t.Errorf("held by %+v", r.Limits)
			}
			if !equalFiles(before, n.parts()) {
				t.Error("a held file was sent")
			}
			if approved, err := n.approve(r.ID); err != nil || approved.Outcome != run.Done && approved.Outcome != run.Rejections {
				t.Fatalf("approved: %s %s %v", approved.Outcome, approved.Reason, err)
			}
			for _, p := range r.File.Parts {
				if n.Read("out", p.Name) != n.Read("spool", r.ID, "parts", itoa(p.EstablishmentID), p.Name) {
					t.Errorf("%s is another file than the one that was approved", p.Name)
				}
			}
		})
	}
}

func renamed(c *sandbox.Company, code string) *sandbox.Company {
	c.Establishments = slices.Clone(c.Establishments)
	c.Establishments[0].Code = code
	return c
}

// TestEstablishmentThatEverybodyLeftGetsAnEmptyFile, once: the partner would keep them for ever.
func TestEstablishmentThatEverybodyLeftGetsAnEmptyFile(t *testing.T) {
	t.Parallel()
	few := everywhere(40)
	last := few.Establishments[len(few.Establishments)-1].ID
	stays := 0
	for i := range few.Users {
		if u := &few.Users[i]; u.Contracts[len(u.Contracts)-1].EstablishmentID == last {
			if stays++; stays > 3 {
				u.Contracts[len(u.Contracts)-1].EstablishmentID = few.Establishments[0].ID
			}
		}
	}
	n := newSplit(t, few)
	r := n.run(run.Done)
	name := r.File.Parts[len(r.File.Parts)-1].Name
	gone := everywhere(40)
	for i := range gone.Users {
		if u := &gone.Users[i]; u.Contracts[len(u.Contracts)-1].EstablishmentID == last {
			u.Contracts[len(u.Contracts)-1].EstablishmentID = few.Establishments[0].ID
		}
	}
	n.SetCompany(gone)
	r = n.run(run.Done)
	if p := r.File.Parts[len(r.File.Parts)-1]; p.Name != name || p.Rows != 0 || rows(n.Read("out", name)) != 1 {
		t.Errorf("%+v holds %q", p, n.Read("out", name))
	}
	if r = n.run(run.Done); len(r.File.Parts) != len(few.Establishments)-1 {
		t.Errorf("the run after that sends %+v", r.File.Parts)
	}
}

// TestSplittingIsHeld, and so is to end it, also where there is one establishment: the partner is to
// know.
func TestSplittingIsHeld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*sandbox.Company{"everywhere": everywhere(40), "at one place": at(everywhere(40), 0)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			splittingIsHeld(t, c)
		})
	}
}

// at has everybody at the n-th establishment.
func at(c *sandbox.Company, n int) *sandbox.Company {
	for i := range c.Users {
		u := &c.Users[i]
		u.Contracts[len(u.Contracts)-1].EstablishmentID = c.Establishments[n].ID
	}
	return c
}

func splittingIsHeld(t *testing.T, c *sandbox.Company) {
	t.Helper()
	n := newNightly(t, c)
	n.in.Limits.DanglingManagers = new(limit.Percent(100))
	n.run(run.Done)
	whole := n.in
	n.in = newSplit(t, c).in
	r := n.run(run.Held)
	if !strings.Contains(r.Reason, "the partner had one file, and is to get one file for each establishment") {
		t.Errorf("held: %s", r.Reason)
	}
	if _, err := n.approve(r.ID); err != nil {
		t.Fatal(err)
	}
	n.run(run.Done)
	n.in = whole
	n.run(run.Held)
}

// TestPartsAreWrapped, each by itself.
func TestPartsAreWrapped(t *testing.T) {
	t.Parallel()
	n := newSplit(t, everywhere(40))
	n.in.Wrap = wrap.Config{{Gzip: &wrap.Gzip{}}}
	n.run(run.Done)
	for name, content := range n.parts() {
		if !strings.HasSuffix(name, ".csv.gz") || !strings.HasPrefix(content, "\x1f\x8b") {
			t.Errorf("%s is a plain file", name)
		}
	}
}

// TestAnyOperationOfASplitRunMayFail: whichever one fails, is done without an answer, or is the last
// of its process: the next run sends each file, whole and once, and leaves nothing else.
func TestAnyOperationOfASplitRunMayFail(t *testing.T) {
	t.Parallel()
	n := newSplit(t, everywhere(24))
	n.run(run.Done)
	want := n.parts()
	for _, late := range []bool{false, true} {
		for _, dead := range []bool{false, true} {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				n := newSplit(t, everywhere(24))
				for at := 1; ; at += 3 * flowtest.Step {
					n.t = t
					n.Faults.Reset(at, late, dead)
					r, err := n.attempt()
					if err == nil && r.Outcome == run.Done && !equalFiles(n.parts(), want) {
						t.Errorf("%d: done, and the partner has %q", at, n.Names("out"))
					}
					more := n.Faults.Count() >= at
					n.Restart()
					if r := n.run(run.Done); !equalFiles(n.parts(), want) {
						t.Fatalf("%d: the next run ended as %s: %s, and the partner has %q", at, r.Outcome, r.Reason, n.Names("out"))
					}
					if !more {
						return
					}
				}
			})
		}
	}
}

// TestResumedSplitRunSendsTheRest of the files that its first process made, whatever Lucca says by then.
func TestResumedSplitRunSendsTheRest(t *testing.T) {
	t.Parallel()
	half := 0
	n := newSplit(t, everywhere(24))
	for at := 1; ; at += 2 * flowtest.Step {
		n.SetCompany(everywhere(24))
		for _, name := range n.Names("out") {
			if err := os.Remove(filepath.Join(n.Dir, "out", name)); err != nil {
				t.Fatal(err)
			}
		}
		n.Faults.Reset(at, false, true)
		record := n.Begin("nightly", run.Export)
		_, _, err := n.Perform(record, n.work(record))
		if err == nil || n.Kept(record.ID).Outcome != "" {
			break
		}
		n.Faults.Reset(0, false, false)
		sent := len(n.Names("out"))
		began, _ := n.State.Deliveries.LastDelivery(t.Context(), "nightly")
		mine := began.Run == record.ID
		if mine {
			half++
			n.SetCompany(n.change(nil, nil)) // another company by now
		}
		r, _, err := n.Perform(record, func(ctx context.Context) (flow.Result, error) {
			in := n.input(record)
			in.Resumed = true
			return exports.Run(ctx, n.deps(), in)
		})
		if err != nil || r.Outcome != run.Done || r.Rows == nil || r.Rows.Sent == 0 {
			t.Fatalf("%d (%d sent): %s %s %+v %v", at, sent, r.Outcome, r.Reason, r.Rows, err)
		}
		for _, p := range r.File.Parts {
			if n.Read("out", p.Name) != n.Read("spool", r.ID, "parts", itoa(p.EstablishmentID), p.Name) {
				t.Errorf("%d: %s is not the one of the run", at, p.Name)
			}
		}
	}
	if half == 0 {
		t.Error("no process died between two files")
	}
}

// half has the next run fail before its last file is with the partner.
func (n *nightly) half(last string) state.Record {
	n.t.Helper()
	n.Faults.Reset(0, false, false)
	n.Faults.Always = "replace " + last
	r := n.run(run.Failed)
	n.Faults.Reset(0, false, false)
	if !strings.Contains(r.Reason, "files were sent, and then not") {
		n.t.Fatal(r.Reason)
	}
	return r
}

// forget purges all of which no run has need.
func (n *nightly) forget() {
	n.t.Helper()
	if _, err := n.State.Upkeep.Purge(n.t.Context(), state.PurgeOptions{FilesBefore: time.Now().Add(time.Hour)}); err != nil {
		n.t.Fatal(err)
	}
}

// TestRunAfterOneOfWhichAPartFailed sends all, and counts against what the partner has of each
// establishment: of that one the file before, if there was one and it is remembered.
func TestRunAfterOneOfWhichAPartFailed(t *testing.T) {
	t.Parallel()
	whole := newSplit(t, everywhere(40)).run(run.Done).File.Parts
	first, last := whole[0], whole[len(whole)-1]
	// company has one of the first establishment called otherwise, or without them, and one of the last.
	company := func(n *nightly, name string) *sandbox.Company {
		c, seen := everywhere(40), make(map[int]bool)
		c.Users = slices.DeleteFunc(c.Users, func(u sandbox.User) bool {
			place := u.Contracts[len(u.Contracts)-1].EstablishmentID
			if seen[place] || u.Contracts[len(u.Contracts)-1].End != 0 || u.Contracts[len(u.Contracts)-1].Start > sandbox.DayOf(time.Now()) {
				return false
			}
			seen[place] = true
			return place == first.EstablishmentID && name == ""
		})
		for i := range c.Users {
			u := &c.Users[i]
			if place := u.Contracts[len(u.Contracts)-1].EstablishmentID; seen[place] && (place == first.EstablishmentID || place == last.EstablishmentID) && u.Contracts[len(u.Contracts)-1].End == 0 && u.Contracts[len(u.Contracts)-1].Start <= sandbox.DayOf(time.Now()) {
				seen[place] = false
				u.LastName += name
			}
		}
		return c
	}
	for name, tt := range map[string]struct {
		before func(n *nightly)
		counts run.People
	}{
		"the first of all": {func(n *nightly) { n.half(last.Name) }, run.People{}},
		"one of many": {func(n *nightly) {
			n.run(run.Done)
			n.SetCompany(company(n, "son"))
			n.half(last.Name)
		}, run.People{Changed: 1}},
		"two in a row": {func(n *nightly) { // the values of the first are gone by then
			n.run(run.Done)
			n.SetCompany(company(n, "son"))
			n.half(last.Name)
			n.half(last.Name)
		}, run.People{}},
		"the one before is forgotten": {func(n *nightly) {
			n.run(run.Done)
			n.SetCompany(company(n, "son"))
			n.half(last.Name)
			n.forget()
		}, run.People{}},
		"of a version that kept no values": {func(n *nightly) {
			n.run(run.Done)
			n.SetCompany(company(n, ""))
			n.half(last.Name)
			n.Store = older{n.Store}
			n.SetCompany(company(n, "son"))
		}, run.People{Joined: 1}},
		"who left comes back with another name": {func(n *nightly) {
			n.run(run.Done)
			n.SetCompany(company(n, ""))
			n.half(last.Name)
			n.SetCompany(company(n, "son"))
		}, run.People{Joined: 1, Changed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newSplit(t, everywhere(40))
			tt.before(n)
			want := run.Done
			if name == "the one before is forgotten" { // whoever left the establishment since is not known
				want = run.Held
			}
			r := n.run(want)
			if r.People == nil || *r.People != tt.counts {
				t.Errorf("the run counts %+v, want %+v", r.People, tt.counts)
			}
			for _, p := range r.File.Parts {
				if want == run.Done && n.Read("out", p.Name) != n.Read("spool", r.ID, "parts", itoa(p.EstablishmentID), p.Name) {
					t.Errorf("%s is not the one of the run", p.Name)
				}
			}
		})
	}
}

// TestHalfSentRunIsSentOnceMore, all of it.
func TestHalfSentRunIsSentOnceMore(t *testing.T) {
	t.Parallel()
	n := newSplit(t, everywhere(40))
	parts := n.run(run.Done).File.Parts
	half := n.half(parts[len(parts)-1].Name)
	for _, name := range n.Names("out") {
		if err := os.Remove(filepath.Join(n.Dir, "out", name)); err != nil {
			t.Fatal(err)
		}
	}
	if r, _, err := n.resend(half.ID); err != nil || r.Outcome != run.Done || len(n.Names("out")) != len(parts) {
		t.Errorf("%s %s %v: %q", r.Outcome, r.Reason, err, n.Names("out"))
	}
}

// TestResumedSplitRunWithoutItsFilesSendsNoOthers: they could be of another day. The next run is whole.
func TestResumedSplitRunWithoutItsFilesSendsNoOthers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil func(part string) error
		says  string
	}{
		"gone":                  {os.Remove, "were sent before its process died, and the others are not in the spool"},
		"touched":               {func(part string) error { return os.WriteFile(part, []byte("tampered"), 0o600) }, "were sent before its process died, and the others are not in the spool"},
		"a folder in its place": {func(part string) error { return errors.Join(os.Remove(part), os.Mkdir(part, 0o700)) }, "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newSplit(t, everywhere(24))
			resume := n.dies("users_LYO.csv")
			began, err := n.State.Deliveries.LastDelivery(t.Context(), "nightly")
			if err != nil {
				t.Fatal(err)
			}
			parts, err := filepath.Glob(filepath.Join(n.Folder(began.Run), "parts", "*", "*.csv"))
			if err != nil || len(parts) < 2 {
				t.Fatalf("%q %v", parts, err)
			}
			before := n.Names("out")
			for _, part := range parts {
				if !slices.Contains(before, filepath.Base(part)) {
					if err := tt.spoil(part); err != nil {
						t.Fatal(err)
					}
				}
			}
			if r, _, err := resume(); err != nil || r.Outcome != run.Failed || !strings.Contains(r.Reason, tt.says) {
				t.Errorf("%s %s %v", r.Outcome, r.Reason, err)
			}
			n.partner(before...)
			n.run(run.Done)
			if len(n.Names("out")) != len(parts) {
				t.Errorf("the partner has %q", n.Names("out"))
			}
		})
	}
}

// TestNextRunIsComparedWithWhatThePartnerHas: of an establishment whose file was not sent, that is
// the one of the run before.
func TestNextRunIsComparedWithWhatThePartnerHas(t *testing.T) {
	t.Parallel()
	n := newSplit(t, everywhere(60))
	n.Faults.Reset(0, false, false)
	first := n.run(run.Done)
	operations := n.Faults.Count()
	last := first.File.Parts[len(first.File.Parts)-1]
	loses := everywhere(60)
	for i := range loses.Users {
		if u := &loses.Users[i]; u.Contracts[len(u.Contracts)-1].EstablishmentID == last.EstablishmentID {
			u.Contracts[len(u.Contracts)-1].End = sandbox.DayOf(time.Now().AddDate(0, 0, -2))
		}
	}
	n.in.Limits.MaxLeavers, n.in.Limits.MaxEstablishment, n.in.Limits.EmptiedPerColumn, n.in.Limits.GivenPerColumn, n.in.Limits.MaxJoiners = new(limit.Percent(100)), new(limit.Percent(100)), new(limit.Percent(100)), new(limit.Percent(100)), new(limit.Percent(100))
	n.SetCompany(loses)
	for at := operations; ; at-- { // until the last file alone is not sent
		if at == 0 {
			t.Fatal("there is no such operation")
		}
		n.Faults.Reset(at, false, true)
		_, _ = n.attempt()
		n.Restart()
		if n.lacks(last.Name) && rows(n.Read("out", last.Name)) > 1 {
			break
		}
		n.SetCompany(everywhere(60))
		n.run(run.Done)
		n.SetCompany(loses)
	}
	n.in.Limits.MaxEstablishment = nil
	r := n.run(run.Held)
	if !strings.Contains(r.Reason, last.Establishment) {
		t.Errorf("held: %s", r.Reason)
	}
}

// lacks reports whether of the files of the last run only this one was not delivered.
func (n *nightly) lacks(name string) bool {
	n.t.Helper()
	last, err := n.State.Deliveries.LastDelivery(n.t.Context(), "nightly")
	if err != nil {
		n.t.Fatal(err)
	}
	list, err := n.State.Deliveries.DeliveriesOf(n.t.Context(), last.Run)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, d := range list {
		if (d.Step == delivery.StepDelivered) == (d.Name == name) {
			return false
		}
	}
	return len(list) > 0
}

// TestARunCountsAgainstWhatEachPartnerHas: of an establishment whose file was not sent, a change is one
// against the run before; of the others it was told already.
func TestARunCountsAgainstWhatEachPartnerHas(t *testing.T) {
	t.Parallel()
	n := newSplit(t, everywhere(40))
	first := n.run(run.Done)
	operations, last := n.Faults.Count(), first.File.Parts[len(first.File.Parts)-1]
	// One of each establishment is called otherwise.
	renames := func(ending string) *sandbox.Company {
		c, seen := everywhere(40), make(map[int]bool)
		for i := range c.Users {
			u := &c.Users[i]
			place := u.Contracts[len(u.Contracts)-1].EstablishmentID
			if !seen[place] && slices.Contains(n.sent(), u.ID) {
				seen[place] = true
				u.LastName += ending
			}
		}
		return c
	}
	n.in.Limits.ChangesPerColumn = new(limit.Percent(100))
	for at := operations; ; at-- { // until the last file alone is not sent
		n.SetCompany(renames(fmt.Sprint("son", at)))
		before := n.Read("out", last.Name)
		n.Faults.Reset(at, false, true)
		_, _ = n.attempt()
		n.Restart()
		if n.lacks(last.Name) && n.Read("out", last.Name) == before {
			break
		}
		n.run(run.Done)
	}
	if r := n.run(run.Done); r.People == nil || *r.People != (run.People{Changed: 1}) {
		t.Errorf("the run counts %+v, and one establishment alone has not been told", r.People)
	}
	if r := n.run(run.Done); r.People == nil || *r.People != (run.People{}) {
		t.Errorf("the run after that counts %+v", r.People)
	}
}

// TestResendSendsEachPart again, as it was.
func TestResendSendsEachPart(t *testing.T) {
	t.Parallel()
	n := newSplit(t, everywhere(40))
	n.in.Descriptor, n.in.Wrap = true, wrap.Config{{Gzip: &wrap.Gzip{}}}
	first := n.run(run.Done)
	before := n.parts()
	for name := range before {
		if err := os.Remove(filepath.Join(n.Dir, "out", name)); err != nil {
			t.Fatal(err)
		}
	}
	n.SetCompany(everywhere(50))
	r, _, err := n.resend(first.ID)
	if err != nil || r.Outcome != run.Done || !equalFiles(before, n.parts()) {
		t.Fatalf("%s %s %v: the partner has %q", r.Outcome, r.Reason, err, n.Names("out"))
	}
	if len(r.File.Parts) != len(first.File.Parts) || n.Read("spool", r.ID, "users_all.csv") != n.Read("spool", first.ID, "users_all.csv") {
		t.Errorf("kept of the run is %+v", r.File)
	}
	if again, _, err := n.resend(r.ID); err != nil || again.Outcome != run.Done {
		t.Errorf("and once more: %s %v", again.Reason, err)
	}
	part := first.File.Parts[0]
	n.Write("tampered", "spool", r.ID, "parts", itoa(part.EstablishmentID), part.Plain.Name)
	last, err := n.State.Deliveries.LastDelivery(t.Context(), "nightly")
	if err != nil {
		t.Fatal(err)
	}
	n.Write("tampered", "spool", last.Run, "parts", itoa(part.EstablishmentID), part.Plain.Name)
	if _, _, err := n.resend(last.Run); !errors.Is(err, flow.ErrFileGone) {
		t.Errorf("a part that is another one was sent: %v", err)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
