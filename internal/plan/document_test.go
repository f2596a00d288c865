package plan_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
)

func sample(t testing.TB) *plan.Plan {
	t.Helper()
	return plan.Make(table(t,
		"login;firstName;lastName;mail;dtContractStart;legalEntity;department;rolePrincipal;manager;habilitedRoles_0;culture;e_site",
		"boss;Bo;Ss;boss@acme.example;01/12/2026;LYO;DIR;Utilisateur;;;fr-FR;",
		"imorvan;;;;;;;;boss;Formateur;en-GB;Paris",
		"pkern;;;;;;;;;;;",
		"obellec;;;nope;;;;;;;;",
	), join(t, company(t)), plan.Policy{})
}

func TestReferencesCarryTheIDsThatLuccaIsSent(t *testing.T) {
	t.Parallel()
	want := map[string]plan.Change{
		"manager":        {From: "pkern", To: "boss", Row: 2},
		"habilitedRoles": {From: "Manager +", To: "Formateur", IDs: []int{4}},
		"culture":        {From: "fr-FR", To: "en-GB", IDs: []int{2057}},
		"e_site":         {From: "Lyon", To: "Paris", ExtensionID: 8801},
	}
	p := sample(t)
	if diff := cmp.Diff(want, p.Items[1].Set.Map()); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
	want = map[string]plan.Change{
		"login": {To: "boss"}, "firstName": {To: "Bo"}, "lastName": {To: "Ss"}, "mail": {To: "boss@acme.example"}, "dtContractStart": {To: "2026-12-01"},
		"legalEntity": {To: "Acme Lyon", IDs: []int{1}}, "department": {To: "Direction", IDs: []int{10}},
		"rolePrincipal": {To: "Utilisateur", IDs: []int{1}}, "culture": {To: "fr-FR", IDs: []int{1036}},
	}
	if diff := cmp.Diff(want, p.Items[0].Set.Map()); diff != "" {
		t.Errorf("set of a creation (-want +got):\n%s", diff)
	}
}

func TestAStoredPlanIsReadBackWhole(t *testing.T) {
	t.Parallel()
	p := sample(t)
	b := encoded(t, p)
	back, err := decoded(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, back); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if p.Hash() != back.Hash() || len(p.Hash()) != 64 {
		t.Errorf("hash %q became %q", p.Hash(), back.Hash())
	}
}

func TestTheHashIsThatOfWhatIsDone(t *testing.T) {
	t.Parallel()
	p, same := sample(t), sample(t)
	same.Findings = nil
	if p.Hash() != same.Hash() {
		t.Error("findings change the hash")
	}
	other := same.Items[1].Set.Map()
	other["manager"] = plan.Change{From: "pkern", To: "boss", Row: 3}
	same.Items[1].Set = plan.SetOf(other)
	if p.Hash() == same.Hash() || p.Items[1].Set.Equal(same.Items[1].Set) {
		t.Error("another manager does not change the hash")
	}
}

func TestAFindingAboutARowIsPointedAtACell(t *testing.T) {
	t.Parallel()
	p := plan.Make(table(t, "mail;jobTitle;login", "x@acme.example;;imorvan"), join(t, company(t)), plan.Policy{})
	for _, tt := range []struct{ in, want finding.Finding }{
		{finding.Finding{Row: 2}, finding.Finding{Row: 2, Column: "login", Cell: "C2"}},
		{finding.Finding{Row: 2, Column: "jobTitle"}, finding.Finding{Row: 2, Column: "jobTitle", Cell: "B2"}},
		{finding.Finding{Row: 2, Column: "mail"}, finding.Finding{Row: 2, Column: "mail", Cell: "A2"}},
		{finding.Finding{Row: 2, Column: "manager"}, finding.Finding{Row: 2, Column: "manager", Cell: "C2"}},
		{finding.Finding{Column: "manager"}, finding.Finding{Column: "manager"}},
	} {
		if diff := cmp.Diff(tt.want, p.Locate(tt.in)); diff != "" {
			t.Errorf("located (-want +got):\n%s", diff)
		}
	}
	fixed := &plan.Plan{Columns: []plan.Column{{Code: "login"}, {Code: "culture", Index: plan.NoPlace}}}
	if got := fixed.Locate(finding.Finding{Row: 2, Column: "culture"}); got.Cell != "" {
		t.Errorf("a value that is given to all rows is at %s", got.Cell)
	}
	if got := new(plan.Plan).Locate(finding.Finding{Row: 2, Column: "login"}); got.Cell != "" {
		t.Errorf("without columns it is at %s", got.Cell)
	}
}

