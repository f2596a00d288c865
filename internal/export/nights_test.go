package export_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/profile"
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
			`"Job title" changes for 2000 of the 2000 people who have it in the last file, more than 20%; the same holds for Phone (2000/2000)`, "value_changed"},
		{"first and last names exchanged", each(func(e *roster.Employee) { e.FirstName, e.LastName = e.LastName, e.FirstName }),
			`"Last name" changes for 2000 of the 2000 people who have it in the last file, more than 20%; the same holds for First name (2000/2000)`, "value_changed"},
		{"phones of one establishment emptied", each(func(e *roster.Employee) { e.ProfessionalMobile = "" }, at4),
			`"Phone" loses its value for 134 of the 2000 people who have it in the last file, more than 5%`, "value_emptied"},
		{"broken encoding", each(func(e *roster.Employee) {
			e.LastName, _ = charmap.Windows1252.NewDecoder().String(e.LastName)
			e.FirstName, _ = charmap.Windows1252.NewDecoder().String(e.FirstName)
		}), `"Last name" changes for 1200 of the 2000 people who have it in the last file, more than 20%; the same holds for First name (13`, "value_changed"},
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

// chain is a company of fifty shops, each of which is a small part of it.
func chain() *company {
	c := founded(2000)
	for i := range c.people {
		c.people[i].EstablishmentID = 1 + i%50
	}
	return c
}

