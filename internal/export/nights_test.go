package export_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"lucca-exchange/internal/roster"
)

// each changes everybody of a company, or some.
func each(change func(*roster.Employee), of ...func(roster.Employee) bool) func(*company) {
	return func(c *company) {
		for i := range c.people {
			if len(of) == 0 || of[0](c.people[i]) {
				change(&c.people[i])
			}
		}
	}
}

// TestAnyBadNightIsHeldWithItsCause: what an import into Lucca, or a change of its rights, may do to a
// whole company in one evening. The cause is one sentence that names the column as the partner knows it.
func TestAnyBadNightIsHeldWithItsCause(t *testing.T) {
	t.Parallel()
	yesterday, today := day(11, 21), day(11, 22)
	healthy := founded(2000)
	last := healthy.export(t, yesterday, nil)
	at4 := func(e roster.Employee) bool { return e.EstablishmentID == 4 }
	for _, tt := range []struct {
		name   string
		happen func(*company)
		want   string
		code   string
	}{
		{"columns swapped: phones where the titles are", each(func(e *roster.Employee) { e.JobTitle, e.ProfessionalMobile = e.ProfessionalMobile, e.JobTitle }),
			`"Job title" changes for 2000 of the 2000 people who have it in the last file, more than 20%; "Phone" changes for 2000 of the 2000`, "value_changed"},
		{"first and last names exchanged", each(func(e *roster.Employee) { e.FirstName, e.LastName = e.LastName, e.FirstName }),
			`"Last name" changes for 2000 of the 2000 people who have it in the last file, more than 20%; "First name" changes for 2000`, "value_changed"},
		{"phones of one establishment emptied", each(func(e *roster.Employee) { e.ProfessionalMobile = "" }, at4),
			`"Phone" loses its value for 134 of the 2000 people who have it in the last file, more than 5%`, "value_emptied"},
		{"broken encoding", each(func(e *roster.Employee) {
			e.LastName, _ = charmap.Windows1252.NewDecoder().String(e.LastName)
			e.FirstName, _ = charmap.Windows1252.NewDecoder().String(e.FirstName)
		}), `"Last name" changes for 1200 of the 2000 people who have it in the last file, more than 20%; "First name" changes for 13`, "value_changed"},
		{"all managers the same", each(func(e *roster.Employee) { e.ManagerID = 1 }, func(e roster.Employee) bool { return e.ID > 1 }),
			`"Manager Number" changes for 19`, "value_changed"},
		{"birth dates are today", each(func(e *roster.Employee) { e.BirthDate = today }), `"Date of birth" jumps for 2000 of the 2000`, "value_jumped"},
		{"birth dates gone", each(func(e *roster.Employee) { e.BirthDate = roster.Date{} }), `"Date of birth" loses its value for 2000 of the 2000`, "value_emptied"},
		{"pay a hundredth", func(c *company) {
			for id := range c.pay {
				c.pay[id] /= 100
			}
		}, `"Annual gross salary" jumps for 2000 of the 2000 people who have it in the last file, more than 5%`, "value_jumped"},
		{"another domain of all addresses", each(func(e *roster.Employee) { e.Mail = strings.Replace(e.Mail, "acme.example", "acme-group.example", 1) }),
			`"Login (email)" changes, by which the partner knows people, for 2000 of the 2000`, "changed_key"},
		{"a custom field emptied", each(func(e *roster.Employee) { e.Extensions = nil }), `"Badge" loses its value for 2000 of the 2000`, "value_emptied"},
		{"everybody of the same gender", each(func(e *roster.Employee) { e.Gender = "Male" }), `"Gender" changes for 1000 of the 2000`, "value_changed"},
		{"everybody starts today", each(func(e *roster.Employee) { e.ContractStart = today }), `"Date of joining the company" jumps for 2000`, "value_jumped"},
		{"everybody ends next year", each(func(e *roster.Employee) { e.ContractEnd = roster.Date{Year: 2027, Month: 12, Day: 31} }), `"Date of leaving the company" gets a value for 2000 of the 2000 people of the last file, who had none, more than 20%`, "value_given"},
		{"numbers without their zeros", each(func(e *roster.Employee) { e.EmployeeNumber = strings.TrimLeft(e.EmployeeNumber, "0") }),
			`"Employee Number" changes, by which the partner knows people, for 2000 of the 2000`, "changed_key"},
		{"one address for one in twenty", each(func(e *roster.Employee) { e.Mail = "info@acme.example" }, func(e roster.Employee) bool { return e.ID%20 == 0 }),
			`"Login (email)" changes, by which the partner knows people, for 100 of the 2000`, "changed_key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := healthy.clone()
			tt.happen(c)
			reason, limits, codes := c.export(t, today, &last).held(t, last)
			if !strings.Contains(reason, tt.want) {
				t.Errorf("held because %q, want %q", reason, tt.want)
			}
			if tt.code != "" && !slices.Contains(codes, tt.code) {
				t.Errorf("the people are not shown: %v", codes)
			}
			var all []string
			for _, l := range limits {
				if l.Held {
					all = append(all, l.Reason)
				}
			}
			if got := strings.Count(fmt.Sprint(all), tt.want); got > 1 {
				t.Errorf("the cause is said %d times: %q", got, all)
			}
			t.Logf("%s", reason)
		})
	}
}
