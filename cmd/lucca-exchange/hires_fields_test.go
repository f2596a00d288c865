package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/internal/state"
)

// hiringCompany is the small company with more to refer to.
func hiringCompany() *sandbox.Company {
	c := company(time.Now())
	c.Departments = append(c.Departments,
		sandbox.Department{ID: 2, Name: "Support", Code: "SU", Ranks: []int{2}}, sandbox.Department{ID: 3, Name: "Achats", Code: "AC", Ranks: []int{3}})
	c.Extensions = append(c.Extensions, "e_contract")
	c.Roles = append(c.Roles, sandbox.Named{ID: 2, Name: "Responsable"})
	return c
}

// said are the codes of what the administrator is told of each hire, by the hire's id, each
// with its column.
func (r *recruiting) said(t testing.TB) map[string][]string {
	t.Helper()
	said := map[string][]string{}
	for _, record := range r.runs(t, "ats") {
		out, complaints, code := r.do(t, "runs", "show", record.ID, "--json")
		if code != 0 {
			t.Fatalf("runs show: %s", complaints)
		}
		var shown state.Record
		if err := json.Unmarshal([]byte(out), &shown); err != nil {
			t.Fatal(err)
		}
		for _, f := range shown.Findings {
			if id, _, ok := strings.Cut(strings.TrimPrefix(f.Message, "hire "), ":"); ok {
				said[id] = append(said[id], strings.TrimSpace(f.Code+" "+f.Column))
			}
		}
	}
	return said
}

// named finds a hire by the last name.
func named(t testing.TB, list []inspect.Hire, last string) inspect.Hire {
	t.Helper()
	for _, h := range list {
		if strings.HasSuffix(h.Name, " "+last) {
			return h
		}
	}
	t.Fatalf("there is no hire of %s", last)
	return inspect.Hire{}
}

// fields is what Lucca is to know of somebody, in words; see known.
func (r *recruiting) fields(t testing.TB, id int) map[string]string {
	t.Helper()
	u, ok := r.tenant.User(id)
	if !ok {
		t.Fatalf("there is no user %d", id)
	}
	got, _ := known(r.tenant, u.Login)
	got["login"], got["phone"], got["personal"] = u.Login, u.ProfessionalMobile, u.PersonalMail
	for code, e := range u.Extensions {
		got[code] = strings.Trim(string(e.Value), `"`)
	}
	return got
}

// fieldCase is one hire, what becomes of it, and what the administrator is told.
type fieldCase struct {
	name, last string
	want       map[string]string
	says       []string
}

func (r *recruiting) checkFields(t *testing.T, cases []fieldCase) {
	t.Helper()
	list := r.settled(t, len(cases))
	said := r.said(t)
	for _, c := range cases {
		h := named(t, list, c.last)
		if h.State != state.HireApplied {
			t.Errorf("%s: the hire is %s because %s", c.name, h.State, h.Reason)
			continue
		}
		got := r.fields(t, h.EmployeeID)
		for _, field := range slices.Sorted(maps.Keys(c.want)) {
			if got[field] != c.want[field] {
				t.Errorf("%s: %s is %q, want %q", c.name, field, got[field], c.want[field])
			}
		}
		slices.Sort(said[h.ID])
		slices.Sort(c.says)
		if !slices.Equal(said[h.ID], c.says) {
			t.Errorf("%s: the administrator is told %q, want %q", c.name, said[h.ID], c.says)
		}
	}
}

// byFlatchr is what is completed when Flatchr sends no more than it did at first.
func byFlatchr(more ...string) []string {
	return append([]string{
		"personal_mail mail", "start_by_fallback dtContractStart",
		"default_used legalEntity", "default_used department", "default_used rolePrincipal",
	}, more...)
}

