package lucca_test

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/secret"
)

// The OAuth client of the tests. Its secret must never come back in an error.
const (
	clientID     = "acme-client"
	clientSecret = "secret-" + canary
)

// both is a tenant that answers the API key and the OAuth client.
func both(size int, change ...func(*sandbox.Options)) *sandbox.Tenant {
	o := sandbox.Options{
		Keys:    []sandbox.Key{{Secret: sandboxKey}},
		Clients: []sandbox.Client{{ID: clientID, Secret: clientSecret}}, RequestsPerMinute: -1,
	}
	for _, f := range change {
		f(&o)
	}
	return sandbox.New(sandbox.NewCompany(size, 7, sandboxDay()), o)
}

// oauth makes the options those of a client without an API key, or with the one given.
func oauth(o *lucca.Options) {
	o.Key = secret.Value{}
	o.OAuth = lucca.OAuthClient{ID: secret.NewValue(clientID), Secret: secret.NewValue(clientSecret)}
	o.Config.OAuth = &lucca.OAuth{TokenURL: o.Config.URL + sandbox.TokenPath}
}

// apiKey makes the options those of the sandbox's key.
func apiKey(o *lucca.Options) { o.Key = secret.NewValue(sandboxKey) }

// file renders a profile's file as a flow would.
func file(t *testing.T, c *lucca.Client, config lucca.Config, name string, sel profile.Selection, people export.Population) []byte {
	t.Helper()
	p, err := profile.Open(name, "")
	if err != nil {
		t.Fatal(err)
	}
	sources := profile.Sources{
		Extensions: config.Extensions, ContractTypes: len(config.ContractTypes) > 0, Labels: config.OAuth != nil, CostCenterAxes: config.CostCenterAxes,
		Lacks: config.Lacks(), Without: "set lucca.api_key",
	}
	b := p.Bind(sel, sources, func(f profile.Fault) {
		if !f.Warning {
			t.Fatalf("%s: %s", f.Path, f.Message)
		}
	})
	s, err := c.Snapshot(t.Context(), export.Query(b, people))
	if err != nil {
		t.Fatal(err)
	}
	r, err := roster.New(s, config.Settings(roster.DateOf(sandboxDay())))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	f, err := export.Source{Roster: r, Binding: b, Population: people}.Render(&out)
	if err != nil {
		t.Fatal(err)
	}
	if f.Sent < 50 {
		t.Fatalf("%d rows: too few to tell anything", f.Sent)
	}
	return out.Bytes()
}

// TestEachFileIsTheSameByV3AndByV5 renders each built-in profile with all columns that v5
// has, of the same people.
func TestEachFileIsTheSameByV3AndByV5(t *testing.T) {
	t.Parallel()
	everyone := export.Population{UpcomingDays: 400, LeaversDays: new(4000)}
	for _, tt := range []struct {
		name, profile string
		sel           profile.Selection
		people        export.Population
	}{
		{"skillup", "skillup", profile.Selection{Columns: profile.Listed(
			"job_title", "gender", "phone", "birth_date", "start_date", "end_date", "contract", "contract_type", "company",
			"management", "department", "service", "manager_email", "n2_email",
		)}, everyone},
		{"skillup, present people", "skillup", profile.Selection{}, export.Population{}},
		{"skillup, one establishment", "skillup", profile.Selection{Columns: profile.Listed("service")}, export.Population{Establishments: []string{"Acme Lyon"}}},
		{"place-de-la-formation", "place-de-la-formation", profile.Selection{Columns: profile.Listed(
			"manager_number", "manager_last_name", "hr_manager_number", "gross_hourly_rate", "function",
		)}, everyone},
		{"place-de-la-formation, other columns", "place-de-la-formation", profile.Selection{Columns: profile.Listed(
			"hr_manager_email", "phone", "establishment", "start_date", "birth_date",
		)}, export.Population{}},
		{"360learning", "360learning", profile.Selection{Omit: []string{"language"}}, everyone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tenant := both(250)
			config := func(o *lucca.Options) {
				o.Config.ContractTypes = map[int]string{1: "CDI", 2: "CDD"}
				o.Config.Extensions = map[string]string{"hr_manager": "e_hr_manager", "hourly_rate": "e_hourly_rate"}
			}
			var older, newer lucca.Config
			byKey := serve(t, tenant, config, apiKey, func(o *lucca.Options) { older = o.Config })
			byClient := serve(t, tenant, config, oauth, func(o *lucca.Options) {
				o.Config.ContractTypes = nil // the labels come from Lucca
				newer = o.Config
			})
			want := file(t, byKey, older, tt.profile, tt.sel, tt.people)
			got := file(t, byClient, newer, tt.profile, tt.sel, tt.people)
			if !bytes.Equal(got, want) {
				t.Errorf("v3 and v4 (-) against v5 (+):\n%s", gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")))
			}
		})
	}
}

