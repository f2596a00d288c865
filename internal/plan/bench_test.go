package plan_test

import (
	"fmt"
	"testing"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// crowd is a company of n people and its file of 12 columns, of whom one in fifty changes
// job and everyone from the second half has a manager by name.
func crowd(tb testing.TB, n int) (plan.Table, *roster.Roster) {
	tb.Helper()
	s := structure()
	s.Employees = make([]roster.Employee, n)
	t := plan.Table{Rows: make([]plan.Row, n)}
	for i, code := range []string{
		plan.Login, plan.FirstName, plan.LastName, plan.Mail, plan.EmployeeNumber, plan.Establishment, plan.Department, plan.Manager,
		plan.PrimaryRole, plan.ContractStart, plan.ContractEnd, "jobTitle",
	} {
		t.Columns = append(t.Columns, plan.Column{Code: code, Index: i})
	}
	for i := range n {
		e := roster.Employee{
			ID: i + 1, Login: fmt.Sprintf("user%d", i), FirstName: "Hélène", LastName: fmt.Sprintf("MARTIN-%d", i), Mail: fmt.Sprintf("user%d@acme.example", i),
			EmployeeNumber: fmt.Sprintf("%08d", i), EstablishmentID: 1, DepartmentID: 12, ManagerID: i/10 + 1, RoleID: 1,
			ContractStart: roster.Date{Year: 2020, Month: 1, Day: 1}, JobTitle: "Technicien",
		}
		s.Employees[i] = e
		job, manager := e.JobTitle, fmt.Sprintf("user%d", i/10)
		if i%50 == 0 {
			job = "Chef"
		}
		if i > n/2 {
			manager = fmt.Sprintf("Helene Martin-%d", i/10)
		}
		t.Rows[i] = plan.Row{Number: i + 2, Cells: []string{
			e.Login, e.FirstName, fmt.Sprintf("Martin-%d", i), e.Mail, e.EmployeeNumber, "Acme Lyon", "Direction / Support", manager,
			"Utilisateur", "01/01/2020", "", job,
		}}
	}
	return t, join(tb, s)
}

// BenchmarkMake plans a full file against as many employees. The budget of the design is
// 1.5 s for 100,000; the time per row must not grow.
func BenchmarkMake(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			t, people := crowd(b, n)
			b.ReportAllocs()
			for b.Loop() {
				made := plan.Make(t, people, plan.Policy{Mode: plan.Full})
				if c := made.Changes(); c.Update != n/50 || c.Unchanged != n-n/50 {
					b.Fatalf("changes: %+v, %v", c, made.Findings[:min(3, len(made.Findings))])
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		})
	}
}

// BenchmarkMakeNew plans a file of new people only, who all want the same login.
func BenchmarkMakeNew(b *testing.B) {
	t, _ := crowd(b, 100_000)
	for i := range t.Rows {
		t.Rows[i].Cells[0], t.Rows[i].Cells[2] = "", "Martin"
		t.Rows[i].Cells[7] = ""
	}
	nobody := join(b, structure())
	b.ReportAllocs()
	for b.Loop() {
		if c := plan.Make(t, nobody, plan.Policy{}).Changes(); c.Create != len(t.Rows) {
			b.Fatalf("changes: %+v", c)
		}
	}
}

// BenchmarkMakeWrong plans a file whose references are all unknown and all different.
func BenchmarkMakeWrong(b *testing.B) {
	t, people := crowd(b, 100_000)
	for i := range t.Rows {
		t.Rows[i].Cells[6] = fmt.Sprintf("Supprot %d", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		if c := plan.Make(t, people, plan.Policy{}).Changes(); c.Reject != len(t.Rows) {
			b.Fatalf("changes: %+v", c)
		}
	}
}
