package sandbox

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
	"unicode"

	"lucca-exchange/testdata"

	"golang.org/x/text/unicode/norm"
)

// Part is a special case that an invented company has at least one of.
type Part string

// The parts. Each names the users it is about; where users belong together, they stand
// next to each other.
const (
	Former           Part = "former"             // left before today
	Leaving          Part = "leaving"            // present, with an end date to come
	Upcoming         Part = "upcoming"           // hired, not yet there
	Renewed          Part = "renewed"            // an ended contract before today's
	SelfManaged      Part = "self-managed"       // manager is the person
	NoManager        Part = "no manager"         // manager is null
	ManagerPair      Part = "manager pair"       // two who manage each other
	ManagerRing      Part = "manager ring"       // a longer cycle
	UnderFormer      Part = "under former"       // manager has left
	NumberlessMaster Part = "numberless manager" // manages others, has no employee number
	Homonym          Part = "homonym"            // same first and last name
	NearDuplicate    Part = "near duplicate"     // names that differ in accent, case and hyphen
	SharedNumber     Part = "shared number"      // one employee number in two establishments
	LeadingZero      Part = "leading zero"       // employee number begins with 0
	NoMail           Part = "no mail"            // mail is null
	NoNumber         Part = "no number"          // employee number is null
	MailLogin        Part = "mail login"         // login is an e-mail address
	AwkwardTitle     Part = "awkward title"      // job title with ; or "
)

// MinSize is the smallest company: the one in which each part is played once.
const MinSize = 24

const (
	mailDomain   = "acme.example"
	firstUserID  = 101
	spanOfPeople = 8 // reports per manager
)

// generator invents people one after the other.
type generator struct {
	words  words
	rng    *rand.Rand
	c      *Company
	logins map[string]int
	nextID int // of contracts, pay items and extension values
	folded map[string]string
}

// NewCompany invents a French company of size people (at least MinSize), former and
// upcoming ones included, as it is on today. The same arguments give the same company.
func NewCompany(size int, seed uint64, today time.Time) *Company {
	size = max(size, MinSize)
	c := &Company{
		Today: DayOf(today), LegalUnits: testdata.Rows[LegalUnit](unitsFile), Establishments: testdata.Rows[Establishment](establishmentsFile),
		Departments: testdata.Rows[Department](departmentsFile), Roles: testdata.Rows[Named](rolesFile), Categories: testdata.Rows[Named](categoriesFile),
		Cultures: testdata.Rows[Named](culturesFile), Axes: []Named{{3, "Centre de coût"}}, Sections: testdata.Rows[Section](sectionsFile),
		Extensions: []string{"e_hr_manager", "e_hourly_rate"},
		Fields:     []Field{{Code: "e_hr_manager", Name: "Responsable RH", Type: 1}, {Code: "e_hourly_rate", Name: "Taux horaire brut", Type: 2}},
		Users:      make([]User, 0, size), Cast: map[Part][]int{},
	}
	g := &generator{
		words: readWords(), rng: rand.New(rand.NewPCG(seed, uint64(size))), c: c, logins: make(map[string]int, size),
		folded: map[string]string{},
	}
	for i := range size {
		c.Users = append(c.Users, g.person(i))
	}
	g.direct(size)
	for i := range size {
		g.cast(i, &c.Users[i])
	}
	for i := range c.Departments {
		c.Departments[i].HeadID = c.Users[i%min(4, size)].ID
	}
	return c
}

// one picks from a table.
func one[T any](g *generator, from []T) T { return from[g.rng.IntN(len(from))] }

func (g *generator) id() int {
	g.nextID++
	return g.nextID
}

func (g *generator) oneIn(n int) bool { return g.rng.IntN(n) == 0 }