// TestTheColumnsThatV5Lacks are a fault of the configuration without a key; there are no
// others, so that each is either the same bytes or told.
func TestTheColumnsThatV5Lacks(t *testing.T) {
	t.Parallel()
	config := lucca.Config{OAuth: new(lucca.OAuth)}
	lacking := make(map[string][]string)
	for _, name := range profile.Builtin() {
		p, err := profile.Open(name, "")
		if err != nil {
			t.Fatal(err)
		}
		sources := profile.Sources{
			Extensions: map[string]string{"hr_manager": "e_a", "hourly_rate": "e_b"}, CostCenterAxes: []int{3}, Salary: profile.SalaryFromPay,
			Labels: true, Lacks: config.Lacks(), Without: "set lucca.api_key too",
		}
		for _, c := range p.Columns {
			sel := profile.Selection{}
			if c.Level == profile.Optional {
				sel.Columns = profile.Listed(strings.Replace(c.Key, "_N", "_1", 1))
			}
			p.Bind(sel, sources, func(f profile.Fault) {
				key, _, told := strings.Cut(f.Message, " has no source: set lucca.api_key too, or leave the column out")
				if !f.Warning && told && !slices.Contains(lacking[name], key) {
					lacking[name] = append(lacking[name], key)
				}
			})
		}
	}
	want := map[string][]string{
		"skillup": {"annual_gross_salary"}, "place-de-la-formation": {"cost_center_code_1", "cost_center_label_1"}, "360learning": {"language"}, "stairwage": {"base_salary", "address"},
	}
	if diff := gocmp.Diff(want, lacking); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestV5ReadsAPageForEachHundred(t *testing.T) {
	t.Parallel()
	tenant := both(500)
	c := serve(t, tenant, oauth)
	q := roster.Query{
		Fields:      roster.Mail | roster.JobTitle | roster.ContractStart | roster.ContractEnd | roster.DepartmentRef | roster.EstablishmentRef,
		Departments: true, Former: true,
	}
	if _, err := c.Snapshot(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	contracts := 0
	for _, u := range tenant.Users() {
		contracts += len(u.Contracts)
	}
	pages := func(n int) int { return (n + 99) / 100 }
	want := map[string]int{
		"/lucca-api/employees": pages(500), "/lucca-api/employments": pages(contracts), "/lucca-api/job-positions": pages(contracts),
		"/lucca-api/departments": 1, "/lucca-api/business-establishments": 1, sandbox.TokenPath: 1,
	}
	got := map[string]int{}
	for _, r := range tenant.Requests() {
		got[r.Route] += r.Count
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if c.Requests() != tenant.RequestTotal()-1 {
		t.Errorf("counted %d requests to the tenant", c.Requests())
	}
}

func TestOnlyWhatAColumnNeedsIsReadByV5(t *testing.T) {
	t.Parallel()
	tenant := both(60)
	c := serve(t, tenant, oauth)
	if _, err := c.Snapshot(t.Context(), roster.Query{Fields: roster.Mail | roster.Login}); err != nil {
		t.Fatal(err)
	}
	if got := tenant.RequestTotal(); got != 2 {
		t.Errorf("%d requests, want a token and the employees: %v", got, tenant.Requests())
	}
}

func TestStatusTellsTheEndOfContractsByV5(t *testing.T) {
	t.Parallel()
	tenant := both(300)
	former := tenant.Users()
	former = slices.DeleteFunc(former, func(u sandbox.User) bool { return u.Applicable(sandbox.DayOf(sandboxDay())).End == 0 })
	ids := []int{99_999, 1 << 62}
	for _, u := range former {
		ids = append(ids, u.ID)
	}
	byKey, err := serve(t, tenant, apiKey).Status(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	for _, asked := range [][]int{ids, ids[2:]} {
		byClient, err := serve(t, tenant, oauth).Status(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(byKey, byClient); diff != "" || len(byKey) != len(former) {
			t.Errorf("v3 (-) against v5 (+):\n%s", diff)
		}
	}
}

func TestWhatTheClientMayNotDoIsOneSentence(t *testing.T) {
	t.Parallel()
	q := roster.Query{Fields: roster.Mail | roster.BirthDate | roster.ContractEnd, Departments: true}
	without := func(scopes ...string) func(*sandbox.Options) {
		return func(o *sandbox.Options) { o.Clients[0].Without = scopes }
	}
	for _, tt := range []struct {
		name   string
		tenant func(*sandbox.Options)
		client func(*lucca.Options)
		class  error
		text   string
	}{
		{"a wrong secret", nil, func(o *lucca.Options) { o.OAuth.Secret = secret.NewValue("wrong-" + canary) }, lucca.ErrClient,
			"get an access token from HOST: the OAuth client is not accepted: check client_id and client_secret of lucca.oauth"},
		{"two scopes that are missing", without("departments.readonly", "employee-personal-records.readonly", "legal-entities.readonly"), nil, lucca.ErrScope,
			"get an access token from HOST: tick departments.readonly, employee-personal-records.readonly for the client at URL/identity/admin/integration-keys: the OAuth client lacks a scope"},
		{"a tenant without v5", func(o *sandbox.Options) { o.NoV5 = true }, nil, lucca.ErrNotFound,
			"list employees at /lucca-api/employees: status 404: not found in Lucca"},
		{"a token endpoint that is a page", nil, func(o *lucca.Options) { o.Config.OAuth.TokenURL = o.Config.URL + "/nothing" }, lucca.ErrMalformed,
			"get an access token from HOST: status 401, which is not that of a token endpoint: check lucca.oauth.token_url: unexpected answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			change := []func(*sandbox.Options){}
			if tt.tenant != nil {
				change = append(change, tt.tenant)
			}
			tenant, url := both(60, change...), ""
			options := []func(*lucca.Options){oauth, func(o *lucca.Options) { url = o.Config.URL }}
			if tt.client != nil {
				options = append(options, tt.client)
			}
			c := serve(t, tenant, options...)
			for _, err := range []error{
				func() error { _, err := c.Snapshot(t.Context(), q); return err }(),
				func() error { _, err := c.Check(t.Context(), q); return err }(),
			} {
				if want := strings.NewReplacer("URL", url, "HOST", strings.TrimPrefix(url, "http://")).Replace(tt.text); !errors.Is(err, tt.class) || err.Error() != want {
					t.Errorf("got  %v\nwant %s", err, want)
				}
				requireNoCanary(t, err)
			}
		})
	}
}

// TestARouteOfV5ThatDoesNotAnswerIsNamed: without a key there is no other way, so that the
// export fails and says at which list.
func TestARouteOfV5ThatDoesNotAnswerIsNamed(t *testing.T) {
	t.Parallel()
	q := roster.Query{
		Fields:      roster.Mail | roster.JobTitle | roster.ContractEnd | roster.BirthDate | roster.EstablishmentRef | roster.DepartmentRef,
		Departments: true, LegalUnits: true, Categories: true, Contracts: true, ContractTypes: true,
	}
	tenant := both(60)
	scopes := lucca.Scopes(q)
	if len(scopes) != 9 {
		t.Fatalf("%d scopes: %v", len(scopes), scopes)
	}
	for _, scope := range scopes {
		path := "/lucca-api/" + strings.TrimSuffix(scope, ".readonly")
		for status, class := range map[int]error{
			http.StatusNotFound: lucca.ErrNotFound, http.StatusForbidden: lucca.ErrScope, http.StatusBadRequest: lucca.ErrRejected,
			http.StatusMovedPermanently: lucca.ErrMalformed,
		} {
			shut := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == path {
					w.WriteHeader(status)
					return
				}
				tenant.ServeHTTP(w, r)
			})
			s, err := serve(t, shut, oauth).Snapshot(t.Context(), q)
			if !errors.Is(err, class) || !strings.Contains(err.Error(), "at "+path+": ") || len(s.Employees) > 0 {
				t.Errorf("%s with %d: %v, with %d employees", path, status, err, len(s.Employees))
			}
			if status == http.StatusForbidden && !strings.Contains(err.Error(), scope) {
				t.Errorf("%s: want the scope in %v", path, err)
			}
		}
	}
}

func TestTheClientBesideAKeyIsTriedToo(t *testing.T) {
	t.Parallel()
	tenant := both(60, func(o *sandbox.Options) { o.Clients[0].Without = []string{"departments.readonly"} })
	c := serve(t, tenant, oauth, apiKey)
	for _, tt := range []struct {
		q    roster.Query
		want string
	}{
		{roster.Query{Fields: roster.Mail | roster.DepartmentRef, Departments: true}, "try lucca.oauth beside the key: get an access token from "},
		{roster.Query{Fields: roster.Mail}, ""},
		{roster.Query{Fields: roster.Mail, Departments: true, Pay: true}, ""}, // v5 could not stand in anyway
	} {
		a, err := c.Check(t.Context(), tt.q)
		if a.Employees == 0 || tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, lucca.ErrScope) || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%d employees, %v, want %q", a.Employees, err, tt.want)
		}
	}
}