// TestHiresFieldsOfFlatchr sends every case of the fields that the articles about the
// connector name, the older ones in English and French and the newer one in German.
func TestHiresFieldsOfFlatchr(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, hiringCompany(), `contract_type: e_contract,
      defaults: {legalEntity: Acme Lyon, department: Conseil, rolePrincipal: Utilisateur,
        by: [{when: {department: Achats}, set: {legalEntity: Acme Nantes, rolePrincipal: Responsable}}, {when: {legalEntity: Acme Nantes}, set: {culture: fr-FR}}]}`)
	bare := r.ats.AddVacancy(flatchr.Vacancy{Title: "Comptable"})
	buyer := r.ats.AddVacancy(flatchr.Vacancy{Title: "Acheteur", Department: "Achats", ContractType: 2, StartDate: "2027-01-03T23:00:00.000Z"})
	d := r.start(t)
	move := func(a flatchr.Applicant, days int) {
		t.Helper()
		a.FirstName, a.Email = or(a.FirstName, "Pauline"), or(a.Email, strings.ToLower(a.LastName)+"@mail.example")
		body, err := r.ats.MoveToHired(r.candidate(t, a), time.Now().AddDate(0, 0, days))
		if err != nil {
			t.Fatal(err)
		}
		r.accepted(t, d, body)
	}
	move(flatchr.Applicant{LastName: "Dubonneau"}, -1)
	move(flatchr.Applicant{LastName: "Dumobile", Phone: "06 76 56 45 23", VacancyID: bare}, 0)
	move(flatchr.Applicant{LastName: "Duprefixe", Phone: "+33 (0)6 54 34 23 84", VacancyID: bare}, 0)
	move(flatchr.Applicant{LastName: "Dubelge", Phone: "+32 470 12 34 56", VacancyID: bare}, 0)
	move(flatchr.Applicant{LastName: "Dusans", Phone: "voir CV", VacancyID: bare}, 0)
	move(flatchr.Applicant{LastName: "Einkauf", VacancyID: buyer}, 0)
	move(flatchr.Applicant{FirstName: "Élise", LastName: "Müller", VacancyID: bare, Email: "em@mail.example"}, 0)
	move(flatchr.Applicant{FirstName: "Eric", LastName: "Muller", VacancyID: bare}, 0)
	move(flatchr.Applicant{FirstName: "Anne-Lise", LastName: "d’Arc Œuvre", VacancyID: bare, Email: "arc@mail.example"}, 0)
	lyon := map[string]string{"establishment": "1", "department": "1", "role": "1"}
	with := func(pairs ...string) map[string]string {
		want := maps.Clone(lyon)
		for i := 0; i+1 < len(pairs); i += 2 {
			want[pairs[i]] = pairs[i+1]
		}
		return want
	}
	r.checkFields(t, []fieldCase{
		{"names, personal address, day of the move, defaults", "Dubonneau", with(
			"firstName", "Pauline", "lastName", "Dubonneau", "mail", "dubonneau@mail.example", "personal", "dubonneau@mail.example",
			"start", "-1", "login", "pdubonneau", "phone", "", "jobTitle", "Vendeur", "e_contract", "CDI"), byFlatchr()},
		{"phone without a country", "Dumobile", with("phone", "+33676564523", "start", "0"), byFlatchr()},
		{"phone with a country and a trunk zero", "Duprefixe", with("phone", "+33654342384"), byFlatchr()},
		{"phone of another country", "Dubelge", with("phone", "+32470123456"), byFlatchr()},
		{"no phone at all", "Dusans", with("phone", ""), byFlatchr("phone_unreadable professionalMobile")},
		{"department, contract type, start date, defaults by department", "Einkauf", map[string]string{
			"department": "3", "establishment": "2", "role": "2", "e_contract": "CDD", "jobTitle": "Acheteur",
			"start": fmt.Sprint(int(sandbox.DayOf(time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)) - sandbox.DayOf(time.Now()))),
		}, []string{"personal_mail mail", "default_used legalEntity", "default_used rolePrincipal", "default_used culture"}},
		{"login without accents", "Müller", with("login", "emuller"), byFlatchr()},
		{"login that is taken", "Muller", with("login", "emuller2"), byFlatchr()},
		{"login of several words", "Œuvre", with("login", "adarcoeuvre"), byFlatchr()},
	})
	d.stop(t)
	unspoken(t, d.said.String(), "dubonneau", "müller", "muller", "chirurgienne", "vendeur", "676564523")
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// TestHiresFieldsOfArca24 sends every field that the article about the connector names, as
// the webhook of one hire and of several.
func TestHiresFieldsOfArca24(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, hiringCompany(), "source: arca24, country: BE, login: '{first}.{last}', defaults: {department: Conseil, rolePrincipal: Utilisateur, by: [{when: {department: Achats}, set: {legalEntity: LYO}}]}")
	d := r.start(t)
	r.accepted(t, d, []byte(`{"externalId": 77, "lastName": "Arcadi", "firstName": "Ève", "mail": "eve.arcadi@acme.example", "personalEmail": "eve@mail.example",
		"dtContractStart": "2027-01-04", "jobTitle": "Acheteuse", "legalEntity": "Acme Nantes", "department": "Support", "manager": "bea.bellefond@acme.example",
		"rolePrincipal": "responsable", "phone": "0470 12 34 56", "contractType": "CDI", "hiredAt": "2026-11-20T10:00:00+01:00"}`))
	r.accepted(t, d, []byte(`[
		{"externalId": "78", "lastName": "Arconi", "firstName": "Jo", "personalEmail": "jo@mail.example", "legalEntity": "NTE", "manager": "Bea Bellefond", "stranger": 1},
		{"externalId": "79", "lastName": "Arcuri", "firstName": "Lu", "mail": "lu@acme.example", "dtContractStart": "le 3 mars", "department": "Achats", "hiredAt": "`+time.Now().AddDate(0, 0, -2).Format(time.DateOnly)+`"}]`))
	r.checkFields(t, []fieldCase{
		{"everything is sent", "Arcadi", map[string]string{
			"mail": "eve.arcadi@acme.example", "personal": "eve@mail.example", "jobTitle": "Acheteuse", "establishment": "2", "department": "2",
			"manager": "bea", "role": "2", "phone": "+32470123456", "login": "eve.arcadi",
			"start": fmt.Sprint(int(sandbox.DayOf(time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)) - sandbox.DayOf(time.Now()))),
		}, []string{"unknown_contract_type contractType"}},
		{"the personal address stands in", "Arconi", map[string]string{
			"mail": "jo@mail.example", "personal": "jo@mail.example", "establishment": "2", "department": "1", "role": "1", "manager": "bea", "start": "0",
		}, []string{"personal_mail mail", "start_by_fallback dtContractStart", "default_used department", "default_used rolePrincipal", "unknown_keys"}},
		{"a start date that is none", "Arcuri", map[string]string{
			"mail": "lu@acme.example", "department": "3", "establishment": "1", "start": "-2",
		}, []string{"start_by_fallback dtContractStart", "date_unreadable dtContractStart", "default_used legalEntity", "default_used rolePrincipal"}},
	})
	d.stop(t)
}
