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
	body := fmt.Sprintf(`{"ownerId":%d,"startsOn":"2026-12-01","establishmentId":3}`, former.ID)
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
		"an unknown owner":         `{"ownerId":999999,"startsOn":"2030-12-01","establishmentId":3}`,
		"an unknown establishment": fmt.Sprintf(`{"ownerId":%d,"startsOn":"2020-12-01","endsOn":"2020-12-02","establishmentId":99}`, former.ID),
		"no start":                 fmt.Sprintf(`{"ownerId":%d,"establishmentId":3}`, former.ID),
		"an end that is no date":   fmt.Sprintf(`{"ownerId":%d,"startsOn":"2030-12-01","endsOn":"x","establishmentId":3}`, former.ID),
		"a list":                   "[]",
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
	if got := s.do(t, "POST", contracts, `{"ownerId":101,"startsOn":"2030-12-01","establishmentId":3}`); got.status != 403 {
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
