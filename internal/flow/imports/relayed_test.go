package imports_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/flow/imports"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
)

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
	if _, err := u.State.Deliveries.LastDelivery(t.Context(), "users"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("a delivery is recorded: %v", err)
	}
}

func TestRelayThatIsHeldIsHandedOnByTheApproval(t *testing.T) {
	t.Parallel()
	u := newUsers(t).relays()
	u.Tenant = sandbox.New(u.company, sandbox.Options{Keys: []sandbox.Key{{Secret: u.Read("key"), Hidden: []string{"directLine"}}}, RequestsPerMinute: -1})
	rows := newcomers("nora")
	held := u.held("users.csv", rows[0]+";directLine", rows[1]+";0102030405", u.staff[0].Login+strings.Repeat(";", 8))
	if got := u.Names("out"); len(got) != 0 {
		t.Fatalf("a held file was handed on: %q", got)
	}
	r, err := u.approve(held.ID)
	if err != nil || r.Outcome != run.Done || r.Rows.Sent != 2 || !slices.Contains(flowtest.Codes(r), "column_left_out") {
		t.Errorf("%s %s %+v %v %v", r.Outcome, r.Reason, r.Rows, flowtest.Codes(r), err)
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
	u.Faults.Always = "plan is dropped"
	if _, err := u.approve(held.ID); !errors.Is(err, flowtest.ErrFault) || u.Kept(held.ID).Outcome != run.Held {
		t.Errorf("approved while nothing can be recorded: %v", err)
	}
	u.Faults.Always = ""
	if _, err := u.approve(held.ID); err == nil || !strings.Contains(err.Error(), "given back") {
		t.Fatalf("approved: %v", err)
	}
	if r := u.Kept(held.ID); r.Outcome != run.Failed {
		t.Errorf("there is nothing left to approve, and the run is %s", r.Outcome)
	}
	u.folders(list("users.csv"), nil, nil)
	u.run(run.Done)
	if got := u.Names("out"); !slices.Equal(got, list("users.csv")) {
		t.Errorf("handed on are %q", got)
	}
}

// TestRelayOfAGivenFileWithoutItsSpool says to give it again: nobody else has it.
func TestRelayOfAGivenFileWithoutItsSpool(t *testing.T) {
	t.Parallel()
	u := newUsers(t).relays()
	u.give("given.csv", newcomers("nora"))
	u.in.Change.Approval = plan.ApproveAlways
	held := u.run(run.Held)
	u.in.File, u.in.Change.Approval = "", plan.ApproveLimits
	if err := os.RemoveAll(u.Folder(held.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := u.approve(held.ID); err == nil || !strings.Contains(err.Error(), "run the flow with it again") || len(u.Names("out")) > 0 {
		t.Errorf("approved: %v, handed on are %q", err, u.Names("out"))
	}
}

// TestWhatIsHandedOnIsCSV, whatever came, and under the name of what came.
func TestWhatIsHandedOnIsCSV(t *testing.T) {
	t.Parallel()
	u := newUsers(t).relays()
	book := excelize.NewFile()
	for i, row := range newcomers("nora") {
		for j, cell := range strings.Split(row, ";") {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err == nil {
				err = book.SetCellStr("Sheet1", at, cell)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := book.SaveAs(filepath.Join(u.Dir, "in", "users.csv.xlsx")); err != nil {
		t.Fatal(err)
	}
	r := u.run(run.Done)
	if got := u.Names("out"); !slices.Equal(got, list("users.csv.csv")) || !strings.Contains(u.Read("out", got[0]), "nora") || r.Rows.Sent != 1 {
		t.Errorf("handed on are %q, %+v", got, r.Rows)
	}
}

// TestHeldFileThatIsGoneAndHadNoRejectedRow: nobody is sent to look for rows that there never were.
func TestHeldFileThatIsGoneAndHadNoRejectedRow(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	held := u.held("users.csv", append(u.titles(1, "Cheffe"), u.titles(1, "Cheffe")[1])...)
	if err := os.RemoveAll(u.Folder(held.ID)); err != nil {
		t.Fatal(err)
	}
	r, err := u.approve(held.ID)
	if codes := flowtest.Codes(r); err != nil || r.Outcome != run.Done || len(codes) == 0 || slices.Contains(codes, "rejected_rows") {
		t.Errorf("%s %s %v %v", r.Outcome, r.Reason, codes, err)
	}
	u.folders(nil, list("users.csv", "users.csv.report.csv"), nil)
}

// TestRejectedRowsOfAHeldFileThatIsGone are those of the time when it was planned, if they are there.
func TestRejectedRowsOfAHeldFileThatIsGone(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]string{"there": "", "gone": "incoming", "all gone": "."} {
		for _, format := range []string{userfile.ReportsCSV, userfile.ReportsXLSX} {
			t.Run(name+" "+format, func(t *testing.T) {
				t.Parallel()
				u := newUsers(t)
				u.in.Options.Reports = format
				held := u.held("users.csv", append(newcomers("nora"), "omar;;;;;;;")...)
				books := format == userfile.ReportsXLSX
				var book string
				if books {
					book = u.Read("spool", held.ID, "rejected.xlsx")
				}
				if gone != "" {
					if err := os.RemoveAll(filepath.Join(u.Folder(held.ID), gone)); err != nil {
						t.Fatal(err)
					}
				}
				r, err := u.approve(held.ID)
				if err != nil || r.Outcome != run.Rejections || r.Rows.Sent != 1 || slices.Contains(flowtest.Codes(r), "rejected_rows") != (gone != "") {
					t.Fatalf("%s %s %v %v", r.Outcome, r.Reason, flowtest.Codes(r), err)
				}
				want := list("users.csv", "users.csv.rejected.csv", "users.csv.rejected.xlsx", "users.csv.report.csv", "users.csv.report.xlsx")
				want = slices.DeleteFunc(want, func(name string) bool {
					return !books && strings.HasSuffix(name, ".xlsx") || gone == "." && strings.Contains(name, "rejected")
				})
				u.folders(nil, want, nil)
				if gone == "." {
					return
				}
				if rejected := u.Read("in", "processed", "users.csv.rejected.csv"); !strings.Contains(rejected, "omar;") || strings.Contains(rejected, "nora;") {
					t.Errorf("rejected are %q", rejected)
				}
				if gone != "" && books && u.Read("in", "processed", "users.csv.rejected.xlsx") != book {
					t.Error("the workbook of rejected rows is another one than that of the held run")
				}
			})
		}
	}
}
