package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"lucca-exchange/internal/sandbox"
)

const contracts = "/directory/api/4.0/work-contracts"

func TestSomeoneWhoLeftGetsANewContract(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.MinSize, sandbox.Options{})
	var former sandbox.User
	for _, u := range s.Users() {
		if k := u.Applicable(s.company.Today); k.End != 0 && k.End < s.company.Today {
			former = u
		}
	}
	if former.ID == 0 {
		t.Fatal("nobody has left the sample company")
	}
	body := fmt.Sprintf(`{"ownerId":%d,"startsOn":"2026-12-01","establishmentId":3,"typeId":1}`, former.ID)
	got := s.do(t, "POST", contracts, body)
	if got.status != 200 || !strings.Contains(got.body, `"startsOn":"2026-12-01"`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	u, _ := s.User(former.ID)
	if k := u.Applicable(s.company.Today); k.Start.String() != "2026-12-01" || k.EstablishmentID != 3 || len(u.Contracts) != len(former.Contracts)+1 {
		t.Errorf("the applicable contract is %+v", k)
	}
	if len(s.ids(t, "id="+id(former.ID))) != 1 {
		t.Error("who is hired again is not listed")
	}
	for name, refused := range map[string]string{
		"an overlap":               body,
		"an unknown owner":         `{"ownerId":999999,"startsOn":"2030-12-01","establishmentId":3,"typeId":1}`,
		"an unknown establishment": fmt.Sprintf(`{"ownerId":%d,"startsOn":"2020-12-01","endsOn":"2020-12-02","establishmentId":99,"typeId":1}`, former.ID),
		"no start":                 fmt.Sprintf(`{"ownerId":%d,"establishmentId":3,"typeId":1}`, former.ID),
		"an end that is no date":   fmt.Sprintf(`{"ownerId":%d,"startsOn":"2030-12-01","endsOn":"x","establishmentId":3,"typeId":1}`, former.ID),
		"a list":                   "[]",
		"no type":                  fmt.Sprintf(`{"ownerId":%d,"startsOn":"2019-12-01","endsOn":"2019-12-02","establishmentId":3}`, former.ID),
	} {
		if got := s.do(t, "POST", contracts, refused); got.status != 400 {
			t.Errorf("%s: %d %s, want 400", name, got.status, got.body)
		}
	}
	if after, _ := s.User(former.ID); len(after.Contracts) != len(u.Contracts) {
		t.Error("a refused contract was kept")
	}
}

func TestAReadOnlyKeyMakesNoContract(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.MinSize, sandbox.Options{Keys: []sandbox.Key{{Secret: secret, ReadOnly: true}}})
	if got := s.do(t, "POST", contracts, `{"ownerId":101,"startsOn":"2030-12-01","establishmentId":3,"typeId":1}`); got.status != 403 {
		t.Errorf("%d, want 403", got.status)
	}
}

func TestMeIsTheAccountOfTheKey(t *testing.T) {
	t.Parallel()
	for user, want := range map[int]int{0: 500, 103: 200, 999999: 500} {
		s := start(t, 24, sandbox.Options{Keys: []sandbox.Key{{Secret: secret, UserID: user}}})
		got := s.do(t, "GET", "/api/v3/users/me?fields=id", "")
		if got.status != want || want == 200 && got.body != fmt.Sprintf(`{"data":{"id":%d}}`, user) {
			t.Errorf("key of user %d: %d %s", user, got.status, got.body)
		}
	}
}

func TestANewUserHasTheDefaultsOfLucca(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	p := created(t, s.do(t, "POST", "/api/v3/users?contract=true", newcomerWith(t, map[string]any{"cultureID": "-"})))
	if u, _ := s.User(p.ID); u.CultureID != 1036 || u.CalendarID != 1 {
		t.Errorf("culture %d and calendar %d", u.CultureID, u.CalendarID)
	}
}

// As developers.lucca.fr/api-reference/legacy/directory/patch-work-contract says.
func TestAContractIsEndedByPatch(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.MinSize, sandbox.Options{})
	var present sandbox.User
	for _, u := range s.Users() {
		if u.Present(s.company.Today) && u.Contracts[len(u.Contracts)-1].End == 0 {
			present = u
		}
	}
	contract := present.Contracts[len(present.Contracts)-1]
	path := contracts + "/" + id(contract.ID)
	got := s.do(t, "PATCH", path, `{"endsOn":"2027-02-10","terminationReasonId":27}`)
	if got.status != 200 || !strings.Contains(got.body, `"endsOn":"2027-02-10"`) || !strings.Contains(got.body, `"terminationReasonId":27`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if u, _ := s.User(present.ID); u.Applicable(s.company.Today).End.String() != "2027-02-10" {
		t.Errorf("the contract is %+v", u.Applicable(s.company.Today))
	}
	for name, body := range map[string]string{
		"an end before the start": `{"endsOn":"1990-01-01"}`,
		"an unknown reason":       `{"terminationReasonId":99}`,
		"no type":                 `{"typeId":null}`,
		"a day that is none":      `{"endsOn":"10/02/2027"}`,
	} {
		if got := s.do(t, "PATCH", path, body); got.status != 400 {
			t.Errorf("%s: %d %s, want 400", name, got.status, got.body)
		}
	}
	if got := s.do(t, "PATCH", contracts+"/999999", `{"endsOn":null}`); got.status != 404 {
		t.Errorf("nobody's contract: %d", got.status)
	}
	if got := s.do(t, "GET", "/directory/api/work-contract-termination-reasons?limit=100", ""); !strings.Contains(got.body, `"id":27`) {
		t.Errorf("the reasons: %d %s", got.status, got.body)
	}
}
