package plan_test

import (
	"testing"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// Whatever a file can set counts: who changed it in Lucca since a plan was made keeps what they wrote.
func TestFingerprintIsOfAllThatAFileCanSet(t *testing.T) {
	t.Parallel()
	profile, ok := roster.PropertyOf("profile_42")
	if !ok {
		t.Fatal("no profile of an application")
	}
	base := func() *roster.Employee {
		e := &roster.Employee{
			ID: 2, Login: "imorvan", FirstName: "Inès", LastName: "Morvan", Mail: "i@acme.example", JobTitle: "Chef", ManagerID: 7, RoleID: 1, SecondaryRoleIDs: []int{3, 4},
			ContractStart: date(t, "2021-03-01"), Sections: map[int]int{3: 30, 5: 50}, Extensions: map[string]string{"e_site": "Lyon"}, ExtensionIDs: map[string]int{"e_site": 8801},
		}
		profile.Set(e, roster.Datum{ID: 6, Text: "Reader"})
		return e
	}
	same := plan.Fingerprint(base())
	seen := map[string]string{same: "nothing"}
	for name, change := range map[string]func(e *roster.Employee){
		"id":               func(e *roster.Employee) { e.ID = 3 },
		"login":            func(e *roster.Employee) { e.Login = "imorvan2" },
		"names exchanged":  func(e *roster.Employee) { e.FirstName, e.LastName = e.LastName, e.FirstName },
		"title":            func(e *roster.Employee) { e.JobTitle = "" },
		"manager":          func(e *roster.Employee) { e.ManagerID = 8 },
		"manager, self":    func(e *roster.Employee) { e.ManagerID = 2 },
		"role":             func(e *roster.Employee) { e.RoleID = 0 },
		"secondary roles":  func(e *roster.Employee) { e.SecondaryRoleIDs = []int{3} },
		"start":            func(e *roster.Employee) { e.ContractStart = date(t, "2021-03-02") },
		"end":              func(e *roster.Employee) { e.ContractEnd = date(t, "2027-03-02") },
		"section":          func(e *roster.Employee) { e.Sections = map[int]int{3: 30, 5: 51} },
		"axis":             func(e *roster.Employee) { e.Sections = map[int]int{3: 30, 6: 50} },
		"no section":       func(e *roster.Employee) { e.Sections = nil },
		"profile":          func(e *roster.Employee) { profile.Set(e, roster.Datum{ID: 7, Text: "Reader"}) },
		"custom field":     func(e *roster.Employee) { e.Extensions = map[string]string{"e_site": "Nantes"} },
		"custom field, id": func(e *roster.Employee) { e.ExtensionIDs = map[string]int{"e_site": 8802} },
		"right":            func(e *roster.Employee) { e.Hidden = roster.BirthDate },
	} {
		e := base()
		change(e)
		got := plan.Fingerprint(e)
		if other, known := seen[got]; known {
			t.Errorf("a change of %s is the same as one of %s", name, other)
		}
		seen[got] = name
	}
	if again := plan.Fingerprint(base()); again != same {
		t.Error("two readings of the same differ")
	}
	calendar, _ := roster.PropertyOf("calendar")
	e := base()
	calendar.Set(e, roster.Datum{ID: 4, Text: "France"})
	if got := plan.Fingerprint(e); got != "e5c55d3a435066771b6c018a34d0d52b" {
		t.Errorf("plans that wait for approval would all be stale: %s", got)
	}
}