func TestADamagedPlanIsRefused(t *testing.T) {
	t.Parallel()
	b := encoded(t, sample(t))
	for name, damaged := range map[string][]byte{
		"empty": {}, "cut": b[:len(b)/2], "tampered": bytes.Replace(b, []byte("2026-12-01"), []byte("2026-12-02"), 1),
		"another version": bytes.Replace(b, []byte(`"version":1`), []byte(`"version":2`), 1), "not a plan": []byte(`{"rows":[]}`),
	} {
		p, err := decoded(damaged)
		if !errors.Is(err, plan.ErrDamaged) || p != nil {
			t.Errorf("%s: %v, %v, want ErrDamaged", name, p, err)
		} else if strings.Contains(err.Error(), "boss") {
			t.Errorf("%s: the error repeats a value: %v", name, err)
		}
	}
}

// Wherever a stored plan ends too early, or has something else than it should, it is damaged.
func TestAPlanIsReadWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	p := sample(t)
	p.Rest, p.Columns = []finding.Rest{{Code: "absent", Count: 2}}, []plan.Column{{Code: "login"}}
	b := encoded(t, p)
	if back, err := decoded(b); err != nil || len(back.Rest) != 1 || len(back.Columns) != 1 || len(back.Findings) != len(p.Findings) {
		t.Fatalf("%+v, %v", back, err)
	}
	for n := range b {
		if back, err := decoded(b[:n]); !errors.Is(err, plan.ErrDamaged) || back != nil {
			t.Fatalf("cut at %d of %d: %v", n, len(b), err)
		}
	}
	for _, key := range []string{"version", "hash", "findings", "rest", "columns", "items"} {
		for _, value := range []string{`{"a":1}`, `["x",[]]`} {
			other := append([]byte(`{"`+key+`":`+value+`,`), b[1:]...)
			if _, err := decoded(other); !errors.Is(err, plan.ErrDamaged) {
				t.Errorf("%s as %s: %v", key, value, err)
			}
		}
	}
	if _, err := decoded(append([]byte(`{"more":1,`), b[1:]...)); !errors.Is(err, plan.ErrDamaged) {
		t.Errorf("a key that plans do not have: %v", err)
	}
	if _, err := decoded(bytes.Replace(b, []byte(`"ids"`), []byte(`"idx"`), 1)); !errors.Is(err, plan.ErrDamaged) {
		t.Errorf("a change with a key that changes do not have: %v", err)
	}
	if _, err := decoded([]byte(`[1]`)); !errors.Is(err, plan.ErrDamaged) {
		t.Errorf("a list: %v", err)
	}
}

// An empty plan is stored and read as one.
func TestAPlanWithoutItems(t *testing.T) {
	t.Parallel()
	for _, items := range [][]plan.Item{nil, {}} {
		back, err := decoded(encoded(t, &plan.Plan{Items: items}))
		if err != nil || len(back.Items) != 0 || back.Hash() != (&plan.Plan{Items: items}).Hash() {
			t.Errorf("%#v: %+v, %v", items, back, err)
		}
	}
}

func encoded(tb testing.TB, p *plan.Plan) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := p.Encode(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func decoded(b []byte) (*plan.Plan, error) { return plan.Decode(json.NewDecoder(bytes.NewReader(b))) }

// A plan that an earlier version stored has its keys in another order.
func TestAPlanOfAnEarlierVersionIsRead(t *testing.T) {
	t.Parallel()
	items := `[{"row":2,"action":"update","employee_id":7,"login":"a","set":{"department":{"from":"A","to":"B & <C>","ids":[4]},"manager":{"from":"","to":"","row":3}},"basis":"x"},{"row":3,"action":"reject"}]`
	sum := sha256.Sum256([]byte(items + "\n"))
	p, err := decoded(fmt.Appendf(nil, `{"version":1,"hash":"%x","items":%s,"findings":[],"columns":[{"code":"login","index":0}]}`, sum, items))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]plan.Change{"department": {From: "A", To: "B & <C>", IDs: []int{4}}, "manager": {Row: 3}}
	if diff := cmp.Diff(want, p.Items[0].Set.Map()); diff != "" || len(p.Items) != 2 || !p.Items[1].Set.IsZero() {
		t.Error(diff)
	}
}

