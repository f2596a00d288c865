package main

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/sandbox"
)

const partnerPassword = "canary-password-of-the-partner"

// keys are the API keys of the tenant, by the variable that holds each.
func keys() map[string]sandbox.Key {
	return map[string]sandbox.Key{
		"LUCCA_API_KEY": {Secret: "canary-key-of-everything"},
		"KEY_LYON":      {Secret: "canary-key-of-lyon", Establishments: []int{1}},
		"KEY_NOBODY":    {Secret: "canary-key-of-nobody", Establishments: []int{99}},
		"KEY_NO_NUMBER": {Secret: "canary-key-without-numbers", Hidden: []string{"employeeNumber"}},
		"KEY_NO_PAY":    {Secret: "canary-key-without-pay", NoPay: true},
		"KEY_OF_EVE":    {Secret: "canary-key-of-eve", UserID: 105},
		"KEY_READ_ONLY": {Secret: "canary-key-that-reads", ReadOnly: true},
	}
}

// clients are the OAuth clients of the tenant: $LUCCA_CLIENT_ID and $LUCCA_CLIENT_SECRET see
// everything, $NARROW_CLIENT_ID and $NARROW_CLIENT_SECRET have not been given two scopes.
func clients() map[string]sandbox.Client {
	return map[string]sandbox.Client{
		"LUCCA_CLIENT":  {ID: "acme-client", Secret: "canary-secret-of-everything"},
		"NARROW_CLIENT": {ID: "narrow-client", Secret: "canary-secret-of-little", Without: []string{"departments.readonly", "job-positions.readonly"}},
	}
}

// lastNames are those of the company: five of Lyon, five of Nantes, kim who has left, and
// leo who has not come yet. The first name is the login without the last.
var lastNames = []string{
	"ada Arnoult", "bea Bellefond", "cyd Castagne", "dan Delacroix", "eve Estienne",
	"fay Fontanel", "gil Grandpre", "hal Hautefeuille", "ivy Isambert", "jon Jouvencel",
	"kim Kermadec", "leo Lavaudan",
}

// company is a small one: ada (id 101, number 0101M, login ada, mail ada.arnoult@acme.example)
// is the manager of everybody; the others follow in the order of the alphabet.
func company(now time.Time) *sandbox.Company {
	today := sandbox.DayOf(now)
	c := &sandbox.Company{
		Today:      today,
		LegalUnits: []sandbox.LegalUnit{{ID: 1, Name: "Acme SAS", Code: "ACME"}},
		Establishments: []sandbox.Establishment{
			{ID: 1, Name: "Acme Lyon", Code: "LYO", LegalUnitID: 1}, {ID: 2, Name: "Acme Nantes", Code: "NTE", LegalUnitID: 1},
		},
		Departments: []sandbox.Department{{ID: 1, Name: "Conseil", Code: "CO", Ranks: []int{1}}},
		Roles:       []sandbox.Named{{ID: 1, Name: "Utilisateur"}},
		Categories:  []sandbox.Named{{ID: 1, Name: "Cadre"}},
		Cultures:    []sandbox.Named{{ID: 1036, Name: "fr-FR"}},
	}
	for i, name := range lastNames {
		first, last, _ := strings.Cut(name, " ")
		contract := sandbox.Contract{ID: i + 1, Start: today - 400, EstablishmentID: 1 + i/5%2, CategoryID: 1, TypeID: 1}
		switch first {
		case "kim":
			contract.End = today - 10
		case "leo":
			contract.Start = today + 30
		}
		c.Users = append(c.Users, sandbox.User{
			ID: 101 + i, FirstName: strings.ToUpper(first[:1]) + first[1:], LastName: last,
			Login: first, Mail: first + "." + strings.ToLower(last) + "@acme.example", EmployeeNumber: fmt.Sprintf("0%dM", 101+i),
			JobTitle: "Chef; dit \"le Grand\"", Gender: "Female", ProfessionalMobile: fmt.Sprintf("06 39 98 00 %02d", i),
			BirthDate: sandbox.DayOf(time.Date(1984, 2, 10+i, 0, 0, 0, 0, time.UTC)), CultureID: 1036, CalendarID: 1, DepartmentID: 1, ManagerID: 101, RoleID: 1,
			Contracts: []sandbox.Contract{contract},
			Pay:       []sandbox.PayItem{{ID: i + 1, Cents: 300_000, Start: contract.Start}},
		})
	}
	return c
}

// crowd is the small company with so many more people of one kind.
func crowd(now time.Time, more int) *sandbox.Company {
	c := company(now)
	for i := range more {
		u := c.Users[1]
		u.ID, u.EmployeeNumber = 1000+i, fmt.Sprintf("%06d", i)
		u.Login, u.Mail = fmt.Sprintf("crowd%d", i), fmt.Sprintf("crowd%d@acme.example", i)
		u.Contracts = []sandbox.Contract{u.Contracts[0]}
		u.Contracts[0].ID = u.ID
		u.Pay = []sandbox.PayItem{{ID: u.ID, Cents: 250_000, Start: u.Contracts[0].Start}}
		c.Users = append(c.Users, u)
	}
	return c
}

// serve starts a Lucca tenant without a limit of requests, and returns it and its address.
func serve(t testing.TB, c *sandbox.Company) (tenant *sandbox.Tenant, url string) {
	t.Helper()
	tenant = sandbox.New(c, sandbox.Options{
		Keys: []sandbox.Key{keys()["LUCCA_API_KEY"]}, RequestsPerMinute: -1,
	})
	server := httptest.NewServer(tenant)
	t.Cleanup(server.Close)
	return tenant, server.URL
}

// secrets are words that only the partner and Lucca may ever see.
func secrets() []string {
	words := []string{partnerPassword}
	for _, k := range keys() {
		words = append(words, k.Secret)
	}
	return words
}

// personal are words about employees that belong in files and nowhere else.
func personal() []string {
	var words []string
	for _, u := range company(time.Now()).Users {
		words = append(words, u.LastName, u.Mail, u.EmployeeNumber, u.ProfessionalMobile,
			u.BirthDate.String(), u.BirthDate.Time().Format("02/01/2006"))
	}
	return append(words, "le Grand")
}