func (g *generator) person(i int) User {
	u := User{
		ID: firstUserID + 2*i + g.rng.IntN(2), Gender: "Male", FirstName: one(g, g.words.men), LastName: one(g, g.words.families),
		JobTitle: one(g, g.words.jobs), EmployeeNumber: fmt.Sprintf("%06d", 120+i), NationalityID: "FR",
		BirthDate: g.c.Today - Day(20*365+g.rng.IntN(42*365)), CultureID: 1036, CalendarID: 1,
		DepartmentID: one(g, g.c.Departments).ID, RoleID: 12,
		ModifiedAt: (g.c.Today - Day(1+g.rng.IntN(700))).Time().Add(time.Duration(g.rng.IntN(86_399_000)) * time.Millisecond),
	}
	if g.oneIn(2) {
		u.Gender, u.FirstName = "Female", one(g, g.words.women)
	}
	if g.oneIn(20) {
		u.CultureID = one(g, g.c.Cultures[:commonCultures]).ID
	}
	if g.oneIn(3) {
		u.DirectLine = fmt.Sprintf("+33 4 99 00 %02d %02d", i/100%100, i%100)
	}
	if g.oneIn(2) {
		u.ProfessionalMobile = fmt.Sprintf("06 39 98 %02d %02d", i/100%100, i%100)
	}
	g.name(i, &u)
	g.address(&u)
	g.hire(i, &u)
	g.pay(i, &u)
	g.extend(i, &u)
	return u
}

// name gives the first people the names that their parts need.
func (g *generator) name(i int, u *User) {
	if n, ok := castNames[i]; ok {
		u.FirstName, u.LastName = n[0], n[1]
	}
	if i == 6 || i >= MinSize && g.oneIn(200) {
		u.JobTitle = one(g, g.words.awkward[:3])
		g.play(AwkwardTitle, u)
	} else if i >= MinSize && g.oneIn(400) {
		u.JobTitle = one(g, g.words.awkward[3:])
	}
}

// address makes login and mail from the name, told apart by a number.
func (g *generator) address(u *User) {
	first, last := g.plain(u.FirstName), g.plain(u.LastName)
	login := first[:1] + last
	n := g.logins[login]
	g.logins[login] = n + 1
	local := first + "." + last
	if n > 0 {
		login += strconv.Itoa(n + 1)
		// The first letters may be shared by other first names: the login's number is
		// enough to make the mail unique as well.
		local += strconv.Itoa(n + 1)
	}
	u.Login, u.Mail = login, local+"@"+mailDomain
}

// plain is a name in small ASCII letters.
func (g *generator) plain(s string) string {
	if p, ok := g.folded[s]; ok {
		return p
	}
	spelled := strings.NewReplacer("œ", "oe", "Œ", "oe", "ł", "l", "Ł", "l").Replace(s)
	g.folded[s] = strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, norm.NFD.String(spelled))
	return g.folded[s]
}

// hire gives contracts: most people one that is open-ended.
func (g *generator) hire(i int, u *User) {
	today := g.c.Today
	c := Contract{
		ID: g.id(), Start: today - Day(30+g.rng.IntN(6000)), TypeID: 1,
		EstablishmentID: one(g, g.c.Establishments).ID, CategoryID: one(g, g.c.Categories).ID,
	}
	random := -1
	if i >= MinSize {
		random = g.rng.IntN(100)
	}
	switch {
	case i == 2 || i == 12 || random >= 0 && random < 4:
		c.Start, c.End = today-Day(2000+g.rng.IntN(1000)), today-Day(1+g.rng.IntN(900))
		g.play(Former, u)
	case i == 13 || random >= 4 && random < 7:
		c.TypeID, c.End = 2, today+Day(g.rng.IntN(180))
		g.play(Leaving, u)
	case i == 14 || random == 7:
		c.Start = today + Day(1+g.rng.IntN(90))
		g.play(Upcoming, u)
	case i == 8 || random >= 8 && random < 11:
		past := c
		past.TypeID, past.Start, past.End = 2, c.Start-400, c.Start-1
		u.Contracts = append(u.Contracts, past)
		c.ID = g.id()
		g.play(Renewed, u)
	}
	u.Contracts = append(u.Contracts, c)
}