func FuzzDecode(f *testing.F) {
	b := encoded(f, sample(f))
	f.Add(b)
	f.Add([]byte(`{"version":1,"hash":"","items":null,"findings":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decoded(b)
		if err != nil {
			if !errors.Is(err, plan.ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		if _, err := decoded(encoded(t, p)); err != nil {
			t.Fatalf("what was read cannot be stored again: %v", err)
		}
	})
}

func TestThePublicDocument(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{Items: []plan.Item{
		{Row: 2, Action: plan.Update, EmployeeID: 7, Login: "a", Basis: "secret of ours", Set: plan.SetOf(map[string]plan.Change{"department": {From: "A", To: "B", IDs: []int{4}}})},
		{Row: 3, Action: plan.Unchanged, EmployeeID: 8, Login: "b"},
	}, Findings: []finding.Finding{{Severity: finding.Warning, Code: "x", Row: 3, Column: "mail", Cell: "B3", Message: "m"}}}
	got, err := json.Marshal(p.Document("payroll", "users.csv", []run.Limit{{Name: "ends", Value: "0", Bound: "3", Reason: "never shown"}}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"hash":"` + p.Hash() + `","flow":"payroll","file":"users.csv",` +
		`"changes":{"create":0,"update":1,"end":0,"rehire":0,"unchanged":1,"reject":0},` +
		`"limits":[{"name":"ends","value":"0","bound":"3","held":false}],` +
		`"items":[{"row":2,"action":"update","employee_id":7,"login":"a","set":{"department":{"from":"A","to":"B"}}},{"row":3,"action":"unchanged","employee_id":8,"login":"b"}],` +
		`"findings":[{"severity":"warning","code":"x","row":3,"column":"mail","cell":"B3","message":"m"}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
	for _, p := range []*plan.Plan{p, {}, {Items: p.Items[:1]}} {
		var whole, streamed bytes.Buffer
		e := json.NewEncoder(&whole)
		e.SetIndent("", "  ")
		if err := errors.Join(e.Encode(p.Document("pay<roll", "u.csv", nil)), p.WriteDocument(&streamed, "pay<roll", "u.csv", nil)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole.String(), streamed.String()); diff != "" {
			t.Errorf("item by item (-want +got):\n%s", diff)
		}
	}
	empty, err := json.Marshal((&plan.Plan{}).Document("f", "", nil))
	if err != nil || bytes.Contains(empty, []byte("null")) {
		t.Errorf("empty document: %s, %v", empty, err)
	}
}

func TestAFingerprintChangesWithTheEmployee(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	note := func(what string, change func(*roster.Employee)) {
		e := company(t).Employees[2]
		change(&e)
		fingerprint := plan.Fingerprint(&e)
		if other, ok := seen[fingerprint]; ok {
			t.Errorf("%s is not told from %s", what, other)
		}
		seen[fingerprint] = what
	}
	note("nothing", func(*roster.Employee) {})
	note("login", func(e *roster.Employee) { e.Login = "x" })
	note("a name between two", func(e *roster.Employee) { e.LastName, e.FirstName = e.LastName+e.FirstName, "" })
	note("end", func(e *roster.Employee) { e.ContractEnd = roster.Date{} })
	note("manager", func(e *roster.Employee) { e.ManagerID = 6 })
	note("roles", func(e *roster.Employee) { e.SecondaryRoleIDs = []int{3, 4} })
	note("a custom field", func(e *roster.Employee) { e.Extensions = map[string]string{"e_site": "Paris"} })
	note("what is hidden", func(e *roster.Employee) { e.Hidden = roster.Mail })
	e := company(t).Employees[5]
	self := plan.Fingerprint(&e)
	if e.ManagerID = 0; plan.Fingerprint(&e) != self {
		t.Error("no manager differs from oneself")
	}
}
