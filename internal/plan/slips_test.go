package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// rated is the crew with what files damage: phones of France, dates of birth, an hourly rate with
// decimals, and addresses at one domain.
func rated(t testing.TB) roster.Snapshot {
	t.Helper()
	s := ship(t)
	s.Fields = []roster.Field{{Code: "e_rate", Kind: roster.NumberField}}
	for i := range s.Employees {
		e := &s.Employees[i]
		e.ProfessionalMobile = fmt.Sprintf("+336320012%02d", i+10)
		e.Extensions = map[string]string{"e_rate": fmt.Sprintf("1%d.5", i)}
	}
	return s
}

// written reports whether a plan, were it not held, would change a property of somebody to a value
// of the file, and whether anything is said about the rows.
func written(p *plan.Plan, code string) (values []string) {
	for _, item := range p.Items {
		if c, sets := item.Set.Find(code); sets {
			values = append(values, c.To)
		}
	}
	return values
}

func TestDecimalSignsThatAreLostOrOfThousands(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, actions, held, codes string }{
		{"a point before three digits", "1.234", "reject", "", "ambiguous_number"},
		{"a comma before three digits", "1,234", "reject", "", "ambiguous_number"},
		{"a decimal sign that is lost", "135", "update", "decimals", "decimal_moved"},
		{"a decimal sign further on", "1.35", "update", "decimals", "decimal_moved"},
		{"a sign that is lost or gained", "-13.5", "update", "decimals", "decimal_moved"},
		{"another number", "14.25", "update", "", ""},
		{"a whole number", "14", "update", "", ""},
		{"the number in another form", "13,50", "unchanged", "", ""},
	} {
		s := rated(t)
		file := table(t, "login;e_rate", s.Employees[3].Login+";"+tt.text)
		made := plan.Make(file, join(t, s), plan.Policy{})
		got := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: join(t, s), Last: 1}))
		if actions(made) != tt.actions || got != tt.held || said(made) != tt.codes {
			t.Errorf("%s, %q: does %q, is held by %q, says %q", tt.name, tt.text, actions(made), got, said(made))
		}
	}
}

// Where somebody in Lucca has three decimals, a number with three of them is one.
func TestThreeDecimalsWhereLuccaHasThem(t *testing.T) {
	t.Parallel()
	s := rated(t)
	s.Employees[0].Extensions["e_rate"] = "10.125"
	made := plan.Make(table(t, "login;e_rate", s.Employees[3].Login+";1.234"), join(t, s), plan.Policy{})
	if got := written(made, "e_rate"); !slices.Equal(got, []string{"1.234"}) {
		t.Errorf("writes %q, says %v", got, made.Findings)
	}
}

// A row that is there twice may have taken the place of the one that is missing.
func TestRepeatedRowBesideAnAbsence(t *testing.T) {
	t.Parallel()
	policy := plan.Policy{Mode: plan.Full, OnAbsent: plan.EndAbsent}
	for _, repeated := range []bool{false, true} {
		s := ship(t)
		lines := []string{"login"}
		for i := range s.Employees {
			if e := &s.Employees[i]; i != 4 && e.ContractEnd.IsZero() {
				lines = append(lines, e.Login)
			}
		}
		file := table(t, lines...)
		file.Findings = []finding.Finding{{Severity: finding.Warning, Code: "encoding"}}
		if repeated {
			file.Findings[0] = finding.Finding{Severity: finding.Warning, Code: "repeated_row", Row: 3}
		}
		made := plan.Make(file, join(t, s), policy)
		limits := plan.Limits{}.Judge(made, plan.Against{Table: file, People: join(t, s), Mode: plan.Full, Last: len(file.Rows)})
		if got := strings.Contains(held(limits), "absences"); got != repeated {
			t.Errorf("with a repeated row %v it is held by %q: %q", repeated, held(limits), actions(made))
		}
	}
}

// A file of which all dates can be read both ways, by when people begin.
func TestStartsThatCanBeReadBothWays(t *testing.T) {
	t.Parallel()
	for start, want := range map[string]bool{
		"12/01/2026": true,  // in ten months from the first of December
		"12/05/2026": true,  // half a year ago, or on 5 December
		"11/07/2026": true,  // or on 7 November, half a month ago
		"11/06/2026": false, // or a day before
		"01/06/2027": true,  // or on 6 January, in a month and a half
		"01/07/2027": false, // or a day later
		"01/03/2027": true,  // in more than three months, or on 3 January
		"01/02/2027": false, // in less
		"01/12/2026": false, // in ten days
		"12/11/2026": false, // ten days ago
		"12/12/2026": false, // the same either way
		"15/05/2026": false, // one way only
		"05/04/2026": false, // neither is about now
	} {
		file := table(t, "login;firstName;lastName;mail;dtContractStart;legalEntity;department;rolePrincipal", "new;Anna;Neuf;new@acme.example;"+start+";LYO;DIR;Utilisateur")
		file.OrderOpen = true
		made := plan.Make(file, join(t, ship(t)), plan.Policy{})
		got := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: join(t, ship(t)), Last: 1}))
		if strings.Contains(got, "date_order") != want || strings.Contains(said(made), "date_open") != want {
			t.Errorf("%s: held by %q, says %q, does %q", start, got, said(made), actions(made))
		}
	}
}

