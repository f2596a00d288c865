package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/sandbox"
)

func TestAPlanIsCarriedOut(t *testing.T) {
	t.Parallel()
	tenant := company(60)
	p := onePlan(t, tenant)
	c := onLoopback(t, tenant)
	var progress []string
	r, err := apply.Apply(t.Context(), apply.Request{
		Run: "r1", Plan: p, Lucca: c, Journal: &memory{},
		Progress: func(done, total int) { progress = append(progress, fmt.Sprintf("%d/%d", done, total)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(onePlanChanges(), r.Applied); diff != "" || len(r.Findings) != 0 {
		t.Errorf("changes (-want +got):\n%s findings %v", diff, r.Findings)
	}
	// 4 creations, the manager of one in the cycle, an update, an end, a contract and what
	// goes with it; an end of a contract and a next one with what goes with them; a creation, its
	// contract looked up and changed. Nothing else is read back.
	if c.Requests() != 9+2+2+3 || writes(tenant) != 9+2+2+2 {
		t.Errorf("%d requests, %d of them writes", c.Requests(), writes(tenant))
	}
	if len(progress) != 10 || progress[9] != "10/10" {
		t.Errorf("progress %v", progress)
	}
	present, former := people(t, company(60))
	all := strings.Join(state(tenant), "\n")
	for _, want := range []string{
		"below Omar below Bellec below@acme.example number=00002 title=\"\" manager=cycle1 department=27 role=12+[] 2026-12-01..@3/1/0",
		"cycle1 Omar cycle1 Bellec cycle1@acme.example number=00004 title=\"\" manager=cycle2",
		"cycle2 Omar cycle2 Bellec cycle2@acme.example number=00005 title=\"\" manager=cycle1",
		"title=\"Chef\" manager=below",
		"plain Omar plain Bellec plain@acme.example number=00010 title=\"\" manager=" + present[0].Login + " department=27 role=12+[44] 2026-12-01..@3/1/0 e_hourly_rate=12.5",
		"2027-01-01..@3/1/0",
		"..2026-12-30@" + strconv.Itoa(present[4].Contracts[0].EstablishmentID) + "/1/27",
		"..2027-05-31@" + strconv.Itoa(present[5].Contracts[0].EstablishmentID) + "/1/0 2027-06-01..@3/1/0",
		"2026-12-01..2027-05-31@3/2/0",
	} {
		if strings.Count(all, want) != 1 {
			t.Errorf("%q is there %d times", want, strings.Count(all, want))
		}
	}
	if u, _ := tenant.User(present[3].ID); u.Applicable(sandbox.DayOf(today())).End.String() != "2026-12-31" {
		t.Error("the end was not set")
	}
	if u, _ := tenant.User(former.ID); u.JobTitle != "Again" || len(u.Contracts) != len(former.Contracts)+1 {
		t.Errorf("the rehire became %+v", u)
	}
	again, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: &memory{saved: r.Outcomes}})
	if err != nil || again.Applied != r.Applied || c.Requests() != 16 {
		t.Errorf("once more: %+v, %v, %d requests", again.Applied, err, c.Requests())
	}
}

func TestOneRequestPerChangedUser(t *testing.T) {
	t.Parallel()
	tenant := company(10_000)
	p := &plan.Plan{}
	for i, u := range tenant.Users() {
		item := plan.Item{Row: i + 2, Action: plan.Unchanged, EmployeeID: u.ID}
		if i%33 == 0 && i/33 < 300 {
			item.Action, item.Set = plan.Update, plan.SetOf(set{"jobTitle": to("Chef")})
		}
		p.Items = append(p.Items, item)
	}
	c := onLoopback(t, tenant)
	r, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: &memory{}})
	if err != nil || r.Applied != (plan.Changes{Update: 300, Unchanged: 9700}) {
		t.Fatalf("%+v, %v", r.Applied, err)
	}
	if c.Requests() != 300 || tenant.RequestTotal() != 300 {
		t.Errorf("%d requests, want 300", c.Requests())
	}
}