func TestWritingNeedsTheKey(t *testing.T) {
	t.Parallel()
	tenant := both(60)
	c := serve(t, tenant, oauth)
	if err := c.Update(t.Context(), 101, lucca.Properties{"jobTitle": "x"}); !errors.Is(err, lucca.ErrNoKey) {
		t.Errorf("update: %v", err)
	}
	if _, err := c.Create(t.Context(), lucca.Properties{"login": "x"}); !errors.Is(err, lucca.ErrNoKey) || errors.Is(err, lucca.ErrDoubt) {
		t.Errorf("create: %v", err)
	}
	if tenant.RequestTotal() != 0 {
		t.Errorf("sent %v", tenant.Requests())
	}
}

func count(tenant *sandbox.Tenant, route string, status int) (n int) {
	for _, r := range tenant.Requests() {
		if r.Route == route && r.Status == status {
			n += r.Count
		}
	}
	return n
}

func TestFactsAreToldByV5(t *testing.T) {
	t.Parallel()
	f, err := serve(t, both(60), oauth).Facts(t.Context())
	if err != nil || len(f.Establishments) != 4 || len(f.ContractTypes) != 2 || f.ContractTypes[0].Label != "CDI" {
		t.Errorf("got %+v, %v", f, err)
	}
	codes := make([]string, len(f.CustomFields))
	for i, d := range f.CustomFields {
		codes[i] = d.Code
	}
	if !slices.Equal(codes, []string{"e_hourly_rate", "e_hr_manager"}) {
		t.Errorf("custom fields %q", codes)
	}
	narrow := both(60, func(o *sandbox.Options) {
		o.Clients[0].Without = []string{"employee-attribute-definitions.readonly", "employee-extension-definitions.readonly", "employment-templates.readonly"}
	})
	if f, err := serve(t, narrow, oauth).Facts(t.Context()); err != nil || len(f.Establishments) != 4 || len(f.CustomFields)+len(f.ContractTypes) > 0 {
		t.Errorf("with fewer scopes: %+v, %v", f, err)
	}
}

