package hire

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

func paris(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestPhones(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ region, in, want string }{
		{"FR", "+33654342384", "+33654342384"},
		{"FR", "+33 6 76 56 45 23", "+33676564523"},
		{"FR", "+33 (0)6 20 51 96 08", "+33620519608"},
		{"FR", "06 76 56 45 23", "+33676564523"},
		{"FR", "06.76.56.45.23", "+33676564523"},
		{"FR", "06-76-56-45-23", "+33676564523"},
		{"FR", "0033676564523", "+33676564523"},
		{"FR", "33676564523", "+33676564523"},
		{"FR", "Tél : 06 76 56 45 23", "+33676564523"},
		{"FR", "01 42 68 53 00", "+33142685300"},
		{"FR", "+41 79 123 45 67", "+41791234567"},
		{"DE", "0151 12345678", "+4915112345678"},
		{"DE", "+33 6 76 56 45 23", "+33676564523"},
		{"BE", "0470 12 34 56", "+32470123456"},
		{"FR", "06 76 56 45", ""},
		{"FR", "06 76 56 45 23 12 34 56", ""},
		{"FR", "0000000000", ""},
		{"FR", "voir CV", ""},
		{"FR", "+", ""},
		{"FR", strings.Repeat("0", 900), ""},
	} {
		got, ok := phone(tt.in, tt.region)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s %q: got %q, %v, want %q", tt.region, tt.in, got, ok, tt.want)
		}
	}
}

func codesOf(table plan.Table) []string {
	var codes []string
	for _, f := range table.Findings {
		code, _, _ := strings.Cut(f.String(), ": ")
		codes = append(codes, code)
	}
	return codes
}

func TestRowsPointAtTheDroppedFile(t *testing.T) {
	t.Parallel()
	events := []Event{{
		Source: "arca24", ExternalID: "A1", Row: 7, LastName: "Rossi", FirstName: "Ada", PersonalMail: "ada@mail.example",
		Phone: "?", HiredAt: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), ContractType: "CDI",
	}}
	table := Rows(events, Settings{
		Zone:   paris(t),
		Places: map[string]int{"lastName": 1, "firstName": 2, "personalEmail": 3, "professionalMobile": 4},
		Config: Config{ContractType: "e_contract", Defaults: plan.Defaults{
			Values: map[string]string{"legalEntity": "Acme"},
			By:     []plan.DefaultRule{{Set: map[string]string{"department": "Support"}}},
		}},
	})
	want := []string{
		"warning row 7 personal_mail", "warning E7 phone_unreadable", "warning row 7 start_by_fallback",
	}
	if got := codesOf(table); !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	seen := make(map[int]bool)
	for i, column := range table.Columns {
		if seen[column.Index] {
			t.Errorf("two columns at place %d", column.Index)
		}
		seen[column.Index] = true
		if column.Code == "e_contract" && table.Rows[0].Cells[i] != "CDI" {
			t.Errorf("the contract type is %q", table.Rows[0].Cells[i])
		}
		if !plan.Known(column.Code) {
			t.Errorf("the plan does not know %s", column.Code)
		}
	}
	if table.Rows[0].Number != 7 {
		t.Errorf("row %d, want 7", table.Rows[0].Number)
	}
}

func TestAHireWithoutAnyAddressIsRejectedAndSaid(t *testing.T) {
	t.Parallel()
	table := Rows([]Event{{ExternalID: "1", LastName: "A", FirstName: "B", HiredAt: time.Now()}}, Settings{Zone: time.UTC})
	if got := codesOf(table); got[0] != "error row 2 mail_missing" {
		t.Errorf("said %q", got)
	}
}