func TestEachIsCreatedBelowTheirManager(t *testing.T) {
	t.Parallel()
	tenant := company(30)
	const n = 200
	p := &plan.Plan{}
	for row := 2; row < n+2; row++ {
		// Everyone reports to the next row, the last to the first: one cycle.
		manager := row + 1
		if manager == n+2 {
			manager = 2
		}
		p.Items = append(p.Items, newcomer(row, fmt.Sprintf("n%d", row), set{plan.Manager: {Row: manager}}))
	}
	r, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: onLoopback(t, tenant), Journal: &memory{}})
	if err != nil || r.Applied.Create != n || len(r.Findings) != 0 {
		t.Fatalf("%+v, %v, %s", r.Applied, err, codes(r))
	}
	if writes(tenant) != n+1 {
		t.Errorf("%d requests, want one more than the %d creations", writes(tenant), n)
	}
	logins := map[int]string{}
	for _, u := range tenant.Users() {
		logins[u.ID] = u.Login
	}
	for _, u := range tenant.Users() {
		var row int
		if _, err := fmt.Sscanf(u.Login, "n%d", &row); err != nil {
			continue
		}
		if want := fmt.Sprintf("n%d", (row-1)%n+2); logins[u.ManagerID] != want {
			t.Errorf("%s reports to %q, want %s", u.Login, logins[u.ManagerID], want)
		}
	}
}

func TestWhatLuccaRefusesIsAFindingOfItsRow(t *testing.T) {
	t.Parallel()
	tenant := company(60)
	present, _ := people(t, tenant)
	p := &plan.Plan{Items: []plan.Item{
		newcomer(2, present[0].Login, nil),
		newcomer(3, "report", set{plan.Manager: {Row: 2}}),
		newcomer(4, "unknown", set{plan.Department: ref(77)}),
		newcomer(5, "fine", nil),
		{Row: 6, Action: plan.Update, EmployeeID: 999_999, Set: plan.SetOf(set{"jobTitle": to("Chef")})},
		{Row: 7, Action: plan.Update, EmployeeID: present[1].ID, Set: plan.SetOf(set{plan.Manager: {Row: 2}})},
		{Row: 8, Action: plan.Update, EmployeeID: present[2].ID, Set: plan.SetOf(set{plan.ContractEnd: to("1990-01-01")})},
		{Row: 9, Action: plan.Update, EmployeeID: present[2].ID, Set: plan.SetOf(set{plan.Manager: {Row: 99}})},
	}}
	c := onLoopback(t, tenant)
	r, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: &memory{}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "2 refused_by_lucca, 3 manager_not_created, 4 refused_by_lucca, 6 refused_by_lucca, 7 manager_not_created, " +
		"8 refused_by_lucca, 9 manager_not_created"
	if got := codes(r); got != want || r.Applied != (plan.Changes{Create: 1, Reject: 7}) {
		t.Errorf("findings %s, changes %+v", got, r.Applied)
	}
	if c.Requests() != 5 {
		t.Errorf("%d requests, want one for each row that could be sent", c.Requests())
	}
	for _, f := range r.Findings {
		if strings.Contains(f.Message, present[0].Login) || strings.Contains(f.Message, "@") {
			t.Errorf("the finding repeats a value: %s", f.Message)
		}
		if f.Row == 4 && !strings.Contains(f.Message, "Department with ID 77 not found") {
			t.Errorf("Lucca's reason is missing: %s", f.Message)
		}
	}
}