// TestMoreBadNights: of a chain, in which all of one shop are 2 % of everybody, and of whatever else
// an import, a migration or a lost right may do in one evening. What nobody could tell from
// ordinary life is not held.
func TestMoreBadNights(t *testing.T) {
	t.Parallel()
	yesterday, today := day(11, 21), day(11, 22)
	healthy := chain()
	last := healthy.export(t, yesterday, nil)
	at4 := func(e roster.Employee) bool { return e.EstablishmentID == 4 }
	some := func(share int) func(roster.Employee) bool {
		return func(e roster.Employee) bool { return e.ID%100 < share }
	}
	for _, tt := range []struct {
		name   string
		happen func(*company)
		want   string // empty for an ordinary night
		code   string
	}{
		{"phones of one shop emptied", each(func(e *roster.Employee) { e.ProfessionalMobile = "" }, at4),
			`"Phone" loses its value for 40 of the 40 people of one establishment (Lucca id 4) who have it in the last file, more than 50%`, "value_emptied"},
		{"phones of one shop are others", each(func(e *roster.Employee) { e.ProfessionalMobile += "9" }, at4),
			`"Phone" changes to as many others for 40 of the 40 people of one establishment (Lucca id 4) who have it in the last file, more than 50%`, "value_changed"},
		{"one switchboard for a shop", each(func(e *roster.Employee) { e.ProfessionalMobile = "+33140000000" }, at4), "", ""},
		{"badges of one shop emptied", each(func(e *roster.Employee) { e.Extensions = nil }, at4), `"Badge" loses its value for 40 of the 40 people of one establishment (Lucca id 4)`, "value_emptied"},
		{"births of one shop emptied", each(func(e *roster.Employee) { e.BirthDate = roster.Date{} }, at4), `"Date of birth" loses its value for 40 of the 40 people of one establishment (Lucca id 4)`, "value_emptied"},
		{"pay of one shop tenfold", func(c *company) {
			for _, e := range c.people {
				if at4(e) {
					c.pay[e.ID] *= 10
				}
			}
		}, `"Annual gross salary" jumps for 40 of the 40 people of one establishment (Lucca id 4)`, "value_jumped"},
		{"a raise in one shop", func(c *company) {
			for _, e := range c.people {
				if at4(e) {
					c.pay[e.ID] += c.pay[e.ID] / 40
				}
			}
		}, "", ""},
		{"addresses of one shop under another domain", each(func(e *roster.Employee) { e.Mail = strings.Replace(e.Mail, "acme", "shop", 1) }, at4),
			`"Login (email)" changes to as many others for 40 of the 40 people of one establishment (Lucca id 4)`, "value_changed"},
		{"a shop has another name", func(c *company) {
			for i := range c.people {
				if at4(c.people[i]) {
					c.people[i].EstablishmentID = 60
				}
			}
		}, `"Company" changes, by which the partner knows where people work, for 40 of the 40 people of one establishment (Lucca id 4)`, "value_changed"},
		{"two shops exchanged", each(func(e *roster.Employee) {
			if e.EstablishmentID == 4 || e.EstablishmentID == 5 {
				e.EstablishmentID = 9 - e.EstablishmentID
			}
		}), `"Company" changes, by which the partner knows where people work, for 40 of the 40 people of one establishment (Lucca id 4)`, "value_changed"},
		{"the manager of a shop is another", each(func(e *roster.Employee) { e.ManagerID = 77 }, at4), "", ""},
		{"the manager of a shop has left", each(func(e *roster.Employee) { e.ManagerID = 0 }, at4), "", ""},
		{"numbers exchanged in pairs", func(c *company) {
			for i := 0; i+1 < len(c.people); i += 2 {
				c.people[i].EmployeeNumber, c.people[i+1].EmployeeNumber = c.people[i+1].EmployeeNumber, c.people[i].EmployeeNumber
			}
		}, `"Employee Number" changes, by which the partner knows people, for 2000 of the 2000`, "changed_key"},
		{"numbers with a country before them", each(func(e *roster.Employee) { e.EmployeeNumber = "FR" + e.EmployeeNumber }), `"Employee Number" changes, by which the partner knows people, for 2000`, "changed_key"},
		{"four addresses in a hundred are private ones", each(func(e *roster.Employee) { e.Mail = fmt.Sprintf("me%d@mail.example", e.ID) }, some(4)),
			`"Login (email)" changes, by which the partner knows people, for 80 of the 2000`, "changed_key"},
		{"two managers manage each other", func(c *company) { c.people[0].ManagerID, c.people[1].ManagerID = 2, 1 }, "", ""},
		{"everybody manages themselves", each(func(e *roster.Employee) { e.ManagerID = e.ID }), `"Manager Number" loses its value for 1999 of the 1999`, "value_emptied"},
		{"days a day later, of another time zone", each(func(e *roster.Employee) {
			e.BirthDate, e.ContractStart = e.BirthDate.AddDays(1), e.ContractStart.AddDays(1)
		}),
			`"Date of birth" changes for 2000 of the 2000 people who have it in the last file, more than 20%; the same holds for Date of joining the company (2000/2000)`, "value_changed"},
		{"day and month exchanged", each(func(e *roster.Employee) {
			e.BirthDate = roster.Date{Year: e.BirthDate.Year, Month: 12, Day: e.BirthDate.Month}
		}), `"Date of birth" changes for 2000`, "value_changed"},
		{"phones as people write them at home", each(func(e *roster.Employee) { e.ProfessionalMobile = strings.Replace(e.ProfessionalMobile, "+33", "0", 1) }), `"Phone" changes for 2000 of the 2000`, "value_changed"},
		{"names in capitals", each(func(e *roster.Employee) { e.LastName = strings.ToUpper(e.LastName) }), `"Last name" changes for 2000 of the 2000`, "value_changed"},
		{"first names are initials", each(func(e *roster.Employee) { e.FirstName = string([]rune(e.FirstName)[:1]) }), `"First name" changes for 2000 of the 2000`, "value_changed"},
		{"genders the other way round", each(func(e *roster.Employee) { e.Gender = map[string]string{"Female": "Male", "Male": "Female"}[e.Gender] }), `"Gender" changes for 2000 of the 2000`, "value_changed"},
		{"one title for all", each(func(e *roster.Employee) { e.JobTitle = "Employee" }), `"Job title" changes for 2000 of the 2000`, "value_changed"},
		{"teams are a level further down", each(func(e *roster.Employee) { e.DepartmentID = 100 }), `"Department" loses its value for 2000 of the 2000`, "value_emptied"},
		{"pay by the month", func(c *company) {
			for id := range c.pay {
				c.pay[id] /= 12
			}
		}, `"Annual gross salary" jumps for 2000 of the 2000`, "value_jumped"},
		{"pay is not there", func(c *company) { clear(c.pay) }, `"Annual gross salary" loses its value for 2000 of the 2000`, "value_emptied"},
		{"one legal unit gone", func(c *company) {
			c.people = slices.DeleteFunc(c.people, func(e roster.Employee) bool { return e.EstablishmentID <= 10 && e.ID > 200 })
		}, "people of the last file are missing without having left, more than 10%", ""},
		{"a quarter of the contracts ended", each(func(e *roster.Employee) { e.ContractEnd = yesterday }, some(25)), "500 of the 2000 people of the last file have left since, more than 20%", ""},
		{"everybody there twice, under other numbers", func(c *company) {
			for _, e := range slices.Clone(c.people) {
				e.ID, e.EmployeeNumber, e.Mail = e.ID+5000, "9"+e.EmployeeNumber, "2"+e.Mail
				c.people = append(c.people, e)
			}
		}, "2000 of the 4000 rows are of people who are not in the last file, more than 20%", ""},
		{"three in a hundred there twice, with the same number", func(c *company) {
			for _, e := range slices.Clone(c.people) {
				if some(3)(e) {
					e.ID += 5000
					c.people = append(c.people, e)
				}
			}
		}, "", ""}, // each second row is rejected and said: the partner gets nobody twice
		{"eight in a hundred there twice, with the same number", func(c *company) {
			for _, e := range slices.Clone(c.people) {
				if some(8)(e) {
					e.ID += 5000
					c.people = append(c.people, e)
				}
			}
		}, "160 of 2160 rows are rejected, more than 5%", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := healthy.clone()
			tt.happen(c)
			n := c.export(t, today, &last)
			reason, _, codes := n.held(t, last)
			if !strings.Contains(reason, tt.want) || tt.want == "" && reason != "" {
				t.Errorf("held because %q, want %q", reason, tt.want)
			}
			if tt.code != "" && !slices.Contains(codes, tt.code) {
				t.Errorf("the people are not shown: %v", codes)
			}
			if strings.Count(reason, `"`) > 8 {
				t.Errorf("more than one cause: %q", reason)
			}
			t.Logf("%s", reason)
		})
	}
}

