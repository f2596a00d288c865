package roster_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/roster"
)

func day(t *testing.T, s string) roster.Date {
	t.Helper()
	d, err := roster.ParseDate(s)
	if err != nil {
		t.Fatalf("ParseDate(%q): %v", s, err)
	}
	return d
}

func TestParseDateReadsBothFormsOfLucca(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       roster.Date
	}{
		{"none", "", roster.Date{}},
		{"v4", "2026-11-22", roster.Date{Year: 2026, Month: 11, Day: 22}},
		{"v3", "2026-11-22T00:00:00", roster.Date{Year: 2026, Month: 11, Day: 22}},
		{"v3 with milliseconds", "2026-11-22T23:59:59.997", roster.Date{Year: 2026, Month: 11, Day: 22}},
		{"v3 with hundredths", "2026-11-22T07:15:44.21", roster.Date{Year: 2026, Month: 11, Day: 22}},
		{"a leap day", "2024-02-29", roster.Date{Year: 2024, Month: 2, Day: 29}},
		{"the end of time", "9999-12-31T00:00:00", roster.Date{Year: 9999, Month: 12, Day: 31}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, err := roster.ParseDate(tt.text); err != nil || got != tt.want {
				t.Errorf("ParseDate(%q) = %v, %v, want %v", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestParseDateRefusesAnythingElse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		" ", "2026", "2026-11", "2026-1-2", "22/11/2026", "11/22/2026", "20261122", "2026-11-22 ", " 2026-11-22",
		"2026-02-30", "2025-02-29", "2026-00-10", "2026-13-01", "2026-11-00", "2026-11-31",
		"2026-11-22 00:00:00", "2026-11-22T", "2026-11-22T25:00:00", "2026-11-22Tnoon", "2026-11-22T00:00",
		"2026-11-22T00:00:00Z", "2026-11-22T00:00:00+01:00", "-026-11-22", "+2026-11-22", "12026-11-22", "null",
	} {
		d, err := roster.ParseDate(text)
		if err == nil {
			t.Errorf("ParseDate(%q) = %v, want an error", text, d)
			continue
		}
		if !d.IsZero() {
			t.Errorf("ParseDate(%q) returns %v beside its error", text, d)
		}
		if text = strings.TrimSpace(text); text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats %q, which may be a date of birth: %v", text, err)
		}
	}
}

func TestDatesCompareAsDays(t *testing.T) {
	t.Parallel()
	ascending := []string{"", "0001-01-01", "1999-12-31", "2000-01-01", "2000-01-31", "2000-02-01", "2001-01-01", "9999-12-31"}
	for i := range ascending {
		for j := range ascending {
			a, b := day(t, ascending[i]), day(t, ascending[j])
			if a.Before(b) != (i < j) || a.After(b) != (i > j) || (a.Compare(b) == 0) != (i == j) {
				t.Errorf("%v and %v: before %t, after %t, compare %d", a, b, a.Before(b), a.After(b), a.Compare(b))
			}
		}
	}
}

func TestAddDaysCrossesMonthsAndYears(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from string
		days int
		want string
	}{
		{"2026-11-30", 1, "2026-12-01"},
		{"2026-12-31", 1, "2027-01-01"},
		{"2024-02-28", 1, "2024-02-29"},
		{"2026-03-01", -1, "2026-02-28"},
		{"2026-03-29", 1, "2026-03-30"}, // the clocks change in Paris
		{"2026-11-22", 0, "2026-11-22"},
	} {
		if got := day(t, tt.from).AddDays(tt.days).String(); got != tt.want {
			t.Errorf("%s and %d days = %s, want %s", tt.from, tt.days, got, tt.want)
		}
	}
}

func TestDateOfIsTheDayOfTheZone(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC)
	east := at.In(time.FixedZone("east", 3600))
	if got := roster.DateOf(at).String(); got != "2026-11-22" {
		t.Errorf("in UTC: %s", got)
	}
	if got := roster.DateOf(east).String(); got != "2026-11-23" {
		t.Errorf("an hour further east: %s", got)
	}
}

func TestDatesKeepInJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "2026-11-22"} {
		b, err := json.Marshal(day(t, text))
		if err != nil || string(b) != `"`+text+`"` {
			t.Fatalf("Marshal = %s, %v", b, err)
		}
		var back roster.Date
		if err := json.Unmarshal(b, &back); err != nil || back != day(t, text) {
			t.Errorf("Unmarshal(%s) = %v, %v", b, back, err)
		}
	}
	var d roster.Date
	if err := json.Unmarshal([]byte(`"22/11/2026"`), &d); err == nil {
		t.Error("Unmarshal accepts another form")
	}
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"", "2026-11-22", "2026-11-22T07:15:44.21", "2026-02-30", "9999-12-31T00:00:00", "0000-01-01"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := roster.ParseDate(s)
		switch {
		case err != nil && !d.IsZero():
			t.Fatalf("a date beside an error: %v", d)
		case err != nil:
			if _, plain := time.Parse(time.DateOnly, s); plain == nil {
				t.Fatalf("refused the plain day %q", s)
			}
		case d.IsZero() != (s == ""):
			t.Fatalf("%q is no date", s)
		case s != "" && d.String() != s[:len(time.DateOnly)]:
			t.Fatalf("%q became %v", s, d)
		}
	})
}
