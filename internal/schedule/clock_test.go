package schedule_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata"

	"lucca-exchange/internal/schedule"
)

func mustParse(t testing.TB, line, zone string) schedule.Schedule {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	s, err := schedule.Parse(line, location)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// zones have their changes in spring and autumn of either half of the world, by an hour
// and by half of one, at two o'clock and at midnight, or none.
var zones = []struct {
	name string
	from time.Time
}{
	{"Europe/Paris", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	{"America/New_York", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	{"Australia/Lord_Howe", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	{"America/Sao_Paulo", time.Date(2017, 6, 1, 0, 0, 0, 0, time.UTC)}, // the last years that changed, at midnight
	{"Asia/Kolkata", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	{"Africa/Casablanca", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, // winter time in summer
	{"UTC", time.Date(2027, 12, 1, 0, 0, 0, 0, time.UTC)},              // with a leap day
}

// TestOncePerLocalDay walks 400 days, as a daemon would, and counts.
func TestOncePerLocalDay(t *testing.T) {
	t.Parallel()
	lines := []string{"30 2 * * *", "0 2 * * *", "59 22 * * *", "0 0 * * *", "30 0 * * *", "45 1 * * *", "30 23 * * *"}
	for _, zone := range zones {
		for _, line := range lines {
			t.Run(zone.name+" "+line, func(t *testing.T) {
				t.Parallel()
				s := mustParse(t, line, zone.name)
				perDay := map[string]int{}
				last := zone.from
				for range 400 {
					slot := s.Next(last)
					if !slot.After(last) {
						t.Fatalf("%v after %v", slot, last)
					}
					perDay[slot.Format(time.DateOnly)]++
					last = slot
				}
				first := s.Next(zone.from)
				for i := range 400 {
					day := time.Date(first.Year(), first.Month(), first.Day()+i, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
					if perDay[day] != 1 {
						t.Errorf("%s: %d slots", day, perDay[day])
					}
				}
			})
		}
	}
}

// TestRhythmIsEveryInstantThatFits compares with a look at every quarter of an hour.
func TestRhythmIsEveryInstantThatFits(t *testing.T) {
	t.Parallel()
	for _, zone := range zones {
		for line, fits := range map[string]func(time.Time) bool{
			"0 * * * *":    func(t time.Time) bool { return t.Minute() == 0 },
			"*/30 * * * *": func(t time.Time) bool { return t.Minute()%30 == 0 },
			"15 * * * 0":   func(t time.Time) bool { return t.Minute() == 15 && t.Weekday() == time.Sunday },
		} {
			t.Run(zone.name+" "+line, func(t *testing.T) {
				t.Parallel()
				s := mustParse(t, line, zone.name)
				next := s.Next(zone.from)
				for minute := zone.from.In(s.Zone()).Add(15 * time.Minute); minute.Before(zone.from.AddDate(0, 0, 400)); minute = minute.Add(15 * time.Minute) {
					if !fits(minute) {
						continue
					}
					if !next.Equal(minute) {
						t.Fatalf("next slot %v, want %v", next, minute)
					}
					next = s.Next(next)
				}
			})
		}
	}
}

func TestClockChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, zone, day, want string }{
		{"30 2 * * *", "Europe/Paris", "2026-03-29", "[03:00+02]"},
		{"0 2 * * *", "Europe/Paris", "2026-03-29", "[03:00+02]"},
		{"0,30 2,3 * * *", "Europe/Paris", "2026-03-29", "[03:00+02 03:30+02]"},
		{"30 2 * * *", "Europe/Paris", "2026-10-25", "[02:30+02]"},
		{"*/30 2 * * *", "Europe/Paris", "2026-10-25", "[02:00+02 02:30+02]"},
		{"0 3 * * *", "Europe/Paris", "2026-10-25", "[03:00+01]"},
		{"0 1-3 * * *", "Europe/Paris", "2026-10-25", "[01:00+02 02:00+02 03:00+01]"},
		{"30 1-3 * * *", "Europe/Paris", "2026-03-29", "[01:30+01 03:00+02 03:30+02]"},
		{"*/30 * * * *", "Europe/Paris", "2026-03-29", "48-2"},
		{"*/30 * * * *", "Europe/Paris", "2026-10-25", "48+2"},
		{"0 * * * *", "Europe/Paris", "2026-10-25", "24+1"},
		{"15 2 * * *", "Australia/Lord_Howe", "2026-10-04", "[02:30+11]"},
		{"45 1 * * *", "Australia/Lord_Howe", "2026-04-05", "[01:45+11]"},
		{"0 0 * * *", "America/Sao_Paulo", "2018-11-04", "[01:00-02]"},
		{"30 23 * * *", "America/Sao_Paulo", "2018-02-17", "[23:30-02]"},
		{"@daily", "Europe/Paris", "2026-03-29", "[00:00+01]"},
		{"@hourly", "Europe/Paris", "2026-03-29", "24-1"},
		{"@every 30m", "Asia/Kolkata", "2026-03-29", "48+0"},
		{"0 6 29 2 *", "UTC", "2028-02-29", "[06:00Z]"},
	} {
		s := mustParse(t, c.line, c.zone)
		day, err := time.ParseInLocation(time.DateOnly, c.day, s.Zone())
		if err != nil {
			t.Fatal(err)
		}
		slots := s.Between(day.Add(-1), day.AddDate(0, 0, 1).Add(-1), 100)
		var shown []string
		for _, slot := range slots {
			shown = append(shown, slot.Format("15:04Z07"))
		}
		got := fmt.Sprint(shown)
		if len(slots) > 20 {
			usual := len(slots)/24*24 + len(slots)%24/20*24
			got = fmt.Sprintf("%d%+d", usual, len(slots)-usual)
		}
		if got != c.want {
			t.Errorf("%s in %s on %s: %s, want %s", c.line, c.zone, c.day, got, c.want)
		}
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	nightly := mustParse(t, "59 22 * * *", "Europe/Paris")
	day := func(d, hour, minute int) time.Time { return time.Date(2026, 11, d, hour, minute, 0, 0, nightly.Zone()) }
	for name, c := range map[string]struct {
		last, now   time.Time
		due, missed string
	}{
		"not yet":                   {day(1, 22, 59), day(2, 22, 58), "", "[]"},
		"at the instant":            {day(1, 22, 59), day(2, 22, 59), "02 22:59", "[]"},
		"settled":                   {day(2, 22, 59), day(2, 22, 59), "", "[]"},
		"back in time":              {day(1, 22, 59), day(3, 8, 0), "02 22:59", "[]"},
		"twelve hours to the dot":   {day(1, 22, 59), day(3, 10, 59), "02 22:59", "[]"},
		"too late":                  {day(1, 22, 59), day(3, 11, 0), "", "[02]"},
		"clock forward three days":  {day(1, 22, 59), day(5, 8, 0), "04 22:59", "[02 03]"},
		"suspended over six hours":  {day(1, 22, 59), day(3, 4, 58), "02 22:59", "[]"},
		"clock back two hours":      {day(2, 22, 59), day(2, 21, 5), "", "[]"},
		"clock back over one night": {day(5, 22, 59), day(2, 23, 30), "", "[]"},
	} {
		due, missed := nightly.Due(c.last, c.now, 12*time.Hour)
		var days []string
		for _, slot := range missed {
			days = append(days, slot.Format("02"))
		}
		shown := ""
		if !due.IsZero() {
			shown = due.Format("02 15:04")
		}
		if shown != c.due || fmt.Sprint(days) != c.missed {
			t.Errorf("%s: due %q, missed %v; want %q, %s", name, shown, days, c.due, c.missed)
		}
	}
}

func TestDueIsBoundedAfterYears(t *testing.T) {
	t.Parallel()
	s := mustParse(t, "* * * * *", "Europe/Paris")
	now := time.Date(2026, 11, 22, 22, 0, 30, 0, time.UTC)
	due, missed := s.Due(now.AddDate(-30, 0, 0), now, time.Hour)
	if len(missed) != 1000 || !due.Equal(now.Truncate(time.Minute)) || !missed[999].Equal(due.Add(-time.Minute)) {
		t.Errorf("due %v, %d missed up to %v", due, len(missed), missed[len(missed)-1])
	}
}

// TestWakingDaemonRunsOncePerDay lives through 400 days as the daemon does: it sleeps
// twenty minutes at most, is down now and then, and remembers only the last slot.
func TestWakingDaemonRunsOncePerDay(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Paris", "America/New_York", "Australia/Lord_Howe"} {
		synctest.Test(t, func(t *testing.T) {
			s := mustParse(t, "30 2 * * *", zone)
			start := time.Now()
			last, ran := start, map[string]int{}
			for wake := 0; time.Since(start) < 400*24*time.Hour; wake++ {
				pause := min(20*time.Minute, max(0, time.Until(s.Next(time.Now()))))
				if wake%200 == 199 {
					pause = 7 * time.Hour
				}
				time.Sleep(max(pause, time.Millisecond))
				due, missed := s.Due(last, time.Now(), 12*time.Hour)
				if len(missed) > 0 {
					t.Fatalf("missed %v", missed)
				}
				if !due.IsZero() {
					last = due
					ran[due.Format(time.DateOnly)]++
				}
			}
			for day, n := range ran {
				if n != 1 {
					t.Errorf("%s: %d runs", day, n)
				}
			}
			if len(ran) < 399 {
				t.Errorf("%d days of 400 had a run", len(ran))
			}
		})
	}
}