// A partner that closes accounts by a status is told of somebody who has left by a row: where Lucca
// does not list them any more in that time, nobody has closed their account.
func TestALeaverWithoutARowIsSaid(t *testing.T) {
	t.Parallel()
	gone, stays := person(1), person(2)
	gone.ContractEnd = day(11, 20)
	for days, want := range map[int]int{30: 1, 1: 0, 0: 0} {
		b := mustBind(t, "360learning", profile.Selection{})
		p := export.Population{LeaversDays: &days}
		snapshot := func(on roster.Date, people ...roster.Employee) export.Snapshot {
			f, err := renderTo(io.Discard, mustRoster(t, on, people...), b, p)
			if err != nil {
				t.Fatal(err)
			}
			return f.Snapshot(b, on)
		}
		c := export.Compare(snapshot(day(11, 20), gone, stays), snapshot(day(11, 22), stays), nil)
		if len(c.Unexplained) != want || c.Left != 1-want {
			t.Errorf("%d days: %+v, %d left", days, c.Unexplained, c.Left)
		}
	}
}

// TestOtherNumbersAreSaidFirst: what they take with them, such as the numbers of managers, is no cause.
func TestOtherNumbersAreSaidFirst(t *testing.T) {
	t.Parallel()
	c := founded(500)
	last := c.export(t, day(11, 21), nil)
	for i := range c.people {
		c.people[i].EmployeeNumber, c.people[i].Gender = "9"+c.people[i].EmployeeNumber, ""
	}
	reason, _, _ := c.export(t, day(11, 22), &last).held(t, last)
	if !strings.HasPrefix(reason, `"Employee Number" changes, by which the partner knows people,`) || !strings.Contains(reason, `"Gender" loses its value`) {
		t.Errorf("held because %q", reason)
	}
}