func TestWhoIsInLuccaAlready(t *testing.T) {
	t.Parallel()
	day := roster.Date{Year: 2026, Month: 11, Day: 22}
	people, err := roster.New(roster.Snapshot{Employees: []roster.Employee{
		{ID: 1, LastName: "Lefèvre", FirstName: "Zoé", Mail: "zoe.lefevre@acme.example", PersonalMail: "zoe@mail.example", ContractStart: roster.Date{Year: 2026, Month: 12, Day: 1}},
		{ID: 2, LastName: "Petit", FirstName: "Jean", Mail: "jp@acme.example", ContractStart: roster.Date{Year: 2019, Month: 1, Day: 1}, ContractEnd: roster.Date{Year: 2022, Month: 1, Day: 1}},
		{ID: 3, LastName: "Martin", FirstName: "Anne-Marie", Mail: "am@acme.example", ContractStart: roster.Date{Year: 2020, Month: 1, Day: 1}},
		{ID: 4, LastName: "Noël", FirstName: "Eve", Mail: "shared@acme.example"},
		{ID: 5, LastName: "Noël", FirstName: "Ève", Mail: "shared@acme.example"},
		{ID: 6, LastName: "Last", FirstName: "Day", Mail: "last@acme.example", ContractEnd: day},
	}}, roster.Settings{Day: day})
	if err != nil {
		t.Fatal(err)
	}
	start := func(day uint8) roster.Date { return roster.Date{Year: 2026, Month: 12, Day: day} }
	for _, tt := range []struct {
		name  string
		event Event
		want  Judgement
	}{
		{"nobody", Event{LastName: "Neuf", FirstName: "Paul", Mail: "new@mail.example"}, Judgement{Verdict: New}},
		{"same professional address", Event{LastName: "LEFEVRE", FirstName: "zoe", Mail: "Zoe.Lefevre@ACME.example"}, Judgement{Verdict: Linked, EmployeeID: 1}},
		{"same personal address", Event{LastName: "Lefèvre", FirstName: "Zoé", PersonalMail: "zoe@mail.example"}, Judgement{Verdict: Linked, EmployeeID: 1}},
		{"their personal address is our professional one", Event{LastName: "Lefèvre", FirstName: "Zoé", Mail: "zoe@mail.example"}, Judgement{Verdict: Linked, EmployeeID: 1}},
		{"a married name", Event{LastName: "Durand", FirstName: "Zoé", Mail: "zoe@mail.example"}, Judgement{Verdict: Linked, EmployeeID: 1}},
		{"a relative with the same address", Event{LastName: "Lefèvre", FirstName: "Léa", Mail: "zoe@mail.example"}, Judgement{Verdict: Held, Reason: OtherPerson, EmployeeID: 1}},
		{"same names and start, accents and case apart", Event{LastName: "LEFEVRE", FirstName: "ZOE", Mail: "other@mail.example", ContractStart: start(1)}, Judgement{Verdict: Linked, EmployeeID: 1}},
		{"same names, the start is the day of the hiring", Event{LastName: "Lefèvre", FirstName: "Zoé", Mail: "other@mail.example", HiredAt: time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC)}, Judgement{Verdict: Linked, EmployeeID: 1}},
		{"a married name without the address", Event{LastName: "Durand", FirstName: "Zoé", Mail: "x@mail.example", ContractStart: start(1)}, Judgement{Verdict: Held, Reason: Similar, EmployeeID: 1}},
		{"a first name and the day of the hiring", Event{LastName: "Durand", FirstName: "Zoé", Mail: "x@mail.example", HiredAt: time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC)}, Judgement{Verdict: New}},
		{"a homonym", Event{LastName: "Martin", FirstName: "Anne Marie", Mail: "x@mail.example", ContractStart: start(2)}, Judgement{Verdict: Held, Reason: Homonym, EmployeeID: 3}},
		{"a former employee, by address", Event{LastName: "Petit", FirstName: "Jean", Mail: "jp@acme.example"}, Judgement{Verdict: Held, Reason: FormerAddress, EmployeeID: 2}},
		{"a former employee, by name", Event{LastName: "Petit", FirstName: "Jean", Mail: "jean@mail.example"}, Judgement{Verdict: Held, Reason: FormerEmployee, EmployeeID: 2}},
		{"a shared address", Event{LastName: "Noel", FirstName: "Eve", Mail: "shared@acme.example"}, Judgement{Verdict: Held, Reason: Ambiguous}},
		{"the address of somebody else", Event{LastName: "Autre", FirstName: "Paul", Mail: "am@acme.example"}, Judgement{Verdict: Held, Reason: OtherPerson, EmployeeID: 3}},
		{"the last day is a day in the company", Event{LastName: "Last", FirstName: "Day", Mail: "last@acme.example"}, Judgement{Verdict: Linked, EmployeeID: 6}},
	} {
		if tt.event.HiredAt.IsZero() {
			tt.event.HiredAt = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
		}
		if got := Judge([]Event{tt.event}, people, paris(t))[0]; got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestOneHireOncePerRun(t *testing.T) {
	t.Parallel()
	people, err := roster.New(roster.Snapshot{}, roster.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	events := []Event{
		{Source: "flatchr", ExternalID: "1", LastName: "Roy", FirstName: "Ann", PersonalMail: "ann@mail.example", HiredAt: at},
		{Source: "flatchr", ExternalID: "z7gW", LastName: "Roy", FirstName: "Ann", PersonalMail: "ann@mail.example", HiredAt: at},
		{Source: "flatchr", ExternalID: "2", LastName: "Roy", FirstName: "Ann", PersonalMail: "other@mail.example", HiredAt: at},
		{Source: "flatchr", ExternalID: "3", LastName: "Roy", FirstName: "Bob", PersonalMail: "bob@mail.example", HiredAt: at},
	}
	var got []string
	for _, j := range Judge(events, people, time.UTC) {
		got = append(got, strings.TrimSpace(string(j.Verdict)+" "+string(j.Reason)))
	}
	if want := []string{"new", "linked", "held homonym", "new"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Digests are stored: they are what they were when that of an earlier version was written.
func TestTwinsStayThoseOfEarlierVersions(t *testing.T) {
	t.Parallel()
	folded := "ann.roy@mail.example\x00n diaye roy\x00eloise\x00chef. de projet, paris"
	sum := sha256.Sum256([]byte(folded))
	if got, want := TwinOf("Ann.Roy@mail.example", "N’DIAYE-Roy", "Éloïse", "Chef. de  projet, Paris"), hex.EncodeToString(sum[:16]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSameHire(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	twin := TwinOf("Ann@mail.example", "Roy", "Ann", "Chef de projet")
	base := Event{Source: "flatchr", ExternalID: "1474", Twin: twin, HiredAt: at}
	for _, tt := range []struct {
		name  string
		other Event
		want  bool
	}{
		{"again", base, true},
		{"the poll of the webhook", Event{Source: "flatchr", ExternalID: "z7gW", Twin: TwinOf("ann@mail.example", "ROY", "ann", "chef  de projet"), HiredAt: at.AddDate(0, 0, 3)}, true},
		{"another application of the same person", Event{Source: "flatchr", ExternalID: "1475", Twin: twin, HiredAt: at}, false},
		{"another vacancy", Event{Source: "flatchr", ExternalID: "z7gW", Twin: TwinOf("ann@mail.example", "Roy", "Ann", "DRH"), HiredAt: at}, false},
		{"hired again a year later", Event{Source: "flatchr", ExternalID: "z7gW", Twin: twin, HiredAt: at.AddDate(1, 0, 0)}, false},
		{"another source", Event{Source: "generic", ExternalID: "1474", Twin: twin, HiredAt: at}, false},
		{"no twin", Event{Source: "flatchr", ExternalID: "z7gW", HiredAt: at}, false},
	} {
		if got := base.SameHire(tt.other); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if TwinOf("a@b.example", "Roy", "", "x") != "" || TwinOf("a@b.example", "", "Ann", "x") != "" {
		t.Error("nobody has a twin")
	}
}