// slip is a kind of damage to a cell of a column: what it makes of the value of somebody.
type slip struct {
	name, code string
	// value is what the person has in Lucca, as a file writes it; others is a change that is none.
	value  func(e *roster.Employee) string
	others func(t *rapid.T, value string) string
	harm   func(t *rapid.T, value string) string
	// rows is how many rows have it at least.
	rows int
}

func slips() []slip {
	day := func(text string, years, days int) string {
		when, err := time.Parse("02/01/2006", text)
		if err != nil {
			panic(err)
		}
		return when.AddDate(years, 0, days).Format("02/01/2006")
	}
	birth := func(e *roster.Employee) string {
		return fmt.Sprintf("%02d/%02d/%04d", e.BirthDate.Day, e.BirthDate.Month, e.BirthDate.Year)
	}
	phone := func(e *roster.Employee) string { return e.ProfessionalMobile }
	mail := func(e *roster.Employee) string { return e.Mail }
	rate := func(e *roster.Employee) string { return e.Extensions["e_rate"] }
	at := func(t *rapid.T, text string, from int) int { return rapid.IntRange(from, len(text)-1).Draw(t, "place") }
	lastDigits := func(t *rapid.T, value string) string {
		return value[:len(value)-2] + fmt.Sprintf("%02d", rapid.IntRange(40, 99).Draw(t, "digits"))
	}
	return []slip{
		{"a phone that is cut", "professionalMobile", phone, lastDigits, func(t *rapid.T, v string) string { return v[:at(t, v, 7)] }, 1},
		{"a phone that is too long", "professionalMobile", phone, lastDigits, func(t *rapid.T, v string) string { return v + rapid.StringMatching(`[0-9]{1,4}`).Draw(t, "more") }, 1},
		{"a phone without its plus", "professionalMobile", phone, lastDigits, func(_ *rapid.T, v string) string { return v[1:] }, 1},
		{"a phone without its country", "professionalMobile", phone, lastDigits, func(_ *rapid.T, v string) string { return v[3:] }, 1},
		{"a phone as a float", "professionalMobile", phone, lastDigits, func(t *rapid.T, v string) string {
			return rapid.SampledFrom([]string{v[1:] + ".0", v[1:] + ",00", v[1:2] + "," + v[2:6] + "E+10"}).Draw(t, "float")
		}, 1},
		{"a domain without a letter", "mail", mail, func(_ *rapid.T, v string) string { return "a." + v }, func(t *rapid.T, v string) string {
			n := at(t, v, strings.IndexByte(v, '@')+1)
			return v[:n] + v[n+1:]
		}, 1},
		{"a domain with letters exchanged", "mail", mail, func(_ *rapid.T, v string) string { return "a." + v }, func(t *rapid.T, v string) string {
			n := rapid.IntRange(strings.IndexByte(v, '@')+1, len(v)-2).Filter(func(n int) bool { return v[n] != v[n+1] }).Draw(t, "place")
			return v[:n] + v[n+1:n+2] + v[n:n+1] + v[n+2:]
		}, 1},
		{"a domain that is cut", "mail", mail, func(_ *rapid.T, v string) string { return "a." + v }, func(t *rapid.T, v string) string { return v[:at(t, v, strings.IndexByte(v, '@')+1)] }, 1},
		{"a number with its decimal sign elsewhere", "e_rate", rate, func(t *rapid.T, v string) string {
			return rapid.SampledFrom([]string{"27.25", "31", "8,75"}).Draw(t, "rate")
		}, func(t *rapid.T, v string) string {
			return rapid.SampledFrom([]string{strings.Replace(v, ".", "", 1), "1." + v[1:2] + "5", "-" + v, "0.1" + v[1:2] + "5"}).Draw(t, "moved")
		}, 1},
		{"a number of thousands", "e_rate", rate, func(*rapid.T, string) string { return "27.25" }, func(t *rapid.T, v string) string {
			return rapid.StringMatching(`[1-9]\d?[.,]\d{3}`).Filter(func(s string) bool { return !strings.HasSuffix(s, "00") }).Draw(t, "thousands")
		}, 1},
		{"dates from 1904", "dtBirth", birth, nil, func(t *rapid.T, v string) string {
			return day(v, 0, rapid.SampledFrom([]int{1462, -1462}).Draw(t, "days"))
		}, 1},
		{"dates that moved by a day", "dtBirth", birth, nil, func(t *rapid.T, v string) string { return day(v, 0, -1) }, 2},
	}
}

