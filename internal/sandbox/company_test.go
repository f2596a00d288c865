package sandbox_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/sandbox"
)

func TestSmallestCompanyPlaysEveryPart(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		c := sandbox.NewCompany(0, seed, today())
		if len(c.Users) != sandbox.MinSize {
			t.Fatalf("seed %d: %d users, want %d", seed, len(c.Users), sandbox.MinSize)
		}
		checkParts(t, c)
	}
}

func TestBigCompanyPlaysEveryPart(t *testing.T) {
	t.Parallel()
	checkParts(t, sandbox.NewCompany(3000, 7, today()))
}

func checkParts(t *testing.T, c *sandbox.Company) {
	t.Helper()
	day, users := c.Today, map[int]*sandbox.User{}
	reports := map[int]int{}
	for i := range c.Users {
		users[c.Users[i].ID] = &c.Users[i]
		reports[c.Users[i].ManagerID]++
	}
	first := func(p sandbox.Part) *sandbox.User { return users[c.Cast[p][0]] }
	contract := func(p sandbox.Part) sandbox.Contract { return first(p).Applicable(day) }
	cast := func(p sandbox.Part, i int) *sandbox.User { return users[c.Cast[p][i]] }
	plays := map[sandbox.Part]func() bool{
		sandbox.Former:      func() bool { return contract(sandbox.Former).End < day && contract(sandbox.Former).End > 0 },
		sandbox.Leaving:     func() bool { return contract(sandbox.Leaving).End >= day && first(sandbox.Leaving).Present(day) },
		sandbox.Upcoming:    func() bool { return contract(sandbox.Upcoming).Start > day },
		sandbox.Renewed:     func() bool { return len(first(sandbox.Renewed).Contracts) == 2 && first(sandbox.Renewed).Present(day) },
		sandbox.SelfManaged: func() bool { return first(sandbox.SelfManaged).ManagerID == first(sandbox.SelfManaged).ID },
		sandbox.NoManager:   func() bool { return first(sandbox.NoManager).ManagerID == 0 },
		sandbox.ManagerPair: func() bool {
			return cast(sandbox.ManagerPair, 0).ManagerID == c.Cast[sandbox.ManagerPair][1] && cast(sandbox.ManagerPair, 1).ManagerID == c.Cast[sandbox.ManagerPair][0]
		},
		sandbox.ManagerRing: func() bool {
			return users[users[users[c.Cast[sandbox.ManagerRing][0]].ManagerID].ManagerID].ManagerID == c.Cast[sandbox.ManagerRing][0]
		},
		sandbox.UnderFormer:      func() bool { boss := users[first(sandbox.UnderFormer).ManagerID]; return !boss.Present(day) },
		sandbox.NumberlessMaster: func() bool { u := first(sandbox.NumberlessMaster); return u.EmployeeNumber == "" && reports[u.ID] > 0 },
		sandbox.Homonym: func() bool {
			a, b := cast(sandbox.Homonym, 0), cast(sandbox.Homonym, 1)
			return a.FirstName == b.FirstName && a.LastName == b.LastName && a.Login != b.Login
		},
		sandbox.NearDuplicate: func() bool {
			a, b := cast(sandbox.NearDuplicate, 0), cast(sandbox.NearDuplicate, 1)
			return a.LastName != b.LastName && strings.HasPrefix(b.Login, a.Login)
		},
		sandbox.SharedNumber: func() bool {
			a, b := cast(sandbox.SharedNumber, 0), cast(sandbox.SharedNumber, 1)
			return a.EmployeeNumber == b.EmployeeNumber && a.EmployeeNumber != "" && a.Applicable(day).EstablishmentID != b.Applicable(day).EstablishmentID
		},
		sandbox.LeadingZero:  func() bool { return first(sandbox.LeadingZero).EmployeeNumber[0] == '0' },
		sandbox.NoMail:       func() bool { return first(sandbox.NoMail).Mail == "" },
		sandbox.NoNumber:     func() bool { return first(sandbox.NoNumber).EmployeeNumber == "" },
		sandbox.MailLogin:    func() bool { return strings.Contains(first(sandbox.MailLogin).Login, "@") },
		sandbox.AwkwardTitle: func() bool { return strings.ContainsAny(first(sandbox.AwkwardTitle).JobTitle, `;"`) },
	}
	for part, ok := range plays {
		if len(c.Cast[part]) == 0 || !ok() {
			t.Errorf("%d users: nobody plays %q rightly: %v", len(c.Users), part, c.Cast[part])
		}
	}
	if len(c.Cast) != len(plays) {
		t.Errorf("%d parts are played, %d are checked", len(c.Cast), len(plays))
	}
}

// What Lucca keeps true holds for an invented company as well.
func TestCompanyIsConsistent(t *testing.T) {
	t.Parallel()
	c := sandbox.NewCompany(5000, 3, today())
	type numbered struct {
		place  int
		number string
	}
	logins, mails, numbers, ids := map[string]bool{}, map[string]bool{}, map[numbered]bool{}, map[int]bool{}
	for i := range c.Users {
		u := &c.Users[i]
		ids[u.ID] = true
		key := numbered{u.Applicable(c.Today).EstablishmentID, u.EmployeeNumber}
		if logins[strings.ToLower(u.Login)] || u.Mail != "" && mails[u.Mail] || u.EmployeeNumber != "" && numbers[key] {
			t.Errorf("user %d shares a login, a mail or a number within an establishment", u.ID)
		}
		logins[strings.ToLower(u.Login)], mails[u.Mail], numbers[key] = true, true, true
		if u.Mail != "" && !strings.HasSuffix(u.Mail, ".example") {
			t.Errorf("user %d has a mail outside .example", u.ID)
		}
		for k, contract := range u.Contracts {
			if contract.End != 0 && contract.End < contract.Start || k > 0 && u.Contracts[k-1].End >= contract.Start {
				t.Errorf("user %d has contracts that overlap or end early", u.ID)
			}
		}
		for _, item := range u.Pay {
			if item.Start == 0 || item.End != 0 && item.End < item.Start {
				t.Errorf("user %d has pay from %s to %s", u.ID, item.Start, item.End)
			}
		}
	}
	for i := range c.Users {
		if m := c.Users[i].ManagerID; m != 0 && !ids[m] {
			t.Errorf("user %d has a manager who does not exist", c.Users[i].ID)
		}
	}
	depth := 0
	for _, d := range c.Departments {
		depth = max(depth, len(d.Ranks))
	}
	if depth != 4 {
		t.Errorf("the department tree has %d levels, want 4", depth)
	}
}

func TestCompanyIsRepeatable(t *testing.T) {
	t.Parallel()
	a, b := sandbox.NewCompany(300, 5, today()), sandbox.NewCompany(300, 5, today())
	if !reflect.DeepEqual(a, b) {
		t.Error("the same arguments give two companies")
	}
	if c := sandbox.NewCompany(300, 6, today()); reflect.DeepEqual(a.Users, c.Users) {
		t.Error("another seed gives the same people")
	}
}

func TestDay(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Time{time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC), time.Date(2024, 2, 29, 5, 0, 0, 0, time.UTC)} {
		if got, want := sandbox.DayOf(d).String(), d.Format(time.DateOnly); got != want {
			t.Errorf("day of %v is %s, want %s", d, got, want)
		}
	}
	if got := sandbox.Day(0).String(); got != "" {
		t.Errorf("no day reads %q", got)
	}
}

func BenchmarkNewCompany100000(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sandbox.NewCompany(100_000, 1, today())
	}
}