func (g *generator) pay(i int, u *User) {
	start := u.Contracts[0].Start
	cents := int64(180_000 + g.rng.IntN(400_000))
	if g.oneIn(4) && u.Present(g.c.Today) {
		raise := g.c.Today - Day(g.rng.IntN(int(g.c.Today-start)))
		u.Pay = append(u.Pay, PayItem{ID: g.id(), Cents: cents * 9 / 10, Start: start, End: raise - 1})
		start = raise
	}
	u.Pay = append(u.Pay, PayItem{ID: g.id(), Cents: cents, Start: start, End: u.Applicable(g.c.Today).End})
	if i == 1 || g.oneIn(5) {
		u.Pay = append(u.Pay, PayItem{ID: g.id(), Bonus: true, Cents: int64(5_000 + g.rng.IntN(40_000)), Start: start})
	}
}

func (g *generator) extend(i int, u *User) {
	u.Extensions, u.Sections = make(map[string]Extension, 2), make(map[int]int, 1)
	if i > 0 && !g.oneIn(10) {
		hr := g.c.Users[g.rng.IntN(min(i, 4))].ID
		u.Extensions["e_hr_manager"] = Extension{ID: g.id(), Value: strconv.AppendInt(nil, int64(hr), 10)}
	}
	if i%3 != 0 {
		rate := strconv.AppendFloat(nil, float64(1200+g.rng.IntN(4000))/100, 'f', -1, 64)
		u.Extensions["e_hourly_rate"] = Extension{ID: g.id(), Value: json.RawMessage(rate)}
	}
	if !g.oneIn(12) {
		u.Sections[3] = one(g, g.c.Sections).ID
	}
}

// direct lays the managers: a tree, in which a few parts are played.
func (g *generator) direct(size int) {
	users := g.c.Users
	for i := 1; i < size; i++ {
		users[i].ManagerID = users[(i-1)/spanOfPeople].ID
		if i < size/spanOfPeople {
			users[i].SecondaryRoles = []int{44}
		}
	}
	users[0].RoleID = 11
	users[1].ManagerID = users[1].ID
	users[4].ManagerID, users[5].ManagerID = users[5].ID, users[4].ID
	for k := range 3 {
		users[9+k].ManagerID = users[9+(k+1)%3].ID
	}
	users[6].ManagerID, users[7].ManagerID = users[2].ID, users[2].ID
	users[8].ManagerID = users[3].ID
	users[18].EmployeeNumber = users[17].EmployeeNumber
	users[17].Contracts[0].EstablishmentID, users[18].Contracts[0].EstablishmentID = 3, 4
}

// cast empties and changes what a part needs, now that everyone has a manager, and
// notes who plays it.
func (g *generator) cast(i int, u *User) {
	extra := i >= MinSize
	if i == 3 || i == 20 || extra && g.oneIn(200) {
		u.EmployeeNumber = ""
		g.play(NoNumber, u)
	}
	if i == 19 || extra && g.oneIn(200) {
		u.Mail = ""
		g.play(NoMail, u)
	}
	if i == 21 || extra && g.oneIn(100) && u.Mail != "" {
		u.Login = u.Mail
		g.play(MailLogin, u)
	}
	if strings.HasPrefix(u.EmployeeNumber, "0") {
		g.play(LeadingZero, u)
	}
	if boss := (u.ManagerID - firstUserID) / 2; u.ManagerID != 0 && g.c.Users[boss].former(g.c.Today) && !u.former(g.c.Today) {
		g.play(UnderFormer, u)
	}
	if p, ok := fixedParts[i]; ok {
		g.play(p, u)
	}
}

func (g *generator) play(p Part, u *User) { g.c.Cast[p] = append(g.c.Cast[p], u.ID) }
