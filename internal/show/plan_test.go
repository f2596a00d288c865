package show_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/show"
)

func TestChangesAreShownWithTheirMarks(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{Items: []plan.Item{
		{Row: 2, Action: plan.Create, Login: "zlefevre", Set: plan.SetOf(map[string]plan.Change{"e_site": {To: "Lyon"}, "lastName": {To: "Lefèvre"}})},
		{Row: 3, Action: plan.Unchanged, EmployeeID: 1, Login: "pkern"},
		{Row: 4, Action: plan.Update, EmployeeID: 2, Login: "imorvan", Set: plan.SetOf(map[string]plan.Change{"jobTitle": {From: "Chef"}}), Contract: &plan.ContractChange{}},
		{Row: 5, Action: plan.Rehire, EmployeeID: 3, Login: "tdubois", Contract: &plan.ContractChange{}},
		{Row: 6, Action: plan.Reject},
		{Action: plan.End, EmployeeID: 4, Login: "nwehbe"},
	}}
	var b bytes.Buffer
	show.Changes(show.On(&b, nil), flow.Report{Plan: p})
	want := `+ row 2  create  zlefevre
    lastName: (none) → Lefèvre
    e_site: (none) → Lyon
~ row 4  update  imorvan  (a next contract)
    jobTitle: Chef → (none)
↻ row 5  rehire  tdubois
! row 6  reject  ?
- absent  end  nwehbe
create 1, update 1, end 1, rehire 1, unchanged 1, reject 1
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestChangesShowNoControlCharacters(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{Items: []plan.Item{{Row: 2, Action: plan.Update, Login: "a", Set: plan.SetOf(map[string]plan.Change{"jobTitle": {To: "\x1b[2Jboss\nrow 3"}})}}}
	var b bytes.Buffer
	show.Changes(show.On(&b, nil), flow.Report{Plan: p})
	if strings.Contains(b.String(), "\x1b") || strings.Count(b.String(), "\n") != 3 {
		t.Errorf("text: %q", b.String())
	}
}