// A value that is damaged is held or rejected, and one that is not is neither.
func TestSlipsAreNeverWrittenAndOthersAre(t *testing.T) {
	t.Parallel()
	s := rated(t)
	for _, kind := range slips() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				damaged := kind.others == nil || rapid.Bool().Draw(rt, "damaged")
				lines := []string{"login;" + kind.code}
				from := rapid.IntRange(0, 3).Draw(rt, "first")
				var values []string
				for i := range kind.rows {
					e := &s.Employees[from+i]
					value := kind.value(e)
					if damaged {
						value = kind.harm(rt, value)
					} else {
						value = kind.others(rt, value)
					}
					values = append(values, value)
					lines = append(lines, e.Login+";"+value)
				}
				file, people := table(t, lines...), join(t, s)
				made := plan.Make(file, people, plan.Policy{})
				limits := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people, Last: kind.rows}))
				got := written(made, kind.code)
				switch {
				case damaged && limits == "" && len(got) > 0:
					rt.Fatalf("%q is written: %q", values, got)
				case !damaged && (limits != "" || len(got) != kind.rows):
					rt.Fatalf("%q is not written: held by %q, says %v", values, limits, made.Findings)
				}
			})
		})
	}
}

// Columns that are blank in all rows clear nobody, and those that are in some are cleared there.
func TestEmptiedColumnsClearNobody(t *testing.T) {
	t.Parallel()
	s := rated(t)
	rapid.Check(t, func(t *rapid.T) {
		blank := rapid.SliceOfN(rapid.Bool(), 2, 6).Draw(t, "blank")
		emptied := !slices.Contains(blank, false)
		lines := []string{"login;professionalMobile;jobTitle"}
		for i := range blank {
			e, phone := &s.Employees[i], ""
			if !blank[i] {
				phone = e.ProfessionalMobile
			}
			lines = append(lines, e.Login+";"+phone+";"+e.JobTitle)
		}
		file, people := table(new(testing.T), lines...), join(new(testing.T), s)
		made := plan.Make(file, people, plan.Policy{Blank: plan.ClearBlank})
		got := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people, Last: len(blank)}))
		if strings.Contains(got, "emptied") != emptied {
			t.Fatalf("blank %v: held by %q", blank, got)
		}
	})
}

// About this day is half a month ago to a month and a half ahead, of a year that is not this one.
func TestStartsNearThisDayOfAnotherYear(t *testing.T) {
	t.Parallel()
	for start, want := range map[string]bool{
		"05/12/2025": true, "06/12/2025": false, "07/11/2020": true, "06/11/2020": false, "06/01/2021": true, "07/01/2021": false, "31/12/2020": true,
	} {
		file := table(t, "login;firstName;lastName;mail;dtContractStart;legalEntity;department;rolePrincipal", "new;Anna;Neuf;new@acme.example;"+start+";LYO;DIR;Utilisateur")
		for mode, asks := range map[plan.Mode]bool{plan.Delta: want, plan.Full: false} {
			if got := strings.Contains(said(plan.Make(file, join(t, ship(t)), plan.Policy{Mode: mode})), "start_in_doubt"); got != asks {
				t.Errorf("%s in a %s file: %v", start, mode, got)
			}
		}
	}
}

// A start about this day of an earlier year is asked about, one of late or soon is not.
func TestStartsOfEarlierYearsAreAskedAbout(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		old := rapid.Bool().Draw(t, "old")
		days := rapid.IntRange(-14, 44).Draw(t, "days")
		years := 0
		if old {
			years = rapid.IntRange(2, 30).Draw(t, "years")
		}
		when := time.Date(int(today.Year)-years, time.Month(today.Month), int(today.Day)+days, 0, 0, 0, 0, time.UTC)
		file := table(new(testing.T), "login;firstName;lastName;mail;dtContractStart;legalEntity;department;rolePrincipal", "new;Anna;Neuf;new@acme.example;"+when.Format("02/01/2006")+";LYO;DIR;Utilisateur")
		people := join(new(testing.T), ship(new(testing.T)))
		made := plan.Make(file, people, plan.Policy{})
		got := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people, Last: 1}))
		if strings.Contains(got, "old_starts") != old || actions(made) != "create" {
			t.Fatalf("%s: held by %q, does %q", when.Format(time.DateOnly), got, actions(made))
		}
	})
}

// A file that ends in the middle of its last cell changes nobody by it, and one that ends after it
// may.
func TestLastCellThatIsCutIsNotWritten(t *testing.T) {
	t.Parallel()
	s := rated(t)
	for i := range s.Employees {
		s.Employees[i].JobTitle = "Responsable administrative"
	}
	rapid.Check(t, func(t *rapid.T) {
		e := &s.Employees[rapid.IntRange(0, 5).Draw(t, "row")]
		values := map[string]string{"jobTitle": e.JobTitle, "professionalMobile": e.ProfessionalMobile, "mail": e.Mail, "dtBirth": "02/03/1980"}
		code := rapid.SampledFrom([]string{"jobTitle", "professionalMobile", "mail", "dtBirth"}).Draw(t, "column")
		whole := values[code]
		file, people := table(new(testing.T), "login;"+code, e.Login+";"+whole[:rapid.IntRange(1, len(whole)-1).Draw(t, "cut")]), join(new(testing.T), s)
		file.Unclosed = true
		made := plan.Make(file, people, plan.Policy{})
		got := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people, Last: 1}))
		if got == "" && len(written(made, code)) > 0 {
			t.Fatalf("%q is written", file.Rows[0].Cells)
		}
	})
}
