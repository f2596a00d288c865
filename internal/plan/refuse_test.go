package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// codes are what a plan has to say, by place.
func codes(p *plan.Plan) []string {
	var out []string
	for _, f := range p.Findings {
		place, _, _ := strings.Cut(f.String(), ": ")
		out = append(out, place)
	}
	return out
}

func TestWhatIsHiddenIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := company(t)
	s.Employees[1].Hidden = roster.JobTitle | roster.SecondaryRoles
	file := table(t, "login;jobTitle;habilitedRoles_0", "imorvan;Chef;", "pkern;Chef;", "imorvan2;;")
	file.Rows[2].Cells[0] = "obellec"
	p := plan.Make(file, join(t, s), plan.Policy{})
	if diff := cmp.Diff([]string{"error B2 hidden_field"}, codes(p)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if c := p.Changes(); c.Reject != 1 || c.Update != 1 || c.Unchanged != 1 {
		t.Errorf("changes: %+v", c)
	}
}

func TestAHiddenIdentityRefusesTheFile(t *testing.T) {
	t.Parallel()
	for name, hidden := range map[string]roster.Fields{"login": roster.Login, "mail": roster.Mail, "end": roster.ContractEnd} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := company(t)
			s.Employees[4].Hidden = hidden
			p := plan.Make(table(t, "login;mail", "imorvan;x@acme.example"), join(t, s), plan.Policy{Mode: plan.Full, OnAbsent: plan.EndAbsent})
			if diff := cmp.Diff([]string{"error - hidden_field"}, codes(p)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if c := p.Changes(); c != (plan.Changes{Reject: 1}) {
				t.Errorf("changes: %+v", c)
			}
		})
	}
}

func TestWhatTheReaderRefusesStaysRefused(t *testing.T) {
	t.Parallel()
	file := table(t, "login;jobTitle", "imorvan;Chef", "pkern;Chef", "obellec;", "agarcia;")
	file.Findings = []finding.Finding{
		{Severity: finding.Error, Code: "too_long", Row: 2, Column: "jobTitle", Cell: "B2", Message: "m"},
		{Severity: finding.Warning, Code: "encoding", Message: "m"},
	}
	policy := plan.Policy{Mode: plan.Full}
	p := plan.Make(file, join(t, company(t)), policy)
	want := []string{"warning - absent", "warning - encoding", "error B2 too_long"}
	if diff := cmp.Diff(want, codes(p)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if c := p.Changes(); c != (plan.Changes{Reject: 1, Update: 1, Unchanged: 2}) {
		t.Errorf("changes: %+v", c)
	}
	if len(file.Findings) != 2 {
		t.Error("the table has changed")
	}

	file.Findings[1].Severity = finding.Error
	p = plan.Make(file, join(t, company(t)), policy)
	if c := p.Changes(); c != (plan.Changes{Reject: 4}) {
		t.Errorf("changes of a refused file: %+v", c)
	}
}

// Nothing that a plan says may carry what a file holds.
func TestFindingsCarryNoValues(t *testing.T) {
	t.Parallel()
	const secret = "zq7secret"
	header := "login;firstName;lastName;mail;employeenumber;dtContractStart;legalEntity;department;manager;rolePrincipal;habilitedRoles_0;culture;gender;dtBirth;csp"
	rows := []string{header}
	for i := range strings.Count(header, ";") + 1 {
		cells := strings.Split("imorvan"+strings.Repeat(";", strings.Count(header, ";")), ";")
		cells[i] = secret
		rows = append(rows, strings.Join(cells, ";"))
		rows = append(rows, strings.Repeat(secret+";", strings.Count(header, ";"))+secret)
	}
	for _, identifier := range []plan.Identifier{plan.ByLogin, plan.ByMail, plan.ByNumber} {
		p := plan.Make(table(t, rows...), join(t, company(t)), plan.Policy{Identifier: identifier, Blank: plan.ClearBlank})
		if len(p.Findings) == 0 {
			t.Error("no findings")
		}
		for _, f := range p.Findings {
			if strings.Contains(f.String(), secret) || strings.Contains(f.String(), "imorvan") {
				t.Errorf("a finding carries a value: %s", f)
			}
		}
	}
}

func TestAnIdentifierOfTwoPeopleMeansNobody(t *testing.T) {
	t.Parallel()
	s := company(t)
	s.Employees[1].Mail = s.Employees[0].Mail
	s.Employees[2].ManagerID, s.Employees[4].ManagerID = 77, 90 // outside what the key sees, and without a login
	s.Employees = append(s.Employees, roster.Employee{ID: 90, ContractEnd: date(t, "2020-01-31")})
	file := table(t, "mail;jobTitle;manager", s.Employees[0].Mail+";Chef;", s.Employees[2].Mail+";;pkern", s.Employees[4].Mail+";;pkern")
	p := plan.Make(file, join(t, s), plan.Policy{Identifier: plan.ByMail, Mode: plan.Full, OnAbsent: plan.EndAbsent, Protect: []string{"agarcia"}})
	if diff := cmp.Diff([]string{"warning - absent", "error A2 ambiguous_identifier"}, codes(p)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	want := map[string]plan.Change{"manager": {From: "#77", To: "pkern", IDs: []int{1}}}
	if diff := cmp.Diff(want, p.Items[1].Set.Map()); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
	if got := p.Items[2].Set.Get("manager").From; got != "#90" {
		t.Errorf("a manager without a login is read as %q", got)
	}
}
