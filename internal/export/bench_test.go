package export_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/big"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// BenchmarkRender100k renders 100,000 employees with all 20 columns of Skillup, beside a
// bare encoding/csv loop that writes the same rows: within 2.2 times its time, guard and hashes and
// all. It prints how many times it is.
func BenchmarkRender100k(b *testing.B) {
	const people = 100_000
	var s roster.Snapshot
	for i := 1; i <= people; i++ {
		s.Employees = append(s.Employees, roster.Employee{
			ID: i, Login: fmt.Sprintf("user%d", i), Mail: fmt.Sprintf("user.%d@acme.example", i), EmployeeNumber: fmt.Sprintf("%06d", i),
			LastName: "D'AUBIGNÉ", FirstName: "Maëlle", ManagerID: i / 10, JobTitle: "Responsable; achats", Gender: "Female", ProfessionalMobile: "+33612345678",
			BirthDate: roster.Date{Year: int16(1960 + i%40), Month: 5, Day: 17}, ContractStart: roster.Date{Year: 2015, Month: 3, Day: uint8(1 + i%28)},
			EstablishmentID: 1, DepartmentID: 3,
		})
		s.Contracts = append(s.Contracts, roster.Contract{OwnerID: i, TypeID: 1, CategoryID: 1})
		s.Pay = append(s.Pay, roster.PayItem{OwnerID: i, Basic: true, Amount: big.NewRat(250000, 100)})
	}
	s.Establishments = []roster.Establishment{{ID: 1, Name: "Acme Lyon"}}
	s.Departments = []roster.Department{
		{ID: 1, Name: "Direction", Hierarchy: "/1/", Parent: "/"}, {ID: 2, Name: "Achats", Hierarchy: "/1/1/", Parent: "/1/"}, {ID: 3, Name: "Support", Hierarchy: "/1/1/1/", Parent: "/1/1/"},
	}
	s.Categories = []roster.Category{{ID: 1, Name: "Cadre"}}
	r, err := roster.New(s, roster.Settings{Day: day(11, 22), ContractTypes: map[int]string{1: "CDI"}, PayPeriods: 12})
	if err != nil {
		b.Fatal(err)
	}
	bound := mustBind(b, "skillup", profile.Selection{Columns: profile.Listed("job_title", "gender", "phone", "birth_date", "start_date", "end_date", "contract",
		"contract_type", "company", "management", "department", "service", "manager_email", "n2_email", "annual_gross_salary")})

	// By turns, and in time of the processor: then the load of the machine is in both or in neither.
	var times [2]time.Duration
	for b.Loop() {
		times[0] += spent(b, func() error {
			f, err := export.Source{Roster: r, Binding: bound, Cells: export.NewCells(bound, nil)}.Render(io.Discard)
			if err == nil && f.Sent != people {
				err = fmt.Errorf("%d rows", f.Sent)
			}
			return err
		})
		times[1] += spent(b, func() error { return bareLoop(io.Discard, r) })
	}
	b.ReportMetric(float64(times[0].Milliseconds())/float64(b.N), "ms-export")
	b.ReportMetric(float64(times[1].Milliseconds())/float64(b.N), "ms-encoding-csv")
	b.ReportMetric(float64(times[0])/float64(times[1]), "times-encoding-csv")
	var ours, bare bytes.Buffer
	if _, err := renderTo(&ours, r, bound, export.Population{}); err != nil {
		b.Fatal(err)
	}
	if err := bareLoop(&bare, r); err != nil {
		b.Fatal(err)
	}
	if _, rows, _ := bytes.Cut(ours.Bytes(), []byte("\n")); !bytes.Equal(rows, bare.Bytes()) {
		b.Error("the two loops do not write the same rows")
	}
}

// spent is how long all processors worked for something, with the garbage of it.
func spent(b *testing.B, do func() error) time.Duration {
	b.Helper()
	runtime.GC()
	var from, to syscall.Rusage
	if err := errors.Join(syscall.Getrusage(syscall.RUSAGE_SELF, &from), do(), syscall.Getrusage(syscall.RUSAGE_SELF, &to)); err != nil {
		b.Fatal(err)
	}
	return time.Duration(to.Utime.Nano() + to.Stime.Nano() - from.Utime.Nano() - from.Stime.Nano())
}

// bareLoop is what one would write by hand for this one file.
func bareLoop(out io.Writer, r *roster.Roster) error {
	w := csv.NewWriter(out)
	w.Comma, w.UseCRLF = ';', true
	date := func(d roster.Date) string {
		if d.IsZero() {
			return ""
		}
		return time.Date(int(d.Year), time.Month(d.Month), int(d.Day), 0, 0, 0, 0, time.UTC).Format("02/01/2006")
	}
	row := make([]string, 20)
	for _, e := range r.Employees() {
		number, mail, second := "", "", ""
		if m, _ := r.Manager(e); m != nil {
			number, mail = m.EmployeeNumber, m.Mail
		}
		if m, _ := r.SecondManager(e); m != nil {
			second = m.Mail
		}
		contract, _ := r.ContractType(e)
		copy(row, []string{e.Mail, e.EmployeeNumber, e.LastName, e.FirstName, number, e.JobTitle, e.Gender, e.ProfessionalMobile,
			date(e.BirthDate), date(e.ContractStart), date(e.ContractEnd), contract, r.Category(e), r.Establishment(e).Name,
			r.DepartmentLevel(e, 1), r.DepartmentLevel(e, 2), r.DepartmentLevel(e, 3), mail, second, strings.Replace(r.AnnualSalary(e), ".", ",", 1)})
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
