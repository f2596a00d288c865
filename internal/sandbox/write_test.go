package sandbox_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"lucca-exchange/internal/sandbox"
)

// newcomerWith is the newcomer with some members changed; "-" leaves one out.
func newcomerWith(t *testing.T, changes map[string]any) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(newcomer), &m); err != nil {
		t.Fatal(err)
	}
	for name, value := range changes {
		if value == "-" {
			delete(m, name)
		} else {
			m[name] = value
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func created(t *testing.T, got reply) person {
	t.Helper()
	var item struct{ Data person }
	if err := json.Unmarshal([]byte(got.body), &item); err != nil || got.status != 200 {
		t.Fatalf("created: %d %s %v", got.status, got.body, err)
	}
	return item.Data
}

func TestCreateUser(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"flat":         newcomer,
		"wrapped":      `{"data":` + newcomer + `}`,
		"another case": strings.NewReplacer("firstName", "FIRSTNAME", "legalEntityId", "LegalEntityID", "dtContractStart", "DtContractStart").Replace(newcomer),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, 24, sandbox.Options{})
			got := s.do(t, "POST", "/api/v3/users?contract=true&fields=id,login", body)
			p := created(t, got)
			if want := fmt.Sprintf(`{"data":{"id":%d,"login":"obellec"}}`, p.ID); got.body != want {
				t.Errorf("answer %s, want %s", got.body, want)
			}
			u, found := s.User(p.ID)
			if !found || u.FirstName != "Omar" || u.JobTitle != "Technician" || len(u.Contracts) != 1 || u.Sections[3] != 304 ||
				string(u.Extensions["e_hr_manager"].Value) != "101" || u.Extensions["e_hr_manager"].ID == 0 {
				t.Fatalf("kept %+v", u)
			}
			if c := u.Contracts[0]; c.Start.String() != "2026-12-01" || c.End != 0 || c.EstablishmentID != 3 || c.ID == 0 {
				t.Errorf("contract %+v, want one in establishment 3 from 2026-12-01", c)
			}
			contracts := s.get(t, "/directory/api/4.0/work-contracts?limit=0&fields.root=count&ownerId="+id(p.ID))
			if contracts.body != `{"count":1,"items":[]}` {
				t.Errorf("work contracts: %s", contracts.body)
			}
		})
	}
}

func TestCreateWithoutContract(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	p := created(t, s.do(t, "POST", "/api/v3/users?contract=false", newcomer))
	u, _ := s.User(p.ID)
	if len(u.Contracts) != 0 || p.DtContractStart != "2026-12-01T00:00:00" {
		t.Errorf("contracts %v, start %s; want none and the start that was sent", u.Contracts, p.DtContractStart)
	}
	if got := s.do(t, "POST", "/api/v3/users?contract=maybe", newcomerWith(t, map[string]any{"login": "x", "employeeNumber": "-"})); got.status != 400 {
		t.Errorf("contract=maybe: %d, want 400", got.status)
	}
}

func TestCreateIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	taken, _ := s.User(103)
	place := taken.Applicable(s.company.Today).EstablishmentID
	refused := map[string]map[string]any{
		"login is taken":                 {"login": strings.ToUpper(taken.Login)},
		"number is taken at the site":    {"employeeNumber": taken.EmployeeNumber, "legalEntityId": place},
		"unknown establishment":          {"legalEntityId": 99},
		"unknown department":             {"departmentId": 99},
		"unknown role":                   {"rolePrincipalId": 99},
		"unknown secondary role":         {"habilitedRoles": []any{map[string]any{"id": 99}}},
		"unknown manager":                {"managerId": 99999},
		"unknown culture":                {"cultureID": 1},
		"unknown category":               {"cspId": 99},
		"unknown section":                {"userAxisValues_3": map[string]any{"id": 1}},
		"unknown custom field":           {"e_nothing": map[string]any{"value": 1}},
		"custom field without an object": {"e_hr_manager": 101},
		"custom value that is not there": {"e_hr_manager": map[string]any{"id": 9, "value": 101}},
		"end before start":               {"dtContractEnd": "2026-11-30"},
		"date that is none":              {"dtContractStart": "01/12/2026"},
		"number where a text belongs":    {"lastName": 5},
		"text where a number belongs":    {"departmentId": "27"},
	}
	for _, name := range []string{"firstName", "lastName", "mail", "login", "legalEntityId", "departmentId", "rolePrincipalId", "dtContractStart"} {
		refused["no "+name] = map[string]any{name: "-"}
		refused["null "+name] = map[string]any{name: nil}
	}
	for name, changes := range refused {
		if got := s.do(t, "POST", "/api/v3/users?contract=true", newcomerWith(t, changes)); got.status != 400 {
			t.Errorf("%s: %d %s, want 400", name, got.status, got.body)
		}
	}
	for _, body := range []string{"", "null", "[]", "{", `"x"`, `{"data":5}`} {
		if got := s.do(t, "POST", "/api/v3/users?contract=true", body); got.status != 400 {
			t.Errorf("body %q: %d, want 400", body, got.status)
		}
	}
	if n := len(s.Users()); n != 24 {
		t.Errorf("%d users after refused requests, want 24", n)
	}
	elsewhere := newcomerWith(t, map[string]any{"employeeNumber": taken.EmployeeNumber, "legalEntityId": 3 + (place-2)%4})
	if got := s.do(t, "POST", "/api/v3/users?contract=true", elsewhere); got.status != 200 {
		t.Errorf("the same number at another site: %d %s, want 200", got.status, got.body)
	}
}

