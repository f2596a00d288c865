package hire_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// TestAPlanCreatesWhoWasHired takes two homonyms from events to the plan: defaults are
// filled in, by department where there is a rule, and logins are made and differ.
func TestAPlanCreatesWhoWasHired(t *testing.T) {
	t.Parallel()
	people, err := roster.New(roster.Snapshot{
		Employees:      []roster.Employee{{ID: 1, Login: "arossi", LastName: "Rossi", FirstName: "Ugo", Mail: "u@acme.example", EstablishmentID: 1, DepartmentID: 1}},
		Establishments: []roster.Establishment{{ID: 1, Name: "Acme Lyon"}, {ID: 2, Name: "Acme Nantes"}},
		Departments:    []roster.Department{{ID: 1, Name: "Support", Hierarchy: "/1.0/"}, {ID: 2, Name: "Achats", Hierarchy: "/2.0/"}},
		Roles:          []roster.Role{{ID: 7, Name: "Utilisateur"}},
	}, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 22}})
	if err != nil {
		t.Fatal(err)
	}
	config := hire.Config{Source: "flatchr", Defaults: plan.Defaults{
		Values: map[string]string{"legalEntity": "Acme Lyon", "department": "Support", "rolePrincipal": "Utilisateur"},
		By:     []plan.DefaultRule{{When: plan.DefaultScope{Department: "Achats"}, Set: map[string]string{"legalEntity": "Acme Nantes"}}},
	}}
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	events := []hire.Event{
		{Source: "flatchr", ExternalID: "1", LastName: "Rossi", FirstName: "Àda", PersonalMail: "ada@mail.example", Phone: "06 76 56 45 23", HiredAt: at},
		{Source: "flatchr", ExternalID: "2", LastName: "d'Or", FirstName: "Zoé", Mail: "zoe@acme.example", Department: "Achats", HiredAt: at, ContractStart: roster.Date{Year: 2027, Month: 1, Day: 4}},
		{Source: "flatchr", ExternalID: "3", LastName: "Sans", FirstName: "Adresse", HiredAt: at},
	}
	table := hire.Rows(events, hire.Settings{Config: config, Zone: time.UTC})
	p := plan.Make(table, people, config.Policy())
	for i, want := range []struct {
		action               plan.Action
		login, start, entity string
	}{
		{plan.Create, "arossi2", "2026-11-20", "Acme Lyon"},
		{plan.Create, "zdor", "2027-01-04", "Acme Nantes"},
		{plan.Reject, "", "", ""},
	} {
		item := p.Items[i]
		if item.Action != want.action || item.Login != want.login {
			t.Errorf("hire %d: %s with login %q, want %s %q", i+1, item.Action, item.Login, want.action, want.login)
		}
		if got := item.Set.Get("dtContractStart").To; got != want.start {
			t.Errorf("hire %d starts on %q, want %q", i+1, got, want.start)
		}
		if got := item.Set.Get("legalEntity").To; got != want.entity {
			t.Errorf("hire %d is of %q, want %q", i+1, got, want.entity)
		}
	}
	var used []string
	for _, f := range hire.DefaultsUsed(table, p).Listed {
		used = append(used, fmt.Sprint(f.Row, " ", f.Column))
	}
	// The second hire's department was sent, and its establishment is the rule's.
	if want := []string{"2 department", "2 legalEntity", "2 rolePrincipal", "3 legalEntity", "3 rolePrincipal"}; !slices.Equal(used, want) {
		t.Errorf("defaults used: %q, want %q", used, want)
	}
	for _, f := range p.Findings {
		if f.Severity == finding.Error && f.Row != 4 {
			t.Errorf("said %v", f)
		}
	}
}
