package lucca_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
)

const everything = roster.Login | roster.Mail | roster.EmployeeNumber | roster.LastName | roster.FirstName |
	roster.JobTitle | roster.Gender | roster.ProfessionalMobile | roster.DirectLine | roster.BirthDate |
	roster.ContractStart | roster.ContractEnd | roster.Culture | roster.Manager | roster.EstablishmentRef |
	roster.DepartmentRef | roster.Extensions | roster.Axes | roster.PersonalMail | roster.PersonalMobile |
	roster.Address | roster.PrimaryRole | roster.SecondaryRoles | roster.CategoryRef

func withFields(o *lucca.Options) {
	o.Config.Extensions = map[string]string{"hr_manager": "e_hr", "site": "e_site"}
	o.Config.AnnualSalary = lucca.AnnualSalary{Source: lucca.SalaryExtension, Field: "e_salary"}
}

// v3One is a v3 answer with one item.
func v3One(item string) string { return `{"data":{"items":[` + item + `],"count":1}}` }

// v4One is a v4 answer with one item.
func v4One(item string) string { return `{"items":[` + item + `],"count":1,"next":null}` }

func TestEmployeeInFull(t *testing.T) {
	t.Parallel()
	const item = `{
		"id": 2041, "url": "https://acme.ilucca.net/api/v3/users/2041", "modifiedAt": "2026-10-03T07:15:44.21",
		"lastName": "MORVAN", "firstName": "Ines", "login": "imorvan", "mail": "ines.morvan@acme.example",
		"dtContractStart": "2021-03-01T00:00:00", "dtContractEnd": null, "birthDate": "1990-05-17T00:00:00.000",
		"employeeNumber": "00219", "cultureId": 1036, "jobTitle": "Support", "gender": "Female",
		"professionalMobile": "+33 6 00 00 00 00", "directLine": "", "managerId": 1988, "departmentId": 27,
		"legalEntity": {"id": 3, "name": "Acme Lyon", "url": "x"},
		"USERAXISVALUES_3": {"id": 31, "name": "Ventes"}, "userAxisValues_5": null,
		"extendedData": {"E_HR": {"id": 7, "value": {"id": 1988, "name": "Paul"}}, "e_other": {"id": 8, "value": {}},
			"e_salary": {"id": 9, "value": 42000.50}, "e_site": null, "E_Badge": {"id": 10, "value": "A7"},
			"e_hidden": {"id": 11, "value": null}},
		"personalEmail": "ines@home.example", "personalMobile": "+33 7 00 00 00 00", "address": "1 rue du Lac",
		"rolePrincipalId": 12, "habilitedRoles": [{"id": 45}, {"id": 44}], "CSPID": 2
	}`
	want := roster.Employee{
		ID: 2041, Login: "imorvan", Mail: "ines.morvan@acme.example", EmployeeNumber: "00219",
		LastName: "MORVAN", FirstName: "Ines", JobTitle: "Support", Gender: "Female",
		ProfessionalMobile: "+33 6 00 00 00 00", Culture: "fr-FR",
		BirthDate:     roster.Date{Year: 1990, Month: 5, Day: 17},
		ContractStart: roster.Date{Year: 2021, Month: 3, Day: 1},
		ManagerID:     1988, EstablishmentID: 3, DepartmentID: 27,
		PersonalMail: "ines@home.example", PersonalMobile: "+33 7 00 00 00 00", Address: "1 rue du Lac",
		RoleID: 12, SecondaryRoleIDs: []int{44, 45}, CategoryID: 2,
		Extensions:   map[string]string{"e_hr": "1988", "e_salary": "42000.50", "e_badge": "A7"},
		ExtensionIDs: map[string]int{"e_badge": 10, "e_hidden": 11},
		Sections:     map[int]int{3: 31},
	}
	c := serve(t, &script{answers: map[string][]string{
		usersPath: {v3One(item)}, "/api/v3/axisSections": {`{"data":{"items":[],"count":0}}`},
	}}, withFields)
	s, err := c.Snapshot(t.Context(), roster.Query{Fields: everything, Axes: []int{3, 5}, Codes: []string{"e_badge", "e_hidden"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]roster.Employee{want}, s.Employees, cmpopts.IgnoreUnexported(roster.Employee{})); diff != "" {
		t.Errorf("employee (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff([]roster.Establishment{{ID: 3, Name: "Acme Lyon"}}, s.Establishments); diff != "" {
		t.Errorf("the employee's establishment comes with the employee (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff([]roster.Section{{ID: 31, AxisID: 3, Name: "Ventes"}}, s.Sections); diff != "" {
		t.Errorf("a section that is not listed any more keeps its name (-want +got):\n%s", diff)
	}
}

func TestAbsentIsHiddenAndNullIsEmpty(t *testing.T) {
	t.Parallel()
	nulls := `{"id":1`
	for _, name := range []string{
		"login", "mail", "employeeNumber", "lastName", "firstName", "jobTitle", "gender", "professionalMobile",
		"directLine", "birthDate", "dtContractStart", "dtContractEnd", "cultureID", "managerId", "legalEntity",
		"departmentId", "extendedData", "userAxisValues_3", "personalEmail", "personalMobile", "address",
		"rolePrincipalId", "habilitedRoles", "cspId",
	} {
		nulls += fmt.Sprintf(",%q:null", name)
	}
	for _, tt := range []struct {
		name, item string
		asked      roster.Fields
		want       roster.Fields
	}{
		{"all null", nulls + "}", everything, 0},
		{"all absent", `{"id":1}`, everything, everything},
		{"absent but not asked for", `{"id":1}`, roster.Login | roster.Mail, roster.Login | roster.Mail},
		{"one absent", `{"id":1,"login":"a"}`, roster.Login | roster.BirthDate, roster.BirthDate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, &script{answers: map[string][]string{
				usersPath: {v3One(tt.item)}, "/api/v3/axisSections": {`{"data":{"items":[],"count":0}}`},
			}})
			s, err := c.Snapshot(t.Context(), roster.Query{Fields: tt.asked, Axes: []int{3}})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Employees[0].Hidden; got != tt.want {
				t.Errorf("hidden = %v, want %v", got.Names(), tt.want.Names())
			}
		})
	}
}

func TestCustomFieldValues(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, value, want string }{
		{"text", `{"id":9,"value":"Lyon"}`, "Lyon"},
		{"bare text", `"Lyon"`, "Lyon"},
		{"null", `null`, ""},
		{"a null value", `{"id":9,"value":null}`, ""},
		{"a number keeps its digits", `{"id":9,"value":15.50}`, "15.50"},
		{"an option of a list", `{"id":9,"value":12}`, "12"},
		{"yes or no", `{"id":9,"value":true}`, "true"},
		{"a date", `{"id":9,"value":"2026-03-01T00:00:00"}`, "2026-03-01"},
		{"a date to the millisecond", `{"id":9,"value":"2026-03-01T00:00:00.000"}`, "2026-03-01"},
		{"a time of day stays", `{"id":9,"value":"2026-03-01T08:30:00"}`, "2026-03-01T08:30:00"},
		{"text that only looks like a date", `{"id":9,"value":"T0T0"}`, "T0T0"},
		{"a user", `{"id":9,"value":{"id":1988,"name":"Paul Kern"}}`, "1988"},
		{"a bare user", `{"id":1988,"name":"Paul Kern"}`, "1988"},
		{"several", `[{"id":1,"value":"a"},{"id":2,"value":null},{"id":3,"value":"b"}]`, "a, b"},
		{"none of several", `[]`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, &script{answers: map[string][]string{
				usersPath: {v3One(`{"id":1,"extendedData":{"e_site":` + tt.value + `}}`)},
			}}, withFields)
			s, err := c.Snapshot(t.Context(), roster.Query{Fields: roster.Extensions})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Employees[0].Extensions["e_site"]; got != tt.want {
				t.Errorf("text = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestACompositeCustomFieldIsRefusedByName(t *testing.T) {
	t.Parallel()
	c := serve(t, &script{answers: map[string][]string{
		usersPath: {v3One(`{"id":1,"extendedData":{"e_site":{"id":9,"value":{"street":"` + canary + `"}}}}`)},
	}}, withFields)
	_, err := c.Snapshot(t.Context(), roster.Query{Fields: roster.Extensions})
	if !errors.Is(err, lucca.ErrMalformed) || !strings.Contains(err.Error(), `"e_site": a composite value`) {
		t.Errorf("error = %v", err)
	}
	requireNoCanary(t, err)
}

func TestCulturesBecomeLanguageTags(t *testing.T) {
	t.Parallel()
	for lcid, want := range map[int]string{1036: "fr-FR", 1031: "de-DE", 2057: "en-GB", 2067: "nl-BE", 3082: "es-ES", 99999: "x-lcid-99999"} {
		c := serve(t, &script{answers: map[string][]string{usersPath: {v3One(fmt.Sprintf(`{"id":1,"cultureID":%d}`, lcid))}}})
		s, err := c.Snapshot(t.Context(), roster.Query{Fields: roster.Culture})
		if err != nil || s.Employees[0].Culture != want {
			t.Errorf("culture %d = %q, %v; want %q", lcid, s.Employees[0].Culture, err, want)
		}
	}
}

// tenant is one of everything that a query can ask for.
func tenant() *script {
	return &script{answers: map[string][]string{
		usersPath: {v3One(`{"id":1,"legalEntity":{"id":4,"name":"Archived site"}}`)},
		"/organization/structure/api/departments": {`{"count":2,"next":null,"items":[
			{"id":2,"name":"Direction","code":"D","hierarchy":"/1/","parentId":"/","parentLuccaId":null},
			{"id":27,"name":"Support","code":null,"hierarchy":"/1/2/","parentId":"/1/","parentLuccaId":null}]}`},
		"/organization/structure/api/establishments": {v4One(`{"id":3,"name":"Acme Lyon","code":"LYO","legalUnitId":8}`)},
		"/organization/structure/api/legal-units":    {v4One(`{"id":8,"name":"Acme SAS","code":"SAS"}`)},
		"/organization/structure/api/occupation-categories": {
			v4One(`{"id":2,"name":"Cadre"}`)},
		"/directory/api/4.0/work-contracts": {v4One(`{"id":611,"ownerId":1,"spcId":2,"typeId":1,"startsOn":"2021-03-01"}`)},
		"/remuneration/api/fixed-items": {v4One(`{"id":5,"amount":3200.10,"startsOn":"2026-01-01","endsOn":null,
			"nature":{"id":1,"category":{"id":1,"code":"BASIC_SALARY"}},"workContract":{"ownerId":1}}`)},
		"/api/v3/axisSections": {v3One(`{"id":31,"name":"Ventes","code":"V1"}`)},
	}}
}

func fullQuery() roster.Query {
	return roster.Query{Fields: everything, Departments: true, LegalUnits: true, Contracts: true,
		Categories: true, Pay: true, Axes: []int{3}}
}

func TestSnapshotOfEveryPart(t *testing.T) {
	t.Parallel()
	s, err := serve(t, tenant()).Snapshot(t.Context(), fullQuery())
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(s.Establishments, func(a, b roster.Establishment) int { return cmp.Compare(a.ID, b.ID) })
	s.Employees = nil
	want := roster.Snapshot{
		Establishments: []roster.Establishment{{ID: 3, Name: "Acme Lyon", Code: "LYO", LegalUnitID: 8}, {ID: 4, Name: "Archived site"}},
		LegalUnits:     []roster.LegalUnit{{ID: 8, Name: "Acme SAS", Code: "SAS"}},
		Departments: []roster.Department{
			{ID: 2, Name: "Direction", Code: "D", Hierarchy: "/2/", Parent: "/"},
			{ID: 27, Name: "Support", Hierarchy: "/2/27/", Parent: "/2/"}},
		Contracts:  []roster.Contract{{ID: 611, OwnerID: 1, TypeID: 1, CategoryID: 2, StartsOn: roster.Date{Year: 2021, Month: 3, Day: 1}}},
		Categories: []roster.Category{{ID: 2, Name: "Cadre"}},
		Pay: []roster.PayItem{{OwnerID: 1, Basic: true, Amount: big.NewRat(32001, 10),
			StartsOn: roster.Date{Year: 2026, Month: 1, Day: 1}}},
		Sections: []roster.Section{{ID: 31, AxisID: 3, Name: "Ventes", Code: "V1"}},
	}
	rats := gocmp.Comparer(func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
	if diff := gocmp.Diff(want, s, rats); diff != "" {
		t.Errorf("snapshot (-want +got):\n%s", diff)
	}
}

func TestBadItemsOfOtherListsAreRefused(t *testing.T) {
	t.Parallel()
	const pay = "/remuneration/api/fixed-items"
	item := func(amount, rest string) string {
		return `{"id":5,"amount":` + amount + `,"nature":{"category":{"code":"BASIC_SALARY"}},"workContract":{"ownerId":1}` + rest + `}`
	}
	for _, tt := range []struct{ name, path, item string }{
		{"a contract of nobody", "/directory/api/4.0/work-contracts", `{"id":1,"ownerId":null}`},
		{"a contract without id", "/directory/api/4.0/work-contracts", `{"ownerId":1}`},
		{"a department outside the tree", "/organization/structure/api/departments", `{"id":1,"name":"` + canary + `"}`},
		{"a legal unit without id", "/organization/structure/api/legal-units", `{"name":"` + canary + `"}`},
		{"pay of nobody", pay, `{"id":5,"amount":1,"nature":{"category":{"code":"X"}}}`},
		{"pay of no kind", pay, `{"id":5,"amount":1,"nature":{},"workContract":{"ownerId":1}}`},
		{"pay without an amount", pay, `{"id":5,"nature":{"category":{"code":"X"}},"workContract":{"ownerId":1}}`},
		{"pay in text", pay, item(`"`+canary+`"`, "")},
		{"an amount that would fill the memory", pay, item("1e999999999", "")},
		{"an amount with too many digits", pay, item(strings.Repeat("9", 40), "")},
		{"pay from an impossible day", pay, item("1", `,"startsOn":"2026-13-01"`)},
		{"pay until an impossible day", pay, item("1", `,"endsOn":"`+canary+`"`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := tenant()
			s.answers[tt.path] = []string{v4One(tt.item)}
			if strings.HasPrefix(tt.path, "/api/v3") {
				s.answers[tt.path] = []string{v3One(tt.item)}
			}
			_, err := serve(t, s).Snapshot(t.Context(), fullQuery())
			if !errors.Is(err, lucca.ErrMalformed) || !strings.Contains(err.Error(), tt.path) {
				t.Errorf("error = %v, want ErrMalformed that names the route", err)
			}
			requireNoCanary(t, err)
		})
	}
}

func TestPayWithoutAmountIsNotPaid(t *testing.T) {
	t.Parallel()
	s := tenant()
	s.answers["/remuneration/api/fixed-items"] = []string{v4One(
		`{"id":5,"amount":null,"nature":{"category":{"code":"BONUS"}},"workContract":{"owner":{"id":12}}}`)}
	got, err := serve(t, s).Snapshot(t.Context(), fullQuery())
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]roster.PayItem{{OwnerID: 12}}, got.Pay); diff != "" {
		t.Errorf("pay (-want +got):\n%s", diff)
	}
}

func TestV4PagesAreFollowed(t *testing.T) {
	t.Parallel()
	const path = "/directory/api/4.0/work-contracts"
	contract := func(id int) string { return fmt.Sprintf(`{"id":%d,"ownerId":%d}`, id, id) }
	for _, tt := range []struct {
		name  string
		pages []string
		want  []string // the value of page= in each request
	}{
		{"by number", []string{
			`{"count":2,"items":[` + contract(1) + `]}`, `{"count":2,"items":[` + contract(2) + `]}`}, []string{"1", "2"}},
		{"by token", []string{
			`{"count":2,"next":"!abc","items":[` + contract(1) + `]}`, `{"count":2,"next":null,"items":[` + contract(2) + `]}`}, []string{"1", "%21abc"}},
		{"by address", []string{
			`{"count":2,"next":"https://acme.ilucca.net/x?page=7&limit=1","items":[` + contract(1) + `]}`,
			`{"count":2,"items":[` + contract(2) + `]}`}, []string{"1", "7"}},
		{"by offset", []string{
			`{"count":2,"next":1000,"items":[` + contract(1) + `]}`, `{"count":2,"items":[` + contract(2) + `]}`}, []string{"1", "1000"}},
		{"without a count", []string{
			`{"items":[` + contract(1) + `]}`, `{"items":[` + contract(2) + `]}`, `{"items":[]}`}, []string{"1", "2", "3"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := tenant()
			s.answers[path] = tt.pages
			got, err := serve(t, s).Snapshot(t.Context(), roster.Query{Contracts: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Contracts) != 2 {
				t.Errorf("%d contracts, want 2", len(got.Contracts))
			}
			var pages []string
			for _, q := range s.queries[1:] {
				_, page, _ := strings.Cut(q, "&page=")
				pages = append(pages, page)
			}
			if diff := gocmp.Diff(tt.want, pages); diff != "" {
				t.Errorf("pages asked for (-want +got):\n%s", diff)
			}
		})
	}
}

func TestACountOfOnePageDoesNotEndAV4List(t *testing.T) {
	t.Parallel()
	s := tenant()
	s.answers["/directory/api/4.0/work-contracts"] = []string{
		`{"count":1,"next":"2","items":[{"id":1,"ownerId":1}]}`, `{"count":1,"next":null,"items":[{"id":2,"ownerId":2}]}`,
		`{"count":1,"next":"2","items":[{"id":1,"ownerId":1}]}`, `{"count":1,"next":null,"items":[{"id":2,"ownerId":2}]}`}
	if _, err := serve(t, s).Snapshot(t.Context(), roster.Query{Contracts: true}); !errors.Is(err, lucca.ErrChanged) {
		t.Errorf("error = %v, want ErrChanged rather than half of the contracts", err)
	}
}

func TestProgressIsReportedPageByPage(t *testing.T) {
	t.Parallel()
	var got []lucca.Progress
	c := serve(t, &script{answers: map[string][]string{
		usersPath: {usersPage(1500, ids(1, 1000)...), usersPage(1500, ids(1001, 1500)...)},
	}}, func(o *lucca.Options) { o.Progress = func(p lucca.Progress) { got = append(got, p) } })
	if _, err := c.Snapshot(t.Context(), loginsQuery()); err != nil {
		t.Fatal(err)
	}
	want := []lucca.Progress{{List: "employees", Read: 1000, Total: 1500}, {List: "employees", Read: 1500, Total: 1500}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

func TestStatusAsksForThoseWhoVanished(t *testing.T) {
	t.Parallel()
	s := &script{answers: map[string][]string{usersPath: {
		`{"data":{"count":2,"items":[{"id":1,"dtContractEnd":"2026-10-31T00:00:00"},{"id":3,"dtContractEnd":null}]}}`}}}
	got, err := serve(t, s).Status(t.Context(), []int{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	want := map[int]roster.Date{1: {Year: 2026, Month: 10, Day: 31}, 3: {}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("contract ends (-want +got):\n%s", diff)
	}
	wantQuery := []string{"GET /api/v3/users?fields=id%2CdtContractEnd%2Ccollection.count&formerEmployees=true&id=1%2C2%2C3&orderBy=id%2Casc&paging=0%2C1000"}
	if diff := gocmp.Diff(wantQuery, s.queries); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestStatusKeepsAddressesShort(t *testing.T) {
	t.Parallel()
	s := &script{answers: map[string][]string{usersPath: {usersPage(0)}}}
	if _, err := serve(t, s).Status(t.Context(), ids(1_000_001, 1_000_250)); err != nil {
		t.Fatal(err)
	}
	if len(s.queries) != 3 {
		t.Errorf("%d requests for 250 ids, want 3", len(s.queries))
	}
	for _, q := range s.queries {
		if len(q) > 1500 {
			t.Errorf("an address of %d bytes", len(q))
		}
	}
}

func TestStatusOfNobodyCostsNothing(t *testing.T) {
	t.Parallel()
	c := serve(t, &script{})
	got, err := c.Status(t.Context(), nil)
	if err != nil || len(got) != 0 || c.Requests() != 0 {
		t.Errorf("Status(none) = %v, %v in %d requests", got, err, c.Requests())
	}
}

func TestStatusWhereLuccaCallsUnknownIdsAnError(t *testing.T) {
	t.Parallel()
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := strings.Split(r.URL.Query().Get("id"), ",")
		if slices.Contains(asked, "3") {
			http.Error(w, `{"Status":500,"Message":"User Not Found"}`, http.StatusInternalServerError)
			return
		}
		var items []string
		for _, id := range asked {
			items = append(items, `{"id":`+id+`,"dtContractEnd":null}`)
		}
		fmt.Fprintf(w, `{"data":{"items":[%s],"count":%d}}`, strings.Join(items, ","), len(items))
	}))
	got, err := c.Status(t.Context(), []int{1, 2, 3, 4})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(map[int]roster.Date{1: {}, 2: {}, 4: {}}, got); diff != "" {
		t.Errorf("contract ends (-want +got):\n%s", diff)
	}
}

func TestStatusRefusesAnswersAboutOthers(t *testing.T) {
	t.Parallel()
	c := serve(t, &script{answers: map[string][]string{usersPath: {usersPage(2, 1, 5)}}})
	if got, err := c.Status(t.Context(), []int{1}); !errors.Is(err, lucca.ErrMalformed) || got != nil {
		t.Errorf("Status = %v, %v, want ErrMalformed: the filter was ignored", got, err)
	}
}

func TestCheckTellsWhatTheKeySees(t *testing.T) {
	t.Parallel()
	s := &script{answers: map[string][]string{usersPath: {`{"data":{"count":312,"items":[{"id":1,"login":"a"}]}}`}}}
	c := serve(t, s)
	got, err := c.Check(t.Context(), roster.Query{Fields: roster.Login | roster.BirthDate})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(lucca.Account{Employees: 312, Counted: true, Hidden: roster.BirthDate}, got); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	want := []string{"GET /api/v3/users?fields=id%2Clogin%2CbirthDate%2Ccollection.count&orderBy=id%2Casc&paging=0%2C1000"}
	if diff := gocmp.Diff(want, s.queries); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestCheckReportsEveryListThatFails(t *testing.T) {
	t.Parallel()
	s := tenant()
	delete(s.answers, "/remuneration/api/fixed-items")
	s.answers["/api/v3/axisSections"] = []string{`<html>`}
	a, err := serve(t, s).Check(t.Context(), fullQuery())
	if !errors.Is(err, lucca.ErrNotFound) || !errors.Is(err, lucca.ErrMalformed) {
		t.Errorf("error = %v, want both faults", err)
	}
	if a.Employees != 1 {
		t.Errorf("%d employees, want 1 beside the error", a.Employees)
	}
	// One per list, and the sections once more without the filter that a Lucca may not know.
	if len(s.queries) != 9 {
		t.Errorf("%d requests, want one per list and way", len(s.queries))
	}
}