func TestUpdateIsPartial(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	before, _ := s.User(103)
	stamp := s.one(t, 103, "modifiedAt").ModifiedAt
	if got := s.do(t, "PUT", "/api/v3/users/103", `{"JOBTITLE":"Cheffe; \"test\"","managerId":null,"unknown":1,"extendedData":{"e_hourly_rate":{"value":1}}}`); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	after, _ := s.User(103)
	if after.JobTitle != `Cheffe; "test"` || after.ManagerID != 0 {
		t.Errorf("kept job title %q and manager %d", after.JobTitle, after.ManagerID)
	}
	if now := s.one(t, 103, "modifiedAt").ModifiedAt; now <= stamp {
		t.Errorf("modifiedAt went from %s to %s", stamp, now)
	}
	after.JobTitle, after.ManagerID, after.ModifiedAt = before.JobTitle, before.ManagerID, before.ModifiedAt
	if fmt.Sprintf("%+v", before) != fmt.Sprintf("%+v", after) {
		t.Errorf("what was not sent changed:\n%+v\n%+v", before, after)
	}
}

func TestUpdateExtensions(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	put := func(body string) int { return s.do(t, "PUT", "/api/v3/users/102", body).status }
	if status := put(`{"e_hourly_rate":{"value":12.5}}`); status != 200 {
		t.Fatalf("first value: %d", status)
	}
	first := s.one(t, 102, "extendedData").ExtendedData["e_hourly_rate"]
	if string(first.Value) != "12.5" || first.ID == 0 {
		t.Errorf("first value is %s with id %d", first.Value, first.ID)
	}
	if status := put(fmt.Sprintf(`{"E_Hourly_Rate":{"id":%d,"value":13}}`, first.ID)); status != 200 {
		t.Errorf("new value: %d", status)
	}
	if second := s.one(t, 102, "extendedData").ExtendedData["e_hourly_rate"]; string(second.Value) != "13" || second.ID != first.ID {
		t.Errorf("second value is %s with id %d, want 13 with id %d", second.Value, second.ID, first.ID)
	}
	if status := put(fmt.Sprintf(`{"e_hourly_rate":{"id":%d,"value":1}}`, first.ID+1)); status != 400 {
		t.Errorf("value with another id: %d, want 400", status)
	}
	if status := put(fmt.Sprintf(`{"e_hourly_rate":{"id":%d,"value":null}}`, first.ID)); status != 200 {
		t.Errorf("delete: %d", status)
	}
	if left, there := s.one(t, 102, "extendedData").ExtendedData["e_hourly_rate"]; there {
		t.Errorf("after the deletion there is %s", left.Value)
	}
}

// The end date of a user is that of the applicable contract, whatever else is sent.
func TestEndDateGoesToTheApplicableContract(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	renewed := s.company.Cast[sandbox.Renewed][0]
	before, _ := s.User(renewed)
	if got := s.do(t, "PUT", "/api/v3/users/"+id(renewed), `{"dtContractEnd":"2026-11-21T00:00:00","legalEntityId":5,"cspId":4}`); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	after, _ := s.User(renewed)
	if after.Contracts[0] != before.Contracts[0] {
		t.Errorf("the former contract changed: %+v", after.Contracts[0])
	}
	if c := after.Contracts[1]; c.End.String() != "2026-11-21" || c.EstablishmentID != 5 || c.CategoryID != 4 {
		t.Errorf("the applicable contract is %+v", c)
	}
	if ids := s.ids(t, "id="+id(renewed)); len(ids) != 0 {
		t.Error("who left yesterday is still listed")
	}
	if got := s.do(t, "PUT", "/api/v3/users/"+id(renewed), `{"dtContractEnd":null}`); got.status != 200 || len(s.ids(t, "id="+id(renewed))) != 1 {
		t.Errorf("open again: %d %s", got.status, got.body)
	}
	if got := s.do(t, "PUT", "/api/v3/users/"+id(renewed), `{"dtContractStart":"1990-01-01"}`); got.status != 400 {
		t.Errorf("start within the former contract: %d, want 400", got.status)
	}
}

func TestSetToday(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	leaving := s.company.Cast[sandbox.Leaving][0]
	u, _ := s.User(leaving)
	last := u.Contracts[0].End
	s.SetToday(last)
	if len(s.ids(t, "id="+id(leaving))) != 1 {
		t.Error("gone on the last day")
	}
	s.SetToday(last + 1)
	if len(s.ids(t, "id="+id(leaving))) != 0 {
		t.Error("still there after the last day")
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			body := newcomerWith(t, map[string]any{"login": fmt.Sprintf("new%d", i), "employeeNumber": fmt.Sprintf("9%d", i)})
			if got := s.do(t, "POST", "/api/v3/users?contract=true&fields=id", body); got.status != 200 {
				t.Errorf("create: %d %s", got.status, got.body)
			}
			s.ids(t, "formerEmployees=true")
			if got := s.do(t, "PUT", "/api/v3/users/103?fields=id", `{"quote":"x"}`); got.status != 200 {
				t.Errorf("update: %d", got.status)
			}
		})
	}
	group.Wait()
	if n := len(s.ids(t, "formerEmployees=true")); n != 32 {
		t.Errorf("%d users, want 32", n)
	}
}
