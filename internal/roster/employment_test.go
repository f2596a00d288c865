package roster_test

import (
	"math/big"
	"testing"

	"lucca-exchange/internal/roster"
)

// Contracts without a day between them are one employment; a gap begins another one.
func TestAnEmploymentIsAnUnbrokenChainOfContracts(t *testing.T) {
	t.Parallel()
	type contract [2]string
	for _, tt := range []struct {
		name       string
		contracts  []contract
		start, end string
	}{
		{"one open contract", []contract{{"2021-03-01", ""}}, "2021-03-01", ""},
		{"one that ends", []contract{{"2026-01-01", "2026-12-31"}}, "2026-01-01", "2026-12-31"},
		{"a fixed term, then a permanent one", []contract{{"2024-01-01", "2024-06-30"}, {"2024-07-01", ""}}, "2024-01-01", ""},
		{"three in a row", []contract{{"2023-01-01", "2023-12-31"}, {"2024-01-01", "2025-12-31"}, {"2026-01-01", "2026-12-31"}}, "2023-01-01", "2026-12-31"},
		{"a gap of one day", []contract{{"2023-01-01", "2023-12-31"}, {"2024-01-02", ""}}, "2024-01-02", ""},
		{"a next one is signed without a gap", []contract{{"2026-01-01", "2026-12-31"}, {"2027-01-01", ""}}, "2026-01-01", ""},
		{"a next one is signed that ends", []contract{{"2026-01-01", "2026-12-31"}, {"2027-01-01", "2027-06-30"}}, "2026-01-01", ""},
		{"a next one is signed after a gap", []contract{{"2026-01-01", "2026-12-31"}, {"2027-02-01", ""}}, "2026-01-01", "2026-12-31"},
		{"has left", []contract{{"2020-01-01", "2020-12-31"}, {"2021-01-01", "2026-10-31"}}, "2020-01-01", "2026-10-31"},
		{"has not begun", []contract{{"2027-01-01", ""}}, "2027-01-01", ""},
		{"comes back", []contract{{"2019-01-01", "2020-05-31"}, {"2027-01-01", ""}}, "2027-01-01", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := roster.Snapshot{Employees: []roster.Employee{{ID: 1}}}
			for i, c := range tt.contracts {
				// In the order of nothing.
				s.Contracts = append([]roster.Contract{{ID: 10 - i, OwnerID: 1, StartsOn: day(t, c[0]), EndsOn: day(t, c[1])}}, s.Contracts...)
			}
			r, err := roster.New(s, roster.Settings{Day: day(t, "2026-11-22")})
			if err != nil {
				t.Fatal(err)
			}
			got := r.Employment(r.ByID(1))
			if want := (roster.Employment{Start: day(t, tt.start), End: day(t, tt.end)}); got != want {
				t.Errorf("got %s to %s, want %s to %s", got.Start, got.End, want.Start, want.End)
			}
		})
	}
}

// 1,000 a month was left open when the fixed term ended; the permanent contract pays 2,500,
// and the one that is signed for January 3,000: twelve times 2,500 are 30,000.
func TestPayIsThatOfTheContractThatApplies(t *testing.T) {
	t.Parallel()
	item := func(amount int64, from, to, contractFrom, contractTo string) roster.PayItem {
		return roster.PayItem{
			OwnerID: 1, Basic: true, Amount: new(big.Rat).SetInt64(amount), StartsOn: day(t, from), EndsOn: day(t, to),
			Contract: roster.Contract{StartsOn: day(t, contractFrom), EndsOn: day(t, contractTo)},
		}
	}
	for _, tt := range []struct {
		name  string
		items []roster.PayItem
		want  string
	}{
		{"an open item of an ended contract", []roster.PayItem{
			item(1000, "2024-01-01", "", "2024-01-01", "2024-06-30"), item(2500, "2024-07-01", "", "2024-07-01", ""),
		}, "30000.00"},
		{"an item of a signed contract", []roster.PayItem{
			item(2500, "2024-07-01", "", "2024-07-01", "2026-12-31"), item(3000, "2026-01-01", "", "2027-01-01", ""),
		}, "30000.00"},
		{"somebody who has left", []roster.PayItem{item(1000, "2024-01-01", "", "2024-01-01", "2026-06-30")}, ""},
		{"the last day counts", []roster.PayItem{item(1000, "2024-01-01", "", "2024-01-01", "2026-11-22")}, "12000.00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := roster.New(roster.Snapshot{Employees: []roster.Employee{{ID: 1}}, Pay: tt.items}, roster.Settings{Day: day(t, "2026-11-22"), PayPeriods: 12})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.AnnualSalary(r.ByID(1)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Where only the contracts beside the applicable one were read, the days that Lucca shows of
// that one stand for it.
func TestEmploymentOfTheOtherContractsOnly(t *testing.T) {
	t.Parallel()
	day := func(s string) roster.Date {
		d, err := roster.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for name, tt := range map[string]struct {
		start, end string
		others     []roster.Contract
		want       roster.Employment
	}{
		"one before without a gap":  {"2026-03-01", "", []roster.Contract{{StartsOn: day("2025-01-01"), EndsOn: day("2026-02-28")}}, roster.Employment{Start: day("2025-01-01")}},
		"one before with a gap":     {"2026-03-01", "2026-12-31", []roster.Contract{{StartsOn: day("2025-01-01"), EndsOn: day("2026-02-27")}}, roster.Employment{Start: day("2026-03-01"), End: day("2026-12-31")}},
		"one signed after it":       {"2026-03-01", "2026-12-31", []roster.Contract{{StartsOn: day("2027-01-01")}}, roster.Employment{Start: day("2026-03-01")}},
		"one that starts later":     {"2026-03-01", "2026-12-31", []roster.Contract{{StartsOn: day("2027-01-03")}}, roster.Employment{Start: day("2026-03-01"), End: day("2026-12-31")}},
		"a Lucca that lists it too": {"2026-03-01", "2026-12-31", []roster.Contract{{StartsOn: day("2026-03-01"), EndsOn: day("2026-12-31")}, {StartsOn: day("2027-01-01")}}, roster.Employment{Start: day("2026-03-01")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := roster.Employee{ID: 1, ContractStart: day(tt.start)}
			if tt.end != "" {
				e.ContractEnd = day(tt.end)
			}
			for i := range tt.others {
				tt.others[i].ID, tt.others[i].OwnerID = i+1, 1
			}
			r, err := roster.New(roster.Snapshot{Employees: []roster.Employee{e}, Contracts: tt.others}, roster.Settings{Day: day("2026-11-28")})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Employment(r.ByID(1)); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
