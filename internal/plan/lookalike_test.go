package plan_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"lucca-exchange/internal/plan"
)

// Rows that create people of one name are refused exactly when one of the others looks like
// the same person, however many there are.
func TestTwinsAreFoundAmongAllRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
		var table plan.Table
		for i, code := range []string{
			plan.Login, plan.FirstName, plan.LastName, plan.Mail, plan.Department, plan.PrimaryRole,
			plan.Establishment, plan.ContractStart, "dtBirth", plan.EmployeeNumber,
		} {
			table.Columns = append(table.Columns, plan.Column{Code: code, Index: i})
		}
		type looks struct{ site, start, birth, number string }
		var all []looks
		for i := range rapid.IntRange(2, 8).Draw(t, "rows") {
			l := looks{
				one("site", "LYO", "NTE"), one("start", "01/12/2026", "02/12/2026"), one("birth", "", "", "17/05/1990", "18/05/1990"),
				one("number", "", "81", "82", "83"),
			}
			for _, o := range all {
				if o.number == l.number && o.site == l.site {
					l.number = "" // that is refused for another reason
				}
			}
			all = append(all, l)
			login := fmt.Sprintf("n%d", i)
			table.Rows = append(table.Rows, plan.Row{Number: i + 2, Cells: []string{
				login, "Pia", "Ohm", login + "@acme.example", "DIR", "Utilisateur", l.site, l.start, l.birth, l.number,
			}})
		}
		made := plan.Make(table, joined(t, structure()), plan.Policy{})
		for i, l := range all {
			want := plan.Create
			for j, o := range all {
				same := l.start == o.start && (l.number == "" || o.number == "" || l.number == o.number)
				if l.birth != "" && o.birth != "" {
					same = l.birth == o.birth
				}
				same = same || l.number != "" && l.number == o.number
				if i != j && same {
					want = plan.Reject
				}
			}
			if got := made.Items[i].Action; got != want {
				t.Fatalf("row %d of %+v: %s, want %s: %v", i+2, all, got, want, made.Findings)
			}
		}
	})
}