func maps(m map[string][]string) map[string][]string {
	out := make(map[string][]string, len(m))
	for k, v := range m {
		out[k] = slices.Clone(v)
	}
	return out
}

func TestThePositionOfADepartmentIsKeptWithoutItsParents(t *testing.T) {
	t.Parallel()
	c := v5Script(t, map[string][]string{
		"employees": {v5Page(1, "", `{"id":"101","applicableJobPosition":{"id":"1"}}`)}, "job-positions": {v5Page(1, "", `{"id":"1","department":{"id":"9"}}`)},
		"departments": {v5Page(2, "", `{"id":"9","name":"Paie","parent":{"id":"8"},"level":4}`, `{"id":"8","name":"RH","parent":{"id":"7"},"level":3}`)},
	})
	s, err := c.Snapshot(t.Context(), roster.Query{Fields: roster.DepartmentRef, Departments: true})
	if err != nil {
		t.Fatal(err)
	}
	r, err := roster.New(s, roster.Settings{Day: roster.DateOf(sandboxDay())})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Department(r.Employees()[0]); !slices.Equal(got, []string{"", "", "RH", "Paie"}) {
		t.Errorf("got %q", got)
	}
}

// TestExportsGoOnByV5WhenTheUsersOfV3AreGone: with a key and a client, a route that disappears
// changes nothing in a file.
func TestExportsGoOnByV5WhenTheUsersOfV3AreGone(t *testing.T) {
	t.Parallel()
	sel := profile.Selection{Columns: profile.Listed("job_title", "contract", "contract_type", "company", "service", "manager_email")}
	mixed := func(o *lucca.Options) { oauth(o); apiKey(o); o.Config.APIKey = secret.Ref{Env: "KEY"} }
	for _, status := range []int{http.StatusNotFound, http.StatusGone, http.StatusMovedPermanently, http.StatusForbidden} {
		var config lucca.Config
		tenant := both(250)
		c := serve(t, tenant, mixed, func(o *lucca.Options) { config = o.Config })
		want := file(t, c, config, "skillup", sel, export.Population{})
		if n := count(tenant, "/lucca-api/employees", 200); n != 0 {
			t.Errorf("read employees %d times by v5 while v3 answers", n)
		}
		gone := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == usersPath {
				w.WriteHeader(status)
				return
			}
			tenant.ServeHTTP(w, r)
		})
		c = serve(t, gone, mixed)
		if got := file(t, c, config, "skillup", sel, export.Population{}); !bytes.Equal(got, want) {
			t.Errorf("status %d changes the file", status)
		}
		q := roster.Query{Fields: roster.Mail | roster.Culture}
		if _, err := c.Snapshot(t.Context(), q); err == nil || count(tenant, "/lucca-api/employees", 200) > 5 {
			t.Errorf("status %d: what v5 does not have was read by it: %v", status, err)
		}
	}
}