func TestEveryFindingAboutARowHasACell(t *testing.T) {
	t.Parallel()
	tenant := company(60)
	present, _ := people(t, tenant)
	c := onLoopback(t, tenant)
	p := &plan.Plan{
		Columns: []plan.Column{{Code: plan.Login, Index: 2}, {Code: plan.Mail, Index: 0}, {Code: plan.Manager, Index: 27}},
		Items: []plan.Item{
			newcomer(2, "refused", set{plan.Department: ref(77)}),
			newcomer(3, "below", set{plan.Manager: {Row: 2}}),
			{Row: 4, Action: plan.Update, EmployeeID: present[1].ID, Set: plan.SetOf(set{"jobTitle": to("Chef")}), Basis: "another"},
			{Action: plan.End, EmployeeID: present[2].ID, Set: plan.SetOf(set{plan.ContractEnd: to("2026-12-31")}), Basis: "another"},
		},
	}
	r, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: &memory{}, Current: read(t, c)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Findings {
		got = append(got, strings.Join([]string{f.Code, f.Column, f.Cell}, " "))
	}
	want := []string{
		"changed_since_plan  ", "refused_by_lucca login C2", "manager_not_created manager AB3", "changed_since_plan login C4",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if m := r.Findings[0].Message; !strings.HasSuffix(m, "the next full file plans it anew") {
		t.Errorf("somebody absent from the file: %s", m)
	}
	if m := r.Findings[3].Message; !strings.Contains(m, "drop that file to plan the row anew") {
		t.Errorf("somebody in the file: %s", m)
	}
}

func TestAManagerInACycleWhomLuccaRefuses(t *testing.T) {
	t.Parallel()
	tenant := company(30)
	p := &plan.Plan{Items: []plan.Item{
		newcomer(2, "refused", set{plan.Manager: {Row: 3}, plan.Department: ref(77)}),
		newcomer(3, "alone", set{plan.Manager: {Row: 2}}),
	}}
	r, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: onLoopback(t, tenant), Journal: &memory{}})
	if err != nil || codes(r) != "2 refused_by_lucca, 3 manager_not_created" || r.Applied != (plan.Changes{Create: 1, Reject: 1}) {
		t.Errorf("%+v, %v, %s", r.Applied, err, codes(r))
	}
}

// Who has a contract in the future has that one's end, once today's has ended: the row says
// so instead of calling somebody ended who comes back.
func TestAnEndThatLuccaShowsDifferently(t *testing.T) {
	t.Parallel()
	tenant := company(60)
	present, _ := people(t, tenant)
	c := onLoopback(t, tenant)
	until := func(item plan.Item) *plan.Plan { return &plan.Plan{Items: []plan.Item{item}} }
	end := plan.Item{Row: 2, Action: plan.End, EmployeeID: present[1].ID, Set: plan.SetOf(set{plan.ContractEnd: to("2026-11-30")})}
	apply1 := func(run string, item plan.Item) apply.Result {
		r, err := apply.Apply(t.Context(), apply.Request{Run: run, Plan: until(item), Lucca: c, Journal: &memory{}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := apply1("r1", end); codes(r) != "" || r.Applied.End != 1 {
		t.Fatalf("%+v, %s", r.Applied, codes(r))
	}
	if _, err := c.Rehire(t.Context(), lucca.WorkContract{
		OwnerID: present[1].ID, EstablishmentID: 3, TypeID: 1, StartsOn: roster.Date{Year: 2027, Month: 1, Day: 4},
	}); err != nil {
		t.Fatal(err)
	}
	end.Set = plan.SetOf(set{plan.ContractEnd: to("2026-11-20")})
	if r := apply1("r2", end); codes(r) != "2 end_not_kept" || r.Applied.End != 1 {
		t.Errorf("%+v, %s", r.Applied, codes(r))
	}
}

func TestAnApprovedPlanSkipsWhoChangedSince(t *testing.T) {
	t.Parallel()
	tenant := company(60)
	present, former := people(t, tenant)
	c := onLoopback(t, tenant)
	before := read(t, c)
	basis := func(id int) string { return plan.Fingerprint(before.ByID(id)) }
	p := &plan.Plan{Items: []plan.Item{
		newcomer(2, "here", nil), newcomer(3, "fine", nil), newcomer(4, "mail", set{plan.Mail: to(strings.ToUpper(present[4].Mail))}),
		{Row: 5, Action: plan.Update, EmployeeID: present[1].ID, Set: plan.SetOf(set{"jobTitle": to("Chef")}), Basis: basis(present[1].ID)},
		{Row: 6, Action: plan.Update, EmployeeID: present[2].ID, Set: plan.SetOf(set{"jobTitle": to("Chef")}), Basis: basis(present[2].ID)},
		{Action: plan.End, EmployeeID: present[3].ID, Set: plan.SetOf(set{plan.ContractEnd: to("2026-12-31")}), Basis: basis(present[1].ID)},
		{Row: 8, Action: plan.Rehire, EmployeeID: former.ID, Set: plan.SetOf(set{plan.ContractStart: to("2027-01-01"), plan.ContractType: ref(1)}), Basis: basis(former.ID)},
	}}
	meanwhile(t, c, present[2].ID)
	r, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: &memory{}, Current: read(t, c)})
	if err != nil {
		t.Fatal(err)
	}
	const want = "0 changed_since_plan, 2 changed_since_plan, 4 changed_since_plan, 6 changed_since_plan"
	if got := codes(r); got != want || r.Applied != (plan.Changes{Create: 1, Update: 1, Rehire: 1, Reject: 4}) {
		t.Errorf("findings %s, changes %+v", got, r.Applied)
	}
	if u, _ := tenant.User(former.ID); u.Applicable(sandbox.DayOf(today())).EstablishmentID != former.Applicable(sandbox.DayOf(today())).EstablishmentID {
		t.Error("a rehire without an establishment does not come back where they were")
	}
}

// meanwhile is somebody else at work in Lucca.
func meanwhile(t *testing.T, c *lucca.Client, id int) {
	t.Helper()
	if err := c.Update(t.Context(), id, lucca.Properties{"jobTitle": "Someone else's"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), lucca.Properties{
		"firstName": "X", "lastName": "Y", "mail": "x@acme.example", "login": "HERE", "legalEntityId": 3, "departmentId": 27,
		"rolePrincipalId": 12, "dtContractStart": "2026-12-01T00:00:00",
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAPlanThatCannotBeWrittenSendsNothing(t *testing.T) {
	t.Parallel()
	for name, item := range map[string]plan.Item{
		"an unknown code":      newcomer(3, "a", set{"nothing": to("x")}),
		"a date that is none":  newcomer(3, "a", set{"dtBirth": to("01/02/1990")}),
		"a reference to two":   newcomer(3, "a", set{plan.Department: {To: "x", IDs: []int{1, 2}}}),
		"a reference unsolved": newcomer(3, "a", set{plan.Department: to("Support")}),
		"nobody":               {Row: 3, Action: plan.Update, Set: plan.SetOf(set{"jobTitle": to("x")})},
		"nothing":              {Row: 3, Action: plan.Update, EmployeeID: 103},
		"a rehire, no start":   {Row: 3, Action: plan.Rehire, EmployeeID: 103, Set: plan.SetOf(set{"jobTitle": to("x")})},
		"another action":       {Row: 3, Action: "delete", EmployeeID: 103},
	} {
		tenant := company(30)
		p := &plan.Plan{Items: []plan.Item{newcomer(2, "first", nil), item}}
		if _, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: onLoopback(t, tenant), Journal: &memory{}}); err == nil {
			t.Errorf("%s: no error", name)
		}
		if tenant.RequestTotal() != 0 {
			t.Errorf("%s: %d requests", name, tenant.RequestTotal())
		}
	}
}

func TestTheJournalOfAnotherPlanIsRefused(t *testing.T) {
	t.Parallel()
	tenant := company(30)
	journal := &memory{saved: []apply.Outcome{{Run: "r1", Item: 4, Row: 2, Action: plan.Create, Step: apply.Applied}}}
	p := &plan.Plan{Items: []plan.Item{newcomer(2, "first", nil)}}
	if _, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: onLoopback(t, tenant), Journal: journal}); err == nil || tenant.RequestTotal() != 0 {
		t.Errorf("error %v after %d requests", err, tenant.RequestTotal())
	}
}

func TestCancelStopsBetweenItems(t *testing.T) {
	t.Parallel()
	tenant := company(60)
	p := onePlan(t, tenant)
	c := onLoopback(t, tenant)
	journal := &memory{}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stopped by an operator")
	r, err := apply.Apply(ctx, apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: journal, Progress: func(done, _ int) {
		if done == 3 {
			cancel(stop)
		}
	}})
	if !errors.Is(err, stop) || len(r.Outcomes) != 3 || codes(r) != "" && !strings.HasSuffix(codes(r), "unconfirmed") {
		t.Fatalf("%v, outcomes %v, findings %s", err, r.Outcomes, codes(r))
	}
	r, err = apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: journal})
	if err != nil || r.Applied != onePlanChanges() || c.Requests() != 16 {
		t.Errorf("then %+v, %v in %d requests", r.Applied, err, c.Requests())
	}
}
